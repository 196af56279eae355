//! Ctrl-C and its kin: the first asks for an early end with a report, the second ends at once.

use std::{future::poll_fn, io, task::Poll, thread};

use chatserver_harness::campaign::Interrupt;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::console;

/// What shells give to a program that Ctrl-C ended.
const ENDED_AT_ONCE: i32 = 130;

/// Listens on a thread of its own, so that a second Ctrl-C works whatever the campaign is doing.
pub(crate) fn listen(interrupt: Interrupt) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut signals = {
        let _entered = runtime.enter();
        [
            ("SIGINT", signal(SignalKind::interrupt())?),
            ("SIGTERM", signal(SignalKind::terminate())?),
            ("SIGHUP", signal(SignalKind::hangup())?),
        ]
    };
    thread::Builder::new().name("signals".to_owned()).spawn(move || {
        runtime.block_on(async {
            loop {
                let name = next(&mut signals).await;
                if interrupt.raise(name) {
                    let told = format!("{name}: the report follows; once more ends at once");
                    console::tell(&console::said(&told));
                } else {
                    let told = format!("{name} again: ended at once, the report is not complete");
                    console::tell(&console::said(&told));
                    std::process::exit(ENDED_AT_ONCE);
                }
            }
        });
    })?;
    Ok(())
}

/// The name of the next signal that comes.
async fn next(signals: &mut [(&'static str, Signal)]) -> &'static str {
    poll_fn(|context| {
        for (name, signal) in signals.iter_mut() {
            if signal.poll_recv(context).is_ready() {
                return Poll::Ready(*name);
            }
        }
        Poll::Pending
    })
    .await
}
