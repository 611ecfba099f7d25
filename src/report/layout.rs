//! Divides the columns of a table among the lines of a row.

use crate::report::cell::{Cell, Column};
use crate::report::width;

/// How far the further lines of a row are indented.
pub(super) const INDENT: usize = 2;

/// A column that is shown: its number and its width.
pub(super) type ShownColumn = (usize, usize);

/// How the columns of a row are divided among lines.
pub(super) struct Layout {
    /// With the last column beside the others.
    pub(super) beside: Vec<Vec<ShownColumn>>,
    /// With the last column in a line of its own, for a row that would be too long.
    pub(super) below: Vec<Vec<ShownColumn>>,
    /// Where the last cell begins, if it is beside the others.
    begins: usize,
    /// The cells of the first line are too wide for columns: each row puts its own behind one another.
    pub(super) packed: bool,
}

impl Layout {
    /// Drops columns until a row fits into a line whose last cell, which can be wrapped, is no wider than `least` says.
    /// If that is not enough, columns are dropped until a row fits with the `shortest` last cell, and the other rows take
    /// several lines. If that is not enough either, all of them do: what names the row comes first, on a line of its own.
    pub(super) fn of(
        shown: &[ShownColumn],
        columns: &[Column],
        width: usize,
        least: impl Fn(ShownColumn) -> usize,
        shortest: impl Fn(usize) -> usize,
    ) -> Self {
        let needs = |shown: &[ShownColumn]| shown.last().map_or(0, |last| before(shown) + least(*last));
        let fitting = dropped(shown, columns, |shown| needs(shown) <= width);
        if needs(&fitting) <= width {
            let begins = before(&fitting);
            return Self { beside: vec![fitting.clone()], below: vec![fitting], begins, packed: false };
        }
        let holds =
            |shown: &[ShownColumn]| shown.last().is_some_and(|last| before(shown) + shortest(last.0) <= width);
        let holding = dropped(shown, columns, holds);
        let bare = || dropped(shown, columns, |shown| before(shown) <= width + 2);
        let fitting = if holds(&holding) { holding } else { bare() };
        let Some((last, others)) = fitting.split_last() else {
            return Self { beside: Vec::new(), below: Vec::new(), begins: 0, packed: false };
        };
        let all: usize = others.iter().map(|(_, width)| width + 2).sum();
        let breaks = others.iter().position(|(index, _)| columns[*index].breaks).filter(|_| all > width + 2);
        let names: usize = others[..breaks.unwrap_or(0)].iter().map(|(_, width)| width + 2).sum();
        let packed = names > width + 2;
        let mut lines: Vec<Vec<ShownColumn>> = Vec::new();
        let mut begins = 0;
        for (number, column) in others.iter().enumerate() {
            let is_name = breaks.is_some_and(|breaks| number < breaks);
            let fits = (is_name && packed) || (begins + column.1 <= width && Some(number) != breaks);
            if let Some(line) = lines.last_mut().filter(|_| fits) {
                line.push(*column);
            } else {
                begins = if lines.is_empty() { 0 } else { INDENT };
                lines.push(vec![*column]);
            }
            begins += column.1 + 2;
        }
        let mut beside = lines.clone();
        match beside.last_mut() {
            Some(line) => line.push(*last),
            None => beside.push(vec![*last]),
        }
        lines.push(vec![*last]);
        Self { beside, below: lines, begins, packed }
    }

    /// Whether the last cell of a row is short enough to be beside the others.
    pub(super) fn holds(&self, row: &[Cell], width: usize) -> bool {
        let last = self.beside.last().and_then(|line| line.last());
        let cell = last.and_then(|(index, _)| row.get(*index));
        cell.is_some_and(|cell| !cell.is_empty() && self.begins + width::of(&cell.0) <= width)
    }
}

/// The width of the columns before the last, with the gaps behind them.
fn before(shown: &[ShownColumn]) -> usize {
    shown.iter().rev().skip(1).map(|(_, width)| width + 2).sum()
}

/// The columns that are left when enough of them are dropped. Those that are never dropped stay.
fn dropped(
    shown: &[ShownColumn],
    columns: &[Column],
    is_enough: impl Fn(&[ShownColumn]) -> bool,
) -> Vec<ShownColumn> {
    let mut left = shown.to_vec();
    while !is_enough(&left) {
        let order = |(index, _): &&ShownColumn| columns[*index].drop;
        let next = left.iter().filter(|column| order(column) > 0).min_by_key(order).copied();
        let Some(next) = next else { break };
        left.retain(|column| *column != next);
    }
    left
}
