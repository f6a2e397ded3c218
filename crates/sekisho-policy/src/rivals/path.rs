//! Paths as other scanners write them.

/// `path` relative to the target, with `/` between its parts; `None` for one that lies elsewhere.
///
/// `root` is what the other scanner calls the target: an absolute directory, or one relative to
/// where it ran. A leading `./` and Windows separators are accepted.
pub(super) fn relative(path: &str, root: Option<&str>) -> Option<String> {
    let path = slashes(path);
    let path = without_dots(&path);
    let root = root.map(slashes);
    let root = root.as_deref().map(without_dots).filter(|root| !matches!(*root, "" | "."));
    let below = root.and_then(|root| path.strip_prefix(root.trim_end_matches('/'))?.strip_prefix('/'));
    match below {
        Some(below) => Some(below.to_owned()),
        None => (!is_absolute(path)).then(|| path.to_owned()),
    }
}

/// With `/` for `\` where the path is one of Windows (there, both separate), and the drive in lower
/// case. On other systems `\` is a byte of a name, so a path that has a `/` keeps it.
fn slashes(path: &str) -> String {
    let has_drive = matches!(path.as_bytes(), [drive, b':', b'/' | b'\\', ..] if drive.is_ascii_alphabetic());
    let mut path = if has_drive || !path.contains('/') { path.replace('\\', "/") } else { path.to_owned() };
    if has_drive && let Some(drive) = path.get_mut(..1) {
        drive.make_ascii_lowercase();
    }
    path
}

fn without_dots(mut path: &str) -> &str {
    while let Some(rest) = path.strip_prefix("./") {
        path = rest.trim_start_matches('/');
    }
    path
}

fn is_absolute(path: &str) -> bool {
    path.starts_with('/') || path.get(1..3) == Some(":/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_relative() {
        for (path, root, expected) in [
            ("a/b.env", None, Some("a/b.env")),
            ("./a/b.env", None, Some("a/b.env")),
            (".//./a", None, Some("a")),
            (".env", Some("."), Some(".env")),
            ("/repo/a.env", Some("/repo"), Some("a.env")),
            ("/repo/a.env", Some("/repo/"), Some("a.env")),
            ("/repository/a.env", Some("/repo"), None),
            ("/repo/a.env", None, None),
            ("/repo/a.env", Some("./"), None),
            ("/a.env", Some("/"), Some("a.env")),
            ("sub/a.env", Some("./sub/"), Some("a.env")),
            ("a\\b.env", None, Some("a/b.env")),
            (".\\a\\b.env", None, Some("a/b.env")),
            ("C:\\repo\\a.env", Some("c:/repo"), Some("a.env")),
            ("C:/repo\\a.env", Some("C:\\repo\\"), Some("a.env")),
            ("C:\\repo\\a.env", Some("/repo"), None),
            ("a/odd\\name", None, Some("a/odd\\name")),
        ] {
            assert_eq!(relative(path, root).as_deref(), expected, "{path} below {root:?}");
        }
    }
}
