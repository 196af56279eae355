//! Text from a server made harmless: one line, nothing that moves a cursor, a bounded length.

use std::fmt::Write as _;

/// So many characters of a text from a server are shown unless the place asks for fewer.
pub const MAX_CHARACTERS: usize = 300;

/// Makes `text` safe to show on one line of a terminal: control characters (escape sequences begin with one),
/// characters that turn the writing direction, and invisible ones are written as `\n`, `\x1b` or `\u{202e}`. At most
/// `max` characters of the text are shown, then how many were left out.
///
/// A backslash of the text stays as it is, so that JSON remains readable, and what was escaped once does not change
/// when it is escaped again.
pub fn line(text: &str, max: usize) -> String {
    let mut safe = String::with_capacity(text.len().min(max.saturating_mul(2)));
    let mut characters = text.chars();
    for character in characters.by_ref().take(max) {
        push(&mut safe, character);
    }
    let left_out = characters.count();
    if left_out > 0 {
        let _ = write!(safe, "… (+{left_out} characters)");
    }
    safe
}

/// As [`line()`], with the usual bound of [`MAX_CHARACTERS`].
pub fn text(text: &str) -> String {
    line(text, MAX_CHARACTERS)
}

/// As [`text()`], and every mark that Markdown or the HTML in it would obey stands behind a backslash; an address
/// does not become a link either.
pub fn markdown(text: &str) -> String {
    let line = line(text, MAX_CHARACTERS * 4);
    let mut safe = String::with_capacity(line.len() + 16);
    for (at, character) in line.char_indices() {
        let mark = "\\`*_[]<>#|~$&!".contains(character);
        if mark || line[at..].starts_with("://") {
            safe.push('\\');
        }
        safe.push(character);
    }
    safe
}

fn push(safe: &mut String, character: char) {
    // Writing to a string cannot fail.
    let _ = match character {
        '\n' => safe.write_str("\\n"),
        '\r' => safe.write_str("\\r"),
        '\t' => safe.write_str("\\t"),
        '\0'..='\x1f' | '\x7f'..='\u{9f}' => write!(safe, "\\x{:02x}", u32::from(character)),
        _ if is_deceptive(character) => write!(safe, "\\u{{{:x}}}", u32::from(character)),
        _ => safe.write_char(character),
    };
}

/// Characters that show nothing themselves and change how others are shown: direction marks and overrides,
/// separators of lines and paragraphs, zero-width ones, tags; and two that no XML may hold. The joiner of emoji (U+200D) is
/// not among them.
fn is_deceptive(character: char) -> bool {
    matches!(character,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_written_out() {
        assert_eq!(text("a\x1b[2Jb\r\nc\td\0\u{9b}1m"), "a\\x1b[2Jb\\r\\nc\\td\\x00\\x9b1m");
        assert_eq!(
            text("abc\u{202e}fdp.exe\u{200b}\u{2028}"),
            "abc\\u{202e}fdp.exe\\u{200b}\\u{2028}"
        );
    }

    #[test]
    fn what_no_xml_may_hold_is_written_out() {
        assert_eq!(text("a\u{fffe}b\u{ffff}c"), "a\\u{fffe}b\\u{ffff}c");
    }

    #[test]
    fn ordinary_writing_stays_as_it_is() {
        for plain in ["你好, \"Bob\"", "naïve", "{\"a\":\"b\\n\"}", "👩‍👩‍👧", ""] {
            assert_eq!(text(plain), plain);
        }
    }

    #[test]
    fn a_long_text_is_cut_with_its_length() {
        assert_eq!(line("abcdef", 4), "abcd… (+2 characters)");
        assert_eq!(line("abcd", 4), "abcd");
        assert!(text(&"x".repeat(1 << 20)).len() < MAX_CHARACTERS + 40);
    }

    proptest! {
        #[test]
        fn no_text_leaves_a_control_character_and_twice_is_once(hostile in any::<String>()) {
            let safe = line(&hostile, usize::MAX);
            prop_assert!(!safe.chars().any(char::is_control));
            prop_assert_eq!(line(&safe, usize::MAX), safe);
        }
    }
}
