//! A command that runs to its end, within a deadline.

use std::{sync::Arc, time::Duration};

use tokio::time::timeout;

use super::{Child, Ending, Invocation, Launch, ProcessError};

/// Runs a command to its end and returns how it ended, with its last lines. It is guarded like a server: it does not
/// outlive this process, and what it leaves in its group in the background is ended with it.
///
/// # Errors
/// It was not started, or did not end within `deadline`; then it was killed.
pub async fn run_once(
    invocation: Invocation,
    deadline: Duration,
) -> Result<Arc<Ending>, ProcessError> {
    let command = invocation.to_string();
    let child = Child::start(Launch::new(invocation), |_| ())?;
    let lost = |tail| ProcessError::Deadline { command: command.clone(), deadline, tail };
    match timeout(deadline, child.wait()).await {
        Ok(Some(ending)) => Ok(ending),
        Ok(None) => Err(lost(Vec::new())),
        Err(_) => {
            let ending = child.stop().await;
            Err(lost(ending.map(|ending| ending.tails.joined()).unwrap_or_default()))
        }
    }
}
