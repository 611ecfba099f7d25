#!/usr/bin/env node
// What `ocsync sync` does in the simplest case, as a script: see sync.py.
import * as fs from "node:fs";
import * as path from "node:path";

const home = process.env.HOME;
const login = JSON.parse(fs.readFileSync(path.join(home, ".claude/.credentials.json"), "utf8")).claudeAiOauth;
const wanted = { access: login.accessToken, refresh: login.refreshToken, expires: login.expiresAt };

function replace(file, text) {
  const temp = path.join(path.dirname(file), `.${path.basename(file)}.${process.pid}`);
  const fd = fs.openSync(temp, "wx", 0o600);
  fs.writeSync(fd, text);
  fs.fsyncSync(fd);
  fs.closeSync(fd);
  fs.renameSync(temp, file);
  const dir = fs.openSync(path.dirname(file), "r");
  fs.fsyncSync(dir);
  fs.closeSync(dir);
}

const agents = path.join(home, ".openclaw/agents");
for (const agent of fs.readdirSync(agents).sort()) {
  const file = path.join(agents, agent, "agent/auth-profiles.json");
  let store;
  try {
    store = JSON.parse(fs.readFileSync(file, "utf8"));
  } catch (error) {
    if (error.code === "ENOENT") continue;
    throw error;
  }
  const profile = store.profiles["anthropic:default"];
  if (profile?.type !== "oauth" || profile.expires > wanted.expires) continue;
  if (Object.entries(wanted).every(([key, value]) => profile[key] === value)) continue;
  Object.assign(profile, wanted);
  replace(file, JSON.stringify(store, null, 2));
  console.log(`updated ${agent}`);
}
