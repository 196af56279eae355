//! Why there is no server, and what a case met, told in Chinese.

use std::{io, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use chatserver_harness::{
    client::{ClientError, Heard},
    kernel::Holder,
    process::ProcessError,
    record::{Death, DeathCause},
    report::{Lang, errors::in_lang},
    server::ServerError,
    wire::dialect::Kind,
};
use jiff::Timestamp;

use super::told;

fn addr() -> SocketAddr {
    "127.0.0.1:6000".parse().unwrap()
}

/// Each variant; what a new one says is asked of the sources by the tidy test.
fn server_errors() -> Vec<ServerError> {
    let words = || vec!["terminate called".to_owned(), "it wrote nothing".to_owned()];
    let exited = |how: &str, tail| ServerError::ExitedEarly {
        command: "./ChatServer 127.0.0.1 6000".into(),
        how: how.into(),
        uptime: Duration::from_millis(12),
        tail,
        log: "/tmp/server.log".into(),
    };
    let never = |missing: &str| ServerError::NeverReady {
        command: "./ChatServer".into(),
        missing: missing.into(),
        waited: Duration::from_secs(10),
        tail: words(),
        log: "/tmp/server.log".into(),
    };
    let need =
        |addr: &str| ServerError::Need { addr: addr.into(), why: "connection refused".into() };
    let missing = |looked: Vec<PathBuf>| ServerError::Missing {
        program: "bin/ChatServer".into(),
        looked,
        found_by: "CHATSERVER_BIN".into(),
    };
    let locked = |pid| ServerError::Locked {
        what: "the same server (/chat/chatserver.toml)".into(),
        pid,
        waited: Duration::from_mins(1),
        path: "/tmp/a.lock".into(),
    };
    let not_executable = |why| ServerError::NotExecutable { program: "/bin/a".into(), why };
    let holder = Holder { pid: 77, program: "nginx".into() };
    vec![
        missing(vec![]),
        missing(vec!["/a/ChatServer".into(), "/b/ChatServer".into()]),
        not_executable("it is a directory; name the program inside it"),
        not_executable("it has no execute permission; if it is the program, `chmod +x` it"),
        ServerError::NoDirectory { dir: "/chat/bin".into(), found_by: "CHATSERVER_BIN".into() },
        ServerError::NoAddress { command: "./ChatServer".into() },
        ServerError::Busy { addr: addr(), who: Some(holder) },
        ServerError::Busy { addr: addr(), who: None },
        need("127.0.0.1:3306"),
        need("127.0.0.1:6379"),
        need("127.0.0.1:9"),
        ServerError::Step {
            step: "reset",
            command: "mysql -e 'update user'".into(),
            how: "exit code 1".into(),
            tail: words(),
        },
        exited("exit code 0", vec![]),
        exited("signal 6 (SIGABRT, core dumped)", words()),
        never("nothing listens on 127.0.0.1:6000"),
        never("127.0.0.1:6000 does not take connections (connection refused)"),
        never("`ready` did not appear in its output"),
        ServerError::Unreachable {
            addr: addr(),
            why: "connection refused".into(),
            found_by: "--server and --port".into(),
        },
        ServerError::Remote { addr: addr() },
        locked(None),
        locked(Some(7)),
        ServerError::NotOurs { addr: addr(), action: "restarted" },
        ServerError::Reference { why: "it panicked".into() },
        ServerError::Process(ProcessError::Start {
            command: "./a".into(),
            dir: Some("/chat".into()),
            source: io::Error::from_raw_os_error(8),
        }),
        ServerError::Process(ProcessError::Deadline {
            command: "./a".into(),
            deadline: Duration::from_secs(9),
            tail: words(),
        }),
        ServerError::File {
            what: "cannot make the log directory",
            path: "/a".into(),
            source: io::Error::from_raw_os_error(13),
        },
    ]
}

#[test]
fn why_there_is_no_server() {
    let all: Vec<String> = server_errors().iter().map(told).collect();
    let text = all.join("\n");
    for says in [
        "找不到服务器程序 `bin/ChatServer`（在 PATH 中查找）；请先编译，或修改 CHATSERVER_BIN",
        "127.0.0.1:6000 已被 nginx (pid 77) 占用",
        "127.0.0.1:3306 没有应答：连接被拒绝（chatserver.toml 的 `needs`）：MariaDB（或 MySQL）启动了吗？",
        "服务器还没有就绪就退出了，运行了 12.0 ms：退出码 0（转入后台的服务器无法监视：请在前台启动）\n  它没有任何输出\n",
        "运行了 12.0 ms：信号 6（SIGABRT，已转储核心）\n  它最后的输出：\n    terminate called\n    it wrote nothing\n",
        "另一次运行（pid 7）正在使用同一个服务器（/chat/chatserver.toml）；已等待",
        "不能由它重新启动",
    ] {
        assert!(text.contains(says), "{says}\n\n{text}");
    }
}

#[test]
fn what_a_case_met() {
    let death = Death {
        node: None,
        how: DeathCause::Signaled { signal: 6, name: "SIGABRT".into(), core_dumped: true },
        at: Timestamp::UNIX_EPOCH,
        uptime_ms: 1_240,
        stdout_tail: vec![],
        stderr_tail: vec!["what(): parse error".into()],
        log: Some("/tmp/server.log".into()),
    };
    let heard = || Heard(vec!["     1.0 ms -> {\"msgid\":1}".into()]);
    let (waited, source) = (Duration::from_secs(2), Arc::new(io::Error::from_raw_os_error(111)));
    for error in [
        ClientError::Connect { addr: addr(), source: Arc::clone(&source) },
        ClientError::Died(Arc::new(death)),
        ClientError::Closed { awaited: "login acknowledgement (msgid 2)".into(), heard: heard() },
        ClientError::Silent {
            awaited: "message to hx1 (7)".into(),
            waited,
            heard: Heard::default(),
        },
        ClientError::NotRead { waited },
        ClientError::Refused {
            kind: Kind::Register,
            code: Some(1),
            text: Some("name is used".into()),
            log: Some("/tmp/server.log".into()),
        },
        ClientError::Refused { kind: Kind::Login, code: None, text: None, log: None },
        ClientError::StillOnline { user: "7".into(), code: 2, tried: Duration::ZERO },
        ClientError::StillOnline { user: "7".into(), code: 2, tried: waited },
        ClientError::NotSpoken { kind: Kind::GroupChat, dialect: "tara".into() },
        ClientError::Incomplete {
            kind: Kind::Login,
            missing: "user id".into(),
            reply: "{\"errno\":0}".into(),
        },
        ClientError::Broken { awaited: "the end of the connection".into(), source },
    ] {
        told(&error);
    }
    for (english, chinese) in [
        (
            "the offline messages: expected [\"你不在的时候\"], saw []",
            "离线消息：期望 [\"你不在的时候\"]，实际 []",
        ),
        (
            "an offline message came back as broken JSON: \"{\\\"id\\\":1; in\"",
            "离线消息取回时是损坏的 JSON：\"{\\\"id\\\":1; in\"",
        ),
        (
            "the server died after 1.24 s: signal 6 (SIGABRT); in parse (chat.cpp:7), called by main (main.cpp:3); it died \
             again at a second attempt",
            "服务器崩溃了，运行了 1.24 s：信号 6（SIGABRT）；位于 parse (chat.cpp:7)，由 main (main.cpp:3) 调用；第二次尝试时又崩溃了",
        ),
        (
            "through the balancer: no message to hx1 (7) within 2.00 s; nothing came",
            "经过负载均衡器：没有等到发给 hx1（7）的消息，已等 2.00 s；什么都没有收到",
        ),
        ("an unknown name was logged in", "不存在的用户名登录成功"),
        (
            "it was sent a [login] with `id`: \"a b\": {\"msgid\":1}",
            "发给它的 [login] 含有 `id`：\"a b\": {\"msgid\":1}",
        ),
        ("the dialect tara has no [logout]", "方言 tara 没有 [logout]"),
    ] {
        assert_eq!(in_lang(english, Lang::Zh), chinese);
    }
}
