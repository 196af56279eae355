//! What was sent to a server before it died or hung, connection by connection, so that it can be sent again.

use std::{
    fmt, fs,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{error::Classified, verdict::Exit};

/// The version of the format.
pub const REPLAY_VERSION: u32 = 1;
/// A larger file is no replay of ours: a tape is bounded far below that.
const FILE_BYTES_MAX: u64 = 256 << 20;
/// The digits of hexadecimal.
const HEX: [u8; 16] = *b"0123456789abcdef";
/// How much of a frame is shown on a line.
const SHOWN_CHARACTERS: usize = 200;

/// Everything that is needed to do again what was done to a server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replay {
    /// The version of the format: [`REPLAY_VERSION`].
    pub version: u32,
    /// During what it was recorded: the id of a case.
    pub during: String,
    /// What became of the server, in one line.
    pub outcome: String,
    /// The dialect that was spoken; a replay does not need it.
    pub dialect: String,
    /// Steps that the bounded memory no longer held: with any, the beginning is missing.
    pub forgotten_steps: u64,
    /// What was done, in its order.
    pub steps: Vec<ReplayStep>,
}

/// One thing that was done or heard on a connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplayStep {
    /// When, since the recording began.
    pub at_us: u64,
    /// On which connection; counted from 1 in the order of connecting.
    pub connection: u32,
    /// What.
    #[serde(flatten)]
    pub deed: Deed,
}

/// What was done or heard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Deed {
    /// A connection was made.
    Connect {
        /// With hardly any room for what the server sends, and never read from.
        narrow: bool,
    },
    /// These bytes were written, in one write.
    Send {
        /// The bytes.
        bytes: Bytes,
    },
    /// The server said something.
    Hear {
        /// Its beginning.
        head: Bytes,
        /// How much it was.
        length_bytes: u64,
    },
    /// FIN was said; reading went on.
    Finish,
    /// The connection was closed.
    Close,
    /// The connection was closed with RST.
    Reset,
}

/// Bytes of a connection: as text where they are text, else in hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Bytes(pub Vec<u8>);

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Written {
    Text(String),
    Hex(String),
}

impl From<Bytes> for Written {
    fn from(Bytes(bytes): Bytes) -> Self {
        match String::from_utf8(bytes) {
            Ok(text) => Self::Text(text),
            Err(error) => {
                let digits =
                    |byte: &u8| [byte >> 4, byte & 15].map(|digit| HEX[digit as usize] as char);
                Self::Hex(error.as_bytes().iter().flat_map(digits).collect())
            }
        }
    }
}

impl TryFrom<Written> for Bytes {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let hex = match written {
            Written::Text(text) => return Ok(Self(text.into_bytes())),
            Written::Hex(hex) => hex,
        };
        let pairs = hex.as_bytes().chunks(2).map(|pair| {
            let digits = std::str::from_utf8(pair).ok().filter(|digits| digits.len() == 2);
            digits.and_then(|digits| u8::from_str_radix(digits, 16).ok())
        });
        pairs.collect::<Option<Vec<u8>>>().map(Self).ok_or_else(|| {
            "`hex` takes two hexadecimal digits for each byte, and nothing else".to_owned()
        })
    }
}

/// Why a replay was not kept, or cannot be used.
#[derive(Debug, Error)]
pub enum ReplayError {
    /// The file cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is no replay.
    #[error("{} is no replay: {why}; `cargo xtask check` writes one beside the server's log when a server dies or hangs", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
}

impl Classified for ReplayError {
    fn exit(&self) -> Exit {
        Exit::Usage
    }
}

impl Replay {
    /// Reads a replay.
    pub fn load(path: &Path) -> Result<Self, ReplayError> {
        let failed = |source| ReplayError::File { path: path.to_owned(), source };
        let unreadable = |why: String| ReplayError::Unreadable { path: path.to_owned(), why };
        let mut bytes = Vec::new();
        let file = fs::File::open(path).map_err(failed)?;
        file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(failed)?;
        if bytes.len() as u64 > FILE_BYTES_MAX {
            return Err(unreadable(format!("it is larger than {} MiB", FILE_BYTES_MAX >> 20)));
        }
        let replay: Self =
            serde_json::from_slice(&bytes).map_err(|error| unreadable(error.to_string()))?;
        if replay.version != REPLAY_VERSION {
            let version = replay.version;
            return Err(unreadable(format!(
                "it has version {version}, and this harness reads version {REPLAY_VERSION}"
            )));
        }
        Ok(replay)
    }

    /// Writes it, one step a line.
    pub fn save(&self, path: &Path) -> Result<(), ReplayError> {
        let failed = |source| ReplayError::File { path: path.to_owned(), source };
        let lines: Result<Vec<String>, _> = self.steps.iter().map(serde_json::to_string).collect();
        let empty = Self { steps: Vec::new(), ..self.clone() };
        let (Ok(lines), Ok(head)) = (lines, serde_json::to_string_pretty(&empty)) else {
            return Err(failed(io::ErrorKind::InvalidData.into()));
        };
        // The steps are its last field.
        let head = head.trim_end_matches(|c: char| "[]}".contains(c) || c.is_whitespace());
        let text = format!("{head} [\n    {}\n  ]\n}}\n", lines.join(",\n    "));
        fs::write(path, text).map_err(failed)
    }

    /// How many writes it does.
    pub fn sends(&self) -> usize {
        self.steps.iter().filter(|step| matches!(step.deed, Deed::Send { .. })).count()
    }

    /// How many connections it makes.
    pub fn connections(&self) -> usize {
        self.steps.iter().filter(|step| matches!(step.deed, Deed::Connect { .. })).count()
    }
}

impl fmt::Display for ReplayStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at_us, connection, deed } = self;
        write!(f, "{:>9.1} ms  connection {connection}  ", *at_us as f64 / 1e3)?;
        match deed {
            Deed::Connect { narrow: false } => f.write_str("connects"),
            Deed::Connect { narrow: true } => f.write_str("connects, and will not read"),
            Deed::Send { bytes } => write!(f, "-> {}", shown(&bytes.0, bytes.0.len() as u64)),
            Deed::Hear { head, length_bytes } => write!(f, "<- {}", shown(&head.0, *length_bytes)),
            Deed::Finish => f.write_str("says FIN"),
            Deed::Close => f.write_str("closes"),
            Deed::Reset => f.write_str("closes with RST"),
        }
    }
}

/// The beginning of a frame: escaped, one line, and how long it is where that is not all.
fn shown(bytes: &[u8], length: u64) -> String {
    let head = &bytes[..bytes.len().min(SHOWN_CHARACTERS)];
    let mut text = String::new();
    for chunk in head.utf8_chunks() {
        for character in chunk.valid().chars() {
            if character.is_control() {
                text.extend(character.escape_default());
            } else {
                text.push(character);
            }
        }
        text.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}")));
    }
    if length > head.len() as u64 {
        text.extend(["… (", &length.to_string(), " bytes in all)"]);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(deed: Deed) -> ReplayStep {
        ReplayStep { at_us: 1_500, connection: 1, deed }
    }

    fn replay() -> Replay {
        let send = |bytes: &[u8]| step(Deed::Send { bytes: Bytes(bytes.to_vec()) });
        Replay {
            version: REPLAY_VERSION,
            during: "FRAME-1".to_owned(),
            outcome: "signal 6 [{\"]}".to_owned(),
            dialect: "course".to_owned(),
            forgotten_steps: 0,
            steps: vec![
                step(Deed::Connect { narrow: false }),
                send("{\"a\":\"你\"}\0".as_bytes()),
                send(b"\xff\xfe"),
                step(Deed::Hear { head: Bytes(b"{}".to_vec()), length_bytes: 2 }),
                step(Deed::Reset),
            ],
        }
    }

    #[test]
    fn what_was_written_is_read_again_byte_for_byte() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.replay.json");
        for replay in [replay(), Replay { steps: Vec::new(), ..replay() }] {
            replay.save(&path).unwrap();
            assert_eq!(Replay::load(&path).unwrap(), replay);
        }
        replay().save(&path).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(r#""do":"send","bytes":{"hex":"fffe"}"#), "{text}");
    }

    #[test]
    fn what_is_no_replay_is_refused_with_its_reason() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.json");
        let refusal = |text: &str| {
            fs::write(&path, text).unwrap();
            Replay::load(&path).unwrap_err().to_string()
        };
        assert!(refusal("GET /").contains("is no replay"));
        let newer = serde_json::to_string(&Replay { version: 9, ..replay() }).unwrap();
        assert!(refusal(&newer).contains("version 9"));
        let odd = serde_json::to_string(&replay()).unwrap().replace("fffe", "fff");
        assert!(refusal(&odd).contains("two hexadecimal digits"), "{}", refusal(&odd));
        let absent = Replay::load(&dir.path().join("absent")).unwrap_err();
        assert_eq!(absent.exit(), Exit::Usage);
    }

    #[test]
    fn a_step_is_one_harmless_line() {
        let long = step(Deed::Send { bytes: Bytes(vec![0x1b; 5000]) }).to_string();
        assert!(long.ends_with("… (5000 bytes in all)") && !long.contains('\u{1b}'), "{long}");
        assert_eq!(step(Deed::Finish).to_string(), "      1.5 ms  connection 1  says FIN");
    }
}
