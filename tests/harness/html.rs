//! The HTML report in a real browser: the charts are there, the one script ran, nothing was refused or complained of.

use std::{fs, path::Path, time::Duration};

use chatserver_harness::{
    process::{Invocation, run_once},
    report::{self, Lang},
};

pub(crate) mod sample_run;

use sample_run::Story;

const BROWSER: &str = "/usr/bin/chromium";
/// A browser starts in a second; two busy cores take longer.
const DEADLINE: Duration = Duration::from_mins(2);

/// The page as the browser understood it, and what it wrote to its console.
async fn opened(html: &str) -> (String, Vec<String>) {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("report.html"), html).unwrap();
    let line = format!(
        "exec {BROWSER} --headless --no-sandbox --disable-gpu --disable-quic --no-first-run \
         --disable-background-networking --disable-component-update --disable-sync \
         --disable-dev-shm-usage --enable-logging=stderr --user-data-dir=profile --dump-dom \
         \"file://$PWD/report.html\" > dom.html 2> console.log"
    );
    let home = directory.path().display().to_string();
    let browser = Invocation::shell(line).in_dir(directory.path()).with_env("HOME", home);
    let ending = run_once(browser, DEADLINE).await.unwrap();
    let read = |name: &str| {
        let bytes = fs::read(directory.path().join(name)).unwrap();
        String::from_utf8_lossy(&bytes).into_owned()
    };
    let (dom, log) = (read("dom.html"), read("console.log"));
    assert!(dom.contains("</html>"), "{ending:?}\n{log}");
    let console = log.lines().filter(|line| line.contains("CONSOLE")).map(str::to_owned);
    (dom, console.collect())
}

/// Paths of class `line` that are drawn.
fn lines_drawn(dom: &str) -> usize {
    dom.match_indices("<path class=\"line ").filter(|(at, _)| dom[*at..].contains(" d=\"M")).count()
}

#[tokio::test]
async fn a_browser_shows_the_charts_and_has_nothing_to_complain_of() {
    if !Path::new(BROWSER).exists() {
        println!("skipped: no {BROWSER} here (Debian: apt-get install chromium)");
        return;
    }
    let (mut record, rows) = sample_run::run(Story::Broke);
    // If any of this acted, the page's content security policy would refuse it on the console.
    let hostile =
        "</code><img src=x onerror=alert(1)><script>alert(2)</script>\" onclick=\"alert(3)";
    record.stages[0].name = hostile.into();
    record.remarks.push(hostile.into());
    for lang in [Lang::En, Lang::Zh] {
        let html = report::html::render(&record, &rows, lang).unwrap();
        let (dom, console) = opened(&html).await;
        assert_eq!(console, Vec::<String>::new(), "{lang}");
        assert!(
            dom.contains("data-script=\"ran\""),
            "{lang}: the script's hash is not that of script.js"
        );
        assert_eq!(dom.matches("class=\"chart\"").count(), 5, "{lang}");
        // 2 rates, 3 latencies, 2 CPU, 1 memory, 2 connections; 4 distributions.
        assert_eq!(lines_drawn(&dom), 14, "{lang}");
        assert!(!dom.contains("<img") && dom.matches("<script").count() == 1, "{lang}");
    }
}

#[test]
fn a_run_that_held_is_green_and_one_that_broke_is_red() {
    for (story, word) in [(Story::Held, "PASS</h1>"), (Story::Broke, "FAIL</h1>")] {
        let (record, rows) = sample_run::run(story);
        let html = report::html::render(&record, &rows, Lang::En).unwrap();
        assert!(html.contains(word), "{story:?}: {}", record.reason());
        let files = report::all(&record, &rows, Lang::En);
        assert!(files.iter().all(|file| file.content.is_ok()), "{story:?}");
    }
}
