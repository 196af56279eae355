//! A program with its arguments, directory and environment, before it is started.

use std::{
    borrow::Cow,
    fmt,
    path::{Path, PathBuf},
    process::Stdio,
};

/// A program with its arguments, directory and environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invocation {
    /// The program: an absolute path, or a name on PATH.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<String>,
    /// The directory it runs in; `None`: this process's.
    pub dir: Option<PathBuf>,
    /// Variables set on top of this process's environment.
    pub env: Vec<(String, String)>,
}

impl Invocation {
    /// A program without arguments.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self { program: program.into(), args: Vec::new(), dir: None, env: Vec::new() }
    }

    /// A line for `/bin/sh`.
    pub fn shell(line: impl Into<String>) -> Self {
        Self::new("/bin/sh").with_args(["-c".to_owned(), line.into()])
    }

    /// Adds arguments.
    #[must_use]
    pub fn with_args<T: Into<String>>(mut self, args: impl IntoIterator<Item = T>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Runs it in `dir`.
    #[must_use]
    pub fn in_dir(mut self, dir: impl AsRef<Path>) -> Self {
        self.dir = Some(dir.as_ref().to_owned());
        self
    }

    /// Sets a variable.
    #[must_use]
    pub fn with_env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }

    /// The command, in the process group `group` (0: a new one), without input, its streams piped.
    #[expect(clippy::disallowed_types, reason = "this is the one place that builds a command")]
    pub(super) fn command(&self, group: i32) -> tokio::process::Command {
        let mut command = tokio::process::Command::new(&self.program);
        command
            .args(&self.args)
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(group);
        if let Some(dir) = &self.dir {
            command.current_dir(dir);
        }
        command
    }
}

/// The command line, quoted as a shell would take it.
impl fmt::Display for Invocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&quoted(&self.program.to_string_lossy()))?;
        self.args.iter().try_for_each(|arg| write!(f, " {}", quoted(arg)))
    }
}

fn quoted(word: &str) -> Cow<'_, str> {
    let plain = |c: char| c.is_alphanumeric() || "-_./:=,+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        Cow::Borrowed(word)
    } else {
        Cow::Owned(format!("'{}'", word.replace('\'', r"'\''")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_line_can_be_pasted_into_a_shell() {
        let line = Invocation::new("/bin/chat server").with_args(["6000", "", "it's"]);
        assert_eq!(line.to_string(), r"'/bin/chat server' 6000 '' 'it'\''s'");
    }
}
