//! Breaks a text into lines.

use crate::report::width;

/// The lines of a text. A line breaks between words. A word that is longer than a line stays whole, because a person copies
/// paths and names: the terminal itself breaks it. There is always at least one line.
pub fn wrap(text: &str, room: usize) -> Vec<String> {
    let room = room.max(1);
    let mut lines = vec![String::new()];
    let mut filled = 0;
    for word in text.split(' ') {
        let columns = width::of(word);
        let space = usize::from(filled > 0);
        if filled > 0 && filled + space + columns > room {
            lines.push(String::new());
            filled = 0;
        }
        let Some(mut line) = lines.pop() else { return lines };
        if filled > 0 {
            line.push(' ');
            filled += 1;
        }
        line.push_str(word);
        filled += columns;
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_breaks_between_words_and_never_within_one() {
        assert_eq!(wrap("aa bb cc", 5), ["aa bb", "cc"]);
        assert_eq!(wrap("a /long/path b", 6), ["a", "/long/path", "b"]);
        assert_eq!(wrap("", 5), [""]);
        assert_eq!(wrap("山田 さん x", 6), ["山田", "さん x"]);
    }
}
