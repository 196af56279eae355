//! The shell lines of a recipe, run alone.

use std::{path::Path, time::Duration};

use super::{Recipe, ServerError, launch::run_step, lock::Lock, ready::check_needs};

/// A shell line of a recipe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// Once, before the first start.
    Setup,
    /// Before each start.
    Reset,
    /// At the end.
    Cleanup,
}

impl Step {
    /// Its key in `chatserver.toml`.
    pub fn key(self) -> &'static str {
        match self {
            Self::Setup => "setup",
            Self::Reset => "reset",
            Self::Cleanup => "cleanup",
        }
    }

    /// The line of the recipe, if it has one.
    pub fn of(self, recipe: &Recipe) -> Option<&str> {
        match self {
            Self::Setup => recipe.setup.as_deref(),
            Self::Reset => recipe.reset.as_deref(),
            Self::Cleanup => recipe.cleanup.as_deref(),
        }
    }

    /// Runs the line of the recipe in that `chatserver.toml`, after a look at what the recipe needs. A recipe without such
    /// a line is left in peace. Waits for another run on the same server, `wait` at most: it would lose its users.
    ///
    /// # Errors
    /// The other run does not end; what the recipe needs does not answer; the line fails, or takes longer than the
    /// recipe's deadline.
    pub async fn run(
        self,
        recipe: &Recipe,
        config_file: &Path,
        wait: Duration,
    ) -> Result<(), ServerError> {
        let shared = config_file.display();
        let (what, key) = (format!("the same server ({shared})"), format!("recipe {shared}"));
        let lock = Lock::take(&what, &key, wait).await?;
        check_needs(&recipe.needs).await?;
        let outcome = run_step(self.key(), self.of(recipe), recipe).await;
        drop(lock);
        outcome
    }
}
