//! What programs and kernels say when something is wrong, and what that means.

use super::TroubleKind::{
    self, BrokenJson, DiskFull, JsonException, MemoryFault, NoAnswer, OutOfMemory, OutOfPorts,
    Refused, Reset, StuckOnline, TooManyFiles,
};

/// Words in lower case; the first that is found decides, so the more particular come first.
const SIGNS: [(&str, TroubleKind); 34] = [
    ("json.exception", JsonException),
    ("nlohmann::", JsonException),
    ("parse_error", JsonException),
    ("type_error", JsonException),
    ("too many open files", TooManyFiles),
    ("emfile", TooManyFiles),
    ("enfile", TooManyFiles),
    ("(os error 24)", TooManyFiles),
    ("bad_alloc", OutOfMemory),
    ("cannot allocate memory", OutOfMemory),
    ("out of memory", OutOfMemory),
    ("oom-kill", OutOfMemory),
    ("(os error 12)", OutOfMemory),
    ("no space left on device", DiskFull),
    ("disk quota exceeded", DiskFull),
    ("file too large", DiskFull),
    ("(os error 28)", DiskFull),
    ("cannot assign requested address", OutOfPorts),
    ("address not available", OutOfPorts),
    ("eaddrnotavail", OutOfPorts),
    ("(os error 99)", OutOfPorts),
    ("connection refused", Refused),
    ("(os error 111)", Refused),
    ("connection reset", Reset),
    ("broken pipe", Reset),
    ("closed the connection", Reset),
    ("(os error 104)", Reset),
    ("timed out", NoAnswer),
    ("already online", StuckOnline),
    ("still online", StuckOnline),
    ("account is using", StuckOnline),
    ("已经登录", StuckOnline),
    ("broken json", BrokenJson),
    ("addresssanitizer", MemoryFault),
];

/// The trouble that a text speaks of, if it is a known one: an error of the system, an exception of a server, the
/// reason of a case.
pub fn recognise(text: &str) -> Option<TroubleKind> {
    let text = text.to_lowercase();
    SIGNS.iter().find(|(sign, _)| text.contains(sign)).map(|(_, kind)| *kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_systems_and_servers_say_is_recognised() {
        for (text, kind) in [
            ("connect: connection refused", Refused),
            ("Connection reset by peer (os error 104)", Reset),
            ("accept4: Too many open files", TooManyFiles),
            ("Cannot assign requested address (os error 99)", OutOfPorts),
            ("terminate called after throwing an instance of 'std::bad_alloc'", OutOfMemory),
            ("what():  [json.exception.parse_error.101] parse error at line 1", JsonException),
            ("{\"errmsg\":\"this account is using, input another!\"}", StuckOnline),
            ("write: No space left on device", DiskFull),
        ] {
            assert_eq!(recognise(text), Some(kind), "{text}");
        }
    }

    #[test]
    fn what_is_not_known_is_not_guessed() {
        for text in ["", "expected [\"hello\"], saw []", "user 7 is online", "listening on 6000"] {
            assert_eq!(recognise(text), None, "{text}");
        }
    }

    #[test]
    fn the_signs_are_written_in_lower_case() {
        for (sign, _) in SIGNS {
            assert_eq!(sign, sign.to_lowercase());
        }
    }
}
