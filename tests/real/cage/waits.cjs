// Loaded into a gateway (`node --require`): how long its transactions wait for SQLite's locks.
//
// `OCSYNC_WAITS` gets a line of JSON for every one that has begun: the base name of its database, the thread (0 is the
// main one), how many attempts failed before, how long the thread stood in the attempts (`stood`, in
// milliseconds, without the time in which it was ready and had no processor), and how long it was from the first to the
// one that succeeded, with whatever OpenClaw did in between (`after`). OpenClaw begins all of its writes by `exec`, on
// connections of its databases and of its coordinator.
const fs = require("node:fs");
const path = require("node:path");
const { performance } = require("node:perf_hooks");
const { DatabaseSync } = require("node:sqlite");
const { threadId } = require("node:worker_threads");

const log = process.env.OCSYNC_WAITS;
const exec = DatabaseSync.prototype.exec;
/** Of a database whose lock was not to be had: what has been waited for it. */
const asked = new Map();

/** Milliseconds that this thread was ready to run, and did not. */
const unscheduled = () => Number(fs.readFileSync("/proc/thread-self/schedstat", "utf8").split(" ")[1]) / 1e6;

DatabaseSync.prototype.exec = function (sql) {
  if (!/\bBEGIN (IMMEDIATE|EXCLUSIVE)\b/.test(sql)) return exec.call(this, sql);
  const file = path.basename(this.location() ?? "memory");
  const [began, ready] = [performance.now(), unscheduled()];
  const wait = asked.get(file) ?? { since: began, failed: 0, stood: 0 };
  const stand = () => (wait.stood += Math.max(0, performance.now() - began - (unscheduled() - ready)));
  try {
    exec.call(this, sql);
  } catch (error) {
    stand();
    wait.failed += 1;
    asked.set(file, wait);
    throw error;
  }
  stand();
  asked.delete(file);
  const { failed, stood, since } = wait;
  const line = { file, thread: threadId, failed, stood, after: performance.now() - since };
  fs.appendFileSync(log, JSON.stringify(line) + "\n");
};
