//! The page that a text report is written on: headings, labelled lines, tables.

use unicode_width::UnicodeWidthStr;

use super::Table;

/// How far the text of a labelled line is set in, label included.
const LABEL_WIDTH: usize = 12;

/// A report in the making.
#[derive(Debug, Default)]
pub(super) struct Page {
    text: String,
}

impl Page {
    /// A line as it is.
    pub(super) fn line(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    /// A heading, after an empty line.
    pub(super) fn heading(&mut self, heading: &str) {
        self.line("");
        self.line(heading);
    }

    /// A line with a label before it; without a label it continues the line above. An empty text is left out.
    pub(super) fn field(&mut self, label: &str, text: &str) {
        if !text.is_empty() {
            // At least one blank: a label may be wider than its column.
            let padding = " ".repeat(LABEL_WIDTH.saturating_sub(label.width()).max(1));
            self.line(&format!("  {label}{padding}{text}"));
        }
    }

    /// A table, set in.
    pub(super) fn table(&mut self, table: &Table) {
        self.text.push_str(&table.render("    "));
    }

    /// What was written.
    pub(super) fn finish(self) -> String {
        self.text
    }
}
