//! CONN: connections.

use super::{
    case::Case,
    expect::{Failure, Outcome, ensure},
};
use serde_json::Value;

use crate::fixture::Fixture;

pub(super) const CASES: &[Case] = &[
    Case::must("CONN-1", "a connection is accepted and stays open", |f| {
        Box::pin(a_connection_stays_open(f))
    }),
    Case::must("CONN-2", "connections that come and go without a word harm nobody", |f| {
        Box::pin(silent_connections_harm_nobody(f))
    })
    .after(&["LOGIN-1"]),
    Case::should(
        "CONN-3",
        "a connection that the client closes is closed by the server too",
        |f| Box::pin(a_closed_connection_is_closed(f)),
    )
    .after(&["LOGIN-1"]),
];

async fn a_connection_stays_open(server: &Fixture) -> Outcome {
    let session = server.session().await?;
    // Leaving reads to the end: a server that closed first, or said something unasked, is seen here.
    let unasked = session.leave().await?;
    match unasked.first() {
        None => Ok(()),
        Some(message) => Err(Failure::violation(format!(
            "a connection that said nothing was sent a message: {}",
            Value::Object(message.fields.clone())
        ))),
    }
}

async fn silent_connections_harm_nobody(server: &Fixture) -> Outcome {
    for _ in 0..10 {
        server.session().await?.leave().await?;
    }
    server.user().await?.leave().await?;
    Ok(())
}

async fn a_closed_connection_is_closed(server: &Fixture) -> Outcome {
    let (_, closed) = server.user().await?.session.leave_and_watch().await?;
    ensure(closed, || {
        format!(
            "the server keeps its end open {} s after the client closed its own: it will run out of file descriptors",
            server.contact().patience.as_secs()
        )
    })
}
