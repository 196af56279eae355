//! Columns that line up, also with Chinese names in them.

use unicode_width::UnicodeWidthStr;

/// On which side a column is padded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// Text.
    Left,
    /// Numbers.
    Right,
}

/// A table of text; a wide (CJK) character counts as two columns, as terminals show it.
#[derive(Debug, Clone)]
pub struct Table {
    aligns: Vec<Align>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these headings.
    pub fn new<'a>(columns: impl IntoIterator<Item = (&'a str, Align)>) -> Self {
        let (heading, aligns) =
            columns.into_iter().map(|(name, align)| (name.to_owned(), align)).unzip();
        Self { aligns, rows: vec![heading] }
    }

    /// Adds a row; cells beyond the headings are dropped, missing ones are empty.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        let mut cells: Vec<_> = cells.into_iter().take(self.aligns.len()).collect();
        cells.resize(self.aligns.len(), String::new());
        self.rows.push(cells);
    }

    /// Whether there is nothing but the headings.
    pub fn is_empty(&self) -> bool {
        self.rows.len() == 1
    }

    /// The table, each line behind `indent`, without trailing blanks; a column that is empty in all rows is left out.
    pub fn render(&self, indent: &str) -> String {
        let widths: Vec<usize> = (0..self.aligns.len()).map(|at| self.width(at)).collect();
        let mut text = String::new();
        for row in &self.rows {
            let mut line = String::from(indent);
            for ((cell, align), width) in row.iter().zip(&self.aligns).zip(&widths) {
                if *width == 0 {
                    continue;
                }
                let padding = " ".repeat(width.saturating_sub(cell.width()));
                let (before, after) = match align {
                    Align::Left => ("", padding.as_str()),
                    Align::Right => (padding.as_str(), ""),
                };
                line.extend([before, cell, after, "  "]);
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }

    fn width(&self, at: usize) -> usize {
        let used = self.rows.iter().skip(1).any(|row| !row[at].is_empty());
        let widths = self.rows.iter().map(|row| row[at].width());
        if used || self.is_empty() { widths.max().unwrap_or(0) } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_under_wide_characters() {
        let mut table = Table::new([
            ("name", Align::Left),
            ("n", Align::Right),
            ("empty", Align::Left),
            ("why", Align::Left),
        ]);
        for (name, n, why) in [("王小明", "7", "好"), ("bob", "1,234", "")] {
            table.row([name.to_owned(), n.to_owned(), String::new(), why.to_owned()]);
        }
        let expected = "  name        n  why\n  王小明      7  好\n  bob     1,234\n";
        assert_eq!(table.render("  "), expected);
    }

    #[test]
    fn too_many_and_too_few_cells_do_no_harm() {
        let mut table = Table::new([("a", Align::Left), ("b", Align::Left)]);
        table.row(["1", "2", "3"].map(str::to_owned));
        table.row([]);
        assert_eq!(table.render(""), "a  b\n1  2\n\n");
        assert!(Table::new([("a", Align::Left)]).is_empty());
    }
}
