//! `[[node]]` in `chatserver.toml`: one process of a cluster that the harness launches.

use std::{collections::BTreeMap, path::PathBuf};

use serde::Deserialize;
use toml::Spanned;

use super::file::OneOrMany;

/// A node as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct WrittenNode {
    pub(super) addr: Option<Spanned<OneOrMany>>,
    pub(super) command: Option<Spanned<OneOrMany>>,
    pub(super) dir: Option<PathBuf>,
    pub(super) env: BTreeMap<String, String>,
}
