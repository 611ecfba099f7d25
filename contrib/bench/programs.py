"""The programs that `contrib/bench/run` measures, by how OpenClaw keeps its profiles."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
OURS = "ocsync"
IN_SYNC, STALE, SLOW = "in sync", "all stale", "all stale, slow disk"
# What no program can be faster than, and commands that only look: in these states alone.
ONLY = {
    "empty program": [IN_SYNC],
    "open, read, close": [IN_SYNC],
    "write, 1 at once": [STALE, SLOW],
    "write, 16 at once": [STALE, SLOW],
    "ocsync status": [IN_SYNC],
    "ocsync check-expiry": [IN_SYNC],
    "ocsync provide": [IN_SYNC],
}
# The first version of node that has node:sqlite without a flag.
NODE = (22, 13)


def node(of_sqlite):
    """node, unless it is missing or too old for the script."""
    found = shutil.which("node")
    said = subprocess.run([found, "--version"], capture_output=True, text=True).stdout if found else ""
    version = tuple(map(int, re.findall(r"\d+", said)[:2]))
    if found and of_sqlite and version < NODE:
        print(f"node {said.strip()} is left out: it has no node:sqlite, {NODE[0]}.{NODE[1]} has", file=sys.stderr)
        return None
    return found


def missing(*names):
    """Whether one of these programs is missing; it is said."""
    absent = [name for name in names if not shutil.which(name)]
    if absent:
        print(f"the script for bash is left out: there is no {' and no '.join(absent)}", file=sys.stderr)
    return bool(absent)


def programs(scratch, layout):
    ours, python = os.environ["OCSYNC"], os.environ["PYTHON"]
    commands = {
        OURS: [ours, "sync"],
        "ocsync status": [ours, "status"],
        "ocsync check-expiry": [ours, "check-expiry"],
        "ocsync provide": [ours, "provide"],
    }
    if layout == "json":
        there = {
            "empty program": [str(scratch / "empty")],
            "open, read, close": [str(scratch / "look")],
            "write, 1 at once": [str(scratch / "write"), "1"],
            "write, 16 at once": [str(scratch / "write"), "16"],
            **commands,
            "python3": [python, str(HERE / "sync.py")],
            "node": [node(False), str(HERE / "sync.mjs")],
            "bash with jq": [not missing("jq", "bash") and shutil.which("bash"), str(HERE / "sync.sh")],
        }
    else:
        there = {
            "empty program": [str(scratch / "empty")],
            "open, read, close": [str(scratch / "rows")],
            **commands,
            "python3": [python, str(HERE / "sqlite.py")],
            "node": [node(True), str(HERE / "sqlite.mjs")],
            "bash with sqlite3, jq": [
                not missing("sqlite3", "jq", "bash") and shutil.which("bash"),
                str(HERE / "sqlite.sh"),
            ],
        }
    return {name: argv for name, argv in there.items() if argv[0]}
