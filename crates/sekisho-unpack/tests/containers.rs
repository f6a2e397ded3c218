//! Containers, opened as the examiner does: every layer, under one budget.

#![allow(clippy::unwrap_used, clippy::panic, reason = "all of this file is tests")]

use std::fmt::Write as _;
use std::io::{Cursor, Read, Write};

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use sekisho_unpack::{Budget, Container, Event, HEAD, Limits, Trouble, sniff, visit};

/// All that was found in a container: `path → content` of the leaves, and `path: trouble`.
#[derive(Default)]
struct Seen {
    leaves: Vec<(String, Vec<u8>)>,
    problems: Vec<(String, Trouble)>,
}

impl Seen {
    fn content(&self, path: &str) -> &[u8] {
        &self
            .leaves
            .iter()
            .find(|(p, _)| p == path)
            .unwrap_or_else(|| panic!("no {path} in {:?}", self.paths()))
            .1
    }

    fn paths(&self) -> Vec<&str> {
        self.leaves.iter().map(|(path, _)| path.as_str()).collect()
    }

    fn troubles(&self) -> Vec<Trouble> {
        self.problems.iter().map(|(_, trouble)| *trouble).collect()
    }
}

/// Opens `content` and all that is in it, and keeps the first MiB of each leaf.
fn open(path: &str, content: &mut dyn Read, budget: &Budget, seen: &mut Seen) {
    let mut head = Vec::new();
    (&mut *content).take(HEAD as u64).read_to_end(&mut head).unwrap();
    let container = sniff(&head, path);
    let mut all = Cursor::new(head).chain(content);
    let Some(container) = container else {
        let mut leaf = Vec::new();
        all.by_ref().take(1 << 20).read_to_end(&mut leaf).unwrap();
        std::io::copy(&mut all, &mut std::io::sink()).unwrap();
        seen.leaves.push((path.to_owned(), leaf));
        return;
    };
    visit(container, &mut all, budget, &mut |event| match event {
        Event::Member { name, content } => {
            open(&format!("{path}/{}", String::from_utf8_lossy(name)), content, budget, seen);
        }
        Event::Stream { encoding, content } => {
            open(&format!("{path}|{}", encoding.as_str()), content, budget, seen);
        }
        Event::Problem(problem) => {
            let name = problem.entry.as_deref().map(String::from_utf8_lossy).unwrap_or_default();
            seen.problems.push((format!("{path}/{name}"), problem.trouble));
        }
    });
}

fn unpack_with(bytes: &[u8], limits: Limits) -> Seen {
    let mut seen = Seen::default();
    open("", &mut { bytes }, &Budget::new(limits), &mut seen);
    seen
}

fn unpack(bytes: &[u8]) -> Seen {
    unpack_with(bytes, Limits::default())
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}

fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, content) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, name, *content).unwrap();
    }
    builder.into_inner().unwrap()
}

/// One member of a zip made by hand, so that every lie can be told.
#[derive(Clone)]
struct ZipMember {
    name: Vec<u8>,
    data: Vec<u8>,
    method: u16,
    flags: u16,
    compressed: u32,
    size: u32,
}

impl ZipMember {
    fn stored(name: &str, content: &[u8]) -> Self {
        let size = content.len() as u32;
        Self { name: name.into(), data: content.to_vec(), method: 0, flags: 0, compressed: size, size }
    }

    fn deflated(name: &str, content: &[u8]) -> Self {
        let data = deflate(content);
        let (compressed, size) = (data.len() as u32, content.len() as u32);
        Self { name: name.into(), data, method: 8, flags: 0, compressed, size }
    }

    /// Written by a program that could not seek: sizes only in a descriptor and the directory.
    fn streamed(mut self) -> Self {
        self.flags |= 8;
        self
    }

    fn local(&self) -> Vec<u8> {
        let streamed = self.flags & 8 != 0;
        let (compressed, size) = if streamed { (0, 0) } else { (self.compressed, self.size) };
        let mut out = b"PK\x03\x04\x14\0".to_vec();
        out.extend(self.flags.to_le_bytes());
        out.extend(self.method.to_le_bytes());
        out.extend([0; 8]);
        out.extend(compressed.to_le_bytes());
        out.extend(size.to_le_bytes());
        out.extend((self.name.len() as u16).to_le_bytes());
        out.extend([0; 2]);
        out.extend(&self.name);
        out.extend(&self.data);
        if streamed {
            out.extend(b"PK\x07\x08\0\0\0\0");
            out.extend(self.compressed.to_le_bytes());
            out.extend(self.size.to_le_bytes());
        }
        out
    }

    fn central(&self, offset: u32) -> Vec<u8> {
        let mut out = b"PK\x01\x02\x14\0\x14\0".to_vec();
        out.extend(self.flags.to_le_bytes());
        out.extend(self.method.to_le_bytes());
        out.extend([0; 8]);
        out.extend(self.compressed.to_le_bytes());
        out.extend(self.size.to_le_bytes());
        out.extend((self.name.len() as u16).to_le_bytes());
        out.extend([0; 12]);
        out.extend(offset.to_le_bytes());
        out.extend(&self.name);
        out
    }
}

fn end_record(entries: usize, size: usize, offset: usize) -> Vec<u8> {
    let mut out = b"PK\x05\x06\0\0\0\0".to_vec();
    out.extend((entries as u16).to_le_bytes());
    out.extend((entries as u16).to_le_bytes());
    out.extend((size as u32).to_le_bytes());
    out.extend((offset as u32).to_le_bytes());
    out.extend([0; 2]);
    out
}

/// A zip of members at the given offsets of `body`.
fn zip_of(mut body: Vec<u8>, members: &[(u32, ZipMember)]) -> Vec<u8> {
    let offset = body.len();
    for (at, member) in members {
        body.extend(member.central(*at));
    }
    let end = end_record(members.len(), body.len() - offset, offset);
    body.extend(end);
    body
}

fn zip(members: &[ZipMember]) -> Vec<u8> {
    let mut body = Vec::new();
    let mut placed = Vec::new();
    for member in members {
        placed.push((body.len() as u32, member.clone()));
        body.extend(member.local());
    }
    zip_of(body, &placed)
}

const WORDS: &[u8] = b"password=hunter22 and some more words, and some more words\n";

#[test]
fn compressed_streams() {
    for (bytes, path) in [(gzip(WORDS), "|gzip"), (zlib(WORDS), "|zlib"), (zstd(WORDS), "|zstd")] {
        let seen = unpack(&bytes);
        assert_eq!(seen.content(path), WORDS);
        assert_eq!(seen.problems, []);
    }
}

#[test]
fn gzip_members_are_one_content() {
    let bytes = [gzip(b"one "), gzip(b"two "), vec![0; 512], gzip(b"three"), vec![0; 10]].concat();
    let seen = unpack(&bytes);
    assert_eq!(seen.content("|gzip"), b"one two three");
    assert_eq!(seen.problems, []);
    let seen = unpack(&[&gzip(b"one")[..], b"garbage"].concat());
    assert_eq!(seen.content("|gzip"), b"one");
    assert_eq!(seen.troubles(), [Trouble::TrailingData]);
}

#[test]
fn gzip_header_fields_are_passed_over() {
    let mut encoder = flate2::GzBuilder::new()
        .filename("secret.txt")
        .comment("a comment")
        .extra(vec![7; 300])
        .write(Vec::new(), Compression::fast());
    encoder.write_all(WORDS).unwrap();
    assert_eq!(unpack(&encoder.finish().unwrap()).content("|gzip"), WORDS);
}

#[test]
fn a_wrong_checksum_is_told_and_the_rest_is_read() {
    let mut first = gzip(b"one ");
    let crc_at = first.len() - 8;
    first[crc_at] ^= 1;
    let seen = unpack(&[first, gzip(b"two")].concat());
    assert_eq!(seen.content("|gzip"), b"one two");
    assert_eq!(seen.troubles(), [Trouble::Checksum]);
}

#[test]
fn zstd_frames_are_one_content() {
    let skippable = b"\x50\x2a\x4d\x18\x03\0\0\0abc";
    let bytes = [&skippable[..], &zstd(b"one "), skippable, &zstd(b"two")].concat();
    let seen = unpack(&bytes);
    assert_eq!(seen.content("|zstd"), b"one two");
    assert_eq!(seen.problems, []);
    let seen = unpack(&[&zstd(b"one")[..], b"garbage"].concat());
    assert_eq!((seen.content("|zstd"), seen.troubles()), (&b"one"[..], vec![Trouble::TrailingData]));
}

#[test]
fn a_zstd_window_above_the_cap_is_refused() {
    // Frame header: window of 2^(10+31) bytes.
    let seen = unpack(b"\x28\xb5\x2f\xfd\x00\xf8\x01\0\0");
    assert_eq!(seen.troubles(), [Trouble::Window(32 << 20)]);
}

#[test]
fn layers_nest() {
    let jar = zip(&[ZipMember::deflated("application.properties", WORDS)]);
    let war = zip(&[ZipMember::stored("WEB-INF/lib/a.jar", &jar), ZipMember::deflated("web.xml", b"<x/>")]);
    let seen = unpack(&gzip(&tar(&[("app.war", &war), ("notes.txt.gz", &gzip(b"notes"))])));
    assert_eq!(seen.content("|gzip/app.war/WEB-INF/lib/a.jar/application.properties"), WORDS);
    assert_eq!(seen.content("|gzip/app.war/web.xml"), b"<x/>");
    assert_eq!(seen.content("|gzip/notes.txt.gz|gzip"), b"notes");
    assert_eq!(seen.problems, []);
}

#[test]
fn formats_that_are_not_read_are_told() {
    let seen = unpack(b"\xfd7zXZ\0\0\x04");
    assert_eq!(seen.troubles(), [Trouble::UnsupportedFormat("xz")]);
}

// - tar

#[test]
fn tar_long_names_links_and_directories() {
    let long = format!("{}/file.env", "d".repeat(150));
    let longer = format!("{}/file.env", "e/".repeat(200));
    let mut builder = tar::Builder::new(tar(&[]).split_off(1024));
    let mut link = tar::Header::new_ustar();
    link.set_entry_type(tar::EntryType::Symlink);
    link.set_size(0);
    builder.append_link(&mut link, "link", "/etc/passwd").unwrap();
    let mut directory = tar::Header::new_gnu();
    directory.set_entry_type(tar::EntryType::Directory);
    directory.set_size(0);
    builder.append_data(&mut directory, "dir/", &b""[..]).unwrap();
    for name in [&long, &longer] {
        let mut header = tar::Header::new_gnu();
        header.set_size(WORDS.len() as u64);
        builder.append_data(&mut header, name, WORDS).unwrap();
    }
    builder.append_pax_extensions([("path", &b"caf\xe9/pax.env"[..]), ("comment", b"x")]).unwrap();
    let mut header = tar::Header::new_ustar();
    header.set_size(3);
    header.set_path("short").unwrap();
    header.set_cksum();
    builder.append(&header, &b"pax"[..]).unwrap();
    let seen = unpack(&builder.into_inner().unwrap());
    assert_eq!(seen.content(&format!("/{long}")), WORDS);
    assert_eq!(seen.content(&format!("/{longer}")), WORDS);
    assert_eq!(seen.content("/caf\u{fffd}/pax.env"), b"pax");
    assert_eq!(seen.leaves.len(), 3);
    assert_eq!(seen.problems, []);
}

#[test]
fn tar_goes_on_behind_damage() {
    let mut bytes = tar(&[("a", WORDS), ("b", b"second"), ("c", b"third")]);
    bytes[1024 + 148] = b'9';
    let seen = unpack(&bytes);
    assert_eq!(seen.paths(), ["/a", "/c"]);
    assert_eq!(seen.troubles(), [Trouble::Malformed("tar header")]);
}

#[test]
fn tar_archives_in_a_row() {
    let bytes = [tar(&[("a", b"one")]), tar(&[("b", b"two")])].concat();
    let seen = unpack(&bytes);
    assert_eq!((seen.content("/a"), seen.content("/b")), (&b"one"[..], &b"two"[..]));
    assert_eq!(seen.problems, []);
}

#[test]
fn a_gigantic_long_name_is_not_held() {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(tar::EntryType::GNULongName);
    header.set_path("././@LongLink").unwrap();
    header.set_size(1 << 40);
    header.set_cksum();
    let seen = unpack(&[&header.as_bytes()[..], &[b'x'; 4096]].concat());
    assert_eq!(seen.troubles(), [Trouble::Malformed("tar extended header"), Trouble::Truncated]);
}

#[test]
fn many_tar_members_stop_at_the_cap() {
    let names: Vec<String> = (0..20).map(|n| format!("file{n}")).collect();
    let members: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b"x"[..])).collect();
    let seen = unpack_with(&tar(&members), Limits { entries: 5, ..Limits::default() });
    assert_eq!(seen.leaves.len(), 5);
    assert_eq!(seen.troubles(), [Trouble::Entries(5)]);
}

// - zip

#[test]
fn zip_members() {
    let seen = unpack(&zip(&[
        ZipMember::deflated("a.env", WORDS),
        ZipMember::stored("dir/", b""),
        ZipMember::stored("dir/b.env", b"stored"),
        ZipMember::deflated("dir/b.env", b"the same name again").streamed(),
        ZipMember { name: b"caf\xe9".to_vec(), ..ZipMember::stored("", b"latin") },
    ]));
    assert_eq!(seen.paths(), ["/a.env", "/dir/b.env", "/dir/b.env", "/caf\u{fffd}"]);
    assert_eq!(seen.leaves[2].1, b"the same name again");
    assert_eq!(seen.problems, []);
}

#[test]
fn zip_behind_a_script() {
    let script = b"#!/usr/bin/env python3\n";
    let archive = zip(&[ZipMember::deflated("__main__.py", WORDS)]);
    let mut seen = Seen::default();
    let bytes = [&script[..], &archive].concat();
    open("app.pyz", &mut &bytes[..], &Budget::new(Limits::default()), &mut seen);
    assert_eq!(seen.content("app.pyz/__main__.py"), WORDS);
    assert_eq!(seen.problems, []);
}

#[test]
fn zip_troubles_are_named_and_the_rest_goes_on() {
    let encrypted = ZipMember { flags: 1, ..ZipMember::stored("locked", b"ciphertext--") };
    let lzma = ZipMember { method: 14, ..ZipMember::stored("lzma", b"whatever") };
    let wrong = ZipMember { size: 3, ..ZipMember::deflated("wrong", WORDS) };
    let damaged = ZipMember { data: vec![0xff; 9], compressed: 9, ..ZipMember::deflated("damaged", WORDS) };
    let seen = unpack(&zip(&[encrypted, lzma, wrong, damaged, ZipMember::stored("last", b"still here")]));
    assert_eq!(seen.content("/wrong"), WORDS);
    assert_eq!(seen.content("/last"), b"still here");
    let told: Vec<_> = seen.problems.iter().map(|(path, trouble)| (path.as_str(), *trouble)).collect();
    assert_eq!(
        told,
        [
            ("/locked", Trouble::Encrypted),
            ("/lzma", Trouble::UnsupportedMethod(14)),
            ("/wrong", Trouble::WrongSize),
            ("/damaged", Trouble::Malformed("deflate data")),
        ]
    );
}

#[test]
fn zstd_in_zip() {
    let data = zstd(WORDS);
    let member =
        ZipMember { compressed: data.len() as u32, data, method: 93, ..ZipMember::deflated("z", WORDS) };
    let seen = unpack(&zip(&[member.clone(), ZipMember::stored("last", b"x")]));
    assert_eq!((seen.content("/z"), seen.content("/last")), (WORDS, &b"x"[..]));
    assert_eq!(seen.problems, []);
    // Front to back, known size or not.
    for member in [member.clone(), member.streamed()] {
        let whole = zip(&[member, ZipMember::stored("last", b"x")]);
        let seen = unpack(&whole[..whole.len() - 1]);
        assert_eq!((seen.content("/z"), seen.content("/last")), (WORDS, &b"x"[..]));
    }
}

#[test]
fn a_member_that_the_directory_forgot_is_visited() {
    let (old, new) = (ZipMember::deflated("old.env", WORDS), ZipMember::deflated("new.env", b"new"));
    let old_len = old.local().len() as u32;
    let seen = unpack(&zip_of([old.local(), new.local()].concat(), &[(old_len, new)]));
    assert_eq!(seen.paths(), ["/old.env", "/new.env"]);
    assert_eq!(seen.problems, []);
    // Two archives glued together: the last directory knows of the last one only.
    let first = zip(&[ZipMember::deflated("a", WORDS)]);
    let seen = unpack(&[first, zip(&[ZipMember::deflated("b", b"second")])].concat());
    assert_eq!(seen.paths(), ["/a", "/b"]);
}

#[test]
fn without_its_directory_a_zip_is_read_front_to_back() {
    let inner = zip(&[ZipMember::deflated("in.env", WORDS)]);
    let members = [
        ZipMember::deflated("a", WORDS),
        ZipMember::deflated("b", b"streamed deflate").streamed(),
        ZipMember::stored("inner.zip", &inner).streamed(),
        ZipMember::stored("c", b"the end"),
    ];
    let whole = zip(&members);
    let names: usize = members.iter().map(|member| 46 + member.name.len()).sum();
    let seen = unpack(&whole[..whole.len() - names - 22]);
    assert_eq!(seen.paths(), ["/a", "/b", "/inner.zip/in.env", "/c"]);
    assert_eq!(seen.troubles(), [Trouble::NoDirectory]);
    let seen = unpack_with(&whole, Limits { random_access: 100, ..Limits::default() });
    assert_eq!(seen.paths(), ["/a", "/b", "/inner.zip/in.env", "/c"]);
    assert_eq!(seen.troubles()[0], Trouble::RandomAccess(100));
}

#[test]
fn overlapping_entries_are_told_and_bounded() {
    // Many entries that share one local header and its data.
    let zeros = ZipMember::deflated("zeros", &vec![0; 900 << 10]);
    let members: Vec<_> = (0..500).map(|_| (0, zeros.clone())).collect();
    let limits = Limits { output: 10 << 20, ..Limits::default() };
    let seen = unpack_with(&zip_of(zeros.local(), &members), limits);
    assert!(seen.leaves.len() < 13);
    assert_eq!(seen.troubles(), [Trouble::Overlap, Trouble::Output(10 << 20)]);
}

#[test]
fn zip64_sizes_and_offsets() {
    // All three values moved into the zip64 field.
    let member = ZipMember::deflated("big", WORDS);
    let mut whole = member.local();
    let offset = whole.len();
    let mut central = member.central(0);
    central[20..28].fill(0xff);
    central[42..46].fill(0xff);
    central[30..32].copy_from_slice(&28u16.to_le_bytes());
    central.extend([1, 0, 24, 0]);
    central.extend(u64::from(member.size).to_le_bytes());
    central.extend(u64::from(member.compressed).to_le_bytes());
    central.extend(0u64.to_le_bytes());
    whole.extend(&central);
    let end64 = whole.len();
    whole.extend(b"PK\x06\x06");
    whole.extend(44u64.to_le_bytes());
    whole.extend([0; 12]);
    whole.extend(1u64.to_le_bytes());
    whole.extend(1u64.to_le_bytes());
    whole.extend((central.len() as u64).to_le_bytes());
    whole.extend((offset as u64).to_le_bytes());
    whole.extend(b"PK\x06\x07\0\0\0\0");
    whole.extend((end64 as u64).to_le_bytes());
    whole.extend([1, 0, 0, 0]);
    let mut end = end_record(1, 0, 0);
    end[8..20].fill(0xff);
    whole.extend(end);
    let seen = unpack(&whole);
    assert_eq!(seen.content("/big"), WORDS);
    assert_eq!(seen.problems, []);
}

// - bombs

#[test]
fn a_gzip_of_a_gibibyte_of_zeros_stops_at_the_ratio() {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    std::io::copy(&mut std::io::repeat(0).take(1 << 30), &mut encoder).unwrap();
    let bomb = encoder.finish().unwrap();
    let budget = Budget::new(Limits::default());
    let mut seen = Seen::default();
    let start = std::time::Instant::now();
    open("", &mut &bomb[..], &budget, &mut seen);
    assert_eq!(seen.troubles(), [Trouble::Ratio(1000)]);
    assert!(budget.limits().output - budget.room() < 2 << 20, "little was unpacked");
    assert!(start.elapsed().as_secs() < 5);
    // With no ratio, the output cap ends it.
    let limits = Limits { ratio: u64::MAX, output: 64 << 20, ..Limits::default() };
    let seen = unpack_with(&bomb, limits);
    assert_eq!(seen.troubles(), [Trouble::Output(64 << 20)]);
}

#[test]
fn content_exactly_at_the_cap_is_whole() {
    let bytes = gzip(&WORDS.repeat(100));
    let exact = WORDS.len() as u64 * 100;
    let seen = unpack_with(&bytes, Limits { output: exact, ..Limits::default() });
    assert_eq!(seen.problems, []);
    let seen = unpack_with(&bytes, Limits { output: exact - 1, ..Limits::default() });
    assert_eq!(seen.troubles(), [Trouble::Output(exact - 1)]);
    assert_eq!(seen.content("|gzip").len() as u64, exact - 1);
}

/// As 42.zip: sixteen copies of the level below in each level.
#[test]
fn nested_bombs_stop_at_the_output_cap() {
    let mut level = zip(&[ZipMember::deflated("zeros", &vec![0; 4 << 20])]);
    for _ in 0..5 {
        let members: Vec<_> = (0..16).map(|n| ZipMember::deflated(&format!("lib {n}.zip"), &level)).collect();
        level = zip(&members);
    }
    let limits = Limits { output: 64 << 20, ratio: u64::MAX, ..Limits::default() };
    let seen = unpack_with(&level, limits);
    assert!(seen.troubles().contains(&Trouble::Output(64 << 20)));
    assert!(seen.leaves.len() <= 20, "{:?} {:?}", seen.paths(), seen.problems);
    assert!(seen.problems.len() < 20, "{:?}", seen.problems);
}

#[test]
fn layers_stop_at_the_depth_cap() {
    let mut bytes = WORDS.to_vec();
    for _ in 0..20 {
        bytes = gzip(&bytes);
    }
    let seen = unpack(&bytes);
    assert_eq!(seen.troubles(), [Trouble::Depth(8)]);
}

/// A cut-off outer layer is the one cause of all that is missing inside.
#[test]
fn one_cause_is_told_once() {
    let inner = tar(&[("a", WORDS), ("b", &WORDS.repeat(1000))]);
    let bytes = gzip(&inner);
    let seen = unpack(&bytes[..bytes.len() - 20]);
    assert_eq!(seen.problems, [("/".to_owned(), Trouble::Truncated)]);
    let seen = unpack_with(&bytes, Limits { output: 2000, ..Limits::default() });
    assert_eq!(seen.problems, [("/".to_owned(), Trouble::Output(2000))]);
    assert_eq!(seen.content("|gzip/a"), WORDS);
}

#[test]
fn a_failing_source_is_told_by_its_kind() {
    struct Fails;
    impl Read for Fails {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::PermissionDenied.into())
        }
    }
    let archive = tar(&[("a", WORDS), ("b", WORDS)]);
    let mut bytes = Cursor::new(&archive[..1100]).chain(Fails);
    let mut told = Vec::new();
    visit(Container::Tar, &mut bytes, &Budget::new(Limits::default()), &mut |event| match event {
        Event::Problem(problem) => told.push(problem.trouble),
        Event::Member { content, .. } => {
            std::io::copy(content, &mut std::io::sink()).unwrap();
        }
        Event::Stream { .. } => {}
    });
    assert_eq!(told, [Trouble::Read(std::io::ErrorKind::PermissionDenied)]);
}

// - any bytes at all

fn samples() -> Vec<(&'static str, Vec<u8>)> {
    let inner = zip(&[ZipMember::deflated("x", WORDS), ZipMember::stored("y", b"y").streamed()]);
    let member = ZipMember { method: 93, data: zstd(WORDS), ..ZipMember::deflated("z", WORDS) };
    vec![
        ("gzip", [gzip(WORDS), gzip(b"two")].concat()),
        ("zlib", zlib(WORDS)),
        ("zstd", [zstd(WORDS), zstd(b"two")].concat()),
        ("tar", tar(&[("a", WORDS), (&"long/".repeat(40), b"b")])),
        ("zip", zip(&[ZipMember::stored("inner.zip", &inner), ZipMember::deflated("d", WORDS), member])),
        ("tar.gz", gzip(&tar(&[("a.zip", &inner)]))),
    ]
}

#[test]
fn cut_at_every_byte_nothing_panics_and_something_is_told() {
    for (format, whole) in samples() {
        assert_eq!(
            unpack(&whole).troubles().iter().filter(|t| **t != Trouble::WrongSize).count(),
            0,
            "{format}"
        );
        for end in 0..whole.len() {
            let seen = unpack(&whole[..end]);
            let opened = sniff(&whole[..end], "").is_some();
            // Cut in the padding behind the end mark, or exactly between members, all is there.
            let all_there = format == "tar" || format == "gzip" || format == "zstd";
            assert!(!opened || all_there || !seen.problems.is_empty(), "{format} cut at {end}");
        }
    }
}

#[test]
fn every_flipped_byte_is_survived() {
    for (_, whole) in samples() {
        for at in 0..whole.len() {
            for flip in [0xff, 0x01, 0x80] {
                let mut bytes = whole.clone();
                bytes[at] ^= flip;
                unpack_with(&bytes, Limits { output: 1 << 20, ..Limits::default() });
            }
        }
    }
}

/// Containers that were cut in pieces and glued together otherwise.
#[test]
fn spliced_containers_are_survived() {
    let samples = samples();
    let mut seed = 1u64;
    let mut next = |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (seed >> 33) as usize % below.max(1)
    };
    for _ in 0..3000 {
        let mut bytes = Vec::new();
        for _ in 0..=next(4) {
            let whole = &samples[next(samples.len())].1;
            let (a, b) = (next(whole.len()), next(whole.len()));
            bytes.extend(&whole[a.min(b)..a.max(b)]);
        }
        for container in [Container::Zip, Container::Tar, Container::Gzip, Container::Zlib, Container::Zstd] {
            let budget = Budget::new(Limits { output: 1 << 20, ..Limits::default() });
            visit(container, &mut &bytes[..], &budget, &mut |event| match event {
                Event::Member { content, .. } | Event::Stream { content, .. } => {
                    std::io::copy(content, &mut std::io::sink()).unwrap();
                }
                Event::Problem(problem) => {
                    let mut text = String::new();
                    write!(text, "{problem}").unwrap();
                    assert!(!text.is_empty());
                }
            });
        }
    }
}

/// Nobody reads the content, and what follows is found nevertheless.
#[test]
fn unread_content_is_passed_over() {
    for (format, whole) in samples() {
        let Some(container) = sniff(&whole, format) else { panic!("{format}") };
        let mut names = Vec::new();
        visit(container, &mut &whole[..], &Budget::new(Limits::default()), &mut |event| match event {
            Event::Member { name, .. } => names.push(name.to_vec()),
            Event::Stream { .. } => names.push(Vec::new()),
            Event::Problem(problem) => panic!("{format}: {problem}"),
        });
        let expected = match format {
            "tar" => 2,
            "zip" => 3,
            _ => 1,
        };
        assert_eq!(names.len(), expected, "{format} {names:?}");
    }
}
