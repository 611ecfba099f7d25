//! Two texts that differ in one place, and documents that differ in one value.

use ocsync::testing::model::json_text;
use serde_json::Value;
use serde_json::value::RawValue;

/// Where a slice of `whole` lies in it.
pub(super) fn span(whole: &str, part: &str) -> (usize, usize) {
    let start = part.as_ptr() as usize - whole.as_ptr() as usize;
    assert!(start + part.len() <= whole.len(), "no slice of the text");
    (start, start + part.len())
}

/// Nothing outside of `(start, end)` of the old text has changed. Gives what stands there now.
pub(super) fn outside<'a>(old: &str, new: &'a str, (start, end): (usize, usize)) -> &'a str {
    let after = old.len() - end;
    assert!(new.len() >= start + after, "{old:?} -> {new:?}");
    assert_eq!(&old.as_bytes()[..start], &new.as_bytes()[..start], "before {start}");
    assert_eq!(&old.as_bytes()[end..], &new.as_bytes()[new.len() - after..], "after {end}");
    &new[start..new.len() - after]
}

/// `longer` is `shorter` with one piece put in somewhere.
pub(super) fn one_piece_more(shorter: &str, longer: &str) {
    let (a, b) = (shorter.as_bytes(), longer.as_bytes());
    let before = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let after = a.iter().rev().zip(b.iter().rev()).take_while(|(a, b)| a == b).count();
    assert!(before + after >= a.len(), "{shorter:?} -> {longer:?}");
}

/// Whether a strict parser that is not ours takes a text, tokens within it unlooked at.
pub(super) fn is_json(text: &str) -> bool {
    serde_json::from_str::<&RawValue>(text).is_ok()
}

/// A document as a tree, in which the last of two equal keys counts; `None` where it holds a
/// number or a text that a tree cannot.
pub(super) fn tree(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok()
}

/// The object that these keys lead to.
pub(super) fn object<'a>(tree: &'a mut Value, path: &[&str]) -> Option<&'a mut serde_json::Map<String, Value>> {
    path.iter().try_fold(tree, |value, key| value.get_mut(*key))?.as_object_mut()
}

/// An object whose members have changed in the values of `may` alone, or been joined by one of
/// them at the end. Whatever stands between the values is as it was.
pub(super) fn members_but(old: &str, new: &str, may: &[&str]) {
    let (before, after) = (json_text::members(old).unwrap(), json_text::members(new).unwrap());
    assert!(after.len() >= before.len(), "{old:?} -> {new:?}");
    let (mut from, mut to) = (0, 0);
    for (old_member, new_member) in before.iter().zip(&after) {
        assert_eq!(old_member.key, new_member.key);
        let (old_span, new_span) = (span(old, old_member.value), span(new, new_member.value));
        assert_eq!(&old[from..old_span.0], &new[to..new_span.0], "before {}", new_member.key);
        let patched = may.contains(&new_member.key.as_ref());
        assert!(patched || old_member.value == new_member.value, "{}", new_member.key);
        (from, to) = (old_span.1, new_span.1);
    }
    for added in &after[before.len()..] {
        assert!(may.contains(&added.key.as_ref()), "{}", added.key);
        to = span(new, added.value).1;
    }
    let rest = if before.is_empty() && !after.is_empty() { &old[old.find('{').unwrap() + 1..] } else { &old[from..] };
    assert_eq!(rest, &new[to..], "after the last member");
}
