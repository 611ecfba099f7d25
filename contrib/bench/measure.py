"""The measuring of `contrib/bench/run`: every program once in each of several rounds, so that all share the machine's
moods. Each round has an order of its own, so that none always runs on caches that another one has left cold or warm. The
orders are the same in every bench."""

import datetime
import os
import platform
import random
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

from home import Home
from home_sqlite import SqliteHome
from programs import IN_SYNC, ONLY, OURS, SLOW, STALE, programs

SIZES = [1, 10, 100, 1000, 10000]
# How OpenClaw keeps profiles, what that is called, and how many bytes an agent needs on the disk.
LAYOUTS = {
    "json": ("JSON", 20_000),
    "agent": ("SQLite, a database for each agent", 150_000),
    "shared": ("SQLite, a shared database and each agent's own over it", 720_000),
}
# A disk whose syncs take this many microseconds longer, as many do: what is gained by writing to several stores at once
# is the disk's matter. `strace` delays the calls, and only these; it is in the times of all programs alike.
LATENCY = 4000
DELAYED = "-f --seccomp-bpf -qq -e trace=fsync,fdatasync -o /dev/null -e"
# Sizes for which that is measured.
SLOW_SIZES = (100, 1000)
# A program that would take longer than this for one run is not run: its time is estimated from the smaller size.
PATIENCE = 26
# Seconds for all runs of a program at one size, of which there are so many at least and at most.
BUDGET, RUNS = 4, (3, 31)
# The codes of `status` and `check-expiry` that tell of a login and not of a failure.
TOLD = (0, 1, 2, 3)


class Run:
    """One run: seconds by the clock and of the processors."""

    def __init__(self, argv, home, check=True):
        env = {"HOME": str(home.path), "TMPDIR": str(home.path / "tmp"), "PATH": os.environ["PATH"]}
        files = [str(home.path / "request") if argv[-1] == "provide" else "/dev/null", "/dev/null", "/dev/null"]
        quiet = [(os.POSIX_SPAWN_OPEN, fd, file, os.O_RDWR, 0) for fd, file in enumerate(files)]
        begin = time.perf_counter()
        pid = os.posix_spawn(argv[0], argv, env, file_actions=quiet)
        _, status, usage = os.wait4(pid, 0)
        self.wall = time.perf_counter() - begin
        self.cpu = usage.ru_utime + usage.ru_stime
        told = TOLD if argv[-1] in ("status", "check-expiry") else (0,)
        if check and os.waitstatus_to_exitcode(status) not in told:
            sys.exit(f"bench: {argv} failed: {os.waitstatus_to_exitcode(status)}")


def memory(argv, home):
    """Peak memory in KiB. Not of wait4: a process that is begun by this one would count with this one's."""
    report = home.path / "memory"
    Run([shutil.which("time") or "/usr/bin/time", "-f", "%M", "-o", str(report), *argv], home)
    return int(report.read_text().split()[-1])


def calls(argv, home):
    """System calls, of all processes; None without strace."""
    strace = shutil.which("strace")
    if not strace:
        return None
    report = home.path / "calls"
    Run([strace, "-f", "-c", "-U", "calls,name", "-o", str(report), *argv], home)
    return next(int(line.split()[0]) for line in report.read_text().splitlines() if line.endswith(" total"))


def measure(programs, home, state, expected):
    """Runs all programs, round by round; a row for each."""
    order = random.Random(0)
    runs = {name: [] for name in programs if expected.get(name, 0) <= PATIENCE}

    delayed = [shutil.which("strace"), *DELAYED.split(), f"inject=fsync,fdatasync:delay_exit={LATENCY}"]

    def begin(name, how):
        if state != IN_SYNC:
            if name == OURS:
                # What another program has delivered, ocsync takes for somebody's own login, and keeps it.
                home.rotate()
                Run(programs[name], home)
            home.rotate()
        done = how((delayed if state == SLOW else []) + programs[name], home)
        if state != IN_SYNC and name not in ONLY and home.stale():
            sys.exit(f"bench: {name} has left stale agents")
        return done

    for turn in range(RUNS[1]):
        for name in order.sample(list(runs), len(runs)):
            of = runs[name]
            if turn < RUNS[0] or sum(run.wall for run in of) * (turn + 1) / turn < BUDGET:
                of.append(begin(name, Run))
    rows = {}
    for name, of in runs.items():
        walls = [run.wall for run in of]
        row = rows[name] = {"wall": statistics.median(walls), "min": min(walls), "runs": len(of)}
        row["cpu"] = statistics.median(run.cpu for run in of)
        if state == SLOW:
            continue
        if row["wall"] < PATIENCE / 4:
            row["memory"] = begin(name, memory)
        if row["wall"] < PATIENCE / 10:
            row["calls"] = begin(name, calls)
    return rows


def seconds(value):
    for unit, factor in (("s", 1), ("ms", 1e3), ("µs", 1e6)):
        if value * factor >= 1 or unit == "µs":
            return f"{value * factor:.3g} {unit}"


def ratio(value):
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"


def detail(size, state, rows):
    print(f"\n### {size:,} agent{'s' * (size > 1)}, {state}\n")
    print("| program | median | min | processor | peak memory | system calls | runs |")
    print("|---|---|---|---|---|---|---|")
    for name, row in rows.items():
        peak = f"{row['memory'] / 1024:.1f} MiB" if "memory" in row else "-"
        number = f"{row['calls']:,}" if row.get("calls") else "-"
        times = " | ".join(seconds(row[key]) for key in ("wall", "min", "cpu"))
        print(f"| {name} | {times} | {peak} | {number} | {row['runs']} |")


def summary(results, names, title, key):
    """How many times ocsync's time each program takes."""
    print(f"\n### {title}\n")
    print("| agents | ocsync |", " | ".join(names), "|")
    print("|---|---|" + "---|" * len(names))
    for (size, state), rows in results.items():
        if (state, key) == (SLOW, "cpu"):
            continue
        ours, cells = rows[OURS][key], []
        for name in names:
            cell = f"{ratio(rows[name][key] / ours)} ×" if name in rows else "-"
            cells.append(f"(≈ {cell})" if rows.get(name, {}).get("told") else cell)
        print(f"| {state}, {size:,} | {seconds(ours)} |", " | ".join(cells), "|")


def make(layout, path, size):
    """A home in step; None where the disk has no room for it."""
    free = shutil.disk_usage(path.parent).free
    needed = LAYOUTS[layout][1] * size * 1.2
    if free < needed:
        print(f"\n{size:,} agents are left out: that takes {needed / 1e9:.1f} GB of disk, and {free / 1e9:.1f} are free")
        return None
    home = Home(path, size) if layout == "json" else SqliteHome(path, size, layout)
    Run([os.environ["OCSYNC"], "sync"], home, check=False)
    return home


def of_layout(layout, scratch, sizes):
    there, results = programs(scratch, layout), {}
    print(f"\n## {LAYOUTS[layout][0]}")
    for size in sizes:
        home = make(layout, scratch / f"{layout}-{size}", size)
        if home is None:
            continue
        slow = [SLOW] if size in SLOW_SIZES and shutil.which("strace") else []
        for state in (IN_SYNC, STALE, *slow):
            chosen = {name: argv for name, argv in there.items() if state in ONLY.get(name, [state])}
            before = results.get((size // 10, state), {})
            rows = measure(chosen, home, state, {name: 10 * row["wall"] for name, row in before.items()})
            detail(size, state, rows)
            told = {name: {key: 10 * before[name][key] for key in ("wall", "cpu")} for name in before if name not in rows}
            results[size, state] = {name: {**row, "told": True} for name, row in told.items()} | rows
            sys.stdout.flush()
        home.close()
    names = [name for name in there if name != OURS]
    summary(results, names, f"{LAYOUTS[layout][0]}: median time, as many times ocsync's", "wall")
    summary(results, names, f"{LAYOUTS[layout][0]}: processor time, as many times ocsync's", "cpu")
    print("\nIn brackets: not run, ten times what a tenth of the agents took.")


def main():
    scratch, words = Path(sys.argv[1]), sys.argv[2:]
    layouts = [word for word in words if word in LAYOUTS] or list(LAYOUTS)
    sizes = [int(word) for word in words if word not in LAYOUTS] or SIZES
    cpu = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "")
    disk = subprocess.run(["df", "--output=fstype", str(scratch)], capture_output=True, text=True).stdout.split()[-1]
    machine = f"{os.cpu_count()} × {cpu or platform.machine()}, {platform.system()} {platform.release()}, {disk}"
    print(f"{datetime.date.today()}, {machine}; load {os.getloadavg()[0]:.1f}")
    for layout in layouts:
        of_layout(layout, scratch, sizes)


if __name__ == "__main__":
    sys.exit(main())
