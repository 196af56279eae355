//! The campaign as a library: what it tells while it runs, and what is on disk at each moment.

use std::{
    fs,
    net::SocketAddr,
    path::Path,
    time::{Duration, Instant},
};

use chatserver_harness::{
    campaign::{
        Campaign, CampaignError, CampaignEvent, CampaignOutcome, CampaignPlan, Interrupt, Level,
        ReferenceProgram,
    },
    check::functional,
    config::Settings,
    error::Classified,
    record::{Ending, RunRecord},
    report::{self, Lang},
    verdict::{Exit, Verdict},
    wire::dialect::builtin_text,
};
use chatserver_refserver::{Fault, Options, RefServer};

/// A second of load.
fn level(clients: usize) -> Level {
    Level::steady(clients, Duration::from_millis(50), Duration::from_secs(1))
}

/// A second of load, on the reference server as a process.
fn campaign(runs_dir: &Path) -> Campaign {
    Campaign {
        lang: Lang::En,
        settings: Settings::default(),
        plan: CampaignPlan {
            warm_up: Some(level(2)),
            levels: vec![level(4)],
            seed: 7,
            ..CampaignPlan::cases_only(Vec::new())
        },
        runs_dir: runs_dir.to_owned(),
        command: vec!["a test".to_owned()],
        reference: Some(ReferenceProgram {
            program: env!("CARGO_BIN_EXE_refserver").into(),
            args: ["--listen", "{ip}:{port}", "--dialect", "{dialect}"].map(str::to_owned).into(),
        }),
        through_balancer: false,
        only_reference: None,
    }
}

fn attached(runs_dir: &Path, addr: SocketAddr) -> Campaign {
    Campaign { settings: Settings::default().with_addr(addr), ..campaign(runs_dir) }
}

async fn run(campaign: &Campaign, on_event: impl FnMut(CampaignEvent<'_>)) -> CampaignOutcome {
    campaign.run(&Interrupt::new(), on_event).await.unwrap()
}

fn on_disk(directory: &Path) -> RunRecord {
    report::json::read(&fs::read_to_string(directory.join("run.json")).unwrap()).unwrap()
}

/// A word for each event.
fn word(event: &CampaignEvent<'_>) -> String {
    match event {
        CampaignEvent::Begins { .. } => "begins".to_owned(),
        CampaignEvent::CasesBegin { .. } => "cases".to_owned(),
        CampaignEvent::CaseEnds(case) => case.id.clone(),
        CampaignEvent::CasesEnd(_) => "cases end".to_owned(),
        CampaignEvent::StageBegins { stage, number, count, .. } => {
            format!("{} {number}/{count}", stage.name)
        }
        CampaignEvent::StageEnds(record) => format!("{} ends", record.name),
        CampaignEvent::Restarts(_) => "restarts".to_owned(),
        CampaignEvent::Rests(_) => "rests".to_owned(),
    }
}

#[tokio::test]
async fn it_tells_what_happens_and_after_each_step_that_is_on_disk() {
    let dir = tempfile::tempdir().unwrap();
    let mut told = Vec::new();
    let latest = dir.path().join("latest");
    let outcome = run(&campaign(dir.path()), |event| {
        if let CampaignEvent::StageEnds(record) = &event {
            let saved = on_disk(&latest);
            assert_eq!((saved.stages.last(), &saved.ending), (Some(*record), &Ending::Running));
            assert_eq!(saved.verdict, Verdict::Invalid, "a run that is not finished is no PASS");
            let text = fs::read_to_string(latest.join("report.txt")).unwrap();
            assert!(text.contains(&format!("Stage {}", record.name)), "{text}");
        }
        told.push(word(&event));
    })
    .await;
    assert_eq!(told, ["begins", "warm-up 1/2", "warm-up ends", "4-clients 2/2", "4-clients ends"]);
    let record = outcome.record;
    assert_eq!(record, on_disk(&latest));
    assert!(outcome.unsaved.is_none());
    assert_eq!(latest.canonicalize().unwrap(), outcome.directory.path().canonicalize().unwrap());
    assert_ne!(record.verdict, Verdict::Fail, "{}", record.reason());
    for stage in &record.stages {
        assert_eq!(stage.users.logged_in(), stage.plan.clients);
        assert!(stage.delivery.sent > 0);
        assert_eq!(stage.delivery.sent, stage.delivery.delivered_live);
        let monitor = stage.monitor.as_ref().unwrap();
        assert_eq!(
            (monitor.pids.as_slice(), monitor.gone_samples),
            ([record.target.pid.unwrap()].as_slice(), 0)
        );
        assert!(
            monitor.column("connections_established").unwrap().max >= stage.plan.clients as f64
        );
    }
}

#[tokio::test]
async fn the_cases_run_first_and_are_told_one_by_one() {
    let dir = tempfile::tempdir().unwrap();
    let server = RefServer::start(Options::new(builtin_text("course").unwrap())).unwrap();
    let mut campaign = attached(dir.path(), server.addr());
    campaign.plan.cases = functional().map(|case| case.id).collect();
    campaign.plan.warm_up = None;
    let mut told = Vec::new();
    let outcome = run(&campaign, |event| told.push(word(&event))).await;
    assert_eq!(told[..3], ["begins", "cases", "CONN-1"]);
    assert_eq!(told[told.len() - 3..], ["cases end", "4-clients 1/1", "4-clients ends"]);
    assert_eq!(outcome.record.cases.len(), told.len() - 5);
    assert_ne!(outcome.record.verdict, Verdict::Fail, "{}", outcome.record.reason());
    assert!(!server.is_dead(), "a server that was attached to is left alone");
}

#[tokio::test]
async fn an_interrupt_ends_a_stage_soon_with_what_was_seen() {
    let dir = tempfile::tempdir().unwrap();
    let mut campaign = campaign(dir.path());
    let hour = Level::steady(4, Duration::from_millis(50), Duration::from_hours(1));
    campaign.plan.levels = vec![hour.clone(), hour];
    campaign.plan.warm_up = None;
    let interrupt = Interrupt::new();
    let mut since = None;
    let outcome = campaign
        .run(&interrupt, |event| {
            if let CampaignEvent::StageBegins { mut progress, .. } = event {
                let interrupt = interrupt.clone();
                tokio::spawn(async move {
                    let sending = progress.wait_for(|progress| progress.delivered > 20).await;
                    assert!(sending.is_ok(), "the stage ended before");
                    interrupt.raise("SIGTERM");
                });
                since = Some(Instant::now());
            }
        })
        .await
        .unwrap();
    assert!(since.unwrap().elapsed() < Duration::from_secs(30));
    let record = outcome.record;
    assert_eq!(record.ending, Ending::Interrupted { signal: "SIGTERM".to_owned() });
    assert_eq!((record.stages.len(), record.verdict), (1, Verdict::Invalid), "{}", record.reason());
    assert!(record.stages[0].delivery.delivered() > 20);
    assert_eq!(record, on_disk(outcome.directory.path()));
}

#[tokio::test]
async fn an_interrupt_before_the_users_are_in_is_no_failure_of_the_server() {
    let dir = tempfile::tempdir().unwrap();
    let campaign = campaign(dir.path());
    let interrupt = Interrupt::new();
    let outcome = campaign
        .run(&interrupt, |event| {
            if matches!(event, CampaignEvent::StageBegins { .. }) {
                interrupt.raise("SIGINT");
            }
        })
        .await
        .unwrap();
    let record = outcome.record;
    assert_eq!(record.verdict, Verdict::Invalid, "{}", record.reason());
    assert!(
        record.reason().starts_with("the run was ended early by SIGINT"),
        "{}",
        record.reason()
    );
}

#[tokio::test]
async fn a_running_server_that_goes_away_makes_every_level_after_it_red_or_left_out() {
    let dir = tempfile::tempdir().unwrap();
    let mut options = Options::new(builtin_text("course").unwrap());
    options.faults = vec!["die-after=20".parse::<Fault>().unwrap()];
    let server = RefServer::start(options).unwrap();
    let mut campaign = attached(dir.path(), server.addr());
    campaign.plan.warm_up = None;
    campaign.plan.levels = vec![level(4), level(4), level(4)];
    let outcome = run(&campaign, |_| ()).await;
    let record = outcome.record;
    assert!(server.is_dead());
    assert_eq!(record.verdict, Verdict::Fail, "{}", record.reason());
    assert_eq!(record.stages.len(), 2, "the third would measure nothing");
    assert!(record.stages.iter().all(|stage| stage.verdict == Verdict::Fail));
    let Ending::Aborted { reason } = record.ending else { panic!("{:?}", record.ending) };
    assert!(reason.contains("nobody could log in at stage 4-clients-2"), "{reason}");
}

#[tokio::test]
async fn what_is_no_campaign_is_an_error_and_leaves_no_directory() {
    let dir = tempfile::tempdir().unwrap();
    let runs = dir.path().join("runs");
    let mut campaign = campaign(&runs);
    campaign.plan.levels[0].load.duration = Duration::ZERO;
    let error = campaign.run(&Interrupt::new(), |_| ()).await.unwrap_err();
    assert!(matches!(error, CampaignError::Plan(_)) && error.exit() == Exit::Usage, "{error}");
    assert!(!runs.exists());

    // Bound and not listening: nobody else gets it, and nobody answers.
    let silent = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    silent.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    let nobody = silent.local_addr().unwrap().as_socket().unwrap();
    let error = attached(&runs, nobody).run(&Interrupt::new(), |_| ()).await.unwrap_err();
    assert!(matches!(error, CampaignError::Server(_)), "{error}");
    assert_eq!(error.exit(), Exit::Unreachable);
    assert_eq!(fs::read_dir(&runs).unwrap().count(), 0);
}

#[tokio::test]
async fn a_panic_of_the_harness_leaves_what_was_measured_and_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let outcome = run(&campaign(dir.path()), |event| {
        let second = matches!(&event, CampaignEvent::StageBegins { number: 2, .. });
        assert!(!second, "planted by a test");
    })
    .await;
    let saved = on_disk(outcome.directory.path());
    assert_eq!(saved.stages.len(), 1, "the stage before it is kept");
    assert_eq!(saved.verdict, Verdict::Invalid);
    let reason = "the run could not go on: the harness itself panicked";
    assert!(saved.reason().starts_with(reason), "{}", saved.reason());
    assert!(saved.reason().contains("planted by a test"), "{}", saved.reason());
    let text = fs::read_to_string(outcome.directory.file("report.txt")).unwrap();
    assert!(text.contains("planted by a test"), "{text}");
}

#[tokio::test]
async fn what_cannot_be_written_into_its_directory_is_rescued_elsewhere() {
    let dir = tempfile::tempdir().unwrap();
    let outcome = run(&campaign(dir.path()), |event| {
        if let CampaignEvent::StageBegins { number: 2, .. } = &event {
            // Nothing can be written below what is no directory any more.
            let place = fs::canonicalize(dir.path().join("latest")).unwrap();
            fs::remove_dir_all(&place).unwrap();
            fs::write(&place, "").unwrap();
        }
    })
    .await;
    assert!(outcome.unsaved.is_some());
    let rescued = outcome.rescued.unwrap();
    let saved = on_disk(&rescued);
    assert_eq!((saved.stages.len(), &saved), (2, &outcome.record));
    assert!(
        saved.remarks.iter().any(|remark| remark.contains("could not be written")),
        "{saved:?}"
    );
    for name in ["report.txt", "report.html", "junit.xml", "stages.csv"] {
        assert!(rescued.join(name).exists(), "{name}");
    }
    fs::remove_dir_all(rescued).unwrap();
}

#[tokio::test]
async fn the_record_says_how_the_server_was_built_and_repeats_the_plan() {
    let dir = tempfile::tempdir().unwrap();
    let text = "[[stage]]\nclients = 2\nduration = '1s'\n";
    let plan = CampaignPlan::parse("plan.toml", text).unwrap();
    let outcome = run(&Campaign { plan, ..campaign(dir.path()) }, |_| ()).await;
    let provenance = outcome.record.provenance;
    let own = if cfg!(debug_assertions) { "debug" } else { "release" };
    assert_eq!(provenance.plan.as_deref(), Some(text));
    assert_eq!(provenance.server_profile.as_deref(), Some(own));
    assert_eq!(provenance.harness_profile.as_deref(), Some(own));
}
