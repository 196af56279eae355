//! `docs/thresholds.md` lists the metrics and the defaults as the code has them.

use std::{fmt::Write, fs, path::PathBuf};

use chatserver_harness::{
    record::Rigour,
    threshold::{DEFAULTS, METRICS, Quantity},
};

const HEAD: &str = "\
# Thresholds

A threshold is a metric, a comparison and a limit: `lost == 0`, `delivery.p99 < 100ms`, `rss.slope < 1MiB/min`.
`cargo xtask stress --fail 'delivery.p99 < 100ms'`, or in a plan:

```toml
[thresholds]
fail = [\"delivery.p99 < 100ms\"]
warn = [\"server.cpu.mean < 60%\"]
abort = [\"logins >= 50%\"]
```

`fail` makes the run red, `warn` is told and does not, `abort` makes the run red and ends it: at once where nothing that
comes can mend it (a count that only grows, such as `duplicated`, or `logins` once everybody has tried), else after the stage. A
threshold takes the place of the default for the same metric; `defaults = false` drops them all. A `[[stage]]` may have its own.

- A metric without samples never passes.
- In percentiles, `max` and `min` of latencies, what was never delivered counts as infinitely late (`never`). A mean is of what
  arrived; who did not arrive is counted by `lost`.
- Times of a warm-up are not judged.
- Where the generator itself was too slow, every time, rate and use of the machine is INVALID; losses stay FAIL.
- Slopes are per minute, of the least-squares line through the samples.

This page is made from the code: `cargo test --test harness -- --ignored write_the_page_of_thresholds`.
";

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/thresholds.md")
}

fn unit(quantity: Quantity) -> &'static str {
    match quantity {
        Quantity::Count | Quantity::Plain => "",
        Quantity::Percent => "%",
        Quantity::Time => "µs, us, ms, s, m",
        Quantity::Rate => "/s",
        Quantity::Bytes => "B, kB, MB, GB, KiB, MiB, GiB",
    }
}

fn page() -> String {
    let mut page = HEAD.to_owned();
    page.push_str(
        "\n## Metrics\n\n| metric | statistics | unit | what it is |\n|---|---|---|---|\n",
    );
    for metric in METRICS {
        let statistics: Vec<String> =
            metric.statistics().iter().map(|statistic| format!("`.{statistic}`")).collect();
        let (name, unit) = (metric.name, unit(metric.quantity));
        // Writing to a string cannot fail.
        let _ =
            writeln!(page, "| `{name}` | {} | {unit} | {} |", statistics.join(" "), metric.meaning);
    }
    page.push_str(
        "\nOf a cluster those from `server.cpu` to `unread` are the first node's; growth is judged on each (`node2.rss.at_rest` \
         and so on).\n",
    );
    page.push_str("\n## Defaults\n\n| threshold | a breach is |\n|---|---|\n");
    for (text, rigour) in DEFAULTS {
        let breach = if *rigour == Rigour::Fail { "FAIL" } else { "a warning" };
        let _ = writeln!(page, "| `{text}` | {breach} |");
    }
    page
}

#[test]
fn the_page_of_thresholds_is_up_to_date() {
    let written = fs::read_to_string(path()).unwrap_or_default();
    assert!(
        written == page(),
        "make it anew: cargo test --test harness -- --ignored write_the_page_of_thresholds"
    );
}

#[test]
#[ignore = "writes docs/thresholds.md"]
fn write_the_page_of_thresholds() {
    fs::write(path(), page()).unwrap();
}
