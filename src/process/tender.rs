//! What the thread of a child does: read its output, wait for its end, stop it when told.

use std::{
    fs::File,
    io::Read,
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use tokio::{
    io::{AsyncRead, AsyncReadExt},
    process::Child as Process,
    sync::watch,
    task::JoinSet,
    time::{sleep, timeout},
};

use super::{
    Ending, Output, Status, StopRule, StopSignal,
    child::Order,
    group::{members, signal_group},
    guard::Guard,
    output::Stream,
};

/// How often a group is asked whether anybody is left, and a followed file whether it has grown.
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// After the end of the child: how long the rest of its output may take, while others of its group hold the pipe.
const LAST_WORDS: Duration = Duration::from_millis(300);
/// After SIGKILL: how long the kernel may take to end a process.
const KILL_DEADLINE: Duration = Duration::from_secs(5);

/// A started child with all that its thread needs.
#[derive(Debug)]
pub(super) struct Tended {
    pub(super) pid: u32,
    pub(super) group: u32,
    pub(super) process: Process,
    pub(super) guard: Option<Guard>,
    pub(super) stop: StopRule,
    pub(super) started: Instant,
    pub(super) output: Arc<Output>,
    /// The log of a kept child, which it writes itself.
    pub(super) followed: Option<File>,
}

/// Keeps a child until it ends, by itself or on order; `None` if it was left running.
pub(super) async fn tend(mut tended: Tended, mut orders: watch::Receiver<Order>) -> Option<Ending> {
    let mut readers = JoinSet::new();
    if let Some(stream) = tended.process.stdout.take() {
        readers.spawn(read(stream, Stream::Out, Arc::clone(&tended.output)));
    }
    if let Some(stream) = tended.process.stderr.take() {
        readers.spawn(read(stream, Stream::Err, Arc::clone(&tended.output)));
    }
    let mut followers = JoinSet::new();
    if let Some(file) = tended.followed.take() {
        followers.spawn(follow(file, Arc::clone(&tended.output)));
    }

    let order = tokio::select! {
        waited = tended.process.wait() => Err(Status::from(waited)),
        // A lost owner cannot happen (its drop gives an order), and would mean the same as a stop.
        order = orders.wait_for(|order| *order != Order::Keep) => Ok(order.map_or(Order::Stop, |o| *o)),
    };
    let (status, at, asked) = match order {
        Ok(Order::Abandon) => return None,
        Ok(_) => {
            let status = stop(&mut tended).await;
            (status, Timestamp::now(), true)
        }
        Err(status) => (status, Timestamp::now(), false),
    };
    let uptime = tended.started.elapsed();

    // Others of the group may hold the pipes open: a short time for what is in them, then the group goes.
    let _ = timeout(LAST_WORDS, drained(&mut readers)).await;
    signal_group_unless_empty(&tended);
    if let Some(guard) = tended.guard.take() {
        guard.end().await;
    }
    let _ = timeout(LAST_WORDS, drained(&mut readers)).await;
    if !followers.is_empty() {
        sleep(3 * LOOK_EVERY).await;
    }
    Some(Ending { status, at, uptime, asked, tails: tended.output.tails() })
}

/// A guard kills its own group. Without one, the group's number is only ours while it has members.
fn signal_group_unless_empty(tended: &Tended) {
    if tended.guard.is_none() && !members(tended.group, 0).is_empty() {
        signal_group(tended.group, StopSignal::Kill);
    }
}

async fn drained(readers: &mut JoinSet<()>) {
    while readers.join_next().await.is_some() {}
}

/// The stop rule: signal, grace for the whole group, SIGKILL, reap.
async fn stop(tended: &mut Tended) -> Status {
    let Tended { process, guard, group, stop, .. } = tended;
    signal_group(*group, stop.signal);
    let guard = guard.as_ref().map_or(0, |guard| guard.pid);
    let mut status = None;
    let gentle = async {
        status = Some(Status::from(process.wait().await));
        // A script that was the child may be gone before the server that it started.
        while !members(*group, guard).is_empty() {
            sleep(LOOK_EVERY).await;
        }
    };
    let in_time = timeout(stop.grace, gentle).await.is_ok();
    if !in_time {
        tracing::info!(group, grace = ?stop.grace, "not stopped in time: SIGKILL");
        signal_group(*group, StopSignal::Kill);
    }
    match status {
        Some(status) => status,
        None => match timeout(KILL_DEADLINE, process.wait()).await {
            Ok(waited) => Status::from(waited),
            Err(_) => Status::Unknown { detail: "it outlived SIGKILL".to_owned() },
        },
    }
}

async fn read(mut stream: impl AsyncRead + Unpin, which: Stream, output: Arc<Output>) {
    let mut buffer = vec![0; 64 * 1024];
    // The loop ends with the stream; its memory is bounded by the output.
    loop {
        match stream.read(&mut buffer).await {
            Ok(0) => return,
            Ok(length) => output.take(which, &buffer[..length]),
            Err(error) => {
                tracing::debug!(%error, "reading a child's output");
                return;
            }
        }
    }
}

/// Reads a growing file until the task is dropped. Both streams are in it; they count as standard output.
async fn follow(mut file: File, output: Arc<Output>) {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => sleep(LOOK_EVERY).await,
            Ok(length) => {
                output.take(Stream::Out, &buffer[..length]);
                tokio::task::yield_now().await;
            }
            Err(error) => {
                tracing::debug!(%error, "following a child's log");
                return;
            }
        }
    }
}
