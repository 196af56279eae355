//! How load is made, as a plan writes it: for all stages, and in a stage what differs there.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use serde::Deserialize;

use crate::{
    load::{self, Accounts, Arrivals, Churn, Leave, Mix, Pace, Script, Spread, Texts, Workload},
    units,
};

/// How load is made; in a stage, what differs there.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LoadTable {
    #[serde(default, deserialize_with = "some_duration")]
    interval: Option<Duration>,
    rate: Option<f64>,
    spread: Option<SpreadWord>,
    #[serde(default, deserialize_with = "some_duration")]
    ramp: Option<Duration>,
    pace: Option<PaceWord>,
    allow_coalescing: Option<bool>,
    workload: Option<WorkloadWord>,
    group_size: Option<usize>,
    mix: Option<MixTable>,
    text_bytes: Option<Lengths>,
    script: Option<ScriptWord>,
    threads: Option<usize>,
    arrivals: Option<ArrivalsWord>,
    arrivals_per_second: Option<f64>,
    accounts: Option<AccountsTable>,
    departures: Option<ArrivalsWord>,
    leave: Option<LeaveWord>,
    churn: Option<ChurnTable>,
    #[serde(default, deserialize_with = "some_duration")]
    patience: Option<Duration>,
}

/// Whom users log in as.
#[derive(Debug, Clone, Deserialize)]
#[serde(
    untagged,
    deny_unknown_fields,
    expecting = "expected { ids = [101, 150], password = \"…\" }, { csv = \"FILE\" } or { pool = \"FILE\" }"
)]
enum AccountsTable {
    Ids { ids: [i64; 2], password: String },
    Csv { csv: PathBuf },
    Pool { pool: PathBuf },
}

/// What slots are for, by weight.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct MixTable {
    chat: u32,
    group_chat: u32,
    add_friend: u32,
    create_group: u32,
    join_group: u32,
    custom: BTreeMap<String, u32>,
}

impl MixTable {
    fn mix(&self) -> Mix {
        let custom = self.custom.iter().map(|(name, weight)| (name.clone(), *weight)).collect();
        Mix {
            chat: self.chat,
            group_chat: self.group_chat,
            add_friend: self.add_friend,
            create_group: self.create_group,
            join_group: self.join_group,
            custom,
        }
    }
}

/// Users who leave and come back while the others send.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct ChurnTable {
    per_second: f64,
    #[serde(default, deserialize_with = "some_duration")]
    away: Option<Duration>,
    leave: Option<LeaveWord>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum LeaveWord {
    Fin,
    Logout,
    Rst,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged, expecting = "expected a length, a list of lengths, or { from = 80, to = 500 }")]
enum Lengths {
    One(usize),
    Many(Vec<usize>),
    Between { from: usize, to: usize },
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum PaceWord {
    Open,
    Delivery,
    Read,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum SpreadWord {
    Even,
    Poisson,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ScriptWord {
    Ascii,
    Cjk,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum WorkloadWord {
    Ring,
    Pairs,
    HotReceiver,
    Groups,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ArrivalsWord {
    Staggered,
    Poisson,
    Storm,
}

impl ArrivalsWord {
    fn at(self, per_second: f64) -> Arrivals {
        match self {
            Self::Staggered => Arrivals::Staggered { per_second },
            Self::Poisson => Arrivals::Poisson { per_second },
            Self::Storm => Arrivals::Storm,
        }
    }
}

impl LeaveWord {
    fn way(self) -> Leave {
        match self {
            Self::Fin => Leave::Finish,
            Self::Logout => Leave::Logout,
            Self::Rst => Leave::Reset,
        }
    }
}

/// A duration that need not be there.
pub(super) fn some_duration<'de, D: serde::Deserializer<'de>>(
    input: D,
) -> Result<Option<Duration>, D::Error> {
    units::duration(input).map(Some)
}

/// A message of each client every so often, unless a plan says otherwise.
const INTERVAL: Duration = Duration::from_millis(200);
/// Who leaves is away for so long.
const AWAY: Duration = Duration::from_secs(1);
/// Users who connect, register or log in each second.
const ARRIVALS_PER_SECOND: f64 = 200.0;
/// Members of a group.
const GROUP_SIZE: usize = 10;

impl LoadTable {
    /// What is said here, and for the rest what is usual.
    pub(super) fn over(&self, usual: &Self) -> Self {
        let own = self.interval.is_some() || self.rate.is_some();
        Self {
            // The two say the same in different words.
            interval: if own { self.interval } else { usual.interval },
            rate: if own { self.rate } else { usual.rate },
            spread: self.spread.or(usual.spread),
            ramp: self.ramp.or(usual.ramp),
            pace: self.pace.or(usual.pace),
            allow_coalescing: self.allow_coalescing.or(usual.allow_coalescing),
            workload: self.workload.or(usual.workload),
            group_size: self.group_size.or(usual.group_size),
            mix: self.mix.clone().or_else(|| usual.mix.clone()),
            text_bytes: self.text_bytes.clone().or_else(|| usual.text_bytes.clone()),
            script: self.script.or(usual.script),
            threads: self.threads.or(usual.threads),
            arrivals: self.arrivals.or(usual.arrivals),
            arrivals_per_second: self.arrivals_per_second.or(usual.arrivals_per_second),
            accounts: self.accounts.clone().or_else(|| usual.accounts.clone()),
            departures: self.departures.or(usual.departures),
            leave: self.leave.or(usual.leave),
            churn: self.churn.or(usual.churn),
            patience: self.patience.or(usual.patience),
        }
    }

    /// The plan of a stage.
    ///
    /// # Errors
    /// What cannot be meant, and what to write.
    pub(super) fn plan(&self, clients: usize, duration: Duration) -> Result<load::Plan, String> {
        let interval = match (self.interval, self.rate) {
            (Some(_), Some(_)) => {
                return Err("`interval` and `rate` say the same twice: keep one of them".to_owned());
            }
            (interval, None) => interval,
            (None, Some(rate)) => {
                Some(Pace::interval_of_rate(clients, rate).map_err(|error| error.to_string())?)
            }
        };
        let steady = load::Plan::steady(clients, interval.unwrap_or(INTERVAL), duration);
        let script = match self.script {
            None | Some(ScriptWord::Ascii) => Script::Ascii,
            Some(ScriptWord::Cjk) => Script::Cjk,
        };
        let arrivals_per_second = self.arrivals_per_second.unwrap_or(ARRIVALS_PER_SECOND);
        let plan = load::Plan {
            pace: match self.pace {
                None | Some(PaceWord::Open) => steady.pace,
                Some(PaceWord::Delivery) => Pace::Delivery { interval },
                Some(PaceWord::Read) => Pace::Read { interval },
            },
            spread: match self.spread {
                None | Some(SpreadWord::Even) => Spread::Even,
                Some(SpreadWord::Poisson) => Spread::Poisson,
            },
            ramp: self.ramp.unwrap_or_default(),
            allow_coalescing: self.allow_coalescing.unwrap_or_default(),
            workload: match self.workload {
                None | Some(WorkloadWord::Ring) => Workload::ChatRing,
                Some(WorkloadWord::Pairs) => Workload::ChatPairs,
                Some(WorkloadWord::HotReceiver) => Workload::HotReceiver,
                Some(WorkloadWord::Groups) => {
                    Workload::Groups { size: self.group_size.unwrap_or(GROUP_SIZE) }
                }
            },
            threads: self.threads.unwrap_or(steady.threads),
            mix: self.mix.as_ref().map(MixTable::mix),
            group_size: self.group_size.unwrap_or(GROUP_SIZE),
            arrivals: self.arrivals.unwrap_or(ArrivalsWord::Staggered).at(arrivals_per_second),
            texts: match &self.text_bytes {
                None => Texts { script, ..steady.texts },
                Some(Lengths::One(bytes)) => Texts { bytes: vec![*bytes], script },
                Some(Lengths::Many(bytes)) => Texts { bytes: bytes.clone(), script },
                Some(Lengths::Between { from, to }) if from <= to => {
                    Texts::between(*from, *to, script)
                }
                Some(Lengths::Between { from, to }) => {
                    return Err(format!(
                        "texts from {from} to {to} bytes: the first is the smaller"
                    ));
                }
            },
            accounts: match &self.accounts {
                None => Ok(Accounts::Fresh),
                Some(AccountsTable::Ids { ids: [first, last], password }) => {
                    Accounts::range(*first..=*last, password)
                }
                Some(AccountsTable::Csv { csv }) => Accounts::csv(csv),
                Some(AccountsTable::Pool { pool }) => Ok(Accounts::Pool(pool.clone())),
            }
            .map_err(|error| error.to_string())?,
            departures: self.departures.map(|departures| departures.at(arrivals_per_second)),
            leave: self.leave.map(LeaveWord::way).unwrap_or_default(),
            churn: self.churn.map(|churn| Churn {
                per_second: churn.per_second,
                away: churn.away.unwrap_or(AWAY),
                leave: churn.leave.map(LeaveWord::way).unwrap_or_default(),
            }),
            patience: self.patience.unwrap_or(steady.patience),
            ..steady
        };
        plan.check().map_err(|error| error.to_string())?;
        Ok(plan)
    }
}
