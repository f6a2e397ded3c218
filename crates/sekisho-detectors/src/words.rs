//! Lists of words as texts: ` one two three `, each word between two blanks, lower case.
//!
//! A list in this form reads as prose does, and looking a word up is one search for ` word `.

/// Longest word that is looked up.
const MAX_WORD: usize = 62;

/// Whether a word, taken without case, stands in a list.
pub(crate) fn listed(list: &str, word: &[u8]) -> bool {
    let mut needle = [b' '; MAX_WORD + 2];
    if word.is_empty() || word.len() > MAX_WORD || word.contains(&b' ') {
        return false;
    }
    for (slot, byte) in needle[1..].iter_mut().zip(word) {
        *slot = byte.to_ascii_lowercase();
    }
    memchr::memmem::find(list.as_bytes(), &needle[..word.len() + 2]).is_some()
}

/// Whether `text` (lower case) begins with a word of the list.
pub(crate) fn starts_with_any(list: &str, text: &[u8]) -> bool {
    list.split_ascii_whitespace().any(|word| text.starts_with(word.as_bytes()))
}

/// Whether `text` (lower case) ends with a word of the list.
pub(crate) fn ends_with_any(list: &str, text: &[u8]) -> bool {
    list.split_ascii_whitespace().any(|word| text.ends_with(word.as_bytes()))
}

/// Whether `text` (lower case) holds a word of the list.
pub(crate) fn holds_any(list: &str, text: &[u8]) -> bool {
    // Few words of a list have all their letters in a text as short as values are.
    let mut letters = [false; 256];
    for byte in text {
        letters[usize::from(*byte)] = true;
    }
    let possible = |word: &&str| word.bytes().all(|byte| letters[usize::from(byte)]);
    let mut words = list.split_ascii_whitespace().filter(possible);
    words.any(|word| memchr::memmem::find(text, word.as_bytes()).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_whole() {
        const LIST: &str = " one two three ";
        assert!(listed(LIST, b"two") && listed(LIST, b"ONE"));
        assert!(!listed(LIST, b"tw") && !listed(LIST, b"") && !listed(LIST, b"two three"));
        assert!(
            starts_with_any(LIST, b"onerous") && ends_with_any(LIST, b"thetwo") && holds_any(LIST, b"xtwox")
        );
        assert!(!starts_with_any(LIST, b"xone"));
    }
}
