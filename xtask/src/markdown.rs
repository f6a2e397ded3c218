//! Markdown as far as the checks need it: headings, links and fenced blocks.

/// One piece of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece<'a> {
    /// A heading: its depth from 1 and its text.
    Heading(usize, &'a str),
    /// A fenced block: its language and its lines, without the fences.
    Block(&'a str, Vec<&'a str>),
    /// Any other line.
    Text(&'a str),
}

/// The pieces of a document, each with its 1-based line.
pub fn pieces(text: &str) -> Vec<(usize, Piece<'_>)> {
    let mut found = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((n, line)) = lines.next() {
        let piece = if let Some(fence) = line.strip_prefix("```") {
            let block = lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```");
            Piece::Block(fence.trim(), block.collect())
        } else {
            let depth = line.bytes().take_while(|b| *b == b'#').count();
            match line[depth..].strip_prefix(' ') {
                Some(heading) if (1..=6).contains(&depth) => Piece::Heading(depth, heading.trim()),
                _ => Piece::Text(line),
            }
        };
        found.push((n + 1, piece));
    }
    found
}

/// The targets of a line's links: `[text](target)` and `src="target"`.
pub fn links(line: &str) -> Vec<&str> {
    let inline = line.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target);
    let html = |name| {
        line.split(name).skip(1).filter_map(|rest: &str| rest.split_once('"')).map(|(target, _)| target)
    };
    inline.chain(html("src=\"")).chain(html("href=\"")).collect()
}

/// The anchor that a heading gets: lower case, spaces to hyphens, punctuation dropped.
pub fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.flat_map(char::to_lowercase).map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_told_apart() {
        let text = "# A\n\nb [c](d.md#e)\n```console\n# not a heading\n```\n## F `g`!\n";
        let found = pieces(text);
        assert_eq!(found[0], (1, Piece::Heading(1, "A")));
        assert_eq!(found[3], (4, Piece::Block("console", vec!["# not a heading"])));
        assert_eq!(found[4], (7, Piece::Heading(2, "F `g`!")));
        assert_eq!(anchor("F `g`! (x)"), "f-g-x");
        assert_eq!(links("b [c](d.md#e) <img src=\"x.svg\">"), ["d.md#e", "x.svg"]);
    }
}
