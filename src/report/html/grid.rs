//! A table of a page: headings, cells, and what is to be seen at once.

use serde::Serialize;

/// A table; the columns of numbers are aligned right.
#[derive(Debug, Default, Serialize)]
pub(super) struct Grid {
    heads: Vec<Head>,
    rows: Vec<Vec<Cell>>,
}

/// A heading.
#[derive(Debug, Serialize)]
struct Head {
    text: &'static str,
    class: &'static str,
}

/// A cell.
#[derive(Debug, Default, Serialize)]
pub(super) struct Cell {
    text: String,
    class: &'static str,
    badge: bool,
}

impl Grid {
    /// A table with these headings; `true` for a column of numbers.
    pub(super) fn new(heads: impl IntoIterator<Item = (&'static str, bool)>) -> Self {
        let class = |number| if number { "num" } else { "" };
        let heads = heads.into_iter().map(|(text, number)| Head { text, class: class(number) });
        Self { heads: heads.collect(), rows: Vec::new() }
    }

    pub(super) fn row(&mut self, cells: impl IntoIterator<Item = Cell>) {
        self.rows.push(cells.into_iter().collect());
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The table, unless it has no rows.
    pub(super) fn some(self) -> Option<Self> {
        (!self.is_empty()).then_some(self)
    }
}

impl Cell {
    /// Words.
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// A number.
    pub(super) fn number(text: impl Into<String>) -> Self {
        Self { text: text.into(), class: "num", badge: false }
    }

    /// A count of what should not be: seen at once unless it is zero.
    pub(super) fn wrong(count: u64) -> Self {
        let class = if count == 0 { "num none" } else { "num bad" };
        Self { text: crate::report::number::count(count), class, badge: false }
    }

    /// A word on a coloured ground.
    pub(super) fn badge(text: impl Into<String>, class: &'static str) -> Self {
        Self { text: text.into(), class, badge: true }
    }
}
