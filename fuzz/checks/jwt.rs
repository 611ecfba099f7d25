//! Tokens that say something of themselves, and those that only look so.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ocsync::testing::model::jwt;
use serde_json::Value;

use super::split;

/// The first byte chooses whether the rest is a token or the claims of one.
pub(super) fn check(data: &[u8]) {
    let Some(([choice], rest)) = split(data) else { return };
    if choice & 1 == 0 {
        return token(&String::from_utf8_lossy(rest));
    }
    let text = format!("eyJ.{}.FAKE", BASE64_URL_SAFE_NO_PAD.encode(rest));
    token(&text);
    let claims = serde_json::from_slice::<Value>(rest).ok().filter(Value::is_object);
    assert_eq!(jwt::claims(&text), claims);
    let Some(times) = jwt::times(&text) else { return assert_eq!(claims, None) };
    let claims = claims.expect("times without claims");
    for (name, at) in [("iat", times.issued), ("exp", times.expires)] {
        let exact = claims.get(name).and_then(Value::as_i64).and_then(|seconds| seconds.checked_mul(1000));
        assert!(exact.is_none() || at == exact, "{name} {at:?}");
        assert!(at.is_none_or(|at| at % 1000 == 0), "{name} {at:?}");
        assert!(at.is_none() || claims[name].is_number(), "{name} {at:?}");
    }
}

fn token(text: &str) {
    let claims = jwt::claims(text);
    assert!(claims.is_none() || text.matches('.').count() == 2);
    assert!(jwt::times(text).is_none() || (claims.is_some() && text.starts_with("eyJ")));
    let identity = jwt::openai_identity(text);
    assert!(claims.is_some() || identity.is_empty());
    for name in [identity.account_id, identity.user_id, identity.email].into_iter().flatten() {
        assert!(!name.is_empty());
    }
}
