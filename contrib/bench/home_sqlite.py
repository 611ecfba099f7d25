"""A home whose OpenClaw keeps profiles in SQLite: each agent in a database of its own (as 2026.6.10), or one database
that all agents share, with every agent's own over it (as 2026.9.6). The databases have as many tables and pages as those
that these releases make."""

import hashlib
import json
import os
import sqlite3

from home import Home, profiles, token

# user_version, tables beside those of profiles, and indices for each of them.
AGENT = {"agent": (1, 12, 1), "shared": (23, 52, 2)}
VERSION = {"agent": "2026.6.10", "shared": "2026.9.6"}
META = """CREATE TABLE schema_meta (meta_key TEXT NOT NULL PRIMARY KEY, role TEXT NOT NULL, schema_version INTEGER NOT NULL,
    agent_id TEXT, app_version TEXT, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL)"""
OWN = """CREATE TABLE auth_profile_store (store_key TEXT NOT NULL PRIMARY KEY, store_json TEXT NOT NULL,
    updated_at INTEGER NOT NULL);
    CREATE TABLE auth_profile_state (state_key TEXT NOT NULL PRIMARY KEY, state_json TEXT NOT NULL,
    updated_at INTEGER NOT NULL)"""
SHARED = """CREATE TABLE config_machine_state (state_key TEXT NOT NULL PRIMARY KEY, value_json TEXT NOT NULL,
    updated_at_ms INTEGER NOT NULL) STRICT"""
# The names of agents have one length, so that one database, made once, can become each agent's.
NAME = "agent-{:05d}"


def database(path, role, version, agent, tables):
    database = sqlite3.connect(path)
    database.executescript(f"PRAGMA journal_mode = wal; PRAGMA user_version = {version}; {META}; {tables}")
    database.execute("INSERT INTO schema_meta VALUES ('primary', ?, ?, ?, NULL, 1, 1)", (role, version, agent))
    return database


def filler(tables, indices):
    more = ""
    for table in range(tables):
        more += f"CREATE TABLE other_{table} (id TEXT NOT NULL PRIMARY KEY, a TEXT, b INTEGER, c INTEGER);"
        more += "".join(f"CREATE INDEX other_{table}_{index} ON other_{table} (a, b);" for index in range(indices - 1))
    return more


class SqliteHome(Home):
    def __init__(self, path, agents, layout):
        self.layout, self.coordinator = layout, None
        super().__init__(path, agents)

    def stores(self):
        all_of = profiles(1, self.now)
        self.rows = [
            json.dumps({key: all_of[key] for key in ("version", "profiles")}),
            json.dumps({"version": 1, **{key: all_of[key] for key in ("lastGood", "usageStats")}}),
        ]
        state = self.path / ".openclaw"
        os.mkdir(state, mode=0o700)
        self.write(state / "openclaw.json", '{ "meta": { "lastTouchedVersion": "%s" } }' % VERSION[self.layout])
        for name in ("main", NAME.format(0)):
            self.agent(self.path / name, name)
        template = (self.path / NAME.format(0)).read_bytes()
        for number in range(self.agents):
            name = NAME.format(number) if number else "main"
            directory = state / "agents" / name / "agent"
            os.makedirs(directory, mode=0o700)
            own = template.replace(NAME.format(0).encode(), name.encode()) if number else (self.path / name).read_bytes()
            with open(os.open(directory / "openclaw-agent.sqlite", os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
                file.write(own)
        if self.layout == "shared":
            self.shared(state / "state")

    def agent(self, path, name):
        version, tables, indices = AGENT[self.layout]
        made = database(path, "agent", version, name, OWN + ";" + filler(tables, indices))
        # The main agent sees the shared profiles, the others their own over them.
        own = self.layout == "agent" or name != "main"
        for row, table in zip(self.rows if own else (), ("auth_profile_store", "auth_profile_state")):
            made.execute(f"INSERT INTO {table} VALUES ('primary', ?, 1)", (row,))
        made.commit()
        made.close()

    def shared(self, directory):
        os.mkdir(directory, mode=0o700)
        path = directory / "openclaw.sqlite"
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
        made = database(path, "global", 18, None, SHARED + ";" + filler(108, 2))
        keys = ("auth.sharedStore", "authProfiles.store", "authProfiles.state")
        for key, value in zip(keys, ('{"location":"state-db"}', *self.rows)):
            made.execute("INSERT INTO config_machine_state VALUES (?, ?, 1)", (key, value))
        made.commit()
        made.close()
        # OpenClaw makes this lock with its first write, and leaves it there; ocsync writes nothing without it.
        locks = f"/tmp/openclaw-state-locks-{os.getuid()}"
        os.makedirs(locks, mode=0o700, exist_ok=True)
        digest = hashlib.sha256(os.fsencode(os.path.realpath(path))).hexdigest()
        self.coordinator = f"{locks}/state-lifecycle.{digest[:8]}.lock.sqlite"
        os.close(os.open(self.coordinator, os.O_WRONLY | os.O_CREAT, 0o600))

    def close(self):
        if self.coordinator:
            os.remove(self.coordinator)
        super().close()

    def stale(self):
        """How many databases do not hold what the CLI holds. Of many it looks at a thousand: they may be gigabytes."""
        wanted = token("oat", self.number).encode()
        found = list(self.path.glob(".openclaw/agents/*/agent/openclaw-agent.sqlite"))
        if self.layout == "shared":
            found = [path for path in found if path.parts[-3] != "main"] + [self.path / ".openclaw/state/openclaw.sqlite"]
        return sum(wanted not in path.read_bytes() for path in found[:: 1 + len(found) // 1000])
