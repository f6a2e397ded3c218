//! Lists of bytes, as programs spell keys: numbers between brackets.

use std::ops::Range;

use super::Reader;

impl Reader<'_> {
    /// A list of bytes: `{0x2b, 0x7e, …}`, `[]byte{43, 126, …}`, `new byte[] {…}`, `&[43, 126, …]`. It is read up
    /// to its thirty-second number, for more says nothing more.
    pub(super) fn bytes(&mut self) -> Option<Range<usize>> {
        let rest = self.rest();
        let typed = |b: &u8| b.is_ascii_alphanumeric() || b"&[]<>_.(: ".contains(b);
        let head = rest.iter().take(32).take_while(|b| typed(b)).count();
        // A call was stepped over: Kotlin's `byteArrayOf(`.
        let within =
            self.at > 0 && self.text[self.at - 1] == b'(' && rest.first().is_some_and(u8::is_ascii_digit);
        let open = match rest.get(head) {
            _ if within => 0,
            Some(b'{') => head + 1,
            // The bracket may be that of a type: `[u8; 4] = [`, which ends at its semicolon.
            _ => rest.iter().take(head).rposition(|b| matches!(b, b'[' | b'('))? + 1,
        };
        let digits = |text: &[u8]| text.iter().take(4).take_while(|b| b.is_ascii_hexdigit()).count();
        let (mut at, mut first, mut last, mut numbers) = (open, None, open, 0);
        while numbers < 32 {
            at += rest.get(at..)?.iter().take(64).take_while(|b| b.is_ascii_whitespace()).count();
            // Java's `(byte) 0x2b`.
            if rest.get(at..).is_some_and(|rest| rest.starts_with(b"(byte)")) {
                at += 6 + rest[at + 6..].iter().take(1).filter(|b| **b == b' ').count();
            }
            let number = rest.get(at..)?;
            let mark = if number.starts_with(b"0x") || number.starts_with(b"0X") { 2 } else { 0 };
            let len = digits(&number[mark..]);
            if !(1..=3).contains(&len) {
                break;
            }
            first = first.or(Some(at));
            at += mark + len;
            last = at;
            numbers += 1;
            if rest.get(at) != Some(&b',') {
                break;
            }
            at += 1;
        }
        let found = self.at + first?..self.at + last;
        (numbers >= 8).then(|| {
            self.at = found.end;
            found
        })
    }
}
