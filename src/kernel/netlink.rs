//! The bytes of a sock_diag question and of its answers (`linux/netlink.h`, `linux/inet_diag.h`).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::sock_diag::{TcpSocket, TcpState, Traffic};

const SOCK_DIAG_BY_FAMILY: u16 = 20;
const NLM_F_REQUEST: u16 = 0x001;
const NLM_F_DUMP: u16 = 0x300;
const NLMSG_ERROR: u16 = 2;
const NLMSG_DONE: u16 = 3;
const IPPROTO_TCP: u8 = 6;
const AF_INET: u8 = 2;
const AF_INET6: u8 = 10;
const INET_DIAG_INFO: u16 = 2;

const HEADER_BYTES: usize = 16;
const REQUEST_BYTES: usize = HEADER_BYTES + 56;
const REPLY_BYTES: usize = 72;
/// Where `struct tcp_info` keeps `tcpi_bytes_acked`; `tcpi_bytes_received` follows it.
const BYTES_ACKED_AT: usize = 120;

/// The address family of a dump: the kernel lists one at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    V4,
    V6,
}

/// The address families whose sockets are asked for. A dump of either walks the table of both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Families {
    /// IPv4 and IPv6.
    Both,
    /// IPv4 alone.
    V4,
    /// IPv6 alone, IPv4 inside it included.
    V6,
}

impl Families {
    pub(super) fn each(self) -> &'static [Family] {
        match self {
            Self::Both => &[Family::V4, Family::V6],
            Self::V4 => &[Family::V4],
            Self::V6 => &[Family::V6],
        }
    }
}

/// One question to the kernel.
#[derive(Debug, Clone, Copy)]
pub(super) enum Question {
    /// The one socket with this local and remote address.
    Exact { local: SocketAddr, remote: SocketAddr },
    /// Every socket of one family and local port (0: any) that is in one of `states` (a bit each).
    Dump { family: Family, local_port: u16, states: u32 },
}

impl Question {
    /// The request; `traffic` asks for the byte counters too.
    pub(super) fn encode(self, sequence: u32, traffic: bool) -> [u8; REQUEST_BYTES] {
        let mut bytes = [0; REQUEST_BYTES];
        let flags = match self {
            Self::Exact { .. } => NLM_F_REQUEST,
            Self::Dump { .. } => NLM_F_REQUEST | NLM_F_DUMP,
        };
        bytes[..4].copy_from_slice(&(REQUEST_BYTES as u32).to_ne_bytes());
        bytes[4..6].copy_from_slice(&SOCK_DIAG_BY_FAMILY.to_ne_bytes());
        bytes[6..8].copy_from_slice(&flags.to_ne_bytes());
        bytes[8..12].copy_from_slice(&sequence.to_ne_bytes());

        let body = &mut bytes[HEADER_BYTES..];
        body[1] = IPPROTO_TCP;
        body[2] = if traffic { 1 << (INET_DIAG_INFO - 1) } else { 0 };
        let all_states = u32::MAX;
        match self {
            Self::Exact { local, remote } => {
                body[0] = if local.is_ipv4() { AF_INET } else { AF_INET6 };
                body[4..8].copy_from_slice(&all_states.to_ne_bytes());
                body[8..10].copy_from_slice(&local.port().to_be_bytes());
                body[10..12].copy_from_slice(&remote.port().to_be_bytes());
                encode_ip(&mut body[12..28], local.ip());
                encode_ip(&mut body[28..44], remote.ip());
                if let SocketAddr::V6(local) = local {
                    body[44..48].copy_from_slice(&local.scope_id().to_ne_bytes());
                }
            }
            Self::Dump { family, local_port, states } => {
                body[0] = if family == Family::V4 { AF_INET } else { AF_INET6 };
                body[4..8].copy_from_slice(&states.to_ne_bytes());
                body[8..10].copy_from_slice(&local_port.to_be_bytes());
            }
        }
        // INET_DIAG_NOCOOKIE: any socket with that address will do.
        body[48..56].fill(0xff);
        bytes
    }
}

fn encode_ip(into: &mut [u8], ip: IpAddr) {
    match ip {
        IpAddr::V4(ip) => into[..4].copy_from_slice(&ip.octets()),
        IpAddr::V6(ip) => into.copy_from_slice(&ip.octets()),
    }
}

/// One message of an answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Message {
    Socket(TcpSocket),
    /// The end of a dump.
    Done,
    /// The kernel's refusal: a positive errno.
    Refused(i32),
    /// A message of another kind or of another question.
    Other,
}

/// Takes the next message off `bytes`; `None` at the end, or where the rest is no whole message.
pub(super) fn next_message(bytes: &mut &[u8], sequence: u32) -> Option<Message> {
    let length = u32_at(bytes, 0)? as usize;
    if length < HEADER_BYTES || length > bytes.len() {
        return None;
    }
    let (message, rest) = bytes.split_at(length);
    // Messages begin at multiples of four.
    *bytes = rest.get(length.next_multiple_of(4) - length..).unwrap_or_default();
    if u32_at(message, 8)? != sequence {
        return Some(Message::Other);
    }
    let body = &message[HEADER_BYTES..];
    Some(match u16_at(message, 4)? {
        SOCK_DIAG_BY_FAMILY => decode_socket(body).map_or(Message::Other, Message::Socket),
        NLMSG_DONE => Message::Done,
        NLMSG_ERROR => {
            Message::Refused(u32_at(body, 0).map_or(0, |code| code.cast_signed().wrapping_neg()))
        }
        _ => Message::Other,
    })
}

fn decode_socket(body: &[u8]) -> Option<TcpSocket> {
    if body.len() < REPLY_BYTES {
        return None;
    }
    let family = body[0];
    let port = |at: usize| u16::from_be_bytes([body[at], body[at + 1]]);
    Some(TcpSocket {
        local: SocketAddr::new(decode_ip(family, &body[8..24])?, port(4)),
        remote: SocketAddr::new(decode_ip(family, &body[24..40])?, port(6)),
        state: TcpState::from_kernel(body[1]),
        receive_queue_bytes: u32_at(body, 56)?,
        send_queue_bytes: u32_at(body, 60)?,
        inode: u32_at(body, 68)?,
        cookie: u64::from(u32_at(body, 44)?) | u64::from(u32_at(body, 48)?) << 32,
        is_v6: family == AF_INET6,
        traffic: decode_traffic(&body[REPLY_BYTES..]),
    })
}

/// IPv4 inside IPv6 comes out as IPv4: a server that listens on `::` has such sockets.
fn decode_ip(family: u8, bytes: &[u8]) -> Option<IpAddr> {
    match family {
        AF_INET => Some(Ipv4Addr::new(bytes[0], bytes[1], bytes[2], bytes[3]).into()),
        AF_INET6 => {
            let octets: [u8; 16] = bytes.try_into().ok()?;
            Some(Ipv6Addr::from(octets).to_canonical())
        }
        _ => None,
    }
}

fn decode_traffic(mut attributes: &[u8]) -> Option<Traffic> {
    loop {
        let length = usize::from(u16_at(attributes, 0)?);
        let kind = u16_at(attributes, 2)?;
        if kind == INET_DIAG_INFO {
            let info = attributes.get(4..length)?;
            let counter = |at: usize| info.get(at..at + 8)?.try_into().ok().map(u64::from_ne_bytes);
            return Some(Traffic {
                acked_bytes: counter(BYTES_ACKED_AT)?,
                received_bytes: counter(BYTES_ACKED_AT + 8)?,
            });
        }
        // A length below the attribute's own header would never advance.
        attributes = attributes.get(length.max(4).next_multiple_of(4)..)?;
    }
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..at + 2)?.try_into().ok().map(u16::from_ne_bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4)?.try_into().ok().map(u32::from_ne_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_message_is_the_end_of_the_answer() {
        let request =
            Question::Dump { family: Family::V4, local_port: 1, states: 1 }.encode(7, false);
        for cut in 0..request.len() {
            assert_eq!(next_message(&mut &request[..cut], 7), None, "{cut} bytes");
        }
    }

    #[test]
    fn a_message_of_another_question_is_passed_over() {
        let request =
            Question::Dump { family: Family::V6, local_port: 1, states: 1 }.encode(7, true);
        let mut bytes = &request[..];
        assert_eq!(next_message(&mut bytes, 8), Some(Message::Other));
        assert_eq!(next_message(&mut bytes, 8), None);
    }

    #[test]
    fn attributes_of_impossible_length_end_the_search() {
        assert_eq!(decode_traffic(&[0, 0, 9, 0, 0, 0, 9, 0]), None);
        assert_eq!(decode_traffic(&[255, 255, 2, 0]), None);
    }
}
