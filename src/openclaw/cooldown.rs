//! Cooldowns: OpenClaw shuns a profile for a while after a failure, and a fresh token does not
//! lift that (2026.5.28). What a dead token has caused is cleared with the token, and nothing
//! else: billing, rate limits and `blocked…` are not ours to forgive.

use super::edit::{self, Change, Malformed};

/// Causes that a new credential takes away.
const CAUSES: [&str; 3] = ["auth", "auth_permanent", "session_expired"];

/// The changes to `usageStats.<profile>` of a document (a store, or `auth-state.json`) that
/// lift what a dead credential has caused; none where there is nothing to lift.
///
/// # Errors
/// [`Malformed`], for what is no JSON or ambiguous.
pub fn lift(document: &str, profile: &str) -> Result<Vec<Change>, Malformed> {
    let top = edit::members(document)?;
    let Some(stats) = edit::find(&top, "usageStats")?.filter(|stats| stats.value.starts_with('{')) else {
        return Ok(Vec::new());
    };
    let stats = edit::members(stats.value)?;
    let Some(entry) = edit::find(&stats, profile)?.filter(|entry| entry.value.starts_with('{')) else {
        return Ok(Vec::new());
    };
    let fields = edit::members(entry.value)?;
    let get = |name: &str| edit::find(&fields, name);

    let counts = match get("failureCounts")? {
        Some(counts) if counts.value.starts_with('{') => edit::members(counts.value)?,
        _ => Vec::new(),
    };
    let only_auth = !counts.is_empty() && counts.iter().all(|count| CAUSES.contains(&count.key.as_ref()));
    // Before 2026.4.5 there is no reason: then the failures that were counted tell.
    let is_ours = |reason: Option<&edit::Member<'_>>| match reason.and_then(edit::Member::string) {
        Some(reason) => CAUSES.contains(&reason.as_ref()),
        None => only_auth,
    };
    let cooldown = get("cooldownUntil")?.is_some();
    let disabled = get("disabledUntil")?.is_some();
    let lift_cooldown = cooldown && is_ours(get("cooldownReason")?);
    let lift_disabled = disabled && is_ours(get("disabledReason")?);

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
            changes.push(Change::Set("errorCount", "0".to_owned()));
        }
    }
    Ok(changes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lifted(entry: &str) -> String {
        let document = format!("{{\"usageStats\":{{\"other\":{{}},\"p\":{entry}}}}}");
        let changes = lift(&document, "p").unwrap();
        let edited = changes
            .iter()
            .fold(document, |document, change| edit::apply(&document, &["usageStats", "p"], change).unwrap());
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
