//! One run at a time on one server: a lock file that outlives its holder until the holder's server is gone.

use std::{
    fs::{self, File, TryLockError},
    io::{Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use tokio::time::sleep;

use super::{ServerError, locate::scratch_dir};

/// How often a taken lock is tried again.
const TRY_EVERY: Duration = Duration::from_millis(20);
/// How much of a lock file is read: it holds a pid.
const HOLDER_BYTES: u64 = 32;

/// A taken lock; freed when the file and every copy of it is closed.
#[derive(Debug)]
pub(super) struct Lock {
    file: File,
}

impl Lock {
    /// Takes the lock on `key`, waiting `wait` at most. `what` names the shared thing in the error.
    pub(super) async fn take(what: &str, key: &str, wait: Duration) -> Result<Self, ServerError> {
        Self::take_in(&scratch_dir().join("locks"), what, key, wait).await
    }

    async fn take_in(
        dir: &Path,
        what: &str,
        key: &str,
        wait: Duration,
    ) -> Result<Self, ServerError> {
        let path = dir.join(file_name(key));
        let failed =
            |source| ServerError::File { what: "cannot make the lock", path: path.clone(), source };
        fs::create_dir_all(dir).map_err(failed)?;
        let open =
            || File::options().read(true).write(true).create(true).truncate(false).open(&path);
        let mut file = open().map_err(failed)?;
        let start = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if start.elapsed() < wait => sleep(TRY_EVERY).await,
                Err(TryLockError::WouldBlock) => {
                    return Err(ServerError::Locked {
                        what: what.to_owned(),
                        pid: holder(&mut file),
                        waited: wait,
                        path,
                    });
                }
                Err(TryLockError::Error(source)) => return Err(failed(source)),
            }
        }
        let mut sign = || {
            file.set_len(0)?;
            file.seek(SeekFrom::Start(0))?;
            writeln!(file, "{}", std::process::id())
        };
        sign().map_err(failed)?;
        Ok(Self { file })
    }

    /// The open file: a copy of it keeps the lock.
    pub(super) fn file(&self) -> &File {
        &self.file
    }
}

fn holder(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.seek(SeekFrom::Start(0)).ok()?;
    file.take(HOLDER_BYTES).read_to_string(&mut text).ok()?;
    text.lines().next()?.trim().parse().ok()
}

/// A readable, unique name: the end of the key, and a hash (FNV-1a, the same in every build) of all of it.
fn file_name(key: &str) -> PathBuf {
    let hash = key.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    let end: String = key.rsplit('/').next().unwrap_or_default().chars().take(40).collect();
    let readable = end.replace(|c: char| !c.is_ascii_alphanumeric(), "-");
    PathBuf::from(format!("{readable}-{hash:016x}.lock"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_second_taker_waits_and_then_names_the_holder() {
        let dir = tempfile::tempdir().unwrap();
        let take = |wait| Lock::take_in(dir.path(), "the recipe", "/bin/server", wait);
        let first = take(Duration::ZERO).await.unwrap();
        let error = take(Duration::from_millis(60)).await.unwrap_err().to_string();
        assert!(error.contains(&format!("(pid {})", std::process::id())), "{error}");
        assert!(error.contains("is using the recipe; waited 60.0 ms"), "{error}");

        let copy = first.file().try_clone().unwrap();
        drop(first);
        assert!(take(Duration::ZERO).await.is_err(), "a copy keeps the lock");
        drop(copy);
        take(Duration::from_secs(10)).await.unwrap();
    }

    #[test]
    fn different_keys_have_different_files() {
        assert_ne!(file_name("/a/ChatServer"), file_name("/b/ChatServer"));
        assert!(file_name("/a/ChatServer").to_str().unwrap().starts_with("ChatServer-"));
    }
}
