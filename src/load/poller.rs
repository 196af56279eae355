//! Readiness and the tick: one epoll set with one timer, nothing between the engine and the kernel.
//!
//! No runtime here: a generator thread does nothing but wait for sockets and its own tick, and each wake-up that
//! something else needs is lateness. The runtime's own timer is 1 to 2 ms late; this one some tens of microseconds.

use std::{
    io,
    os::fd::{AsFd, OwnedFd},
    time::Duration,
};

use rustix::{
    event::epoll,
    io::Errno,
    time::{
        Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
        timerfd_settime,
    },
};

/// Events taken at once. More would delay the tick, fewer cost system calls.
const EVENTS_MAX: usize = 256;
const TIMER: u64 = u64::MAX;

/// What a socket is ready for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ready {
    pub(super) token: u32,
    pub(super) readable: bool,
    pub(super) writable: bool,
    /// An error or a hang-up: reading or the socket's own error tells which.
    pub(super) broken: bool,
}

/// What one wait brought.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) ready: Vec<Ready>,
    /// Ticks that have passed since the last wait that reported any.
    pub(super) ticks: u64,
}

/// An epoll set and its timer.
pub(super) struct Poller {
    epoll: OwnedFd,
    timer: OwnedFd,
    events: Vec<epoll::Event>,
}

impl Poller {
    /// An empty set whose timer ticks every `tick`.
    pub(super) fn new(tick: Duration) -> io::Result<Self> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let timer = timerfd_create(
            TimerfdClockId::Monotonic,
            TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC,
        )?;
        let every = Timespec {
            tv_sec: tick.as_secs().cast_signed(),
            tv_nsec: i64::from(tick.subsec_nanos()),
        };
        let setting = Itimerspec { it_interval: every, it_value: every };
        timerfd_settime(&timer, TimerfdTimerFlags::empty(), &setting)?;
        epoll::add(&epoll, &timer, epoll::EventData::new_u64(TIMER), epoll::EventFlags::IN)?;
        Ok(Self { epoll, timer, events: Vec::with_capacity(EVENTS_MAX) })
    }

    /// Watches a socket; `writable` asks to be told when it can be written, too.
    pub(super) fn add(&self, socket: impl AsFd, token: u32, writable: bool) -> io::Result<()> {
        let data = epoll::EventData::new_u64(u64::from(token));
        Ok(epoll::add(&self.epoll, socket, data, interest(writable))?)
    }

    /// Changes whether a socket is watched for writing.
    pub(super) fn watch_writable(
        &self,
        socket: impl AsFd,
        token: u32,
        writable: bool,
    ) -> io::Result<()> {
        let data = epoll::EventData::new_u64(u64::from(token));
        Ok(epoll::modify(&self.epoll, socket, data, interest(writable))?)
    }

    /// Waits for a socket or the tick, which bounds the wait; with `busy` it only looks.
    pub(super) fn wait(&mut self, batch: &mut Batch, busy: bool) -> io::Result<()> {
        const NOW: Timespec = Timespec { tv_sec: 0, tv_nsec: 0 };
        batch.ready.clear();
        batch.ticks = 0;
        self.events.clear();
        let spare = rustix::buffer::spare_capacity(&mut self.events);
        match epoll::wait(&self.epoll, spare, busy.then_some(&NOW)) {
            Ok(_) => {}
            Err(Errno::INTR) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
        for event in &self.events {
            let (data, flags) = (event.data.u64(), event.flags);
            if data == TIMER {
                batch.ticks = self.read_timer()?;
                continue;
            }
            let broken = flags.intersects(epoll::EventFlags::ERR | epoll::EventFlags::HUP);
            batch.ready.push(Ready {
                token: data as u32,
                readable: broken || flags.intersects(epoll::EventFlags::IN),
                writable: broken || flags.intersects(epoll::EventFlags::OUT),
                broken,
            });
        }
        Ok(())
    }

    fn read_timer(&self) -> io::Result<u64> {
        let mut count = [0; 8];
        match rustix::io::read(&self.timer, &mut count) {
            Ok(_) => Ok(u64::from_ne_bytes(count)),
            Err(Errno::AGAIN) => Ok(0),
            Err(error) => Err(error.into()),
        }
    }
}

fn interest(writable: bool) -> epoll::EventFlags {
    if writable { epoll::EventFlags::IN | epoll::EventFlags::OUT } else { epoll::EventFlags::IN }
}

#[cfg(test)]
mod tests {
    use std::{io::Write, os::unix::net::UnixStream};

    use super::*;

    #[test]
    fn the_tick_comes_and_so_do_bytes() {
        let mut poller = Poller::new(Duration::from_millis(1)).unwrap();
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        poller.add(&ours, 7, false).unwrap();
        let mut batch = Batch::default();
        poller.wait(&mut batch, false).unwrap();
        assert!(batch.ready.is_empty() && batch.ticks > 0);
        theirs.write_all(b"x").unwrap();
        poller.wait(&mut batch, false).unwrap();
        let readable = Ready { token: 7, readable: true, writable: false, broken: false };
        assert_eq!(batch.ready, [readable]);
        poller.watch_writable(&ours, 7, true).unwrap();
        poller.wait(&mut batch, false).unwrap();
        assert!(batch.ready[0].writable);
    }
}
