//! Small files of etcd, made byte by byte: for the demonstration, and to test and fuzz the reader
//! with what no running etcd leaves behind on demand. Nothing here is shared with the reader, so
//! that a misunderstanding of a format shows itself.

mod big;

use sha2::{Digest as _, Sha256};

pub use big::running_cluster;

/// Protobuf: a length-delimited field.
pub fn field(number: u32, bytes: &[u8]) -> Vec<u8> {
    let mut out = varint(u64::from(number << 3 | 2));
    out.extend(varint(bytes.len() as u64));
    out.extend(bytes);
    out
}

/// Protobuf: a varint field.
pub fn number(number: u32, value: u64) -> Vec<u8> {
    let mut out = varint(u64::from(number << 3));
    out.extend(varint(value));
    out
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut out = Vec::new();
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
    out
}

/// A Secret as kube-apiserver stores it in plain.
pub fn secret(namespace: &str, name: &str, data: &[(&str, &[u8])]) -> Vec<u8> {
    let meta = [field(1, name.as_bytes()), field(3, namespace.as_bytes())].concat();
    let mut raw = field(1, &meta);
    for (key, value) in data {
        raw.extend(field(2, &[field(1, key.as_bytes()), field(2, value)].concat()));
    }
    raw.extend(field(3, b"Opaque"));
    object("v1", "Secret", &raw)
}

/// Any object in protobuf.
pub fn object(version: &str, kind: &str, raw: &[u8]) -> Vec<u8> {
    let types = [field(1, version.as_bytes()), field(2, kind.as_bytes())].concat();
    [b"k8s\0".to_vec(), field(1, &types), field(2, raw), field(3, b""), field(4, b"")].concat()
}

/// Uniform bytes.
pub fn noise(len: usize, seed: u64) -> Vec<u8> {
    (1..=len as u64)
        .map(|n| {
            let mut x = (n ^ seed << 32).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            x = (x ^ x >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            x = (x ^ x >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
            (x >> 56) as u8
        })
        .collect()
}

/// A value in an aescbc envelope.
pub fn sealed(len: usize, seed: u64) -> Vec<u8> {
    [b"k8s:enc:aescbc:v1:key1:".to_vec(), noise(16 + len.div_ceil(16) * 16, seed)].concat()
}

/// A record of the `key` bucket.
#[derive(Debug, Clone)]
pub struct Rev {
    /// Its revision.
    pub main: u64,
    /// The etcd key.
    pub key: String,
    /// None for a tombstone.
    pub value: Option<Vec<u8>>,
}

impl Rev {
    /// A write.
    pub fn put(main: u64, key: &str, value: Vec<u8>) -> Self {
        Self { main, key: key.to_owned(), value: Some(value) }
    }

    /// A deletion.
    pub fn delete(main: u64, key: &str) -> Self {
        Self { main, key: key.to_owned(), value: None }
    }

    /// The record as a leaf holds it.
    pub fn element(&self) -> Element {
        let mut key = self.main.to_be_bytes().to_vec();
        key.push(b'_');
        key.extend(0u64.to_be_bytes());
        let mut value = field(1, self.key.as_bytes());
        if let Some(stored) = &self.value {
            value.extend([number(2, 1), number(3, self.main), number(4, 1), field(5, stored)].concat());
        } else {
            key.push(b't');
        }
        (0, key, value)
    }
}

/// Flags, key and value of a leaf's element.
pub type Element = (u32, Vec<u8>, Vec<u8>);

/// A store.
pub struct Image {
    /// Bytes of a page.
    pub page_size: usize,
    /// The file.
    pub bytes: Vec<u8>,
    /// High-water mark.
    pub high_water: u64,
}

fn header(id: u64, flags: u16, count: usize, overflow: usize) -> Vec<u8> {
    let mut out = id.to_le_bytes().to_vec();
    out.extend(flags.to_le_bytes());
    out.extend((count as u16).to_le_bytes());
    out.extend((overflow as u32).to_le_bytes());
    out
}

/// A leaf page with the overflow pages that it needs.
pub fn leaf(page_size: usize, id: u64, elements: &[Element]) -> Vec<u8> {
    let data: usize = elements.iter().map(|(_, key, value)| 16 + key.len() + value.len()).sum();
    let pages = (16 + data).div_ceil(page_size).max(1);
    let mut out = header(id, 2, elements.len(), pages - 1);
    let mut at = 16 + 16 * elements.len();
    for (n, (flags, key, value)) in elements.iter().enumerate() {
        out.extend(flags.to_le_bytes());
        out.extend(((at - 16 - 16 * n) as u32).to_le_bytes());
        out.extend((key.len() as u32).to_le_bytes());
        out.extend((value.len() as u32).to_le_bytes());
        at += key.len() + value.len();
    }
    for (_, key, value) in elements {
        out.extend(key);
        out.extend(value);
    }
    out.resize(pages * page_size, 0);
    out
}

/// A stale leaf of the `key` bucket.
pub fn stale(page_size: usize, id: u64, revs: &[Rev]) -> Vec<u8> {
    leaf(page_size, id, &revs.iter().map(Rev::element).collect::<Vec<_>>())
}

/// A branch page: first keys and pages of its children.
pub fn branch(page_size: usize, id: u64, children: &[(Vec<u8>, u64)]) -> Vec<u8> {
    let data: usize = children.iter().map(|(key, _)| 16 + key.len()).sum();
    let pages = (16 + data).div_ceil(page_size).max(1);
    let mut out = header(id, 1, children.len(), pages - 1);
    let mut at = 16 + 16 * children.len();
    for (n, (key, page)) in children.iter().enumerate() {
        out.extend(((at - 16 - 16 * n) as u32).to_le_bytes());
        out.extend((key.len() as u32).to_le_bytes());
        out.extend(page.to_le_bytes());
        at += key.len();
    }
    for (key, _) in children {
        out.extend(key);
    }
    out.resize(pages * page_size, 0);
    out
}

/// A meta page.
pub fn meta(page_size: usize, id: u64, root: u64, high_water: u64, txid: u64) -> Vec<u8> {
    let mut body = Vec::new();
    body.extend(0xED0C_DAEDu32.to_le_bytes());
    body.extend(2u32.to_le_bytes());
    body.extend((page_size as u32).to_le_bytes());
    body.extend(0u32.to_le_bytes());
    body.extend(root.to_le_bytes());
    body.extend(0u64.to_le_bytes());
    body.extend(u64::MAX.to_le_bytes());
    body.extend(high_water.to_le_bytes());
    body.extend(txid.to_le_bytes());
    let sum =
        body.iter().fold(0xcbf2_9ce4_8422_2325u64, |h, b| (h ^ u64::from(*b)).wrapping_mul(0x0100_0000_01b3));
    body.extend(sum.to_le_bytes());
    let mut out = header(id, 4, 0, 0);
    out.extend(body);
    out.resize(page_size, 0);
    out
}

/// A bucket in a value, inline.
pub fn inline(elements: &[Element]) -> Vec<u8> {
    let data: usize = elements.iter().map(|(_, key, value)| 16 + key.len() + value.len()).sum();
    let mut page = leaf(16 + data, 0, elements);
    page.truncate(16 + data);
    [vec![0; 16], page].concat()
}

impl Image {
    /// A store that holds `revs`, which come in rising order. `free` are the bytes of pages that
    /// the tree does not reach: each is called with its page number, and stands before the tree.
    pub fn new(page_size: usize, revs: &[Rev], free: &[&dyn Fn(u64) -> Vec<u8>]) -> Self {
        let mut pages: Vec<u8> = vec![0; 2 * page_size];
        let next = |pages: &Vec<u8>| (pages.len() / page_size) as u64;
        for make in free {
            let page = make(next(&pages));
            pages.extend(page);
            pages.resize(pages.len().next_multiple_of(page_size), 0);
        }
        let mut children = Vec::new();
        let mut group: Vec<Element> = Vec::new();
        let mut size = 16;
        for element in revs.iter().map(Rev::element).chain([(9, Vec::new(), Vec::new())]) {
            let more = 16 + element.1.len() + element.2.len();
            if !group.is_empty() && (size + more > page_size || element.0 == 9) {
                let id = next(&pages);
                children.push((group[0].1.clone(), id));
                pages.extend(leaf(page_size, id, &group));
                group.clear();
                size = 16;
            }
            size += more;
            group.push(element);
        }
        while children.len() > 1 {
            let groups: Vec<_> = children.chunks(100).map(<[_]>::to_vec).collect();
            children.clear();
            for group in groups {
                let id = next(&pages);
                children.push((group[0].0.clone(), id));
                pages.extend(branch(page_size, id, &group));
            }
        }
        let root = children.first().map_or(0, |(_, page)| *page);
        let key = if root == 0 { inline(&[]) } else { [root.to_le_bytes(), [0; 8]].concat() };
        let meta_bucket = inline(&[
            (0, b"consistent_index".to_vec(), 7u64.to_be_bytes().to_vec()),
            (0, b"term".to_vec(), 2u64.to_be_bytes().to_vec()),
        ]);
        let top = next(&pages);
        pages.extend(leaf(page_size, top, &[(1, b"key".to_vec(), key), (1, b"meta".to_vec(), meta_bucket)]));
        let high_water = next(&pages);
        let metas = [meta(page_size, 0, top, high_water, 8), meta(page_size, 1, top, high_water, 9)].concat();
        pages[..2 * page_size].copy_from_slice(&metas);
        Self { page_size, bytes: pages, high_water }
    }

    /// The file with its hash behind it, as `etcdctl snapshot save` writes it.
    pub fn snapshot(&self) -> Vec<u8> {
        [self.bytes.clone(), Sha256::digest(&self.bytes).to_vec()].concat()
    }

    /// Where `needle` is.
    /// Where `needle` is in `bytes`.
    pub fn find(&self, needle: &[u8]) -> Vec<usize> {
        find(&self.bytes, needle)
    }
}

/// Where `needle` is in `bytes`.
pub fn find(bytes: &[u8], needle: &[u8]) -> Vec<usize> {
    memchr::memmem::find_iter(bytes, needle).collect()
}

/// CRC-32C, bit by bit.
pub fn crc(crc: u32, bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!crc, |mut crc, byte| {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0x82f6_3b78 } else { crc >> 1 };
        }
        crc
    })
}

/// A log segment.
pub struct Segment {
    /// The frames so far.
    pub bytes: Vec<u8>,
    /// The checksum so far.
    pub crc: u32,
    index: u64,
}

impl Segment {
    /// An empty segment after one that ended with checksum `seed`.
    pub fn new(seed: u32) -> Self {
        let mut segment = Self { bytes: Vec::new(), crc: seed, index: 1 };
        segment.frame(&[number(1, 4), number(2, u64::from(seed))].concat());
        segment.record(1, &[number(1, 7), number(2, 8)].concat());
        segment.record(5, b"");
        segment
    }

    fn frame(&mut self, record: &[u8]) {
        let padding = (8 - record.len() % 8) % 8;
        let mut length = record.len() as u64;
        if padding > 0 {
            length |= (0x80 | padding as u64) << 56;
        }
        self.bytes.extend(length.to_le_bytes());
        self.bytes.extend(record);
        self.bytes.extend(vec![0; padding]);
    }

    fn record(&mut self, kind: u64, data: &[u8]) {
        self.crc = crc(self.crc, data);
        let data = if data.is_empty() { Vec::new() } else { field(3, data) };
        self.frame(&[number(1, kind), number(2, u64::from(self.crc)), data].concat());
    }

    /// An entry with a request.
    pub fn entry(&mut self, request: &[u8]) {
        let data = [number(1, 0), number(2, 2), number(3, self.index), field(4, request)].concat();
        self.index += 1;
        self.record(2, &data);
    }

    /// The segment as it lies on disk, preallocated.
    pub fn file(&self, len: usize) -> Vec<u8> {
        let mut bytes = self.bytes.clone();
        bytes.resize(len.max(bytes.len()), 0);
        bytes
    }
}

/// A `PutRequest`.
pub fn put(key: &str, value: &[u8]) -> Vec<u8> {
    [field(1, key.as_bytes()), field(2, value)].concat()
}
