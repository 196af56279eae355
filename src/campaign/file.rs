//! A plan as a TOML file: what a campaign does, and what it is held to.

use std::{fs, path::Path, time::Duration};

use serde::Deserialize;
use toml::Spanned;

use super::{
    CampaignPlan, Level,
    load_table::{LoadTable, some_duration},
};
use crate::{
    check::{functional, select},
    error::{Classified, Pointed, read_toml},
    record::Rigour,
    threshold::{Rule, Rules},
    units,
    verdict::{self, Exit},
};

/// The plans that come with the harness: name and text. The first is what `cargo xtask stress` does by itself.
const BUILT_IN: [(&str, &str); 9] = [
    ("default", include_str!("../../fixtures/campaigns/default.toml")),
    ("quick", include_str!("../../fixtures/campaigns/quick.toml")),
    ("small", include_str!("../../fixtures/campaigns/small.toml")),
    ("medium", include_str!("../../fixtures/campaigns/medium.toml")),
    ("large", include_str!("../../fixtures/campaigns/large.toml")),
    ("ramp", include_str!("../../fixtures/campaigns/ramp.toml")),
    ("soak", include_str!("../../fixtures/campaigns/soak.toml")),
    ("high-frequency", include_str!("../../fixtures/campaigns/high-frequency.toml")),
    ("ci", include_str!("../../fixtures/campaigns/ci.toml")),
];

/// Why a plan cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum PlanFileError {
    /// Neither a name nor a file.
    #[error("`{name}` is neither a built-in plan ({}) nor a file{}", builtin_plans().map(|(name, _)| name).collect::<Vec<_>>().join(", "), why.as_ref().map(|why| format!(" ({why})")).unwrap_or_default())]
    Missing {
        /// As it was written.
        name: String,
        /// What the system said of the file.
        why: Option<std::io::Error>,
    },
    /// A mistake in a line.
    #[error(transparent)]
    Line(#[from] Box<Pointed>),
}

impl Classified for PlanFileError {
    fn exit(&self) -> Exit {
        Exit::Usage
    }
}

/// The built-in plans: name and text.
pub fn builtin_plans() -> impl Iterator<Item = (&'static str, &'static str)> {
    BUILT_IN.into_iter()
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[expect(dead_code, reason = "for the reader of the file")]
    about: Option<String>,
    cases: Option<Spanned<Cases>>,
    #[serde(default, deserialize_with = "some_duration")]
    pause: Option<Duration>,
    seed: Option<u64>,
    #[serde(default)]
    load: LoadTable,
    warm_up: Option<Spanned<StageTable>>,
    #[serde(default)]
    stage: Vec<Spanned<StageTable>>,
    #[serde(default)]
    thresholds: Thresholds,
}

#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "expected a case, a section, FUNCTIONAL, NONE, or a list of these")]
enum Cases {
    One(String),
    Many(Vec<String>),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct StageTable {
    clients: Clients,
    #[serde(deserialize_with = "units::duration")]
    duration: Duration,
    #[serde(default)]
    fail: Vec<Spanned<String>>,
    #[serde(default)]
    warn: Vec<Spanned<String>>,
    #[serde(default)]
    abort: Vec<Spanned<String>>,
    #[serde(default)]
    load: LoadTable,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged, expecting = "expected a number of clients, or a list of such numbers")]
enum Clients {
    One(usize),
    Many(Vec<usize>),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Thresholds {
    defaults: bool,
    fail: Vec<Spanned<String>>,
    warn: Vec<Spanned<String>>,
    abort: Vec<Spanned<String>>,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self { defaults: true, fail: Vec::new(), warn: Vec::new(), abort: Vec::new() }
    }
}

impl CampaignPlan {
    /// The plan of that name, or of that file.
    ///
    /// # Errors
    /// There is neither; the file has a mistake in a line.
    pub fn named(name: &str) -> Result<Self, PlanFileError> {
        if let Some((_, text)) = BUILT_IN.iter().find(|(known, _)| *known == name) {
            return Ok(Self::parse(name, text)?);
        }
        let missing = |why| PlanFileError::Missing { name: name.to_owned(), why };
        if !name.contains('/') && Path::new(name).extension().is_none() {
            return Err(missing(None));
        }
        let text = fs::read_to_string(name).map_err(|error| missing(Some(error)))?;
        Ok(Self::parse(name, &text)?)
    }

    /// Reads the text of a plan; `origin` names it in errors and reports.
    ///
    /// # Errors
    /// The message shows the line and says what to write.
    pub fn parse(origin: &str, text: &str) -> Result<Self, Box<Pointed>> {
        let file: File = read_toml(origin, text)?;
        let reader = Reader { origin, text };
        let mut rules = if file.thresholds.defaults { Rules::default() } else { Rules::none() };
        let given = &file.thresholds;
        let added = reader.rules(&given.fail, &given.warn, &given.abort)?;
        for rule in added {
            rules.set(rule);
        }
        let mut levels = Vec::new();
        for stage in &file.stage {
            levels.extend(reader.levels(stage, &file.load)?);
        }
        let warm_up = match &file.warm_up {
            None => None,
            Some(stage) => reader.levels(stage, &file.load)?.into_iter().next(),
        };
        Ok(Self {
            name: origin.to_owned(),
            text: Some(text.to_owned()),
            cases: file.cases.as_ref().map_or(Ok(Vec::new()), |cases| reader.cases(cases))?,
            warm_up,
            levels,
            pause: file.pause.unwrap_or(Duration::from_secs(1)),
            seed: file.seed.unwrap_or(1),
            rules,
        })
    }
}

struct Reader<'a> {
    origin: &'a str,
    text: &'a str,
}

impl Reader<'_> {
    fn wrong<T>(&self, at: &Spanned<T>, label: &str, cure: &str) -> Pointed {
        let title = "a value in the plan cannot be meant";
        Pointed::new(self.origin, self.text, at.span(), title, label, Some(cure))
    }

    fn cases(&self, cases: &Spanned<Cases>) -> Result<Vec<&'static str>, Box<Pointed>> {
        let words = match cases.get_ref() {
            Cases::One(word) if word.eq_ignore_ascii_case("none") => return Ok(Vec::new()),
            Cases::One(word) if word.eq_ignore_ascii_case("functional") => {
                return Ok(functional().map(|case| case.id).collect());
            }
            Cases::One(word) => std::slice::from_ref(word),
            Cases::Many(words) if words.is_empty() => return Ok(Vec::new()),
            Cases::Many(words) => words,
        };
        let selected = select(words, verdict::Level::Info)
            .map_err(|unknown| self.wrong(cases, "no such case", &unknown.to_string()))?;
        Ok(selected.into_iter().map(|case| case.id).collect())
    }

    /// Fail, warn, and what ends the campaign too.
    fn rules(
        &self,
        fail: &[Spanned<String>],
        warn: &[Spanned<String>],
        abort: &[Spanned<String>],
    ) -> Result<Vec<Rule>, Box<Pointed>> {
        let mut rules = Vec::new();
        for (texts, rigour, abort) in
            [(fail, Rigour::Fail, false), (warn, Rigour::Warn, false), (abort, Rigour::Fail, true)]
        {
            for text in texts {
                let threshold =
                    text.get_ref().parse().map_err(|error: crate::threshold::ThresholdError| {
                        self.wrong(text, "not a threshold", &error.why)
                    })?;
                rules.push(Rule { threshold, rigour, abort });
            }
        }
        Ok(rules)
    }

    /// The levels of a stage, one for each number of clients.
    fn levels(
        &self,
        stage: &Spanned<StageTable>,
        usual: &LoadTable,
    ) -> Result<Vec<Level>, Box<Pointed>> {
        let table = stage.get_ref();
        let rules = self.rules(&table.fail, &table.warn, &table.abort)?;
        let clients = match &table.clients {
            Clients::One(clients) => std::slice::from_ref(clients),
            Clients::Many(clients) if clients.is_empty() => {
                let cure = "write clients = 10, or [10, 50]";
                return Err(self.wrong(stage, "no clients", cure).into());
            }
            Clients::Many(clients) => clients,
        };
        let mut levels = Vec::new();
        for clients in clients {
            let load = table.load.over(usual).plan(*clients, table.duration);
            let load = load.map_err(|why| self.wrong(stage, "this stage cannot be run", &why))?;
            levels.push(Level { load, rules: rules.clone() });
        }
        Ok(levels)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        campaign::PlannedStage,
        load::{Arrivals, Pace, Workload},
    };

    fn refusal(text: &str) -> String {
        CampaignPlan::parse("plan.toml", text).unwrap_err().to_string()
    }

    #[test]
    fn every_built_in_plan_can_be_run() {
        for (name, _) in builtin_plans() {
            let plan = CampaignPlan::named(name).unwrap();
            plan.check().unwrap();
            assert!(!plan.levels.is_empty(), "{name}");
        }
    }

    fn expected(name: &str) -> Duration {
        let plan = CampaignPlan::named(name).unwrap();
        let stages = plan.stages();
        let total: Duration = stages.iter().map(PlannedStage::expected).sum();
        total + plan.pause * (stages.len() as u32 - 1)
    }

    #[test]
    fn the_default_and_the_one_for_pipelines_take_less_than_a_minute() {
        for name in ["default", "ci"] {
            assert!(expected(name) < Duration::from_mins(1), "{name}: {:?}", expected(name));
        }
    }

    #[test]
    fn the_plans_have_the_numbers_of_the_old_guidance() {
        let plan = |name| CampaignPlan::named(name).unwrap();
        let clients = |name| -> Vec<usize> {
            plan(name).levels.iter().map(|level| level.load.clients).collect()
        };
        assert_eq!(clients("quick"), [50]);
        assert_eq!(clients("ramp"), [50, 100, 200, 500, 1000]);
        let level = |name| plan(name).levels[0].clone();
        for (name, clients, seconds) in
            [("small", 10, 30), ("medium", 100, 120), ("large", 500, 300), ("soak", 200, 3600)]
        {
            let load = level(name).load;
            let wanted = Duration::from_secs(seconds);
            assert_eq!((load.clients, load.duration), (clients, wanted), "{name}");
        }
        let interval = level("high-frequency").load.pace.interval();
        assert_eq!(interval, Some(Duration::from_millis(10)));
    }

    #[test]
    fn a_plan_says_what_is_done_and_what_it_is_held_to() {
        let text = r#"
            cases = ["CONN", "REG-1"]
            pause = "2s"
            seed = 9
            [load]
            interval = "50ms"
            workload = "groups"
            group_size = 4
            [warm_up]
            clients = 2
            duration = "1s"
            [[stage]]
            clients = [8, 16]
            duration = "5s"
            load = { pace = "delivery" }
            fail = ["delivery.p50 < 5ms"]
            [[stage]]
            clients = 4
            duration = "1s"
            load = { workload = "ring", arrivals = "storm" }
            [thresholds]
            warn = ["delivery.p99 < 10ms"]
            abort = ["lost == 0"]
        "#;
        let plan = CampaignPlan::parse("plan.toml", text).unwrap();
        assert_eq!(plan.cases, ["CONN-1", "CONN-2", "CONN-3", "REG-1"]);
        assert_eq!((plan.pause, plan.seed), (Duration::from_secs(2), 9));
        let stages = plan.stages();
        let names: Vec<_> = stages.iter().map(|stage| &*stage.name).collect();
        assert_eq!(names, ["warm-up", "8-clients", "16-clients", "4-clients"]);
        assert_eq!(stages[1].plan.workload, Workload::Groups { size: 4 });
        let interval = Some(Duration::from_millis(50));
        assert_eq!(stages[2].plan.pace, Pace::Delivery { interval });
        assert_eq!(
            (stages[3].plan.workload, stages[3].plan.arrivals),
            (Workload::ChatRing, Arrivals::Storm)
        );
        let has = |stage: &PlannedStage, text: &str| {
            stage.rules.iter().find(|rule| rule.threshold == text.parse().unwrap()).copied()
        };
        assert!(has(&stages[1], "delivery.p50 < 5ms").is_some());
        assert!(has(&stages[3], "delivery.p50 < 5ms").is_none());
        assert!(has(&stages[3], "delivery.p99 < 200ms").is_none(), "replaced by the plan's");
        assert_eq!(has(&stages[3], "delivery.p99 < 10ms").unwrap().rigour, Rigour::Warn);
        assert!(has(&stages[1], "lost == 0").unwrap().abort);
        assert!(has(&stages[1], "duplicated == 0").is_some(), "the defaults hold");
    }

    #[test]
    fn the_reference_text_has_every_key_and_sets_what_is_usual() {
        // Every commented key switched on, one at a time: it is taken, and one that has a default says that default.
        const WITHOUT_DEFAULT: [&str; 9] =
            ["rate", "mix", "accounts", "departures", "churn", "load", "fail", "warn", "abort"];
        let text = BUILT_IN[0].1;
        let usual = CampaignPlan::parse("default", text).unwrap();
        let mut tried = 0;
        for line in text.lines().filter(|line| line.starts_with('#') && line.contains(" = ")) {
            let key = line[1..].split(' ').next().unwrap();
            // A rate stands in place of the interval, a file of accounts is not there.
            if key.is_empty() || ["rate", "accounts"].contains(&key) {
                continue;
            }
            let on = text.replacen(line, &line[1..], 1);
            let mut plan = CampaignPlan::parse("default", &on)
                .unwrap_or_else(|error| panic!("{line}: {error}"));
            plan.text.clone_from(&usual.text);
            if !WITHOUT_DEFAULT.contains(&key) {
                assert_eq!(plan, usual, "{line}");
            }
            tried += 1;
        }
        assert!(tried >= 10, "{tried}");
        for key in WITHOUT_DEFAULT {
            assert!(text.contains(&format!("\n#{key} = ")), "{key}");
        }
    }

    #[test]
    fn a_mistake_is_shown_with_its_line() {
        for (text, line, says) in [
            ("pause = \"1s\"\nstages = 3\n", 2, "unknown field `stages`"),
            ("pause = \"soon\"\n", 1, "`soon` is not a duration"),
            ("[[stage]]\nclients = 4\nduration = 5\nload = { rate = 0 }\n", 1, "above 0"),
            ("[[stage]]\nclients = 4\nduration = 5\nload = { rate = nan }\n", 1, "above 0"),
            (
                "[[stage]]\nclients = 4\nduration = 5\nload = { rate = 9, interval = 1 }\n",
                1,
                "say the same twice",
            ),
            ("[[stage]]\nclients = 4\nduration = 5\nload = { interval = 6 }\n", 1, "longer than"),
            ("[[stage]]\nclients = 4\nduration = 5\nload = { text_bytes = 9 }\n", 1, "9 bytes"),
            ("cases = [\"NOPE\"]\n", 1, "`NOPE` is no case"),
            ("[[stage]]\nclients = 1\nduration = 5\n", 1, "at least 2"),
            ("[[stage]]\nclients = []\nduration = 5\n", 1, "no clients"),
            ("[[stage]]\nclients = 10\n", 1, "missing field `duration`"),
            ("[[stage]]\nclients = 4\nduration = 5\npase = 1\n", 4, "pase"),
            ("[load]\npace = \"fast\"\n", 2, "unknown variant `fast`"),
            ("[thresholds]\nfail = [\n  \"loss == 0\",\n]\n", 3, "there is no metric `loss`"),
            ("[thresholds]\nwarn = [\"rss.max < 5\"]\n", 2, "MiB"),
        ] {
            let error = refusal(text);
            assert!(
                error.contains(says) && error.contains(&format!("plan.toml:{line}")),
                "{text}: {error}"
            );
        }
    }

    #[test]
    fn a_plan_that_is_not_there_is_told_which_there_are() {
        let error = CampaignPlan::named("huge").unwrap_err().to_string();
        assert!(error.contains("default, quick, small") && error.contains("nor a file"), "{error}");
        let error = CampaignPlan::named("absent/plan.toml").unwrap_err().to_string();
        assert!(error.contains("No such file"), "{error}");
    }
}
