//! Installs the real programs that the suites run in CI, in the order in which these want them. `.ci/beside` has it done
//! while other tests run. What is not named here is installed by the first test that wants it.

use crate::cage::clis;
use crate::cage::openclaw::OpenClaw;

#[test]
#[ignore = "installs, which the suites do themselves: .ci/beside"]
fn what_the_suites_run_is_there() {
    for version in ["2026.9.6", "2026.5.28"] {
        OpenClaw::get(version);
    }
    clis::Clis::get();
    for version in ["2026.6.10", "2026.3.11", "2026.6.5", "2026.8.2"] {
        OpenClaw::get(version);
    }
}
