//! The protobuf wire format, as far as etcd and Kubernetes use it.
//!
//! Only what is on disk is read: varints, 64-bit, 32-bit and length-delimited fields. Groups (wire
//! types 3 and 4) are nowhere in these schemas, so they count as malformed, which is what lets the
//! carver tell a message from chance.
//! Wire format: <https://protobuf.dev/programming-guides/encoding/>.

/// One field of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Field<'a> {
    pub(crate) number: u32,
    pub(crate) value: Value<'a>,
}

/// A field's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Value<'a> {
    Varint(u64),
    Fixed(u64),
    /// The payload, and where it begins in the message.
    Bytes {
        at: usize,
        bytes: &'a [u8],
    },
}

impl<'a> Value<'a> {
    pub(crate) fn varint(self) -> Option<u64> {
        if let Self::Varint(n) = self { Some(n) } else { None }
    }

    pub(crate) fn bytes(self) -> Option<&'a [u8]> {
        if let Self::Bytes { bytes, .. } = self { Some(bytes) } else { None }
    }
}

/// The message is not one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed;

/// The fields of a message, in order.
#[derive(Debug, Clone)]
pub(crate) struct Fields<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Fields<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// How far the reader has come.
    pub(crate) fn position(&self) -> usize {
        self.at
    }

    fn read(&mut self) -> Result<Field<'a>, Malformed> {
        let tag = self.varint()?;
        let number = u32::try_from(tag >> 3).ok().filter(|n| (1..1 << 29).contains(n)).ok_or(Malformed)?;
        let value = match tag & 7 {
            0 => Value::Varint(self.varint()?),
            1 => Value::Fixed(u64::from_le_bytes(self.array()?)),
            2 => {
                let len = usize::try_from(self.varint()?).map_err(|_| Malformed)?;
                let at = self.at;
                let end = at.checked_add(len).ok_or(Malformed)?;
                let bytes = self.bytes.get(at..end).ok_or(Malformed)?;
                self.at = end;
                Value::Bytes { at, bytes }
            }
            5 => Value::Fixed(u64::from(u32::from_le_bytes(self.array()?))),
            _ => return Err(Malformed),
        };
        Ok(Field { number, value })
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let array = self.bytes[self.at..].first_chunk::<N>().ok_or(Malformed)?;
        self.at += N;
        Ok(*array)
    }

    fn varint(&mut self) -> Result<u64, Malformed> {
        let (value, len) = varint(&self.bytes[self.at..]).ok_or(Malformed)?;
        self.at += len;
        Ok(value)
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<Field<'a>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.at >= self.bytes.len() {
            return None;
        }
        let field = self.read();
        if field.is_err() {
            self.at = self.bytes.len();
        }
        Some(field)
    }
}

/// The varint at the head of `bytes`, and its length.
pub(crate) fn varint(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut value = 0u64;
    for (at, byte) in bytes.iter().take(10).enumerate() {
        // The tenth byte holds the highest bit alone.
        if at == 9 && *byte > 1 {
            return None;
        }
        value |= u64::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Some((value, at + 1));
        }
    }
    None
}

/// All fields of a message, or none when any is malformed.
pub(crate) fn all(bytes: &[u8]) -> Option<Vec<Field<'_>>> {
    Fields::new(bytes).collect::<Result<_, _>>().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn fields_come_in_order_with_their_places() {
        let message = [0x08, 0x96, 0x01, 0x12, 0x02, b'h', b'i', 0x1d, 1, 0, 0, 0];
        let fields = all(&message).unwrap();
        assert_eq!(fields[0], Field { number: 1, value: Value::Varint(150) });
        assert_eq!(fields[1], Field { number: 2, value: Value::Bytes { at: 5, bytes: b"hi" } });
        assert_eq!(fields[2], Field { number: 3, value: Value::Fixed(1) });
    }

    #[test]
    fn what_is_cut_or_overlong_is_malformed() {
        for message in
            [&[0x08][..], &[0x12, 0x05, b'h'], &[0x0b], &[0x00, 0x01], &[0x1d, 1, 2], &[0x08, 0xff, 0xff]]
        {
            assert_eq!(all(message), None, "{message:02x?}");
        }
        assert_eq!(varint(&[0xff; 10]), None);
        assert_eq!(
            varint(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]),
            Some((u64::MAX, 10))
        );
    }

    proptest! {
        #[test]
        fn any_bytes_end(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(Fields::new(&bytes).count() <= bytes.len());
        }
    }
}
