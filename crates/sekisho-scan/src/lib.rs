//! The matching engine: bytes to hits to candidates, detectors and needles in one pass
#![forbid(unsafe_code)]
