//! Where bytes come from: directories, standard input, logs
#![forbid(unsafe_code)]
