//! Reads the claims of a JWT: when it was issued, when it ends, and which account it belongs to.
//!
//! The signature is not checked. The token comes from the owner's own file, and ocsync uses the claims only to order
//! tokens and to compare accounts.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::Value;

use crate::model::login::Identity;

/// The claims about time, in milliseconds since the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// `iat`.
    pub issued: Option<i64>,
    /// `exp`.
    pub expires: Option<i64>,
}

/// The claims of a JWT; `None` for anything else.
pub fn claims(token: &str) -> Option<Value> {
    let mut parts = token.split('.');
    let (_, payload, _) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
    serde_json::from_slice::<Value>(&bytes).ok().filter(Value::is_object)
}

/// When a JWT was issued and when it ends; `None` for anything else.
pub fn times(token: &str) -> Option<Times> {
    if !token.starts_with("eyJ") {
        return None;
    }
    let claims = claims(token)?;
    let millis = |name: &str| claims.get(name).and_then(seconds).and_then(|seconds| seconds.checked_mul(1000));
    Some(Times { issued: millis("iat"), expires: millis("exp") })
}

/// Whole seconds of a NumericDate, which may have a fraction.
fn seconds(value: &Value) -> Option<i64> {
    #[allow(clippy::cast_possible_truncation, reason = "saturates; a date out of range is caught by checked_mul")]
    value.as_i64().or_else(|| value.as_f64().map(|float| float as i64))
}

/// The account that a token of OpenAI belongs to. It reads the same claims as Codex 0.169 does.
pub fn openai_identity(token: &str) -> Identity {
    let Some(claims) = claims(token) else { return Identity::default() };
    let text =
        |value: Option<&Value>| value.and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned);
    let auth = claims.get("https://api.openai.com/auth");
    let of_auth = |name: &str| text(auth.and_then(|auth| auth.get(name)));
    let profile = claims.get("https://api.openai.com/profile");
    Identity {
        account_id: of_auth("chatgpt_account_id"),
        user_id: of_auth("chatgpt_user_id").or_else(|| of_auth("user_id")),
        email: text(claims.get("email")).or_else(|| text(profile.and_then(|profile| profile.get("email")))),
        organization: None,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A fake JWT with these claims.
    pub(crate) fn fake(claims: &str) -> String {
        format!("eyJhbGciOiJub25lIn0.{}.ZmFrZXNpZw", BASE64_URL_SAFE_NO_PAD.encode(claims))
    }

    #[test]
    fn times_are_milliseconds_and_what_is_no_jwt_has_none() {
        let times_of = |claims: &str| times(&fake(claims));
        assert_eq!(times_of(r#"{"iat":5,"exp":7.9}"#), Some(Times { issued: Some(5000), expires: Some(7000) }));
        assert_eq!(times_of(r#"{"exp":"7","iat":1e300}"#), Some(Times { issued: None, expires: None }));
        assert_eq!(times_of("[]"), None);
        for no_jwt in ["", "sk-ant-oat01-FAKE", "eyJ.eyJ", "eyJ.!!.x", "eyJ.e30.x.y"] {
            assert_eq!(times(no_jwt), None, "{no_jwt}");
        }
    }

    #[test]
    fn the_identity_is_read_from_openais_claims() {
        let token = fake(
            r#"{"https://api.openai.com/auth":{"chatgpt_account_id":"acct-A","user_id":"u"},
                "https://api.openai.com/profile":{"email":"fake@example.test"}}"#,
        );
        let identity = openai_identity(&token);
        assert_eq!(identity.account_id.as_deref(), Some("acct-A"));
        assert_eq!(identity.user_id.as_deref(), Some("u"));
        assert_eq!(identity.email.as_deref(), Some("fake@example.test"));
        assert!(openai_identity("no").is_empty());
    }
}
