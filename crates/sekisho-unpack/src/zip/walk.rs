//! Front to back: local headers without a directory.

use super::{LOCAL, LOCAL_LEN, Storage, is_directory, member, u16_at, u32_at, u64_at};
use crate::compress::Decode;
use crate::limits::Budget;
use crate::problem::Trouble;
use crate::source::Source;
use crate::visit::OnEvent;

/// Signature of a data descriptor (APPNOTE 4.3.9), which says afterwards how long the data was.
const DESCRIPTOR: &[u8; 4] = b"PK\x07\x08";

/// Visits whatever local headers announce. `false` when nothing more may be visited.
pub(super) fn walk(source: &mut Source<'_>, budget: &Budget, on: OnEvent<'_>) -> bool {
    while find_header(source) {
        let header = source.peek(LOCAL_LEN);
        let (Some(name_len), Some(extra_len)) = (u16_at(header, 26), u16_at(header, 28)) else { return true };
        // Made-up headers in other data would otherwise swallow it.
        let version = u16_at(header, 4).unwrap_or(u16::MAX) & 0xff;
        if version > 63 || name_len == 0 {
            source.advance(LOCAL.len());
            continue;
        }
        let header: [u8; LOCAL_LEN] = match source.array() {
            Some(header) => header,
            None => return true,
        };
        let name = source.up_to(name_len.into());
        let extra = source.up_to(extra_len.into());
        let Some(storage) = Storage::read(&header[6..], &extra) else { return true };
        if !is_directory(&name, storage) && !member(source, &name, storage, budget, on) {
            return false;
        }
    }
    true
}

/// Goes forward to the next local header; `false` where there is none.
fn find_header(source: &mut Source<'_>) -> bool {
    loop {
        let there = source.peek(LOCAL.len());
        if there.len() < LOCAL.len() {
            return false;
        }
        if let Some(at) = memchr::memmem::find(there, LOCAL) {
            source.advance(at);
            return true;
        }
        // One may begin in the last bytes.
        let step = there.len() - (LOCAL.len() - 1);
        source.advance(step);
    }
}

/// Stored data of undeclared length: up to the descriptor that tells the length so far.
pub(super) struct Undeclared<'s, 'r> {
    source: &'s mut Source<'r>,
    start: u64,
}

impl<'s, 'r> Undeclared<'s, 'r> {
    pub(super) fn new(source: &'s mut Source<'r>) -> Self {
        let start = source.position();
        Self { source, start }
    }
}

impl Decode for Undeclared<'_, '_> {
    fn decode(&mut self, out: &mut [u8]) -> Result<usize, Trouble> {
        let given = self.source.position() - self.start;
        // The descriptor is 16 bytes, or 24 with zip64 sizes.
        let there = self.source.peek(24);
        if there.is_empty() {
            return Err(Trouble::Truncated);
        }
        let mut n = there.len();
        for at in memchr::memmem::find_iter(there, DESCRIPTOR) {
            let descriptor = &there[at..];
            let so_far = given + at as u64;
            let narrow = u32_at(descriptor, 8).map(u64::from) == Some(so_far);
            let wide = u64_at(descriptor, 8) == Some(so_far);
            if narrow || wide {
                if at == 0 {
                    return Ok(0);
                }
                n = at;
                break;
            }
            if descriptor.len() < 16 {
                // Not all of it is in sight.
                n = at.max(1);
                break;
            }
        }
        if n == there.len() && n > 24 {
            // One may begin in the last bytes.
            n -= DESCRIPTOR.len() - 1;
        }
        let n = n.min(out.len());
        out[..n].copy_from_slice(&there[..n]);
        self.source.advance(n);
        Ok(n)
    }

    fn position(&self) -> u64 {
        self.source.position()
    }
}
