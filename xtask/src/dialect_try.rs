//! `cargo xtask dialect try`: what a server speaks, and the dialect file that says so.

use std::{fs, path::Path};

use chatserver_harness::{
    config::{DialectChoice, Settings},
    fixture::Fixture,
    report::told,
    scout::{Change, Scouting, Setting, Step, WHAT_IT_DOES, scout},
    verdict::Exit,
    wire::dialect::{Dialect, Kind, builtin_names, builtin_text},
};
use toml_edit::{Array, DocumentMut, Item, Table, Value, value};

use crate::{campaign, console, dialect::TryFlags, failure::Failure};

/// Scouts the server that the flags describe, from the dialect that they name on.
pub(crate) fn run(flags: &TryFlags) -> Result<Exit, Failure> {
    let usage = |message: String| Failure { message, exit: Exit::Usage };
    if flags.file.exists() && !flags.force {
        let file = flags.file.display();
        return Err(usage(format!(
            "{file} is there already: --force replaces it, --file names another"
        )));
    }
    let settings = campaign::settings(&flags.server)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::own("cannot start a runtime", error))?;
    let (mut found, base) = runtime.block_on(async {
        if flags.search { searched(&settings, flags).await } else { asked(&settings, flags).await }
    })?;
    if let Some(doubt) = &found.doubt {
        console::print(&console::said(&format!("{doubt}\n")));
        if found.changes.is_empty() {
            return Ok(ending(&found));
        }
    }
    found.changes = shared(&base, found.changes);
    let text = changed(&base, &found.changes, &flags.file).map_err(usage)?;
    fs::write(&flags.file, text)
        .map_err(|error| usage(format!("cannot write {}: {error}", flags.file.display())))?;
    console::print(&summary(&found, &flags.file));
    Ok(ending(&found))
}

/// How it ends: understood, died on the way, or not to be understood.
fn ending(found: &Scouting) -> Exit {
    match found.doubt {
        None => Exit::Pass,
        Some(_) if found.death.is_some() && found.steps.len() > 1 => Exit::Fail,
        Some(_) => Exit::Usage,
    }
}

/// Asks the server, from the dialect of the settings on.
async fn asked(settings: &Settings, flags: &TryFlags) -> Result<(Scouting, Dialect), Failure> {
    let fixture = Fixture::start(settings).await?;
    if flags.search && !fixture.server().is_ours() && !settings.allow_crash {
        return Err(Failure {
            message: "--search: a running server may die of the dialects that are not its own: add --allow-crash, or let \
                      the harness launch it (cargo xtask init)"
                .to_owned(),
            exit: Exit::Usage,
        });
    }
    let base = Dialect::clone(fixture.dialect());
    for line in told::target(&fixture.target(), console::lang()) {
        console::tell(&line);
    }
    let told = format!("begins with the dialect {}; it {WHAT_IT_DOES}", base.name);
    console::tell(&console::said(&told));
    let found = scout(&fixture, |step| console::print(&shown(step, flags.quiet))).await;
    // Its end is no part of what was found out.
    let _ = fixture.server().stop().await;
    Ok((found, base))
}

/// Asks in each built-in dialect until the server understands one; gives the one that got farthest.
async fn searched(settings: &Settings, flags: &TryFlags) -> Result<(Scouting, Dialect), Failure> {
    let mut farthest: Option<(Scouting, Dialect)> = None;
    for name in builtin_names() {
        let settings =
            Settings { dialect: Some(DialectChoice::BuiltIn(name.to_owned())), ..settings.clone() };
        let (found, base) = asked(&settings, flags).await?;
        if found.doubt.is_none() {
            return Ok((found, base));
        }
        console::print(&console::said(&format!("it is not {name}\n\n")));
        if farthest.as_ref().is_none_or(|(before, _)| before.steps.len() < found.steps.len()) {
            farthest = Some((found, base));
        }
    }
    farthest.ok_or_else(|| Failure::own("no dialect is built in", "this is a bug"))
}

fn shown(step: &Step, quiet: bool) -> String {
    let passed = step.passed.iter().filter(|_| !quiet).map(|line| format!("    {line}\n"));
    let told = step.told.iter().map(|line| console::said(&format!("  * {line}\n")).into_owned());
    format!(
        "{}\n{}{}",
        console::said(&step.what),
        passed.collect::<String>(),
        told.collect::<String>()
    )
}

fn summary(found: &Scouting, file: &Path) -> String {
    let told = |change: &Change| {
        let (setting, why) = (change.setting.to_string(), console::said(&change.why));
        format!("{} = {}    # {why}\n", change.key, console::said(&setting))
    };
    let changes = match found.changes.as_slice() {
        [] => console::said("the server speaks it as it is\n").into_owned(),
        changes => changes.iter().map(told).collect(),
    };
    let file = file.display();
    let next = if found.doubt.is_some() {
        format!("wrote {file}, with what was found until then\n")
    } else {
        format!(
            "wrote {file}; next: CHATSERVER_DIALECT={file} cargo test --no-fail-fast --test functional\n"
        )
    };
    format!("\n{changes}\n{}", console::said(&next))
}

/// The changes as the loader takes them: of two requests with one acknowledgement number one has it as its `ack`, and the
/// other names that request (`ack_of`); and never both keys in one table.
fn shared(base: &Dialect, changes: Vec<Change>) -> Vec<Change> {
    let document: DocumentMut = base.text.parse().unwrap_or_default();
    let kind_of = |change: &Change| {
        Kind::ALL.into_iter().find(|kind| change.key == format!("{}.ack", kind.table()))
    };
    let key = |kind: Kind, key: &str| document.get(kind.table())?.as_table_like()?.get(key);
    let mut own: Vec<(Kind, i64)> = Kind::ALL
        .into_iter()
        .filter_map(|kind| {
            let new = changes.iter().find(|change| kind_of(change) == Some(kind));
            let number = match new.map(|change| &change.setting) {
                Some(Setting::Number(number)) => Some(*number),
                Some(_) => None,
                None => key(kind, "ack")?.as_integer(),
            };
            Some((kind, number?))
        })
        .collect();
    let mut as_taken = Vec::with_capacity(changes.len());
    for change in changes {
        let Some(kind) = kind_of(&change) else {
            as_taken.push(change);
            continue;
        };
        let number = own.iter().find(|(holder, _)| *holder == kind).map(|(_, number)| *number);
        let other =
            own.iter().find(|(holder, held)| *holder != kind && Some(*held) == number).copied();
        let but = |name: &str, setting| Change {
            key: format!("{}.{name}", kind.table()),
            setting,
            why: change.why.clone(),
        };
        let (ack, ack_of) = match other {
            None => (change.setting.clone(), Setting::Absent),
            Some((other, _)) => (Setting::Absent, Setting::Word(other.table().to_owned())),
        };
        for (name, setting) in [("ack", ack), ("ack_of", ack_of)] {
            if setting != Setting::Absent || key(kind, name).is_some() {
                as_taken.push(but(name, setting));
            }
        }
        if other.is_some() {
            own.retain(|(holder, _)| *holder != kind);
        }
    }
    as_taken
}

/// The text of the dialect with the changes; what came of them must be a dialect.
fn changed(base: &Dialect, changes: &[Change], file: &Path) -> Result<String, String> {
    let mut document: DocumentMut = base
        .text
        .parse()
        .map_err(|error| format!("the dialect {} cannot be changed: {error}", base.name))?;
    if let Some(name) = file.file_stem().and_then(|stem| stem.to_str()) {
        document["name"] = value(name);
    }
    for change in changes {
        set(&mut document, &change.key, &change.setting);
    }
    let is_built_in = builtin_text(&base.name) == Some(base.text.as_str());
    if is_built_in && let Some(mut first) = document.key_mut("name") {
        first.leaf_decor_mut().set_prefix(head(&base.name, changes));
    }
    let text = document.to_string();
    Dialect::load(&file.display().to_string(), &text)
        .map_err(|error| format!("what was found does not make a dialect: {error}"))?;
    Ok(text)
}

/// What stands at the head of the file in place of the built-in dialect's own words about itself.
fn head(base: &str, changes: &[Change]) -> String {
    let keys: Vec<&str> = changes.iter().map(|change| change.key.as_str()).collect();
    let differs = if keys.is_empty() { "nothing".to_owned() } else { keys.join(", ") };
    format!(
        "# Found by `cargo xtask dialect try`, which began with the built-in dialect {base}.\n# What differs from it: {differs}.\n\n"
    )
}

/// Sets or takes away a key, and makes the tables on its way.
fn set(document: &mut DocumentMut, key: &str, setting: &Setting) {
    let mut names: Vec<&str> = key.split('.').collect();
    let Some(last) = names.pop() else { return };
    let mut table: &mut dyn toml_edit::TableLike = document.as_table_mut();
    for name in names {
        let inner = table.entry(name).or_insert_with(|| Item::Table(Table::new()));
        let Some(inner) = inner.as_table_like_mut() else { return };
        table = inner;
    }
    let mut new: Value = match setting {
        Setting::Number(number) => (*number).into(),
        Setting::Word(word) => word.into(),
        Setting::Switch(on) => (*on).into(),
        Setting::Numbers(numbers) => numbers.iter().copied().collect::<Array>().into(),
        Setting::Absent => {
            table.remove(last);
            return;
        }
    };
    // In its place: the comments above and behind a key go with the key.
    match table.get_mut(last) {
        None => drop(table.insert(last, Item::Value(new))),
        Some(item) => {
            if let Some(old) = item.as_value() {
                *new.decor_mut() = old.decor().clone();
            }
            *item = Item::Value(new);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(key: &str, setting: Setting) -> Change {
        Change { key: key.to_owned(), setting, why: "it was seen".to_owned() }
    }

    #[test]
    fn a_changed_dialect_is_one_and_keeps_its_comments() {
        let base = Dialect::builtin("course").unwrap().unwrap();
        let changes = [
            change("login.ack", Setting::Number(77)),
            change("login.reply.user", Setting::Word("uid".to_owned())),
            change("chat.delivery", Setting::Number(60)),
            change("errors.already_online", Setting::Numbers(vec![2, 3])),
            change("login.reply.name", Setting::Absent),
        ];
        let text = changed(&base, &changes, Path::new("mine.toml")).unwrap();
        let dialect = Dialect::load("mine.toml", &text).unwrap();
        assert_eq!(dialect.name, "mine");
        let keys: Vec<String> =
            base.differences(&dialect).iter().map(ToString::to_string).collect();
        assert_eq!(keys.len(), 5, "{keys:#?}");
        // Its own words about itself are gone, the comments of its keys are not.
        let (head, rest) = base.text.split_once("\nname = ").unwrap();
        assert!(!text.contains(head), "{text}");
        assert!(
            text.starts_with("# Found by `cargo xtask dialect try`, which began with"),
            "{text}"
        );
        assert!(
            text.contains("# What differs from it: login.ack, login.reply.user, chat."),
            "{text}"
        );
        assert_eq!(text.matches('#').count(), 2 + rest.matches('#').count());
    }

    #[test]
    fn what_a_user_wrote_at_the_head_of_a_file_stays_there() {
        let own = Dialect::builtin("course")
            .unwrap()
            .unwrap()
            .text
            .replace("name = \"course\"", "name = \"own\"");
        let base = Dialect::load("own.toml", &own).unwrap();
        let text = changed(&base, &[], Path::new("own.toml")).unwrap();
        assert_eq!(text, own);
    }

    #[test]
    fn a_number_that_two_requests_share_is_borrowed_by_one_of_them() {
        let number_of = |base: &str, changes: Vec<Change>, kind: Kind| {
            let base = Dialect::builtin(base).unwrap().unwrap();
            let text = changed(&base, &shared(&base, changes), Path::new("mine.toml")).unwrap();
            (Dialect::load("mine.toml", &text).unwrap().ack(kind).map(|ack| ack.number), text)
        };
        // The answer to a registration bears the number of the answer to a login.
        let course = Dialect::builtin("course").unwrap().unwrap();
        let login = course.ack(Kind::Login).unwrap().number;
        let borrowed = vec![change("register.ack", Setting::Number(login))];
        let (number, text) = number_of("course", borrowed, Kind::Register);
        assert!(number == Some(login) && text.contains("ack_of = \"login\""), "{text}");
        // Two that change to one new number do not name each other.
        let both = ["login.ack", "register.ack"].map(|key| change(key, Setting::Number(77)));
        let (number, text) = number_of("course", both.to_vec(), Kind::Login);
        assert!(number == Some(77) && text.matches("\nack_of = ").count() == 1, "{text}");
        // And one that borrowed its number, and has one of its own or none, borrows no more.
        for (setting, seen) in [(Setting::Number(78), Some(78)), (Setting::Absent, None)] {
            let (number, text) =
                number_of("bing", vec![change("group_chat.ack", setting)], Kind::GroupChat);
            assert_eq!(number, seen, "{text}");
        }
    }

    #[test]
    fn what_makes_no_dialect_is_refused() {
        let base = Dialect::builtin("course").unwrap().unwrap();
        let same = [change("login.ack", Setting::Number(5))];
        assert!(
            changed(&base, &same, Path::new("mine.toml")).unwrap_err().contains("does not make")
        );
    }
}
