//! The grammar of the commands that make load: stress, quick, load.
#![expect(clippy::doc_markdown, reason = "doc comments here are help texts, shown as they are")]

use std::time::Duration;

use chatserver_harness::{campaign::Levels, load::Mix, units::parse_duration};
use clap::Args;

use crate::{EXIT_CODES, OutputFlags, ServerFlags, load};

#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct StressFlags {
    #[command(flatten)]
    pub(crate) server: ServerFlags,
    /// The plan: default, quick, small, medium, large, ramp, soak, high-frequency, ci, or a .toml file
    /// (fixtures/campaigns/default.toml explains every key). The flags below change it.
    #[arg(long, value_name = "NAME|FILE", default_value = "default")]
    pub(crate) plan: String,
    /// Users of each level, one level after the other.
    #[arg(long, value_name = "N,N,...", allow_negative_numbers = true)]
    pub(crate) clients: Option<Levels>,
    /// How long each level sends.
    #[arg(long, value_name = "TIME", value_parser = parse_duration, allow_negative_numbers = true)]
    pub(crate) duration: Option<Duration>,
    /// Users of the warm-up; 0: no warm-up.
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(crate) warmup_clients: Option<usize>,
    /// How long the warm-up sends.
    #[arg(long, value_name = "TIME", value_parser = parse_duration, allow_negative_numbers = true)]
    pub(crate) warmup_duration: Option<Duration>,
    /// The time between two messages of a client: 200ms, or 0.2 (a bare number counts seconds).
    #[arg(long, value_name = "TIME", value_parser = parse_duration, allow_negative_numbers = true)]
    pub(crate) interval: Option<Duration>,
    /// Rest between two stages.
    #[arg(long, value_name = "TIME", value_parser = parse_duration, allow_negative_numbers = true)]
    pub(crate) pause: Option<Duration>,
    /// Do not run the numbered cases first.
    #[arg(long)]
    pub(crate) no_cases: bool,
    /// The users connect through the balancer of chatserver.toml; without this they are divided among the nodes.
    #[arg(long)]
    pub(crate) through_balancer: bool,
    /// The seed of every random choice.
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
    #[command(flatten)]
    pub(crate) thresholds: ThresholdFlags,
    #[command(flatten)]
    pub(crate) output: OutputFlags,
}

#[derive(Debug, Args)]
pub(crate) struct ThresholdFlags {
    /// A threshold that makes the run red, such as `delivery.p99 < 100ms`; may be given several times. It takes the place
    /// of the plan's for the same metric (docs/thresholds.md).
    #[arg(long, value_name = "THRESHOLD")]
    pub(crate) fail: Vec<String>,
    /// A threshold that is only a warning.
    #[arg(long, value_name = "THRESHOLD")]
    pub(crate) warn: Vec<String>,
    /// A threshold that makes the run red and ends it after the stage.
    #[arg(long, value_name = "THRESHOLD")]
    pub(crate) abort: Vec<String>,
}

#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct QuickFlags {
    /// The host of a running server to attach to; else it is found as always.
    #[arg(value_name = "HOST", requires = "at_port")]
    pub(crate) at_host: Option<String>,
    /// Its port.
    #[arg(value_name = "PORT")]
    pub(crate) at_port: Option<u16>,
    #[command(flatten)]
    pub(crate) server: ServerFlags,
    #[command(flatten)]
    pub(crate) output: OutputFlags,
}

#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct LoadFlags {
    /// The host of a running server; `-`: the server that is configured, or the reference server.
    #[arg(value_name = "HOST")]
    pub(crate) at_host: String,
    /// Its port; `-` with a host of `-`.
    #[arg(value_name = "PORT")]
    pub(crate) at_port: String,
    /// Users.
    #[arg(value_name = "CLIENTS", allow_negative_numbers = true)]
    pub(crate) clients: usize,
    /// How long they send: 60, 60s, 2m.
    #[arg(value_name = "SECONDS", value_parser = parse_duration, allow_negative_numbers = true)]
    pub(crate) duration: Duration,
    /// The time between two messages of a client; 200ms without --rate.
    #[arg(long, value_name = "TIME", value_parser = parse_duration, allow_negative_numbers = true)]
    pub(crate) interval: Option<Duration>,
    /// Messages of all clients together per second.
    #[arg(long, value_name = "N", conflicts_with = "interval", allow_negative_numbers = true)]
    pub(crate) rate: Option<f64>,
    /// even, or poisson: as people write who know nothing of each other.
    #[arg(long, value_name = "WORD", default_value = "even", value_parser = ["even", "poisson"])]
    pub(crate) spread: String,
    /// The rate rises from nothing for so long.
    #[arg(long, value_name = "TIME", value_parser = parse_duration, allow_negative_numbers = true)]
    pub(crate) ramp: Option<Duration>,
    /// open: at its slot; delivery: not before the last message has arrived; read: not before the server has read it. The
    /// last two without --interval and --rate: as fast as that goes.
    #[arg(long, value_name = "WORD", default_value = "open", value_parser = ["open", "delivery", "read"])]
    pub(crate) pace: String,
    /// Let two requests on an unframed connection share a read: most servers without framing die of it.
    #[arg(long)]
    pub(crate) allow_coalescing: bool,
    /// ring: each writes to the next; pairs: at random; hot_receiver: all to one; groups: everybody to their group.
    #[arg(long, value_name = "WORD", default_value = "ring", value_parser = ["ring", "pairs", "hot_receiver", "groups"])]
    pub(crate) workload: String,
    /// What slots are for, by weight: chat=80,group_chat=10,add_friend=2,create_group=1,join_group=5,custom.NAME=2, where
    /// custom.NAME is a message that the dialect declares. Chats go to whom the workload says.
    #[arg(long, value_name = "WEIGHTS", value_parser = Mix::parse)]
    pub(crate) mix: Option<Mix>,
    /// The length of the texts in bytes: 80, or 80,200,500 to draw one for each message.
    #[arg(long, value_name = "N,N,...", value_delimiter = ',')]
    pub(crate) text_bytes: Vec<usize>,
    /// ascii, or cjk: texts in Chinese.
    #[arg(long, value_name = "WORD", default_value = "ascii", value_parser = ["ascii", "cjk"])]
    pub(crate) script: String,
    /// Threads of the generator: each drives a part of the users, who write to each other alone.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) threads: usize,
    /// The users connect through the balancer of chatserver.toml; without this they are divided among the nodes.
    #[arg(long)]
    pub(crate) through_balancer: bool,
    /// Members of a group.
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub(crate) group_size: usize,
    /// How users connect, register and log in: staggered, poisson (as people come who know nothing of each other), or storm: all
    /// at once.
    #[arg(long, value_name = "WORD", default_value = "staggered", value_parser = ["staggered", "poisson", "storm"])]
    pub(crate) arrivals: String,
    /// How many of them each second, where it is no storm; 200 without it.
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(crate) arrival_rate: Option<f64>,
    /// Log in with the accounts of this CSV: id,name,password in each line.
    #[arg(long, value_name = "FILE")]
    pub(crate) csv: Option<String>,
    /// Log in with the accounts of this file; whoever is missing there is registered and written into it.
    #[arg(long, value_name = "FILE", conflicts_with = "csv")]
    pub(crate) pool: Option<String>,
    /// Log in with the accounts of these ids, FIRST-LAST.
    #[arg(long, value_name = "FIRST-LAST", requires = "password", conflicts_with_all = ["csv", "pool"], value_parser = load::ids)]
    pub(crate) ids: Option<(i64, i64)>,
    /// Their password.
    #[arg(long, value_name = "TEXT", requires = "ids")]
    pub(crate) password: Option<String>,
    /// How they go at the end: staggered, poisson, or storm; without it as they came.
    #[arg(long, value_name = "WORD", value_parser = ["staggered", "poisson", "storm"])]
    pub(crate) departures: Option<String>,
    /// How they leave: fin (and read to the end), logout (then fin), or rst.
    #[arg(long, value_name = "WORD", default_value = "fin", value_parser = ["fin", "logout", "rst"])]
    pub(crate) leave: String,
    /// So many users each second leave while the others send, and come back.
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(crate) churn: Option<f64>,
    /// They stay away for so long.
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = parse_duration, requires = "churn")]
    pub(crate) away: Duration,
    /// How they leave: fin, logout, or rst.
    #[arg(long, value_name = "WORD", default_value = "fin", value_parser = ["fin", "logout", "rst"], requires = "churn")]
    pub(crate) churn_leave: String,
    /// The seed of every random choice.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    #[command(flatten)]
    pub(crate) thresholds: ThresholdFlags,
    #[command(flatten)]
    pub(crate) server: ServerFlags,
    #[command(flatten)]
    pub(crate) output: OutputFlags,
}
