//! One file per output format
#![forbid(unsafe_code)]
