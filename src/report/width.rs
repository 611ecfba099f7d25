//! How many columns of a terminal a text takes.
//!
//! A character of Chinese, Japanese or Korean takes two columns, and so does an emoji. An accent that is put over the
//! character before it takes none. Only a profile, an account or a path can have such characters: OpenClaw's agents have
//! ASCII names.

/// Characters that take two columns: those that are "wide" or "fullwidth" in `EastAsianWidth.txt` of Unicode 16, in ranges
/// that also hold some unassigned ones.
const WIDE: [(u32, u32); 21] = [
    (0x1100, 0x115F),
    (0x231A, 0x231B),
    (0x23E9, 0x23EC),
    (0x25FD, 0x25FE),
    (0x2614, 0x2615),
    (0x2648, 0x2653),
    (0x2705, 0x2705),
    (0x2728, 0x2728),
    (0x274C, 0x274C),
    (0x2753, 0x2755),
    (0x2E80, 0x303E),
    (0x3041, 0xA4CF),
    (0xA960, 0xA97F),
    (0xAC00, 0xD7A3),
    (0xF900, 0xFAFF),
    (0xFE30, 0xFE6F),
    (0xFF00, 0xFF60),
    (0xFFE0, 0xFFE6),
    (0x1F300, 0x1F64F),
    (0x1F680, 0x1FAFF),
    (0x20000, 0x3FFFD),
];

/// Characters that take none: the combining marks of the scripts in which names are usual, and variation selectors.
const NONE: [(u32, u32); 12] = [
    (0x0300, 0x036F),
    (0x0483, 0x0489),
    (0x0591, 0x05BD),
    (0x0610, 0x061A),
    (0x064B, 0x065F),
    (0x0E34, 0x0E3A),
    (0x0E47, 0x0E4E),
    (0x1AB0, 0x1AFF),
    (0x1DC0, 0x1DFF),
    (0x20D0, 0x20FF),
    (0x3099, 0x309A),
    (0xFE00, 0xFE0F),
];

/// The columns that one character takes.
fn of_char(c: char) -> usize {
    let is_in = |ranges: &[(u32, u32)]| ranges.iter().any(|(from, to)| (*from..=*to).contains(&u32::from(c)));
    match c {
        '\0'..='\u{2ff}' => 1,
        _ if is_in(&NONE) => 0,
        _ if is_in(&WIDE) => 2,
        _ => 1,
    }
}

/// The columns that a text takes.
pub(super) fn of(text: &str) -> usize {
    text.chars().map(of_char).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wide_character_takes_two_columns_and_a_combining_one_none() {
        for (text, columns) in
            [("", 0), ("né", 2), ("ne\u{301}", 2), ("山田さん", 8), ("한글", 4), ("🦞 ok", 5), ("…", 1)]
        {
            assert_eq!(of(text), columns, "{text}");
        }
    }
}
