//! `cargo xtask load`: one stage, as the old stress client had it.

use std::{fmt::Write, time::Duration};

use chatserver_harness::{campaign::CampaignPlan, verdict::Exit};

use crate::{campaign, failure::Failure, load_flags::LoadFlags};

/// Runs a campaign of one stage.
pub(crate) fn run(flags: &LoadFlags) -> Result<Exit, Failure> {
    let usage = |message: String| Failure { message, exit: Exit::Usage };
    let mut server = flags.server.clone();
    if flags.at_host != "-" {
        let port = flags.at_port.parse().map_err(|_| {
            usage(format!(
                "PORT: `{}` is not a port: write a number from 1 to 65535",
                flags.at_port
            ))
        })?;
        (server.server, server.port) = (Some(flags.at_host.clone()), Some(port));
    }
    let plan = CampaignPlan::parse("the command line", &text(flags)).map_err(|wrong| {
        // The text is ours: its lines say nothing to whoever typed the options.
        usage(wrong.cause())
    })?;
    let mut plan = CampaignPlan { text: None, ..plan };
    flags.thresholds.add_to(&mut plan.rules)?;
    campaign::run(
        plan,
        &server,
        flags.output.clone(),
        campaign::Entrance::of(flags.through_balancer),
    )
}

/// Reads FIRST-LAST.
pub(crate) fn ids(text: &str) -> Result<(i64, i64), String> {
    let ends = text
        .split_once('-')
        .and_then(|(first, last)| Some((first.trim().parse().ok()?, last.trim().parse().ok()?)));
    ends.ok_or_else(|| "write the first and the last id, such as 101-150".to_owned())
}

/// The options as a plan.
fn text(flags: &LoadFlags) -> String {
    let seconds = |key: &str, time: Option<Duration>| {
        time.map(|time| format!("{key} = {}\n", time.as_secs_f64())).unwrap_or_default()
    };
    let mut load = seconds("interval", flags.interval) + &seconds("ramp", flags.ramp);
    if let Some(rate) = flags.rate {
        // Of a whole number TOML wants the point too. Writing to a string cannot fail.
        let _ = writeln!(load, "rate = {}", format!("{rate:?}").to_lowercase());
    }
    if let Some(rate) = flags.arrival_rate {
        let _ = writeln!(load, "arrivals_per_second = {}", format!("{rate:?}").to_lowercase());
    }
    if !flags.text_bytes.is_empty() {
        let _ = writeln!(load, "text_bytes = {:?}", flags.text_bytes);
    }
    for (key, word) in [
        ("pace", &flags.pace),
        ("spread", &flags.spread),
        ("workload", &flags.workload),
        ("script", &flags.script),
        ("arrivals", &flags.arrivals),
        ("departures", flags.departures.as_ref().unwrap_or(&flags.arrivals)),
        ("leave", &flags.leave),
    ] {
        let _ = writeln!(load, "{key} = \"{word}\"");
    }
    if let Some(mix) = &flags.mix {
        let custom: Vec<String> =
            mix.custom.iter().map(|(name, weight)| format!("{name:?} = {weight}")).collect();
        let _ = writeln!(
            load,
            "mix = {{ chat = {}, group_chat = {}, add_friend = {}, create_group = {}, join_group = {}, custom = {{ {} }} }}",
            mix.chat,
            mix.group_chat,
            mix.add_friend,
            mix.create_group,
            mix.join_group,
            custom.join(", ")
        );
    }
    if let Some(file) = &flags.csv {
        let _ = writeln!(load, "accounts = {{ csv = {file:?} }}");
    } else if let Some(file) = &flags.pool {
        let _ = writeln!(load, "accounts = {{ pool = {file:?} }}");
    } else if let (Some((first, last)), Some(password)) = (flags.ids, &flags.password) {
        let _ = writeln!(load, "accounts = {{ ids = [{first}, {last}], password = {password:?} }}");
    }
    if let Some(churn) = flags.churn {
        let away = flags.away.as_secs_f64();
        let _ = writeln!(
            load,
            "churn = {{ per_second = {}, away = {away}, leave = \"{}\" }}",
            format!("{churn:?}").to_lowercase(),
            flags.churn_leave
        );
    }
    format!(
        "seed = {}\n[load]\n{load}threads = {}\ngroup_size = {}\nallow_coalescing = {}\n[[stage]]\nclients = {}\nduration = {}\n",
        flags.seed,
        flags.threads,
        flags.group_size,
        flags.allow_coalescing,
        flags.clients,
        flags.duration.as_secs_f64(),
    )
}
