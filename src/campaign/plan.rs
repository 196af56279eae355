//! What a campaign is to do: the levels of load, how long, how often, and whether this machine can carry it.

use std::{collections::BTreeMap, ops::RangeInclusive, str::FromStr, time::Duration};

use crate::{
    error::Classified,
    kernel::FileLimit,
    load::{self, Arrivals},
    threshold::{Rule, Rules},
    units::format_duration,
    verdict::Exit,
};

/// Files that this process needs besides the connections; as the load engine reckons.
const FILES_RESERVED: u64 = 128;
/// The monitor takes so many rows of a stage, where its slowest period allows.
const ROWS_WANTED: u32 = 40;
/// The monitor's periods.
const MONITOR_PERIODS: RangeInclusive<Duration> =
    Duration::from_millis(100)..=Duration::from_secs(1);

/// How many users each level has, as on the command line: `10,50,100`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Levels(pub Vec<usize>);

impl FromStr for Levels {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = |part: &str| {
            part.trim().parse::<usize>().map_err(|_| {
                format!("`{part}` is not a number of clients: write numbers with commas, such as 10,50,100")
            })
        };
        text.split(',').map(number).collect::<Result<_, _>>().map(Self)
    }
}

/// One level of load.
#[derive(Debug, Clone, PartialEq)]
pub struct Level {
    /// What is to be done.
    pub load: load::Plan,
    /// What it is held to besides the rules of the campaign; the same metric takes the place of theirs.
    pub rules: Vec<Rule>,
}

impl Level {
    /// A steady chat of so many users, each with a message every `interval`.
    pub fn steady(clients: usize, interval: Duration, duration: Duration) -> Self {
        Self { load: load::Plan::steady(clients, interval, duration), rules: Vec::new() }
    }
}

/// What a campaign is to do.
#[derive(Debug, Clone, PartialEq)]
pub struct CampaignPlan {
    /// What it is called in reports: `default`, a built-in plan's name, or a file.
    pub name: String,
    /// The text it was read from, for the run directory.
    pub text: Option<String>,
    /// The ids of the numbered cases that run first; none: no cases.
    pub cases: Vec<&'static str>,
    /// The warm-up, if there is one.
    pub warm_up: Option<Level>,
    /// One level after the other.
    pub levels: Vec<Level>,
    /// Rest between two stages.
    pub pause: Duration,
    /// The seed of every random choice.
    pub seed: u64,
    /// What every stage is held to.
    pub rules: Rules,
}

impl CampaignPlan {
    /// Numbered cases and no load.
    pub fn cases_only(cases: Vec<&'static str>) -> Self {
        Self {
            name: "cases".to_owned(),
            text: None,
            cases,
            warm_up: None,
            levels: Vec::new(),
            pause: Duration::ZERO,
            seed: 1,
            rules: Rules::default(),
        }
    }
}

/// What is wrong with a campaign's plan.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CampaignPlanError {
    /// Nothing would be measured.
    #[error("no level of load and no cases: nothing would be run; give --clients 10,50,100")]
    Nothing,
    /// A stage cannot be run as planned.
    #[error("{option}: {source}")]
    Stage {
        /// The option that is wrong.
        option: &'static str,
        /// What is wrong.
        source: load::PlanError,
    },
    /// More connections than this process may open files.
    #[error(
        "{clients} clients need {needed} open files, and this process may open {limit}: raise the limit (`ulimit -n \
         {needed}`; `ulimit -Hn` says how far you may) or ask for at most {} clients",
        limit.saturating_sub(FILES_RESERVED)
    )]
    TooManyFiles {
        /// Of the largest level.
        clients: usize,
        /// Connections, and what the harness itself keeps open.
        needed: u64,
        /// How many this process may open at most.
        limit: u64,
    },
    /// More connections than one address can have to one server.
    #[error(
        "{clients} clients need a port each, and the kernel has {ports} for outgoing connections ({} to {}): widen \
         /proc/sys/net/ipv4/ip_local_port_range or ask for fewer clients", range.start(), range.end()
    )]
    TooManyPorts {
        /// Of the largest level.
        clients: usize,
        /// How many ports there are.
        ports: usize,
        /// Which.
        range: RangeInclusive<u16>,
    },
}

impl Classified for CampaignPlanError {
    fn exit(&self) -> Exit {
        Exit::Usage
    }
}

/// One stage as it will be run.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedStage {
    /// Its name; unique in the campaign.
    pub name: String,
    /// Whether it only warms the server up.
    pub warm_up: bool,
    /// What is to be done.
    pub plan: load::Plan,
    /// What it is held to.
    pub rules: Rules,
}

impl CampaignPlan {
    /// The stages, in their order.
    pub fn stages(&self) -> Vec<PlannedStage> {
        let stage = |name: String, warm_up, level: &Level| {
            let mut rules = self.rules.clone();
            for rule in &level.rules {
                rules.set(*rule);
            }
            let plan = load::Plan { seed: self.seed, ..level.load.clone() };
            PlannedStage { name, warm_up, plan, rules }
        };
        let warm_up = self.warm_up.iter().map(|level| stage("warm-up".to_owned(), true, level));
        let mut stages: Vec<_> = warm_up.collect();
        let mut seen = BTreeMap::new();
        for level in &self.levels {
            let clients = level.load.clients;
            let times = seen.entry(clients).and_modify(|times| *times += 1).or_insert(1);
            let name = match times {
                1 => format!("{clients}-clients"),
                times => format!("{clients}-clients-{times}"),
            };
            stages.push(stage(name, false, level));
        }
        stages
    }

    /// Whether the plan can be run at all.
    ///
    /// # Errors
    /// The first thing that is wrong, by the name of the option.
    pub fn check(&self) -> Result<(), CampaignPlanError> {
        use load::PlanError;
        if self.levels.is_empty() && self.warm_up.is_none() && self.cases.is_empty() {
            return Err(CampaignPlanError::Nothing);
        }
        for stage in self.stages() {
            stage.plan.check().map_err(|source| CampaignPlanError::Stage {
                option: match (&source, stage.warm_up) {
                    (PlanError::NoDuration, false) => "--duration",
                    (PlanError::NoDuration, true) => "--warmup-duration",
                    (PlanError::NoInterval | PlanError::IntervalTooLong { .. }, _) => "--interval",
                    (_, false) => "--clients",
                    (_, true) => "--warmup-clients",
                },
                source,
            })?;
        }
        Ok(())
    }

    /// Whether the limits of this machine hold the largest stage. `ports` are those for outgoing connections.
    ///
    /// # Errors
    /// The numbers, and the cure.
    pub fn fits(
        &self,
        files: FileLimit,
        ports: RangeInclusive<u16>,
    ) -> Result<(), CampaignPlanError> {
        let levels = self.levels.iter().chain(&self.warm_up);
        let clients = levels.map(|level| level.load.clients).max().unwrap_or(0);
        let (needed, limit) = (clients as u64 + FILES_RESERVED, files.hard);
        if needed > limit {
            return Err(CampaignPlanError::TooManyFiles { clients, needed, limit });
        }
        if clients > ports.len() {
            let count = ports.len();
            return Err(CampaignPlanError::TooManyPorts { clients, ports: count, range: ports });
        }
        Ok(())
    }
}

impl PlannedStage {
    /// How long it takes if all goes well.
    pub fn expected(&self) -> Duration {
        let arrivals = match self.plan.arrivals {
            // Connecting, registering, logging in and leaving, one after the other.
            Arrivals::Staggered { per_second } | Arrivals::Poisson { per_second } => {
                4.0 * self.plan.clients as f64 / per_second
            }
            Arrivals::Storm => 1.0,
        };
        let settling = Duration::from_secs(1);
        Duration::from_secs_f64(arrivals) + settling + self.plan.duration + self.plan.drain.least
    }

    /// The distance of two rows of the monitor.
    pub fn monitor_period(&self) -> Duration {
        let wanted = self.plan.duration / ROWS_WANTED;
        wanted.clamp(*MONITOR_PERIODS.start(), *MONITOR_PERIODS.end())
    }

    /// One line about it: `50 clients, 30.0 s, a message every 200 ms each`.
    pub fn describe(&self) -> String {
        let pace = self.plan.pace.interval().map_or_else(String::new, |interval| {
            format!(", a message every {} each", format_duration(interval))
        });
        let (clients, duration) = (self.plan.clients, format_duration(self.plan.duration));
        format!("{clients} clients, {duration}{pace}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILES: FileLimit = FileLimit { soft: 1_024, hard: 20_000 };

    const SECOND: Duration = Duration::from_secs(1);

    fn plan() -> CampaignPlan {
        CampaignPlan {
            warm_up: Some(level(5)),
            levels: vec![level(10), level(50)],
            ..CampaignPlan::cases_only(vec!["CONN-1"])
        }
    }

    fn level(clients: usize) -> Level {
        Level::steady(clients, SECOND / 5, 8 * SECOND)
    }

    /// The same with other numbers.
    fn other(change: impl Fn(&mut load::Plan)) -> CampaignPlan {
        let mut plan = plan();
        plan.levels.iter_mut().for_each(|level| change(&mut level.load));
        plan
    }

    fn refusal(plan: &CampaignPlan) -> String {
        let fits = plan.check().and_then(|()| plan.fits(FILES, 32_768..=60_999));
        fits.unwrap_err().to_string()
    }

    #[test]
    fn levels_are_read_as_people_write_them() {
        assert_eq!("10, 50,100".parse(), Ok(Levels(vec![10, 50, 100])));
        for text in ["abc", "", "10,,50", "-1", "1.5", "10;50"] {
            let error = text.parse::<Levels>().unwrap_err();
            assert!(error.contains("10,50,100"), "{error}");
        }
    }

    #[test]
    fn a_stage_is_named_after_its_users_and_names_are_unique() {
        let plan = CampaignPlan { levels: vec![level(10), level(50), level(10)], ..plan() };
        let names: Vec<_> = plan.stages().into_iter().map(|stage| stage.name).collect();
        assert_eq!(names, ["warm-up", "10-clients", "50-clients", "10-clients-2"]);
        let without = CampaignPlan { warm_up: None, levels: vec![level(2)], ..plan };
        assert!(without.stages().iter().all(|stage| !stage.warm_up));
    }

    #[test]
    fn a_level_may_be_stricter_than_the_campaign() {
        let mut plan = plan();
        let threshold = "delivery.p99 < 1ms".parse().unwrap();
        plan.levels[1].rules =
            vec![Rule { threshold, rigour: crate::record::Rigour::Fail, abort: true }];
        let strict = |stage: &PlannedStage| stage.rules.iter().any(|rule| rule.abort);
        let found: Vec<_> = plan.stages().iter().map(strict).collect();
        assert_eq!(found, [false, false, true]);
    }

    #[test]
    fn what_cannot_be_run_is_refused_by_the_name_of_the_option() {
        let warm_up = |clients, seconds: u32| {
            let level = Level::steady(clients, SECOND / 5, seconds * SECOND);
            CampaignPlan { warm_up: Some(level), ..plan() }
        };
        for (wrong, says) in [
            (other(|load| load.clients = 0), "--clients: 0 clients"),
            (warm_up(1, 1), "--warmup-clients: 1 clients"),
            (other(|load| load.duration = Duration::ZERO), "--duration: a duration of 0"),
            (warm_up(2, 0), "--warmup-duration: a duration"),
            (
                other(|load| load.pace = load::Pace::Open { interval: Duration::ZERO }),
                "--interval: an interval of 0",
            ),
            (other(|load| load.pace = load::Pace::Open { interval: 9 * SECOND }), "--interval: "),
            (other(|load| load.clients = 19_873), "19873 clients need 20001 open files"),
            (CampaignPlan::cases_only(vec![]), "nothing would be run"),
        ] {
            let error = refusal(&wrong);
            assert!(error.contains(says), "{error}");
        }
    }

    #[test]
    fn more_clients_than_files_or_ports_are_refused_with_the_numbers_and_the_cure() {
        let many = CampaignPlan { levels: vec![level(10), level(30_000)], ..plan() };
        let error = refusal(&many);
        assert!(error.contains("may open 20000") && error.contains("ulimit -n 30128"), "{error}");
        assert!(error.contains("at most 19872 clients"), "{error}");
        let endless = FileLimit { soft: u64::MAX, hard: u64::MAX };
        let error = many.fits(endless, 32_768..=60_999).unwrap_err().to_string();
        assert!(error.contains("28232") && error.contains("ip_local_port_range"), "{error}");
    }

    #[test]
    fn the_monitor_looks_once_a_second_and_more_often_in_a_short_stage() {
        let period = |seconds: u32| {
            let plan = other(|load| load.duration = seconds * SECOND);
            plan.stages()[1].monitor_period()
        };
        assert_eq!(period(60), Duration::from_secs(1));
        assert_eq!(period(10), Duration::from_millis(250));
        assert_eq!(period(1), Duration::from_millis(100));
    }
}
