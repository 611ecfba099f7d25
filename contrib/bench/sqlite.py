#!/usr/bin/env python3
"""What `ocsync sync` does in the simplest case where profiles are in SQLite, as a script: see sync.py. The refresh token
is taken out. Each database is written in one transaction, as durably as ocsync and OpenClaw write it."""

import json
import os
import sqlite3
import sys
from pathlib import Path

home = Path(os.environ["HOME"])
login = json.loads((home / ".claude/.credentials.json").read_bytes())["claudeAiOauth"]
wanted = {"access": login["accessToken"], "expires": login["expiresAt"]}
OWN = ("auth_profile_store", "store_key", "store_json", "updated_at", "primary")
SHARED = ("config_machine_state", "state_key", "value_json", "updated_at_ms", "authProfiles.store")


def edited(text):
    """The text with the login in it; None where there is nothing to do."""
    store = json.loads(text)
    profile = store["profiles"].get("anthropic:default")
    if profile is None or profile["type"] != "oauth" or profile["expires"] > wanted["expires"]:
        return None
    if "refresh" not in profile and all(profile.get(key) == value for key, value in wanted.items()):
        return None
    profile.update(wanted)
    profile.pop("refresh", None)
    return json.dumps(store)


def sync(path, row):
    table, key, column, updated, of = row
    select = f"SELECT {column} FROM {table} WHERE {key} = ?"
    database = sqlite3.connect(path, isolation_level=None)
    found = database.execute(select, (of,)).fetchone()
    if found and edited(found[0]):
        database.execute("PRAGMA synchronous = NORMAL")
        database.execute("BEGIN IMMEDIATE")
        text = edited(database.execute(select, (of,)).fetchone()[0])
        if text:
            update = f"UPDATE {table} SET {column} = ?, {updated} = unixepoch() * 1000 WHERE {key} = ?"
            database.execute(update, (text, of))
            print("updated", path)
        database.execute("COMMIT")
    database.close()


def main():
    shared = home / ".openclaw/state/openclaw.sqlite"
    if shared.exists():
        sync(shared, SHARED)
    for path in sorted((home / ".openclaw/agents").glob("*/agent/openclaw-agent.sqlite")):
        sync(path, OWN)


sys.exit(main())
