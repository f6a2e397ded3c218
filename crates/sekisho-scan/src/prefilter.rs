//! The prefilter: where any of many keywords stands, in one pass.

/// A keyword at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hit {
    /// Number of the keyword.
    pub keyword: u32,
    /// Its first byte.
    pub at: usize,
}

/// All keywords, ready to be looked for.
pub(crate) struct Prefilter {
    keywords: Vec<Vec<u8>>,
    by_first: Vec<Vec<u32>>,
}

impl Prefilter {
    pub(crate) fn new(keywords: Vec<Vec<u8>>) -> Self {
        let mut by_first = vec![Vec::new(); 256];
        for (number, keyword) in keywords.iter().enumerate() {
            by_first[usize::from(keyword[0].to_ascii_lowercase())].push(number as u32);
        }
        Self { keywords, by_first }
    }

    /// Length of a keyword in bytes.
    pub(crate) fn keyword_len(&self, keyword: u32) -> usize {
        self.keywords[keyword as usize].len()
    }

    /// Appends the hits that start in `own` and end in `bytes`, in order of their start.
    pub(crate) fn find(&self, bytes: &[u8], own: std::ops::Range<usize>, out: &mut Vec<Hit>) {
        for at in own {
            for number in &self.by_first[usize::from(bytes[at].to_ascii_lowercase())] {
                let keyword = &self.keywords[*number as usize];
                if bytes[at..].get(..keyword.len()).is_some_and(|text| text.eq_ignore_ascii_case(keyword)) {
                    out.push(Hit { keyword: *number, at });
                }
            }
        }
    }
}
