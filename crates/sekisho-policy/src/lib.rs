//! What is set aside and why: ignore files, inline markers, baselines
#![forbid(unsafe_code)]
