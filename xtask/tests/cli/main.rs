//! The commands as a shell sees them: exit codes, messages, files.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "the assertion style of tests, also in what several tests share"
)]

mod adoption;
mod agreement;
mod bad_input;
mod campaign;
mod chinese;
mod ci_plan;
mod dialect;
mod dialect_try;
mod doctor;
mod ending;
mod growth;
mod monitor;
mod nodes;
mod plans;
#[path = "../../../fixtures/refserver/tests/behaviour/services.rs"]
mod services;
mod shell;
