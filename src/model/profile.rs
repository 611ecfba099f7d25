//! One entry of a store, as a value: its type, its tokens, and the account that it belongs to.
//!
//! It reads an entry as OpenClaw does, so that both agree on what a profile is.

use std::borrow::Cow;

use crate::model::fence::Fence;
use crate::model::json_text;
use crate::model::json_text::{Malformed, Member};
use crate::model::login::{Expiry, Identity};
use crate::model::recent::Tokens;
use crate::model::secret::Token;

/// The type of a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProfileKind {
    /// An access token, a refresh token and an expiry.
    OAuth,
    /// A token alone.
    Token,
    /// An API key. It is never touched.
    ApiKey,
    /// A type that this version of ocsync does not know. It is never touched.
    Other,
}

impl ProfileKind {
    /// OpenClaw's own word.
    pub fn name(self) -> &'static str {
        match self {
            Self::OAuth => "oauth",
            Self::Token => "token",
            Self::ApiKey => "api_key",
            Self::Other => "other",
        }
    }
}

/// What a profile holds in place of tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reference {
    /// No reference: the profile holds its tokens itself.
    None,
    /// A SecretRef: the tokens come from a provider of secrets.
    Secret {
        /// `env`, `file` or `exec`.
        source: String,
        /// A name under `secrets.providers`.
        provider: String,
        /// The id of the secret at that provider.
        id: String,
    },
    /// The tokens are in an encrypted file beside the store (2026.5.12 to 2026.5.16).
    Sealed,
    /// A fence is in place of the tokens: OpenClaw is refreshing them, or has failed to (2026.9.4 and later).
    Fence(Fence),
}

/// One entry of a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// `anthropic:default`.
    pub id: String,
    /// `anthropic`, in lower case as OpenClaw compares it.
    pub provider: String,
    /// The type.
    pub kind: ProfileKind,
    /// The access token of an `oauth` profile, or the token of a `token` profile.
    pub access: Option<Token>,
    /// The refresh token.
    pub refresh: Option<Token>,
    /// When the access token ends.
    pub expires: Expiry,
    /// The account that it belongs to, as far as the entry itself names it.
    pub identity: Identity,
    /// What the profile holds in place of tokens.
    pub reference: Reference,
}

impl Profile {
    /// This profile without an expiry that is more than ten years away; `None` where it has no such expiry.
    #[must_use]
    pub fn as_of(&self, now: i64) -> Option<Self> {
        let expires = self.expires.as_of(now);
        (expires != self.expires).then(|| Self { expires, ..self.clone() })
    }
}

/// Reads one entry; `None` where OpenClaw itself sees no profile (no object, or no `type` or `provider`). Such an
/// entry is left alone.
///
/// # Errors
/// [`Malformed::Meaning`] where a field that matters is there twice.
pub fn parse(id: &str, text: &str, tokens: &mut Tokens) -> Result<Option<Profile>, Malformed> {
    if !text.starts_with('{') {
        return Ok(None);
    }
    let fields = json_text::members(text)?;
    let get = |name: &str| json_text::find(&fields, name);
    let string = |name: &str| Ok(get(name)?.and_then(Member::string).filter(|text| !text.is_empty()));
    let kind: Option<Cow<'_, str>> = match string("type")? {
        Some(kind) => Some(kind),
        None => string("mode")?,
    };
    let (Some(kind), Some(provider)) = (kind, string("provider")?) else { return Ok(None) };
    let kind = match kind.as_ref() {
        "oauth" => ProfileKind::OAuth,
        "token" => ProfileKind::Token,
        "api_key" => ProfileKind::ApiKey,
        _ => ProfileKind::Other,
    };
    let written = provider;
    let provider = written.trim().to_lowercase();
    let (access, refresh, reference) = match kind {
        ProfileKind::OAuth => {
            let (access, refresh) = (string("access")?, string("refresh")?);
            let sealed = access.is_none() && refresh.is_none() && get("oauthRef")?.is_some();
            let secret = reference(get("tokenRef")?);
            (access, refresh, if sealed { Some(Reference::Sealed) } else { secret })
        }
        ProfileKind::Token => {
            let reference = match reference(get("tokenRef")?) {
                Some(reference) => Some(reference),
                None => get("token")?.and_then(|member| reference_in_token(member)),
            };
            (string("token")?, None, reference)
        }
        ProfileKind::ApiKey | ProfileKind::Other => (None, None, None),
    };
    let (access, refresh, reference) = match Fence::of(access.as_deref(), refresh.as_deref()) {
        // OpenClaw makes the digest with the provider's name as it is written in the file.
        Some(fence) if provider == written => (None, None, Some(Reference::Fence(fence))),
        Some(fence) => (None, None, Some(Reference::Fence(fence.of_unknown_token()))),
        None => (access, refresh, reference),
    };
    let owned = |text: Option<Cow<'_, str>>| text.map(Cow::into_owned);
    Ok(Some(Profile {
        id: id.to_owned(),
        provider,
        kind,
        access: access.map(|token| tokens.take_in(&token)),
        refresh: refresh.map(|token| tokens.take_in(&token)),
        expires: get("expires")?.map_or(Expiry::Unknown, |member| millis(member.value)),
        identity: Identity {
            account_id: owned(string("accountId")?),
            email: owned(string("email")?),
            ..Identity::default()
        },
        reference: reference.unwrap_or(Reference::None),
    }))
}

/// Reads `expires`: a number of milliseconds, which may have a fraction. Anything else is unknown.
fn millis(text: &str) -> Expiry {
    if let Ok(whole) = text.parse::<i64>() {
        return Expiry::At(whole);
    }
    #[allow(
        clippy::cast_possible_truncation,
        reason = "the fraction of a millisecond is dropped; out of range saturates"
    )]
    let number = text.parse::<f64>().ok().filter(|number| number.is_finite()).map(|number| number as i64);
    number.map_or(Expiry::Unknown, Expiry::At)
}

/// The reference in a field: a SecretRef object, or a string `"${NAME}"`. `None` for null and for a missing field.
fn reference(member: Option<&Member<'_>>) -> Option<Reference> {
    let member = member?;
    let fields = if member.value.starts_with('{') { json_text::members(member.value).ok()? } else { Vec::new() };
    let field = |name: &str| fields.iter().find(|field| field.key == name).and_then(Member::string);
    let text = |name: &str| field(name).unwrap_or_default().into_owned();
    (member.value != "null").then(|| Reference::Secret {
        source: text("source"),
        provider: text("provider"),
        id: text("id"),
    })
}

/// The reference in the field `token` itself; `None` where it holds a token.
fn reference_in_token(member: &Member<'_>) -> Option<Reference> {
    let is_reference = match member.string() {
        Some(text) => text.starts_with("${") && text.ends_with('}'),
        None => member.value.starts_with('{'),
    };
    is_reference.then(|| reference(Some(member))).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Profile {
        parse("p", text, &mut Tokens::default()).unwrap().unwrap()
    }

    #[test]
    fn every_shape_of_an_entry() {
        let oauth = of(
            r#"{"type":"oauth","provider":"Anthropic","access":"a","refresh":"r","expires":1795169294333.25,"email":"u@x"}"#,
        );
        assert_eq!((oauth.kind, oauth.provider.as_str()), (ProfileKind::OAuth, "anthropic"));
        assert_eq!(oauth.expires, Expiry::At(1_795_169_294_333));
        assert_eq!(oauth.access.unwrap().secret.expose(), "a");
        assert_eq!(of(r#"{"mode":"token","provider":"x","token":"t"}"#).kind, ProfileKind::Token);
        assert_eq!(of(r#"{"type":"token","provider":"x","token":"","expires":"7"}"#).access, None);
        assert_eq!(of(r#"{"type":"token","provider":"x","expires":"7"}"#).expires, Expiry::Unknown);
        assert_eq!(of(r#"{"type":"oauth","provider":"x","key":"a"}"#).access, None);
        assert_eq!(of(r#"{"type":"aws-sdk","provider":"x"}"#).kind, ProfileKind::Other);
        for none in ["7", "[]", "{}", r#"{"type":"oauth"}"#, r#"{"provider":"x"}"#, r#"{"type":7,"provider":"x"}"#] {
            assert_eq!(parse("p", none, &mut Tokens::default()), Ok(None), "{none}");
        }
        let twice = r#"{"type":"oauth","provider":"x","access":"a","access":"b"}"#;
        assert!(
            parse("p", twice, &mut Tokens::default()).unwrap_err().to_string().contains("\"access\" is there twice")
        );
    }

    #[test]
    fn references_are_not_tokens() {
        let reference = |text: &str| of(text).reference;
        let file = r#"{"type":"token","provider":"x","tokenRef":{"source":"file","provider":"cli","id":"/a"}}"#;
        let expected = Reference::Secret { source: "file".into(), provider: "cli".into(), id: "/a".into() };
        assert_eq!(reference(file), expected);
        assert!(matches!(
            reference(r#"{"type":"token","provider":"x","token":"${NAME}"}"#),
            Reference::Secret { .. }
        ));
        assert_eq!(reference(r#"{"type":"oauth","provider":"x","oauthRef":{"id":"0"}}"#), Reference::Sealed);
        assert_eq!(reference(r#"{"type":"oauth","provider":"x","oauthRef":{},"access":"a"}"#), Reference::None);
        let fence =
            r#"{"type":"oauth","provider":"x","access":"openclaw-oauth-refresh-fence:v1:0:access:0","expires":1}"#;
        assert!(matches!(reference(fence), Reference::Fence(_)));
        assert_eq!(of(fence).access, None);
    }
}
