//! Whatever a token endpoint says, or a network in its place: there is an answer, with tokens whole
//! or not at all, and no login is given up without its word.

use base64::Engine as _;
use ocsync::testing::model::source::SourceKind;
use ocsync::testing::refresh::http::answer::{Answer, judge};
use ocsync::testing::refresh::http::post::Reply;
use proptest::prelude::*;
use serde_json::{Value, json};

const NOW: i64 = 1_795_169_294_000;
const TEN_YEARS: i64 = 315_360_000_000;

fn jwt(claims: &Value) -> String {
    let payload = base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(claims.to_string());
    format!("eyJhbGciOiJub25lIn0.{payload}.canary")
}

/// What a member may be: what it should, or anything.
fn value() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        Just("canary-token".to_owned()),
        Just("invalid_grant".to_owned()),
        Just("refresh_token_reused".to_owned()),
        Just("account_on_hold".to_owned()),
        Just(jwt(&json!({ "exp": 1_900_000_000, "iat": 1 }))),
        Just(jwt(&json!({ "exp": i64::MAX }))),
        Just(jwt(&json!({ "exp": -1e300 }))),
        Just(String::new()),
        "[0-9]{1,20}",
        ".{0,12}",
    ];
    let leaf = prop_oneof![
        4 => text.prop_map(Value::String),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<f64>().prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::Bool),
        1 => Just(Value::Null),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![prop::collection::vec(inner.clone(), 0..3).prop_map(Value::Array), object(inner)]
    })
}

fn object(of: impl Strategy<Value = Value> + 'static) -> impl Strategy<Value = Value> {
    let names = [
        "access_token",
        "refresh_token",
        "id_token",
        "expires_in",
        "refresh_token_expires_in",
        "scope",
        "account",
        "uuid",
        "error",
        "type",
        "code",
        "message",
        "error_description",
    ];
    let names = prop::sample::select(names.map(str::to_owned).to_vec());
    prop::collection::btree_map(names, of, 0..8).prop_map(|members| Value::Object(members.into_iter().collect()))
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        6 => object(value()).prop_map(|value| value.to_string().into_bytes()),
        1 => (object(value()), 0..200_usize).prop_map(|(value, end)| {
            let mut bytes = value.to_string().into_bytes();
            bytes.truncate(end);
            bytes
        }),
        1 => prop::collection::vec(any::<u8>(), 0..200),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(20_000) })]

    #[test]
    fn whatever_is_said_tokens_are_whole_and_no_login_is_given_up_lightly(
        codex in any::<bool>(), status in prop_oneof![4 => Just(200), 2 => Just(400), 1 => Just(401), 2 => 100..1000_u16],
        json in any::<bool>(), body in body(), now in prop_oneof![Just(NOW), any::<i64>()],
    ) {
        let (kind, ok) = (if codex { SourceKind::Codex } else { SourceKind::Claude }, (200..300).contains(&status));
        let reply = Reply { status, json, retry_after: None, body: body.clone().into() };
        let said = judge(kind, &reply, now);
        let mut shown = said.clone();
        if let Answer::Tokens(fresh) = &mut shown {
            // Names, which are no secret, whatever the server puts there.
            (fresh.scopes, fresh.account) = (None, None);
        }
        let shown = format!("{shown:?}{reply:?}");
        prop_assert!(!shown.contains("canary"), "{}", shown);
        match said {
            Answer::Tokens(fresh) => {
                prop_assert!(ok);
                let usable = |text: &str| !text.is_empty() && !text.chars().any(|c| c.is_control() || c.is_whitespace());
                prop_assert!(usable(fresh.access.secret.expose()));
                prop_assert!(fresh.refresh.is_none_or(|token| usable(token.secret.expose())));
                prop_assert!(fresh.id_token.is_none_or(|token| usable(token.expose())));
                prop_assert!(fresh.scopes.is_none_or(|scopes| !scopes.is_empty() && scopes.iter().all(|scope| usable(scope))));
                if kind == SourceKind::Claude {
                    for time in [fresh.expires, fresh.deadline].into_iter().flatten() {
                        prop_assert!(time > now && time.saturating_sub(now) <= TEN_YEARS);
                    }
                }
            }
            Answer::Dead(word) => {
                prop_assert!(if codex { status >= 400 } else { status == 400 || status == 401 }, "{} {}", status, word);
                let text = String::from_utf8_lossy(&body).to_lowercase();
                prop_assert!((codex && status == 401) || text.contains(&word), "{}", word);
            }
            Answer::Refused { why, .. } => prop_assert!(why.len() < 50 && !(500..600).contains(&status)),
            Answer::Transient { why, .. } => prop_assert!(why.len() < 50 && (status == 408 || (500..600).contains(&status))),
        }
    }
}
