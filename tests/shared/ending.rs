//! What is done when the last test is over: libtest has no hook for it, so the process's own end is used.

use std::io::Write;

use chatserver_harness::{
    config::language,
    report::{self, Lang, errors::in_lang, told},
};

use super::suite::SUITE;

#[expect(unsafe_code, reason = "the C library's own hook; std has none")]
mod c {
    unsafe extern "C" {
        /// POSIX `atexit`: safe to call, and the function it is given is safe too.
        pub(crate) safe fn atexit(function: extern "C" fn()) -> std::ffi::c_int;
    }
}

/// The language of the person at the terminal.
pub(crate) fn lang() -> Lang {
    Lang::of(language().as_deref())
}

/// Arranges for the table to be printed and the server to be stopped when the process ends.
pub(crate) fn announce() {
    let refused = c::atexit(finish);
    assert_eq!(refused, 0, "the C library takes at least 32 functions");
}

extern "C" fn finish() {
    let Some(Ok(suite)) = SUITE.get() else { return };
    let records = suite.records();
    let lang = lang();
    let table = report::cases::render(&records, "  ", lang).unwrap_or_default();
    let target = told::target(&suite.fixture().target(), lang);
    let table = format!("\n{}\n{table}", target.first().map_or("", String::as_str));
    // Not print!: libtest captures that, and this is for the person at the terminal.
    let _ = std::io::stderr().write_all(table.as_bytes());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    if let Ok(runtime) = runtime
        && let Err(error) = runtime.block_on(suite.fixture().server().stop())
    {
        let told = format!("the server did not stop properly: {error}");
        let _ = writeln!(std::io::stderr(), "{}", in_lang(&told, lang));
    }
}
