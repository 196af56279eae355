//! What stands before the first contact: plan, limits, dialect, the directory for the results, the server's assignment.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use jiff::Timestamp;

use super::{CampaignError, CampaignPlan};
use crate::{
    config::Settings,
    fixture::load_dialect,
    kernel::{ephemeral_ports, raise_file_limit},
    load::StageError,
    process::usable_cores,
    record::{CoreSplit, DialectFacts, RunDirectory},
    report::Lang,
    server::{Assignment, Choice, Recipe},
    wire::dialect::Dialect,
};

/// The dialect's text as it was used, in the run directory.
const DIALECT_FILE: &str = "dialect.toml";
/// The plan's text as it was read, in the run directory.
const PLAN_FILE: &str = "plan.toml";
/// What the reference server keeps.
const DATA_FILE: &str = "refserver.db";
/// What somebody reads who has configured nothing.
const YOURS: &str = "to test your own server, set CHATSERVER_BIN=path/to/ChatServer, or name a running one with --server \
                     and --port";

/// A campaign to run.
#[derive(Debug, Clone)]
pub struct Campaign {
    /// The language of the reports.
    pub lang: Lang,
    /// Which server, and under what terms.
    pub settings: Settings,
    /// What to do.
    pub plan: CampaignPlan,
    /// The directory in which the campaign makes its own.
    pub runs_dir: PathBuf,
    /// The command line, for the report.
    pub command: Vec<String>,
    /// How the reference server is started as a process of its own, where it is the one to test; without this it runs
    /// inside this process, where it shares the CPU with the generator and cannot be told from it.
    pub reference: Option<ReferenceProgram>,
    /// Whether the users of a stage connect through the balancer, instead of each to a node.
    pub through_balancer: bool,
    /// An option that only the reference server understands, where one was given: any other server is refused.
    pub only_reference: Option<String>,
}

/// How the reference server is started as a process of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReferenceProgram {
    /// The program.
    pub program: PathBuf,
    /// Its arguments; `{ip}`, `{port}` and `{dialect}` (the path of a TOML file) and `{data}` (a file for its
    /// accounts and messages, which outlive a death) are filled in.
    pub args: Vec<String>,
}

impl ReferenceProgram {
    /// The recipe, for the dialect in that file, with its data in the other.
    fn recipe(&self, dialect: &Path, data: &Path) -> Recipe {
        let [dialect, data] = [dialect, data].map(|path| path.display().to_string());
        let fill = |arg: &String| arg.replace("{dialect}", &dialect).replace("{data}", &data);
        let args = self.args.iter().map(fill);
        // Each has a port and a memory of its own.
        Recipe::new(&self.program).with_args(args).shared()
    }
}

/// Everything before the first contact.
#[derive(Debug)]
pub(super) struct Ground {
    pub(super) dialect: Arc<Dialect>,
    pub(super) assignment: Assignment,
    /// What generator and server get, where the server is launched as a process of its own.
    pub(super) core_split: Option<CoreSplit>,
    pub(super) directory: RunDirectory,
    pub(super) began: Timestamp,
}

impl Ground {
    /// Checks everything that can be checked without a server, and makes the directory.
    pub(super) fn lay(campaign: &Campaign) -> Result<Self, CampaignError> {
        let Campaign { settings, plan, .. } = campaign;
        plan.check()?;
        let file = |what: &str| {
            let what = what.to_owned();
            move |source| CampaignError::File { what, source }
        };
        let files = raise_file_limit().map_err(file("cannot read the limit on open files"))?;
        plan.fits(files, ephemeral_ports().map_err(file("cannot read the range of ports"))?)?;
        let (dialect, remarks) = load_dialect(&settings.dialect())?;
        let dialect = Arc::new(dialect);
        if !plan.stages().is_empty() {
            speaks(&dialect, &campaign.plan)?;
        }
        let facts = DialectFacts { name: dialect.name.clone(), origin: dialect.origin.clone() };
        let mut assignment = settings.assignment(facts, &dialect.text)?;
        if let Some(option) = campaign.only_reference.clone()
            && assignment.choice != Choice::Reference
        {
            let found_by = assignment.found_by;
            return Err(CampaignError::OnlyReference { option, found_by });
        }
        if campaign.through_balancer && assignment.balancer.is_none() {
            return Err(CampaignError::NoBalancer);
        }
        let began = Timestamp::now();
        let directory = RunDirectory::create(&campaign.runs_dir, began)?;
        directory.replace(DIALECT_FILE, dialect.text.as_bytes())?;
        if let Some(text) = &plan.text {
            directory.replace(PLAN_FILE, text.as_bytes())?;
        }
        assignment.advice.extend(remarks);
        if assignment.choice == Choice::Reference && !settings.reference {
            assignment.advice.push(YOURS.to_owned());
        }
        if let (Choice::Reference, Some(program)) = (&assignment.choice, &campaign.reference) {
            let folder = std::path::absolute(directory.path())
                .map_err(file("cannot tell the path of the run directory"))?;
            let recipe = program.recipe(&folder.join(DIALECT_FILE), &folder.join(DATA_FILE));
            assignment.choice = Choice::LaunchReference(Box::new(recipe));
        }
        if settings.log_dir.is_none() {
            directory.path().clone_into(&mut assignment.log_dir);
        }
        let launched = matches!(assignment.choice, Choice::Launch(_) | Choice::LaunchReference(_));
        let split = if launched && !settings.share_cores {
            usable_cores().ok().and_then(|usable| CoreSplit::of(&usable))
        } else {
            None
        };
        if let Some(split) = &split {
            assignment.cores.clone_from(&split.server);
        }
        Ok(Self { dialect, assignment, core_split: split, directory, began })
    }
}

/// Removes a run directory in which nothing was kept but the dialect; one that holds a server's log stays.
pub(super) fn clear(directory: &RunDirectory) {
    let kept = |name: &str| ![DIALECT_FILE, PLAN_FILE].contains(&name);
    let holds_more = fs::read_dir(directory.path()).map_or(true, |entries| {
        entries.flatten().any(|entry| entry.file_name().to_str().is_none_or(kept))
    });
    if !holds_more {
        let _ = fs::remove_file(directory.file(PLAN_FILE));
        let _ = fs::remove_file(directory.file(DIALECT_FILE))
            .and_then(|()| fs::remove_dir(directory.path()));
    }
}

/// Whether the dialect has what the load needs.
fn speaks(dialect: &Dialect, plan: &CampaignPlan) -> Result<(), CampaignError> {
    for stage in plan.stages() {
        let missing = stage.plan.unspoken(dialect).map_err(StageError::Plan)?;
        if let Some(missing) = missing {
            let (request, dialect) = (missing.table(), dialect.name.clone());
            return Err(CampaignError::NotSpoken { request, dialect });
        }
    }
    Ok(())
}
