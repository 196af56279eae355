//! What users do in the slots of the schedule: chats, group chats, and now and then something else.

use std::fmt;

use super::{Plan, PlanError, Workload};
use crate::wire::dialect::{Dialect, Kind};

/// What users do in their slots: each slot is drawn, so many parts of each. Chats go to whom the workload says, group chats
/// to the user's own group.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Mix {
    /// Chats.
    pub chat: u32,
    /// Group chats.
    pub group_chat: u32,
    /// Requests to add another user of the stage, each only once, as a friend.
    pub add_friend: u32,
    /// Requests to create a group that nobody else enters.
    pub create_group: u32,
    /// Requests to join another group of the stage, while its members write.
    pub join_group: u32,
    /// Messages that the dialect declares, by their names.
    pub custom: Vec<(String, u32)>,
}

/// What a slot is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Action {
    Chat,
    GroupChat,
    Ask(Operation),
}

/// A request that is no message to anybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Operation {
    AddFriend,
    CreateGroup,
    JoinGroup,
    /// By its place among the dialect's.
    Custom(u8),
}

impl Action {
    /// The kind of message, if it is one.
    pub(super) fn message(self) -> Option<Kind> {
        match self {
            Self::Chat => Some(Kind::Chat),
            Self::GroupChat => Some(Kind::GroupChat),
            Self::Ask(_) => None,
        }
    }
}

impl Operation {
    /// The kind of request, where the family knows it.
    pub(super) fn kind(self) -> Option<Kind> {
        match self {
            Self::AddFriend => Some(Kind::AddFriend),
            Self::CreateGroup => Some(Kind::CreateGroup),
            Self::JoinGroup => Some(Kind::JoinGroup),
            Self::Custom(_) => None,
        }
    }

    /// The number under which the dialect answers it, if it does.
    pub(super) fn ack_number(self, dialect: &Dialect) -> Option<i64> {
        match self {
            Self::Custom(at) => dialect.custom[usize::from(at)].ack,
            _ => Some(dialect.ack(self.kind()?)?.number),
        }
    }

    /// Its name in a report.
    pub(super) fn name(self, dialect: &Dialect) -> String {
        match (self, self.kind()) {
            (Self::Custom(at), _) => format!("custom {}", dialect.custom[usize::from(at)].name),
            (_, Some(kind)) => kind.table().to_owned(),
            (_, None) => String::new(),
        }
    }
}

/// The actions of a stage with their weights, to draw from.
#[derive(Debug, Clone)]
pub(super) struct Deck {
    /// Each action with the sum of the weights up to it.
    actions: Vec<(Action, u32)>,
}

impl Deck {
    /// What the plan's users do; a custom message must be one of the dialect's.
    pub(super) fn new(plan: &Plan, dialect: &Dialect) -> Result<Self, PlanError> {
        let Some(mix) = &plan.mix else {
            let only = if plan.workload.is_group() { Action::GroupChat } else { Action::Chat };
            return Ok(Self { actions: vec![(only, 1)] });
        };
        let mut weighted = vec![
            (Action::Chat, mix.chat),
            (Action::GroupChat, mix.group_chat),
            (Action::Ask(Operation::AddFriend), mix.add_friend),
            (Action::Ask(Operation::CreateGroup), mix.create_group),
            (Action::Ask(Operation::JoinGroup), mix.join_group),
        ];
        for (name, weight) in &mix.custom {
            let at = dialect.custom.iter().position(|custom| custom.name == *name);
            let at = at.and_then(|at| u8::try_from(at).ok()).ok_or_else(|| {
                let there = dialect.custom.iter().map(|custom| custom.name.clone()).collect();
                PlanError::NoSuchCustom { name: name.clone(), there }
            })?;
            weighted.push((Action::Ask(Operation::Custom(at)), *weight));
        }
        let mut sum = 0;
        let mut actions = Vec::new();
        for (action, weight) in weighted.into_iter().filter(|(_, weight)| *weight > 0) {
            sum += weight;
            actions.push((action, sum));
        }
        Ok(Self { actions })
    }

    /// All that is done.
    pub(super) fn actions(&self) -> impl Iterator<Item = Action> {
        self.actions.iter().map(|(action, _)| *action)
    }

    /// The kinds of request that this takes.
    pub(super) fn kinds(&self) -> impl Iterator<Item = Kind> {
        self.actions().filter_map(|action| match action {
            Action::Ask(operation) => operation.kind(),
            message => message.message(),
        })
    }

    /// Whether this is done at all.
    pub(super) fn has(&self, action: Action) -> bool {
        self.actions().any(|candidate| candidate == action)
    }

    /// What the next slot is for.
    #[inline]
    pub(super) fn draw(&self, random: &mut fastrand::Rng) -> Action {
        match &self.actions[..] {
            [(only, _)] => *only,
            actions => {
                let at = random.u32(0..actions[actions.len() - 1].1);
                let drawn = actions.iter().find(|(_, upto)| at < *upto);
                drawn.unwrap_or(&actions[0]).0
            }
        }
    }
}

impl Plan {
    /// A request that this plan needs and the dialect does not have.
    ///
    /// # Errors
    /// The plan's mix names a message that the dialect does not declare.
    pub fn unspoken(&self, dialect: &Dialect) -> Result<Option<Kind>, PlanError> {
        let deck = Deck::new(self, dialect)?;
        let groups = self.groups().map(|_| [Kind::CreateGroup, Kind::JoinGroup]);
        let mut needed = deck.kinds().chain(groups.into_iter().flatten());
        Ok(needed.find(|kind| dialect.request(*kind).is_none()))
    }
}

impl Mix {
    /// The most that one weight may be: a thousandth of a thousandth is rare enough.
    const WEIGHT_MAX: u32 = 1_000_000;

    pub(super) fn check(&self, workload: Workload) -> Result<(), PlanError> {
        let customs = self.custom.iter().map(|(_, weight)| *weight);
        let others = [self.add_friend, self.create_group, self.join_group];
        let weights = [self.chat, self.group_chat].into_iter().chain(others).chain(customs);
        if let Some(weight) = weights.into_iter().find(|weight| *weight > Self::WEIGHT_MAX) {
            return Err(PlanError::HeavyMix { weight, most: Self::WEIGHT_MAX });
        }
        if self.chat == 0 && self.group_chat == 0 {
            return Err(PlanError::SilentMix);
        }
        if self.chat > 0 && workload.is_group() {
            return Err(PlanError::ChatsToNobody);
        }
        Ok(())
    }

    /// Reads `chat=80,join_group=5,custom.heartbeat=1`.
    ///
    /// # Errors
    /// What is no weight of anything.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut mix = Self::default();
        for part in text.split(',') {
            let pair = part.split_once('=').map(|(name, weight)| (name.trim(), weight.trim()));
            let Some((name, Ok(weight))) = pair.map(|(name, weight)| (name, weight.parse())) else {
                return Err(format!("`{part}` is no weight: write it as in chat=80,join_group=5"));
            };
            let slot = match name {
                "chat" => &mut mix.chat,
                "group_chat" => &mut mix.group_chat,
                "add_friend" => &mut mix.add_friend,
                "create_group" => &mut mix.create_group,
                "join_group" => &mut mix.join_group,
                _ => match name.strip_prefix("custom.") {
                    Some(name) => {
                        mix.custom.push((name.to_owned(), weight));
                        continue;
                    }
                    None => {
                        return Err(format!(
                            "there is no `{name}` to mix; there are chat, group_chat, add_friend, create_group, join_group and custom.NAME"
                        ));
                    }
                },
            };
            *slot = weight;
        }
        Ok(mix)
    }
}

impl fmt::Display for Mix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = [
            ("chat", self.chat),
            ("group_chat", self.group_chat),
            ("add_friend", self.add_friend),
            ("create_group", self.create_group),
            ("join_group", self.join_group),
        ];
        let custom = self.custom.iter().map(|(name, weight)| (name.as_str(), *weight));
        let present = known.into_iter().chain(custom).filter(|(_, weight)| *weight > 0);
        for (at, (name, weight)) in present.enumerate() {
            write!(f, "{}{name} {weight}", if at == 0 { "" } else { " : " })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_drawn_by_their_weights() {
        let dialect = Dialect::builtin("course").unwrap().unwrap();
        let mix = Mix { chat: 3, join_group: 1, ..Mix::default() };
        let second = std::time::Duration::from_secs(1);
        let plan = Plan { mix: Some(mix), ..Plan::steady(4, second, second) };
        let deck = Deck::new(&plan, &dialect).unwrap();
        let mut random = fastrand::Rng::with_seed(1);
        let drawn: Vec<Action> = (0..4_000).map(|_| deck.draw(&mut random)).collect();
        let chats = drawn.iter().filter(|action| **action == Action::Chat).count();
        assert!((2_850..3_150).contains(&chats), "{chats}");
        assert!(deck.has(Action::Ask(Operation::JoinGroup)) && !deck.has(Action::GroupChat));
    }

    #[test]
    fn a_mix_is_written_as_it_is_read() {
        let mix = Mix::parse("chat=80, join_group=5,custom.heartbeat=1").unwrap();
        assert_eq!(mix.to_string(), "chat 80 : join_group 5 : heartbeat 1");
        for (wrong, says) in [("chat", "no weight"), ("chat=x", "no weight"), ("talk=1", "`talk`")]
        {
            assert!(Mix::parse(wrong).unwrap_err().contains(says), "{wrong}");
        }
    }

    #[test]
    fn a_mix_that_cannot_be_meant_says_why() {
        let chats = Mix { chat: 1, ..Mix::default() };
        assert_eq!(chats.check(Workload::ChatRing), Ok(()));
        for (wrong, workload, says) in [
            (Mix { add_friend: 1, ..Mix::default() }, Workload::ChatRing, "nobody says anything"),
            (Mix { chat: 2_000_000, ..Mix::default() }, Workload::ChatRing, "2000000"),
            (chats, Workload::Groups { size: 3 }, "groups"),
        ] {
            let error = wrong.check(workload).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
    }
}
