//! Names of fresh users: unique to a run, short, ASCII, with a prefix that a clean-up can find.

use std::sync::atomic::{AtomicU32, Ordering};

/// What all names of the harness begin with.
const COMMON_PREFIX: &str = "hx";

/// The prefix of the names of one run: `hx` and six characters that change from run to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamePrefix(String);

impl NamePrefix {
    /// A prefix made from the clock and a random number, so that runs on one database do not meet.
    pub fn fresh() -> Self {
        const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
        let mut value = fastrand::u64(..);
        let mut text = COMMON_PREFIX.to_owned();
        for _ in 0..6 {
            text.push(char::from(DIGITS[(value % 36) as usize]));
            value /= 36;
        }
        Self(text)
    }

    /// The name of the `index`-th user.
    pub fn name(&self, index: usize) -> String {
        format!("{}_{index}", self.0)
    }

    /// The prefix itself: `delete from user where name like 'hx%'` finds every user that the harness ever made.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A name that no other call in this process returns.
pub fn fresh_name() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    static PREFIX: std::sync::OnceLock<NamePrefix> = std::sync::OnceLock::new();
    let index = NEXT.fetch_add(1, Ordering::Relaxed);
    PREFIX.get_or_init(NamePrefix::fresh).name(index as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_short_and_ascii() {
        let names: Vec<String> = (0..1000).map(|_| fresh_name()).collect();
        let distinct: std::collections::HashSet<_> = names.iter().collect();
        assert_eq!(distinct.len(), names.len());
        assert!(
            names.iter().all(|n| n.len() <= 16 && n.is_ascii() && n.starts_with(COMMON_PREFIX))
        );
    }
}
