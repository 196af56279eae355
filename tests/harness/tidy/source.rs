//! A Rust source text, taken apart: its code without comments and literals, its literals, and which lines are tests.

/// What one stretch of a text is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stretch {
    Code,
    Comment,
    Literal,
}

/// A Rust file.
pub(super) struct Source {
    /// From the root of the workspace, with slashes.
    pub(super) path: String,
    pub(super) text: String,
    /// The text with comments and literals blanked out; its lines are those of the text.
    pub(super) code: String,
    /// The literals as they are written, each with its line.
    pub(super) literals: Vec<(usize, String)>,
    /// Modules that are declared for tests only, and live in files of their own.
    pub(super) test_modules: Vec<String>,
    /// For each line whether it is a test's.
    test_lines: Vec<bool>,
}

impl Source {
    pub(super) fn new(path: &str, text: &str) -> Self {
        let (mut code, mut literals, mut rest) = (String::new(), Vec::new(), text);
        while !rest.is_empty() {
            let (stretch, length) = next_stretch(rest);
            let (piece, tail) = rest.split_at(length);
            match stretch {
                Stretch::Code => code.push_str(piece),
                Stretch::Comment => blank(piece, &mut code),
                Stretch::Literal => {
                    literals.push((line_at(&code, code.len()), piece.to_owned()));
                    blank(piece, &mut code);
                }
            }
            rest = tail;
        }
        let mut source = Self {
            path: path.to_owned(),
            text: text.to_owned(),
            test_lines: vec![false; text.lines().count() + 2],
            test_modules: Vec::new(),
            code,
            literals,
        };
        source.find_tests();
        source
    }

    /// Counts every line as a test's.
    pub(super) fn is_all_test(&mut self) {
        self.test_lines.fill(true);
    }

    pub(super) fn is_test(&self, line: usize) -> bool {
        self.test_lines.get(line).copied().unwrap_or(false)
    }

    /// The line of an offset into the code.
    pub(super) fn line(&self, offset: usize) -> usize {
        line_at(&self.code, offset)
    }

    /// Where `word` stands in the code, not as a part of a longer name.
    pub(super) fn places<'a>(&'a self, word: &'a str) -> impl Iterator<Item = usize> + 'a {
        let begins = |text: &str| text.chars().next().is_some_and(is_name);
        let inside_a_name = move |offset: usize| {
            let goes_on = word.ends_with(is_name) && begins(&self.code[offset + word.len()..]);
            goes_on || self.code[..offset].ends_with(is_name)
        };
        self.code
            .match_indices(word)
            .map(|(offset, _)| offset)
            .filter(move |&at| !inside_a_name(at))
    }

    fn find_tests(&mut self) {
        let starts: Vec<usize> = ["#[cfg(test)]", "#[cfg(all(test"]
            .iter()
            .flat_map(|attribute| self.code.match_indices(attribute).map(|(offset, _)| offset))
            .collect();
        for start in starts {
            let end = end_of_item(&self.code, start);
            let item = &self.code[start..end];
            if let Some((_, module)) = item.rsplit_once("mod ")
                && let Some(name) = module.strip_suffix(';')
            {
                self.test_modules.push(name.trim().to_owned());
            }
            for line in self.line(start)..=self.line(end) {
                self.test_lines[line] = true;
            }
        }
    }
}

pub(super) fn is_name(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// The text up to the bracket that closes the one at `open`, both included.
pub(super) fn bracketed(code: &str, open: usize) -> &str {
    let mut depth = 0_usize;
    for (offset, character) in code[open..].char_indices() {
        match character {
            '(' | '{' | '[' => depth += 1,
            ')' | '}' | ']' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return &code[open..=open + offset];
        }
    }
    &code[open..]
}

/// The end of the item whose first attribute is at `start`.
fn end_of_item(code: &str, start: usize) -> usize {
    let mut at = start;
    while let Some(character) = code[at..].chars().next() {
        match character {
            ';' => return at + 1,
            '{' => return at + bracketed(code, at).len(),
            '(' | '[' => at += bracketed(code, at).len(),
            other => at += other.len_utf8(),
        }
    }
    code.len()
}

fn line_at(code: &str, offset: usize) -> usize {
    code[..offset].matches('\n').count() + 1
}

fn blank(piece: &str, code: &mut String) {
    code.extend(piece.chars().map(|character| if character == '\n' { '\n' } else { ' ' }));
}

fn next_stretch(text: &str) -> (Stretch, usize) {
    let first = text.chars().next().unwrap_or(' ');
    if text.starts_with("//") {
        return (Stretch::Comment, text.find('\n').unwrap_or(text.len()));
    }
    if text.starts_with("/*") {
        return (Stretch::Comment, block_comment(text));
    }
    if first == '"' {
        return (Stretch::Literal, quoted(text, '"'));
    }
    if first == '\'' {
        let mut following = text.chars().skip(1);
        let (second, third) = (following.next(), following.next());
        // Neither is a lifetime, which no quote ends.
        let is_literal = second == Some('\\') || third == Some('\'');
        return if is_literal {
            (Stretch::Literal, quoted(text, '\''))
        } else {
            (Stretch::Code, 1)
        };
    }
    if !is_name(first) {
        return (Stretch::Code, first.len_utf8());
    }
    let name = text.find(|character| !is_name(character)).unwrap_or(text.len());
    let after = &text[name..];
    match &text[..name] {
        "b" | "c" if after.starts_with('"') => (Stretch::Literal, name + quoted(after, '"')),
        "r" | "br" | "cr" if after.trim_start_matches('#').starts_with('"') => {
            let hashes = after.len() - after.trim_start_matches('#').len();
            let close = format!("\"{}", "#".repeat(hashes));
            let inside = &after[hashes + 1..];
            let length = inside.find(&close).map_or(inside.len(), |end| end + close.len());
            (Stretch::Literal, name + hashes + 1 + length)
        }
        _ => (Stretch::Code, name),
    }
}

/// The length of a literal that begins, and ends, with `quote`.
fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (offset, character) in text.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if character == quote => return offset + 1,
            _ => {}
        }
    }
    text.len()
}

fn block_comment(text: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < text.len() {
        let rest = &text[at..];
        if rest.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with("*/") {
            depth -= 1;
            at += 2;
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
        if depth == 0 {
            return at;
        }
    }
    text.len()
}
