//! `cargo xtask check`: a campaign of the numbered cases alone.

use chatserver_harness::{
    campaign::CampaignPlan,
    check::{Case, select},
    report::{Lang, titles},
    verdict::Exit,
};

use crate::{CheckFlags, bless, campaign, console, failure::Failure};

/// Runs the cases on the server that the flags describe, or lists them; with `--bless` what failed is known from then on.
pub(crate) fn run(flags: CheckFlags) -> Result<Exit, Failure> {
    let cases = select(&flags.only, flags.level)?;
    if flags.list {
        let lang = console::lang();
        console::print(&cases.iter().map(|case| line(case, lang)).collect::<String>());
        return Ok(Exit::Pass);
    }
    let cases = cases.iter().map(|case| case.id).collect();
    let plan = CampaignPlan::cases_only(cases);
    if !flags.bless {
        return campaign::run(plan, &flags.server, flags.output, campaign::Entrance::Nodes);
    }
    // Before the run: a file that cannot be read must not cost one.
    let book = bless::Book::open(&campaign::settings(&flags.server)?)?;
    let record = campaign::recorded(plan, &flags.server, flags.output, campaign::Entrance::Nodes)?;
    console::tell(&console::said(&book.bless(&record.cases)?));
    Ok(record.verdict.into())
}

fn line(case: &Case, lang: Lang) -> String {
    let requirement = titles::title(case.id, case.requirement, lang);
    format!("{:10} {:6} {requirement}\n", case.id, case.level)
}
