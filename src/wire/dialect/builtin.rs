//! The dialects that come with the harness.

use super::Dialect;
use crate::error::Pointed;

const TEXTS: [(&str, &str); 12] = [
    ("course", include_str!("../../../fixtures/dialects/course.toml")),
    ("course-pwd", include_str!("../../../fixtures/dialects/course-pwd.toml")),
    ("second", include_str!("../../../fixtures/dialects/second.toml")),
    ("tara", include_str!("../../../fixtures/dialects/tara.toml")),
    ("bing", include_str!("../../../fixtures/dialects/bing.toml")),
    ("echo-ack", include_str!("../../../fixtures/dialects/echo-ack.toml")),
    ("len4", include_str!("../../../fixtures/dialects/len4.toml")),
    ("mixed", include_str!("../../../fixtures/dialects/mixed.toml")),
    ("token", include_str!("../../../fixtures/dialects/token.toml")),
    ("jsoncpp", include_str!("../../../fixtures/dialects/jsoncpp.toml")),
    ("heartbeat", include_str!("../../../fixtures/dialects/heartbeat.toml")),
    ("header", include_str!("../../../fixtures/dialects/header.toml")),
];

/// The names of the built-in dialects.
pub fn builtin_names() -> impl Iterator<Item = &'static str> {
    TEXTS.iter().map(|(name, _)| *name)
}

/// The TOML text of a built-in dialect.
pub fn builtin_text(name: &str) -> Option<&'static str> {
    TEXTS.iter().find(|(candidate, _)| *candidate == name).map(|(_, text)| *text)
}

impl Dialect {
    /// A built-in dialect by its name; `None` when there is none of that name.
    ///
    /// # Errors
    /// The built-in text is wrong: a defect of this crate, which its own tests would show.
    pub fn builtin(name: &str) -> Option<Result<Self, Box<Pointed>>> {
        builtin_text(name).map(|text| Self::load(&format!("built-in {name}"), text))
    }
}
