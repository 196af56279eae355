//! `cargo xtask stress` and `cargo xtask quick`: the staged campaign.

use chatserver_harness::{
    campaign::{CampaignPlan, Overrides},
    record::Rigour,
    threshold::Rules,
    verdict::Exit,
};

use crate::{
    campaign,
    failure::Failure,
    load_flags::{QuickFlags, StressFlags, ThresholdFlags},
};

/// Runs the plan, with the flags on top.
pub(crate) fn run(flags: StressFlags) -> Result<Exit, Failure> {
    let overrides = Overrides {
        clients: flags.clients.map(|levels| levels.0),
        duration: flags.duration,
        interval: flags.interval,
        warm_up_clients: flags.warmup_clients,
        warm_up_duration: flags.warmup_duration,
        pause: flags.pause,
        seed: flags.seed,
        no_cases: flags.no_cases,
    };
    let mut plan = overrides.on(CampaignPlan::named(&flags.plan)?);
    flags.thresholds.add_to(&mut plan.rules)?;
    campaign::run(plan, &flags.server, flags.output, campaign::Entrance::of(flags.through_balancer))
}

/// Runs the plan `quick`.
pub(crate) fn quick(flags: QuickFlags) -> Result<Exit, Failure> {
    let mut server = flags.server;
    if flags.at_host.is_some() {
        (server.server, server.port) = (flags.at_host, flags.at_port);
    }
    campaign::run(CampaignPlan::named("quick")?, &server, flags.output, campaign::Entrance::Nodes)
}

impl ThresholdFlags {
    /// These in place of those for the same metrics.
    pub(crate) fn add_to(&self, rules: &mut Rules) -> Result<(), Failure> {
        let flags = [
            ("--fail", &self.fail, Rigour::Fail, false),
            ("--warn", &self.warn, Rigour::Warn, false),
            ("--abort", &self.abort, Rigour::Fail, true),
        ];
        for (flag, texts, rigour, abort) in flags {
            for text in texts {
                rules.add(text, rigour, abort).map_err(|error| Failure {
                    message: format!("{flag} {error}"),
                    exit: Exit::Usage,
                })?;
            }
        }
        Ok(())
    }
}
