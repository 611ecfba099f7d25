#!/usr/bin/env bash
# What `ocsync sync` does in the simplest case where profiles are in SQLite, as a script with sqlite3 and jq: see
# sqlite.py. It exchanges the text only where it still is what was read.
set -euo pipefail

login=$HOME/.claude/.credentials.json
# shellcheck disable=SC2016 # $login is jq's
edit='$login[0].claudeAiOauth as $l | .profiles["anthropic:default"] as $p
    | if $p == null or $p.type != "oauth" or $p.expires > $l.expiresAt then empty
      elif [$p.access, $p.expires, $p.refresh] == [$l.accessToken, $l.expiresAt, null] then empty
      else .profiles["anthropic:default"] = ($p + {access: $l.accessToken, expires: $l.expiresAt} | del(.refresh)) end'

sync_row() { # database, table, key column, text column, time column, key
    local old new
    old=$(sqlite3 "$1" "SELECT $4 FROM $2 WHERE $3 = '$6'")
    [ -n "$old" ] || return 0
    new=$(jq -c --slurpfile login "$login" "$edit" <<< "$old")
    [ -n "$new" ] || return 0
    sqlite3 "$1" << SQL
PRAGMA synchronous = NORMAL;
UPDATE $2 SET $4 = '${new//\'/\'\'}', $5 = strftime('%s') * 1000 WHERE $3 = '$6' AND $4 = '${old//\'/\'\'}';
SQL
    echo "updated $1"
}

state=$HOME/.openclaw/state/openclaw.sqlite
if [ -e "$state" ]; then
    sync_row "$state" config_machine_state state_key value_json updated_at_ms authProfiles.store
fi
for database in "$HOME"/.openclaw/agents/*/agent/openclaw-agent.sqlite; do
    sync_row "$database" auth_profile_store store_key store_json updated_at primary
done
