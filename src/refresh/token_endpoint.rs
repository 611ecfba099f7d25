//! The token endpoints.
