//! Any chunking of any sequence of documents gives the same documents; serde_json is the oracle.

use proptest::{collection::vec, prelude::*};
use serde_json::{Value, json};

use super::*;

const STRICT: [Framing; 3] = [Framing::Nul, Framing::Newline, Framing::LENGTH];

/// Splits `stream` as it arrives in `chunks`.
fn split(splitting: Splitting, chunks: &[&[u8]]) -> Result<Vec<Vec<u8>>, FrameError> {
    let mut deframer = Deframer::new(splitting, Limits::default());
    let mut found = Vec::new();
    for chunk in chunks {
        let mut documents = deframer.feed(chunk);
        while let Some(document) = documents.next() {
            found.push(document?.to_vec());
        }
    }
    assert_eq!(deframer.unfinished(), None, "the stream was whole");
    Ok(found)
}

fn cut<'a>(stream: &'a [u8], cuts: &[prop::sample::Index]) -> Vec<&'a [u8]> {
    let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(stream.len() + 1)).collect();
    at.extend([0, stream.len()]);
    at.sort_unstable();
    at.windows(2).map(|pair| &stream[pair[0]..pair[1]]).collect()
}

fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "[{}\\[\\]\"\\\\,:\u{0}-\u{1f}你好😀]{0,12}".prop_map(Value::from),
    ]
}

fn document() -> impl Strategy<Value = Value> {
    let tree = leaf().prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((any::<String>(), inner), 0..4)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    });
    // Lengths around 91, 123 and 379 put `[` and `{` into the last byte of a length.
    (vec((any::<String>(), tree), 0..4), prop::option::of(60usize..130)).prop_map(
        |(entries, pad)| {
            let mut object: serde_json::Map<_, _> = entries.into_iter().collect();
            if let Some(pad) = pad {
                object.insert("pad".into(), "x".repeat(pad).into());
            }
            Value::Object(object)
        },
    )
}

fn any_framing() -> impl Strategy<Value = Framing> {
    prop::sample::select(vec![Framing::None, Framing::Nul, Framing::Newline, Framing::LENGTH])
}

proptest! {
    #[test]
    fn a_strict_stream_gives_its_documents_however_it_is_cut(
        documents in vec(document(), 0..6),
        which in 0..STRICT.len(),
        cuts in vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let framing = STRICT[which];
        let mut stream = Vec::new();
        for document in &documents {
            framing.encode(document.to_string().as_bytes(), &mut stream);
        }
        let found = split(Splitting::Strict(framing), &cut(&stream, &cuts)).unwrap();
        let parsed: Vec<Value> = found.iter().map(|d| serde_json::from_slice(d).unwrap()).collect();
        prop_assert_eq!(parsed, documents);
    }

    #[test]
    fn a_stream_of_mixed_framings_gives_its_documents_however_it_is_cut(
        documents in vec((document(), any_framing()), 0..6),
        cuts in vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let mut stream = Vec::new();
        for (document, framing) in &documents {
            framing.encode(document.to_string().as_bytes(), &mut stream);
        }
        let found = split(Splitting::Auto, &cut(&stream, &cuts)).unwrap();
        let parsed: Vec<Value> = found.iter().map(|d| serde_json::from_slice(d).unwrap()).collect();
        let sent: Vec<Value> = documents.into_iter().map(|(document, _)| document).collect();
        prop_assert_eq!(parsed, sent);
    }

    #[test]
    fn no_input_makes_a_deframer_panic_or_hold_more_than_its_limit(
        chunks in vec(vec(any::<u8>(), 0..64), 0..12),
        which in 0..4usize,
    ) {
        let splitting = STRICT.get(which).map_or(Splitting::Auto, |&f| Splitting::Strict(f));
        let limits = Limits { document_bytes: 100, depth: 4 };
        let mut deframer = Deframer::new(splitting, limits);
        for chunk in &chunks {
            let mut documents = deframer.feed(chunk);
            while let Some(document) = documents.next() {
                let Ok(document) = document else { break };
                prop_assert!(document.len() <= limits.document_bytes);
            }
            prop_assert!(deframer.unfinished().map_or(0, <[u8]>::len) <= limits.document_bytes + 4);
        }
    }
}

#[test]
fn every_length_of_document_is_told_from_its_own_prefix() {
    for pad in 0..600 {
        let document = json!({ "p": "x".repeat(pad) }).to_string();
        let mut stream = Vec::new();
        for framing in
            [Framing::LENGTH, Framing::None, Framing::LENGTH, Framing::Nul, Framing::LENGTH]
        {
            framing.encode(document.as_bytes(), &mut stream);
        }
        let bytes: Vec<&[u8]> = stream.chunks(1).collect();
        for chunks in [vec![stream.as_slice()], bytes] {
            let found = split(Splitting::Auto, &chunks).unwrap();
            assert_eq!(found, vec![document.clone().into_bytes(); 5], "{} bytes", document.len());
        }
    }
}

#[test]
fn carriage_returns_and_empty_lines_are_no_documents() {
    let found = split(Splitting::Strict(Framing::Newline), &[b"\r\n{\"a\":1}\r\n\n{}\n"]).unwrap();
    assert_eq!(found, [b"{\"a\":1}".to_vec(), b"{}".to_vec()]);
}

#[test]
fn garbage_is_named_with_its_offset() {
    let error = split(Splitting::Auto, &[b"{\"a\":1}HTTP/1.1 400"]).unwrap_err();
    assert_eq!(error, FrameError::Garbage { offset: 7, seen: b"HTTP/1.1 400".to_vec() });
}

#[test]
fn a_length_that_counts_itself_is_named() {
    let error = split(Splitting::Auto, &[b"\0\0\0\x06{}"]).unwrap_err();
    assert_eq!(error, FrameError::LengthMismatch { offset: 4, announced: 6, actual: 2 });
}

#[test]
fn an_endless_document_ends_at_the_limit() {
    let mut deframer = Deframer::new(Splitting::Auto, Limits { document_bytes: 1000, depth: 8 });
    let error = (0..100).find_map(|_| match deframer.feed(&[b' '; 100]).next() {
        Some(Err(error)) => Some(error),
        _ => match deframer.feed(b"{\"a\":\"").next() {
            Some(Err(error)) => Some(error),
            _ => None,
        },
    });
    assert!(matches!(error, Some(FrameError::TooLong { .. })), "{error:?}");
}

/// Found by fuzzing: the empty line came out as a document when a read ended between its two bytes.
#[test]
fn an_empty_line_is_none_wherever_it_is_cut() {
    let stream = b"{}\r\n\r\n{}\r\n";
    for at in 0..stream.len() {
        let (one, other) = stream.split_at(at);
        let found = split(Splitting::Strict(Framing::Newline), &[one, other]).unwrap();
        assert_eq!(found, [b"{}", b"{}"], "cut at {at}");
    }
}
