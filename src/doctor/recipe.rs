//! What the server of the settings needs: its program, its directory, what must answer, the tools of its shell lines.

use super::{Health, Item, Topic};
use crate::{
    config::Settings,
    record::DialectFacts,
    server::{Choice, Recipe, find_program, reach},
    verdict::Exit,
};

/// Words of the shell that are no programs.
const SHELL_WORDS: [&str; 12] =
    ["cd", "if", "for", "while", "test", "[", "true", "false", ":", "set", "export", "echo"];

/// Looks at what the server needs; nothing, where the reference server is tested.
pub(super) async fn items(settings: &Settings) -> Vec<Item> {
    let facts = DialectFacts { name: String::new(), origin: String::new() };
    let Ok(assignment) = settings.assignment(facts, "") else { return Vec::new() };
    match &assignment.choice {
        Choice::Attach { addrs } => {
            let mut items = Vec::new();
            for addr in addrs {
                items.push(address(&addr.to_string(), "start it first").await);
            }
            items
        }
        Choice::Launch(recipe) => of_recipe(recipe, &assignment.found_by).await,
        Choice::LaunchReference(_) | Choice::Reference => Vec::new(),
    }
}

async fn of_recipe(recipe: &Recipe, found_by: &str) -> Vec<Item> {
    let missing = Health::Missing(Exit::Unreachable);
    let item = |topic, seen: Result<String, String>, wanted: &str, cure: String| {
        let health = if seen.is_ok() { Health::Good } else { missing };
        let cure = seen.is_err().then_some(cure);
        let (Ok(seen) | Err(seen)) = seen;
        Item { topic, seen, wanted: wanted.to_owned(), health, cure }
    };
    let is_dir = recipe.dir.is_dir();
    let dir = recipe.dir.display();
    let seen = if is_dir { Ok(dir.to_string()) } else { Err("–".to_owned()) };
    let make = format!("mkdir -p '{dir}'   # or correct `dir` in chatserver.toml");
    let mut items = vec![item(Topic::Directory(recipe.dir.clone()), seen, "a directory", make)];
    let program = find_program(&recipe.program, &recipe.dir, found_by);
    let seen = program.map(|path| path.display().to_string()).map_err(|error| error.to_string());
    let build = format!("ls -l '{}'   # build it, or correct {found_by}", recipe.program.display());
    items.push(item(Topic::Program(recipe.program.clone()), seen, "a program", build));
    for need in &recipe.needs {
        items.push(address(need, "start what listens there").await);
    }
    items.extend(tools(recipe));
    items
}

async fn address(addr: &str, what: &str) -> Item {
    let answer = reach(addr).await;
    let port = addr.rsplit_once(':').map_or("", |(_, port)| port);
    Item {
        topic: Topic::Address(addr.to_owned()),
        seen: answer.as_ref().map_or_else(ToString::to_string, |()| "answers".to_owned()),
        wanted: "answers".to_owned(),
        health: if answer.is_ok() { Health::Good } else { Health::Missing(Exit::Unreachable) },
        cure: answer
            .is_err()
            .then(|| format!("ss -tlnp 'sport = :{port}'   # nobody there: {what}")),
    }
}

/// The programs that the shell lines begin with. A line may be anything, so one that is not found is advice.
fn tools(recipe: &Recipe) -> Vec<Item> {
    let lines = [("setup", &recipe.setup), ("reset", &recipe.reset), ("cleanup", &recipe.cleanup)];
    let first = |line: &str| line.split_whitespace().next().map(str::to_owned);
    let named = lines.into_iter().filter_map(|(step, line)| Some((step, first(line.as_deref()?)?)));
    let plain = |word: &str| word.chars().all(|c| c.is_ascii_alphanumeric() || "._+-".contains(c));
    named
        .filter(|(_, program)| plain(program) && !SHELL_WORDS.contains(&program.as_str()))
        .map(|(step, program)| {
            let found = which::which(&program).ok();
            let cure = format!(
                "command -v {program}   # `{step}` in chatserver.toml begins with it: install it"
            );
            Item {
                seen: found.as_ref().map_or_else(|| "–".to_owned(), |it| it.display().to_string()),
                wanted: program.clone(),
                health: if found.is_some() { Health::Good } else { Health::Advice },
                cure: found.is_none().then_some(cure),
                topic: Topic::Tool { step, program },
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn a_recipe_is_told_by_what_is_there_and_what_is_not() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let answers = listener.local_addr().unwrap().to_string();
        let silent = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let mut recipe = Recipe::new("sh");
        recipe.needs = vec![answers, silent];
        recipe.reset = Some("no-such-client -e 'update user'".into());
        recipe.cleanup = Some("cd /tmp && ls".into());
        let items = of_recipe(&recipe, "chatserver.toml").await;
        let health: Vec<_> = items.iter().map(|item| item.health).collect();
        let missing = Health::Missing(Exit::Unreachable);
        assert_eq!(health, [Health::Good, Health::Good, Health::Good, missing, Health::Advice]);
        assert!(items[3].cure.as_ref().unwrap().starts_with("ss -tlnp"), "{items:?}");

        let absent = Recipe::new("/no/such/ChatServer");
        let items = of_recipe(&absent, "CHATSERVER_BIN").await;
        assert!(items.iter().all(|item| item.health == missing), "{items:?}");
    }
}
