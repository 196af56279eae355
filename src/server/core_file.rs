//! Where the kernel writes a core file of a launched server, if it writes one.

use std::{
    fs,
    path::{Path, PathBuf},
};

use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit};

/// What the kernel does with the memory of a process that a signal ends.
const PATTERN: &str = "/proc/sys/kernel/core_pattern";
/// Whether it adds the pid to a name that does not contain it.
const USES_PID: &str = "/proc/sys/kernel/core_uses_pid";

/// The core file of one process, which is taken away when this is dropped.
#[derive(Debug)]
pub(super) struct CoreFile {
    /// Where it will be, or why there will be none.
    pub(super) place: Result<PathBuf, String>,
}

impl CoreFile {
    /// Permits a core file to the process that was just started in `dir`, where the kernel would write it where we find
    /// it. Nothing that is there already is touched.
    pub(super) fn permit(pid: u32, dir: &Path) -> Self {
        let pattern = fs::read_to_string(PATTERN).unwrap_or_default();
        let uses_pid = fs::read_to_string(USES_PID).is_ok_and(|text| text.trim() != "0");
        let place = place_of(pattern.trim_end(), uses_pid, pid, dir).and_then(|place| {
            if place.exists() {
                return Err(format!(
                    "a file {} was there before, and a core file would take its place",
                    place.display()
                ));
            }
            raise_limit(pid).map(|()| place)
        });
        Self { place }
    }
}

impl Drop for CoreFile {
    fn drop(&mut self) {
        if let Ok(place) = &self.place {
            // There is one only after a fatal signal.
            let _ = fs::remove_file(place);
        }
    }
}

/// Where a core file goes by this pattern.
fn place_of(pattern: &str, uses_pid: bool, pid: u32, dir: &Path) -> Result<PathBuf, String> {
    if pattern.is_empty() {
        return Err(format!("the kernel writes no core files ({PATTERN} is empty)"));
    }
    if let Some(program) = pattern.strip_prefix('|') {
        let program = program.split_whitespace().next().unwrap_or_default();
        return Err(format!(
            "the kernel hands core files to {program} ({PATTERN}); as root, `sysctl kernel.core_pattern=core` makes it \
             write them where the server runs"
        ));
    }
    let mut name = String::new();
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        match (character, (character == '%').then(|| characters.next()).flatten()) {
            ('%', Some('p')) => name.push_str(&pid.to_string()),
            ('%', Some('%')) => name.push('%'),
            ('%', _) => {
                return Err(format!(
                    "the name of a core file is not known in advance ({PATTERN} is `{pattern}`)"
                ));
            }
            (plain, _) => name.push(plain),
        }
    }
    if uses_pid && !pattern.contains("%p") {
        name.extend([".", &pid.to_string()]);
    }
    Ok(dir.join(name))
}

/// Lets the process write as large a core file as may be.
fn raise_limit(pid: u32) -> Result<(), String> {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    let hard = getrlimit(Resource::Core).maximum;
    if hard == Some(0) {
        return Err("core files are forbidden here (`ulimit -Hc` is 0)".to_owned());
    }
    prlimit(pid, Resource::Core, Rlimit { current: hard, maximum: hard })
        .map(|_| ())
        .map_err(|error| format!("the limit on core files cannot be raised: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(pattern: &str, uses_pid: bool) -> Result<PathBuf, String> {
        place_of(pattern, uses_pid, 77, Path::new("/srv"))
    }

    #[test]
    fn the_pattern_of_the_kernel_tells_where_a_core_file_is() {
        assert_eq!(place("core", false), Ok("/srv/core".into()));
        assert_eq!(place("core", true), Ok("/srv/core.77".into()));
        assert_eq!(place("/var/c/core.%p", true), Ok("/var/c/core.77".into()));
        assert_eq!(place("100%%", false), Ok("/srv/100%".into()));
    }

    #[test]
    fn where_none_can_be_found_the_reason_is_told() {
        let piped = place("|/usr/share/apport/apport -p%p", false).unwrap_err();
        assert!(piped.contains("/usr/share/apport/apport") && piped.contains("sysctl"), "{piped}");
        assert!(place("core.%e.%t", false).unwrap_err().contains("not known"));
        assert!(place("", false).unwrap_err().contains("writes no core"));
    }

    #[test]
    fn a_file_that_was_there_stays() {
        let dir = tempfile::tempdir().unwrap();
        let mine = dir.path().join("core");
        fs::write(&mine, "mine").unwrap();
        let core = CoreFile { place: place_of("core", false, 1, dir.path()) };
        assert_eq!(core.place, Ok(mine.clone()));
        std::mem::forget(core);
        drop(CoreFile::permit(std::process::id(), dir.path()));
        assert!(mine.exists());
    }
}
