#!/usr/bin/env python3
"""What `ocsync sync` does in the simplest case, as a script: Claude Code's login into every agent.

It asks the expiry, not the lineage, takes no lock and keeps no journal. What it writes is as durable as what ocsync writes.
"""

import json
import os
import sys
from pathlib import Path

home = Path(os.environ["HOME"])
login = json.loads((home / ".claude/.credentials.json").read_bytes())["claudeAiOauth"]
wanted = {"access": login["accessToken"], "refresh": login["refreshToken"], "expires": login["expiresAt"]}


def replace(path, text):
    """Replaces a file so that it is the old one or the new one after a power cut, and the new one from now on."""
    temp = path.with_name(f".{path.name}.{os.getpid()}")
    fd = os.open(temp, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(fd, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.rename(temp, path)
    fd = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    os.fsync(fd)
    os.close(fd)


def main():
    for path in sorted((home / ".openclaw/agents").glob("*/agent/auth-profiles.json")):
        store = json.loads(path.read_bytes())
        profile = store["profiles"].get("anthropic:default")
        if profile is None or profile["type"] != "oauth" or profile["expires"] > wanted["expires"]:
            continue
        if all(profile.get(key) == value for key, value in wanted.items()):
            continue
        profile.update(wanted)
        replace(path, json.dumps(store, indent=2))
        print("updated", path.parent.parent.name)


sys.exit(main())
