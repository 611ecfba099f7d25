//! Holds a report to `contrib/schema/report.schema.json`.
//!
//! A validator for the keywords that the schema uses and no others: one that it does not know is an
//! error, and never passed over. It is stricter than the schema in one point: a field that the schema
//! does not name is one that somebody forgot to describe.

use serde_json::Value;

/// The schema.
pub fn schema() -> Value {
    serde_json::from_str(include_str!("../../contrib/schema/report.schema.json")).unwrap()
}

/// What is wrong with a report by the schema, each with its place.
pub fn faults(report: &Value) -> Vec<String> {
    let root = schema();
    let mut faults = Vec::new();
    check(&root, &root, report, "$", &mut faults);
    faults
}

fn check(root: &Value, schema: &Value, value: &Value, at: &str, faults: &mut Vec<String>) {
    let fault = |what: String| format!("{at}: {what}: {value}");
    let rules = schema.as_object().unwrap_or_else(|| panic!("{at}: no schema: {schema}"));
    for (keyword, rule) in rules {
        match keyword.as_str() {
            "$schema" | "$defs" | "title" | "description" => {}
            "type" => {
                let names = rule.as_array().map_or_else(|| vec![rule], |names| names.iter().collect());
                if !names.iter().any(|name| is(value, name.as_str().unwrap())) {
                    faults.push(fault(format!("is no {rule}")));
                }
            }
            "const" if value != rule => faults.push(fault(format!("is not {rule}"))),
            "enum" if !rule.as_array().unwrap().contains(value) => faults.push(fault(format!("is none of {rule}"))),
            "minimum" if value.as_i64().is_some_and(|number| number < rule.as_i64().unwrap()) => {
                faults.push(fault(format!("is below {rule}")));
            }
            "const" | "enum" | "minimum" => {}
            "format" => {
                assert_eq!(rule, "date-time");
                if value.as_str().is_some_and(|text| chrono::DateTime::parse_from_rfc3339(text).is_err()) {
                    faults.push(fault("is no time".to_owned()));
                }
            }
            "pattern" => {
                let is_hex = |c: char| matches!(c, '0'..='9' | 'a'..='f');
                let fits = |text: &str| match rule.as_str().unwrap() {
                    "^[0-9a-f]{12}$" => text.len() == 12 && text.chars().all(is_hex),
                    "^(claude|codex|minimax|qwen)(:[a-z0-9][a-z0-9_-]{0,31})?$" => is_source(text),
                    other => panic!("the pattern \"{other}\" is not known here"),
                };
                if value.as_str().is_some_and(|text| !fits(text)) {
                    faults.push(fault(format!("is not as {rule}")));
                }
            }
            "required" => {
                let names = rule.as_array().unwrap().iter().map(|name| name.as_str().unwrap());
                faults.extend(
                    names.filter(|name| value.get(name).is_none()).map(|name| fault(format!("lacks \"{name}\""))),
                );
            }
            "properties" => {
                for (name, value) in value.as_object().into_iter().flatten() {
                    match rule.get(name) {
                        Some(schema) => check(root, schema, value, &format!("{at}.{name}"), faults),
                        None => faults.push(format!("{at}: \"{name}\" is not described")),
                    }
                }
            }
            "items" => {
                for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                    check(root, rule, item, &format!("{at}[{index}]"), faults);
                }
            }
            "$ref" => {
                let name = rule.as_str().unwrap().strip_prefix("#/$defs/").unwrap();
                check(root, &root["$defs"][name], value, at, faults);
            }
            other => panic!("{at}: the keyword \"{other}\" is not known here"),
        }
    }
}

fn is_source(text: &str) -> bool {
    let (cli, name) = text.split_once(':').map_or((text, None), |(cli, name)| (cli, Some(name)));
    let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let is_name = |name: &str| {
        (1..=32).contains(&name.len())
            && letter(name.as_bytes()[0])
            && name.bytes().all(|byte| letter(byte) || b"_-".contains(&byte))
    };
    ["claude", "codex", "minimax", "qwen"].contains(&cli) && name.is_none_or(is_name)
}

fn is(value: &Value, name: &str) -> bool {
    match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("the type \"{other}\" is not known here"),
    }
}
