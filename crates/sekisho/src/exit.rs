//! How the process ends: exit status, error text, panics, and what must not outlive it.

use std::io::Write as _;
use std::process::ExitCode;

use sekisho_report::escape;

use crate::cli::Global;

/// Exit status of a run. Where several hold, 2 comes before 1 and 1 before 3.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// Nothing at or above `--fail-on`.
    Clean,
    /// Something is.
    Found,
    /// A target failed, or anything is missing under `--require-complete`.
    Incomplete,
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        Self::from(match status {
            Status::Clean => 0,
            Status::Found => 1,
            Status::Incomplete => 3,
        })
    }
}

/// Usage and configuration errors end with 2.
pub(crate) fn report(error: &anyhow::Error, global: &Global) -> ExitCode {
    // A reader that has had enough (`| head`) is no error.
    if error.chain().any(|cause| {
        cause.downcast_ref::<std::io::Error>().is_some_and(|e| e.kind() == std::io::ErrorKind::BrokenPipe)
    }) {
        return ExitCode::SUCCESS;
    }
    let chain: Vec<String> = error.chain().map(ToString::to_string).collect();
    let mut stderr = crate::output::stderr(global);
    let _closed = writeln!(stderr, "sekisho: {}", escape::terminal(&chain.join(": ")));
    ExitCode::from(2)
}

/// Core dumps off, and panics without their payload: both could carry a value.
pub(crate) fn harden() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    // Where the system refuses, the run goes on: there is nothing better to do.
    let _refused = setrlimit(Resource::Core, none);
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map(|at| format!("{}:{}", at.file(), at.line())).unwrap_or_default();
        let _closed = writeln!(
            std::io::stderr(),
            "sekisho: internal error at {place}; please report it (the message is withheld: it could quote content)"
        );
    }));
}
