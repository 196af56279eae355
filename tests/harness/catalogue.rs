//! `docs/checks.md` lists the numbered cases as they are registered.

use std::{collections::BTreeSet, fmt::Write, fs, path::PathBuf};

use chatserver_harness::{
    check::{self, Case, Needs},
    report::{
        Lang,
        titles::{title as title_of, translated},
    },
};

const HEAD: &str = "\
# The checks

Every case has a number that is never used for anything else, a level, and a requirement. The functional ones are run by
`cargo test --test functional`, the others by `cargo test --test robustness`.

- **MUST**: a server that does not do it fails. **SHOULD**: a warning. **INFO**: what the server does is reported, not
  judged.
- Whatever the level of a case of the second part: a server that dies of it, or does not serve eight users on eight fresh
  connections afterwards, has failed a MUST. What such a case requires besides is a MUST where nothing else is said; a
  requirement that a dialect without framing cannot promise is a warning there.
- *May kill*: servers are known to die of it. Where the harness did not launch the server, such a case is run only with
  `CHATSERVER_ALLOW_CRASH=1`. A launched server is started again after each case that harmed it.
- *Stands on*: where one of these fails, the case is not run.
- *Only*: what the dialect must be able to say; where it cannot, the case is skipped.

This page is made from the code: `cargo test --test harness -- --ignored write_the_page_of_checks`.
";

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/checks.md")
}

/// What a dialect must be able to say, in a word.
fn only(needs: Needs) -> String {
    match needs {
        Needs::Request(kind) => format!("[{}]", kind.table()),
        Needs::FriendList => "list of friends".to_owned(),
        Needs::GroupList => "list of groups".to_owned(),
        Needs::GroupId => "id of a group".to_owned(),
        Needs::SecondLoginRefused => "second login refused".to_owned(),
        Needs::Length => "framing length".to_owned(),
        Needs::Lines => "framing newline".to_owned(),
        Needs::NumberInDocument => "message numbers in documents".to_owned(),
        Needs::Framed => "some framing".to_owned(),
        Needs::Unframed => "no framing, or NUL".to_owned(),
    }
}

fn row(case: &Case) -> String {
    let mut only: Vec<String> = case.needs.iter().copied().map(only).collect();
    if case.signals {
        only.push("a launched process".to_owned());
    }
    if case.cluster {
        only.push("a cluster".to_owned());
    }
    if case.balancer {
        only.push("a balancer".to_owned());
    }
    let may_kill = if case.may_kill { "yes" } else { "" };
    format!(
        "| {} | {} | {} | {may_kill} | {} | {} |\n",
        case.id,
        case.level,
        case.requirement,
        case.after.join(", "),
        only.join(", ")
    )
}

fn page() -> String {
    let mut page = HEAD.to_owned();
    for (part, cases) in [
        ("Users who behave", check::functional().count()),
        ("Everybody else", check::robustness().count()),
    ] {
        let hostile = part == "Everybody else";
        let _ = write!(page, "\n## {part}: {cases} cases\n");
        for section in check::sections().filter(|section| section.cases[0].hostile == hostile) {
            let _ = write!(page, "\n### {}: {}\n\n", section.key, section.title);
            page.push_str("| id | level | requirement | may kill | stands on | only |\n");
            page.push_str("|---|---|---|---|---|---|\n");
            page.extend(section.cases.iter().map(row));
        }
    }
    page.push_str(&crate::matrix::page());
    page
}

#[test]
fn the_page_of_checks_is_up_to_date() {
    let kept = fs::read_to_string(path()).unwrap_or_default();
    assert!(
        kept == page(),
        "docs/checks.md is not what the registry says; make it anew with\n  \
         cargo test --test harness -- --ignored write_the_page_of_checks"
    );
}

/// The same in Chinese, without what only a developer of the harness asks for.
fn chinese_page() -> String {
    let mut page = "# 检查用例\n\n每个用例有固定的编号、级别和要求。**MUST**：不满足即失败；**SHOULD**：警告；**INFO**：只报告，不评判。\n\
                    *可能致死*：已知有服务器会因此崩溃；不是由本工具启动的服务器，须设 `CHATSERVER_ALLOW_CRASH=1` 才运行。\n\n\
                    完整说明见英文页 [checks.md](checks.md)。本页由代码生成：\n\
                    `cargo test --test harness -- --ignored write_the_page_of_checks`。\n"
        .to_owned();
    for (title, hostile) in [("守规矩的用户", false), ("其他一切", true)] {
        let _ =
            write!(page, "\n## {title}\n\n| 编号 | 级别 | 要求 | 可能致死 |\n|---|---|---|---|\n");
        let sections = check::sections().filter(|section| section.cases[0].hostile == hostile);
        for case in sections.flat_map(|section| section.cases) {
            let requirement = title_of(case.id, case.requirement, Lang::Zh);
            let may_kill = if case.may_kill { "是" } else { "" };
            let _ = writeln!(page, "| {} | {} | {requirement} | {may_kill} |", case.id, case.level);
        }
    }
    page
}

fn chinese_path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/checks.zh-CN.md")
}

#[test]
fn every_case_has_a_title_in_chinese_and_no_title_is_left_over() {
    let known: BTreeSet<&str> =
        check::functional().chain(check::robustness()).map(|c| c.id).collect();
    let translated: BTreeSet<&str> = translated().collect();
    assert_eq!(known, translated);
    assert!(fs::read_to_string(chinese_path()).unwrap_or_default() == chinese_page(), "see above");
}

#[test]
#[ignore = "writes docs/checks.md"]
fn write_the_page_of_checks() {
    fs::create_dir_all(path().parent().unwrap()).unwrap();
    fs::write(path(), page()).unwrap();
    fs::write(chinese_path(), chinese_page()).unwrap();
}
