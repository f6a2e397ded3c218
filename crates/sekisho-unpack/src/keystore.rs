//! Java key stores: JKS and JCEKS, as `sun.security.provider.JavaKeyStore` writes them.

/// What is known of a Java key store. Private keys in it are always encrypted; a password also
/// protects its integrity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyStore {
    /// Its type's name in Java.
    pub format: &'static str,
    /// Private and secret keys in it. None: it is a trust store.
    pub keys: u32,
    /// Trusted certificates in it.
    pub certificates: u32,
    /// Whether it was read to its end; otherwise there may be more.
    pub complete: bool,
}

/// Recognises a key store; `None` if the bytes are none.
pub fn key_store(bytes: &[u8]) -> Option<KeyStore> {
    let mut data = Data(bytes);
    let format = match data.number()? {
        0xfeed_feed => "JKS",
        0xcece_cece => "JCEKS",
        _ => return None,
    };
    let version = data.number().filter(|version| matches!(version, 1 | 2))?;
    let count = data.number()?;
    let mut store = KeyStore { format, keys: 0, certificates: 0, complete: true };
    for _ in 0..count {
        // Each entry has a tag of 4 bytes at least, so the bytes bound the loop.
        if entry(&mut data, version, &mut store).is_none() {
            store.complete = false;
            break;
        }
    }
    Some(store)
}

/// Reads one entry; `None` where the rest cannot be read.
fn entry(data: &mut Data<'_>, version: u32, store: &mut KeyStore) -> Option<()> {
    let tag = data.number()?;
    let _alias = data.text()?;
    let _created = data.bytes(8)?;
    match tag {
        1 => {
            store.keys += 1;
            let _key = data.long_bytes()?;
            for _ in 0..data.number()? {
                certificate(data, version)?;
            }
            Some(())
        }
        2 => {
            store.certificates += 1;
            certificate(data, version)
        }
        3 => {
            // A serialised Java object, which does not tell its length.
            store.keys += 1;
            None
        }
        _ => None,
    }
}

/// A certificate, with its type before it since version 2.
fn certificate(data: &mut Data<'_>, version: u32) -> Option<()> {
    if version == 2 {
        data.text()?;
    }
    data.long_bytes().map(|_| ())
}

/// What `java.io.DataOutput` writes.
struct Data<'a>(&'a [u8]);

impl<'a> Data<'a> {
    fn bytes(&mut self, n: usize) -> Option<&'a [u8]> {
        let (bytes, rest) = self.0.split_at_checked(n)?;
        self.0 = rest;
        Some(bytes)
    }

    fn number(&mut self) -> Option<u32> {
        self.bytes(4)?.first_chunk().map(|bytes| u32::from_be_bytes(*bytes))
    }

    fn long_bytes(&mut self) -> Option<&'a [u8]> {
        let length = self.number()?;
        self.bytes(length as usize)
    }

    fn text(&mut self) -> Option<&'a [u8]> {
        let length = self.bytes(2)?.first_chunk().map(|bytes| u16::from_be_bytes(*bytes))?;
        self.bytes(length.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn store(magic: u32, tags: &[u32]) -> Vec<u8> {
        let text = |text: &str| [&(text.len() as u16).to_be_bytes()[..], text.as_bytes()].concat();
        let long = |n: usize| [&(n as u32).to_be_bytes()[..], &vec![7; n]].concat();
        let certificate = [text("X.509"), long(20)].concat();
        let mut out = [magic, 2, tags.len() as u32].map(u32::to_be_bytes).concat();
        for tag in tags {
            out.extend([&tag.to_be_bytes()[..], &text("alias"), &[0; 8]].concat());
            match tag {
                1 => out.extend([long(30), 1u32.to_be_bytes().to_vec(), certificate.clone()].concat()),
                2 => out.extend(&certificate),
                _ => out.extend([0xac, 0xed, 0, 5]),
            }
        }
        [out, vec![0; 20]].concat()
    }

    #[test]
    fn key_stores_and_trust_stores() {
        let read = |bytes: &[u8]| key_store(bytes).map(|s| (s.format, s.keys, s.certificates, s.complete));
        assert_eq!(read(&store(0xfeed_feed, &[1, 2, 2])), Some(("JKS", 1, 2, true)));
        assert_eq!(read(&store(0xcece_cece, &[2])), Some(("JCEKS", 0, 1, true)));
        assert_eq!(read(&store(0xcece_cece, &[2, 3, 2])), Some(("JCEKS", 1, 1, false)));
        assert_eq!(read(&store(0xfeed_face, &[2])), None);
        assert_eq!(read(b"\xfe\xed\xfe\xed"), None);
        // A count without end, and no entries.
        assert_eq!(read(b"\xfe\xed\xfe\xed\0\0\0\x02\xff\xff\xff\xff"), Some(("JKS", 0, 0, false)));
    }

    proptest! {
        #[test]
        fn is_total(at in 0usize..300, byte in any::<u8>(), cut in 0usize..300) {
            let mut bytes = store(0xfeed_feed, &[1, 2, 3]);
            let length = bytes.len();
            bytes[at % length] = byte;
            key_store(&bytes[..length.min(cut)]);
        }
    }
}
