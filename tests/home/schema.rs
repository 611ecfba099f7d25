//! Holds a report to `contrib/schema/report.schema.json`, and a configuration to its schema.
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

/// What is wrong with a value by another schema.
#[allow(dead_code, reason = "not every test program has a configuration")]
pub fn faults_by(schema: &Value, value: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    check(schema, schema, value, "$", &mut faults);
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
                    "^[0-9]+[smhd]?$" => is_time(text),
                    "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" => {
                        text.len() == 10
                            && text.bytes().enumerate().all(|(at, byte)| match at {
                                4 | 7 => byte == b'-',
                                _ => byte.is_ascii_digit(),
                            })
                    }
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
                        None if rules.get("additionalProperties").is_some_and(Value::is_object) => {}
                        None => faults.push(format!("{at}: \"{name}\" is not described")),
                    }
                }
            }
            "additionalProperties" if rule.is_object() => {
                let named = rules.get("properties");
                let others = value.as_object().into_iter().flatten();
                for (name, value) in others.filter(|(name, _)| named.is_none_or(|named| named.get(name).is_none())) {
                    check(root, rule, value, &format!("{at}.{name}"), faults);
                }
            }
            // Without it a name that is not described is a fault as well.
            "additionalProperties" => assert_eq!(rule, false),
            "propertyNames" => {
                for name in value.as_object().into_iter().flatten().map(|(name, _)| name) {
                    check(root, rule, &Value::from(name.as_str()), &format!("{at}.{name}"), faults);
                }
            }
            "oneOf" => {
                let fits = |schema: &&Value| {
                    let mut faults = Vec::new();
                    check(root, schema, value, at, &mut faults);
                    faults.is_empty()
                };
                if rule.as_array().unwrap().iter().filter(fits).count() != 1 {
                    faults.push(fault("is not one of the forms".to_owned()));
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

fn is_time(text: &str) -> bool {
    let digits = text.strip_suffix(['s', 'm', 'h', 'd']).unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
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
