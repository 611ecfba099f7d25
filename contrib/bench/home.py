"""A home of Claude Code and of OpenClaw with any number of agents. Every token in it is fake."""

import json
import os
import shutil
import time


def token(kind, number):
    return f"sk-ant-{kind}01-FAKE-{number:04d}-" + "x" * 84


def profiles(number, now):
    """What an agent has: Claude's login, Codex's with a JWT of the usual size, and an API key; 3 kB."""
    return {
        "version": 1,
        "profiles": {
            "anthropic:default": {
                "type": "oauth",
                "provider": "anthropic",
                "access": token("oat", number),
                "refresh": token("ort", number),
                "expires": (now + 3600 * (4 + number)) * 1000,
            },
            "openai-codex:default": {
                "type": "oauth",
                "provider": "openai-codex",
                "access": "FAKE." + "x" * 1900,
                "refresh": "FAKE-" + "x" * 80,
                "expires": (now + 9 * 86400) * 1000,
                "accountId": "00000000-0000-0000-0000-000000000000",
            },
            "openrouter:default": {"type": "api_key", "provider": "openrouter", "key": "FAKE-" + "x" * 60},
        },
        "lastGood": {"anthropic": "anthropic:default"},
        "usageStats": {
            key: {"lastUsed": now * 1000, "errorCount": 0}
            for key in ("anthropic:default", "openai-codex:default", "openrouter:default")
        },
    }


class Home:
    def __init__(self, path, agents):
        self.path, self.agents, self.number, self.now = path, agents, 1, int(time.time())
        os.makedirs(path / ".claude", mode=0o700)
        os.makedirs(path / "tmp", mode=0o700)
        self.write(path / "request", '{"protocolVersion":1,"provider":"ocsync","ids":["claude/access"]}')
        self.stores()
        self.log_in()

    def stores(self):
        text = json.dumps(profiles(1, self.now), indent=2)
        for name in ["main", *(f"agent-{number:05d}" for number in range(1, self.agents))]:
            directory = self.path / ".openclaw/agents" / name / "agent"
            os.makedirs(directory, mode=0o700)
            self.write(directory / "auth-profiles.json", text)
        self.write(self.path / ".openclaw/openclaw.json", '{ "meta": { "lastTouchedVersion": "2026.5.7" } }')

    def close(self):
        shutil.rmtree(self.path)

    @staticmethod
    def write(path, text):
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(fd, "w") as file:
            file.write(text)

    def log_in(self):
        login = {
            "accessToken": token("oat", self.number),
            "refreshToken": token("ort", self.number),
            "expiresAt": (self.now + 3600 * (4 + self.number)) * 1000,
            "scopes": ["user:inference", "user:profile"],
            "subscriptionType": "max",
        }
        self.write(self.path / ".claude/.credentials.json", json.dumps({"claudeAiOauth": login}))

    def rotate(self):
        """The CLI renews its login: every agent is stale."""
        self.number += 1
        self.log_in()
        os.sync()

    def stale(self):
        """How many agents do not hold what the CLI holds."""
        stores = self.path.glob(".openclaw/agents/*/agent/auth-profiles.json")
        return sum(token("oat", self.number) not in store.read_text() for store in stores)
