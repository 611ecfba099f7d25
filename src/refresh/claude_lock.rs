//! Claude Code's locks.
