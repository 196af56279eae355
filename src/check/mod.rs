//! The numbered cases: id, level, requirement, an async body over a fixture; the registry.
//!
//! A case is a requirement that the author of a chat server can read. Its id is written down and never used again for
//! anything else. One file a section; `functional` has the users who behave, `robustness` everybody else.

mod attempt;
mod case;
mod evidence;
mod expect;
mod functional;
mod robustness;
mod select;
mod suite;

pub use case::{Case, Needs, Section};
pub use expect::{Failure, Outcome};
pub use select::{UnknownCase, select};
pub use suite::Suite;

/// All sections, in the order in which they are run.
pub fn sections() -> impl Iterator<Item = &'static Section> {
    functional::SECTIONS.iter().chain(robustness::SECTIONS)
}

/// The cases of users who behave, in the order in which they are run: each after those it stands on.
pub fn functional() -> impl Iterator<Item = &'static Case> {
    functional::SECTIONS.iter().flat_map(|section| section.cases)
}

/// The cases of everybody else: odd framing, broken documents, broken requests, sizes, sessions, peers, signals. They
/// stand on functional ones.
pub fn robustness() -> impl Iterator<Item = &'static Case> {
    robustness::SECTIONS.iter().flat_map(|section| section.cases)
}

/// All cases, in the order in which they are run.
pub fn registry() -> impl Iterator<Item = &'static Case> {
    functional().chain(robustness())
}

/// The case of this id.
pub fn find(id: &str) -> Option<&'static Case> {
    registry().find(|case| case.id == id)
}

#[cfg(test)]
mod tests;
