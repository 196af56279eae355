//! The facts of this machine that belong beside every number.

use std::{fs, thread::available_parallelism};

use sysinfo::{CpuRefreshKind, MemoryRefreshKind, RefreshKind, System};

use super::host::HostMeter;
use crate::{
    kernel::{ephemeral_ports, file_limit},
    record::Machine,
};

/// Asks the machine what it is; what it does not tell stays `None` or 0.
pub fn machine() -> Machine {
    let what = RefreshKind::nothing()
        .with_cpu(CpuRefreshKind::nothing())
        .with_memory(MemoryRefreshKind::nothing().with_ram());
    let system = System::new_with_specifics(what).ok();
    let cpus = system.as_ref().map_or(&[][..], System::cpus);
    let open_files_limit = file_limit().hard;
    Machine {
        cpu_model: cpus.first().map(|cpu| cpu.brand().trim().to_owned()).filter(|b| !b.is_empty()),
        cores: u32::try_from(cpus.len()).unwrap_or(u32::MAX),
        usable_cores: available_parallelism()
            .map_or(0, |cores| u32::try_from(cores.get()).unwrap_or(u32::MAX)),
        memory_bytes: system.as_ref().map_or(0, System::total_memory),
        memory_available_bytes: system.as_ref().map_or(0, System::available_memory),
        kernel: System::kernel_version().ok(),
        distribution: System::long_os_version().ok(),
        open_files_limit: (open_files_limit != u64::MAX).then_some(open_files_limit),
        listen_queue_limit: number("/proc/sys/net/core/somaxconn"),
        syn_queue_limit: number("/proc/sys/net/ipv4/tcp_max_syn_backlog"),
        outgoing_ports: ephemeral_ports().ok().map(|ports| ports.len() as u64),
        core_split: None,
        load_average_percent: HostMeter::new()
            .load_1m()
            .map_or(0, |load| (load * 100.0).round() as u32),
    }
}

/// The number that a file of the kernel holds.
fn number(path: &str) -> Option<u64> {
    fs::read_to_string(path).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_has_cores_memory_and_a_kernel() {
        let machine = machine();
        assert!(machine.cores >= 1 && machine.usable_cores >= 1, "{machine:?}");
        assert!(machine.memory_bytes > machine.memory_available_bytes, "{machine:?}");
        assert!(machine.memory_available_bytes > 0, "{machine:?}");
        assert!(machine.kernel.is_some(), "{machine:?}");
        assert!(machine.listen_queue_limit > Some(0), "{machine:?}");
        assert!(machine.outgoing_ports > Some(1_000), "{machine:?}");
    }
}
