//! The hallway: one item in, sightings, findings and problems out
#![forbid(unsafe_code)]
