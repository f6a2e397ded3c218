//! The only decoder and decompressor of Sekisho, with size, ratio and depth caps
#![forbid(unsafe_code)]
