//! The course of a campaign: server, cases, warm-up, levels, with the record on disk after each step.

use std::{
    fs,
    net::SocketAddr,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    Campaign, CampaignError, CampaignEvent, CampaignPlan, Interrupt, PlannedStage,
    book::Book,
    ground::{Ground, clear},
    provenance::provenance,
    rest::Rest,
    stage::{died_before, run_stage},
    survive::survive,
};
use crate::{
    check::{Suite, find},
    config::ProbeSettings,
    fixture::Fixture,
    monitor::machine,
    record::{
        CaseResult, Death, Ending, Machine, Provenance, RunDirectory, RunDirectoryError, RunRecord,
        StageRecord,
    },
    server::Server,
    verdict::Verdict,
};

/// The cases without which load would measure nothing.
const GATES: [&str; 2] = ["REG-1", "LOGIN-1"];

/// What a campaign leaves behind.
#[derive(Debug)]
pub struct CampaignOutcome {
    /// All that is known; its verdict says how the campaign ends.
    pub record: RunRecord,
    /// The directory with the files.
    pub directory: RunDirectory,
    /// Why the files in the directory are not up to date, if they are not.
    pub unsaved: Option<RunDirectoryError>,
    /// Where the files were written instead, if they could not be written into the directory.
    pub rescued: Option<PathBuf>,
}

impl Campaign {
    /// Runs the campaign: the server is found or launched, the cases are run, then the warm-up and each level. From the
    /// first contact on there is always a record, whatever happens: after each step on disk, at the end here.
    ///
    /// # Errors
    /// There was no first contact.
    pub async fn run(
        &self,
        interrupt: &Interrupt,
        mut on_event: impl FnMut(CampaignEvent<'_>),
    ) -> Result<CampaignOutcome, CampaignError> {
        let Ground { dialect, assignment, core_split, directory, began } = Ground::lay(self)?;
        let started = tokio::select! {
            started = Server::start(assignment) => started.map_err(CampaignError::from),
            signal = interrupt.raised() => Err(CampaignError::Interrupted { signal: signal.into() }),
        };
        let server = started.inspect_err(|_| clear(&directory))?;
        let fixture = Fixture::new(server, dialect, self.settings.allow_crash);
        let target = fixture.target();
        let machine = Machine { core_split, ..machine() };
        let record = RunRecord::new(directory.id(), began, self.command.clone(), target, machine);
        let mut book = Book::new(record, directory, self.lang);
        if let Err(error) = book.directory.link_latest() {
            book.remark(error.to_string());
        }
        on_event(CampaignEvent::Begins {
            target: &book.record.target,
            directory: book.directory.path(),
        });
        let mut course = Course {
            plan: &self.plan,
            suite: Suite::new(fixture, self.settings.expected_failures()),
            book,
            probes: self.settings.probes(),
            rest: Rest::default(),
            through_balancer: self.through_balancer,
            interrupt,
            on_event: &mut on_event,
        };
        course.link_log();
        let found = provenance(&course.book.record.target).await;
        course.book.record.provenance = Provenance { plan: self.plan.text.clone(), ..found };
        course.book.save();
        let ending = match survive(Box::pin(course.go())).await {
            Ok(done) => done.err().unwrap_or(Ending::Complete),
            // What was measured before it is as good as ever.
            Err(panic) => {
                course.book.record.cases = course.suite.records();
                let reason = format!("the harness itself panicked, which is a bug of it: {panic}");
                Ending::Aborted { reason }
            }
        };
        course.book.close(ending);
        if let Err(error) = course.suite.fixture().server().stop().await {
            course.book.remark(format!("the server did not stop properly: {error}"));
            course.book.save();
        }
        let rescued = course.book.rescue();
        let Book { record, directory, unsaved, .. } = course.book;
        Ok(CampaignOutcome { record, directory, unsaved, rescued })
    }
}

/// A campaign on its way.
pub(super) struct Course<'a> {
    plan: &'a CampaignPlan,
    pub(super) suite: Suite,
    pub(super) book: Book,
    pub(super) probes: &'a [ProbeSettings],
    pub(super) rest: Rest,
    through_balancer: bool,
    pub(super) interrupt: &'a Interrupt,
    pub(super) on_event: &'a mut dyn FnMut(CampaignEvent<'_>),
}

impl Course<'_> {
    /// Where the users of a stage connect: to each node directly, unless the balancer was asked for.
    pub(super) fn entrances(&self) -> Arc<[SocketAddr]> {
        let server = self.fixture().server();
        match server.balancer().filter(|_| self.through_balancer) {
            Some(balancer) => Arc::new([balancer]),
            None => server.addrs(),
        }
    }

    /// The cores of the generator; empty where the kernel places it.
    pub(super) fn generator_cores(&self) -> Vec<usize> {
        let split = self.book.record.machine.core_split.as_ref();
        split.map(|split| split.generator.clone()).unwrap_or_default()
    }

    /// From the cases to the last level. An `Err` is an ending before that.
    async fn go(&mut self) -> Result<(), Ending> {
        if !self.plan.cases.is_empty() {
            self.cases().await?;
        }
        let stages = self.plan.stages();
        let count = stages.len();
        for (number, stage) in (1..).zip(&stages) {
            if number > 1 {
                self.rest().await?;
            }
            let nobody = self.stage(stage, number, count).await?;
            if number < count
                && let Some(reason) = self.broken_for_good(stage)
            {
                return Err(Ending::Aborted { reason });
            }
            if nobody && number < count {
                let reason = format!(
                    "nobody could log in at stage {}, so the stages after it would measure nothing",
                    stage.name
                );
                return Err(Ending::Aborted { reason });
            }
        }
        Ok(())
    }

    /// Runs the numbered cases. What fails makes the campaign red and does not end it, unless nobody can get in.
    async fn cases(&mut self) -> Result<(), Ending> {
        let cases: Vec<_> = self.plan.cases.iter().filter_map(|id| find(id)).collect();
        (self.on_event)(CampaignEvent::CasesBegin { count: cases.len() });
        let Self { suite, on_event, interrupt, .. } = self;
        let ended = tokio::select! {
            _ = suite.run_these(cases, |record| on_event(CampaignEvent::CaseEnds(record))) => Ok(()),
            signal = interrupt.raised() => Err(signal),
        };
        self.book.record.cases = self.suite.records();
        self.link_log();
        self.book.save();
        (self.on_event)(CampaignEvent::CasesEnd(&self.book.record.cases));
        ended.map_err(interrupted)?;
        let failed = self.book.record.cases.iter().find(|case| {
            GATES.contains(&case.id.as_str()) && matches!(case.result, CaseResult::Failed { .. })
        });
        match failed {
            None => Ok(()),
            Some(case) => {
                let reason = format!("load would measure nothing: {} failed", case.id);
                Err(Ending::Aborted { reason })
            }
        }
    }

    /// Runs one stage and enters it. True when nobody got in and the server lives: the next would be no better.
    async fn stage(
        &mut self,
        stage: &PlannedStage,
        number: usize,
        count: usize,
    ) -> Result<bool, Ending> {
        if let Some(death) = self.suite.fixture().death() {
            // It died in nobody's stage: that counts for the next one.
            self.enter(died_before(stage, &death));
            self.revive(&death).await?;
            return Ok(false);
        }
        let ran = run_stage(self, stage, number, count).await;
        let (record, signal) =
            ran.map_err(|error| Ending::Aborted { reason: error.to_string() })?;
        let nobody = record.users.logged_in() == 0 && record.death.is_none();
        let death = record.death.clone();
        self.enter(record);
        if let Some(signal) = signal {
            return Err(interrupted(signal));
        }
        if let Some(death) = death.filter(|_| number < count) {
            self.revive(&death).await?;
        }
        Ok(nobody)
    }

    /// Which of the thresholds that end a campaign the stage has broken, if one.
    fn broken_for_good(&self, stage: &PlannedStage) -> Option<String> {
        let record = self.book.record.stages.last()?;
        let ends = |metric: &str| {
            let rules = stage.rules.iter().filter(|rule| rule.abort);
            rules.into_iter().any(|rule| rule.threshold.metric.to_string() == metric)
        };
        let mut broken = record.lines.iter().filter(|line| line.result == Verdict::Fail);
        let line = broken.find(|line| ends(&line.metric))?;
        Some(format!("a threshold that ends the run broke at stage {}: {line}", stage.name))
    }

    fn enter(&mut self, record: StageRecord) {
        self.book.record.stages.push(record);
        self.book.save();
        if let Some(record) = self.book.record.stages.last() {
            (self.on_event)(CampaignEvent::StageEnds(record));
        }
    }

    /// Starts the server again after its death.
    async fn revive(&mut self, death: &Death) -> Result<(), Ending> {
        (self.on_event)(CampaignEvent::Restarts(death));
        let server = self.suite.fixture().server();
        let restarted = tokio::select! {
            restarted = server.restart() => restarted,
            signal = self.interrupt.raised() => return Err(interrupted(signal)),
        };
        if let Err(error) = restarted {
            let reason = format!("the server died and could not be started again: {error}");
            return Err(Ending::Aborted { reason });
        }
        let server = self.suite.fixture().server();
        let pid = server.pid().map(|pid| format!(", pid {pid}")).unwrap_or_default();
        let log = server.log_path().map(|log| format!(", log {}", log.display()));
        let after = self.book.record.stages.last().map_or("the cases", |stage| &stage.name);
        let remark =
            format!("the server was started again after {after}{pid}{}", log.unwrap_or_default());
        self.book.remark(remark);
        self.link_log();
        self.book.save();
        Ok(())
    }

    async fn rest(&mut self) -> Result<(), Ending> {
        if self.plan.pause.is_zero() {
            return Ok(());
        }
        (self.on_event)(CampaignEvent::Rests(self.plan.pause));
        tokio::select! {
            () = tokio::time::sleep(self.plan.pause) => Ok(()),
            signal = self.interrupt.raised() => Err(interrupted(signal)),
        }
    }

    /// Points `server.log` at the output of the server's present life.
    fn link_log(&mut self) {
        let Some(log) = self.suite.fixture().server().log_path() else { return };
        let (directory, link) =
            (self.book.directory.path(), self.book.directory.file("server.log"));
        let beside = log.parent() == Some(directory);
        let to = if beside { log.file_name().map(Path::new) } else { Some(log.as_path()) };
        let Some(to) = to else { return };
        let _ = fs::remove_file(&link);
        if let Err(error) = symlink(to, &link) {
            self.book
                .remark(format!("server.log could not be linked to {}: {error}", log.display()));
        }
    }

    pub(super) fn fixture(&self) -> &Fixture {
        self.suite.fixture()
    }
}

fn interrupted(signal: &str) -> Ending {
    Ending::Interrupted { signal: signal.to_owned() }
}
