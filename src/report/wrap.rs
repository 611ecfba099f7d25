//! Breaks a text into lines.

/// The lines of a text. A line breaks between words, or within a word that is longer than a line. There is always at
/// least one line.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    let mut lines = vec![String::new()];
    let mut filled = 0;
    for word in text.split(' ') {
        let mut rest = word;
        let space = usize::from(filled > 0);
        if filled > 0 && filled + space + word.chars().count() > width {
            lines.push(String::new());
            filled = 0;
        }
        let Some(mut line) = lines.pop() else { return lines };
        if filled > 0 {
            line.push(' ');
            filled += 1;
        }
        while rest.chars().count() > width {
            let cut = rest.char_indices().nth(width).map_or(rest.len(), |(at, _)| at);
            lines.push(rest[..cut].to_owned());
            rest = &rest[cut..];
        }
        line.push_str(rest);
        filled += rest.chars().count();
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_breaks_between_words_and_only_then_within_one() {
        assert_eq!(wrap("aa bb cc", 5), ["aa bb", "cc"]);
        assert_eq!(wrap("a /long/path b", 6), ["a", "/long/", "path b"]);
        assert_eq!(wrap("", 5), [""]);
    }
}
