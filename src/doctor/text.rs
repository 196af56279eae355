//! A checkup in words: a table, and below it what to type.

use super::{Checkup, Health, Item, Topic};
use crate::{
    report::{Align, Lang, Table, errors::in_lang, escape},
    verdict::Exit,
};

impl Checkup {
    /// The table of what was seen and wanted, and the lines to type.
    pub fn render(&self, lang: Lang) -> String {
        let mut table = Table::new([
            ("", Align::Left),
            (lang.pick("looked at", "检查项"), Align::Left),
            (lang.pick("seen", "现状"), Align::Left),
            (lang.pick("wanted", "要求"), Align::Left),
        ]);
        for item in &self.items {
            table.row([
                item.health.word(lang).to_owned(),
                item.topic.name(lang),
                escape::line(&in_lang(&item.seen, lang), 60),
                escape::line(&in_lang(&item.wanted, lang), 60),
            ]);
        }
        let mut text = table.render("");
        let cures = self.items.iter().filter_map(|item| Some((item, item.cure.as_ref()?)));
        for (index, (item, cure)) in cures.enumerate() {
            if index == 0 {
                text.push_str(lang.pick("\nto type:\n", "\n可执行：\n"));
            }
            text.push_str(&cure_lines(item, cure, lang));
        }
        text.push_str(&self.ending(lang));
        text
    }

    fn ending(&self, lang: Lang) -> String {
        let missing = self.items.iter().filter(|item| item.health.is_missing()).count();
        let advice = self.items.iter().filter(|item| item.health == Health::Advice).count();
        match (lang, self.exit()) {
            (Lang::En, Exit::Pass) => format!("\nready: nothing is missing, {advice} to improve\n"),
            (Lang::En, _) => format!("\nnot ready: {missing} missing, {advice} to improve\n"),
            (Lang::Zh, Exit::Pass) => format!("\n就绪：没有缺失，{advice} 项可改进\n"),
            (Lang::Zh, _) => format!("\n未就绪：缺 {missing} 项，{advice} 项可改进\n"),
        }
    }
}

fn cure_lines(item: &Item, cure: &str, lang: Lang) -> String {
    format!("  # {}\n  {}\n", item.topic.name(lang), in_lang(cure, lang))
}

impl Health {
    fn is_missing(self) -> bool {
        matches!(self, Self::Missing(_))
    }

    fn word(self, lang: Lang) -> &'static str {
        match self {
            Self::Good => lang.pick("ok", "正常"),
            Self::Advice => lang.pick("better", "建议"),
            Self::Missing(_) => lang.pick("MISSING", "缺失"),
        }
    }
}

impl Topic {
    fn name(&self, lang: Lang) -> String {
        let fixed = match self {
            Self::OpenFiles => lang.pick("open files (ulimit -n)", "打开文件数（ulimit -n）"),
            Self::Ports => lang.pick("ports for clients", "客户端可用端口"),
            Self::AcceptQueue => "net.core.somaxconn",
            Self::HalfOpen => "net.ipv4.tcp_max_syn_backlog",
            Self::Memory => lang.pick("free memory", "可用内存"),
            Self::Cores => lang.pick("cores", "可用核心"),
            Self::Debugger => lang.pick("debugger, for backtraces", "调试器（崩溃回溯）"),
            Self::Program(path) => {
                return format!(
                    "{} {}",
                    lang.pick("server", "服务器程序"),
                    escape::line(&path.display().to_string(), 60)
                );
            }
            Self::Directory(_) => lang.pick("server's directory", "服务器目录"),
            Self::Address(addr) => {
                return format!("{} {}", lang.pick("address", "地址"), escape::line(addr, 60));
            }
            Self::Tool { step, program } => {
                return format!("`{step}`: {}", escape::line(program, 40));
            }
        };
        fixed.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_told_with_the_line_to_type() {
        let item = |topic, health, cure: Option<&str>| Item {
            topic,
            seen: "1024".into(),
            wanted: "≥ 5000".into(),
            health,
            cure: cure.map(str::to_owned),
        };
        let missing = Health::Missing(Exit::Usage);
        let checkup = Checkup {
            items: vec![
                item(Topic::Cores, Health::Good, None),
                item(Topic::OpenFiles, missing, Some("ulimit -n 5000")),
            ],
        };
        assert_eq!(checkup.exit(), Exit::Usage);
        let text = checkup.render(Lang::En);
        for says in ["MISSING", "≥ 5000", "to type:", "  ulimit -n 5000\n", "not ready: 1 missing"]
        {
            assert!(text.contains(says), "{says}: {text}");
        }
        assert!(checkup.render(Lang::Zh).contains("未就绪：缺 1 项"));
        let ready = Checkup { items: checkup.items[..1].to_vec() };
        assert_eq!(ready.exit(), Exit::Pass);
        assert!(!ready.render(Lang::En).contains("to type"));
    }
}
