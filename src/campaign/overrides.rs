//! What a command line changes of a plan: the flags of the scripts that came before this harness.

use std::time::Duration;

use super::{CampaignPlan, Level};

/// What is written here takes the place of what the plan says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Overrides {
    /// A level for each of these, made like the plan's first.
    pub clients: Option<Vec<usize>>,
    /// How long each level sends.
    pub duration: Option<Duration>,
    /// From one message of a client to its next, in every stage.
    pub interval: Option<Duration>,
    /// Users of the warm-up; 0: none.
    pub warm_up_clients: Option<usize>,
    /// How long the warm-up sends.
    pub warm_up_duration: Option<Duration>,
    /// Rest between two stages.
    pub pause: Option<Duration>,
    /// The seed of every random choice.
    pub seed: Option<u64>,
    /// No numbered cases.
    pub no_cases: bool,
}

/// Where a plan has no level to go by.
fn usual() -> Level {
    Level::steady(10, Duration::from_millis(200), Duration::from_secs(10))
}

impl Overrides {
    /// The plan with these changes.
    #[must_use]
    pub fn on(&self, mut plan: CampaignPlan) -> CampaignPlan {
        if let Some(clients) = &self.clients {
            let like = plan.levels.first().cloned().unwrap_or_else(usual);
            let level = |clients: &usize| {
                let mut level = like.clone();
                level.load.clients = *clients;
                level
            };
            plan.levels = clients.iter().map(level).collect();
        }
        if let Some(duration) = self.duration {
            plan.levels.iter_mut().for_each(|level| level.load.duration = duration);
        }
        match self.warm_up_clients {
            Some(0) => plan.warm_up = None,
            Some(clients) => plan.warm_up.get_or_insert_with(usual).load.clients = clients,
            None => {}
        }
        if let (Some(duration), Some(warm_up)) = (self.warm_up_duration, &mut plan.warm_up) {
            warm_up.load.duration = duration;
        }
        if let Some(interval) = self.interval {
            for level in plan.levels.iter_mut().chain(&mut plan.warm_up) {
                level.load.pace = level.load.pace.every(interval);
            }
        }
        plan.pause = self.pause.unwrap_or(plan.pause);
        plan.seed = self.seed.unwrap_or(plan.seed);
        if self.no_cases {
            plan.cases.clear();
        }
        if *self != Self::default() {
            plan.name.push_str(", changed by the command line");
        }
        plan
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small() -> CampaignPlan {
        CampaignPlan::named("default").unwrap()
    }

    #[test]
    fn nothing_written_changes_nothing() {
        assert_eq!(Overrides::default().on(small()), small());
    }

    #[test]
    fn flags_take_the_place_of_what_the_plan_says() {
        let second = Duration::from_secs(1);
        let plan = Overrides {
            clients: Some(vec![2, 4]),
            duration: Some(2 * second),
            interval: Some(second / 10),
            warm_up_clients: Some(3),
            warm_up_duration: Some(second),
            pause: Some(Duration::ZERO),
            seed: Some(7),
            no_cases: true,
        }
        .on(small());
        assert_eq!(plan.name, "default, changed by the command line");
        assert_eq!((plan.cases.len(), plan.pause, plan.seed), (0, Duration::ZERO, 7));
        let loads: Vec<_> = plan.stages().into_iter().map(|stage| stage.plan).collect();
        let seen: Vec<_> = loads
            .iter()
            .map(|load| (load.clients, load.duration, load.pace.interval().unwrap()))
            .collect();
        let tenth = second / 10;
        assert_eq!(seen, [(3, second, tenth), (2, 2 * second, tenth), (4, 2 * second, tenth)]);
    }

    #[test]
    fn a_warm_up_can_be_left_out_or_added() {
        let without = Overrides { warm_up_clients: Some(0), ..Overrides::default() }.on(small());
        assert_eq!(without.warm_up, None);
        let added = Overrides { warm_up_clients: Some(4), ..Overrides::default() }.on(without);
        assert_eq!(added.warm_up.unwrap().load.clients, 4);
    }
}
