#!/usr/bin/env bash
# What `ocsync sync` does in the simplest case, as a script with jq: see sync.py.
set -euo pipefail
umask 077

login=$HOME/.claude/.credentials.json
for store in "$HOME"/.openclaw/agents/*/agent/auth-profiles.json; do
    verdict=$(jq -r --slurpfile login "$login" '
        $login[0].claudeAiOauth as $l | .profiles["anthropic:default"]
        | if . == null or .type != "oauth" or .expires > $l.expiresAt then "leave"
          elif [.access, .refresh, .expires] == [$l.accessToken, $l.refreshToken, $l.expiresAt] then "leave"
          else "update" end' "$store")
    [ "$verdict" = update ] || continue
    temp=${store%/*}/.auth-profiles.json.$$
    jq --slurpfile login "$login" '
        $login[0].claudeAiOauth as $l
        | .profiles["anthropic:default"] += {access: $l.accessToken, refresh: $l.refreshToken, expires: $l.expiresAt}' \
        "$store" > "$temp"
    sync "$temp"
    mv "$temp" "$store"
    sync "${store%/*}"
    echo "updated $store"
done
