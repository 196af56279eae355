//! The ledger's books: users with their sessions, groups with their members, streams with what they sent.

use super::{
    Balance, Example, Findings, Kind,
    window::{Standing, Window},
};

/// A user, by a number that [`Ledger::add_user`] gave out: 0, 1, 2, …
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct User(pub u32);

/// A group, by a number that [`Ledger::add_group`] gave out: 0, 1, 2, …
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Group(pub u32);

/// One sender's one connection towards one target, by a number that [`Ledger::open`] gave out: 0, 1, 2, …
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stream(pub u32);

/// Whom a stream addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Target {
    /// One user.
    User(User),
    /// All other members of a group.
    Group(Group),
}

/// How a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ending {
    /// By shutdown, and all the server still sent was read: what happened is known.
    Finished,
    /// By reset, from either side: what was on its way is in doubt.
    Reset,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Presence {
    #[default]
    Absent,
    /// Absent, and the server may not have noticed.
    Broken,
    Present,
}

#[derive(Debug, Clone, Default)]
pub(super) struct UserBook {
    pub(super) presence: Presence,
    /// The node of a cluster on which the user is logged in.
    pub(super) node: u32,
    /// The open streams of the present connection.
    own: Vec<Stream>,
    /// Streams that address this user alone.
    inbound: Vec<Stream>,
    /// Groups with the user's position in them.
    pub(super) groups: Vec<(Group, u32)>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct GroupBook {
    pub(super) members: Vec<(User, Standing)>,
    pub(super) streams: Vec<Stream>,
}

#[derive(Debug, Clone)]
pub(super) struct StreamBook {
    pub(super) sender: User,
    pub(super) target: Target,
    pub(super) sent: u32,
    open: bool,
    /// Receivers who must, and who may, hear the next message.
    pub(super) must: u32,
    pub(super) may: u32,
    /// Those of `must` who are on another node than the sender.
    pub(super) must_across: u32,
    first_ns: u64,
    last_ns: u64,
    pub(super) windows: Windows,
}

/// One window for each receiver: in place for a user, by position in the group for a group.
#[derive(Debug, Clone)]
pub(super) enum Windows {
    One(Window),
    Many(Vec<Window>),
}

impl StreamBook {
    /// About when a message was scheduled: exact for a constant interval.
    pub(super) fn about_ns(&self, sequence: u32) -> u64 {
        let span = u128::from(self.last_ns.saturating_sub(self.first_ns));
        let steps = u128::from(self.sent.saturating_sub(1).max(1));
        self.first_ns + (span * u128::from(sequence) / steps) as u64
    }
}

/// What was sent, to whom, and what came of it.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    pub(super) users: Vec<UserBook>,
    pub(super) groups: Vec<GroupBook>,
    pub(super) streams: Vec<StreamBook>,
    pub(super) balance: Balance,
    /// The part that is about pairs whose sender and receiver are on different nodes: entitled pairs with their fates, and
    /// their second copies. What is no pair's (`sent`, `misdelivered`, …), or only allowed, is counted in the whole alone.
    pub(super) across: Balance,
    /// Whether there is more than one node.
    several_nodes: bool,
    pub(super) findings: Findings,
    drained: bool,
    /// A mistake planted to see whether the tests catch it.
    #[cfg(test)]
    pub(super) bug: Option<super::bug::Bug>,
}

impl Ledger {
    /// An empty ledger.
    pub fn new() -> Self {
        Self::default()
    }

    /// Enters a user, who is absent.
    pub fn add_user(&mut self) -> User {
        self.add_user_on(0)
    }

    /// Enters a user, who is absent, and will log in on that node of a cluster.
    pub fn add_user_on(&mut self, node: u32) -> User {
        self.several_nodes |= self.users.first().is_some_and(|first| first.node != node);
        self.users.push(UserBook { node, ..UserBook::default() });
        User(self.users.len() as u32 - 1)
    }

    /// Whether two users are on different nodes.
    #[inline]
    pub fn crosses(&self, one: User, other: User) -> bool {
        #[cfg(test)]
        if self.bug == Some(super::bug::Bug::ForgetsNodes) {
            return false;
        }
        self.several_nodes && self.users[one.0 as usize].node != self.users[other.0 as usize].node
    }

    /// Enters a group without members.
    pub fn add_group(&mut self) -> Group {
        self.groups.push(GroupBook::default());
        Group(self.groups.len() as u32 - 1)
    }

    /// A user has logged in. What is opened from now on belongs to this connection.
    pub fn session_began(&mut self, user: User) {
        self.users[user.0 as usize].presence = Presence::Present;
        self.each_inbound(user, Window::session_began);
    }

    /// A user's connection has ended; its streams are closed. Ignored after [`Ledger::drained`].
    pub fn session_ended(&mut self, user: User, ending: Ending) {
        #[cfg(test)]
        let ending = match self.bug {
            Some(super::bug::Bug::DoubtsNothing) => Ending::Finished,
            _ => ending,
        };
        let book = &mut self.users[user.0 as usize];
        let own = std::mem::take(&mut book.own);
        if !self.drained {
            book.presence = match ending {
                Ending::Finished => Presence::Absent,
                Ending::Reset => Presence::Broken,
            };
        }
        for stream in own {
            let stream = &mut self.streams[stream.0 as usize];
            stream.open = false;
            if ending == Ending::Reset && !self.drained {
                let sent = stream.sent;
                stream.windows.each(|window| window.sender_reset(sent));
            }
        }
        if ending == Ending::Reset && !self.drained {
            self.each_inbound(user, |window, _| window.receiver_reset());
        }
    }

    /// Opens a stream on the sender's present connection.
    pub fn open(&mut self, sender: User, target: Target) -> Stream {
        let id = Stream(self.streams.len() as u32);
        let (mut must, mut may, mut must_across) = (0, 0, 0);
        let node = self.users[sender.0 as usize].node;
        let windows = match target {
            Target::User(receiver) => {
                let receiver = &mut self.users[receiver.0 as usize];
                receiver.inbound.push(id);
                must = 1;
                must_across = u32::from(receiver.node != node);
                Windows::One(receiver.presence.meets(Window::new(Standing::Must)))
            }
            Target::Group(group) => {
                let book = &mut self.groups[group.0 as usize];
                book.streams.push(id);
                let windows = book.members.iter().map(|&(member, standing)| {
                    let standing = if member == sender { Standing::MustNot } else { standing };
                    must += u32::from(standing == Standing::Must);
                    may += u32::from(standing == Standing::May);
                    let member = &self.users[member.0 as usize];
                    must_across += u32::from(standing == Standing::Must && member.node != node);
                    member.presence.meets(Window::new(standing))
                });
                Windows::Many(windows.collect())
            }
        };
        self.users[sender.0 as usize].own.push(id);
        let (sent, first_ns, last_ns) = (0, 0, 0);
        self.streams.push(StreamBook {
            sender,
            target,
            sent,
            open: true,
            must,
            may,
            must_across,
            first_ns,
            last_ns,
            windows,
        });
        id
    }

    /// The number that the next message of a stream must bear.
    #[inline]
    pub fn next_sequence(&self, stream: Stream) -> u32 {
        self.streams[stream.0 as usize].sent
    }

    /// The next message of a stream was handed to the kernel, scheduled at `scheduled_ns`.
    #[inline]
    pub fn sent(&mut self, stream: Stream, scheduled_ns: u64) {
        let stream = &mut self.streams[stream.0 as usize];
        debug_assert!(stream.open, "sent on a stream whose connection has ended");
        if stream.sent == 0 {
            stream.first_ns = scheduled_ns;
        }
        stream.last_ns = scheduled_ns;
        stream.sent += 1;
        self.balance.sent += 1;
        self.balance.entitled += u64::from(stream.must);
        self.balance.may += u64::from(stream.may);
        self.across.entitled += u64::from(stream.must_across);
    }

    /// The server answered a message with an error: nobody is entitled to it any more.
    pub fn refused(&mut self, stream: Stream, sequence: u32, at_ns: u64, frame: &[u8]) {
        let book = &mut self.streams[stream.0 as usize];
        if sequence >= book.sent {
            return;
        }
        self.balance.refused += 1;
        let (users, groups, sender, target) = (&self.users, &self.groups, book.sender, book.target);
        let node = |user: User| users[user.0 as usize].node;
        let receiver = |position: usize| match target {
            Target::User(user) => user,
            Target::Group(group) => groups[group.0 as usize].members[position].0,
        };
        let mut position = 0;
        let (mut must, mut may, mut must_across) = (0, 0, 0);
        book.windows.each(|window| {
            match window.standing(sequence) {
                Standing::Must => {
                    let refused = u64::from(window.refuse(sequence));
                    must += refused;
                    must_across += refused * u64::from(node(receiver(position)) != node(sender));
                }
                Standing::May => may += u64::from(window.refuse(sequence)),
                Standing::MustNot => {}
            }
            position += 1;
        });
        self.balance.entitled -= must;
        self.balance.may -= may;
        self.across.entitled -= must_across;
        let (from, to) = (Some(book.sender), book.target.user());
        self.findings.add(Kind::Refused, || Example {
            from,
            to,
            sequence: Some(sequence),
            at_ns,
            frame: frame.to_vec(),
        });
    }

    /// The drain is over: whoever leaves from now on leaves no doubt behind.
    pub fn drained(&mut self) {
        self.drained = true;
    }

    /// The numbers so far.
    #[inline]
    pub fn balance(&self) -> &Balance {
        &self.balance
    }

    /// Counts one of a pair's, in the whole, and among those between nodes where it is one.
    #[inline]
    pub(super) fn count(&mut self, crosses: bool, which: impl Fn(&mut Balance) -> &mut u64) {
        *which(&mut self.balance) += 1;
        if crosses {
            *which(&mut self.across) += 1;
        }
    }

    /// The findings so far.
    pub fn findings(&self) -> &Findings {
        &self.findings
    }

    /// The sender and the target of a stream; `None` when there is no such stream.
    pub fn stream(&self, stream: Stream) -> Option<(User, Target)> {
        self.streams.get(stream.0 as usize).map(|book| (book.sender, book.target))
    }

    /// The position of a user in a group; `None` for outsiders.
    #[inline]
    pub(super) fn position(&self, user: User, group: Group) -> Option<usize> {
        let groups = &self.users.get(user.0 as usize)?.groups;
        groups.iter().find(|(of, _)| *of == group).map(|&(_, position)| position as usize)
    }

    fn each_inbound(&mut self, user: User, mut visit: impl FnMut(&mut Window, u32)) {
        let book = &self.users[user.0 as usize];
        for stream in &book.inbound {
            let stream = &mut self.streams[stream.0 as usize];
            let sent = stream.sent;
            stream.windows.each(|window| visit(window, sent));
        }
        for &(group, position) in &book.groups {
            for stream in &self.groups[group.0 as usize].streams {
                let stream = &mut self.streams[stream.0 as usize];
                let Windows::Many(windows) = &mut stream.windows else { continue };
                // The sender's own window is entitled to nothing.
                if stream.sender != user
                    && let Some(window) = windows.get_mut(position as usize)
                {
                    visit(window, stream.sent);
                }
            }
        }
    }
}

impl Presence {
    /// A new window of a receiver who is this present.
    pub(super) fn meets(self, mut window: Window) -> Window {
        if self == Self::Broken {
            window.receiver_reset();
        }
        window
    }
}

impl Windows {
    pub(super) fn each(&mut self, mut visit: impl FnMut(&mut Window)) {
        match self {
            Self::One(window) => visit(window),
            Self::Many(windows) => windows.iter_mut().for_each(visit),
        }
    }
}

impl Target {
    /// The one user it addresses, if it is one.
    pub fn user(self) -> Option<User> {
        match self {
            Self::User(user) => Some(user),
            Self::Group(_) => None,
        }
    }
}
