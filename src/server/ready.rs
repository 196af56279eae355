//! Readiness: addresses that answer, a line in the output, the databases a server needs.

use std::{
    io,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{
    net::{TcpStream, lookup_host},
    time::{sleep, timeout},
};

use super::{ReadyRule, ServerError};
use crate::process::{Child, Ending};

/// How often an address that refuses is tried again.
const TRY_EVERY: Duration = Duration::from_millis(10);
/// How long one attempt to connect may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// Why a launched server is not ready.
#[derive(Debug)]
pub(super) enum NotReady {
    /// It ended.
    Ended(Arc<Ending>),
    /// The deadline passed; what was missing.
    Late(String),
}

/// Waits until every address takes a connection and the awaited line was written, or the child ends.
pub(super) async fn wait_ready(
    child: &Child,
    addrs: &[SocketAddr],
    rule: &ReadyRule,
) -> Result<(), NotReady> {
    let start = Instant::now();
    let mut missing = String::new();
    let ready = async {
        for addr in addrs {
            missing = format!("nothing listens on {addr}");
            while let Err(error) = connect(*addr).await {
                if error.kind() != io::ErrorKind::ConnectionRefused {
                    missing = format!("{addr} does not take connections ({error})");
                }
                sleep(TRY_EVERY).await;
            }
        }
        if let Some(line) = &rule.line {
            missing = format!("`{line}` did not appear in its output");
            let mut announced = child.output().announced();
            // The sender lives in the child's output, which `child` holds.
            let _ = announced.wait_for(|seen| *seen).await;
        }
    };
    let ended = async {
        match child.wait().await {
            Some(ending) => ending,
            None => std::future::pending().await,
        }
    };
    let outcome = tokio::select! {
        biased;
        ending = ended => Err(NotReady::Ended(ending)),
        done = timeout(rule.deadline, ready) => Ok(done.is_ok()),
    };
    if !outcome? {
        return Err(NotReady::Late(missing));
    }
    tracing::debug!(took = ?start.elapsed(), "the server is ready");
    Ok(())
}

/// One attempt to connect; the connection is closed at once.
pub(super) async fn connect(addr: SocketAddr) -> io::Result<()> {
    timeout(CONNECT_TIMEOUT, TcpStream::connect(addr)).await.map_err(|_| no_answer())??;
    Ok(())
}

/// Checks that each address a server needs answers.
pub(super) async fn check_needs(needs: &[String]) -> Result<(), ServerError> {
    for addr in needs {
        if let Err(error) = reach(addr).await {
            return Err(ServerError::Need { addr: addr.clone(), why: plain(&error) });
        }
    }
    Ok(())
}

/// Connects once to an address, `host:port`.
pub(crate) async fn reach(addr: &str) -> io::Result<()> {
    let resolved = timeout(CONNECT_TIMEOUT, lookup_host(addr)).await.map_err(|_| no_answer())??;
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for addr in resolved {
        match connect(addr).await {
            Ok(()) => return Ok(()),
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn no_answer() -> io::Error {
    io::Error::new(
        io::ErrorKind::TimedOut,
        format!("no answer within {} s", CONNECT_TIMEOUT.as_secs()),
    )
}

/// An error of the system without its number.
pub(super) fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    let end = text.find(" (os error").unwrap_or(text.len());
    text[..end].to_lowercase()
}

/// `127.0.0.1:3306 does not answer (needs in chatserver.toml): is MariaDB running?`
pub(super) fn need_text(addr: &str, why: &str) -> String {
    let port = addr.rsplit(':').next().unwrap_or_default();
    let known = match port {
        "3306" => Some("MariaDB (or MySQL)"),
        "6379" => Some("Redis"),
        "5432" => Some("PostgreSQL"),
        "27017" => Some("MongoDB"),
        "2181" => Some("ZooKeeper"),
        _ => None,
    };
    let question = known.map_or_else(
        || "start it first".to_owned(),
        |name| format!("is {name} running? The server cannot work without it"),
    );
    format!("{addr} does not answer: {why} (`needs` in chatserver.toml): {question}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_need_that_does_not_answer_is_named_with_its_likely_program() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let answers = listener.local_addr().unwrap().to_string();
        check_needs(std::slice::from_ref(&answers)).await.unwrap();
        drop(listener);
        let error = check_needs(std::slice::from_ref(&answers)).await.unwrap_err().to_string();
        assert!(
            error.starts_with(&format!("{answers} does not answer: connection refused")),
            "{error}"
        );
        assert!(
            need_text("127.0.0.1:3306", "connection refused")
                .contains("is MariaDB (or MySQL) running?")
        );
    }

    #[tokio::test]
    async fn a_need_that_is_no_address_is_an_error_too() {
        assert!(check_needs(&["nonsense".to_owned()]).await.is_err());
    }
}
