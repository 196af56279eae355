//! A message about a text file that shows the line it means.

use std::{fmt, ops::Range};

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use serde::de::DeserializeOwned;

use super::Classified;
use crate::verdict::Exit;

/// An error in a text that somebody wrote, drawn with the line that it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pointed {
    /// What is wrong, in one line.
    pub title: String,
    /// The name of the text: a path, or `built-in course.toml`.
    pub origin: String,
    /// The line, counted from 1.
    pub line: usize,
    rendered: String,
    cause: String,
}

impl Pointed {
    /// Points at `span` (bytes) of `text`: `title` says what is wrong, `label` stands at the place, `cure` below.
    pub fn new(
        origin: &str,
        text: &str,
        span: Range<usize>,
        title: &str,
        label: &str,
        cure: Option<&str>,
    ) -> Self {
        let end = span.end.min(text.len());
        let span = span.start.min(end)..end;
        let line = text.get(..span.start).map_or(1, |before| before.matches('\n').count() + 1);
        let snippet = Snippet::source(text)
            .path(origin)
            .annotation(AnnotationKind::Primary.span(span).label(label));
        let mut report = vec![Level::ERROR.primary_title(title).element(snippet)];
        if let Some(cure) = cure {
            report.push(
                Level::HELP
                    .secondary_title(cure)
                    .elements(Vec::<annotate_snippets::Padding>::new()),
            );
        }
        let drawn = Renderer::plain().render(&report);
        // The caller writes the word "error: " itself.
        let rendered = drawn.strip_prefix("error: ").unwrap_or(&drawn).to_owned();
        Self {
            title: title.to_owned(),
            origin: origin.to_owned(),
            line,
            rendered,
            cause: cure.map_or_else(|| title.to_owned(), |cure| format!("{label}: {cure}")),
        }
    }

    /// What is wrong, without the place: for a text that nobody has written.
    pub fn cause(&self) -> String {
        self.cause.clone()
    }
}

impl fmt::Display for Pointed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rendered)
    }
}

impl std::error::Error for Pointed {}

impl Classified for Pointed {
    fn exit(&self) -> Exit {
        Exit::Usage
    }
}

/// Reads TOML into `T`; an error points at the line. `origin` names the text.
///
/// # Errors
/// A syntax error, an unknown key (where `T` denies them), a missing or ill-typed value.
pub fn read_toml<T: DeserializeOwned>(origin: &str, text: &str) -> Result<T, Box<Pointed>> {
    toml::from_str(text).map_err(|error| {
        let span = error.span().unwrap_or(0..text.len().min(1));
        Box::new(Pointed::new(origin, text, span, error.message(), "here", None))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        #[expect(dead_code, reason = "only its absence and type matter here")]
        number: u32,
    }

    #[test]
    fn an_unknown_key_is_shown_with_its_line() {
        let error = read_toml::<Sample>("a.toml", "number = 1\nnumbre = 2\n").unwrap_err();
        assert_eq!(error.line, 2);
        let drawn = error.to_string();
        assert!(drawn.contains("a.toml:2") && drawn.contains("numbre"), "{drawn}");
    }

    #[test]
    fn a_syntax_error_is_shown_with_its_line() {
        let error = read_toml::<Sample>("a.toml", "number =\n").unwrap_err();
        assert_eq!(error.line, 1);
    }

    #[test]
    fn a_span_beyond_the_text_does_not_panic() {
        let error = Pointed::new("a", "x", 5..9, "title", "label", Some("cure"));
        assert!(error.to_string().contains("cure"));
    }
}
