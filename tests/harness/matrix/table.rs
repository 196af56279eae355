//! The faults, in the order of their catalogue, each with what must catch it.

/// What must catch a fault.
#[derive(Debug, Clone, Copy)]
pub(super) enum By {
    /// Each of these cases is red.
    Cases {
        /// They are red, each on a server of its own.
        catchers: &'static [&'static str],
        /// Bystanders that the fault strikes as well, or may strike.
        also: &'static [&'static str],
    },
    /// A stage of load has this finding, as a test shows.
    Test {
        /// The metric or finding.
        finding: &'static str,
        /// The test.
        path: &'static str,
    },
    /// Nothing, and why.
    Nobody(&'static str),
}

/// A fault, with the number at which the cases are sure to meet it.
#[derive(Debug)]
pub(super) struct Row {
    /// As `--fault` takes it.
    pub(super) fault: &'static str,
    /// What must catch it.
    pub(super) by: By,
}

impl Row {
    const fn caught(
        fault: &'static str,
        catchers: &'static [&'static str],
        also: &'static [&'static str],
    ) -> Self {
        Self { fault, by: By::Cases { catchers, also } }
    }

    /// The cases that must be red.
    pub(super) fn catchers(&self) -> &'static [&'static str] {
        match self.by {
            By::Cases { catchers, .. } => catchers,
            By::Test { .. } | By::Nobody(_) => &[],
        }
    }
}

/// What loses or spoils every third copy also strikes the texts that these cases say to each other.
const ANY_CHAT: &[&str] = &["CHAT-10", "OFF-1", "BAD-1", "REQ-1"];
/// What spoils every third login strikes whoever logs in third.
const ANY_LOGIN: &[&str] = &["LOGIN-2", "LOGIN-7", "CHAT-1", "CHAT-10", "OFF-1", "BAD-1", "REQ-1"];

/// Every fault there is.
pub(super) const TABLE: &[Row] = &[
    Row::caught("drop=3", &["CHAT-3"], ANY_CHAT),
    Row::caught("drop-first", &["CHAT-1"], &[]),
    Row::caught("drop-last", &["CHAT-1"], &[]),
    Row::caught("duplicate=3", &["CHAT-12"], &[]),
    Row::caught("late-duplicate=1", &["CHAT-12"], &[]),
    Row::caught("reorder=3", &["CHAT-3"], &[]),
    Row::caught("misdeliver=3", &["CHAT-3"], ANY_CHAT),
    Row::caught("corrupt-byte=3", &["CHAT-3"], ANY_CHAT),
    Row::caught("truncate-text=3", &["CHAT-3"], ANY_CHAT),
    Row::caught("wrong-sender=1", &["CHAT-1"], &[]),
    Row::caught("echo-to-sender=1", &["CHAT-2", "CHAT-10", "GROUP-3"], &[]),
    Row::caught("skip-member=2", &["GROUP-3"], &[]),
    Row::caught("leak-outsider=1", &["GROUP-4"], &[]),
    Row::caught("group-limit=1", &["GROUP-3"], &[]),
    Row::caught("offline-lose=3", &["OFF-1"], &[]),
    Row::caught("offline-cap=3", &["OFF-1"], &[]),
    Row::caught("offline-max-bytes=500", &["SIZE-13"], &[]),
    Row::caught("offline-ascii-only", &["OFF-3", "SIZE-25"], &[]),
    Row::caught("offline-reverse", &["OFF-1"], &[]),
    Row::caught("offline-twice", &["OFF-1"], &[]),
    Row::caught("offline-again", &["OFF-2"], &[]),
    Row::caught("offline-mangle-quotes", &["OFF-4", "SIZE-21"], &[]),
    Row::caught("offline-die=1024", &["SIZE-15"], &[]),
    Row::caught("any-password", &["LOGIN-3"], &[]),
    Row::caught("flaky-login=3", &["CHAT-1"], ANY_LOGIN),
    Row::caught("mute-login=3", &["CHAT-1"], ANY_LOGIN),
    Row::caught("wrong-id=1", &["LOGIN-2"], &["LOGIN-7", "CHAT-1"]),
    Row::caught("double-ack=1", &["CHAT-11"], &[]),
    Row::caught("ghost-online", &["LOGIN-7", "LOGIN-8"], &["LOGIN-2"]),
    Row::caught("second-login", &["LOGIN-5"], &[]),
    Row::caught("stuck-online", &["PROC-3"], &[]),
    Row::caught("taken-name", &["REG-2"], &[]),
    Row::caught("ignore-logout", &["SESS-7"], &[]),
    Row::caught("no-login", &["SESS-1"], &[]),
    Row::caught("one-read-one-document", &["FRAME-1", "FRAME-4"], &[]),
    Row::caught("die-on-coalesced", &["FRAME-1"], &[]),
    Row::caught("die-on-split", &["FRAME-4"], &[]),
    Row::caught("die-on-malformed", &["BAD-1"], &[]),
    Row::caught("die-on-wrong-type", &["REQ-24"], &[]),
    Row::caught("die-on-missing-field", &["REQ-14"], &[]),
    Row::caught("die-on-unknown-number", &["REQ-2"], &[]),
    Row::caught("die-on-missing-number", &["REQ-1"], &[]),
    Row {
        fault: "ignore-malformed",
        by: By::Nobody(
            "no requirement: to throw malformed bytes away and to go on is one of the allowed answers",
        ),
    },
    Row {
        fault: "leak-memory",
        by: By::Test { finding: "rss.at_rest", path: "xtask/tests/cli/growth.rs" },
    },
    Row {
        fault: "leak-fds",
        by: By::Test { finding: "fds.at_rest", path: "xtask/tests/cli/growth.rs" },
    },
    Row {
        fault: "leak-threads",
        by: By::Test { finding: "does not end its threads", path: "tests/harness/departures.rs" },
    },
    Row {
        fault: "busy-cpu",
        by: By::Nobody(
            "not yet: the monitor samples the processor, and no threshold judges it by default",
        ),
    },
    Row {
        fault: "stall",
        by: By::Nobody(
            "not yet: a stall of 250 ms is less than any case waits; the latencies of a stage show it",
        ),
    },
    Row {
        fault: "slow-start",
        by: By::Nobody("no requirement: the harness waits until a server is ready"),
    },
    Row::caught("never-answer", &["REG-1"], &[]),
    Row::caught("die-after=20", &["CROWD-1"], &["BAD-1", "REQ-1"]),
    Row::caught("hang-after=20", &["CROWD-1"], &["BAD-1", "REQ-1"]),
    Row::caught("hang-thread=20", &["CROWD-1"], &["BAD-1", "REQ-1"]),
    Row::caught("refuse-after=40", &["CROWD-1", "PEER-4"], &["BAD-1", "REQ-1"]),
    Row::caught("die-on-mass-close=50", &["PEER-5"], &[]),
    Row {
        fault: "unbounded-queue",
        by: By::Nobody(
            "not yet: PEER-1 asks only whether the others are served, not what the server keeps in memory",
        ),
    },
];
