//! [`PathKind`]: what a file is for, told from its name and its first bytes.
//!
//! The same text means different things in different files: `password: required` is a setting in
//! YAML, a label in a translation and a type in a schema. The kind is a hint for the verdict and
//! never decides alone; a name that is not known is [`FileForm::Unknown`] and costs nothing.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use crate::value::is_prose;
use crate::words::List;

/// What a file is for: its form and the setting it stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct PathKind {
    /// What the file holds.
    pub form: FileForm,
    /// Where it stands.
    pub setting: Setting,
}

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum FileForm {
    /// Nothing is known.
    #[default]
    Unknown,
    /// A program: an unquoted right-hand side is an expression.
    Code,
    /// Shell scripts, Dockerfiles, Makefiles: an unquoted right-hand side is a literal.
    Script,
    /// Settings: YAML, TOML, INI, properties, XML, HCL.
    Config,
    /// `KEY=value` lines that become an environment.
    Env,
    /// Values without keys that speak: CSV, SQL dumps, JSON lines.
    Data,
    /// Prose with examples in it.
    Documentation,
    /// Exact versions and digests of dependencies.
    Lockfile,
    /// Texts of a user interface.
    Localisation,
    /// What a program wrote while running, recorded requests, shell history.
    Log,
    /// A notebook: code, prose and results in JSON.
    Notebook,
    /// Code made small by a program.
    Minified,
    /// Code or data made by a program.
    Generated,
    /// Not text.
    Binary,
    /// Keys and certificates.
    KeyMaterial,
}

impl FileForm {
    /// Whether a name without quotes on the right-hand side is an expression here.
    pub(crate) fn is_program(self) -> bool {
        matches!(self, Self::Code | Self::Minified | Self::Generated | Self::Notebook)
    }

    /// Whether values are written down here to be used as they are.
    pub(crate) fn is_settings(self) -> bool {
        matches!(self, Self::Config | Self::Env | Self::Script)
    }
}

/// Where a file stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Setting {
    /// In use, as far as can be told.
    #[default]
    Ordinary,
    /// Tests and their fixtures.
    Test,
    /// A sample to be copied and filled in: `.env.example`.
    Sample,
}

/// Bytes of the head that [`path_kind`] looks at.
pub const HEAD: usize = 1024;

/// The kind of a file from its path (any separators) and its first bytes (up to [`HEAD`] count).
pub fn path_kind(name: &str, head: &[u8]) -> PathKind {
    let path = name.to_ascii_lowercase().replace('\\', "/");
    let file = path.rsplit('/').next().unwrap_or_default();
    let head = &head[..head.len().min(HEAD)];
    PathKind { form: form(&path, file, head), setting: setting(&path, file) }
}

#[expect(clippy::case_sensitive_file_extension_comparisons, reason = "the path is lower case")]
fn form(path: &str, file: &str, head: &[u8]) -> FileForm {
    if head.contains(&0) {
        return FileForm::Binary;
    }
    if LOCKFILES.has(file.as_bytes()) || file.ends_with(".lock") || file.ends_with(".sum") {
        return FileForm::Lockfile;
    }
    if file.ends_with(".min.js") || file.ends_with(".min.css") || file.ends_with(".map") {
        return FileForm::Minified;
    }
    if file.starts_with(".env") || file.ends_with(".env") || file.contains(".env.") || file == "env" {
        return FileForm::Env;
    }
    if ENV_FILES.has(file.as_bytes()) {
        return FileForm::Config;
    }
    if file.ends_with("_history") || file.ends_with(".log") || file.contains(".log.") {
        return FileForm::Log;
    }
    if file.starts_with("dockerfile")
        || file.starts_with("containerfile")
        || SCRIPT_FILES.has(file.as_bytes())
    {
        return FileForm::Script;
    }
    let extension = file.rsplit_once('.').map_or("", |(_, e)| e);
    let extension = if SAMPLE_ENDS.has(extension.as_bytes()) {
        file.rsplit('.').nth(1).unwrap_or_default()
    } else {
        extension
    };
    if LOCALE_EXTENSIONS.has(extension.as_bytes())
        || (is_data_extension(extension)
            && (is_locale_path(path) || (!file.starts_with("package.") && holds_texts(head))))
    {
        return FileForm::Localisation;
    }
    let by_extension = match extension {
        _ if CODE.has(extension.as_bytes()) => FileForm::Code,
        "sh" | "bash" | "zsh" | "fish" | "ksh" | "bat" | "cmd" | "ps1" | "psm1" | "mk" => FileForm::Script,
        "yaml" | "yml" | "toml" | "ini" | "cfg" | "conf" | "config" | "cnf" | "properties" | "xml"
        | "plist" | "tf" | "tfvars" | "hcl" | "json5" | "json" | "jsonc" | "tfstate" | "service" | "reg"
        | "settings" | "pbxproj" | "gradle" | "tpl" | "j2" | "cf" | "ldif" => FileForm::Config,
        "md" | "markdown" | "rst" | "adoc" | "txt" | "html" | "htm" | "tex" | "org" | "mdx" | "rdoc" => {
            FileForm::Documentation
        }
        // Sections of the manual.
        "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" if path.contains("man") => FileForm::Documentation,
        "csv" | "tsv" | "sql" | "jsonl" | "ndjson" | "parquet" | "har" => FileForm::Data,
        "ipynb" => FileForm::Notebook,
        "pem" | "key" | "crt" | "cer" | "asc" | "ppk" | "p8" | "pub" => FileForm::KeyMaterial,
        _ => FileForm::Unknown,
    };
    match by_extension {
        FileForm::Code if is_minified(head) => FileForm::Minified,
        FileForm::Code if says_generated(head) => FileForm::Generated,
        FileForm::Unknown if head.starts_with(b"#!") => interpreter(head),
        FileForm::Unknown if extension == "dockerfile" || builds_image(head) => FileForm::Script,
        FileForm::Unknown if holds_variables(head) => FileForm::Env,
        // `notes.txt` is prose, `passwords.txt` and `requirements.txt` are not; prose is not assumed.
        FileForm::Documentation if extension == "txt" && !file.starts_with("readme") => FileForm::Unknown,
        form => form,
    }
}

fn setting(path: &str, file: &str) -> Setting {
    let sample = |part: &str| {
        SAMPLE_ENDS.has(part.as_bytes())
            || matches!(part, "examples" | "samples")
            || part.ends_with("-example")
            || part.ends_with("_example")
    };
    if file.split('.').skip(1).any(sample) || sample(file.split('.').next().unwrap_or_default()) {
        return Setting::Sample;
    }
    let mut parts = path.split('/').rev();
    let stem = parts.next().unwrap_or_default();
    let named_test = |s: &str| {
        let words = || s.split(['.', '_', '-']);
        words().any(|w| {
            matches!(w, "test" | "tests" | "spec" | "specs" | "fixture" | "fixtures" | "mock" | "mocks")
        })
    };
    if named_test(stem) || stem.split('.').next().is_some_and(|s| s.ends_with("test") && s.len() > 4) {
        return Setting::Test;
    }
    let mut setting = Setting::Ordinary;
    for part in parts {
        if TEST_FOLDERS.has(part.as_bytes()) || named_test(part) {
            return Setting::Test;
        }
        if matches!(part, "example" | "examples" | "sample" | "samples" | "demo" | "demos") {
            setting = Setting::Sample;
        }
    }
    setting
}

/// What an interpreter's line says: a shell's literals need no quotes, a program's do.
fn interpreter(head: &[u8]) -> FileForm {
    let line = head.split(|b| *b == b'\n').next().unwrap_or_default();
    let program = [&b"python"[..], b"perl", b"ruby", b"node", b"php", b"deno", b"lua"]
        .iter()
        .any(|name| memchr::memmem::find(line, name).is_some());
    if program { FileForm::Code } else { FileForm::Script }
}

/// Whether a text is a Dockerfile by another name: `FROM image` in front of everything but comments and
/// arguments, and another instruction somewhere.
fn builds_image(head: &[u8]) -> bool {
    let mut lines = head.split(|b| *b == b'\n').map(<[u8]>::trim_ascii);
    let first = lines.find(|line| !(line.is_empty() || line.starts_with(b"#") || line.starts_with(b"ARG ")));
    let instruction = |line: &[u8]| {
        [&b"RUN "[..], b"ENV ", b"COPY ", b"CMD ", b"ENTRYPOINT ", b"WORKDIR "]
            .iter()
            .any(|name| line.starts_with(name))
    };
    first.is_some_and(|line| line.starts_with(b"FROM ")) && lines.any(instruction)
}

/// `locales/de.json`, `i18n/messages.properties`, `messages_fr.properties`, `values-de/strings.xml`.
#[expect(clippy::case_sensitive_file_extension_comparisons, reason = "the path is lower case")]
fn is_locale_path(path: &str) -> bool {
    let file = path.rsplit('/').next().unwrap_or_default();
    path.split('/').any(|part| {
        matches!(part, "locale" | "locales" | "i18n" | "l10n" | "lang" | "langs" | "translations" | "nls")
            || part.ends_with(".lproj")
    }) || file.starts_with("messages_")
        || file.starts_with("messages.")
        || (file == "strings.xml" && path.contains("values"))
}

fn is_data_extension(extension: &str) -> bool {
    matches!(extension, "json" | "yml" | "yaml" | "properties" | "js" | "ts" | "php" | "xml" | "toml" | "rb")
}

/// Lines of `NAME=value` and hardly anything else, under whatever name.
fn holds_variables(head: &[u8]) -> bool {
    let (mut lines, mut variables) = (0, 0);
    for line in head.split(|b| *b == b'\n') {
        let line = line.trim_ascii();
        if line.is_empty() || line.starts_with(b"#") {
            continue;
        }
        let line = line.strip_prefix(b"export ").unwrap_or(line);
        let name =
            line.iter().take_while(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || **b == b'_').count();
        lines += 1;
        variables += usize::from(name > 1 && line.get(name) == Some(&b'='));
    }
    variables >= 2 && variables * 4 >= lines * 3
}

/// Pairs of a name and a quoted text for people, and hardly anything else: a translation by another name.
fn holds_texts(head: &[u8]) -> bool {
    let (mut pairs, mut texts) = (0, 0);
    // The last line is cut.
    for line in head.split(|b| *b == b'\n').rev().skip(1) {
        let line = line.trim_ascii();
        let Some(at) = line.iter().position(|b| matches!(b, b':' | b'=')) else { continue };
        let value = line[at + 1..].trim_ascii();
        let value = value.strip_suffix(b",").unwrap_or(value);
        let text = value.strip_prefix(b"\"").and_then(|text| text.strip_suffix(b"\""));
        pairs += 1;
        texts += usize::from(text.is_some_and(|text| text.iter().any(|b| *b >= 0x80) || is_prose(text)));
    }
    pairs >= 8 && texts * 3 >= pairs * 2
}

/// Lines far longer than people write.
fn is_minified(head: &[u8]) -> bool {
    head.len() == HEAD && !head.contains(&b'\n')
}

/// The marks that generators leave: `@generated`, Go's `Code generated … DO NOT EDIT`.
fn says_generated(head: &[u8]) -> bool {
    static MARKS: LazyLock<[Finder<'static>; 3]> = LazyLock::new(|| {
        ["@generated", "DO NOT EDIT", "Generated by the protocol buffer compiler"].map(Finder::new)
    });
    MARKS.iter().any(|mark| mark.find(head).is_some())
}

static LOCKFILES: List = List::new(
    " \
    package-lock.json npm-shrinkwrap.json yarn.lock pnpm-lock.yaml cargo.lock poetry.lock pipfile.lock \
    composer.lock gemfile.lock go.sum packages.lock.json mix.lock flake.lock bun.lock deno.lock uv.lock \
    package.resolved podfile.lock cargo-checksum.json .cargo-checksum.json ",
);

/// Settings files whose names say nothing by an extension.
static ENV_FILES: List = List::new(
    " \
    .netrc _netrc .pgpass .npmrc .pypirc .yarnrc .my.cnf .s3cfg .boto .htpasswd .dockercfg \
    .git-credentials .gitconfig .editorconfig .wgetrc .curlrc .ldaprc ldaprc credentials config kubeconfig \
    wp-config.php pgbouncer.ini userlist.txt ",
);

static SCRIPT_FILES: List = List::new(
    " \
    makefile gnumakefile justfile rakefile.sh .bashrc .zshrc .profile .bash_profile .zprofile .zshenv \
    procfile vagrantfile ",
);

static SAMPLE_ENDS: List = List::new(
    " \
    example sample dist template default tmpl ",
);

static LOCALE_EXTENSIONS: List = List::new(
    " \
    po pot resx xliff xlf strings arb ftl lang ",
);

static TEST_FOLDERS: List = List::new(
    " \
    __tests__ __mocks__ testdata test-data test_data testing e2e cassettes snapshots __snapshots__ \
    conformance stubs fakes ",
);

static CODE: List = List::new(
    " \
    rs go c h cc cpp cxx hpp hh cs java kt kts scala groovy py pyi pyx rb php phtml pl pm perl js mjs cjs jsx \
    ts mts cts tsx vue svelte swift m mm dart ex exs erl hrl hs ml mli fs fsx vb lua r jl clj cljs lisp \
    el scm nim zig d pas f90 asm s sol proto thrift graphql gql css scss sass less bzl star rego cue \
    dhall jsonnet libsonnet nix awk tcl coffee erb ejs hbs mustache jsp asp aspx cshtml razor cmake v sv \
    vhd wat ",
);

#[cfg(test)]
mod tests {
    use super::*;

    fn form_of(name: &str) -> FileForm {
        path_kind(name, b"").form
    }

    #[test]
    fn forms_by_name() {
        assert_eq!(form_of("src/main.rs"), FileForm::Code);
        assert_eq!(form_of(".env"), FileForm::Env);
        assert_eq!(form_of("deploy/.env.production"), FileForm::Env);
        assert_eq!(form_of("config/prod.env"), FileForm::Env);
        assert_eq!(form_of("package-lock.json"), FileForm::Lockfile);
        assert_eq!(form_of("Cargo.lock"), FileForm::Lockfile);
        assert_eq!(form_of("app/locales/de.json"), FileForm::Localisation);
        assert_eq!(form_of("res/values-de/strings.xml"), FileForm::Localisation);
        assert_eq!(form_of("README.md"), FileForm::Documentation);
        assert_eq!(form_of("passwords.txt"), FileForm::Unknown);
        assert_eq!(form_of("Dockerfile.prod"), FileForm::Script);
        assert_eq!(form_of(".bash_history"), FileForm::Log);
        assert_eq!(form_of("settings.yaml.example"), FileForm::Config);
        assert_eq!(form_of("analysis.ipynb"), FileForm::Notebook);
        assert_eq!(form_of("C:\\app\\web.config"), FileForm::Config);
    }

    #[test]
    fn forms_by_head() {
        assert_eq!(path_kind("run", b"#!/bin/sh\n").form, FileForm::Script);
        assert_eq!(path_kind("run", b"#!/usr/bin/env python3\n").form, FileForm::Code);
        assert_eq!(path_kind("base", b"# x\nARG A\nFROM a:1\n\nRUN b\n").form, FileForm::Script);
        assert_eq!(path_kind("notes", b"FROM me\nto you\n").form, FileForm::Unknown);
        assert_eq!(path_kind("a.dat", b"ab\0cd").form, FileForm::Binary);
        assert_eq!(path_kind("z.go", b"// Code generated by x. DO NOT EDIT.\n").form, FileForm::Generated);
        assert_eq!(path_kind("app.js", &[b'a'; 4096]).form, FileForm::Minified);
    }

    #[test]
    fn settings_by_path() {
        let setting = |name: &str| path_kind(name, b"").setting;
        assert_eq!(setting(".env.example"), Setting::Sample);
        assert_eq!(setting("config.sample.yaml"), Setting::Sample);
        assert_eq!(setting("pkg/auth/auth_test.go"), Setting::Test);
        assert_eq!(setting("src/test/java/A.java"), Setting::Test);
        assert_eq!(setting("src/AuthTest.java"), Setting::Test);
        assert_eq!(setting("a/testdata/x.yaml"), Setting::Test);
        assert_eq!(setting("examples/app.py"), Setting::Sample);
        assert_eq!(setting("tests/examples/key.pem"), Setting::Test);
        assert_eq!(setting("src/latest/app.py"), Setting::Ordinary);
        assert_eq!(setting("contest/app.py"), Setting::Ordinary);
        assert_eq!(setting("deploy/secret.yaml"), Setting::Ordinary);
    }
}
