// Drives OpenClaw's own code on the main store of $HOME, without a gateway.
//
//   store.mjs PACKAGE read         prints the profiles as OpenClaw loads them, and the key that it
//                                  would send for each
//   store.mjs PACKAGE count TIMES  raises two counters of the profile `openai:default` at least so often,
//                                  and until its input ends, each time under OpenClaw's lock; now and
//                                  then it notes that `anthropic:default` was refused
//
// The bundles have other names in every release, and their exports are shortened; so a function is
// looked for where it is defined, under the name by which that file exports it.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [root, mode, times] = process.argv.slice(2);

async function own(name) {
  const dist = join(root, "dist");
  for (const file of readdirSync(dist).filter((file) => file.endsWith(".js"))) {
    const text = readFileSync(join(dist, file), "utf8");
    const exported = text.match(new RegExp(`\\b${name} as ([\\w$]+)`));
    if (text.includes(`async function ${name}(`) && exported) {
      return (await import(pathToFileURL(join(dist, file)).href))[exported[1]];
    }
  }
  throw new Error(`${name} is not exported by ${root}`);
}

const update = await own("updateAuthProfileStoreWithLock");

async function read() {
  const resolve = await own("resolveApiKeyForProfile");
  const store = await update({ updater: () => false });
  const keys = {};
  for (const profileId of Object.keys(store.profiles)) {
    keys[profileId] = (await resolve({ cfg: {}, store, profileId }))?.apiKey ?? null;
  }
  console.log(JSON.stringify({ profiles: store.profiles, usageStats: store.usageStats ?? {}, keys }));
}

function raise(store, count) {
  const stats = (store.usageStats ??= {});
  const usage = (stats["openai:default"] ??= { errorCount: 0 });
  usage.errorCount += 1;
  const profile = store.profiles["openai:default"];
  profile.metadata = { count: String(Number(profile.metadata.count) + 1) };
  if (count % 5 === 0) {
    const cooldownUntil = Date.now() + 3_600_000;
    const refused = { cooldownUntil, cooldownReason: "auth", failureCounts: { auth: 1 }, errorCount: 1 };
    stats["anthropic:default"] = { ...stats["anthropic:default"], ...refused };
  }
  return true;
}

async function count() {
  let isAsked = true;
  process.stdin.on("end", () => (isAsked = false)).resume();
  // The other side starts only now: what was imported until here does not count as contention.
  console.log("ready");
  let [done, givenUp] = [0, 0];
  while (isAsked || done < Number(times)) {
    const store = await update({ updater: (store) => raise(store, done) });
    // null: the lock was not to be had. OpenClaw's callers save without it then; here it counts.
    if (store) done += 1;
    else givenUp += 1;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  console.log(JSON.stringify({ done, givenUp }));
}

await { read, count }[mode]();
// Some versions keep timers that would hold the process.
process.exit(0);
