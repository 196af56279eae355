//! `chatserver.toml`: how to launch or reach a server, its dialect, its known failures.

use std::{
    collections::BTreeMap,
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use serde::Deserialize;
use toml::Spanned;

use super::{
    ConfigError, DialectChoice, ProbeSettings, environment::home, node::WrittenNode, parse_addrs,
    probe::WrittenProbe,
};
use crate::{
    error::{Pointed, read_toml},
    process::{StopRule, StopSignal},
    server::{ReadyRule, Recipe},
    units,
};

/// The reference text of the format: a file with every key, each with its meaning.
pub const REFERENCE_TEXT: &str = include_str!("../../fixtures/chatserver.toml");

/// The name that is searched for.
const FILE_NAME: &str = "chatserver.toml";
/// How many directories are searched, from the current one upwards.
const SEARCH_LEVELS: usize = 8;

/// A `chatserver.toml` that was read and found sound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigFile {
    /// The file.
    pub path: PathBuf,
    /// Where the server answers.
    pub addrs: Vec<SocketAddr>,
    /// A TCP balancer before the nodes.
    pub balancer: Option<SocketAddr>,
    /// The program and its arguments, if the server is to be launched.
    pub command: Option<(PathBuf, Vec<String>)>,
    /// Everything else a launch needs; its program and arguments do not count. `None` for `dir` means the file's folder.
    pub recipe: Recipe,
    /// Whether `dir` is written in the file.
    pub has_dir: bool,
    /// The dialect.
    pub dialect: Option<DialectChoice>,
    /// What is measured beside the load.
    pub probes: Vec<ProbeSettings>,
    /// Known failures: the id of a case, and the reason.
    pub expect: BTreeMap<String, String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Written {
    pub(super) addr: Option<Spanned<OneOrMany>>,
    pub(super) balancer: Option<Spanned<String>>,
    command: Option<Spanned<OneOrMany>>,
    dir: Option<PathBuf>,
    env: BTreeMap<String, String>,
    needs: Vec<Spanned<String>>,
    setup: Option<String>,
    reset: Option<String>,
    cleanup: Option<String>,
    #[serde(deserialize_with = "some_duration")]
    command_deadline: Option<Duration>,
    dialect: Option<Spanned<String>>,
    header: Option<Spanned<PathBuf>>,
    ready: WrittenReady,
    stop: WrittenStop,
    probe: Vec<WrittenProbe>,
    pub(super) node: Vec<Spanned<WrittenNode>>,
    expect: BTreeMap<String, String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WrittenReady {
    line: Option<String>,
    #[serde(deserialize_with = "some_duration")]
    deadline: Option<Duration>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WrittenStop {
    signal: Option<Spanned<String>>,
    #[serde(deserialize_with = "some_duration")]
    grace: Option<Duration>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "expected a string or a list of strings")]
pub(super) enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

pub(super) fn some_duration<'de, D: serde::Deserializer<'de>>(
    input: D,
) -> Result<Option<Duration>, D::Error> {
    units::duration(input).map(Some)
}

impl ConfigFile {
    /// Reads the file of that path.
    pub fn read(path: &Path, found_by: &'static str) -> Result<Self, ConfigError> {
        let failed = |source| ConfigError::Unreadable { path: path.to_owned(), found_by, source };
        let path = std::path::absolute(path).map_err(failed)?;
        let text = fs::read_to_string(&path).map_err(failed)?;
        Self::parse(&path, &text)
    }

    /// Looks for `chatserver.toml` in `from` and the directories above, no further than the root of the repository.
    pub fn search(from: &Path) -> Result<Option<Self>, ConfigError> {
        for dir in from.ancestors().take(SEARCH_LEVELS) {
            let path = dir.join(FILE_NAME);
            if path.is_file() {
                return Self::read(&path, "found here or above").map(Some);
            }
            if dir.join(".git").exists() {
                break;
            }
        }
        Ok(None)
    }

    /// Reads the text of a file; relative paths in it are taken from the folder of `path`.
    pub fn parse(path: &Path, text: &str) -> Result<Self, ConfigError> {
        let origin = path.display().to_string();
        let written: Written = read_toml(&origin, text)?;
        let folder = path.parent().unwrap_or(Path::new("/"));
        Reader { origin: &origin, text, folder }.check(path, written)
    }
}

/// Checks what TOML alone cannot, with the line at hand.
pub(super) struct Reader<'a> {
    origin: &'a str,
    text: &'a str,
    folder: &'a Path,
}

impl Reader<'_> {
    fn check(&self, path: &Path, written: Written) -> Result<ConfigFile, ConfigError> {
        let addrs = written.addr.as_ref().map(|addr| self.addrs(addr)).transpose()?;
        let balancer =
            written.balancer.as_ref().map(|balancer| self.balancer(balancer)).transpose()?;
        let command = written.command.as_ref().map(|command| self.command(command)).transpose()?;
        for need in &written.needs {
            let port = need.get_ref().rsplit_once(':').map(|(_, port)| port.parse::<u16>());
            if !matches!(port, Some(Ok(1..))) {
                return Err(self.wrong(
                    need,
                    "not an address",
                    "write host:port, such as \"127.0.0.1:3306\"",
                ));
            }
        }
        let dialect = self.dialect(&written)?;
        let signal = match &written.stop.signal {
            None => StopSignal::default(),
            Some(signal) => signal
                .get_ref()
                .parse()
                .map_err(|why: String| self.wrong(signal, "not a signal to stop with", &why))?,
        };
        let nodes = self.nodes(&written, command.is_some())?;
        let probes = self.probes(written.probe)?;
        let stop =
            StopRule { signal, grace: written.stop.grace.unwrap_or(StopRule::default().grace) };
        let ready = ReadyRule {
            line: written.ready.line,
            deadline: written.ready.deadline.unwrap_or(ReadyRule::default().deadline),
        };
        let defaults = Recipe::new("");
        Ok(ConfigFile {
            path: path.to_owned(),
            addrs: addrs.clone().unwrap_or_default(),
            balancer,
            command,
            has_dir: written.dir.is_some(),
            recipe: Recipe {
                dir: written.dir.map_or_else(|| self.folder.to_owned(), |dir| self.path(&dir)),
                env: written.env.into_iter().collect(),
                addrs: addrs.unwrap_or_default(),
                nodes,
                needs: written.needs.into_iter().map(Spanned::into_inner).collect(),
                setup: written.setup,
                reset: written.reset,
                cleanup: written.cleanup,
                command_deadline: written.command_deadline.unwrap_or(defaults.command_deadline),
                ready,
                stop,
                ..defaults
            },
            dialect,
            probes,
            expect: written.expect,
        })
    }

    fn probes(&self, written: Vec<WrittenProbe>) -> Result<Vec<ProbeSettings>, ConfigError> {
        let mut probes = Vec::new();
        for probe in written {
            if let Some(why) = probe.wrong_name(&probes) {
                return Err(self.wrong(&probe.name, "not a name for a probe", why));
            }
            probes.push(probe.settings());
        }
        Ok(probes)
    }

    pub(super) fn addrs(&self, addr: &Spanned<OneOrMany>) -> Result<Vec<SocketAddr>, ConfigError> {
        let text = match addr.get_ref() {
            OneOrMany::One(text) => text.clone(),
            OneOrMany::Many(texts) => texts.join(","),
        };
        parse_addrs(&text).map_err(|why| self.wrong(addr, "not an address", &why))
    }

    fn balancer(&self, balancer: &Spanned<String>) -> Result<SocketAddr, ConfigError> {
        let wrong = |why: &str| self.wrong(balancer, "not an address", why);
        match parse_addrs(balancer.get_ref()).map_err(|why| wrong(&why))?[..] {
            [addr] => Ok(addr),
            _ => Err(wrong("write the one address of the balancer")),
        }
    }

    pub(super) fn command(
        &self,
        command: &Spanned<OneOrMany>,
    ) -> Result<(PathBuf, Vec<String>), ConfigError> {
        let mut words = match command.get_ref() {
            OneOrMany::One(text) => text.split_whitespace().map(str::to_owned).collect(),
            OneOrMany::Many(words) => words.clone(),
        };
        if words.first().is_none_or(String::is_empty) {
            let cure = "write the program and its arguments: \"./ChatServer {ip} {port}\"";
            return Err(self.wrong(command, "an empty command", cure));
        }
        let program = from_home(Path::new(&words.remove(0)));
        Ok((program, words))
    }

    fn dialect(&self, written: &Written) -> Result<Option<DialectChoice>, ConfigError> {
        match (&written.dialect, &written.header) {
            (Some(_), Some(header)) => Err(self.wrong(
                header,
                "`dialect` and `header` say the same twice",
                "keep one of them",
            )),
            (Some(name), None) => DialectChoice::parse(name.get_ref(), self.folder)
                .map(Some)
                .map_err(|why| self.wrong(name, "no such dialect", &why)),
            (None, Some(header)) => Ok(Some(DialectChoice::Header(self.path(header.get_ref())))),
            (None, None) => Ok(None),
        }
    }

    /// A path as it is meant in this file.
    pub(super) fn path(&self, path: &Path) -> PathBuf {
        self.folder.join(from_home(path))
    }

    pub(super) fn wrong<T>(&self, at: &Spanned<T>, label: &str, cure: &str) -> ConfigError {
        let title = "a value in chatserver.toml cannot be meant";
        let pointed = Pointed::new(self.origin, self.text, at.span(), title, label, Some(cure));
        ConfigError::Line(Box::new(pointed))
    }
}

/// `~/` as the user's home, which a shell would have done.
pub(super) fn from_home(path: &Path) -> PathBuf {
    match (path.strip_prefix("~"), home()) {
        (Ok(rest), Some(home)) => home.join(rest),
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::NodeRecipe;

    fn parse(text: &str) -> Result<ConfigFile, ConfigError> {
        ConfigFile::parse(Path::new("/chat/chatserver.toml"), text)
    }

    fn refusal(text: &str) -> String {
        parse(text).unwrap_err().to_string()
    }

    /// What the reference text says of one server, and of nodes.
    fn parts() -> (&'static str, &'static str) {
        REFERENCE_TEXT.split_at(REFERENCE_TEXT.find("#[[node]]").unwrap())
    }

    /// The reference text for one server with its commented keys switched on; of alternatives the last.
    fn switched_on(skip: &[&str]) -> String {
        let mut lines: Vec<&str> = Vec::new();
        let key = |line: &str| line.split_once(" = ").map(|(key, _)| key.to_owned());
        for line in parts().0.lines().filter_map(|line| line.strip_prefix('#')) {
            let is_key =
                line.starts_with(|c: char| c.is_ascii_alphabetic()) && line.contains(" = ");
            if !(is_key || line.starts_with('['))
                || skip.contains(&key(line).as_deref().unwrap_or(""))
            {
                continue;
            }
            let table = lines.iter().rposition(|line| line.starts_with('[')).map_or(0, |at| at + 1);
            let in_table = lines.split_off(table);
            lines.extend(in_table.into_iter().filter(|before| key(before) != key(line)));
            lines.push(line);
        }
        lines.join("\n")
    }

    #[test]
    fn the_reference_text_sets_nothing_and_every_key_in_it_is_taken() {
        let empty = parse("").unwrap();
        assert_eq!(parse(REFERENCE_TEXT).unwrap(), empty);
        assert_eq!((empty.recipe.stop, empty.recipe.ready), Default::default());

        let by_name = parse(&switched_on(&["header"])).unwrap();
        assert_eq!(by_name.dialect, Some(DialectChoice::default()));
        assert_eq!(by_name.addrs.len(), 2);
        assert_eq!(by_name.recipe.needs.len(), 2);
        assert_eq!(by_name.recipe.ready.line.as_deref(), Some("server started"));
        assert_eq!(by_name.expect.len(), 1);
        let [probe] = by_name.probes.as_slice() else { panic!("{:?}", by_name.probes) };
        // What the text calls the default is the default.
        let bare = parse("[[probe]]\nname = 'a'\nrun = 'b'").unwrap().probes.remove(0);
        assert_eq!((probe.every, probe.deadline), (bare.every, bare.deadline));
        let command = by_name.command.unwrap();
        assert_eq!(command, ("./bin/Chat Server".into(), vec!["{ip}".into(), "{port}".into()]));
        // What the text calls the default is the default.
        assert_eq!(by_name.recipe.stop, StopRule::default());
        assert_eq!(by_name.recipe.ready.deadline, ReadyRule::default().deadline);
        assert_eq!(by_name.recipe.command_deadline, empty.recipe.command_deadline);

        let by_header = parse(&switched_on(&["dialect"])).unwrap();
        assert_eq!(
            by_header.dialect,
            Some(DialectChoice::Header("/chat/include/public.hpp".into()))
        );
    }

    #[test]
    fn the_nodes_of_the_reference_text_are_taken() {
        let nodes: String = parts().1.lines().map(|line| line.replacen('#', "\n", 1)).collect();
        let file = parse(&format!("{}{nodes}", switched_on(&["header", "addr"]))).unwrap();
        let [first, second] = file.recipe.nodes.as_slice() else { panic!("{:?}", file.recipe) };
        let bare =
            NodeRecipe { addr: Some(([127, 0, 0, 1], 6000).into()), ..NodeRecipe::default() };
        assert_eq!(*first, bare);
        assert_eq!(second.dir.as_deref(), Some(Path::new("/chat/second")));
        assert_eq!(second.env, [("CHAT_NODE".to_owned(), "2".to_owned())]);
        let (program, args) = second.command.as_ref().unwrap();
        assert_eq!((program.as_path(), args.len()), (Path::new("./bin/ChatServer"), 3));
    }

    #[test]
    fn every_key_stands_in_the_reference_text() {
        for (table, text) in [
            ("", "x = 1"),
            ("[ready]", "[ready]\nx = 1"),
            ("[stop]", "[stop]\nx = 1"),
            ("[[probe]]", "[[probe]]\nx = 1"),
            ("[[node]]", "[[node]]\nx = 1"),
        ] {
            let refused = refusal(text);
            // The message lists all keys: "expected one of `addr`, `command`, ..."
            let (_, listed) = refused.split_once("expected ").unwrap();
            let keys: Vec<&str> =
                listed.lines().next().unwrap().split('`').skip(1).step_by(2).collect();
            assert!(keys.len() > 1, "{refused}");
            for key in keys {
                let written =
                    [format!("\n#{key} = "), format!("\n#[{key}]"), format!("\n#[[{key}]]")];
                assert!(written.iter().any(|text| REFERENCE_TEXT.contains(text)), "{table} {key}");
            }
        }
    }

    #[test]
    fn a_mistake_is_shown_with_its_line() {
        for (text, line, says) in [
            ("adr = '127.0.0.1:6000'", 1, "adr"),
            ("\naddr = '6000'", 2, "write 127.0.0.1:6000"),
            ("command = ''", 1, "an empty command"),
            ("command = []", 1, "an empty command"),
            ("command = 3", 1, "a string or a list of strings"),
            ("needs = [\n'127.0.0.1']", 2, "127.0.0.1:3306"),
            ("[stop]\nsignal = 'SIGSEGV'", 2, "SIGINT, SIGTERM"),
            ("[[probe]]\nname = 'a b'\nrun = ''", 2, "probe_NAME"),
            (
                "[[probe]]\nname = 'a'\nrun = ''\n[[probe]]\nname = 'a'\nrun = ''",
                5,
                "another probe",
            ),
            ("[[node]]\naddr = '127.0.0.1:6000'", 1, "write `command` above"),
            ("addr = '127.0.0.1:6000'\ncommand = 'a'\n[[node]]", 1, "say the same twice"),
            ("command = 'a'\nbalancer = '127.0.0.1:1'\n[[node]]", 3, "the balancer cannot know"),
            (
                "command = 'a'\n[[node]]\naddr = '127.0.0.1:1'\n[[node]]\naddr = '127.0.0.1:1'",
                4,
                "an address of its own",
            ),
            ("command = 'a'\n[[node]]\naddr = ['127.0.0.1:1', '127.0.0.1:2']", 2, "one [[node]]"),
            ("[ready]\ndeadline = 'soon'", 2, "not a duration"),
            ("dialect = 'curse'", 1, "course"),
            ("dialect = 'course'\nheader = 'public.hpp'", 2, "keep one"),
        ] {
            let error = refusal(text);
            assert!(error.contains(&format!("chatserver.toml:{line}")), "{text}: {error}");
            assert!(error.contains(says), "{text}: {error}");
        }
    }

    #[test]
    fn paths_are_taken_from_the_files_folder() {
        let file = parse("command = 'Chat {port}'\ndir = 'build'").unwrap();
        assert_eq!(file.recipe.dir, PathBuf::from("/chat/build"));
        assert_eq!(parse("").unwrap().recipe.dir, PathBuf::from("/chat"));
    }

    #[test]
    fn the_search_ends_at_the_root_of_the_repository() {
        let dir = tempfile::tempdir().unwrap();
        let inner = dir.path().join("repository/deep/er");
        fs::create_dir_all(&inner).unwrap();
        fs::write(dir.path().join(FILE_NAME), "addr = '127.0.0.1:7000'").unwrap();
        let found = ConfigFile::search(&inner).unwrap().unwrap();
        assert_eq!(found.path, dir.path().join(FILE_NAME));
        fs::create_dir(dir.path().join("repository/.git")).unwrap();
        assert_eq!(ConfigFile::search(&inner).unwrap(), None);
    }
}
