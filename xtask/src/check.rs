//! `cargo xtask check`: a campaign of the numbered cases alone.

use chatserver_harness::{
    campaign::CampaignPlan,
    check::{Case, select},
    verdict::Exit,
};

use crate::{CheckFlags, campaign, console, failure::Failure};

/// Runs the cases on the server that the flags describe, or lists them.
pub(crate) fn run(flags: CheckFlags) -> Result<Exit, Failure> {
    let cases = select(&flags.only, flags.level)?;
    if flags.list {
        console::print(&cases.iter().map(|case| line(case)).collect::<String>());
        return Ok(Exit::Pass);
    }
    let cases = cases.iter().map(|case| case.id).collect();
    campaign::run(CampaignPlan::cases_only(cases), &flags.server, flags.output)
}

fn line(case: &Case) -> String {
    format!("{:10} {:6} {}\n", case.id, case.level, case.requirement)
}
