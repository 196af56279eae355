//! Each known trouble in words: what it is, what causes it as far as known, and the cure.

use super::{Lang, escape};
use crate::{
    record::RunRecord,
    trouble::{Trouble, TroubleKind, troubles},
};

/// A trouble as it is shown. Everything is escaped for one line of a terminal.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Explained {
    /// What it is, and where it showed.
    pub what: String,
    /// What was seen.
    pub seen: Vec<String>,
    /// What causes it, as far as known.
    pub cause: &'static str,
    /// What to do.
    pub cure: &'static str,
}

/// Every trouble of the run, explained.
pub fn explain(record: &RunRecord, lang: Lang) -> Vec<Explained> {
    troubles(record).iter().map(|trouble| explained(trouble, lang)).collect()
}

/// The explanation as lines for a terminal.
pub fn lines(explained: &Explained, lang: Lang) -> Vec<String> {
    let labelled = |english, chinese, text: &str| {
        format!("    {}{}{text}", lang.pick(english, chinese), lang.colon())
    };
    let mut lines = vec![format!("  {}", explained.what)];
    lines.extend(explained.seen.iter().map(|seen| labelled("seen", "现象", seen)));
    lines.push(labelled("cause", "原因", explained.cause));
    lines.push(labelled("cure", "对策", explained.cure));
    lines
}

fn explained(trouble: &Trouble, lang: Lang) -> Explained {
    let places: Vec<_> = trouble.places.iter().map(|place| escape::line(place, 40)).collect();
    let what = title(trouble.kind, lang);
    let what = match (places.is_empty(), lang) {
        (true, _) => what.to_owned(),
        (false, Lang::En) => format!("{what} ({})", places.join(", ")),
        (false, Lang::Zh) => format!("{what}（{}）", places.join("，")),
    };
    let seen = trouble.evidence.iter().map(|evidence| escape::text(evidence)).collect();
    let (cause, cure) = explanation(trouble.kind, lang);
    Explained { what, seen, cause, cure }
}

fn title(kind: TroubleKind, lang: Lang) -> &'static str {
    let (english, chinese) = match kind {
        TroubleKind::JsonException => {
            ("the server died of a JSON exception", "服务器因 JSON 异常而崩溃")
        }
        TroubleKind::MemoryFault => {
            ("the server touched memory that is not its own", "服务器访问了非法内存")
        }
        TroubleKind::Aborted => ("the server ended itself", "服务器自行中止"),
        TroubleKind::Killed => ("the server was killed", "服务器被杀死"),
        TroubleKind::Exited => ("the server exited", "服务器退出"),
        TroubleKind::OutOfMemory => ("memory ran out", "内存不足"),
        TroubleKind::TooManyFiles => ("too many open files", "打开的文件过多"),
        TroubleKind::OutOfPorts => {
            ("no port was left for another connection", "没有可用于新连接的端口")
        }
        TroubleKind::Refused => ("connections were refused", "连接被拒绝"),
        TroubleKind::Reset => ("the server closed or reset connections", "服务器断开或重置了连接"),
        TroubleKind::NoAnswer => ("the server did not answer in time", "服务器没有及时应答"),
        TroubleKind::StuckOnline => {
            ("users are taken to be online who are not", "有用户被误认为仍然在线")
        }
        TroubleKind::BrokenJson => (
            "the server sent what is no message of the dialect",
            "服务器发出的数据不是该方言的消息",
        ),
        TroubleKind::DiskFull => ("the disk is full", "磁盘已满"),
        TroubleKind::Starved => {
            ("the harness did not get the time it needed", "测试工具没有得到所需的处理器时间")
        }
    };
    lang.pick(english, chinese)
}

fn explanation(kind: TroubleKind, lang: Lang) -> (&'static str, &'static str) {
    let [cause, cure] = match kind {
        TroubleKind::JsonException => [
            (
                "it takes what one read returned for one document; half a document, or two that came together, throws, and nobody catches it",
                "服务器把一次读取到的数据当作一个完整文档；半个文档或粘在一起的两个文档会抛出异常，而无人捕获",
            ),
            (
                "frame the messages (a length or a delimiter), keep bytes until a document is whole, and catch nlohmann::json::exception around parse and field access",
                "为消息分帧（长度前缀或分隔符），收齐一个完整文档再解析，并在解析与取字段处捕获 nlohmann::json::exception",
            ),
        ],
        TroubleKind::MemoryFault => [
            (
                "mostly a connection or a user that another thread has removed already, or a missing lock around a shared map",
                "多半是另一个线程已经移除的连接或用户，或共享映射表没有加锁",
            ),
            (
                "build with -g -fsanitize=address and run again, or read the stack with gdb from the core file",
                "用 -g -fsanitize=address 编译后重跑，或用 gdb 从核心转储查看调用栈",
            ),
        ],
        TroubleKind::Aborted => [
            (
                "a failed assertion, or an exception that nobody caught; its last words mostly name it",
                "断言失败，或有异常无人捕获；最后的输出通常会写明",
            ),
            (
                "read its last words in this report and its whole output in server.log",
                "查看本报告中服务器最后的输出，以及 server.log 中的全部输出",
            ),
        ],
        TroubleKind::Killed => [
            (
                "a signal came from outside: of SIGKILL the sender is mostly the kernel, which was out of memory, or a pipeline's time limit",
                "收到了外部信号：SIGKILL 多半来自内存不足的内核，或流水线的超时限制",
            ),
            (
                "`dmesg | grep -i 'out of memory'`; look at the memory chart; fewer clients, or more memory",
                "执行 `dmesg | grep -i 'out of memory'`；查看内存曲线；减少客户端或增加内存",
            ),
        ],
        TroubleKind::Exited => [
            (
                "it ended by itself; a server should outlive whatever a client does",
                "服务器自行退出；无论客户端做什么，服务器都不应退出",
            ),
            (
                "read its last words in this report; look for calls of exit() on errors of a socket or a database",
                "查看本报告中服务器最后的输出；检查套接字或数据库出错时是否调用了 exit()",
            ),
        ],
        TroubleKind::OutOfMemory => [
            (
                "more was asked for than the machine, or the container, has; or memory is never given back",
                "所需内存超出机器或容器的限度，或内存从不归还",
            ),
            (
                "look whether the memory chart only rises (a leak); else fewer clients, or more memory",
                "查看内存曲线是否只升不降（泄漏）；否则减少客户端或增加内存",
            ),
        ],
        TroubleKind::TooManyFiles => [
            (
                "each connection is an open file, and a process may have only so many; or closed connections are never closed on the server's side",
                "每个连接占用一个打开的文件，而进程的数量有限；或服务器没有关闭已断开的连接",
            ),
            (
                "`ulimit -n 65536` in the shell that starts it (`ulimit -Hn` says how far you may), or fewer clients; look whether the server's files grow at rest",
                "在启动它的 shell 中执行 `ulimit -n 65536`（`ulimit -Hn` 显示上限），或减少客户端；并查看服务器静止时文件数是否增长",
            ),
        ],
        TroubleKind::OutOfPorts => [
            (
                "each connection to one address takes a local port, and a port stays taken for a minute after its connection (TIME-WAIT)",
                "到同一地址的每个连接占用一个本地端口，断开后仍占用一分钟（TIME-WAIT）",
            ),
            (
                "`sysctl -w net.ipv4.ip_local_port_range='1024 65535'`, a longer pause between stages, or fewer clients",
                "执行 `sysctl -w net.ipv4.ip_local_port_range='1024 65535'`，加长阶段间的停顿，或减少客户端",
            ),
        ],
        TroubleKind::Refused => [
            (
                "nobody listens at that address: the server died, was not started, or listens on another port",
                "该地址没有程序在监听：服务器已崩溃、未启动，或监听的是别的端口",
            ),
            (
                "`ss -ltnp` shows who listens; read the server's last words; check --server and --port",
                "用 `ss -ltnp` 查看监听者；查看服务器最后的输出；检查 --server 与 --port",
            ),
        ],
        TroubleKind::Reset => [
            (
                "the server hung up: it died, ran out of files, or took what it read for nonsense",
                "服务器主动断开：它崩溃了、文件耗尽，或无法理解收到的数据",
            ),
            (
                "read its log at that time; check that the dialect's framing is the server's (CHATSERVER_DIALECT)",
                "查看当时的服务器日志；确认方言的分帧方式与服务器一致（CHATSERVER_DIALECT）",
            ),
        ],
        TroubleKind::NoAnswer => [
            (
                "a thread that waits (mostly for the database), a listen backlog that overflowed, or a dialect that is not the server's",
                "有线程在等待（多半是数据库）、监听队列溢出，或方言与服务器不符",
            ),
            (
                "widen the database pool, raise net.core.somaxconn and the backlog; if nobody at all is answered, try `cargo xtask check --only LOGIN` with another dialect",
                "扩大数据库连接池，提高 net.core.somaxconn 与监听队列；若完全没有应答，请换方言执行 `cargo xtask check --only LOGIN`",
            ),
        ],
        TroubleKind::StuckOnline => [
            (
                "the server keeps `online` in its database and does not take it back: it was killed, or notices late that a user has gone",
                "服务器把在线状态存入数据库而没有改回：它曾被杀死，或很晚才发现用户离开",
            ),
            (
                "write `reset` in chatserver.toml (`cargo xtask reset` runs it); the server should reset its users when it starts and when a connection ends",
                "在 chatserver.toml 中写入 `reset`（`cargo xtask reset` 会执行它）；服务器应在启动时和连接断开时重置用户状态",
            ),
        ],
        TroubleKind::BrokenJson => [
            (
                "text pasted into JSON without escaping, two threads that write into each other, or a dialect with another framing",
                "文本未转义就拼入 JSON、两个线程交错写入，或方言的分帧方式不同",
            ),
            (
                "let the JSON library write every reply (dump()), send each as one write under a lock, and check CHATSERVER_DIALECT",
                "每个应答都由 JSON 库生成（dump()），加锁后一次写出，并检查 CHATSERVER_DIALECT",
            ),
        ],
        TroubleKind::DiskFull => [
            (
                "nothing more can be written where the results are kept",
                "存放结果的位置已无法继续写入",
            ),
            (
                "make room (`df -h`), or name another directory with --runs-dir; `cargo xtask report DIR` renders a rescued record again",
                "腾出空间（`df -h`），或用 --runs-dir 指定其他目录；`cargo xtask report DIR` 可重新生成报告",
            ),
        ],
        TroubleKind::Starved => [
            (
                "other programs, the server itself or the hypervisor took the processor; times and rates then say nothing about the server",
                "其他程序、服务器自身或虚拟机管理程序占用了处理器；此时的时间与速率不能说明服务器",
            ),
            (
                "end other programs, take fewer clients or a longer interval, give the machine more cores",
                "关闭其他程序，减少客户端或加长间隔，或给机器更多核心",
            ),
        ],
    };
    (lang.pick(cause.0, cause.1), lang.pick(cure.0, cure.1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{record::example, trouble::TROUBLE_KINDS};

    #[test]
    fn every_trouble_has_a_cause_and_a_cure_of_its_own_in_both_languages() {
        let mut seen = std::collections::BTreeSet::new();
        for kind in TROUBLE_KINDS {
            for lang in [Lang::En, Lang::Zh] {
                let (cause, cure) = explanation(kind, lang);
                for text in [title(kind, lang), cause, cure] {
                    assert!(seen.insert(text), "{kind:?}: {text}");
                    let chinese = text.chars().any(|c| ('\u{4e00}'..'\u{a000}').contains(&c));
                    assert_eq!(chinese, lang == Lang::Zh, "{text}");
                }
            }
        }
    }

    #[test]
    fn what_a_server_said_is_shown_escaped() {
        let mut run = example::run();
        let death = run.stages[1].death.as_mut().unwrap();
        death.stderr_tail = vec!["\x1b[2J json.exception.parse_error.101".into()];
        for explained in explain(&run, Lang::En) {
            for line in lines(&explained, Lang::En) {
                assert!(!line.contains(char::is_control), "{line:?}");
            }
        }
    }
}
