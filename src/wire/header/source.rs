//! C++ source as tokens with their lines: no comments, no preprocessor but `#define`, no disabled regions.

/// A token and the line it stands in, counted from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Placed {
    pub(super) token: Token,
    pub(super) line: usize,
}

/// What a header is made of, as far as numbers and names go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// An identifier or keyword.
    Name(String),
    /// A numeric literal as it is written; `None` when it is no integer that fits.
    Number(Option<i64>),
    /// The content of a string literal, escapes undone.
    Text(String),
    /// `#define NAME VALUE`; not those with parameters.
    Define(String, Vec<Placed>),
    /// Any other character.
    Mark(char),
}

/// Splits `text` into tokens. Never fails: what is unfinished ends where the text ends.
pub(super) fn tokens(text: &str) -> Vec<Placed> {
    let mut scanner = Scanner { rest: text, line: 1, fresh: true };
    let mut found = Vec::new();
    while let Some(placed) = scanner.next_token() {
        found.push(placed);
    }
    found
}

struct Scanner<'a> {
    rest: &'a str,
    line: usize,
    /// Whether only blanks were seen in this line: a `#` begins a directive then.
    fresh: bool,
}

impl<'a> Scanner<'a> {
    fn next_token(&mut self) -> Option<Placed> {
        loop {
            self.skip_blanks();
            let line = self.line;
            let first = self.rest.chars().next()?;
            let at_start = std::mem::replace(&mut self.fresh, false);
            let token = match first {
                '#' if at_start => match self.directive() {
                    Some(define) => define,
                    None => continue,
                },
                '"' => Token::Text(self.quoted('"')),
                '\'' => {
                    let mut letters = self.quoted('\'').chars().collect::<Vec<_>>().into_iter();
                    Token::Number(letters.next().filter(|_| letters.len() == 0).map(|c| c as i64))
                }
                _ if first.is_ascii_digit() => Token::Number(integer(self.number())),
                _ if is_name(first) => {
                    let name = self.take_while(is_name);
                    match self.literal_after(name) {
                        Some(text) => Token::Text(text),
                        None => Token::Name(name.to_owned()),
                    }
                }
                _ => Token::Mark(self.bump()),
            };
            return Some(Placed { token, line });
        }
    }

    fn bump(&mut self) -> char {
        let mut letters = self.rest.chars();
        let first = letters.next().unwrap_or('\n');
        self.rest = letters.as_str();
        if first == '\n' {
            self.line += 1;
        }
        first
    }

    fn advance(&mut self, bytes: usize) -> &'a str {
        let (passed, rest) = self.rest.split_at(bytes);
        self.line += passed.matches('\n').count();
        self.rest = rest;
        passed
    }

    fn take_while(&mut self, belongs: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !belongs(c)).unwrap_or(self.rest.len());
        self.advance(end)
    }

    /// A line that ends in a backslash goes on in the next one, in a comment too.
    fn splice(&mut self) -> bool {
        let spliced = ["\\\n", "\\\r\n"].into_iter().find(|splice| self.rest.starts_with(splice));
        spliced.is_some_and(|splice| !self.advance(splice.len()).is_empty())
    }

    fn skip_blanks(&mut self) {
        loop {
            if self.rest.starts_with("//") {
                self.skip_line();
            } else if let Some(comment) = self.rest.strip_prefix("/*") {
                let end = comment.find("*/").map_or(self.rest.len(), |end| end + 4);
                self.advance(end);
            } else if self.rest.starts_with(|c: char| c.is_whitespace() || c == '\u{feff}') {
                self.fresh |= self.bump() == '\n';
            } else if !self.splice() {
                return;
            }
        }
    }

    /// To the end of the line, which stays.
    fn skip_line(&mut self) {
        while !self.rest.is_empty() && !self.rest.starts_with('\n') {
            if !self.splice() {
                self.bump();
            }
        }
    }

    /// The line of a directive, splices joined and comments cut, from behind its `#`.
    fn logical_line(&mut self) -> String {
        let mut joined = String::new();
        while !self.rest.is_empty() && !self.rest.starts_with('\n') {
            if self.rest.starts_with("//") {
                self.skip_line();
            } else if let Some(comment) = self.rest.strip_prefix("/*") {
                let end = comment.find("*/").map_or(self.rest.len(), |end| end + 4);
                self.advance(end);
                joined.push(' ');
            } else if self.rest.starts_with('"') {
                let before = self.rest;
                self.quoted('"');
                joined.push_str(&before[..before.len() - self.rest.len()]);
            } else if !self.splice() {
                joined.push(self.bump());
            }
        }
        joined
    }

    fn directive(&mut self) -> Option<Token> {
        let line = self.line;
        self.bump();
        let written = self.logical_line();
        let written = written.trim();
        let end = written.find(|c| !is_name(c)).unwrap_or(written.len());
        let (word, rest) = written.split_at(end);
        if word == "if" && matches!(rest.trim(), "0" | "false" | "(0)") {
            self.skip_disabled();
        }
        if word != "define" {
            return None;
        }
        let rest = rest.trim_start();
        let (name, value) = rest.split_at(rest.find(|c| !is_name(c)).unwrap_or(rest.len()));
        if name.is_empty() || value.starts_with('(') {
            return None;
        }
        let mut inner = Scanner { rest: value, line, fresh: false };
        let mut value = Vec::new();
        while let Some(placed) = inner.next_token() {
            value.push(placed);
        }
        Some(Token::Define(name.to_owned(), value))
    }

    /// Behind `#if 0`: to its `#else`, `#elif` or `#endif`.
    fn skip_disabled(&mut self) {
        let mut depth = 0_usize;
        while !self.rest.is_empty() {
            let end = self.rest.find('\n').map_or(self.rest.len(), |end| end + 1);
            let line = self.advance(end).trim_start();
            let Some(directive) = line.strip_prefix('#') else { continue };
            let directive = directive.trim_start();
            if directive.starts_with("if") {
                depth += 1;
            } else if directive.starts_with("endif") && depth > 0 {
                depth -= 1;
            } else if depth == 0 && (directive.starts_with("el") || directive.starts_with("endif"))
            {
                break;
            }
        }
        self.fresh = true;
    }

    /// The content of a literal that begins here; an unfinished one ends with its line.
    fn quoted(&mut self, quote: char) -> String {
        self.bump();
        let mut content = String::new();
        while !self.rest.is_empty() && !self.rest.starts_with('\n') {
            if self.splice() {
                continue;
            }
            let letter = self.bump();
            if letter == quote {
                break;
            }
            content.push(if letter == '\\' { self.escaped() } else { letter });
        }
        content
    }

    fn escaped(&mut self) -> char {
        match self.bump() {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            '0' => '\0',
            'x' => {
                let digits = self.take_while(|c| c.is_ascii_hexdigit());
                u32::from_str_radix(digits, 16).ok().and_then(char::from_u32).unwrap_or('\u{fffd}')
            }
            other => other,
        }
    }

    /// The literal that `name` is the prefix of: `u8"..."`, `L"..."`, `R"(...)"`.
    fn literal_after(&mut self, name: &str) -> Option<String> {
        if !self.rest.starts_with('"') {
            return None;
        }
        match name {
            "u8" | "u" | "U" | "L" => Some(self.quoted('"')),
            "R" | "u8R" | "uR" | "UR" | "LR" => {
                // The delimiter has at most 16 characters.
                let open = self.rest.bytes().take(18).position(|byte| byte == b'(')?;
                let close = format!("){}\"", &self.rest[1..open]);
                let content = &self.rest[open + 1..];
                let end = content.find(&close).unwrap_or(content.len());
                self.advance(open + 1 + (end + close.len()).min(content.len()));
                Some(content[..end].to_owned())
            }
            _ => None,
        }
    }

    fn number(&mut self) -> &'a str {
        let mut last = ' ';
        let end = self.rest.find(|c: char| {
            let signed_exponent = matches!(c, '+' | '-') && matches!(last, 'p' | 'P');
            last = c;
            !(is_name(c) || matches!(c, '.' | '\'') || signed_exponent)
        });
        self.advance(end.unwrap_or(self.rest.len()))
    }
}

fn is_name(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// Decimal, hexadecimal, binary, octal; digit separators and suffixes are taken off.
fn integer(written: &str) -> Option<i64> {
    let digits = written.replace('\'', "").to_ascii_lowercase();
    let (digits, radix) = match digits.strip_prefix("0x") {
        Some(hexadecimal) => (hexadecimal, 16),
        None => match digits.strip_prefix("0b") {
            Some(binary) => (binary, 2),
            None if digits.len() > 1 && digits.starts_with('0') => (&digits[1..], 8),
            None => (digits.as_str(), 10),
        },
    };
    let plain = digits.trim_end_matches(['u', 'l', 'z']);
    // `0u`: the octal branch leaves nothing but the suffix.
    if plain.is_empty() && radix == 8 {
        return Some(0);
    }
    i64::from_str_radix(plain, radix).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<(String, usize)> {
        let named = |placed: Placed| match placed.token {
            Token::Name(name) => Some((name, placed.line)),
            _ => None,
        };
        tokens(text).into_iter().filter_map(named).collect()
    }

    #[test]
    fn comments_and_disabled_regions_hold_no_tokens_but_lines_are_counted() {
        let text = "a /* b\n c */ d // e\n#if 0\nf\n#if X\ng\n#endif\n#else\nh // i \\\n j\nk";
        let expected = [("a", 1), ("d", 2), ("h", 9), ("k", 11)];
        assert_eq!(names(text), expected.map(|(name, line)| (name.to_owned(), line)));
    }

    #[test]
    fn strings_hide_what_looks_like_code() {
        assert_eq!(
            names("\"a // b \\\" c\" d R\"x(e \")\n)x\" f"),
            [("d".to_owned(), 1), ("f".to_owned(), 2)]
        );
    }

    #[test]
    fn integers_of_every_notation() {
        for (written, value) in [
            ("0", Some(0)),
            ("0u", Some(0)),
            ("17", Some(17)),
            ("0x1F", Some(31)),
            ("0b101", Some(5)),
            ("010", Some(8)),
            ("1'000UL", Some(1000)),
            ("1.5", None),
            ("99999999999999999999", None),
            ("'a'", Some(97)),
        ] {
            let found = tokens(written);
            assert_eq!(found, [Placed { token: Token::Number(value), line: 1 }], "{written}");
        }
    }

    #[test]
    fn a_define_keeps_its_value_and_a_macro_with_parameters_is_passed_over() {
        let found = tokens("#define A(x) \\\n  x + 1\n# define B /* c */ \"d\" // e\nf");
        let b = Token::Define(
            "B".to_owned(),
            vec![Placed { token: Token::Text("d".to_owned()), line: 3 }],
        );
        assert_eq!(found[0], Placed { token: b, line: 3 });
        assert_eq!(found[1], Placed { token: Token::Name("f".to_owned()), line: 4 });
    }
}
