//! Does the server hold? Stages of load against the configured server, else the reference server.
//!
//! `cargo test --test load -- --ignored --nocapture`; `CHATSERVER_LOAD_CLIENTS`, `CHATSERVER_LOAD_DURATION` and
//! `CHATSERVER_LOAD_INTERVAL` say how much, `CHATSERVER_LOAD_SOAK` how long the soak lasts. One stage at a time, whoever else runs them from this build.
#![expect(clippy::panic, clippy::print_stdout, reason = "how a test says what it saw")]

use std::{fs::File, path::Path, time::Duration};

use chatserver_harness::{
    config::{LoadSettings, Settings, language},
    fixture::{Fixture, load_dialect},
    load::{Arrivals, Churn, Leave, Mix, Pace, Plan, StageError, StageInput, Workload, run_stage},
    record::{DialectFacts, StageRecord},
    report::{Lang, errors::in_lang, text::render_stage},
    server::{Choice, Recipe, Server},
    verdict::Verdict,
};

/// Members of a group.
const GROUP_SIZE: usize = 5;

/// LOAD-1: users who write at a steady pace MUST all be heard, once, unchanged and in order.
#[tokio::test]
#[ignore = "load: a steady chat"]
async fn stage_1_steady_chat() {
    hold("steady-chat", |plan| plan).await;
}

/// LOAD-2: what is written into a group MUST reach every other member, once.
#[tokio::test]
#[ignore = "load: a group chat"]
async fn stage_2_group_chat() {
    let workload = Workload::Groups { size: GROUP_SIZE };
    hold("group-chat", |plan| Plan { workload, ..plan }).await;
}

/// LOAD-4: users who write ten times as often MUST all be heard as well.
#[tokio::test]
#[ignore = "load: a chat at high frequency"]
async fn stage_3_high_frequency() {
    hold("high-frequency", |plan| Plan { pace: often(&plan), ..plan }).await;
}

/// LOAD-5: while users leave and come back the others MUST be served, and who comes back MUST find what was missed.
#[tokio::test]
#[ignore = "load: users who leave and come back"]
async fn stage_4_churn() {
    let (away, leave) = (Duration::from_secs(1), Leave::Finish);
    hold("churn", |plan| {
        let churn = Some(Churn { per_second: plan.clients as f64 / 20.0, away, leave });
        Plan { churn, ..plan }
    })
    .await;
}

/// LOAD-8: users who make friends, enter groups and leave while they chat MUST all be heard, by whoever came later too.
#[tokio::test]
#[ignore = "load: everything at once"]
async fn stage_5_mix() {
    let mix = Mix {
        chat: 70,
        group_chat: 15,
        add_friend: 5,
        create_group: 2,
        join_group: 8,
        custom: Vec::new(),
    };
    let (away, leave) = (Duration::from_secs(1), Leave::Finish);
    hold("mix", |plan| {
        let churn = Some(Churn { per_second: plan.clients as f64 / 20.0, away, leave });
        Plan { mix: Some(mix), group_size: GROUP_SIZE, churn, ..plan }
    })
    .await;
}

/// LOAD-6: a steady chat MUST hold for as long as `CHATSERVER_LOAD_SOAK` says.
#[tokio::test]
#[ignore = "load: a long steady chat"]
async fn stage_6_soak() {
    match LoadSettings::from_env() {
        Ok(LoadSettings { soak, .. }) => hold("soak", |plan| Plan { duration: soak, ..plan }).await,
        Err(error) => panic!("{error}"),
    }
}

/// LOAD-3: users who all come at once MUST all get in. Servers are known to die of it.
#[tokio::test]
#[ignore = "load: a connect storm"]
async fn stage_7_connect_storm() {
    hold("connect-storm", |plan| Plan { arrivals: Arrivals::Storm, ..plan }).await;
}

/// LOAD-7: users who all go at once MUST NOT take the server with them. The last one: servers are known to die of it.
#[tokio::test]
#[ignore = "load: a storm of departures"]
async fn stage_8_leave_storm() {
    let departures = Some(Arrivals::Storm);
    hold("leave-storm", |plan| Plan { departures, leave: Leave::Reset, ..plan }).await;
}

/// Ten messages for one.
fn often(plan: &Plan) -> Pace {
    plan.pace.interval().map_or(plan.pace, |interval| plan.pace.every(interval / 10))
}

/// Runs one stage. FAIL fails the test; INVALID says in words that the harness could not judge times and rates.
async fn hold(name: &str, shape: impl FnOnce(Plan) -> Plan) {
    let lang = Lang::of(language().as_deref());
    let record = match run(name, shape).await {
        Ok(record) => record,
        Err(error) => match error.downcast_ref::<StageError>() {
            Some(StageError::NotSpoken { .. }) => {
                return println!("{name}: skipped: {}", in_lang(&error.to_string(), lang));
            }
            _ => panic!("{}", in_lang(&format!("no stage could be run: {error:#}"), lang)),
        },
    };
    let text = render_stage(&record, lang);
    match record.verdict {
        Verdict::Pass | Verdict::Invalid => println!("{text}"),
        Verdict::Fail => panic!("{text}"),
    }
}

async fn run(name: &str, shape: impl FnOnce(Plan) -> Plan) -> anyhow::Result<StageRecord> {
    let _turn = turn()?;
    let load = LoadSettings::from_env()?;
    let directory = tempfile::tempdir()?;
    let fixture = start(&Settings::from_env()?, directory.path()).await?;
    println!("{}", fixture.target());
    let server = fixture.server();
    let plan = shape(Plan::steady(load.clients, load.interval, load.duration));
    let input = StageInput {
        death: server.is_ours().then(|| server.death()),
        relayed: fixture.is_relayed(server.addr()),
        nodes: server.addrs(),
        ..StageInput::new(name, fixture.dialect().clone(), server.addr(), plan)
    };
    let record = run_stage(input).await;
    server.stop().await?;
    Ok(record?)
}

/// The configured server, else the reference server as a process of its own.
async fn start(settings: &Settings, directory: &Path) -> anyhow::Result<Fixture> {
    let (dialect, remarks) = load_dialect(&settings.dialect())?;
    let facts = DialectFacts { name: dialect.name.clone(), origin: dialect.origin.clone() };
    let mut assignment = settings.assignment(facts, &dialect.text)?;
    assignment.advice.extend(remarks);
    if assignment.choice == Choice::Reference {
        let file = directory.join("dialect.toml");
        std::fs::write(&file, &dialect.text)?;
        let file = file.display().to_string();
        let args = ["--listen", "{ip}:{port}", "--dialect", &file];
        let recipe = Recipe::new(env!("CARGO_BIN_EXE_refserver")).with_args(args).shared();
        assignment.choice = Choice::LaunchReference(Box::new(recipe));
    }
    let server = Server::start(assignment).await?;
    Ok(Fixture::new(server, dialect.into(), settings.allow_crash))
}

/// The turn of one stage: tests start in parallel, and other processes may run them too.
fn turn() -> anyhow::Result<File> {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("load.lock");
    let file = File::options().create(true).truncate(false).write(true).open(path)?;
    file.lock()?;
    Ok(file)
}
