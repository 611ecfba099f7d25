//! Editing a document changes no byte outside the edited value, whatever the document.

use ocsync::testing::model::json_edit::{Change, apply, set};
use ocsync::testing::model::json_text::members;
use proptest::prelude::*;

/// Few for `just mutants`, which runs them hundreds of times.
#[allow(clippy::disallowed_methods, reason = "no variable of the program's")]
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(100_000)
}

/// Text of this form. A strategy of nested values is built again for every value: a pattern that is parsed within it
/// takes longer than all that is tested here.
fn text(pattern: &str) -> BoxedStrategy<String> {
    prop::string::string_regex(pattern).unwrap().boxed()
}

/// What is between the values of a document.
#[derive(Clone, Debug)]
struct Between {
    key: BoxedStrategy<String>,
    in_array: BoxedStrategy<String>,
    in_object: BoxedStrategy<String>,
    at_colon: BoxedStrategy<String>,
}

impl Between {
    fn any() -> Self {
        Self {
            key: text("[b-f]{1,2}"),
            in_array: text("[ \n]{0,2}"),
            in_object: text("[ \n\t]{0,3}"),
            at_colon: text("[ ]{0,2}"),
        }
    }
}

/// Any JSON value, spelled with any spacing, number form and escape.
fn any_json() -> impl Strategy<Value = String> {
    let number =
        prop_oneof![text("-?(0|[1-9][0-9]{0,30})"), text("-?[1-9]\\.[0-9]{1,20}"), text("[1-9][eE][+-]?[0-9]{1,3}")];
    let string = "\"([a-z ,:{}\\[\\]é]|\\\\[nt\"\\\\/]|\\\\u00e9|\\\\ud83d\\\\ude00){0,12}\"";
    let leaf = prop_oneof![Just("null".to_owned()), Just("true".to_owned()), number, text(string)];
    let between = Between::any();
    leaf.prop_recursive(3, 24, 4, move |inner| {
        let array = (prop::collection::vec(inner.clone(), 0..4), between.in_array.clone())
            .prop_map(|(items, space)| format!("[{space}{}{space}]", items.join(&format!("{space},"))));
        prop_oneof![array, any_object(inner.boxed(), &between)]
    })
}

fn any_object(value: BoxedStrategy<String>, between: &Between) -> impl Strategy<Value = String> + use<> {
    let Between { key, in_object, at_colon, .. } = between.clone();
    prop::collection::vec((key, value, in_object, at_colon), 0..6).prop_map(|members| {
        let texts: Vec<String> = members
            .iter()
            .map(|(key, value, space, colon)| format!("{space}\"{key}\"{colon}:{colon}{value}{space}"))
            .collect();
        format!("{{{}}}", texts.join(","))
    })
}

fn raw(document: &str) -> Vec<(String, String)> {
    members(document).unwrap().iter().map(|m| (m.key.to_string(), m.value.to_owned())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases()))]

    #[test]
    fn no_byte_outside_the_edited_value_changes(
        object in any_object(any_json().boxed(), &Between::any()), value in any_json(), at in 0usize..7
    ) {
        // Exchange: the value's bytes, and no others.
        let document = format!(" {object}\n");
        let before = raw(&document);
        let unique = |key: &String| before.iter().filter(|(other, _)| other == key).count() == 1;
        if let Some((key, old)) = before.get(at).filter(|(key, _)| unique(key)) {
            let all = members(&document).unwrap();
            let start = all[at].at;
            let edited = set(&document, key, &value).unwrap();
            prop_assert_eq!(&edited[..start], &document[..start]);
            prop_assert_eq!(&edited[start..start + value.len()], value.as_str());
            prop_assert_eq!(&edited[start + value.len()..], &document[start + old.len()..]);
        }
        // Put in: the old document with one piece more. Take out again: the old document.
        let added = set(&document, "new", &value).unwrap();
        let mut expected = before.clone();
        expected.push(("new".to_owned(), value.clone()));
        prop_assert_eq!(raw(&added), expected);
        let common = added.bytes().zip(document.bytes()).take_while(|(a, b)| a == b).count();
        let tail = document.len() - common;
        prop_assert_eq!(&added[added.len() - tail..], &document[common..]);
        if !before.is_empty() {
            prop_assert_eq!(&*apply(&added, &[], &[Change::Remove("new")]).unwrap(), &document);
        }
    }
}
