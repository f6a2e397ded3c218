//! What Sekisho keeps on disk: the estate key and saved reports, atomic and private
#![forbid(unsafe_code)]
