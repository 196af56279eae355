//! What is told while a campaign runs: a bar and a live line, plain lines in a log, or JSON for machines.

use std::{
    borrow::Cow,
    fmt::Write as _,
    io::{self, IsTerminal, Write},
    sync::OnceLock,
    time::Duration,
};

use chatserver_harness::{
    campaign::{CampaignEvent, PlannedStage, progress_json},
    config::in_pipeline,
    load::{Phase, Progress},
    record::CaseRecord,
    report::{Lang, errors::in_lang, escape, told},
    units::format_nanos,
};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{Instant, MissedTickBehavior, interval_at},
};
use tracing_subscriber::filter::LevelFilter;

/// How often the bar is drawn, a plain line is written, and a machine is told.
const BAR_EVERY: Duration = Duration::from_millis(200);
const LINE_EVERY: Duration = Duration::from_secs(10);
const JSON_EVERY: Duration = Duration::from_secs(1);

/// The language of this command: what --lang or the environment asks for.
static LANG: OnceLock<Lang> = OnceLock::new();

/// Chooses the language of everything that this command says from now on; the first choice stands.
pub(crate) fn speak(lang: Lang) {
    let _ = LANG.set(lang);
}

/// The language of this command.
pub(crate) fn lang() -> Lang {
    LANG.get().copied().unwrap_or_default()
}

/// A text of ours in the reader's language, as far as it is known there.
pub(crate) fn said(text: &str) -> Cow<'_, str> {
    in_lang(text, lang())
}

/// Prints to stdout, at once; a reader that has gone away is no error.
pub(crate) fn print(text: &str) {
    let mut out = io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Writes a line to stderr; a reader that has gone away is no error.
pub(crate) fn tell(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// Who is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Audience {
    /// Nobody before the end.
    Nobody,
    /// Somebody at a terminal: a bar.
    Terminal,
    /// A log: a line now and then.
    Log,
    /// A program: an object an event, on stdout.
    Machine,
}

impl Audience {
    /// Who reads, by the flags and the streams.
    pub(crate) fn of(quiet: bool, json: bool, log_level: LevelFilter) -> Self {
        // Lines of logging would tear the bar.
        let calm = log_level <= LevelFilter::WARN;
        match (json, quiet) {
            (true, _) => Self::Machine,
            (_, true) => Self::Nobody,
            _ if calm && io::stderr().is_terminal() && !in_pipeline() => Self::Terminal,
            _ => Self::Log,
        }
    }
}

/// The terminal, or what stands for it.
#[derive(Debug)]
pub(crate) struct Console {
    audience: Audience,
    lang: Lang,
    bar: ProgressBar,
    ticker: Option<JoinHandle<()>>,
}

impl Console {
    pub(crate) fn new(audience: Audience) -> Self {
        Self { audience, lang: lang(), bar: ProgressBar::hidden(), ticker: None }
    }

    /// Shows what happened.
    pub(crate) fn hear(&mut self, event: &CampaignEvent<'_>) {
        let lang = self.lang;
        if let CampaignEvent::CasesEnd(_) | CampaignEvent::StageEnds(_) = event {
            self.clear();
        }
        if self.audience == Audience::Machine {
            print(&format!("{}\n", event.json()));
        }
        match event {
            CampaignEvent::Begins { target, directory } => {
                for line in &told::target(target, lang) {
                    self.line(line);
                }
                let label = lang.pick("results in ", "结果目录：");
                self.line(&format!("{label}{}", directory.display()));
            }
            CampaignEvent::CasesBegin { count } => {
                self.line(&told::cases_begin(*count, lang));
                self.draw(lang.pick("cases", "用例"), *count as u64);
            }
            CampaignEvent::CaseEnds(case) => self.case(case),
            CampaignEvent::CasesEnd(cases) => self.line(&told::cases_end(cases, lang)),
            CampaignEvent::StageBegins { stage, number, count, progress, server_cpu } => {
                let facts = stage.plan.facts();
                self.line(&told::stage_begins(&stage.name, (*number, *count), &facts, lang));
                self.follow(stage, progress.clone(), server_cpu.clone());
            }
            CampaignEvent::StageEnds(record) => self.line(&told::stage_ends(record, lang)),
            CampaignEvent::Restarts(death) => self.line(&told::restarts(death, lang)),
            CampaignEvent::Rests(_) => {}
        }
    }

    /// Takes the bar away.
    pub(crate) fn clear(&mut self) {
        if let Some(ticker) = self.ticker.take() {
            ticker.abort();
        }
        self.bar.finish_and_clear();
    }

    fn line(&self, line: &str) {
        if matches!(self.audience, Audience::Terminal | Audience::Log) {
            self.bar.suspend(|| tell(line));
        }
    }

    fn draw(&mut self, prefix: &str, length: u64) {
        if self.audience == Audience::Terminal {
            let target = ProgressDrawTarget::stderr();
            self.bar = ProgressBar::with_draw_target(Some(length), target).with_style(style());
            self.bar.set_prefix(escape::line(prefix, 30));
        }
    }

    fn case(&self, case: &CaseRecord) {
        self.bar.set_message(escape::line(&case.id, 20));
        self.bar.inc(1);
        if let Some(line) = told::case(case, self.lang) {
            self.line(&line);
        }
    }

    /// Shows how a stage goes on, until it ends.
    fn follow(
        &mut self,
        stage: &PlannedStage,
        progress: watch::Receiver<Progress>,
        server_cpu: watch::Receiver<Option<f64>>,
    ) {
        let expected_ms = u64::try_from(stage.expected().as_millis()).unwrap_or(u64::MAX);
        self.draw(&stage.name, expected_ms);
        let every = match self.audience {
            Audience::Nobody => return,
            Audience::Terminal => BAR_EVERY,
            Audience::Log => LINE_EVERY,
            Audience::Machine => JSON_EVERY,
        };
        let (audience, lang, bar, name) =
            (self.audience, self.lang, self.bar.clone(), stage.name.clone());
        self.ticker = Some(tokio::spawn(async move {
            let mut ticks = interval_at(Instant::now() + every, every);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
            loop {
                ticks.tick().await;
                let (now, cpu) = (*progress.borrow(), *server_cpu.borrow());
                match audience {
                    Audience::Machine => {
                        print(&format!("{}\n", progress_json(&name, &now, cpu)));
                    }
                    Audience::Terminal => {
                        bar.set_position(now.elapsed_ms.min(expected_ms));
                        bar.set_message(progress_line(&now, cpu, lang));
                    }
                    _ => tell(&format!("  {}", progress_line(&now, cpu, lang))),
                }
            }
        }));
    }
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("{prefix} {bar:12} {wide_msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
}

fn phase(phase: Phase, lang: Lang) -> String {
    let chinese = match phase {
        Phase::Connecting => "连接",
        Phase::Registering => "注册",
        Phase::LoggingIn => "登录",
        Phase::Grouping => "建群",
        Phase::Befriending => "加好友",
        Phase::Settling => "静置",
        Phase::Sending => "发送",
        Phase::Draining => "等待余下消息",
        Phase::Leaving => "离开",
        Phase::Done => "结束",
    };
    lang.pick(&phase.to_string(), chinese).to_owned()
}

/// What is known while a stage runs. What has not arrived yet may be on its way: only the end tells what is lost.
fn progress_line(progress: &Progress, server_cpu: Option<f64>, lang: Lang) -> String {
    let Progress { users, sent, delivered, outstanding, wrong, p99_ns, elapsed_ms, .. } = progress;
    let (phase, comma) = (phase(progress.phase, lang), lang.pick(", ", "，"));
    let users_word = lang.pick(" users", " 个用户");
    let mut line = format!("{phase}{comma}{users}{users_word}");
    if progress.phase >= Phase::Sending {
        let rate = sent.saturating_mul(1_000).checked_div(*elapsed_ms).unwrap_or(0);
        let _ = match lang {
            Lang::En => write!(
                line,
                ", {rate}/s, {sent} sent, {delivered} delivered, {outstanding} outstanding, {wrong} wrong"
            ),
            Lang::Zh => write!(
                line,
                "，每秒 {rate}，发送 {sent}，送达 {delivered}，未到 {outstanding}，错误 {wrong}"
            ),
        };
    }
    if let Some(nanos) = p99_ns {
        let _ = write!(line, "{comma}p99 {}", format_nanos(*nanos));
    }
    if let Some(cpu) = server_cpu {
        let label = lang.pick("server CPU", "服务器 CPU");
        let _ = write!(line, "{comma}{label} {cpu:.0} %");
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_live_line_says_what_is_known_and_nothing_else() {
        let early = Progress { users: 7, ..Progress::default() };
        assert_eq!(progress_line(&early, None, Lang::En), "connecting, 7 users");
        let later = Progress {
            phase: Phase::Sending,
            users: 7,
            sent: 100,
            delivered: 98,
            outstanding: 2,
            p99_ns: Some(1_500_000),
            elapsed_ms: 2_000,
            ..Progress::default()
        };
        assert_eq!(
            progress_line(&later, Some(12.4), Lang::En),
            "sending, 7 users, 50/s, 100 sent, 98 delivered, 2 outstanding, 0 wrong, p99 1.50 ms, server CPU 12 %"
        );
        assert_eq!(
            progress_line(&later, None, Lang::Zh),
            "发送，7 个用户，每秒 50，发送 100，送达 98，未到 2，错误 0，p99 1.50 ms"
        );
    }
}
