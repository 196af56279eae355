//! The value of a constant expression, as far as headers of this family use them.

use super::source::{Placed, Token};

/// More brackets and signs than this around a number are not followed.
const MAX_DEPTH: usize = 64;

/// The integer that `tokens` amount to; `lookup` knows the names that came before. `None` when it cannot be told.
pub(super) fn evaluate(tokens: &[Placed], lookup: &dyn Fn(&str) -> Option<i64>) -> Option<i64> {
    let mut parser = Parser { tokens, lookup };
    let value = parser.binary(0, 0)?;
    parser.tokens.is_empty().then_some(value)
}

struct Parser<'a> {
    tokens: &'a [Placed],
    lookup: &'a dyn Fn(&str) -> Option<i64>,
}

impl Parser<'_> {
    fn mark(&self, index: usize) -> Option<char> {
        match self.tokens.get(index)?.token {
            Token::Mark(mark) => Some(mark),
            _ => None,
        }
    }

    fn accept(&mut self, wanted: char) -> Option<()> {
        (self.mark(0)? == wanted).then(|| self.tokens = &self.tokens[1..])
    }

    /// Operators that bind at least as tightly as `least`.
    fn binary(&mut self, least: u8, depth: usize) -> Option<i64> {
        let mut left = self.unary(depth)?;
        while let Some((operator, binding, marks)) = self.operator() {
            if binding < least {
                break;
            }
            self.tokens = &self.tokens[marks..];
            let right = self.binary(binding + 1, depth + 1)?;
            left = apply(operator, left, right)?;
        }
        Some(left)
    }

    fn operator(&self) -> Option<(char, u8, usize)> {
        let first = self.mark(0)?;
        match (first, self.mark(1)) {
            ('<', Some('<')) | ('>', Some('>')) => Some((first, 4, 2)),
            ('|', _) => Some((first, 1, 1)),
            ('^', _) => Some((first, 2, 1)),
            ('&', _) => Some((first, 3, 1)),
            ('+' | '-', _) => Some((first, 5, 1)),
            ('*' | '/' | '%', _) => Some((first, 6, 1)),
            _ => None,
        }
    }

    fn unary(&mut self, depth: usize) -> Option<i64> {
        if depth > MAX_DEPTH {
            return None;
        }
        let first = &self.tokens.first()?.token;
        self.tokens = &self.tokens[1..];
        match first {
            Token::Number(value) => *value,
            Token::Mark('-') => self.unary(depth + 1)?.checked_neg(),
            Token::Mark('+') => self.unary(depth + 1),
            Token::Mark('~') => Some(!self.unary(depth + 1)?),
            Token::Mark('(') => self.bracketed(depth),
            Token::Name(name) if name == "static_cast" => {
                let end = self.tokens.iter().position(|p| p.token == Token::Mark('('))?;
                self.tokens = &self.tokens[end + 1..];
                self.bracketed(depth)
            }
            Token::Name(name) => {
                // `Enum::NAME`: the last name counts.
                let mut last = name;
                while self.mark(0) == Some(':') && self.mark(1) == Some(':') {
                    let Token::Name(qualified) = &self.tokens.get(2)?.token else { return None };
                    last = qualified;
                    self.tokens = &self.tokens[3..];
                }
                (self.lookup)(last)
            }
            _ => None,
        }
    }

    fn bracketed(&mut self, depth: usize) -> Option<i64> {
        let value = self.binary(0, depth + 1)?;
        self.accept(')')?;
        Some(value)
    }
}

fn apply(operator: char, left: i64, right: i64) -> Option<i64> {
    let shift = || u32::try_from(right).ok().filter(|bits| *bits < 63);
    match operator {
        '|' => Some(left | right),
        '^' => Some(left ^ right),
        '&' => Some(left & right),
        '<' => left.checked_mul(1_i64.checked_shl(shift()?)?),
        '>' => left.checked_shr(shift()?),
        '+' => left.checked_add(right),
        '-' => left.checked_sub(right),
        '*' => left.checked_mul(right),
        '/' => left.checked_div(right),
        '%' => left.checked_rem(right),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::header::source::tokens;

    #[test]
    fn expressions_follow_the_precedence_of_the_language() {
        for (written, value) in [
            ("5", Some(5)),
            ("A + 1", Some(8)),
            ("E::A+1", Some(8)),
            ("1 + 2 * 3", Some(7)),
            ("10 - 2 - 3", Some(5)),
            ("(1 + 2) * 3", Some(9)),
            ("1 << 4 | 2", Some(18)),
            ("-A", Some(-7)),
            ("~0", Some(-1)),
            ("static_cast<int>(E::A)", Some(7)),
            ("0x10 + 'a'", Some(113)),
            ("B", None),
            ("f(1)", None),
            ("1 / 0", None),
            ("9223372036854775807 + 1", None),
            ("1 +", None),
            ("", None),
        ] {
            let lookup = |name: &str| (name == "A").then_some(7);
            assert_eq!(evaluate(&tokens(written), &lookup), value, "{written}");
        }
    }

    #[test]
    fn endless_brackets_end() {
        assert_eq!(evaluate(&tokens(&"(".repeat(100_000)), &|_| None), None);
        assert_eq!(evaluate(&tokens(&"-".repeat(100_000)), &|_| None), None);
    }
}
