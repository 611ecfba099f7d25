# `just` lists the recipes; each is one plain command that also works without just.

_default:
    @just --list

# Format the code.
fmt:
    cargo fmt

# Everything that is checked without being run.
lint:
    cargo fmt --check
    cargo clippy --all-targets --locked -- -D warnings
    cargo deny --locked check bans licenses sources

# All tests.
test:
    cargo test --locked

# The crash suite in its long form: kills, failing system calls, power cuts; one table. As root; half an hour, or less.
soak:
    OCSYNC_CRASH_MOUNT=1 OCSYNC_CRASH_CALLS=0 OCSYNC_CRASH_KILLS=10000 OCSYNC_CRASH_FAULTS=700 OCSYNC_CRASH_CUTS=2000 \
        cargo test --release --locked --test crash -- --ignored --exact soak --nocapture

# Every release of OpenClaw from 2026.6.5 on, and what CI leaves out of older ones, from npm: two hours and 15 GB.
real-openclaw:
    OCSYNC_REAL_OPENCLAW=1 cargo test --locked --test real -- --include-ignored --nocapture openclaw_matrix openclaw_inline openclaw_agents openclaw_sqlite v2026_4_5

# The example of contrib/compose with the real OpenClaw, as root: minutes and 1.5 GB.
real-compose:
    OCSYNC_REAL_DOCKER=1 cargo test --locked --test real -- --ignored --nocapture compose_example

# From a CLI's new login to the gateway's next turn with it: half an hour, on a machine that does nothing else.
real-latency:
    OCSYNC_BENCH_OPENCLAW=only contrib/bench/run

# The main job, in a throw-away home.
demo:
    contrib/demo/run

# Every fuzz target for so many seconds, or one: `just fuzz 300 config`. Needs cargo-fuzz.
fuzz seconds="60" *targets="":
    fuzz/run {{seconds}} {{targets}}

# Whether a test notices when a line of the core is wrong. Hours; needs cargo-mutants.
mutants:
    PROPTEST_CASES=2000 cargo mutants --output target/mutants
    cargo mutants --config .cargo/mutants-run.toml --output target/mutants-run

# What CI runs.
ci:
    .ci/run

# A static Linux program, the same bytes from every clone.
static:
    contrib/static

# The archive of a release, for this machine's own target.
release:
    contrib/release

# Whether two clones make the same archive: two optimised builds.
release-twice:
    cargo test --locked --test ship -- --ignored --nocapture two_clones

# How fast it is, beside scripts that do the same: half an hour.
bench:
    contrib/bench/run
