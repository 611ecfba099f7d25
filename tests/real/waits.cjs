// Loaded into a gateway (`node --require`): how long its transactions wait for SQLite's locks.
//
// `OCSYNC_WAITS` gets a line of JSON for every one that has begun: the base name of its database, the
// milliseconds from the first attempt to the one that succeeds, and how many of them the kernel let the thread wait
// for a processor. OpenClaw begins all of its writes by `exec`, on connections of its own and on those of its
// coordinator, and tries again by itself.
const fs = require("node:fs");
const path = require("node:path");
const { performance } = require("node:perf_hooks");
const { DatabaseSync } = require("node:sqlite");

const log = process.env.OCSYNC_WAITS;
const exec = DatabaseSync.prototype.exec;
/** Of a database whose lock was not to be had: when it was first asked for. */
const asked = new Map();

/** Milliseconds that this thread was ready to run, and did not. */
const unscheduled = () => Number(fs.readFileSync("/proc/thread-self/schedstat", "utf8").split(" ")[1]) / 1e6;

DatabaseSync.prototype.exec = function (sql) {
  if (!/\bBEGIN (IMMEDIATE|EXCLUSIVE)\b/.test(sql)) return exec.call(this, sql);
  const file = path.basename(this.location() ?? "memory");
  const since = asked.get(file) ?? { at: performance.now(), unscheduled: unscheduled() };
  asked.set(file, since);
  exec.call(this, sql);
  asked.delete(file);
  const waited = { file, ms: performance.now() - since.at, unscheduled: unscheduled() - since.unscheduled };
  fs.appendFileSync(log, JSON.stringify(waited) + "\n");
};
