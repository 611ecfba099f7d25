//! Cooldowns: after a failure OpenClaw does not use a profile for a while, and a fresh token does not end that
//! (2026.5.28).
//!
//! ocsync lifts a cooldown that a dead token has caused, together with that token. It lifts nothing else: billing,
//! rate limits and `blocked…` stay.

use crate::model::inventory::{AUTH_CAUSES, Cooldown};
use crate::model::json_edit::Change;
use crate::model::json_text;
use crate::model::json_text::{Malformed, Member};

/// The changes to `usageStats.<profile>` of a document (a store, or `auth-state.json`) that lift what a dead
/// credential has caused. There are none where there is nothing to lift.
///
/// # Errors
/// [`Malformed`] for a text that is no JSON, or ambiguous.
pub fn lift(document: &str, profile: &str) -> Result<Vec<Change>, Malformed> {
    let top = json_text::members(document)?;
    let Some(stats) = json_text::find(&top, "usageStats")?.filter(|stats| stats.value.starts_with('{')) else {
        return Ok(Vec::new());
    };
    let stats = stats.members()?;
    let Some(entry) = json_text::find(&stats, profile)?.filter(|entry| entry.value.starts_with('{')) else {
        return Ok(Vec::new());
    };
    let fields = entry.members()?;
    let get = |name: &str| json_text::find(&fields, name);

    let counts = match get("failureCounts")? {
        Some(counts) if counts.value.starts_with('{') => counts.members()?,
        _ => Vec::new(),
    };
    let only_auth = !counts.is_empty() && counts.iter().all(|count| AUTH_CAUSES.contains(&count.key.as_ref()));
    // OpenClaw before 2026.4.5 writes no reason. Then the kinds of the counted failures decide.
    let is_by_dead_token = |reason: Option<&json_text::Member<'_>>| match reason.and_then(json_text::Member::string) {
        Some(reason) => AUTH_CAUSES.contains(&reason.as_ref()),
        None => only_auth,
    };
    let cooldown = get("cooldownUntil")?.is_some();
    let disabled = get("disabledUntil")?.is_some();
    let lift_cooldown = cooldown && is_by_dead_token(get("cooldownReason")?);
    let lift_disabled = disabled && is_by_dead_token(get("disabledReason")?);

    let mut changes = Vec::new();
    if lift_cooldown {
        changes.extend(["cooldownUntil", "cooldownReason", "cooldownModel"].map(Change::Remove));
    }
    if lift_disabled {
        changes.extend(["disabledUntil", "disabledReason"].map(Change::Remove));
    }
    let all_lifted = cooldown == lift_cooldown && disabled == lift_disabled;
    if (lift_cooldown || lift_disabled || (only_auth && !cooldown && !disabled)) && all_lifted {
        changes.push(Change::Remove("failureCounts"));
        if get("errorCount")?.is_some_and(|count| count.value != "0") {
            changes.push(Change::set("errorCount", "0".to_owned()));
        }
    }
    Ok(changes)
}

/// The cooldown of each profile that `usageStats` of a document names. Of several that are not over at `now` it is
/// the one that ends last; `None` where there is none.
///
/// # Errors
/// [`Malformed`] for a text that is no JSON, or ambiguous.
pub fn read(document: &str, now: i64) -> Result<Vec<(String, Option<Cooldown>)>, Malformed> {
    let top = json_text::members(document)?;
    let Some(stats) = json_text::find(&top, "usageStats")?.filter(|stats| stats.value.starts_with('{')) else {
        return Ok(Vec::new());
    };
    let mut found = Vec::new();
    for entry in stats.members()?.iter().filter(|entry| entry.value.starts_with('{')) {
        let fields = entry.members()?;
        let get = |name: &str| json_text::find(&fields, name).ok().flatten();
        let cooldown = |until: &str, reason: &str| {
            let until = get(until)?.value.parse::<f64>().ok().filter(|until| until.is_finite())?;
            #[allow(clippy::cast_possible_truncation, reason = "out of range saturates")]
            let until = until as i64;
            let cause = get(reason).and_then(Member::string).map(std::borrow::Cow::into_owned);
            Some(Cooldown { until, cause: cause.unwrap_or_else(|| counted(get("failureCounts"))) })
        };
        let all = [
            cooldown("cooldownUntil", "cooldownReason"),
            cooldown("disabledUntil", "disabledReason"),
            cooldown("blockedUntil", "blockedReason"),
        ];
        let active = all.into_iter().flatten().filter(|cooldown| cooldown.until > now);
        found.push((entry.key.to_string(), active.max_by_key(|cooldown| cooldown.until)));
    }
    Ok(found)
}

/// The causes by the counted failures, for versions that write no reason.
fn counted(counts: Option<&Member<'_>>) -> String {
    let counts = counts.and_then(|counts| counts.members().ok()).unwrap_or_default();
    let names: Vec<&str> = counts.iter().map(|count| count.key.as_ref()).collect();
    if names.is_empty() { "unknown".to_owned() } else { names.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::json_edit;

    #[test]
    fn the_cooldown_that_ends_last_is_given_with_its_cause() {
        let document = r#"{"usageStats":{
            "a":{"cooldownUntil":20,"cooldownReason":"auth","disabledUntil":30.5,"disabledReason":"billing"},
            "b":{"cooldownUntil":20,"failureCounts":{"auth":2,"timeout":1}}, "c":{"cooldownUntil":9}, "d":{}, "e":7}}"#;
        let given: Vec<(String, Option<(i64, String)>)> = read(document, 10)
            .unwrap()
            .into_iter()
            .map(|(id, cooldown)| (id, cooldown.map(|cooldown| (cooldown.until, cooldown.cause))))
            .collect();
        let expected = [("a", Some((30, "billing"))), ("b", Some((20, "auth, timeout"))), ("c", None), ("d", None)];
        let expected: Vec<_> =
            expected.map(|(id, given)| (id.to_owned(), given.map(|(until, cause)| (until, cause.to_owned())))).into();
        assert_eq!(given, expected);
        assert_eq!(read("{}", 0), Ok(Vec::new()));
    }

    fn lifted(entry: &str) -> String {
        let document = format!("{{\"usageStats\":{{\"other\":{{}},\"p\":{entry}}}}}");
        let changes = lift(&document, "p").unwrap();
        let edited = json_edit::apply(&document, &["usageStats", "p"], &changes).unwrap();
        edited["{\"usageStats\":{\"other\":{},\"p\":".len()..edited.len() - 2].to_owned()
    }

    #[test]
    fn what_a_dead_credential_caused_is_lifted_and_nothing_else() {
        let cases = [
            (
                r#"{"lastUsed":1,"cooldownUntil":9,"cooldownReason":"auth","errorCount":3,"failureCounts":{"auth":3},"lastFailureAt":2}"#,
                r#"{"lastUsed":1,"errorCount":0,"lastFailureAt":2}"#,
            ),
            (r#"{"disabledUntil":9,"disabledReason":"auth_permanent","errorCount":1}"#, r#"{"errorCount":0}"#),
            (r#"{"cooldownUntil":9,"errorCount":1,"failureCounts":{"auth":1}}"#, r#"{"errorCount":0}"#),
            (
                r#"{"cooldownUntil":9,"cooldownReason":"auth","disabledUntil":9,"disabledReason":"billing","errorCount":2}"#,
                r#"{"disabledUntil":9,"disabledReason":"billing","errorCount":2}"#,
            ),
        ];
        for (before, after) in cases {
            assert_eq!(lifted(before), after);
        }
        for kept in [
            r#"{"cooldownUntil":9,"cooldownReason":"rate_limit","errorCount":1}"#,
            r#"{"disabledUntil":9,"disabledReason":"billing"}"#,
            r#"{"cooldownUntil":9,"errorCount":1,"failureCounts":{"auth":1,"rate_limit":1}}"#,
            r#"{"cooldownUntil":9,"errorCount":1}"#,
            r#"{"blockedUntil":9,"blockedReason":"auth"}"#,
            r#"{"lastUsed":1,"errorCount":0}"#,
            "7",
        ] {
            assert_eq!(lifted(kept), kept);
        }
        assert_eq!(lift("{}", "p"), Ok(Vec::new()));
        assert_eq!(lift(r#"{"usageStats":[]}"#, "p"), Ok(Vec::new()));
    }
}
