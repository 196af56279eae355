//! Where the server's program came from: its git revision, and how `CMake` or cargo built it.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use crate::{
    process::{Invocation, run_once},
    record::{Provenance, Target, TargetKind},
};

/// More than `git` takes on a large checkout; without an answer nothing is claimed.
const PATIENCE: Duration = Duration::from_secs(5);
/// So many directories above the program's are looked at for the cache of `CMake`.
const CMAKE_ABOVE: usize = 3;

/// Looks around the server's program. What cannot be found out stays `None`.
pub(super) async fn provenance(target: &Target) -> Provenance {
    let dir = target.program.as_deref().and_then(Path::parent).filter(|dir| dir.is_dir());
    let revision = match dir {
        Some(dir) => git(dir, &["rev-parse", "HEAD"]).await,
        None => None,
    };
    let dirty = match (dir, &revision) {
        (Some(dir), Some(_)) => git(dir, &["status", "--porcelain", "--untracked-files=no"]).await,
        _ => None,
    };
    let own = if cfg!(debug_assertions) { "debug" } else { "release" };
    let profile = match target.how {
        TargetKind::Reference { .. } => Some(own.to_owned()),
        TargetKind::Attached | TargetKind::Launched => dir.and_then(build_type),
    };
    Provenance {
        server_revision: revision.filter(|revision| !revision.is_empty()),
        server_dirty: dirty.map(|changed| !changed.is_empty()),
        server_profile: profile,
        harness_profile: Some(own.to_owned()),
        plan: None,
    }
}

/// What git says about the checkout that the directory is in; `None` where it is in none, or git is not there.
async fn git(dir: &Path, args: &[&str]) -> Option<String> {
    let git = Invocation::new("git").with_args(args.iter().copied()).in_dir(dir);
    // Reading must not write: another git may be at work there.
    let ended = run_once(git.with_env("GIT_OPTIONAL_LOCKS", "0"), PATIENCE).await.ok()?;
    ended.status.is_success().then(|| ended.tails.stdout.join("\n").trim().to_owned())
}

/// The build type in the cache of `CMake` beside or above the program.
fn build_type(dir: &Path) -> Option<String> {
    let above = dir.ancestors().take(CMAKE_ABOVE);
    let caches = above.flat_map(|dir| [dir.to_owned(), dir.join("build")]);
    let cache: PathBuf = caches.map(|dir| dir.join("CMakeCache.txt")).find(|file| file.exists())?;
    let text = fs::read_to_string(cache).ok()?;
    let value = text.lines().find_map(|line| line.strip_prefix("CMAKE_BUILD_TYPE:"))?;
    let (_, value) = value.split_once('=')?;
    let value = value.trim();
    Some(if value.is_empty() { "no CMAKE_BUILD_TYPE (not optimised)" } else { value }.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn run(dir: &Path, line: &str) {
        let ended = run_once(Invocation::shell(line).in_dir(dir), PATIENCE).await.unwrap();
        assert!(ended.status.is_success(), "{line}: {:?}", ended.tails);
    }

    #[tokio::test]
    async fn revision_changes_and_build_type_are_found_around_the_program() {
        let checkout = tempfile::tempdir().unwrap();
        let (dir, bin) = (checkout.path(), checkout.path().join("bin"));
        fs::create_dir_all(&bin).unwrap();
        fs::create_dir_all(dir.join("build")).unwrap();
        fs::write(dir.join("main.cpp"), "int main() {}").unwrap();
        fs::write(dir.join("build/CMakeCache.txt"), "A:STRING=b\nCMAKE_BUILD_TYPE:STRING=Debug\n")
            .unwrap();
        let mut target = Target::example();
        target.program = Some(bin.join("ChatServer"));
        assert_eq!(provenance(&target).await.server_revision, None, "it is no checkout yet");
        run(
            dir,
            "git init -q . && git add main.cpp && git -c user.name=a -c user.email=a@b \
             -c commit.gpgsign=false commit -q -m first",
        )
        .await;
        let found = provenance(&target).await;
        assert_eq!(found.server_revision.as_ref().map(String::len), Some(40), "{found:?}");
        assert_eq!(found.server_dirty, Some(false), "{found:?}");
        assert_eq!(found.server_profile.as_deref(), Some("Debug"));
        fs::write(dir.join("main.cpp"), "int main() { return 1; }").unwrap();
        assert_eq!(provenance(&target).await.server_dirty, Some(true));
    }
}
