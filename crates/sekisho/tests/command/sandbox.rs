//! [`Sandbox`]: a home, a target and a key for one test; [`Run`]: what the command did.

use std::ffi::OsStr;
use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// A run that takes longer hangs: the slowest takes a tenth of it on two busy cores.
const HANGS: Duration = Duration::from_secs(240);

/// The estate key of all sandboxes. Made up.
const KEY: &str = "6a09e667bb67ae853c6ef372a54ff53a510e527f9b05688c1f83d9ab5be0cd19";

/// Directories that only one test uses; they go when it ends.
pub(crate) struct Sandbox {
    root: TempDir,
}

impl Sandbox {
    /// An empty target, an empty home, and an estate key in a file of its own.
    pub(crate) fn new() -> Self {
        let sandbox = Self { root: tempfile::tempdir().unwrap() };
        for directory in ["home", "config", "tmp", "target", "out"] {
            fs::create_dir(sandbox.root.path().join(directory)).unwrap();
        }
        write_with_mode(&sandbox.key(), KEY, 0o600);
        sandbox
    }

    /// Everything.
    pub(crate) fn root(&self) -> &Path {
        self.root.path()
    }

    /// What is scanned. Runs start here.
    pub(crate) fn target(&self) -> PathBuf {
        self.root.path().join("target")
    }

    /// A path outside of the target, for results and for files that the user names.
    pub(crate) fn out(&self, name: &str) -> PathBuf {
        self.root.path().join("out").join(name)
    }

    /// The key file.
    pub(crate) fn key(&self) -> PathBuf {
        self.root.path().join("estate.key")
    }

    /// Writes a file of the target.
    pub(crate) fn write(&self, path: impl AsRef<Path>, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.target().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    /// Writes a file that the user names.
    pub(crate) fn write_out(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.out(name);
        fs::write(&path, content).unwrap();
        path
    }

    /// The command, in a clean environment.
    pub(crate) fn command<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Command {
        self.clean(env!("CARGO_BIN_EXE_sekisho"), args)
    }

    /// Any program, in the same environment.
    pub(crate) fn clean<A: AsRef<OsStr>>(&self, program: &str, args: impl IntoIterator<Item = A>) -> Command {
        let mut command = Command::new(program);
        command
            .args(args)
            .current_dir(self.target())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.root().join("home"))
            .env("XDG_CONFIG_HOME", self.root().join("config"))
            .env("TMPDIR", self.root().join("tmp"))
            // Two runs of one test are of one second.
            .env("SOURCE_DATE_EPOCH", "1767225600");
        command
    }

    /// Runs the command to its end.
    pub(crate) fn run<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Run {
        run(self.command(args), b"")
    }

    /// Scans the target under the sandbox's key, with more arguments.
    pub(crate) fn scan(&self, more: &[&str]) -> Run {
        self.run(self.scan_args(more))
    }

    /// The arguments of [`scan`](Self::scan): as JSON, unless they say otherwise.
    pub(crate) fn scan_args(&self, more: &[&str]) -> Vec<String> {
        let key = self.key().to_str().unwrap().to_owned();
        let format = if more.contains(&"--format") { &[][..] } else { &["--format", "json"] };
        let fixed = ["scan", ".", "--estate-key-file", &key];
        fixed.iter().chain(format).chain(more).map(|&arg| arg.to_owned()).collect()
    }
}

/// Writes a file with exactly this mode.
pub(crate) fn write_with_mode(path: &Path, content: impl AsRef<[u8]>, mode: u32) {
    fs::write(path, content).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// What a run of the command did.
pub(crate) struct Run {
    /// Its exit status; 128 and the signal's number when it was killed.
    pub(crate) status: i32,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
    /// The most memory that it held, in KiB (`VmHWM`); 0 where the system does not tell.
    pub(crate) peak: u64,
}

impl Run {
    /// Standard output as text.
    pub(crate) fn out(&self) -> &str {
        std::str::from_utf8(&self.stdout).unwrap()
    }

    /// Standard error as text.
    pub(crate) fn err(&self) -> &str {
        std::str::from_utf8(&self.stderr).unwrap()
    }

    /// Standard output as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.stdout).unwrap_or_else(|error| {
            panic!("no JSON ({error}); status {}, stderr: {}", self.status, self.err())
        })
    }

    /// Asserts the exit status.
    #[track_caller]
    pub(crate) fn ends(self, status: i32) -> Self {
        let shown = String::from_utf8_lossy(&self.stdout);
        let shown: String = shown.chars().take(2000).collect();
        assert_eq!(self.status, status, "stderr: {}\nstdout: {shown}", self.err());
        self
    }
}

/// Runs a command to its end with these bytes on its standard input.
pub(crate) fn run(mut command: Command, stdin: &[u8]) -> Run {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let (mut out, mut err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    thread::scope(|scope| {
        // Who does not read to the end has had enough: no failure of the test.
        scope.spawn(move || drop(input.write_all(stdin)));
        let stdout = scope.spawn(move || read(&mut out));
        let stderr = scope.spawn(move || read(&mut err));
        let (status, peak) = watch(&mut child);
        Run { status, stdout: stdout.join().unwrap(), stderr: stderr.join().unwrap(), peak }
    })
}

fn read(stream: &mut dyn Read) -> Vec<u8> {
    let mut all = Vec::new();
    stream.read_to_end(&mut all).unwrap();
    all
}

/// Waits for the end, and asks meanwhile how much memory was held. The high-water mark only rises,
/// so what is lost is what came in the last millisecond.
pub(crate) fn watch(child: &mut Child) -> (i32, u64) {
    let started = Instant::now();
    let mut peak = 0;
    loop {
        peak = peak.max(high_water(child.id()));
        if let Some(status) = child.try_wait().unwrap() {
            return (status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or_default()), peak);
        }
        if started.elapsed() > HANGS {
            child.kill().unwrap();
            child.wait().unwrap();
            panic!("the run did not end within {HANGS:?}");
        }
        thread::sleep(Duration::from_millis(1));
    }
}

fn high_water(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}

/// Runs git in a directory, without the user's settings and with commits that are the same every time.
pub(crate) fn git(at: &Path, args: &[&str]) {
    let output = Command::new("git")
        .args(["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main"])
        .args(args)
        .current_dir(at)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .output()
        .unwrap();
    assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
}
