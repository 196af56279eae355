//! The bare loop: the system calls of the generator without its JSON and its accounting.

use std::{
    io::{self, Read},
    net::{SocketAddr, TcpStream},
    os::fd::OwnedFd,
    time::{Duration, Instant},
};

use rustix::{
    event::epoll,
    io::Errno,
    net::{RecvFlags, SendFlags, recv, send},
    time::{
        ClockId, Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec,
        clock_gettime, timerfd_create, timerfd_settime,
    },
};

use crate::{Load, Shape, relay::framed};

const TIMER: u64 = u64::MAX;
const TICK_NS: i64 = 1_000_000;
const PING_PONG_SPREAD_NS: u64 = 10_000_000;
const EVENTS_MAX: usize = 256;
const READ_BYTES: usize = 256 * 1024;

/// What a run of the bare loop cost.
pub(crate) struct Cost {
    /// CPU time of the thread from the first send to the end of the drain.
    pub(crate) cpu_ns: u64,
    /// CPU time of the thread for connecting and logging in.
    pub(crate) enter_cpu_ns: u64,
    /// Messages sent.
    pub(crate) sent: u64,
    /// Messages received.
    pub(crate) delivered: u64,
}

struct Bare {
    epoll: OwnedFd,
    timer: OwnedFd,
    events: Vec<epoll::Event>,
    streams: Vec<TcpStream>,
    chats: Vec<Vec<u8>>,
    buffer: Vec<u8>,
    received_bytes: u64,
    sent: u64,
}

/// Runs one load.
pub(crate) fn run(server: SocketAddr, load: &Load) -> io::Result<Cost> {
    let began = thread_cpu_ns();
    let mut bare = Bare::enter(server, load)?;
    let enter_cpu_ns = thread_cpu_ns() - began;
    std::thread::sleep(Duration::from_millis(100));
    let began = thread_cpu_ns();
    bare.send(load)?;
    let until = Instant::now() + load.drain;
    while Instant::now() < until {
        bare.turn(false)?;
    }
    let cpu_ns = thread_cpu_ns() - began;
    let delivered = bare.received_bytes / bare.chats[0].len() as u64;
    Ok(Cost { cpu_ns, enter_cpu_ns, sent: bare.sent, delivered })
}

/// CPU time of the calling thread.
pub(crate) fn thread_cpu_ns() -> u64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// Who sends when within a round: seeded random phases.
fn round(clients: usize, interval_ns: u64) -> Vec<(u64, usize)> {
    let mut random = fastrand::Rng::with_seed(1);
    let mut round: Vec<(u64, usize)> =
        (0..clients).map(|client| (random.u64(0..interval_ns), client)).collect();
    round.sort_unstable();
    round
}

impl Bare {
    /// Everybody connects, registers, logs in, and joins; one after the other, as cheaply as it can be done.
    fn enter(server: SocketAddr, load: &Load) -> io::Result<Self> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let timer = timerfd_create(
            TimerfdClockId::Monotonic,
            TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC,
        )?;
        let every = Timespec { tv_sec: 0, tv_nsec: TICK_NS };
        let setting = Itimerspec { it_interval: every, it_value: every };
        timerfd_settime(&timer, TimerfdTimerFlags::empty(), &setting)?;
        epoll::add(&epoll, &timer, epoll::EventData::new_u64(TIMER), epoll::EventFlags::IN)?;
        let mut bare = Self {
            epoll,
            timer,
            events: Vec::with_capacity(EVENTS_MAX),
            streams: Vec::new(),
            chats: Vec::new(),
            buffer: vec![0; READ_BYTES],
            received_bytes: 0,
            sent: 0,
        };
        let clients = load.clients;
        for index in 0..clients {
            let stream = TcpStream::connect(server)?;
            stream.set_nodelay(true)?;
            let user = format!("u{index:011}");
            bare.ask(&stream, &format!(r#"{{"msgId":3,"name":"{user}","password":"harness1"}}"#))?;
            bare.ask(&stream, &format!(r#"{{"msgId":1,"name":"{user}","password":"harness1"}}"#))?;
            let text = "#".repeat(load.text_bytes);
            // The relay gives its ids in the order of the connections.
            let (from, next, group) = (index + 1, (index + 1) % clients + 1, load.group_of(index));
            let time = "2026-01-01 00:00:00";
            let chat = match load.shape {
                Shape::Groups { .. } => {
                    if group == from {
                        bare.ask(&stream, &format!(r#"{{"msgId":11,"userId":{from}}}"#))?;
                    } else {
                        let join = format!(r#"{{"msgId":13,"userId":{from},"groupId":{group}}}"#);
                        bare.ask(&stream, &join)?;
                    }
                    format!(
                        r#"{{"msgId":7,"userId":{from:05},"user":"{user}","groupId":{group:05},"message":"{text}","time":"{time}"}}"#
                    )
                }
                _ => format!(
                    r#"{{"msgId":5,"from":{from:05},"user":"{user}","to":{next:05},"message":"{text}","time":"{time}"}}"#
                ),
            };
            bare.chats.push(framed(&chat));
            stream.set_nonblocking(true)?;
            let data = epoll::EventData::new_u64(index as u64);
            epoll::add(&bare.epoll, &stream, data, epoll::EventFlags::IN)?;
            bare.streams.push(stream);
        }
        Ok(bare)
    }

    fn ask(&mut self, stream: &TcpStream, document: &str) -> io::Result<()> {
        send(stream, &framed(document), SendFlags::NOSIGNAL)?;
        let mut stream = stream;
        match stream.read(&mut self.buffer)? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }

    fn send(&mut self, load: &Load) -> io::Result<()> {
        let begin = Instant::now();
        if load.shape == Shape::PingPong {
            // The first ones are spread as the generator spreads them: who begins together stays together, and is read
            // in larger batches.
            for (due_ns, index) in round(load.clients, PING_PONG_SPREAD_NS) {
                while (begin.elapsed().as_nanos() as u64) < due_ns {
                    self.turn(true)?;
                }
                self.say(index)?;
            }
            while begin.elapsed() < load.duration {
                self.turn(true)?;
            }
            return Ok(());
        }
        let interval_ns = load.interval().as_nanos() as u64;
        let round = round(load.clients, interval_ns);
        let end_ns = load.duration.as_nanos() as u64;
        let (mut rounds, mut at) = (0, 0);
        loop {
            let now_ns = begin.elapsed().as_nanos() as u64;
            let due_ns = rounds * interval_ns + round[at].0;
            if due_ns >= end_ns {
                return Ok(());
            }
            if due_ns > now_ns {
                self.turn(false)?;
                continue;
            }
            self.say(round[at].1)?;
            at += 1;
            if at == round.len() {
                (at, rounds) = (0, rounds + 1);
            }
        }
    }

    fn say(&mut self, index: usize) -> io::Result<()> {
        match send(&self.streams[index], &self.chats[index], SendFlags::NOSIGNAL) {
            Ok(count) if count == self.chats[index].len() => {}
            Ok(_) | Err(Errno::AGAIN) => return Err(io::ErrorKind::WouldBlock.into()),
            Err(error) => return Err(error.into()),
        }
        self.sent += 1;
        Ok(())
    }

    fn turn(&mut self, answers: bool) -> io::Result<()> {
        self.events.clear();
        let spare = rustix::buffer::spare_capacity(&mut self.events);
        epoll::wait(&self.epoll, spare, None)?;
        for at in 0..self.events.len() {
            let data = self.events[at].data.u64();
            if data == TIMER {
                rustix::io::read(&self.timer, &mut [0; 8])?;
                continue;
            }
            let index = data as usize;
            let count = match recv(&self.streams[index], &mut self.buffer, RecvFlags::empty()) {
                Ok((count, _)) => count,
                Err(Errno::AGAIN) => continue,
                Err(error) => return Err(error.into()),
            };
            self.received_bytes += count as u64;
            if answers {
                // Whoever wrote to this one writes again.
                let sender = index.checked_sub(1).unwrap_or(self.streams.len() - 1);
                self.say(sender)?;
            }
        }
        Ok(())
    }
}
