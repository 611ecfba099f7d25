//! What a table is made of: columns and cells.

use crate::report::screen::Paint;

/// One column.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Its heading.
    pub head: &'static str,
    /// When it is dropped for want of room: 0 never, 1 first.
    pub drop: u8,
    /// It begins a new line where a row takes several: what is before it names the row.
    pub breaks: bool,
}

impl Column {
    /// A column that begins no line of its own.
    pub const fn new(head: &'static str, drop: u8) -> Self {
        Self { head, drop, breaks: false }
    }

    /// This column, where it begins a new line.
    pub const fn breaking(self) -> Self {
        Self { breaks: true, ..self }
    }
}

/// One cell: its text, which may hold foreign names, and its colour.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cell(pub String, pub Option<Paint>);

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self(text, None)
    }
}

impl Cell {
    /// A cell without a value.
    pub fn none() -> Self {
        Self("-".to_owned(), Some(Paint::Dim))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty() || self.0 == "-"
    }
}
