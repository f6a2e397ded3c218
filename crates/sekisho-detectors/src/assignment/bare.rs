//! Values without quotes, which end where their syntax says.

use std::ops::Range;

use super::{ENTITIES, Reader, Separator};

impl Reader<'_> {
    /// A value without quotes: up to a blank or to what cannot be part of one.
    pub(super) fn bare(&self, separator: Separator) -> Option<Range<usize>> {
        let start = self.at;
        let body = &self.text[start..self.limit];
        if let Some(inside) = body.strip_prefix(b"<![CDATA[")
            && separator == Separator::Tag
        {
            let ends = self.edges.at_end && self.limit == self.text.len();
            let len = memchr::memmem::find(inside, b"]]>").or(ends.then_some(inside.len()))?;
            return Some(start + 9..start + 9 + len);
        }
        let stops = |b: &u8| match separator {
            Separator::Tag => matches!(b, b'<' | b'\n' | b'\r'),
            _ => b.is_ascii_whitespace() || matches!(b, b'"' | b'\'' | b'`' | b'<' | b'>') || *b < b' ',
        };
        let mut from = 0;
        let stop = loop {
            let Some(at) = body[from..].iter().position(stops).map(|at| from + at) else { break None };
            // `4h'vP7x6`: a mark within a word, where none was opened.
            let within = separator == Separator::Colon
                && body[at] == b'\''
                && at > 0
                && body[at - 1].is_ascii_alphanumeric()
                && body.get(at + 1).is_some_and(u8::is_ascii_alphanumeric)
                && !self.text[start.saturating_sub(64)..start].contains(&b'\'');
            if !within {
                break Some(at);
            }
            from = at + 1;
        };
        let mut end = match stop {
            Some(end) => end,
            // It runs to the end of what may be read: only the true end ends a value.
            None if self.edges.at_end && self.limit == self.text.len() => body.len(),
            None => return None,
        };
        // `<password>` behind an equals sign is a placeholder, kept whole.
        if end == 0 && body.first() == Some(&b'<') && separator != Separator::Tag {
            let close = body.iter().take(64).position(|b| *b == b'>')?;
            return Some(start..start + close + 1);
        }
        let value = &body[..end];
        // `?token=&lang=x`: nothing, and the next pair.
        if value.starts_with(b"&") && value.contains(&b'=') {
            return None;
        }
        // `-ppassword --silent`: the next flag.
        if separator == Separator::Flag && value.starts_with(b"--") {
            return None;
        }
        if value.starts_with(b"#") || value.starts_with(b"//") || value.starts_with(b"/*") {
            return None;
        }
        for (at, byte) in value.iter().enumerate().skip(1) {
            let next = &value[at + 1..];
            let cut = match byte {
                // An escape in a string that this text is part of.
                b'\\' => matches!(next.first(), Some(b'n' | b'r' | b't' | b'"' | b'\'') | None),
                // What HTML writes for a quote, a mark of a tag or the next pair's `&`.
                b'&' if separator != Separator::Tag && ENTITIES.iter().any(|e| next.starts_with(e)) => true,
                // The next pair: `&x=`, `;Server=`, `,x=`.
                b'&' | b';' | b',' => {
                    let name = next
                        .iter()
                        .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
                        .count();
                    next.is_empty()
                        || next.starts_with(b"&")
                        || (name > 0 && matches!(next.get(name), Some(b'=' | b':')))
                }
                _ => false,
            };
            if cut {
                end = at;
                break;
            }
        }
        // Marks that close what opened in front of the name.
        while let Some(last) = body[..end].last() {
            let closes = match last {
                b',' | b';' => true,
                b')' => !body[..end].contains(&b'('),
                // `[text](https://host/?password=value).`
                b'.' => body[..end].ends_with(b").") && !body[..end].contains(&b'('),
                b'}' => !body[..end].contains(&b'{'),
                b']' => !body[..end].contains(&b'['),
                _ => false,
            };
            if !closes {
                break;
            }
            end -= 1;
        }
        Some(start..start + end)
    }
}
