//! Living with it: exit statuses, baselines, what is set aside, keys, streams, and output that is
//! the same every time.

mod baselines;
mod choosing;
mod exit_status;
mod git_knowledge;
mod ignoring;
mod keys;
mod output;
mod streams;
mod target_settings;

use crate::sandbox::Sandbox;

/// A password that is one at first sight.
const PASSWORD: &str = concat!("q8ZXr4Lt", "Vb2wYx0N");
/// Another.
const OTHER: &str = concat!("n3KdTz7W", "pM5cRj9H");

/// A target with one credential of high severity.
fn leaky() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("app.env", format!("DB_PASSWORD={PASSWORD}\n"));
    sandbox
}
