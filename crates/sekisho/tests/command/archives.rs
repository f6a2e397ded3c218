//! Archives and compressed files, made in memory.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder};

/// RFC 1952.
pub(crate) fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

/// RFC 1951.
pub(crate) fn deflate(content: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

/// A POSIX tar archive.
pub(crate) fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, content) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, name, *content).unwrap();
    }
    builder.into_inner().unwrap()
}

/// A zip archive. Each member is deflated.
pub(crate) fn zip<N: AsRef<[u8]>, C: AsRef<[u8]>>(members: &[(N, C)]) -> Vec<u8> {
    let mut zip = Zip::default();
    for (name, content) in members {
        let content = content.as_ref();
        zip.member(name.as_ref(), &deflate(content), 8, content.len());
    }
    zip.finish()
}

/// A zip archive in the making (APPNOTE 6.3), so that lies can be told in it.
#[derive(Default)]
pub(crate) struct Zip {
    body: Vec<u8>,
    directory: Vec<u8>,
    entries: usize,
}

impl Zip {
    /// Adds a member of `size` bytes whose data is written as it is given.
    pub(crate) fn member(&mut self, name: &[u8], data: &[u8], method: u16, size: usize) {
        let offset = self.body.len();
        let sizes = [(data.len() as u32).to_le_bytes(), (size as u32).to_le_bytes()].concat();
        let name_len = (name.len() as u16).to_le_bytes();
        self.body.extend(b"PK\x03\x04\x14\0\0\0");
        self.body.extend(method.to_le_bytes());
        self.body.extend([0; 8]);
        self.body.extend(&sizes);
        self.body.extend(name_len);
        self.body.extend([0; 2]);
        self.body.extend(name);
        self.body.extend(data);
        self.entry(name, offset, &sizes, method);
    }

    /// Adds an entry to the directory alone, for data that another member has.
    pub(crate) fn entry(&mut self, name: &[u8], offset: usize, sizes: &[u8], method: u16) {
        self.directory.extend(b"PK\x01\x02\x14\0\x14\0\0\0");
        self.directory.extend(method.to_le_bytes());
        self.directory.extend([0; 8]);
        self.directory.extend(sizes);
        self.directory.extend((name.len() as u16).to_le_bytes());
        self.directory.extend([0; 12]);
        self.directory.extend((offset as u32).to_le_bytes());
        self.directory.extend(name);
        self.entries += 1;
    }

    /// The archive.
    pub(crate) fn finish(self) -> Vec<u8> {
        let Self { mut body, directory, entries } = self;
        // More than this takes zip64, which says the same elsewhere; readers that count go by the directory.
        let entries = (entries.min(0xffff) as u16).to_le_bytes();
        let end = [(directory.len() as u32).to_le_bytes(), (body.len() as u32).to_le_bytes()].concat();
        body.extend(directory);
        body.extend(b"PK\x05\x06\0\0\0\0");
        body.extend(entries);
        body.extend(entries);
        body.extend(end);
        body.extend([0; 2]);
        body
    }
}

/// UTF-16, little endian, with a byte order mark.
pub(crate) fn utf16(text: &str) -> Vec<u8> {
    let units = std::iter::once(0xfeff).chain(text.encode_utf16());
    units.flat_map(u16::to_le_bytes).collect()
}
