//! A record made by hand, for tests: a stage that held, and one in which a hostile server lost messages and died.

use jiff::{SignedDuration, Timestamp};

use super::{
    CaseRecord, CaseResult, ColumnSummary, CoreSplit, Death, DeathCause, Delivery, Ending, Example,
    Finding, FindingKind, GrowthRecord, GrowthVerdict, JudgedPercentiles, Latencies,
    LatencySummary, Machine, MonitorGap, MonitorSummary, PathRecord, Paths, Provenance, Rates,
    Rigour, RunRecord, Second, SelfCheck, StagePlan, StageRecord, Target, TargetNode,
    ThreadSummary, UserCounts, VerdictLine,
};
use crate::verdict::{Level, Verdict};

/// What a server might answer to take over a terminal.
const HOSTILE: &str = "\x1b[2J\x1b[31mPASS\u{202e}\r\nverdict: PASS";

/// 2026-11-22T12:00:00Z
fn began() -> Timestamp {
    Timestamp::from_second(1_795_348_800).unwrap()
}

/// A launched server of the course dialect.
pub(crate) fn target() -> Target {
    Target {
        dir: Some("/chat/bin".into()),
        pid: Some(4711),
        config_file: Some("chatserver.toml".into()),
        log: Some("runs/x/server.log".into()),
        further_nodes: vec![TargetNode {
            pid: 4712,
            command_line: "/chat/bin/ChatServer 127.0.0.1 6002".into(),
            log: "runs/x/server-2.log".into(),
        }],
        advice: vec!["something listens on 127.0.0.1:6000 too".into()],
        ..Target::example()
    }
}

/// A run with one of everything.
pub(crate) fn run() -> RunRecord {
    let command = ["cargo", "xtask", "stress", "--clients", "10,50"].map(Into::into).into();
    let mut run =
        RunRecord::new("2026-11-22T12-00-00Z-abcd", began(), command, target(), machine());
    run.provenance = Provenance {
        server_revision: Some("0123456789abcdef0123456789abcdef01234567".into()),
        server_dirty: Some(true),
        server_profile: Some("Release".into()),
        harness_profile: Some("release".into()),
        plan: Some("# for every push\n[[stage]]\nclients = [10, 50]\n".into()),
    };
    run.cases = cases();
    run.stages = vec![good_stage(), bad_stage()];
    run.remarks = vec![format!("the server greets with {HOSTILE}")];
    run.close(Ending::Complete, began() + SignedDuration::from_secs(123));
    run
}

fn machine() -> Machine {
    Machine {
        cpu_model: Some("Example CPU".into()),
        cores: 4,
        usable_cores: 2,
        memory_bytes: 8 << 30,
        memory_available_bytes: 6 << 30,
        kernel: Some("6.1.0".into()),
        distribution: Some("Linux (Debian GNU/Linux 12)".into()),
        open_files_limit: Some(20_000),
        listen_queue_limit: Some(4_096),
        syn_queue_limit: Some(256),
        outgoing_ports: Some(28_232),
        core_split: CoreSplit::of(&[0, 1]),
        load_average_percent: 25,
    }
}

fn cases() -> Vec<CaseRecord> {
    let case = |id: &str, title: &str, level, result, took_ms| CaseRecord {
        id: id.into(),
        title: title.into(),
        level,
        result,
        took_ms,
        log: None,
        evidence: None,
    };
    let mut dead = case(
        "CHAT-5",
        "a 10 kB chat reaches its receiver",
        Level::Must,
        CaseResult::Failed { reason: format!("the server died: {HOSTILE}") },
        1_234,
    );
    dead.log = Some("runs/x/CHAT-5.log".into());
    dead.evidence = Some("runs/x/CHAT-5.evidence.txt".into());
    vec![
        case("CONN-1", "the server accepts a connection", Level::Must, CaseResult::Passed, 2),
        case(
            "REG-3",
            "用户名可以是中文",
            Level::Should,
            CaseResult::Failed { reason: "the name 王小明 came back as ???".into() },
            31,
        ),
        dead,
        case(
            "CHAT-6",
            "a chat to oneself",
            Level::Must,
            CaseResult::Blocked { by: "CHAT-5".into() },
            0,
        ),
        case(
            "GROUP-4",
            "absent members hear it later",
            Level::Must,
            CaseResult::Known { reason: "no offline groups (issue 12)".into() },
            512,
        ),
        case("OFF-1", "offline messages", Level::Must, CaseResult::UnexpectedPass, 90),
        case(
            "ACK-1",
            "a chat is acknowledged",
            Level::Must,
            CaseResult::Skipped { reason: "course does not acknowledge chats".into() },
            0,
        ),
        case(
            "INFO-1",
            "spacing that it survives",
            Level::Info,
            CaseResult::Observed { what: "2 ms".into() },
            700,
        ),
        case(
            "LOAD-1",
            "fifty users",
            Level::Must,
            CaseResult::Trouble { reason: "out of file descriptors".into() },
            3,
        ),
    ]
}

/// A distribution whose percentiles grow from `base_us`.
fn latency(count: u64, base_us: f64, undelivered: u64) -> LatencySummary {
    let arrived = |us: f64| Some(us).filter(|_| undelivered == 0);
    LatencySummary {
        count,
        undelivered,
        min_us: Some(base_us / 2.0),
        mean_us: Some(base_us * 1.25),
        p50_us: Some(base_us),
        p90_us: Some(base_us * 2.0),
        p99_us: Some(base_us * 8.0),
        p999_us: Some(base_us * 16.0),
        max_us: Some(base_us * 32.0),
        judged: JudgedPercentiles {
            p50_us: Some(base_us),
            p90_us: Some(base_us * 2.0),
            p99_us: arrived(base_us * 8.0),
            p999_us: arrived(base_us * 16.0),
        },
        histogram: histogram(count, base_us),
    }
}

/// As many values between half the base and 32 times it, most of them near the base.
#[cfg(any(feature = "load", feature = "report"))]
fn histogram(count: u64, base_us: f64) -> String {
    let mut histogram = crate::stats::Histogram::new();
    for rank in 0..count {
        let share = (rank as f64 + 0.5) / count as f64;
        let nanos = base_us * 500.0 / (1.0 - share).powf(0.6);
        histogram.record(nanos.min(base_us * 32_000.0) as u64);
    }
    histogram.to_base64()
}

#[cfg(not(any(feature = "load", feature = "report")))]
fn histogram(_: u64, _: f64) -> String {
    String::new()
}

fn line(metric: &str, observed: &str, limit: &str, result: Verdict) -> VerdictLine {
    VerdictLine {
        metric: metric.into(),
        observed: observed.into(),
        limit: limit.into(),
        unit: String::new(),
        result,
        margin: (result == Verdict::Pass).then(|| "+38 %".into()),
        level: Rigour::Fail,
        why: None,
    }
}

fn good_stage() -> StageRecord {
    StageRecord {
        name: "10-clients".into(),
        warm_up: true,
        plan: StagePlan {
            spread: "Poisson".into(),
            ramp_ms: Some(500),
            texts: "63 bytes".into(),
            clients: 10,
            duration_ms: 30_000,
            interval_us: Some(200_000),
            rate_per_s: None,
            workload: "pairs".into(),
            pace: "open".into(),
            generator_threads: 1,
            nodes: 1,
            seed: 42,
        },
        started: began() + SignedDuration::from_secs(10),
        took_ms: 36_200,
        users: UserCounts {
            asked: 10,
            registered: 10,
            connected: 10,
            logged_in_first_attempt: 9,
            logged_in_after_retry: 1,
            ..UserCounts::default()
        },
        delivery: Delivery {
            scheduled: 1_500,
            sent: 1_500,
            entitled: 1_500,
            delivered_live: 1_500,
            ..Delivery::default()
        },
        paths: None,
        operations: Vec::new(),
        latencies: Latencies {
            connect: Some(latency(10, 80.0, 0)),
            login: Some(latency(10, 2_000.0, 0)),
            response: Some(latency(1_500, 400.0, 0)),
            service: Some(latency(1_500, 300.0, 0)),
            ..Latencies::default()
        },
        rates: Some(Rates {
            window_from_ms: 1_000,
            window_ms: 29_000,
            sent_per_s: 50.0,
            delivered_per_s: 50.0,
        }),
        series: vec![
            Second {
                second: 0,
                sent: 50,
                delivered: 50,
                p50_us: Some(400.5),
                p99_us: Some(3_200.0),
                max_us: Some(9_600.0),
            },
            Second { second: 1, ..Second::default() },
        ],
        self_check: SelfCheck {
            send_lateness: Some(latency(1_500, 30.0, 0)),
            worst_stall_ms: Some(1.25),
            own_cpu_percent: Some(7.5),
            ..SelfCheck::default()
        },
        ended_by: None,
        death: None,
        findings: Vec::new(),
        lines: vec![
            line("logins", "10", "≥ 10", Verdict::Pass),
            line("lost", "0", "≤ 0", Verdict::Pass),
        ],
        monitor: None,
        further_monitors: Vec::new(),
        growth: Vec::new(),
        verdict: Verdict::Pass,
    }
}

fn bad_stage() -> StageRecord {
    let mut stage = good_stage();
    stage.name = "50/客户".into();
    stage.warm_up = false;
    stage.plan.clients = 50;
    stage.plan.interval_us = None;
    stage.plan.rate_per_s = Some(250.0);
    stage.users = UserCounts {
        asked: 50,
        registered: 50,
        connected: 49,
        connect_failed: 1,
        logged_in_first_attempt: 48,
        login_refused: 1,
        closed_by_server: 48,
        ..UserCounts::default()
    };
    stage.delivery = Delivery {
        scheduled: 7_500,
        sent: 4_000,
        unsent: [("the server was gone".to_owned(), 3_499), ("still waiting".to_owned(), 1)].into(),
        entitled: 4_000,
        delivered_live: 3_990,
        duplicated: 1,
        lost: 7,
        indeterminate: 2,
        recovered: 1,
        foreign: 3,
        ..Delivery::default()
    };
    stage.plan.nodes = 2;
    stage.paths = Some(Paths {
        same_node: PathRecord {
            entitled: 2_000,
            delivered: 2_000,
            response: Some(latency(2_000, 3_000.0, 0)),
            service: Some(latency(2_000, 2_000.0, 0)),
            ..PathRecord::default()
        },
        across_nodes: PathRecord {
            entitled: 2_000,
            delivered: 1_990,
            duplicated: 1,
            lost: 7,
            indeterminate: 3,
            response: Some(latency(1_990, 5_000.0, 10)),
            ..PathRecord::default()
        },
    });
    stage.latencies.response = Some(latency(3_990, 4_000.0, 3_507));
    stage.rates = None;
    stage.self_check.reasons = vec!["sends were late: p99 12 ms, allowed 5 ms".into()];
    stage.death = Some(Death {
        node: Some(([127, 0, 0, 1], 6002).into()),
        how: DeathCause::Signaled { signal: 6, name: "SIGABRT".into(), core_dumped: false },
        at: began() + SignedDuration::from_secs(60),
        uptime_ms: 55_000,
        stdout_tail: vec!["listening".into()],
        stderr_tail: vec!["terminate called".into(), HOSTILE.into()],
        log: Some("runs/x/server.log".into()),
    });
    let mut lost =
        Finding::new(FindingKind::Lost, "sent to a user who was online, and never arrived");
    for sequence in 1..=7 {
        let (from, to) = (Some("1001".to_owned()), Some(HOSTILE.to_owned()));
        lost.count_one(|| {
            Example {
                from,
                to,
                sequence: Some(sequence),
                at_ms: 1_000 * sequence,
                ..Example::default()
            }
            .with_frame(format!("{{\"msg\":\"{HOSTILE}\"}}").as_bytes())
        });
    }
    stage.findings = vec![lost];
    let mut slow = line("response p99", "never", "≤ 50", Verdict::Invalid);
    slow.unit = "ms".into();
    slow.why = Some("the harness was late".into());
    let mut warned = line("out of order", "2", "≤ 0", Verdict::Fail);
    warned.level = Rigour::Warn;
    stage.lines = vec![line("lost", "7", "≤ 0", Verdict::Fail), slow, warned];
    stage.monitor = Some(monitor());
    stage.further_monitors = vec![monitor()];
    stage.growth = growth();
    stage.verdict = Verdict::Fail;
    stage
}

fn growth() -> Vec<GrowthRecord> {
    let at_rest = GrowthRecord {
        metric: "fds.at_rest".into(),
        unit: "files".into(),
        observed: Some(50.0),
        limit: 5.0,
        interval: None,
        before: Some(20.0),
        after: Some(70.0),
        samples: 2,
        span_ms: None,
        verdict: GrowthVerdict::Growing,
        reason: "with nobody connected there are more than before: 50 × /dev/null".into(),
    };
    let slope = GrowthRecord {
        metric: "rss.slope".into(),
        unit: "MiB/min".into(),
        observed: Some(0.25),
        limit: 1.0,
        interval: Some([-0.5, 1.0]),
        before: None,
        after: None,
        samples: 40,
        span_ms: Some(29_000),
        verdict: GrowthVerdict::Steady,
        reason: "-0.5 to 1.0 with 95 % confidence, over 29 s".into(),
    };
    vec![at_rest, slope]
}

fn monitor() -> MonitorSummary {
    let column = |name: &str, mean: f64, max: f64, slope| ColumnSummary {
        name: name.into(),
        samples: 30,
        mean,
        min: 0.5,
        max,
        last: max,
        slope_per_minute: slope,
    };
    MonitorSummary {
        period_ms: 1_000,
        samples: 30,
        gone_samples: 2,
        pids: vec![4711, 4800],
        columns: vec![
            column("cpu_percent", 42.5, 99.9, None),
            column("rss_mb", 12.25, 13.0, Some(-0.001)),
            column("bytes_sent", 100_000.0, 1_234_567.0, Some(20_000.0)),
        ],
        threads: vec![ThreadSummary {
            tid: 4712,
            name: "worker-1".into(),
            samples: 29,
            mean_cpu_percent: 40.25,
            max_cpu_percent: 98.5,
        }],
        missed_samples: 3,
        gaps: vec![MonitorGap { from: began(), missed: 3 }],
        file: Some("runs/x/monitor-50-客户.csv".into()),
        write_error: Some("No space left on device (os error 28)".into()),
        remarks: vec!["open files were not counted: the server runs as another user".into()],
    }
}
