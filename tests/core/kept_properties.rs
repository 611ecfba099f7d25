//! A login that was replaced comes back byte for byte, whatever its entry looks like and whatever replaced it.

use ocsync::testing::model::json_edit::{Change, apply};
use ocsync::testing::model::json_text::members;
use ocsync::testing::model::kept::{FIELDS, Kept, KeptFile};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

const ID: &str = "anthropic:default";
#[allow(clippy::disallowed_methods, reason = "no variable of the program's")]
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(20_000)
}

/// An entry with some of the fields and some others, in any order and spacing.
fn entry() -> impl Strategy<Value = String> {
    let names: Vec<&str> = FIELDS.into_iter().chain(["provider", "n", "clientId"]).collect();
    let value =
        select(vec!["null", "1e999", "{ \"a\": [1.10] }", "\"\"", "\"FAKE-\\u00e9\"", "\"FAKE-b\"", "1795169294333"]);
    let space = select(vec!["", " ", "\n  "]);
    let count = names.len();
    (subsequence(names, 0..=count).prop_shuffle(), prop::collection::vec((value, space), count)).prop_map(
        |(names, values)| {
            let member = |(name, (value, space)): (&&str, &(&str, &str))| format!("{space}\"{name}\":{space}{value}");
            format!("{{{}}}", names.iter().zip(&values).map(member).collect::<Vec<_>>().join(","))
        },
    )
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let fields = subsequence(FIELDS.to_vec(), 0..=FIELDS.len());
    (fields, prop::collection::vec(any::<bool>(), FIELDS.len())).prop_map(|(fields, sets)| {
        let change = |(field, set): (&&'static str, &bool)| {
            if *set { Change::set(field, "\"FAKE-new\"".to_owned()) } else { Change::Remove(field) }
        };
        fields.iter().zip(&sets).map(change).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases()))]

    #[test]
    fn what_was_replaced_comes_back(entry in entry(), changes in changes(), touched in any::<bool>()) {
        let before = format!("{{ \"version\": 1, \"profiles\": {{\"x\":7, \"{ID}\" : {entry} , \"y\":[]}} }}\n");
        let path = ["profiles", ID];
        let after = apply(&before, &path, &changes).unwrap();
        let file = KeptFile {
            state_dir: "/s".to_owned(),
            agent: "main".to_owned(),
            profile: ID.to_owned(),
            kept: vec![Kept::of(&before, ID, &changes, 7).unwrap()],
        };
        // As it is read from the disk.
        let text = String::from_utf8(file.bytes().to_vec()).unwrap();
        let file = KeptFile::parse(&text).unwrap();
        if !touched {
            prop_assert_eq!(&*file.kept[0].put_back(&after, ID).unwrap(), &before);
            return Ok(());
        }
        // Something else has changed: every field is what it was, and that change stays.
        let other = Change::set("other", "true".to_owned());
        let touched = apply(&after, &path, &[other]).unwrap();
        let back = file.kept[0].put_back(&touched, ID).unwrap();
        let back = apply(&back, &path, &[Change::Remove("other")]).unwrap();
        let sorted = |document: &str| {
            let top = members(document).unwrap();
            let profiles = top.iter().find(|of| of.key == "profiles").unwrap().members().unwrap();
            let entry = profiles.iter().find(|of| of.key == ID).unwrap().members().unwrap();
            let mut all: Vec<_> = entry.iter().map(|of| (of.key.to_string(), of.value.to_owned())).collect();
            all.sort();
            all
        };
        prop_assert_eq!(sorted(&back), sorted(&before));
    }
}
