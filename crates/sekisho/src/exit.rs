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

/// What the arguments ask for instead of a verb (help, the version), or what is wrong with them. An
/// argument is foreign text too: where a shell expands `*`, whoever names the files writes them.
pub(crate) fn usage(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        // A reader that has had enough is no error.
        let _closed = error.print();
        return ExitCode::SUCCESS;
    }
    let mut stderr = std::io::stderr().lock();
    for line in error.render().to_string().lines() {
        let _closed = writeln!(stderr, "{}", escape::terminal(line));
    }
    ExitCode::from(2)
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

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;
    use std::process::Command;

    const CANARY: &str = "q8ZXr4LtVb2wYx0N";
    /// Set for the run of this test that panics.
    const PANICS: &str = "SEKISHO_TEST_PANICS";

    /// The hook writes to the process's own stderr, so it is watched from another process.
    #[test]
    fn a_panic_keeps_its_message() {
        if std::env::var_os(PANICS).is_some() {
            super::harden();
            catch_unwind(|| panic!("{CANARY}")).unwrap_err();
            catch_unwind(|| CANARY.parse::<u8>().map_err(|_| CANARY).unwrap()).unwrap_err();
            let _end = std::thread::spawn(|| String::from(CANARY).split_off(99)).join();
            return;
        }
        let run = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "exit::tests::a_panic_keeps_its_message", "--nocapture"])
            .env(PANICS, "1")
            .output()
            .unwrap();
        let said = [run.stdout, run.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        assert!(run.status.success(), "{said}");
        assert_eq!(said.matches("sekisho: internal error at ").count(), 3, "{said}");
        assert!(said.contains("crates/sekisho/src/exit.rs:") && !said.contains(CANARY), "{said}");
    }
}
