//! Bytes of a server: they come in documents whatever the reads were, and nothing in them makes the harness panic.
#![no_main]

use std::sync::LazyLock;

use chatserver_harness::wire::{
    Scanner, decode,
    dialect::{Dialect, Kind, builtin_names},
    framing::{Deframer, FrameError, Framing, Limits, Splitting},
};
use libfuzzer_sys::fuzz_target;

/// Small, so that a fuzzer reaches them.
const LIMITS: Limits = Limits { document_bytes: 1 << 10, depth: 16 };

/// Every way to understand a document.
static DIALECTS: LazyLock<Vec<(Scanner, Dialect)>> = LazyLock::new(|| {
    let builtin = |name| Dialect::builtin(name).expect("it is built in").expect("and sound");
    builtin_names().map(builtin).map(|dialect| (Scanner::new(&dialect), dialect)).collect()
});

/// The documents of a stream that was read in pieces of so many bytes, and the error that ended it.
fn split(splitting: Splitting, stream: &[u8], piece: usize) -> (Vec<Vec<u8>>, Option<FrameError>) {
    let mut deframer = Deframer::new(splitting, LIMITS);
    let mut found = Vec::new();
    for read in stream.chunks(piece) {
        let mut documents = deframer.feed(read);
        while let Some(document) = documents.next() {
            match document {
                Ok(document) => found.push(document.to_vec()),
                Err(error) => return (found, Some(error)),
            }
        }
    }
    (found, None)
}

fuzz_target!(|data: &[u8]| {
    let [how, piece, stream @ ..] = data else { return };
    let splitting = match how % 6 {
        0 => Splitting::Auto,
        1 => Splitting::Strict(Framing::None),
        2 => Splitting::Strict(Framing::Nul),
        3 => Splitting::Strict(Framing::Newline),
        4 => Splitting::Strict(Framing::LENGTH),
        // The message number in the header, little-endian.
        _ => Dialect::builtin("header").expect("it is built in").expect("and sound").splitting(),
    };
    let (documents, ended) = split(splitting, stream, stream.len().max(1));
    let (again, ended_again) = split(splitting, stream, usize::from(*piece).max(1));
    assert_eq!(documents, again, "the same documents, however the stream was read");
    assert_eq!(ended.is_some(), ended_again.is_some(), "{ended:?}, in pieces {ended_again:?}");
    for (scanner, dialect) in DIALECTS.iter() {
        for document in &documents {
            let _ = scanner.scan(document);
            let _ = decode(dialect, document, &[Kind::Login]);
        }
    }
});
