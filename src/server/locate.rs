//! Whether a program can be run, and what kind of address an address is.

use std::{
    fs,
    net::{IpAddr, SocketAddr, UdpSocket},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use super::ServerError;

/// The program as an absolute path, after a look at whether it can be run at all.
pub(crate) fn find_program(
    program: &Path,
    dir: &Path,
    found_by: &str,
) -> Result<PathBuf, ServerError> {
    let missing = |looked| ServerError::Missing {
        program: program.to_owned(),
        looked,
        found_by: found_by.to_owned(),
    };
    let bare = program.components().count() == 1 && !program.has_root();
    if bare && let Ok(found) = which::which(program) {
        return Ok(found);
    }
    // As a shell would after `cd dir`; then as seen from here.
    let places = [dir.join(program), program.to_owned()];
    let Some(found) = places.iter().find(|place| place.exists()) else {
        let mut looked: Vec<PathBuf> = if bare { Vec::new() } else { places.into() };
        looked.dedup();
        return Err(missing(looked));
    };
    let metadata = fs::metadata(found).map_err(|_| missing(vec![found.clone()]))?;
    let refused = |why| ServerError::NotExecutable { program: found.clone(), why };
    if metadata.is_dir() {
        return Err(refused("it is a directory; name the program inside it"));
    }
    if metadata.permissions().mode() & 0o111 == 0 {
        return Err(refused("it has no execute permission; if it is the program, `chmod +x` it"));
    }
    std::path::absolute(found).map_err(|_| missing(vec![found.clone()]))
}

/// Whether an address belongs to this machine (and this network namespace): only then can its sockets be seen.
pub fn is_local(addr: SocketAddr) -> bool {
    addr.ip().to_canonical().is_loopback() || UdpSocket::bind((addr.ip(), 0)).is_ok()
}

/// Whether an address is neither of this machine nor of a private network, so that testing it needs permission.
pub fn needs_permission(addr: SocketAddr) -> bool {
    let private = match addr.ip().to_canonical() {
        IpAddr::V4(ip) => ip.is_loopback() || ip.is_private() || ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
    };
    !private && !is_local(addr)
}

/// A directory of this user for logs and locks, in the temporary directory.
pub fn scratch_dir() -> PathBuf {
    let user = rustix::process::getuid().as_raw();
    std::env::temp_dir().join(format!("chatserver-harness-{user}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_addresses_need_permission() {
        for (addr, expected) in [
            ("127.0.0.1:6000", false),
            ("[::1]:6000", false),
            ("[::ffff:127.0.0.1]:6000", false),
            ("10.1.2.3:6000", false),
            ("192.168.1.9:6000", false),
            ("8.8.8.8:6000", true),
            ("[2001:db8::1]:6000", true),
        ] {
            assert_eq!(needs_permission(addr.parse().unwrap()), expected, "{addr}");
        }
    }

    #[test]
    fn what_cannot_be_run_is_named_with_its_reason() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("plain"), "text").unwrap();
        let error = |program: &str| {
            find_program(Path::new(program), dir.path(), "CHATSERVER_BIN").unwrap_err().to_string()
        };
        assert!(error("./plain").contains("chmod +x"));
        assert!(error("./absent").contains("was not found (looked for"));
        assert!(error("no-such-program-anywhere").contains("on PATH"));
        assert!(error(dir.path().to_str().unwrap()).contains("is a directory"));
    }

    #[test]
    fn a_bare_name_is_found_on_path() {
        let found = find_program(Path::new("sh"), Path::new("/"), "test").unwrap();
        assert!(found.is_absolute() && found.ends_with("sh"));
    }
}
