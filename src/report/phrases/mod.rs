//! Sentences of the record and of errors in the reader's language, a table for each subject.
//!
//! The harness says everything in English, in one language for every reader of `run.json` and for every log; a report in
//! Chinese, and an error told to a reader of Chinese, says those sentences that it knows in Chinese, and the others as they
//! are.

mod campaign;
mod cases;
mod clients;
mod commands;
mod config;
mod dialects;
mod doctor;
mod headers;
mod nodes;
mod plans;
mod robustness;
mod scouting;
mod servers;
mod stages;
mod system;
mod toml;

use std::borrow::Cow;

use super::Lang;

/// English and Chinese, with the same holes in the same order: `{}` is whatever was named or measured, or another sentence of
/// these tables; `{q}` is the same and never a sentence, for what a server said or somebody wrote; `{w}` is a word without a
/// blank, for sentences that would match too much otherwise.
type Phrase = (&'static str, &'static str);

/// The tables. Where two sentences fit, the first is meant: those that hold other sentences come first.
const TABLES: &[&[Phrase]] = &[
    system::FRAMES,
    stages::PHRASES,
    nodes::PHRASES,
    cases::PHRASES,
    robustness::PHRASES,
    clients::PHRASES,
    servers::PHRASES,
    config::PHRASES,
    toml::PHRASES,
    dialects::PHRASES,
    headers::PHRASES,
    plans::PHRASES,
    campaign::PHRASES,
    scouting::PHRASES,
    commands::PHRASES,
    doctor::PHRASES,
    system::PHRASES,
];

/// A sentence in the reader's language as far as it is known there.
pub(super) fn phrase(text: &str, lang: Lang) -> Cow<'_, str> {
    match lang {
        Lang::En => text.into(),
        Lang::Zh => chinese(text).map_or(text.into(), Cow::Owned),
    }
}

/// The sentence in Chinese; `None` where no table has it.
fn chinese(text: &str) -> Option<String> {
    if let Some((part, whole)) = text.split_once(" of ")
        && [part, whole].iter().all(|count| count.bytes().all(|byte| byte.is_ascii_digit()))
    {
        return Some(format!("{part} / {whole}"));
    }
    let (holes, chinese) =
        all().find_map(|(english, chinese)| Some((holes(english, text)?, chinese)))?;
    let mut said = String::new();
    let mut holes = holes.into_iter();
    let mut rest = *chinese;
    while let Some((before, hole, after)) = next_hole(rest) {
        push(&mut said, before);
        let content = holes.next().unwrap_or_default();
        match (hole == Hole::Any).then(|| self::chinese(content.trim())).flatten() {
            Some(sentence) => push(&mut said, &sentence),
            None => said.push_str(content),
        }
        rest = after;
    }
    push(&mut said, rest);
    Some(said)
}

/// Appends what is ours. A blank stands between Chinese and what is not, so none between Chinese and Chinese, which a hole
/// may turn out to hold.
fn push(said: &mut String, piece: &str) {
    if said.ends_with(' ') && piece.starts_with(is_wide) && said.trim_end().ends_with(is_wide) {
        said.truncate(said.trim_end().len());
    }
    let doubled = said.ends_with(is_wide) && piece.trim_start().starts_with(is_wide);
    said.push_str(if doubled { piece.trim_start() } else { piece });
}

fn is_wide(character: char) -> bool {
    matches!(character, '\u{3000}'..='\u{303f}' | '\u{4e00}'..='\u{9fff}' | '\u{ff00}'..='\u{ffef}')
}

/// What may stand in a hole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hole {
    Any,
    Quote,
    Word,
}

/// What stands before the next hole, the hole, and what stands behind it.
fn next_hole(pattern: &str) -> Option<(&str, Hole, &str)> {
    const HOLES: [(&str, Hole); 3] = [("{}", Hole::Any), ("{q}", Hole::Quote), ("{w}", Hole::Word)];
    pattern.match_indices('{').find_map(|(at, _)| {
        let rest = &pattern[at..];
        let (written, hole) = HOLES.into_iter().find(|(written, _)| rest.starts_with(written))?;
        Some((&pattern[..at], hole, &rest[written.len()..]))
    })
}

/// What stands in the holes of a pattern; `None` where the text is another sentence.
fn holes<'t>(pattern: &str, text: &'t str) -> Option<Vec<&'t str>> {
    let Some((before, mut hole, mut pattern)) = next_hole(pattern) else {
        return (pattern == text).then(Vec::new);
    };
    let mut rest = text.strip_prefix(before)?;
    let mut holes = Vec::new();
    loop {
        let next = next_hole(pattern);
        let (content, after) = match next {
            None => (rest.strip_suffix(pattern)?, ""),
            Some((between, ..)) => rest.split_once(between)?,
        };
        if hole == Hole::Word && (content.is_empty() || content.contains(char::is_whitespace)) {
            return None;
        }
        holes.push(content);
        rest = after;
        match next {
            None => return Some(holes),
            Some((_, following, after)) => (hole, pattern) = (following, after),
        }
    }
}

/// Every sentence with its translation.
pub(super) fn all() -> impl Iterator<Item = &'static Phrase> + Clone {
    TABLES.iter().copied().flatten()
}

#[cfg(test)]
mod tests;
