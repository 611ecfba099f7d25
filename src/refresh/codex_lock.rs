//! Codex's locks.
