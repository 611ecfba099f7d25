//! Makes a table fit the screen.
//!
//! Empty columns are left out. If the rest is too wide, the least important columns are dropped. If it is still too
//! wide, a row takes several lines: its last cell has a line of its own where it is too long, and is wrapped. No cell is
//! cut.

use crate::model::problem::clean;
use crate::report::cell::{Cell, Column};
use crate::report::layout::{INDENT, Layout, ShownColumn};
use crate::report::screen::{Paint, Screen};
use crate::report::width;
use crate::report::wrap::wrap;

/// The last column is never narrower than this beside other columns.
const LAST: usize = 20;

/// The lines of a table.
pub fn render(columns: &[Column], rows: &[Vec<Cell>], screen: &Screen) -> String {
    let cleaned =
        |row: &Vec<Cell>| row.iter().map(|Cell(text, paint)| Cell(screen.brief(&clean(text)), *paint)).collect();
    let rows: Vec<Vec<Cell>> = rows.iter().map(cleaned).collect();
    let mut shown: Vec<ShownColumn> = Vec::with_capacity(columns.len());
    for (index, column) in columns.iter().enumerate() {
        let says = |row: &Vec<Cell>| row.get(index).is_some_and(|cell| !cell.is_empty());
        if index == 0 || rows.iter().any(says) {
            let cells = rows.iter().filter_map(|row| row.get(index)).map(|cell| width::of(&cell.0));
            shown.push((index, cells.chain([width::of(column.head)]).max().unwrap_or(0)));
        }
    }
    let words = |index: usize| rows.iter().filter_map(move |row| row.get(index)).flat_map(|cell| cell.0.split(' '));
    // A path is copied, and must not be broken.
    let least = |(index, width): ShownColumn| width.min(LAST).max(words(index).map(width::of).max().unwrap_or(0));
    let shortest = |index: usize| {
        let cells = rows.iter().filter_map(|row| row.get(index)).filter(|cell| !cell.is_empty());
        cells.map(|cell| width::of(&cell.0)).min().unwrap_or(0)
    };
    let layout = Layout::of(&shown, columns, screen.width, least, shortest);
    let head: Vec<Cell> = columns.iter().map(|column| Cell(column.head.to_owned(), Some(Paint::Bold))).collect();
    let head_fits = rows.iter().any(|row| layout.holds(row, screen.width)) && layout.holds(&head, screen.width);
    let mut out = String::new();
    for (number, row) in [&head].into_iter().chain(&rows).enumerate() {
        let fits = if number == 0 { head_fits } else { layout.holds(row, screen.width) };
        let lines = if fits { &layout.beside } else { &layout.below };
        for (number, of) in lines.iter().enumerate() {
            let indent = if number == 0 { 0 } else { INDENT };
            let is_last = number + 1 == lines.len();
            if number == 0 && layout.packed {
                packed(&mut out, row, of, screen);
                continue;
            }
            line(&mut out, row, of, Room { indent, width: screen.width, wraps: is_last }, screen);
        }
    }
    out
}

/// Adds the cells that name a row, one behind the other. A cell that has no room begins a line of its own.
fn packed(out: &mut String, row: &[Cell], shown: &[ShownColumn], screen: &Screen) {
    let mut filled = 0;
    for Cell(text, paint) in shown.iter().map(|(index, _)| &row[*index]) {
        let more = width::of(text);
        if filled > 0 && filled + 2 + more > screen.width {
            out.push('\n');
            filled = 0;
            out.push_str(&" ".repeat(INDENT));
        } else if filled > 0 {
            out.push_str("  ");
        }
        out.push_str(&screen.paint(text, *paint));
        filled += more + 2;
    }
    out.push('\n');
}

/// The room for a line of a row.
#[derive(Clone, Copy)]
struct Room {
    indent: usize,
    width: usize,
    /// Its last cell is wrapped; else it is printed whole.
    wraps: bool,
}

/// Adds one line of a row. Its last cell may need several lines more.
fn line(out: &mut String, row: &[Cell], shown: &[ShownColumn], room: Room, screen: &Screen) {
    let Some(((last, _), before)) = shown.split_last() else { return };
    let mut indent = room.indent;
    let mut line = " ".repeat(indent);
    for (index, width) in before {
        let Cell(text, paint) = &row[*index];
        line.push_str(&screen.paint(text, *paint));
        line.push_str(&" ".repeat(width + 2 - width::of(text)));
        indent += width + 2;
    }
    let Cell(text, paint) = &row[*last];
    // A further line that says nothing is left out.
    if room.indent > 0 && before.iter().chain([&(*last, 0)]).all(|(index, _)| row[*index].is_empty()) {
        return;
    }
    let parts = if room.wraps { wrap(text, room.width.saturating_sub(indent)) } else { vec![text.clone()] };
    for (count, part) in parts.iter().enumerate() {
        if count > 0 {
            line.push_str(&" ".repeat(indent));
        }
        line.push_str(&screen.paint(part, *paint));
        out.push_str(line.trim_end());
        out.push('\n');
        line.clear();
    }
}

/// A path that takes at most `room` columns. It is cut at its beginning, because its end says more.
pub fn shorten_path(path: &str, room: usize) -> String {
    if width::of(path) <= room {
        return path.to_owned();
    }
    let fits = |from: &usize| width::of(&path[*from..]) < room;
    let begins = path.char_indices().filter(|(_, c)| !width::is_mark(*c)).map(|(at, _)| at);
    let from = { begins }.find(fits).unwrap_or(path.len());
    format!("…{}", &path[from..])
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [Column; 3] = [Column::new("AGENT", 0), Column::new("TYPE", 1), Column::new("NEXT", 0)];

    fn table(rows: &[[&str; 3]], width: usize) -> String {
        let cells = |row: &[&str; 3]| row.iter().map(|text| Cell((*text).to_owned(), None)).collect();
        let rows: Vec<Vec<Cell>> = rows.iter().map(cells).collect();
        render(&COLUMNS, &rows, &Screen { width, known: true, colour: false, home: None, local: None })
    }

    #[test]
    fn columns_are_aligned_and_empty_ones_left_out() {
        assert_eq!(
            table(&[["long-name", "é", ""], ["b", "x", ""]], 80),
            "AGENT      TYPE\nlong-name  é\nb          x\n"
        );
        assert_eq!(table(&[["山田", "oauth", ""], ["b", "x", ""]], 80), "AGENT  TYPE\n山田   oauth\nb      x\n");
    }

    #[test]
    fn names_of_any_script_keep_the_columns_at_every_width() {
        let rows = [
            ["山田太郎", "oauth", "ocsync sync"],
            ["ne\u{301}e", "oauth", "log in with 한국어 once, then run ocsync sync"],
            ["👩\u{200d}💻", "oauth", "-"],
            ["👍🏽 कुछ ไทย", "oauth", "か\u{3099} か\u{3099}"],
        ];
        let expected = "AGENT      TYPE   NEXT\n\
                        山田太郎   oauth  ocsync sync\n\
                        ne\u{301}e        oauth  log in with 한국어 once, then\n                  run ocsync sync\n\
                        👩\u{fffd}💻      oauth  -\n\
                        👍🏽 कुछ ไทย  oauth  か\u{3099} か\u{3099}\n";
        assert_eq!(table(&rows, 50), expected);
        for width in 33..100 {
            assert!(table(&rows, width).lines().all(|line| width::of(line) <= width), "{width}");
        }
    }

    #[test]
    fn a_column_goes_then_the_last_one_wraps_then_a_row_takes_several_lines() {
        let rows = [["agent-with-a-long-name and 7 more", "oauth", "log in with the CLI, then run ocsync sync"]];
        assert_eq!(
            table(&rows, 60),
            "AGENT                              NEXT\nagent-with-a-long-name and 7 more  log in with the CLI, then\n                                   run ocsync sync\n"
        );
        assert_eq!(
            table(&rows, 40),
            "AGENT                              TYPE\n  NEXT\nagent-with-a-long-name and 7 more  oauth\n  log in with the CLI, then run ocsync\n  sync\n"
        );
        for width in 33..100 {
            assert!(table(&rows, width).lines().all(|line| width::of(line) <= width), "{width}");
        }
        let two = [["agent-with-a-long-name", "oauth", "-"], ["b", "oauth", "log in with the CLI"]];
        let silent = "AGENT                   TYPE\n  NEXT\nagent-with-a-long-name  oauth\nb                       oauth\n  log in with the CLI\n";
        assert_eq!(table(&two, 30), silent, "a line that says nothing is left out");
    }

    #[test]
    fn a_path_is_not_broken_where_a_line_of_its_own_holds_it() {
        let rows = [["an-agent", "oauth", "name /a/rather/long/path/to/something"]];
        let beside =
            "AGENT     TYPE   NEXT\nan-agent  oauth  name\n                 /a/rather/long/path/to/something\n";
        assert_eq!(table(&rows, 50), beside);
        // A column gives way to it, and then the line.
        let narrow = "AGENT     NEXT\nan-agent  name\n          /a/rather/long/path/to/something\n";
        assert_eq!(table(&rows, 43), narrow);
        let below = "AGENT     TYPE\n  NEXT\nan-agent  oauth\n  name /a/rather/long/path/to/something\n";
        assert_eq!(table(&rows, 41), below);
    }

    #[test]
    fn only_the_row_that_is_too_long_takes_another_line() {
        let rows = [
            ["an-agent-of-some-length", "oauth", "ocsync sync"],
            ["b", "oauth", "name /a/rather/long/path/to/something"],
            ["c", "oauth", "-"],
        ];
        let expected = "AGENT                    TYPE   NEXT\n\
                        an-agent-of-some-length  oauth  ocsync sync\n\
                        b                        oauth\n  name /a/rather/long/path/to/something\n\
                        c                        oauth\n";
        assert_eq!(table(&rows, 50), expected);
    }

    #[test]
    fn what_names_a_row_has_a_line_of_its_own_where_the_rest_has_no_room() {
        const COLUMNS: [Column; 4] = [
            Column::new("AGENT", 0),
            Column::new("PROFILE", 0),
            Column::new("VERDICT", 0).breaking(),
            Column::new("NEXT", 0),
        ];
        let table = |width: usize| {
            let cells = |row: [&str; 4]| row.iter().map(|text| Cell((*text).to_owned(), None)).collect();
            let rows =
                [["an-agent-of-a-long-name", "a:b", "in-sync", ""], ["b", "a:a-long-name-too", "drift", "do it"]];
            render(&COLUMNS, &rows.map(cells), &Screen { width, known: true, colour: false, home: None, local: None })
        };
        let columns = "AGENT                    PROFILE\n  VERDICT  NEXT\n\
                       an-agent-of-a-long-name  a:b\n  in-sync\n\
                       b                        a:a-long-name-too\n  drift    do it\n";
        assert_eq!(table(45), columns);
        let packed = "AGENT  PROFILE\n  VERDICT  NEXT\n\
                      an-agent-of-a-long-name  a:b\n  in-sync\n\
                      b  a:a-long-name-too\n  drift    do it\n";
        assert_eq!(table(40), packed);
        let narrow = "AGENT  PROFILE\n  VERDICT  NEXT\n\
                      an-agent-of-a-long-name\n  a:b\n  in-sync\n\
                      b  a:a-long-name-too\n  drift    do it\n";
        assert_eq!(table(25), narrow);
    }

    #[test]
    fn a_path_is_cut_at_its_beginning() {
        assert_eq!(shorten_path("/home/me/.openclaw", 11), "…/.openclaw");
        assert_eq!(shorten_path("/home/山田/x", 6), "…田/x");
        assert_eq!(shorten_path("/home/ne\u{301}e/x", 4), "…e/x");
    }
}
