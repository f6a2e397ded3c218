//! The `sekisho` command: glue between the command line and the libraries, nothing else.
#![forbid(unsafe_code)]

mod cli;
mod commands;
mod config;
mod exit;
mod output;
mod scanning;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    exit::harden();
    output::note_start();
    let cli = match cli::Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return exit::usage(&error),
    };
    match commands::run(&cli) {
        Ok(status) => status.into(),
        Err(error) => exit::report(&error, &cli.global),
    }
}
