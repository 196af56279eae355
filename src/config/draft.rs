//! A first `chatserver.toml`: the reference text with the keys that are known switched on.

use std::{
    fs::File,
    io::{self, Write},
    net::SocketAddr,
    path::{Path, PathBuf},
};

use super::{ConfigError, ConfigFile, REFERENCE_TEXT};

/// What is known about a server that has no `chatserver.toml` yet; what is unknown stays a comment in the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Draft {
    /// The program and its arguments, to launch it; none to attach to `addr`.
    pub command: Option<Vec<String>>,
    /// Where it runs already, or the address it always uses.
    pub addr: Option<SocketAddr>,
    /// The directory it runs in.
    pub dir: Option<PathBuf>,
    /// What must answer before it is started.
    pub needs: Vec<String>,
    /// Shell lines: once, before each start, at the end.
    pub setup: Option<String>,
    /// Before each start.
    pub reset: Option<String>,
    /// At the end.
    pub cleanup: Option<String>,
    /// A built-in dialect or a dialect file.
    pub dialect: Option<String>,
    /// The server's own `public.hpp`; not together with a dialect.
    pub header: Option<PathBuf>,
    /// A text that its output must contain when it is ready.
    pub ready_line: Option<String>,
}

/// A MySQL or MariaDB account, as the usual server has it in its sources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Database {
    user: String,
    password: String,
    name: String,
    table: String,
}

impl std::str::FromStr for Database {
    type Err = String;

    /// `user:password@database`, with `/table` where the users' table is not called `user`.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "`{text}` is not an account: write user:password@database, such as chat:123456@chat (with /table at the \
                 end where the table of users is not called `user`)"
            )
        };
        // A password may contain both separators, the other parts do not.
        let (user, rest) = text.split_once(':').ok_or_else(wrong)?;
        let (password, place) = rest.rsplit_once('@').ok_or_else(wrong)?;
        let (name, table) = place.split_once('/').unwrap_or((place, "user"));
        let word = |text: &str| {
            !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || "_-$".contains(c))
        };
        if ![user, name, table].into_iter().all(word) {
            return Err(wrong());
        }
        let [user, password, name, table] = [user, password, name, table].map(str::to_owned);
        Ok(Self { user, password, name, table })
    }
}

impl Database {
    /// The shell line after which nobody is marked online.
    pub fn reset_line(&self) -> String {
        self.line(&format!("update {} set state='offline'", self.table))
    }

    /// The shell line that takes away the users whom the harness has registered.
    pub fn cleanup_line(&self) -> String {
        self.line(&format!("delete from {} where name like 'hx%'", self.table))
    }

    fn line(&self, statement: &str) -> String {
        let quoted = |text: &str| format!("'{}'", text.replace('\'', r"'\''"));
        let password = match self.password.as_str() {
            "" => String::new(),
            password => format!(" --password={}", quoted(password)),
        };
        format!("mysql -h 127.0.0.1 -u {}{password} {} -e \"{statement}\"", self.user, self.name)
    }
}

impl Draft {
    /// The text of the file: every key of the format with its comment, those of the draft switched on.
    pub fn text(&self) -> String {
        let path = |path: &PathBuf| string(&path.display().to_string());
        let list = |items: &[String]| {
            format!("[{}]", items.iter().map(|item| string(item)).collect::<Vec<_>>().join(", "))
        };
        let known = [
            ("addr", self.addr.map(|addr| string(&addr.to_string()))),
            ("command", self.command.as_deref().map(list)),
            ("dir", self.dir.as_ref().map(path)),
            ("needs", (!self.needs.is_empty()).then(|| list(&self.needs))),
            ("setup", self.setup.as_deref().map(string)),
            ("reset", self.reset.as_deref().map(string)),
            ("cleanup", self.cleanup.as_deref().map(string)),
            ("dialect", self.dialect.as_deref().map(string)),
            ("header", self.header.as_ref().map(path)),
            ("line", self.ready_line.as_deref().map(string)),
        ];
        let mut lines: Vec<String> = REFERENCE_TEXT.lines().map(str::to_owned).collect();
        for (key, value) in known.into_iter().filter_map(|(key, value)| Some((key, value?))) {
            switch_on(&mut lines, key, &value);
        }
        if self.ready_line.is_some() {
            for line in lines.iter_mut().filter(|line| *line == "#[ready]") {
                line.remove(0);
            }
        }
        lines.join("\n") + "\n"
    }

    /// Writes the file, and reads it back as every run will.
    ///
    /// # Errors
    /// It is there already and `replace` is false; it cannot be written; a value in it cannot be meant.
    pub fn write(&self, path: &Path, replace: bool) -> Result<ConfigFile, DraftError> {
        let path = std::path::absolute(path)
            .map_err(|source| DraftError::Unwritable { path: path.to_owned(), source })?;
        let failed = |source: io::Error| match source.kind() {
            io::ErrorKind::AlreadyExists => DraftError::Exists { path: path.clone() },
            _ => DraftError::Unwritable { path: path.clone(), source },
        };
        let text = self.text();
        // A file that nobody can read afterwards is not left behind.
        let read = ConfigFile::parse(&path, &text)?;
        let mut options = File::options();
        options.write(true);
        if replace {
            options.create(true).truncate(true);
        } else {
            options.create_new(true);
        }
        options.open(&path).and_then(|mut file| file.write_all(text.as_bytes())).map_err(failed)?;
        Ok(read)
    }
}

/// A TOML string on one line. A JSON string is one too; the TOML writer would take `"""` as soon as there is a quote.
fn string(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Gives a key its value where the reference text has it as a comment; of alternatives the last one.
fn switch_on(lines: &mut [String], key: &str, value: &str) {
    let commented = format!("#{key} = ");
    // What stands below is of single nodes.
    let end = lines.iter().position(|line| line == "#[[node]]").unwrap_or(lines.len());
    let place = lines[..end].iter_mut().rev().find(|line| line.starts_with(&commented));
    // A test holds that every key stands in the reference text.
    if let Some(line) = place {
        *line = format!("{key} = {value}");
    }
}

/// Why a first `chatserver.toml` was not written.
#[derive(Debug, thiserror::Error)]
pub enum DraftError {
    /// There is one.
    #[error(
        "{} is there already and would be lost: edit it, write another file with --file, or say --force", path.display()
    )]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The system refuses.
    #[error("cannot write {}: {source}", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A value makes no sense.
    #[error(transparent)]
    Config(#[from] ConfigError),
}

impl crate::error::Classified for DraftError {
    fn exit(&self) -> crate::verdict::Exit {
        crate::verdict::Exit::Usage
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::DialectChoice;

    fn read(draft: &Draft) -> ConfigFile {
        ConfigFile::parse(Path::new("/chat/chatserver.toml"), &draft.text()).unwrap()
    }

    fn full() -> Draft {
        Draft {
            command: Some(vec!["./Chat Server".into(), "{ip}".into(), "{port}".into()]),
            addr: None,
            dir: Some("bin".into()),
            needs: vec!["127.0.0.1:3306".into()],
            setup: Some("true".into()),
            reset: Some(r#"mysql -e "update user set state='offline'""#.into()),
            cleanup: Some("echo \"\\\" 完\"".into()),
            dialect: Some("len4".into()),
            header: None,
            ready_line: Some("started".into()),
        }
    }

    #[test]
    fn nothing_known_is_the_reference_text() {
        assert_eq!(Draft::default().text(), REFERENCE_TEXT);
    }

    #[test]
    fn what_is_known_is_read_back_as_it_was_said_and_the_comments_stay() {
        let file = read(&full());
        let command = ("./Chat Server".into(), vec!["{ip}".to_owned(), "{port}".to_owned()]);
        assert_eq!(file.command, Some(command));
        assert_eq!(file.recipe.dir, Path::new("/chat/bin"));
        assert_eq!(file.recipe.needs, full().needs);
        assert_eq!(
            (file.recipe.setup, file.recipe.reset, file.recipe.cleanup),
            (full().setup, full().reset, full().cleanup)
        );
        assert_eq!(file.dialect, Some(DialectChoice::BuiltIn("len4".into())));
        assert_eq!(file.recipe.ready.line, full().ready_line);
        let comments = |text: &str| text.lines().filter(|line| line.starts_with("# ")).count();
        assert_eq!(comments(&full().text()), comments(REFERENCE_TEXT));
    }

    #[test]
    fn a_server_that_runs_already_and_speaks_by_its_header() {
        let addr = "127.0.0.1:6000".parse().unwrap();
        let header = Some("include/public.hpp".into());
        let file = read(&Draft { addr: Some(addr), header, ..Draft::default() });
        assert_eq!((file.addrs, file.command), (vec![addr], None));
        let header = DialectChoice::Header("/chat/include/public.hpp".into());
        assert_eq!(file.dialect, Some(header));
    }

    #[test]
    fn a_file_that_is_there_is_not_lost() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("chatserver.toml");
        full().write(&path, false).unwrap();
        let error = Draft::default().write(&path, false).unwrap_err().to_string();
        assert!(error.contains("is there already") && error.contains("--file"), "{error}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), full().text());
        Draft::default().write(&path, true).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), REFERENCE_TEXT);
        let wrong = Draft { dialect: Some("curse".into()), ..Draft::default() };
        let error = wrong.write(&dir.path().join("other.toml"), false).unwrap_err().to_string();
        assert!(error.contains("no such dialect"), "{error}");
        assert!(!dir.path().join("other.toml").exists());
    }

    #[test]
    fn an_account_makes_the_two_statements() {
        let database: Database = "chat:p@ss:w'd@chat_db/User".parse().unwrap();
        assert_eq!(
            database.reset_line(),
            r#"mysql -h 127.0.0.1 -u chat --password='p@ss:w'\''d' chat_db -e "update User set state='offline'""#
        );
        let without: Database = "root:@chat".parse().unwrap();
        assert_eq!(
            without.cleanup_line(),
            r#"mysql -h 127.0.0.1 -u root chat -e "delete from user where name like 'hx%'""#
        );
        for wrong in ["", "chat", "chat:1", "chat@db", ":1@db", "a:b@", "a:b@c;d", "a b:c@d"] {
            assert!(wrong.parse::<Database>().unwrap_err().contains("user:password@database"));
        }
    }
}
