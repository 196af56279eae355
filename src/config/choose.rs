//! The documented order in which the server under test is found; the first match wins.

use std::{net::SocketAddr, path::Path};

use super::{ConfigError, Settings};
use crate::{
    kernel::{holder_of, listener_at},
    record::DialectFacts,
    server::{Assignment, Choice, Recipe},
};

/// Where the servers of the family usually listen.
const USUAL_PORT: u16 = 6000;

impl Settings {
    /// Decides which server is tested. `dialect_text` is the dialect's TOML, for the reference server.
    ///
    /// 1. Attach to [`Settings::addrs`].
    /// 2. Launch [`Settings::program`] (or use [`Settings::reference`]), with the rest of the file's recipe.
    /// 3. The file's recipe, or its address.
    /// 4. Launch [`Settings::on_path`].
    /// 5. The reference server.
    pub fn assignment(
        &self,
        dialect: DialectFacts,
        dialect_text: &str,
    ) -> Result<Assignment, ConfigError> {
        let (choice, found_by) = self.choose();
        let mut advice = Vec::new();
        if choice == Choice::Reference && !self.reference {
            let hint = hint_at_usual_port();
            if self.require {
                return Err(ConfigError::Required { hint });
            }
            advice.extend(hint);
        }
        let defaults = Assignment::new(choice, dialect, dialect_text);
        Ok(Assignment {
            found_by,
            config_file: self.file.as_ref().map(|file| file.path.clone()),
            log_dir: self.log_dir.clone().unwrap_or(defaults.log_dir),
            balancer: self.file.as_ref().and_then(|file| file.balancer),
            keep: self.keep,
            allow_remote: self.allow_remote,
            lock_wait: self.lock_wait,
            advice,
            ..defaults
        })
    }

    fn choose(&self) -> (Choice, String) {
        if !self.addrs.is_empty() {
            let choice = Choice::Attach { addrs: self.addrs.clone() };
            return (choice, self.addrs_from.to_owned());
        }
        if self.reference {
            return (Choice::Reference, "CHATSERVER_BIN".to_owned());
        }
        if let Some(program) = &self.program {
            return (launch(self.recipe_of(program)), "CHATSERVER_BIN".to_owned());
        }
        if let Some(file) = &self.file {
            let found_by = file.path.display().to_string();
            if let Some((program, args)) = &file.command {
                let recipe =
                    Recipe { program: program.clone(), args: args.clone(), ..file.recipe.clone() };
                return (launch(recipe), found_by);
            }
            if !file.addrs.is_empty() {
                return (Choice::Attach { addrs: file.addrs.clone() }, found_by);
            }
        }
        if let Some(program) = &self.on_path {
            return (launch(self.recipe_of(program)), "PATH".to_owned());
        }
        (Choice::Reference, "no other server being configured".to_owned())
    }

    /// The file's recipe with another program; without a command in the file, `program {ip} {port}`.
    fn recipe_of(&self, program: &Path) -> Recipe {
        let alone = Recipe::new(program);
        let Some(file) = &self.file else { return alone };
        match &file.command {
            Some((_, args)) => {
                Recipe { program: alone.program, args: args.clone(), ..file.recipe.clone() }
            }
            // An address without a command is that of a server that runs already: not this one.
            None => Recipe {
                program: alone.program,
                args: alone.args,
                dir: if file.has_dir { file.recipe.dir.clone() } else { alone.dir },
                addrs: Vec::new(),
                nodes: Vec::new(),
                ..file.recipe.clone()
            },
        }
    }
}

fn launch(recipe: Recipe) -> Choice {
    Choice::Launch(Box::new(recipe))
}

/// How to test what listens where the servers of the family usually do.
fn hint_at_usual_port() -> Option<String> {
    let addr = SocketAddr::from(([127, 0, 0, 1], USUAL_PORT));
    listener_at(addr).ok().flatten()?;
    let who = holder_of(addr).ok().flatten().map_or("something".to_owned(), |who| who.to_string());
    Some(format!("{who} listens on {addr}: to test that, set CHATSERVER_ADDR={addr}"))
}

#[cfg(test)]
mod tests {
    use std::{ffi::OsString, path::PathBuf};

    use super::*;

    fn facts() -> DialectFacts {
        DialectFacts { name: "course".into(), origin: "built-in".into() }
    }

    fn settings(dir: &Path, file: &str, variables: &[(&str, &str)]) -> Settings {
        if !file.is_empty() {
            std::fs::write(dir.join("chatserver.toml"), file).unwrap();
        }
        let lookup = |name: &str| {
            variables.iter().find(|(n, _)| *n == name).map(|(_, value)| OsString::from(value))
        };
        Settings::from_variables(lookup, dir).unwrap()
    }

    fn chosen(settings: &Settings) -> (Choice, String) {
        let assignment = settings.assignment(facts(), "").unwrap();
        (assignment.choice, assignment.found_by)
    }

    fn recipe(settings: &Settings) -> Recipe {
        match chosen(settings).0 {
            Choice::Launch(recipe) => *recipe,
            other => panic!("{other:?}"),
        }
    }

    const RECIPE: &str =
        "command = 'bin/Chat {ip} {port}'\nreset = 'true'\nneeds = ['127.0.0.1:1']\n";

    #[test]
    fn an_address_comes_before_a_program_before_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let both = [("CHATSERVER_ADDR", "127.0.0.1:7000"), ("CHATSERVER_BIN", "./other")];
        let addrs = vec!["127.0.0.1:7000".parse().unwrap()];
        let (choice, found_by) = chosen(&settings(dir.path(), RECIPE, &both));
        assert_eq!((choice, found_by.as_str()), (Choice::Attach { addrs }, "CHATSERVER_ADDR"));

        let by_program = settings(dir.path(), RECIPE, &both[1..]);
        assert_eq!(chosen(&by_program).1, "CHATSERVER_BIN");
        assert_eq!(recipe(&by_program).program, dir.path().join("./other"));

        let by_file = settings(dir.path(), RECIPE, &[]);
        assert_eq!(recipe(&by_file).program, PathBuf::from("bin/Chat"));
        assert!(chosen(&by_file).1.ends_with("chatserver.toml"));
    }

    #[test]
    fn a_program_replaces_only_the_program_of_the_recipe() {
        let dir = tempfile::tempdir().unwrap();
        let replaced = recipe(&settings(dir.path(), RECIPE, &[("CHATSERVER_BIN", "/new/Chat")]));
        let original = recipe(&settings(dir.path(), RECIPE, &[]));
        assert_eq!(replaced, Recipe { program: "/new/Chat".into(), ..original });
    }

    #[test]
    fn a_program_alone_runs_in_its_own_folder_with_address_and_port() {
        let dir = tempfile::tempdir().unwrap();
        let alone = recipe(&settings(dir.path(), "", &[("CHATSERVER_BIN", "bin/ChatServer")]));
        assert_eq!(alone.dir, dir.path().join("bin"));
        assert_eq!(alone.args, ["{ip}", "{port}"]);

        // The rest of a file without a command still holds; its address is that of another server.
        let file = "addr = '127.0.0.1:7000'\nreset = 'true'\n";
        let beside = recipe(&settings(dir.path(), file, &[("CHATSERVER_BIN", "bin/ChatServer")]));
        assert_eq!((beside.dir, beside.reset.as_deref()), (dir.path().join("bin"), Some("true")));
        assert!(beside.addrs.is_empty());
    }

    #[test]
    fn a_file_with_an_address_alone_attaches() {
        let dir = tempfile::tempdir().unwrap();
        let settings = settings(dir.path(), "addr = ['127.0.0.1:7000', '127.0.0.1:7001']", &[]);
        let addrs = [7000, 7001].map(|port| SocketAddr::from(([127, 0, 0, 1], port))).to_vec();
        assert_eq!(chosen(&settings).0, Choice::Attach { addrs });
    }

    #[test]
    fn a_server_on_path_comes_before_the_reference_server() {
        let dir = tempfile::tempdir().unwrap();
        let mut settings = settings(dir.path(), "", &[]);
        assert_eq!(chosen(&settings).0, Choice::Reference);
        settings.on_path = Some("/usr/local/bin/chatserver".into());
        assert_eq!(recipe(&settings).dir, PathBuf::from("/usr/local/bin"));
        assert_eq!(chosen(&settings).1, "PATH");
    }

    #[test]
    fn the_reference_server_can_be_forced_and_forbidden() {
        let dir = tempfile::tempdir().unwrap();
        let forced = [("CHATSERVER_BIN", "refserver"), ("CHATSERVER_REQUIRE", "1")];
        assert_eq!(chosen(&settings(dir.path(), RECIPE, &forced)).0, Choice::Reference);

        let empty = tempfile::tempdir().unwrap();
        let required = settings(empty.path(), "", &[("CHATSERVER_REQUIRE", "1")]);
        let error = required.assignment(facts(), "").unwrap_err().to_string();
        assert!(error.contains("CHATSERVER_BIN=") && error.contains("CHATSERVER_ADDR="), "{error}");
    }
}
