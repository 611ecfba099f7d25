//! The part of TOML that the cases are written in: a key and a value on one line, or a key and a text between
//! two `'''`. A value on one line is written in TOML as it is in JSON, and the empty text is `''`.

use serde_json::Value;

const FENCE: &str = "'''";

/// The keys with their values, or the line that is none of this.
pub fn read(text: &str) -> Result<Vec<(String, Value)>, String> {
    let mut said = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (line, below) = rest.split_once('\n').ok_or(rest)?;
        let (key, value) = line.split_once(" = ").ok_or(line)?;
        rest = below;
        let value = match value {
            "''" => Value::String(String::new()),
            FENCE => {
                let (text, below) = rest.split_once("'''\n").ok_or(line)?;
                rest = below;
                text.into()
            }
            value => serde_json::from_str(value).map_err(|_| line)?,
        };
        said.push((key.to_owned(), value));
    }
    Ok(said)
}

/// A line with a value.
pub fn value(key: &str, value: &Value) -> String {
    let written = match value {
        Value::Array(items) => format!("[{}]", items.iter().map(Value::to_string).collect::<Vec<_>>().join(", ")),
        value => value.to_string(),
    };
    format!("{key} = {written}\n")
}

/// Lines with a text.
pub fn text(key: &str, text: &str) -> String {
    assert!(!text.contains(FENCE), "{key} cannot be written: {text}");
    if text.is_empty() { format!("{key} = ''\n") } else { format!("{key} = {FENCE}\n{text}{FENCE}\n") }
}
