#!/usr/bin/env node
// What `ocsync sync` does in the simplest case where profiles are in SQLite, as a script: see sqlite.py.
import * as fs from "node:fs";
import * as path from "node:path";
import { DatabaseSync } from "node:sqlite";

const home = process.env.HOME;
const login = JSON.parse(fs.readFileSync(path.join(home, ".claude/.credentials.json"), "utf8")).claudeAiOauth;
const wanted = { access: login.accessToken, expires: login.expiresAt };
const own = ["auth_profile_store", "store_key", "store_json", "updated_at", "primary"];
const shared = ["config_machine_state", "state_key", "value_json", "updated_at_ms", "authProfiles.store"];

function edited(text) {
  const store = JSON.parse(text);
  const profile = store.profiles["anthropic:default"];
  if (profile?.type !== "oauth" || profile.expires > wanted.expires) return null;
  const isSame = Object.entries(wanted).every(([key, value]) => profile[key] === value);
  if (isSame && !("refresh" in profile)) return null;
  Object.assign(profile, wanted);
  delete profile.refresh;
  return JSON.stringify(store);
}

function sync(file, [table, key, column, updated, of]) {
  const database = new DatabaseSync(file);
  const select = database.prepare(`SELECT ${column} AS text FROM ${table} WHERE ${key} = ?`);
  const found = select.get(of);
  if (found && edited(found.text)) {
    database.exec("PRAGMA synchronous = NORMAL; BEGIN IMMEDIATE");
    const text = edited(select.get(of).text);
    if (text) {
      const update = `UPDATE ${table} SET ${column} = ?, ${updated} = unixepoch() * 1000 WHERE ${key} = ?`;
      database.prepare(update).run(text, of);
      console.log(`updated ${file}`);
    }
    database.exec("COMMIT");
  }
  database.close();
}

const state = path.join(home, ".openclaw/state/openclaw.sqlite");
if (fs.existsSync(state)) sync(state, shared);
const agents = path.join(home, ".openclaw/agents");
for (const agent of fs.readdirSync(agents).sort()) {
  const file = path.join(agents, agent, "agent/openclaw-agent.sqlite");
  if (fs.existsSync(file)) sync(file, own);
}
