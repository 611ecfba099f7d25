"""The measuring of `contrib/bench/run`: every program in turn, several rounds, so that all share the machine's moods."""

import datetime
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

from home import Home

HERE = Path(__file__).parent
SIZES = [1, 10, 100, 1000, 10000]
OURS = "ocsync"
IN_SYNC, STALE, SLOW = "in sync", "all stale", "all stale, slow disk"
# A disk whose syncs take this many microseconds longer, as many do: what is gained by writing to several stores at once
# is the disk's matter. `strace` delays the calls, and only these; it is in the times of all programs alike.
LATENCY = 4000
DELAYED = "-f --seccomp-bpf -qq -e trace=fsync,fdatasync -o /dev/null -e"
# Sizes for which that is measured.
SLOW_SIZES = (100, 1000)
# A program that would take longer than this for one run is not run: its time is estimated from the smaller size.
PATIENCE = 20
# Seconds for all runs of a program at one size, of which there are so many at least and at most.
BUDGET, RUNS = 6, (3, 31)
# What no program can be faster than, by what there is to do.
FLOORS = {
    "empty program": [IN_SYNC],
    "open, read, close": [IN_SYNC],
    "write, 1 at once": [STALE, SLOW],
    "write, 16 at once": [STALE, SLOW],
}


def programs(scratch):
    there = {
        "empty program": [str(scratch / "empty")],
        "open, read, close": [str(scratch / "look")],
        "write, 1 at once": [str(scratch / "write"), "1"],
        "write, 16 at once": [str(scratch / "write"), "16"],
        OURS: [os.environ["OCSYNC"], "sync"],
        "python3": [os.environ["PYTHON"], str(HERE / "sync.py")],
        "node": [shutil.which("node"), str(HERE / "sync.mjs")],
        "bash with jq": [shutil.which("jq") and shutil.which("bash"), str(HERE / "sync.sh")],
    }
    return {name: argv for name, argv in there.items() if argv[0]}


class Run:
    """One run: seconds by the clock and of the processors."""

    def __init__(self, argv, home, check=True):
        env = {"HOME": str(home.path), "TMPDIR": str(home.path / "tmp"), "PATH": os.environ["PATH"]}
        quiet = [(os.POSIX_SPAWN_OPEN, fd, "/dev/null", os.O_RDWR, 0) for fd in (0, 1, 2)]
        begin = time.perf_counter()
        pid = os.posix_spawn(argv[0], argv, env, file_actions=quiet)
        _, status, usage = os.wait4(pid, 0)
        self.wall = time.perf_counter() - begin
        self.cpu = usage.ru_utime + usage.ru_stime
        if check and status:
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
    """Runs all programs in turn; a row for each."""
    runs = {name: [] for name in programs if expected.get(name, 0) <= PATIENCE}

    delayed = [shutil.which("strace"), *DELAYED.split(), f"inject=fsync,fdatasync:delay_exit={LATENCY}"]

    def begin(name, how):
        if state != IN_SYNC:
            home.rotate()
        done = how((delayed if state == SLOW else []) + programs[name], home)
        if state != IN_SYNC and name not in FLOORS and home.stale():
            sys.exit(f"bench: {name} has left stale agents")
        return done

    for turn in range(RUNS[1]):
        for name, of in runs.items():
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


def main():
    scratch, sizes = Path(sys.argv[1]), [int(size) for size in sys.argv[2:]] or SIZES
    there = programs(scratch)
    cpu = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "")
    disk = subprocess.run(["df", "--output=fstype", str(scratch)], capture_output=True, text=True).stdout.split()[-1]
    machine = f"{os.cpu_count()} × {cpu or platform.machine()}, {platform.system()} {platform.release()}, {disk}"
    print(f"{datetime.date.today()}, {machine}; load {os.getloadavg()[0]:.1f}")
    results = {}
    for size in sizes:
        home = Home(scratch / str(size), size)
        Run(there[OURS], home, check=False)
        slow = [SLOW] if size in SLOW_SIZES and shutil.which("strace") else []
        for state in (IN_SYNC, STALE, *slow):
            chosen = {name: argv for name, argv in there.items() if state in FLOORS.get(name, [state])}
            before = results.get((size // 10, state), {})
            rows = measure(chosen, home, state, {name: 10 * row["wall"] for name, row in before.items()})
            detail(size, state, rows)
            told = {name: {key: 10 * before[name][key] for key in ("wall", "cpu")} for name in before if name not in rows}
            results[size, state] = {name: {**row, "told": True} for name, row in told.items()} | rows
            sys.stdout.flush()
        shutil.rmtree(home.path)
    names = [name for name in there if name != OURS]
    summary(results, names, "Median time, as many times ocsync's", "wall")
    summary(results, names, "Processor time, as many times ocsync's", "cpu")
    print("\nIn brackets: not run, ten times what a tenth of the agents took.")


if __name__ == "__main__":
    sys.exit(main())
