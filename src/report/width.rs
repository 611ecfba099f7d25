//! How many columns of a terminal a text takes.
//!
//! A character of Chinese, Japanese or Korean takes two columns, and so does an emoji. An accent that is put over the
//! character before it takes none. Only a profile, an account or a path can have such characters: OpenClaw's agents have
//! ASCII names.

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// The columns that a text takes. Characters whose width depends on the font count as narrow.
pub(super) fn of(text: &str) -> usize {
    text.width()
}

/// Whether a character is put over the one before it.
pub(super) fn is_mark(c: char) -> bool {
    c.width() == Some(0)
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

    #[test]
    fn marks_of_any_script_and_parts_of_an_emoji_take_no_column_of_their_own() {
        for (text, columns) in [
            ("कुछ", 2),
            ("ไทย", 3),
            ("ก็", 1),
            ("한", 2),
            ("か\u{3099}", 2),
            ("👍🏽", 2),
            ("❤\u{fe0f}", 2),
            ("👩\u{200d}💻", 2),
            // As it is printed: the joiner is replaced.
            ("👩\u{fffd}💻", 5),
        ] {
            assert_eq!(of(text), columns, "{text}");
        }
    }
}
