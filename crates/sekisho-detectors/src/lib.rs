//! What a credential looks like, and what only looks like one
#![forbid(unsafe_code)]
