//! The reader's language: the same end with the same code, told in Chinese by an option or by the environment.

use crate::shell::{Outcome, Shell};

const ZH: (&str, &str) = ("LANG", "zh_CN.UTF-8");

/// One message, in Chinese.
#[track_caller]
fn refused(outcome: &Outcome, code: i32, says: &[&str]) {
    assert_eq!(outcome.code, Some(code), "{outcome:#?}");
    assert!(outcome.stderr.starts_with("错误："), "{outcome:#?}");
    for words in says {
        assert!(outcome.stderr.contains(words), "{words}: {outcome:#?}");
    }
}

#[test]
fn an_error_is_told_in_the_language_of_the_option_or_of_the_environment() {
    let plain = Shell::new();
    plain.run("check --only NOPE").refused(2, &["error: `NOPE` is no case and no section"]);
    let chinese = ["错误：`NOPE` 既不是用例也不是分组"];
    refused(&plain.run("check --only NOPE --lang zh"), 2, &chinese);
    refused(&plain.run("--lang zh check --only NOPE"), 2, &chinese);
    let shell = Shell::new().with(ZH.0, ZH.1);
    refused(&shell.run("check --only NOPE"), 2, &chinese);
    shell.run("check --only NOPE --lang en").refused(2, &["error: `NOPE` is no case"]);
    // Who asks for no language by LC_ALL is told in English, whatever LANG says.
    let shell = Shell::new().with(ZH.0, ZH.1).with("LC_ALL", "C");
    shell.run("check --only NOPE").refused(2, &["error: `NOPE` is no case"]);
}

#[test]
fn commands_without_reports_are_told_in_chinese_too() {
    let shell = Shell::new().with(ZH.0, ZH.1);
    refused(&shell.run("reset"), 2, &["错误：当前目录及上级目录都没有 chatserver.toml"]);
    refused(&shell.run("monitor --pid 4194304"), 4, &["没有进程 4194304，所以没有可监控的对象"]);
    refused(&shell.run("replay absent.json"), 2, &["absent.json", "文件或目录不存在"]);
    refused(&shell.run("dialect show curse"), 2, &["既不是内置方言（course, "]);
    let asked = shell.run_with(&["init"], "");
    assert!(asked.stdout.starts_with("服务器程序（留空：它已在运行）: "), "{asked:#?}");
    refused(&asked, 2, &["--program：没有得到回答"]);
}

#[test]
fn an_error_that_points_at_a_line_keeps_its_layout() {
    let shell = Shell::new()
        .with(ZH.0, ZH.1)
        .with_file("chatserver.toml", "# here\ncomand = 'bin/ChatServer' # not an address\n");
    let outcome = shell.run("stress");
    refused(
        &outcome,
        2,
        &["错误：未知的键 `comand`，可用的键：", "chatserver.toml:2:1", "^^^^^^ 此处"],
    );
    let line = "2 | comand = 'bin/ChatServer' # not an address\n";
    assert!(outcome.stderr.contains(line), "{}", outcome.stderr);
}

#[test]
fn a_server_that_exits_at_once_is_quoted_as_it_spoke() {
    let shell = Shell::new()
        .with(ZH.0, ZH.1)
        .with_script("server", "echo it wrote nothing >&2; exit 3")
        .with("CHATSERVER_BIN", "./server");
    let says = ["服务器还没有就绪就退出了", "退出码 3", "它最后的输出：\n    it wrote nothing\n"];
    refused(&shell.run("check"), 4, &says);
}

#[test]
fn the_table_says_in_chinese_why_a_case_failed_or_was_not_run() {
    let shell = Shell::new().with(ZH.0, ZH.1);
    let outcome = shell.run("check --only OFF-1,CLUSTER-1 --fault offline-lose=3");
    assert_eq!(outcome.code, Some(1), "{outcome:#?}");
    for says in ["离线消息：期望 [", "需要集群：请写出各节点", "结果：runs/"] {
        assert!(outcome.stdout.contains(says), "{says}: {outcome:#?}");
    }
}
