//! Raft snapshots (`member/snap/*.snap`): a checksum and a `raftpb.Snapshot` whose data is the
//! version 2 store in JSON, which holds the cluster's members and, in clusters of today, nothing
//! else. (server/etcdserver/api/snap/snappb: crc = 1, data = 2.)

use crate::carve::{Host, Scrap, carve};
use crate::crc;
use crate::envelope::Stored;
use crate::mvcc::Revision;
use crate::options::Options;
use crate::proof::{FileKind, FileProof, ProblemKind, Region};
use crate::proto::{Fields, Value};
use crate::read_at::{MAX_RUN, ReadAt, Window};
use crate::tally::{LiveCopy, Record, Tally};

/// What the version 2 store begins with.
const STORE: &[u8] = b"{\"Root\":";

/// Whether a file is a raft snapshot.
pub(crate) fn sniff(source: &dyn ReadAt, head: &[u8]) -> bool {
    // A crc (tag 0x08), and data (tag 0x12) up to the end of the file.
    let Some((_, crc_len)) = head.strip_prefix(&[0x08]).and_then(crate::proto::varint) else { return false };
    let rest = head.get(1 + crc_len..).unwrap_or_default();
    let Some((len, len_len)) = rest.strip_prefix(&[0x12]).and_then(crate::proto::varint) else {
        return false;
    };
    (1 + crc_len + 1 + len_len) as u64 + len == source.len() && memchr::memmem::find(head, STORE).is_some()
}

struct Snap<'o>(Tally<'o>);

impl<'o> Host<'o> for Snap<'o> {
    fn tally(&mut self) -> &mut Tally<'o> {
        &mut self.0
    }

    fn found(&mut self, record: &Record<'_>, stored: Stored<'_>, _revision: Option<Revision>) {
        self.0.count(Region::Wal, record, stored, LiveCopy::Known(None));
    }
}

pub(crate) fn prove(source: &dyn ReadAt, options: &Options<'_>) -> FileProof {
    let len = source.len();
    let mut snap = Snap(Tally::new(options));
    let mut window = Window::new(source);
    match window.up_to(0, MAX_RUN) {
        Ok(bytes) if bytes.len() as u64 == len => snap.read(bytes),
        _ => snap.0.problem(ProblemKind::TooLong, None, "the snapshot is too long or cannot be read"),
    }
    snap.0.finish(FileKind::RaftSnapshot, len)
}

impl Snap<'_> {
    fn read(&mut self, bytes: &[u8]) {
        let mut sum = None;
        for field in Fields::new(bytes).flatten() {
            match (field.number, field.value) {
                (1, Value::Varint(n)) => sum = u32::try_from(n).ok(),
                (2, Value::Bytes { at, bytes: data }) => {
                    if sum != Some(crc::update(0, data)) {
                        self.0.problem(
                            ProblemKind::Checksum,
                            Some(0),
                            "the checksum of the snapshot does not fit",
                        );
                    }
                    self.0.structure(at as u64);
                    if is_members_only(data) {
                        self.0.record(data.len() as u64);
                    } else {
                        let region = Region::Wal;
                        let scrap =
                            Scrap { bytes: data, offset: at as u64, region, page_size: None, more: false };
                        carve(self, &scrap);
                    }
                    return;
                }
                _ => {}
            }
        }
    }
}

/// Whether the version 2 store holds nothing but the cluster's own keys (`/0`) and an empty `/1`,
/// under which clients of version 2 wrote.
fn is_members_only(snapshot: &[u8]) -> bool {
    let Some(fields) = crate::proto::all(snapshot) else { return false };
    let Some(store) = fields.iter().find(|field| field.number == 1).and_then(|field| field.value.bytes())
    else {
        return false;
    };
    let Ok(store) = serde_json::from_slice::<serde_json::Value>(store) else { return false };
    let children = &store["Root"]["Children"];
    let Some(children) = children.as_object() else { return false };
    children.iter().all(|(name, node)| match name.as_str() {
        "0" => true,
        _ => {
            node["Value"].as_str().is_none_or(str::is_empty)
                && node["Children"].as_object().is_none_or(serde_json::Map::is_empty)
        }
    })
}
