//! OpenClaw's store: whatever is edited in it, it is read as meant afterwards, and every byte
//! outside of the edit is as it was.

use ocsync::testing::core::change;
use ocsync::testing::model::json_edit::{self, Change};
use ocsync::testing::model::json_text;
use ocsync::testing::model::json_text::Malformed;
use ocsync::testing::model::login::{Expiry, Identity, Login};
use ocsync::testing::model::policy::Share;
use ocsync::testing::model::profile::{Profile, ProfileKind as Type, Reference};
use ocsync::testing::model::secret::Token;
use ocsync::testing::model::source::SourceKind;
use ocsync::testing::model::verdict::Verdict;
use ocsync::testing::openclaw::json::{cooldown, store_text};

use super::{pick, same, split};

const FIELDS: [&str; 9] =
    ["access", "refresh", "expires", "token", "key", "accountId", "oauthRef", "unknown", "accessToken"];
const VALUES: [&str; 6] = ["null", "\"x-canary\"", "1.5e3", "{\"a\": [1, \"}\"]}", "\"\\\"\\\\\\u0000é\"", "[]"];
const IDS: [&str; 4] = ["anthropic:default", "p", "a\"b\\c\u{1}é", ""];

/// The first bytes choose the edit, the profile, and what is put there.
pub(super) fn check(data: &[u8]) {
    let Some(([edit, which, choice], text)) = split(data) else { return };
    let document = match store_text::text(text) {
        Ok(document) => document,
        Err(error) => return placed(error, ""),
    };
    let _ = cooldown::read(document, 1_795_169_000_000);
    let profiles = match store_text::parse(document) {
        Ok(profiles) => profiles,
        Err(error) => return placed(error, document),
    };
    assert!(same::is_json(document));
    let profile = profiles.get(usize::from(which) % profiles.len().max(1));
    match (edit % 4, profile) {
        (0, Some(profile)) => one_field(document, profile, choice),
        (1, Some(profile)) => delivery(document, profile, choice),
        (2, Some(profile)) => lifted(document, &profile.id),
        _ => {
            let known = profile.map_or("new", |profile| profile.id.as_str());
            added(document, pick(choice, &[IDS[0], IDS[1], IDS[2], IDS[3], known]));
        }
    }
}

fn placed(error: Malformed, document: &str) {
    let Malformed::At { line, column, why } = error.located(document) else { panic!("not located") };
    assert!(line > 0 && column > 0 && !why.is_empty());
}

/// Only what cannot be meant is refused.
fn twice(error: Malformed, document: &str) {
    let Malformed::At { why, .. } = error.located(document) else { panic!("not located") };
    assert!(why.ends_with("is there twice"), "{why}");
}

fn member<'a>(object: &'a str, key: &str) -> Option<&'a str> {
    json_text::find(&json_text::members(object).unwrap(), key).unwrap().map(|member| member.value)
}

fn one_field(document: &str, profile: &Profile, choice: u8) {
    let (key, value) = (pick(choice, &FIELDS), pick(choice >> 4, &VALUES));
    let set = choice & 1 == 1;
    let change = if set { Change::set(key, value.to_owned()) } else { Change::Remove(key) };
    let path = ["profiles", profile.id.as_str()];
    let new = match json_edit::apply(document, &path, &[change]) {
        Ok(new) => new,
        Err(error) => return twice(error, document),
    };
    let entry = path.iter().fold(document, |object, key| member(object, key).unwrap());
    let now = same::outside(document, &new, same::span(document, entry));
    match (set, member(entry, key)) {
        (true, Some(old)) => assert_eq!(same::outside(entry, now, same::span(entry, old)), value),
        (true, None) => same::one_piece_more(entry, now),
        (false, Some(_)) => same::one_piece_more(now, entry),
        (false, None) => assert_eq!(entry, now),
    }
    store_text::parse(&new).expect("the edited store parses");
    if let Some(mut expected) = same::tree(document) {
        let object = same::object(&mut expected, &path).unwrap();
        let _ = if set { object.insert(key.to_owned(), same::tree(value).unwrap()) } else { object.remove(key) };
        assert_eq!(same::tree(&new), Some(expected));
    }
}

fn login(choice: u8) -> Login {
    Login {
        access: Token::new("AT-new-canary\"\\é"),
        refresh: (choice & 1 == 0).then(|| Token::new("RT-new-canary")),
        expires: if choice & 2 == 0 { Expiry::At(1_795_200_000_000) } else { Expiry::Unknown },
        deadline: None,
        refreshable: true,
        identity: Identity { account_id: (choice & 4 == 0).then(|| "acct".to_owned()), ..Identity::default() },
    }
}

/// What the plan says of a profile after a delivery is what is read from the store then.
fn delivery(document: &str, profile: &Profile, choice: u8) {
    if !matches!(profile.kind, Type::OAuth | Type::Token) || profile.reference != Reference::None {
        return;
    }
    let kind = if choice & 8 == 0 { SourceKind::Claude } else { SourceKind::Codex };
    let share = if choice & 16 == 0 { Share::Lineage } else { Share::Access };
    let shape = change::shape(profile, share, Some("token"), choice & 32 != 0);
    let turned = profile.kind == Type::OAuth && shape == ocsync::testing::model::verdict::Shape::Token;
    let verdict = if choice & 64 == 0 || turned { Verdict::SourceNewer } else { Verdict::Metadata };
    let login = login(choice);
    let changes = change::changes(kind, verdict, profile, &login, shape);
    let path = ["profiles", profile.id.as_str()];
    let new = match json_edit::apply(document, &path, &changes) {
        Ok(new) => new,
        Err(error) => return twice(error, document),
    };
    let entry = path.iter().fold(document, |object, key| member(object, key).unwrap());
    same::outside(document, &new, same::span(document, entry));
    let after = store_text::parse(&new).expect("the edited store parses");
    let after = after.iter().find(|after| after.id == profile.id).expect("the profile is still there");
    assert_eq!(**after, change::delivered(kind, verdict, profile, &login, shape));
}

/// Cooldowns go, and nothing else.
fn lifted(document: &str, id: &str) {
    let changes = match cooldown::lift(document, id) {
        Ok(changes) => changes,
        Err(error) => return placed(error, document),
    };
    if changes.is_empty() {
        return;
    }
    let path = ["usageStats", id];
    let new = match json_edit::apply(document, &path, &changes) {
        Ok(new) => new,
        Err(error) => return twice(error, document),
    };
    let entry = path.iter().fold(document, |object, key| member(object, key).unwrap());
    let now = same::outside(document, &new, same::span(document, entry));
    let gone = ["cooldown", "disabled", "failureCounts", "errorCount"];
    let kept = |text: &str| -> Vec<(String, String)> {
        let members = json_text::members(text).unwrap().into_iter();
        let kept = members.filter(|member| !gone.iter().any(|gone| member.key.starts_with(gone)));
        kept.map(|member| (member.key.into_owned(), member.value.to_owned())).collect()
    };
    assert_eq!(kept(entry), kept(now));
}

fn added(document: &str, id: &str) {
    let entry = change::new_entry(SourceKind::Codex, &login(0), ocsync::testing::model::verdict::Shape::OAuth);
    let new = match store_text::with_profile(document, id, &entry) {
        Ok(new) => new,
        Err(error) => return twice(error, document),
    };
    let profiles = store_text::parse(&new).expect("the edited store parses");
    let profile = profiles.iter().find(|profile| profile.id == id).expect("the new profile");
    assert_eq!(profile.access.as_ref().unwrap(), &login(0).access);
    let Some(old) = member(document, "profiles") else { return same::one_piece_more(document, &new) };
    let now = same::outside(document, &new, same::span(document, old));
    match member(old, id) {
        Some(known) => assert_eq!(same::outside(old, now, same::span(old, known)), &**entry),
        None if json_text::members(old).unwrap().is_empty() => {}
        None => same::one_piece_more(old, now),
    }
}
