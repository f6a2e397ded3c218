//! Whether a file is worth reading as YAML or JSON.

use std::sync::LazyLock;

use memchr::memmem::Finder;

/// The two syntaxes that manifests come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Syntax {
    /// YAML, a stream of documents.
    Yaml,
    /// JSON, one value or several behind each other.
    Json,
}

/// Endings that editors and template engines put behind the one that says what a file is.
const WRAPPERS: [&str; 14] = [
    ".tpl", ".tmpl", ".gotmpl", ".j2", ".jinja", ".jinja2", ".erb", ".bak", ".orig", ".old", ".example",
    ".sample", ".dist", ".dec",
];

/// What a file is, by its name, else by its first bytes. `head` may be any length of the file's
/// beginning; 512 bytes are enough.
pub fn sniff(name: &str, head: &[u8]) -> Option<Syntax> {
    let file = name.rsplit(['/', '\\', '!']).next().unwrap_or(name).to_ascii_lowercase();
    let mut file = file.as_str();
    while let Some(inner) = WRAPPERS.iter().find_map(|ending| file.strip_suffix(ending)) {
        file = inner;
    }
    if matches!(file, ".dockercfg" | ".dockerconfigjson") {
        return Some(Syntax::Json);
    }
    match file.rsplit_once('.').map(|(_, ending)| ending) {
        Some("yaml" | "yml") => Some(Syntax::Yaml),
        Some("json" | "jsonl" | "ndjson" | "json5" | "jsonc" | "geojson" | "tfstate" | "ipynb") => {
            Some(Syntax::Json)
        }
        _ => by_head(head),
    }
}

/// What a manifest has. It is looked for in short values, too, for which a search is not made ready anew.
static VERSION: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("apiVersion:"));

/// JSON begins with a bracket and what may follow it in JSON alone (`[section]` is no JSON, and
/// `{{` a template); a manifest has a line that begins with `apiVersion:` or a document marker.
fn by_head(head: &[u8]) -> Option<Syntax> {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    if let Some((bracket @ (b'{' | b'['), rest)) = head.split_first() {
        let next = rest.trim_ascii_start().first();
        let json = match (bracket, next) {
            (b'{', Some(b'"' | b'}')) => true,
            (b'[', Some(byte)) => b"{[\"]-0123456789".contains(byte),
            _ => false,
        };
        return json.then_some(Syntax::Json);
    }
    // The head may be a whole file: lines are not gone through one by one.
    let begins = || VERSION.find_iter(head).any(|at| at == 0 || head.get(at - 1) == Some(&b'\n'));
    let marked =
        head.strip_prefix(b"---").is_some_and(|rest| matches!(rest.first(), Some(b' ' | b'\r' | b'\n')));
    (marked || begins()).then_some(Syntax::Yaml)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_name() {
        for name in ["a.yaml", "x/B.YML", "a.yaml.tpl", "a.yml.j2.bak", "chart.tgz!x/values.yaml"] {
            assert_eq!(sniff(name, b""), Some(Syntax::Yaml), "{name}");
        }
        for name in ["a.json", "log.jsonl", ".dockercfg", "home/.dockerconfigjson"] {
            assert_eq!(sniff(name, b""), Some(Syntax::Json), "{name}");
        }
        for name in ["a.rs", "yaml", "_helpers.tpl", ""] {
            assert_eq!(sniff(name, b""), None, "{name}");
        }
    }

    #[test]
    fn by_head() {
        for head in ["{\"a\": 1}", "\u{feff} {\n}", "[{\"a\": 1}]", "[1, 2]", "[]"] {
            assert_eq!(sniff("x", head.as_bytes()), Some(Syntax::Json), "{head}");
        }
        for head in ["---\na: 1", "# c\napiVersion: v1\n", "apiVersion: v1\r\n"] {
            assert_eq!(sniff("x", head.as_bytes()), Some(Syntax::Yaml), "{head}");
        }
        for head in ["{{ define }}", "[section]\na=1", "{ echo; }", "a: 1", "-----BEGIN X", "---x", ""] {
            assert_eq!(sniff("x", head.as_bytes()), None, "{head}");
        }
    }
}
