//! The fence that OpenClaw (2026.9.4 to 2026.9.6) puts in place of both tokens before it refreshes a
//! profile: `openclaw-oauth-refresh-fence:v1:<claim>:[failed:]refresh:<digest>`.
//!
//! A refresh that fails leaves `failed:`, and the tokens are gone; a missing network is enough. A refresh that is
//! cut off leaves a fence that is pending for ever. The digest shows which refresh token the fence replaced.

use crate::model::secret::Secret;
use crate::model::secret::sha256_hex;
use crate::model::zeroizing::Zeroizing;

/// The beginning of every fence, whatever its version.
const START: &str = "openclaw-oauth-refresh-fence:";

/// A fence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fence {
    /// The refresh has failed, and OpenClaw will not try again.
    pub failed: bool,
    /// The digest of the refresh token that the fence replaced, in hexadecimal.
    refresh: Option<String>,
}

impl Fence {
    /// The fence that is in place of these tokens; `None` where there are real tokens.
    pub fn of(access: Option<&str>, refresh: Option<&str>) -> Option<Self> {
        let fenced = |token: Option<&str>| token.and_then(|token| token.strip_prefix(START)).map(str::to_owned);
        let (access, refresh) = (fenced(access), fenced(refresh));
        let failed = [&access, &refresh].into_iter().flatten().any(|fence| fence.contains(":failed:"));
        let digest = refresh.as_ref().and_then(|fence| {
            let (head, digest) = fence.rsplit_once(":refresh:")?;
            (head.starts_with("v1:") && digest.len() == 64).then(|| digest.to_owned())
        });
        (access.is_some() || refresh.is_some()).then_some(Self { failed, refresh: digest })
    }

    /// Whether it replaced this refresh token.
    #[must_use]
    pub fn is_for(&self, profile: &str, provider: &str, refresh: &Secret) -> bool {
        self.refresh.as_ref().is_some_and(|digest| *digest == digest_of(profile, provider, "refresh", refresh))
    }

    /// Whether it replaced another refresh token than this one; `false` where that is unknown.
    #[must_use]
    pub fn is_for_another(&self, profile: &str, provider: &str, refresh: &Secret) -> bool {
        self.refresh.is_some() && !self.is_for(profile, provider, refresh)
    }

    /// The same fence for an unknown token. Use it where the digest was made with another spelling of the provider.
    #[must_use]
    pub fn of_unknown_token(self) -> Self {
        Self { refresh: None, ..self }
    }
}

/// The digest of a token as OpenClaw 2026.9.6 makes it: `sha256(JSON.stringify([…]))`.
fn digest_of(profile: &str, provider: &str, which: &str, token: &Secret) -> String {
    let generation = ("openclaw.oauth-refresh-generation", 1, profile, provider, which, token.expose());
    let text = Zeroizing::new(serde_json::to_string(&generation).unwrap_or_default());
    sha256_hex(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fence_shows_its_state_and_its_token() {
        let token = Secret::new("rt_FAKE");
        // printf '["openclaw.oauth-refresh-generation",1,"openai:default","openai","refresh","rt_FAKE"]' | sha256sum
        let digest = "858373aa247a15d62d2d99a7e3ad0b86eea4ec4e39b13932a89c9f4dd4d248a8";
        let fence = |failed: &str| format!("{START}v1:{}:{failed}refresh:{digest}", "c".repeat(32));
        let pending = Fence::of(Some("x"), Some(&fence(""))).unwrap();
        assert!(!pending.failed && pending.is_for("openai:default", "openai", &token));
        assert!(!pending.is_for("openai:other", "openai", &token));
        let failed = Fence::of(None, Some(&fence("failed:"))).unwrap();
        assert!(failed.failed && failed.is_for("openai:default", "openai", &token));
        let other = Secret::new("rt_OTHER_FAKE");
        assert!(failed.is_for_another("openai:default", "openai", &other));
        assert!(!failed.is_for_another("openai:default", "openai", &token));
        assert!(!failed.of_unknown_token().is_for_another("openai:default", "openai", &other));
        let unknown = Fence::of(Some(&format!("{START}v9:?")), None).unwrap();
        assert!(!unknown.failed && !unknown.is_for_another("openai:default", "openai", &other));
        assert_eq!(Fence::of(Some("sk-ant"), None), None);
    }
}
