//! The bare relay: one thread that routes length-prefixed chats and answers just enough for a login.

use std::{
    collections::BTreeMap,
    io::{self, Read, Write},
    net::{TcpListener, TcpStream},
    os::fd::OwnedFd,
};

use memchr::memmem;
use rustix::{event::epoll, time::Timespec};

const LISTENER: u64 = u64::MAX;
const EVENTS_MAX: usize = 256;
const NOW: Timespec = Timespec { tv_sec: 0, tv_nsec: 0 };

struct Peer {
    stream: TcpStream,
    /// A document cut by the end of a read.
    partial: Vec<u8>,
    /// What the kernel would not take yet.
    rest: Vec<u8>,
}

/// Everybody's connection is everybody's id: the first to connect is 1.
struct Relay {
    epoll: OwnedFd,
    peers: Vec<Peer>,
    groups: BTreeMap<usize, Vec<usize>>,
}

/// Serves until the process is ended. It looks without ever sleeping: on a core of its own that costs nobody anything, and
/// no sender pays for waking it up, which in a virtual machine is dearer than the send itself.
pub(crate) fn serve(listener: &TcpListener) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
    let data = epoll::EventData::new_u64(LISTENER);
    epoll::add(&epoll, listener, data, epoll::EventFlags::IN)?;
    let mut relay = Relay { epoll, peers: Vec::new(), groups: BTreeMap::new() };
    let mut events = Vec::with_capacity(EVENTS_MAX);
    let mut buffer = vec![0; 64 * 1024];
    loop {
        events.clear();
        let spare = rustix::buffer::spare_capacity(&mut events);
        epoll::wait(&relay.epoll, spare, Some(&NOW))?;
        for event in &events {
            let (data, flags) = (event.data.u64(), event.flags);
            if data == LISTENER {
                relay.accept(listener)?;
                continue;
            }
            if flags.intersects(epoll::EventFlags::OUT) {
                relay.write_rest(data as usize);
            }
            if flags.intersects(epoll::EventFlags::IN | epoll::EventFlags::HUP) {
                relay.read(data as usize, &mut buffer);
            }
        }
    }
}

impl Relay {
    fn accept(&mut self, listener: &TcpListener) -> io::Result<()> {
        loop {
            let stream = match listener.accept() {
                Ok((stream, _)) => stream,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            };
            stream.set_nonblocking(true)?;
            stream.set_nodelay(true)?;
            let data = epoll::EventData::new_u64(self.peers.len() as u64);
            epoll::add(&self.epoll, &stream, data, epoll::EventFlags::IN)?;
            self.peers.push(Peer { stream, partial: Vec::new(), rest: Vec::new() });
        }
    }

    fn read(&mut self, index: usize, buffer: &mut [u8]) {
        let peer = &mut self.peers[index];
        let count = match peer.stream.read(buffer) {
            Ok(0) => {
                let _ = epoll::delete(&self.epoll, &peer.stream);
                let _ = peer.stream.shutdown(std::net::Shutdown::Both);
                return;
            }
            Ok(count) => count,
            Err(_) => return,
        };
        if peer.partial.is_empty() {
            let taken = self.route(index, &buffer[..count]);
            self.peers[index].partial.extend_from_slice(&buffer[taken..count]);
        } else {
            let mut bytes = std::mem::take(&mut peer.partial);
            bytes.extend_from_slice(&buffer[..count]);
            let taken = self.route(index, &bytes);
            bytes.drain(..taken);
            self.peers[index].partial = bytes;
        }
    }

    /// Routes the whole documents at the front; gives how many bytes they were.
    fn route(&mut self, index: usize, bytes: &[u8]) -> usize {
        let mut at = 0;
        while let Some(length) = bytes[at..].first_chunk() {
            let end = at + 4 + u32::from_be_bytes(*length) as usize;
            let Some(frame) = bytes.get(at..end) else { break };
            self.document(index, frame);
            at = end;
        }
        at
    }

    fn document(&mut self, index: usize, frame: &[u8]) {
        let id = index + 1;
        match number(frame, b"\"msgId\":") {
            Some(5) => {
                if let Some(to) = number(frame, b"\"to\":") {
                    self.write(to - 1, frame);
                }
            }
            Some(7) => {
                let group = number(frame, b"\"groupId\":").unwrap_or_default();
                let members = self.groups.remove(&group).unwrap_or_default();
                for &member in members.iter().filter(|member| **member != index) {
                    self.write(member, frame);
                }
                self.groups.insert(group, members);
            }
            Some(3) => self.answer(index, &format!(r#"{{"msgId":4,"code":0,"id":{id}}}"#)),
            Some(1) => self.answer(index, &format!(r#"{{"msgId":2,"code":0,"id":{id}}}"#)),
            Some(11) => {
                self.groups.insert(id, vec![index]);
                self.answer(index, &format!(r#"{{"msgId":12,"code":0,"groupId":{id}}}"#));
            }
            Some(13) => {
                let group = number(frame, b"\"groupId\":").unwrap_or_default();
                self.groups.entry(group).or_default().push(index);
                self.answer(index, r#"{"msgId":14,"code":0}"#);
            }
            _ => {}
        }
    }

    fn answer(&mut self, index: usize, document: &str) {
        self.write(index, &framed(document));
    }

    fn write(&mut self, index: usize, frame: &[u8]) {
        let Some(peer) = self.peers.get_mut(index) else { return };
        if peer.rest.is_empty() {
            let count = peer.stream.write(frame).unwrap_or(0);
            if count == frame.len() {
                return;
            }
            peer.rest.extend_from_slice(&frame[count..]);
            self.watch(index, epoll::EventFlags::IN | epoll::EventFlags::OUT);
        } else {
            peer.rest.extend_from_slice(frame);
        }
    }

    fn write_rest(&mut self, index: usize) {
        let peer = &mut self.peers[index];
        let count = peer.stream.write(&peer.rest).unwrap_or(0);
        peer.rest.drain(..count);
        if peer.rest.is_empty() {
            self.watch(index, epoll::EventFlags::IN);
        }
    }

    fn watch(&self, index: usize, flags: epoll::EventFlags) {
        let data = epoll::EventData::new_u64(index as u64);
        let _ = epoll::modify(&self.epoll, &self.peers[index].stream, data, flags);
    }
}

/// A document behind its length.
pub(crate) fn framed(document: &str) -> Vec<u8> {
    [&(document.len() as u32).to_be_bytes(), document.as_bytes()].concat()
}

/// The number behind a key.
fn number(frame: &[u8], key: &[u8]) -> Option<usize> {
    let start = memmem::find(frame, key)? + key.len();
    let digits = frame[start..].iter().take_while(|byte| byte.is_ascii_digit());
    Some(digits.fold(0, |number, digit| number * 10 + usize::from(digit - b'0')))
}
