//! A server's own header: what is read from it is a dialect that the loader takes, and the text that is shown is that one.
#![no_main]

use chatserver_harness::wire::{dialect::Dialect, header::Header};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(header) = Header::from_bytes("public.hpp", data) else { return };
    let text = header.dialect_text();
    if let Ok(dialect) = header.dialect() {
        let again = Dialect::load("its text", &text).expect("what was read is loaded again");
        assert_eq!(dialect.key, again.key);
    }
});
