//! The machine that a run was made on: what one must know to compare its numbers.

use serde::{Deserialize, Serialize};

/// Facts of the machine; `None` where the machine does not tell.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// The processor's name.
    pub cpu_model: Option<String>,
    /// Logical processors of the machine.
    pub cores: u32,
    /// Logical processors this process may run on (affinity, cgroup).
    pub usable_cores: u32,
    /// Memory of the machine.
    pub memory_bytes: u64,
    /// Memory that was free for use at the start.
    pub memory_available_bytes: u64,
    /// The kernel's release.
    pub kernel: Option<String>,
    /// The distribution's name and version.
    pub distribution: Option<String>,
    /// The hard limit of open files: it bounds the number of clients.
    pub open_files_limit: Option<u64>,
    /// How long a listening socket's queue may be, whatever the server asks for (`somaxconn`).
    #[serde(default)]
    pub listen_queue_limit: Option<u64>,
    /// How many half-open connections a listening socket may have (`tcp_max_syn_backlog`).
    #[serde(default)]
    pub syn_queue_limit: Option<u64>,
    /// Ports for outgoing connections: as many clients can be connected to one address.
    #[serde(default)]
    pub outgoing_ports: Option<u64>,
    /// The cores that generator and server were given, when each had its own; `None` where the kernel placed them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub core_split: Option<CoreSplit>,
    /// Load average over the last minute at the start, in hundredths: was the machine idle?
    pub load_average_percent: u32,
}

/// The cores of a run in which generator and server do not take them from each other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoreSplit {
    /// Where the thread runs that makes the load.
    pub generator: Vec<usize>,
    /// Where a launched server runs, with all its threads.
    pub server: Vec<usize>,
}

impl CoreSplit {
    /// One core for the generator, the last, and the others for the server; `None` where there is only one.
    pub fn of(usable: &[usize]) -> Option<Self> {
        let (last, others) = usable.split_last()?;
        (!others.is_empty()).then(|| Self { generator: vec![*last], server: others.to_vec() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generator_gets_one_core_and_a_single_one_is_shared() {
        let split = CoreSplit::of(&[0, 2, 3]).unwrap();
        assert_eq!((split.generator, split.server), (vec![3], vec![0, 2]));
        assert_eq!((CoreSplit::of(&[1]), CoreSplit::of(&[])), (None, None));
    }
}
