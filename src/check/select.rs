//! Which cases to run: by id, by section, by level.

use super::{Case, functional, registry, sections};
use crate::{error::Classified, verdict::Exit, verdict::Level};

/// A word that names neither a case nor a section.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is no case and no section: sections are {}, FUNCTIONAL is the first of them, and a case is called CHAT-1", sections().map(|section| section.key).collect::<Vec<_>>().join(", "))]
pub struct UnknownCase {
    /// The word.
    pub word: String,
}

impl Classified for UnknownCase {
    fn exit(&self) -> Exit {
        Exit::Usage
    }
}

/// The cases that `words` name (ids such as `CHAT-1`, sections such as `FRAME`, or `FUNCTIONAL`; none: all), of `least`
/// or a more binding level, in the order of the registry.
///
/// # Errors
/// A word names nothing.
pub fn select(words: &[String], least: Level) -> Result<Vec<&'static Case>, UnknownCase> {
    let mut named: Vec<&str> = Vec::new();
    for word in words {
        let word = word.trim().to_uppercase();
        let before = named.len();
        if word == "FUNCTIONAL" {
            named.extend(functional().map(|case| case.id));
        }
        let section = sections().filter(|section| section.key == word);
        named.extend(section.flat_map(|section| section.cases).map(|case| case.id));
        named.extend(registry().map(|case| case.id).filter(|id| **id == word));
        if named.len() == before {
            return Err(UnknownCase { word });
        }
    }
    let wanted = |case: &&Case| words.is_empty() || named.contains(&case.id);
    Ok(registry().filter(wanted).filter(|case| case.level >= least).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(words: &[&str], least: Level) -> Vec<&'static str> {
        let words: Vec<String> = words.iter().map(ToString::to_string).collect();
        select(&words, least).unwrap().into_iter().map(|case| case.id).collect()
    }

    #[test]
    fn cases_are_selected_by_id_and_by_section_in_the_order_of_the_registry() {
        assert_eq!(ids(&["reg-2", "CONN"], Level::Info), ["CONN-1", "CONN-2", "CONN-3", "REG-2"]);
        assert_eq!(ids(&["CONN"], Level::Must), ["CONN-1", "CONN-2"]);
        assert_eq!(ids(&[], Level::Info).len(), registry().count());
        assert_eq!(ids(&["FUNCTIONAL"], Level::Info).len(), functional().count());
    }

    #[test]
    fn a_word_that_names_nothing_is_an_error_that_says_what_there_is() {
        let error = select(&["CHAT-999".to_owned()], Level::Info).unwrap_err().to_string();
        assert!(error.contains("CHAT-999") && error.contains("FRAME"), "{error}");
    }
}
