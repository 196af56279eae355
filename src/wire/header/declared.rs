//! What a header declares: enums with the values of their enumerators, and constants of integers and strings.

use std::collections::HashMap;

use super::{
    source::{Placed, Token, tokens},
    value::evaluate,
};

/// A name for a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Numbered {
    pub(super) name: String,
    pub(super) line: usize,
    /// `None` when the value is an expression that was not understood.
    pub(super) number: Option<i64>,
}

/// The names of one enum, or all constants outside of enums.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Block {
    /// `enum EnMsgType`, `enum without a name`, `constants`.
    pub(super) title: String,
    pub(super) line: usize,
    pub(super) names: Vec<Numbered>,
}

/// A name for a string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Text {
    pub(super) name: String,
    pub(super) line: usize,
    pub(super) value: String,
}

/// All that a header declares.
#[derive(Debug, Default)]
pub(super) struct Declared {
    /// In the order of the file; the constants last, when there are any.
    pub(super) blocks: Vec<Block>,
    pub(super) texts: Vec<Text>,
}

/// Reads the declarations of a header; what is none is passed over.
pub(super) fn declared(text: &str) -> Declared {
    let tokens = tokens(text);
    let mut reader = Reader {
        tokens: &tokens,
        next: 0,
        known: HashMap::new(),
        constants: Vec::new(),
        found: Declared::default(),
    };
    reader.read();
    let mut found = reader.found;
    if let Some(first) = reader.constants.first() {
        let title = "constants".to_owned();
        found.blocks.push(Block { title, line: first.line, names: reader.constants });
    }
    found
}

struct Reader<'a> {
    tokens: &'a [Placed],
    next: usize,
    /// The values of the names so far. Of two with one name the later wins, as it stands nearer.
    known: HashMap<&'a str, i64>,
    constants: Vec<Numbered>,
    found: Declared,
}

impl<'a> Reader<'a> {
    fn read(&mut self) {
        // Constants in brackets are parameters.
        let mut brackets = 0_usize;
        while let Some(placed) = self.tokens.get(self.next) {
            self.next += 1;
            match &placed.token {
                Token::Define(name, value) => self.constant(name, placed.line, value),
                Token::Mark('(') => brackets += 1,
                Token::Mark(')') => brackets = brackets.saturating_sub(1),
                // A statement ends all brackets, those of a macro that was not understood too.
                Token::Mark(';' | '{' | '}') => brackets = 0,
                Token::Name(name) if name == "enum" => self.enumeration(placed.line),
                Token::Name(name) if brackets == 0 && matches!(&**name, "const" | "constexpr") => {
                    self.constants();
                }
                _ => {}
            }
        }
    }

    fn peek(&self) -> Option<&'a Token> {
        Some(&self.tokens.get(self.next)?.token)
    }

    /// Behind `enum`: a name, attributes and a type may come before the body.
    fn enumeration(&mut self, line: usize) {
        let is_typedef =
            self.next >= 2 && self.tokens[self.next - 2].token == Token::Name("typedef".to_owned());
        let mut name: Option<&str> = None;
        let mut typed = false;
        loop {
            match self.peek() {
                Some(Token::Name(word)) => {
                    if !typed && !matches!(&**word, "class" | "struct") {
                        name = Some(word);
                    }
                }
                // `enum class A::B : std::uint8_t`: a single colon begins the type.
                Some(Token::Mark(':')) => {
                    let double = self.tokens.get(self.next + 1).map(|placed| &placed.token);
                    if double == Some(&Token::Mark(':')) {
                        self.next += 1;
                    } else {
                        typed = true;
                    }
                }
                Some(Token::Mark('[')) => self.skip_until(']'),
                // The second one of `[[nodiscard]]`.
                Some(Token::Mark(']')) => {}
                Some(Token::Mark('{')) => break,
                _ => return,
            }
            self.next += 1;
        }
        self.next += 1;
        let names = self.enumerators();
        if let (None, true, Some(Token::Name(behind))) = (name, is_typedef, self.peek()) {
            name = Some(behind);
        }
        let title = match name {
            Some(name) => format!("enum {name}"),
            None => "enum without a name".to_owned(),
        };
        self.found.blocks.push(Block { title, line, names });
    }

    fn skip_until(&mut self, end: char) {
        while self.peek().is_some_and(|token| *token != Token::Mark(end)) {
            self.next += 1;
        }
    }

    /// Behind `{`, to behind `}`.
    fn enumerators(&mut self) -> Vec<Numbered> {
        let mut names: Vec<Numbered> = Vec::new();
        // The value of the next one that has none of its own.
        let mut implicit = Some(0_i64);
        while let Some(placed) = self.tokens.get(self.next) {
            self.next += 1;
            match &placed.token {
                Token::Mark('}') => break,
                Token::Define(name, value) => self.constant(name, placed.line, value),
                Token::Mark('[') => self.skip_until(']'),
                Token::Name(name) => {
                    let written = self.behind_equals();
                    let number = match written {
                        Some(expression) => {
                            evaluate(expression, &|name| self.known.get(name).copied())
                        }
                        None => implicit,
                    };
                    if let Some(number) = number {
                        self.known.insert(name, number);
                    }
                    implicit = number.and_then(|number| number.checked_add(1));
                    names.push(Numbered { name: name.clone(), line: placed.line, number });
                }
                _ => {}
            }
        }
        names
    }

    /// The expression behind `=`, if there is one; ends before the `,`, `;` or `}` outside of brackets.
    fn behind_equals(&mut self) -> Option<&'a [Placed]> {
        let mut depth = 0_usize;
        let mut start = None;
        while let Some(placed) = self.tokens.get(self.next) {
            match placed.token {
                Token::Mark('=') if start.is_none() => start = Some(self.next + 1),
                Token::Mark('(' | '{' | '[') => depth += 1,
                Token::Mark(')' | ']') => depth = depth.saturating_sub(1),
                Token::Mark('}') if depth > 0 => depth -= 1,
                Token::Mark('}' | ';') | Token::Define(..) => break,
                Token::Mark(',') if depth == 0 => break,
                _ => {}
            }
            self.next += 1;
        }
        start.map(|start| &self.tokens[start..self.next])
    }

    /// Behind `const`: one or more declarators with initialisers, else nothing.
    fn constants(&mut self) {
        let mut name: Option<(&str, usize)> = None;
        while let Some(placed) = self.tokens.get(self.next) {
            let value = match &placed.token {
                Token::Name(word) if matches!(&**word, "enum" | "class" | "struct") => return,
                Token::Name(word) => {
                    name = Some((word, placed.line));
                    self.next += 1;
                    continue;
                }
                Token::Mark('*' | '&' | '<' | '>' | ':') => {
                    self.next += 1;
                    continue;
                }
                Token::Mark('[') => {
                    self.skip_until(']');
                    self.next += 1;
                    continue;
                }
                Token::Mark('=') => self.behind_equals(),
                Token::Mark(open @ ('{' | '(')) => {
                    self.braced(if *open == '{' { '}' } else { ')' })
                }
                _ => return,
            };
            let (Some((name, line)), Some(value)) = (name, value) else { return };
            self.constant(name, line, value);
            if self.peek() != Some(&Token::Mark(',')) {
                return;
            }
            self.next += 1;
        }
    }

    /// An initialiser of one literal, in braces or brackets. Anything else may be a function or a class.
    fn braced(&mut self, close: char) -> Option<&'a [Placed]> {
        let value = self.tokens.get(self.next + 1..self.next + 2)?;
        let literal = matches!(value[0].token, Token::Number(_) | Token::Text(_));
        let closed = self.tokens.get(self.next + 2)?.token == Token::Mark(close);
        (literal && closed).then(|| {
            self.next += 3;
            value
        })
    }

    fn constant(&mut self, name: &'a str, line: usize, value: &'a [Placed]) {
        if let Some(text) = text(value) {
            self.found.texts.push(Text { name: name.to_owned(), line, value: text });
            return;
        }
        let number = evaluate(value, &|name| self.known.get(name).copied());
        if let Some(number) = number {
            self.known.insert(name, number);
        }
        if !value.is_empty() {
            self.constants.push(Numbered { name: name.to_owned(), line, number });
        }
    }
}

/// The string that an initialiser amounts to: adjacent literals, perhaps in `std::string( ... )`, perhaps with a suffix.
fn text(value: &[Placed]) -> Option<String> {
    let mut joined: Option<String> = None;
    for placed in value {
        match &placed.token {
            Token::Text(part) => joined.get_or_insert_default().push_str(part),
            Token::Name(word)
                if matches!(&**word, "std" | "string" | "string_view" | "s" | "sv" | "QString") => {
            }
            Token::Mark(':' | '(' | ')' | '{' | '}') => {}
            _ => return None,
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(block: &Block) -> Vec<Option<i64>> {
        block.names.iter().map(|entry| entry.number).collect()
    }

    fn one(text: &str) -> Vec<Option<i64>> {
        let blocks = declared(text).blocks;
        assert_eq!(blocks.len(), 1, "{text}: {blocks:?}");
        values(&blocks[0])
    }

    #[test]
    fn values_are_counted_as_the_compiler_counts() {
        for (written, expected) in [
            ("enum { A, B, };", vec![Some(0), Some(1)]),
            ("enum E { A = 1000, B }", vec![Some(1000), Some(1001)]),
            ("enum E { A=0x10,B=A+5,C,D=A }", vec![Some(16), Some(21), Some(22), Some(16)]),
            ("enum class E : int { A = 'a', B }", vec![Some(97), Some(98)]),
            ("enum E { A = f(1, 2), B, C = 3, D }", vec![None, None, Some(3), Some(4)]),
            ("enum E { A [[deprecated]] = 4, B }", vec![Some(4), Some(5)]),
            ("enum E { A = 9223372036854775807, B }", vec![Some(i64::MAX), None]),
            ("enum E { A = 2, B", vec![Some(2), Some(3)]),
        ] {
            assert_eq!(one(written), expected, "{written}");
        }
    }

    #[test]
    fn enums_are_named_however_they_are_declared() {
        for (written, title) in [
            ("enum E { A };", "enum E"),
            ("typedef enum { A } E;", "enum E"),
            ("enum { A } e;", "enum without a name"),
            ("enum class E : std::uint16_t { A };", "enum E"),
            ("enum struct [[nodiscard]] n::E { A };", "enum E"),
            ("class S { enum class F; enum E { A }; E e; };", "enum E"),
            ("void f(enum G g, const int x = 1); enum E { A } e;", "enum E"),
        ] {
            let blocks = declared(written).blocks;
            let titles: Vec<_> = blocks.iter().map(|block| block.title.as_str()).collect();
            assert_eq!(titles, [title], "{written}");
        }
    }

    #[test]
    fn constants_of_every_style() {
        for written in [
            "const int A = 1, B = A + 1;",
            "static constexpr int A{1}; inline const int B(2);",
            "constexpr const std::uint8_t A = 0x1, B = 2;",
            "#define A 1\n#define B (A + 1) // two",
            "namespace n { const int A = 1; } class C { static const int B = static_cast<int>(2); };",
            "const int* f() const { return 0; } const int A = 1; const int g(int); const int B = 2;",
        ] {
            assert_eq!(one(written), [Some(1), Some(2)], "{written}");
        }
    }

    #[test]
    fn strings_of_every_style() {
        for written in [
            "const string A = \"x\";",
            "static const char* const A = \"x\";",
            "constexpr char A[] = \"x\";",
            "inline constexpr std::string_view A{\"x\"};",
            "const std::string A(\"x\");",
            "const auto A = std::string(\"x\");",
            "#define A \"x\"",
            "const std::vector<int> V = {1, 2}; const QString A = \"\" \"x\";",
        ] {
            let texts = declared(written).texts;
            assert_eq!(texts.len(), 1, "{written}: {texts:?}");
            assert_eq!((&*texts[0].name, &*texts[0].value), ("A", "x"), "{written}");
        }
    }
}
