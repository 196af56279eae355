//! Which cores a thread may run on.

use std::io;

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// The numbers of the cores on which the calling thread may run, ascending.
pub fn usable_cores() -> io::Result<Vec<usize>> {
    let set = sched_getaffinity(None)?;
    Ok((0..CpuSet::MAX_CPU).filter(|core| set.is_set(*core)).collect())
}

/// Keeps the calling thread, and whatever it starts from now on, on these cores.
///
/// # Errors
/// None of them exists, or a cgroup takes them away.
pub fn confine(cores: &[usize]) -> io::Result<()> {
    let mut set = CpuSet::new();
    for &core in cores.iter().filter(|core| **core < CpuSet::MAX_CPU) {
        set.set(core);
    }
    Ok(sched_setaffinity(None, &set)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_is_confined_and_so_is_what_it_starts() {
        let all = usable_cores().unwrap();
        let one = *all.last().unwrap();
        let seen = std::thread::spawn(move || {
            confine(&[one]).unwrap();
            let started = std::thread::spawn(|| usable_cores().unwrap()).join().unwrap();
            (usable_cores().unwrap(), started)
        });
        assert_eq!(seen.join().unwrap(), (vec![one], vec![one]));
        assert_eq!(usable_cores().unwrap(), all, "no other thread");
        assert!(confine(&[]).is_err());
    }
}
