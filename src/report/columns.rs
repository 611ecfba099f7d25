//! Makes a table fit the screen.
//!
//! Empty columns are left out. If the rest is too wide, the least important columns are dropped, then names are
//! shortened, then the last column is wrapped over several lines.
//!
//! Width is counted in characters. That is wrong for double-width characters, but known ids and paths have none.

use crate::report::screen::{Paint, Screen};

/// The last column is never narrower than this while another column can be dropped or shortened.
const LAST: usize = 20;

/// How the cells of a column may be shortened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Not at all.
    Never,
    /// At the end.
    End,
    /// At the end of the first word. The words after it count agents and stay.
    FirstWord,
}

impl Cut {
    /// The least width of a shortened cell.
    fn least(self) -> usize {
        match self {
            Self::Never => usize::MAX,
            Self::End => 12,
            Self::FirstWord => 18,
        }
    }
}

/// One column.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Its heading.
    pub head: &'static str,
    /// When it is dropped for want of room: 0 never, 1 first.
    pub drop: u8,
    /// Whether its cells may be shortened.
    pub cut: Cut,
}

/// One cell: its text and its colour.
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

    fn is_empty(&self) -> bool {
        self.0.is_empty() || self.0 == "-"
    }
}

/// The lines of a table.
pub fn render(columns: &[Column], rows: &[Vec<Cell>], screen: &Screen) -> String {
    let mut shown: Vec<(usize, usize)> = Vec::with_capacity(columns.len());
    for (index, column) in columns.iter().enumerate() {
        let says = |row: &Vec<Cell>| row.get(index).is_some_and(|cell| !cell.is_empty());
        if index == 0 || rows.iter().any(says) {
            let cells = rows.iter().filter_map(|row| row.get(index)).map(|cell| chars(&cell.0));
            shown.push((index, cells.chain([chars(column.head)]).max().unwrap_or(0)));
        }
    }
    fit(&mut shown, columns, screen.width);
    let mut out = String::new();
    let head: Vec<Cell> = columns.iter().map(|column| Cell(column.head.to_owned(), Some(Paint::Bold))).collect();
    for row in [&head].into_iter().chain(rows) {
        line(&mut out, row, columns, &shown, screen);
    }
    out
}

/// Drops and narrows columns until a line fits.
fn fit(shown: &mut Vec<(usize, usize)>, columns: &[Column], width: usize) {
    let total = |shown: &[(usize, usize)]| shown.iter().map(|(_, width)| width + 2).sum::<usize>().saturating_sub(2);
    // The width of a line when the last column, which can be wrapped, is as narrow as possible.
    let needed = |shown: &[(usize, usize)]| {
        let last = shown.last().map_or(0, |(_, width)| *width);
        total(shown) - last + last.min(LAST)
    };
    while needed(shown) > width {
        let next =
            shown.iter().filter(|(index, _)| columns[*index].drop > 0).min_by_key(|(index, _)| columns[*index].drop);
        let Some(index) = next.map(|(index, _)| *index) else { break };
        shown.retain(|(of, _)| *of != index);
    }
    while needed(shown) > width {
        let widest = shown.iter_mut().filter(|(index, width)| *width > columns[*index].cut.least());
        let Some((_, widest)) = widest.max_by_key(|(_, width)| *width) else { break };
        *widest -= 1;
    }
    let over = total(shown).saturating_sub(width);
    if let Some((_, last)) = shown.last_mut() {
        *last = last.saturating_sub(over).max(1);
    }
}

/// Adds one row. Its last cell may need several lines.
fn line(out: &mut String, row: &[Cell], columns: &[Column], shown: &[(usize, usize)], screen: &Screen) {
    let Some(((last, room), before)) = shown.split_last() else { return };
    let mut indent = 0;
    let mut line = String::new();
    for (index, width) in before {
        let Cell(text, paint) = &row[*index];
        let text = match text.find(' ').filter(|_| columns[*index].cut == Cut::FirstWord) {
            Some(at) => shorten(&text[..at], width.saturating_sub(chars(&text[at..]))) + &text[at..],
            None => text.clone(),
        };
        let text = shorten(&text, *width);
        line.push_str(&screen.paint(&text, *paint));
        line.push_str(&" ".repeat(width + 2 - chars(&text)));
        indent += width + 2;
    }
    let Cell(text, paint) = &row[*last];
    for (count, part) in wrap(text, *room).iter().enumerate() {
        if count > 0 {
            line.push_str(&" ".repeat(indent));
        }
        line.push_str(&screen.paint(part, *paint));
        out.push_str(line.trim_end());
        out.push('\n');
        line.clear();
    }
}

fn chars(text: &str) -> usize {
    text.chars().count()
}

/// A text of at most `width` characters. A mark shows that something was cut.
pub fn shorten(text: &str, width: usize) -> String {
    if chars(text) <= width {
        return text.to_owned();
    }
    let kept: String = text.chars().take(width.saturating_sub(1)).collect();
    kept + "…"
}

/// A path of at most `width` characters. It is cut at its beginning, because its end says more.
pub fn shorten_path(path: &str, width: usize) -> String {
    let count = chars(path);
    if count <= width {
        return path.to_owned();
    }
    let kept: String = path.chars().skip(count + 1 - width.max(1)).collect();
    format!("…{kept}")
}

/// The lines of a text. A line breaks between words, or within a word that is longer than a line. There is always at
/// least one line.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    let mut lines = vec![String::new()];
    let mut filled = 0;
    for word in text.split(' ') {
        let mut rest = word;
        let space = usize::from(filled > 0);
        if filled > 0 && filled + space + chars(word) > width {
            lines.push(String::new());
            filled = 0;
        }
        let Some(mut line) = lines.pop() else { return lines };
        if filled > 0 {
            line.push(' ');
            filled += 1;
        }
        while chars(rest) > width {
            let cut = rest.char_indices().nth(width).map_or(rest.len(), |(at, _)| at);
            lines.push(rest[..cut].to_owned());
            rest = &rest[cut..];
        }
        line.push_str(rest);
        filled += chars(rest);
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [Column; 3] = [
        Column { head: "AGENT", drop: 0, cut: Cut::FirstWord },
        Column { head: "TYPE", drop: 1, cut: Cut::Never },
        Column { head: "NEXT", drop: 0, cut: Cut::Never },
    ];

    fn table(rows: &[[&str; 3]], width: usize) -> String {
        let cells = |row: &[&str; 3]| row.iter().map(|text| Cell((*text).to_owned(), None)).collect();
        let rows: Vec<Vec<Cell>> = rows.iter().map(cells).collect();
        render(&COLUMNS, &rows, &Screen { width, known: true, colour: false, home: None })
    }

    #[test]
    fn columns_are_aligned_and_empty_ones_left_out() {
        assert_eq!(
            table(&[["long-name", "é", ""], ["b", "x", ""]], 80),
            "AGENT      TYPE\nlong-name  é\nb          x\n"
        );
    }

    #[test]
    fn a_column_goes_then_a_name_is_cut_then_the_last_one_wraps() {
        let rows = [["agent-with-a-long-name and 7 more", "oauth", "log in with the CLI, then run ocsync sync"]];
        assert_eq!(
            table(&rows, 40),
            "AGENT               NEXT\nagent-… and 7 more  log in with the CLI,\n                    then run ocsync sync\n"
        );
        for width in 40..100 {
            assert!(table(&rows, width).lines().all(|line| chars(line) <= width), "{width}");
        }
    }

    #[test]
    fn prose_breaks_between_words_and_only_then_within_one() {
        assert_eq!(wrap("aa bb cc", 5), ["aa bb", "cc"]);
        assert_eq!(wrap("a /long/path b", 6), ["a", "/long/", "path b"]);
        assert_eq!(wrap("", 5), [""]);
        assert_eq!(shorten_path("/home/me/.openclaw", 11), "…/.openclaw");
        assert_eq!(shorten("abcdef", 4), "abc…");
    }
}
