//! A list of a hundred thousand objects, taken apart without a tree of the whole.
//!
//! `kubectl get -A -o json` writes one JSON object with the members `apiVersion`, `items`, `kind`
//! and `metadata`, in this order, and a dump may be gigabytes. One pass over the brackets and
//! strings finds the items; each is then read on its own.

use std::ops::Range;

/// The items of a JSON list, and the range of the whole array (brackets included).
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Items {
    pub(super) array: Range<usize>,
    pub(super) items: Vec<Range<usize>>,
}

/// Finds the member `items` of the object that `source` begins with, if it is an array. Anything
/// that is not well formed gives `None` (the document is then read as a whole, and says so itself).
pub(super) fn items(source: &[u8]) -> Option<Items> {
    let mut at = skip(source, 0);
    if source.get(at) != Some(&b'{') {
        return None;
    }
    at = skip(source, at + 1);
    loop {
        let key = at;
        at = skip(source, value(source, at)?);
        let is_items = source.get(key..)?.starts_with(b"\"items\"");
        if source.get(at) != Some(&b':') {
            return None;
        }
        at = skip(source, at + 1);
        if is_items && source.get(at) == Some(&b'[') {
            return array(source, at);
        }
        at = skip(source, value(source, at)?);
        if source.get(at) != Some(&b',') {
            return None;
        }
        at = skip(source, at + 1);
    }
}

fn array(source: &[u8], start: usize) -> Option<Items> {
    let mut items = Vec::new();
    let mut at = skip(source, start + 1);
    if source.get(at) == Some(&b']') {
        return Some(Items { array: start..at + 1, items });
    }
    loop {
        let end = value(source, at)?;
        items.push(at..end);
        at = skip(source, end);
        match source.get(at)? {
            b',' => at = skip(source, at + 1),
            b']' => return Some(Items { array: start..at + 1, items }),
            _ => return None,
        }
    }
}

fn skip(source: &[u8], mut at: usize) -> usize {
    while source.get(at).is_some_and(u8::is_ascii_whitespace) {
        at += 1;
    }
    at
}

/// The offset just behind the value at `at`; brackets are only counted, the item's own reader
/// judges them.
fn value(source: &[u8], mut at: usize) -> Option<usize> {
    let mut depth = 0_usize;
    loop {
        match source.get(at)? {
            b'"' => {
                at = string(source, at)?;
                if depth == 0 {
                    return Some(at);
                }
            }
            b'{' | b'[' => {
                depth += 1;
                at += 1;
            }
            b'}' | b']' => {
                depth = depth.checked_sub(1)?;
                at += 1;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ if depth > 0 => at += 1,
            _ => {
                let start = at;
                let word = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-.".contains(byte);
                while source.get(at).is_some_and(word) {
                    at += 1;
                }
                return (at > start).then_some(at);
            }
        }
    }
}

fn string(source: &[u8], start: usize) -> Option<usize> {
    let mut at = start + 1;
    loop {
        at += memchr::memchr2(b'"', b'\\', source.get(at..)?)?;
        if source[at] == b'"' {
            return Some(at + 1);
        }
        at += 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_found_wherever_they_stand() {
        let source = br#" {"apiVersion": "v1", "a": {"items": [0]}, "items": [ {"a": "]\"}"}, 1 ,[] ], "kind": "List"}"#;
        let found = items(source).unwrap();
        let texts: Vec<&[u8]> = found.items.iter().map(|item| &source[item.clone()]).collect();
        assert_eq!(texts, [br#"{"a": "]\"}"}"#.as_slice(), b"1", b"[]"]);
        assert_eq!(source[found.array.start], b'[');
        assert!(source[found.array.end..].starts_with(b", \"kind\""));
        assert_eq!(items(br#"{"items": []}"#).unwrap().items, []);
    }

    #[test]
    fn what_is_broken_is_left_to_the_reader() {
        for bad in [
            "",
            "[]",
            "{",
            "{\"items\": [",
            "{\"items\": [1 2]}",
            "{\"items\": 1}",
            "{\"a\" 1}",
            "{\"items\": [\"\\",
        ] {
            assert_eq!(items(bad.as_bytes()), None, "{bad}");
        }
    }
}
