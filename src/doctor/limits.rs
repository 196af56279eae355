//! The limits of this machine, against what so many clients take.

use std::{fs, path::PathBuf};

use super::{Health, Item, Topic};
use crate::{
    kernel::{FileLimit, connection_backlog_max, ephemeral_ports, file_limit},
    monitor::machine,
    verdict::Exit,
};

/// Files that the harness needs besides the connections.
const FILES_RESERVED: u64 = 128;
/// What a connection takes, both ends and the kernel's buffers while messages are small, and the harness itself.
const MEMORY_EACH: u64 = 32 << 10;
const MEMORY_BASE: u64 = 256 << 20;
/// Longer queues than this help nobody: a server that is so far behind will not catch up.
const QUEUE_MOST: u64 = 65_535;

/// What was read of the machine; `None` where it does not tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Limits {
    pub(super) files: FileLimit,
    pub(super) ports: Option<(u16, u16)>,
    pub(super) somaxconn: Option<u64>,
    pub(super) syn_backlog: Option<u64>,
    pub(super) memory_available_bytes: u64,
    pub(super) cores: u32,
    pub(super) gdb: Option<PathBuf>,
}

impl Limits {
    pub(super) fn read() -> Self {
        let machine = machine();
        let syn_backlog = fs::read_to_string("/proc/sys/net/ipv4/tcp_max_syn_backlog").ok();
        Self {
            files: file_limit(),
            ports: ephemeral_ports().ok().map(|ports| (*ports.start(), *ports.end())),
            somaxconn: connection_backlog_max().ok().map(u64::from),
            syn_backlog: syn_backlog.and_then(|text| text.trim().parse().ok()),
            memory_available_bytes: machine.memory_available_bytes,
            cores: machine.usable_cores,
            gdb: which::which("gdb").ok(),
        }
    }
}

/// Each limit with what is wanted for so many clients.
pub(super) fn items(limits: &Limits, clients: u64) -> Vec<Item> {
    vec![
        files(limits.files, clients),
        ports(limits.ports, clients),
        queue(Topic::AcceptQueue, limits.somaxconn, clients, "net.core.somaxconn"),
        queue(Topic::HalfOpen, limits.syn_backlog, clients, "net.ipv4.tcp_max_syn_backlog"),
        memory(limits.memory_available_bytes, clients),
        cores(limits.cores),
        debugger(limits.gdb.as_ref()),
    ]
}

fn item(topic: Topic, seen: String, wanted: String, health: Health, cure: &str) -> Item {
    let cure = (health != Health::Good).then(|| cure.to_owned());
    Item { topic, seen, wanted, health, cure }
}

/// Good where it is enough, else this.
fn enough(holds: bool, otherwise: Health) -> Health {
    if holds { Health::Good } else { otherwise }
}

fn files(limit: FileLimit, clients: u64) -> Item {
    let needed = clients.saturating_add(FILES_RESERVED);
    let cure = format!(
        "echo '* - nofile {needed}' | sudo tee /etc/security/limits.d/chatserver.conf   # then log in again"
    );
    // The harness raises the soft limit itself, and the server it launches inherits that.
    let health = enough(limit.hard >= needed, Health::Missing(Exit::Usage));
    let written = |limit: u64| if limit == u64::MAX { "∞".to_owned() } else { limit.to_string() };
    let seen = format!("{} (hard {})", written(limit.soft), written(limit.hard));
    item(Topic::OpenFiles, seen, format!("hard ≥ {needed}"), health, &cure)
}

fn ports(range: Option<(u16, u16)>, clients: u64) -> Item {
    let count = range.map_or(0, |(low, high)| u64::from(high.saturating_sub(low)) + 1);
    let seen =
        range.map_or_else(|| "?".to_owned(), |(low, high)| format!("{count} ({low}–{high})"));
    let health = enough(count >= clients, Health::Missing(Exit::Usage));
    let cure = "sudo sysctl -w net.ipv4.ip_local_port_range='1024 65535'";
    item(Topic::Ports, seen, format!("≥ {clients}"), health, cure)
}

fn queue(topic: Topic, length: Option<u64>, clients: u64, key: &str) -> Item {
    let wanted = clients.min(QUEUE_MOST);
    let seen = length.map_or_else(|| "?".to_owned(), |length| length.to_string());
    let health = enough(length.is_some_and(|length| length >= wanted), Health::Advice);
    item(topic, seen, format!("≥ {wanted}"), health, &format!("sudo sysctl -w {key}={wanted}"))
}

fn memory(available: u64, clients: u64) -> Item {
    let wanted = MEMORY_BASE.saturating_add(clients.saturating_mul(MEMORY_EACH));
    let mib = |bytes: u64| format!("{} MiB", bytes >> 20);
    let health = enough(available >= wanted, Health::Advice);
    let cure =
        "ps -eo rss,args --sort=-rss | head   # end what is not needed, or use fewer clients";
    item(Topic::Memory, mib(available), format!("≥ {}", mib(wanted)), health, cure)
}

fn cores(cores: u32) -> Item {
    let cure = "taskset -pc $$   # says where this shell may run; the load takes one core, the server the others";
    let health = enough(cores >= 2, Health::Advice);
    item(Topic::Cores, cores.to_string(), "≥ 2".to_owned(), health, cure)
}

fn debugger(gdb: Option<&PathBuf>) -> Item {
    let seen = gdb.map_or_else(|| "–".to_owned(), |path| path.display().to_string());
    let health = enough(gdb.is_some(), Health::Advice);
    item(Topic::Debugger, seen, "gdb".to_owned(), health, "sudo apt-get install gdb")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> Limits {
        Limits {
            files: FileLimit { soft: 1_024, hard: 20_000 },
            ports: Some((32_768, 60_999)),
            somaxconn: Some(4_096),
            syn_backlog: Some(512),
            memory_available_bytes: 1 << 30,
            cores: 2,
            gdb: Some("/usr/bin/gdb".into()),
        }
    }

    fn health(limits: &Limits, clients: u64) -> Vec<Health> {
        items(limits, clients).into_iter().map(|item| item.health).collect()
    }

    #[test]
    fn what_is_too_little_is_missing_or_advice_and_has_a_line_to_type() {
        use Health::{Advice, Good, Missing};
        assert_eq!(health(&limits(), 500), [Good; 7]);
        let usage = Missing(Exit::Usage);
        let crowd = [usage, usage, Advice, Advice, Advice, Good, Good];
        assert_eq!(health(&limits(), 40_000), crowd);
        let bare = Limits { cores: 1, gdb: None, ports: None, somaxconn: None, ..limits() };
        assert_eq!(health(&bare, 500), [Good, usage, Advice, Good, Good, Advice, Advice]);
        for item in items(&bare, 40_000) {
            assert_eq!(item.cure.is_some(), item.health != Good, "{item:?}");
        }
    }

    #[test]
    fn the_limit_itself_is_enough() {
        let tight = Limits { files: FileLimit { soft: 1, hard: 628 }, ..limits() };
        assert_eq!(health(&tight, 500)[0], Health::Good);
        assert_eq!(health(&tight, 501)[0], Health::Missing(Exit::Usage));
        let endless = Limits { files: FileLimit { soft: u64::MAX, hard: u64::MAX }, ..limits() };
        assert_eq!(items(&endless, 500)[0].seen, "∞ (hard ∞)");
    }

    #[test]
    fn this_machine_tells_its_limits() {
        let limits = Limits::read();
        assert!(limits.files.hard > 0 && limits.ports.is_some() && limits.somaxconn.is_some());
        assert!(limits.syn_backlog.is_some() && limits.cores > 0);
    }
}
