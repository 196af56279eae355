//! What was tested: which server, how it was found, in which dialect.

use std::{
    fmt::{self, Write as _},
    net::SocketAddr,
    path::PathBuf,
};

use serde::{Deserialize, Serialize};

/// How the server under test came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum TargetKind {
    /// It was running already.
    Attached,
    /// The harness started it.
    Launched,
    /// The reference server that comes with the harness.
    Reference {
        /// Whether it runs inside the harness's own process.
        in_process: bool,
    },
}

/// The dialect's name and where its text came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DialectFacts {
    /// Its name, such as `course`.
    pub name: String,
    /// `built-in`, or the file it was read from.
    pub origin: String,
}

impl fmt::Display for DialectFacts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name, self.origin)
    }
}

/// A node of a cluster that was launched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetNode {
    /// Its process.
    pub pid: u32,
    /// The command line it was launched with.
    pub command_line: String,
    /// The file that holds its output.
    pub log: PathBuf,
}

/// The server under test, as every report names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// How it came to be.
    pub how: TargetKind,
    /// Why this one: the first rule of the documented order that matched, such as `CHATSERVER_BIN`.
    pub found_by: String,
    /// Where it answers; several for the nodes of a cluster.
    pub addrs: Vec<SocketAddr>,
    /// The program, where it is known.
    pub program: Option<PathBuf>,
    /// The command line it was launched with, as a shell would take it.
    pub command_line: Option<String>,
    /// The directory it runs in, where it was launched.
    pub dir: Option<PathBuf>,
    /// The process that listens, where it is known.
    pub pid: Option<u32>,
    /// The dialect it is spoken to in.
    pub dialect: DialectFacts,
    /// The `chatserver.toml` that was read.
    pub config_file: Option<PathBuf>,
    /// The file that holds its output, where it was launched.
    pub log: Option<PathBuf>,
    /// The nodes beyond the first, of a cluster that was launched.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub further_nodes: Vec<TargetNode>,
    /// What the reader should know besides: how to test the server that listens on 6000, where a kept one runs.
    pub advice: Vec<String>,
}

impl Target {
    /// The first line of every report.
    pub fn headline(&self) -> String {
        let what = match (self.how, &self.command_line, &self.program) {
            (TargetKind::Reference { in_process: true }, ..) => {
                "the reference server, in this process".to_owned()
            }
            (TargetKind::Reference { in_process: false }, ..) => {
                "the reference server, a process of its own".to_owned()
            }
            (_, Some(command), _) => format!("`{command}`"),
            (_, None, Some(program)) => program.display().to_string(),
            (_, None, None) => "a running server".to_owned(),
        };
        let addrs: Vec<String> = self.addrs.iter().map(ToString::to_string).collect();
        let mut pid = self.pid.map(|pid| format!(", pid {pid}")).unwrap_or_default();
        for node in &self.further_nodes {
            let _ = write!(pid, " + {}", node.pid);
        }
        format!(
            "server under test: {what} at {}{pid}, dialect {}, found by {}",
            addrs.join(" + "),
            self.dialect,
            self.found_by
        )
    }
}

/// The headline, then one line for each piece of advice.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.headline())?;
        self.advice.iter().try_for_each(|line| write!(f, "\n  {line}"))
    }
}

#[cfg(test)]
impl Target {
    /// A target for tests.
    pub(crate) fn example() -> Self {
        Self {
            how: TargetKind::Launched,
            found_by: "CHATSERVER_BIN".into(),
            addrs: vec![SocketAddr::from(([127, 0, 0, 1], 6000))],
            program: Some("/chat/bin/ChatServer".into()),
            command_line: Some("/chat/bin/ChatServer 127.0.0.1 6000".into()),
            dir: None,
            pid: Some(7),
            dialect: DialectFacts { name: "course".into(), origin: "built-in".into() },
            config_file: None,
            log: None,
            further_nodes: Vec::new(),
            advice: vec!["left running".into()],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_headline_says_what_where_which_dialect_and_why() {
        let mut target = Target::example();
        assert_eq!(
            target.to_string(),
            "server under test: `/chat/bin/ChatServer 127.0.0.1 6000` at 127.0.0.1:6000, pid 7, \
             dialect course (built-in), found by CHATSERVER_BIN\n  left running"
        );
        target.how = TargetKind::Reference { in_process: true };
        assert!(target.headline().contains("the reference server, in this process"));
    }

    #[test]
    fn a_target_survives_json() {
        let text = serde_json::to_string(&Target::example()).unwrap();
        assert_eq!(serde_json::from_str::<Target>(&text).unwrap(), Target::example());
    }
}
