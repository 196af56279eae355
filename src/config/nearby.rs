//! What lies near a server's program: its header, and the services it may need.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use crate::kernel::listener_at;

/// How many folders above the program belong to the same project, at most.
const LEVELS_UP: usize = 3;
/// How many folders are looked into, at most.
const FOLDERS_MAX: usize = 2_000;
/// Folders that hold no header of the server's own.
const PASSED_OVER: [&str; 7] =
    [".git", "build", "thirdparty", "third_party", "node_modules", "target", "CMakeFiles"];

/// What stands in the first folder of a project: above it other projects lie.
const ROOTS: [&str; 2] = [".git", "README.md"];

/// Services of which the usual server needs two: where they usually answer.
const SERVICES: [u16; 2] = [3306, 6379];

/// The server's `public.hpp` (or `.h`), near its program: the one with the shortest path. Of the project's folders the
/// nearest above the program is searched first.
pub fn header_near(program: &Path) -> Option<PathBuf> {
    let mut budget = FOLDERS_MAX;
    for folder in program.ancestors().skip(1).take(LEVELS_UP) {
        let mut found = Vec::new();
        search(folder, &mut budget, &mut found);
        found.sort_by_key(|path| (path.components().count(), path.clone()));
        if !found.is_empty() || ROOTS.iter().any(|root| folder.join(root).exists()) {
            return found.into_iter().next();
        }
    }
    None
}

fn search(folder: &Path, budget: &mut usize, found: &mut Vec<PathBuf>) {
    if *budget == 0 {
        return;
    }
    *budget -= 1;
    // What cannot be read holds nothing for us.
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if is_folder && !PASSED_OVER.contains(&name.as_ref()) {
            search(&entry.path(), budget, found);
        } else if ["public.hpp", "public.h"].contains(&name.as_ref()) {
            found.push(entry.path());
        }
    }
}

/// Those of the usual services (MariaDB or MySQL, Redis) that answer on this machine, as `needs` has them.
pub fn services_here() -> Vec<String> {
    let addrs = SERVICES.map(|port| SocketAddr::from(([127, 0, 0, 1], port)));
    let here = addrs.into_iter().filter(|addr| matches!(listener_at(*addr), Ok(Some(_))));
    here.map(|addr| addr.to_string()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_of_the_programs_project_is_found() {
        let dir = tempfile::tempdir().unwrap();
        let make = |path: &str| {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, "").unwrap();
            path
        };
        let program = make("chat/bin/ChatServer");
        assert_eq!(header_near(&program), None);
        make("chat/build/public.hpp");
        make("chat/thirdparty/public.hpp");
        assert_eq!(header_near(&program), None, "not the server's own");
        let others = make("other/include/public.hpp");
        assert_eq!(header_near(&program), Some(others), "nothing tells where the project ends");
        make("chat/README.md");
        assert_eq!(header_near(&program), None, "another project's");
        make("chat/src/deep/down/public.hpp");
        let header = make("chat/include/public.hpp");
        assert_eq!(header_near(&program), Some(header));
        let nearest = make("chat/bin/public.h");
        assert_eq!(header_near(&program), Some(nearest));
    }
}
