//! [`Grouped`]: the hits of a text by keyword, so that one detector after the other works with its
//! automaton at hand.

/// Hits by keyword; those of one keyword in the order of the text.
#[derive(Default)]
pub(crate) struct Grouped {
    places: Vec<usize>,
    /// Of each place, which of the hits it is.
    numbers: Vec<u32>,
    /// Keywords that have hits, in ascending order, with the end of their part.
    ends: Vec<(u32, usize)>,
    /// Where the next hit of each keyword comes.
    next: Vec<u32>,
}

impl Grouped {
    /// Takes hits in the order of the text instead of those that it had; `of` tells keyword and place
    /// of one.
    pub(crate) fn fill<H>(&mut self, hits: &[H], keywords: usize, of: impl Fn(&H) -> (u32, usize)) {
        self.numbers.clear();
        if hits.len() < keywords / 4 {
            self.numbers.extend(0..hits.len() as u32);
            self.numbers.sort_unstable_by_key(|number| (of(&hits[*number as usize]).0, *number));
        } else {
            self.count(hits, keywords, |hit| of(hit).0 as usize);
        }
        self.places.clear();
        self.ends.clear();
        for number in &self.numbers {
            let (keyword, at) = of(&hits[*number as usize]);
            self.places.push(at);
            match self.ends.last_mut() {
                Some((last, end)) if *last == keyword => *end += 1,
                _ => self.ends.push((keyword, self.places.len())),
            }
        }
    }

    /// A counting sort.
    fn count<H>(&mut self, hits: &[H], keywords: usize, keyword: impl Fn(&H) -> usize) {
        self.next.clear();
        self.next.resize(keywords, 0);
        for hit in hits {
            self.next[keyword(hit)] += 1;
        }
        let mut total = 0;
        for next in &mut self.next {
            total += std::mem::replace(next, total);
        }
        self.numbers.resize(hits.len(), 0);
        for (number, hit) in hits.iter().enumerate() {
            let next = &mut self.next[keyword(hit)];
            self.numbers[*next as usize] = number as u32;
            *next += 1;
        }
    }

    /// Hands out each keyword with the numbers and places of its hits.
    pub(crate) fn each(&self, mut on: impl FnMut(u32, &[u32], &[usize])) {
        let mut start = 0;
        for (keyword, end) in &self.ends {
            on(*keyword, &self.numbers[start..*end], &self.places[start..*end]);
            start = *end;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        /// Few hits are sorted, many are counted: that is one function.
        #[test]
        fn hits_come_by_keyword_and_in_order(
            hits in proptest::collection::vec(0u32..9, 0..60),
            keywords in 9usize..400,
        ) {
            let mut grouped = Grouped::default();
            grouped.fill(&[3u32], keywords, |hit| (*hit, 0));
            grouped.fill(&hits, keywords, |hit| (*hit, *hit as usize + 100));
            let mut told = Vec::new();
            grouped.each(|keyword, numbers, places| {
                told.extend(numbers.iter().zip(places).map(|(number, at)| (keyword, *number, *at)));
            });
            let mut expected: Vec<_> =
                hits.iter().zip(0..).map(|(hit, number)| (*hit, number, *hit as usize + 100)).collect();
            expected.sort_unstable();
            proptest::prop_assert_eq!(told, expected);
        }
    }
}
