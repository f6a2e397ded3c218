//! Unrendered templates made readable: expressions overwritten, byte for byte.
//!
//! A Helm template is YAML once its expressions are out of the way. So each is overwritten with as
//! many letters where it makes a value, and with blanks where it only steers (`if`, `range`,
//! comments) or stands on a line of its own. Nothing moves: the tree of what remains has the spans
//! of the source, and values are taken from the source, expressions and all.

/// Stands for an expression until its line is known.
const HOLE: u8 = 0x01;

/// `text` without template expressions, at the same length: of Go templates and Jinja (`{{ … }}`),
/// and Jinja's statements (`{% … %}`) and comments (`{# … #}`).
pub(crate) fn without_templates(text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let mut at = 0;
    // Once a closing is nowhere behind, no later opening has one either.
    let mut closed = [true; 3];
    while let Some(next) = memchr::memchr(b'{', bytes.get(at..).unwrap_or_default()) {
        let start = at + next;
        let (form, close): (usize, &[u8]) = match bytes.get(start + 1) {
            Some(b'{') if closed[0] => (0, b"}}"),
            Some(b'%') if closed[1] => (1, b"%}"),
            Some(b'#') if closed[2] => (2, b"#}"),
            _ => {
                at = start + 1;
                continue;
            }
        };
        let Some(len) = memchr::memmem::find(&bytes[start + 2..], close) else {
            closed[form] = false;
            continue;
        };
        let end = start + 2 + len + 2;
        let filler = if form > 0 || steers(&bytes[start + 2..end - 2]) { b' ' } else { HOLE };
        bytes[start..end].fill(filler);
        at = end;
    }
    for line in bytes.split_mut(|b| *b == b'\n') {
        if !line.contains(&HOLE) {
            continue;
        }
        let alone = line.iter().all(|b| matches!(b, b' ' | b'\t' | b'\r' | &HOLE));
        let filler = if alone { b' ' } else { b'x' };
        line.iter_mut().filter(|b| **b == HOLE).for_each(|b| *b = filler);
    }
    // Whole expressions of valid text were replaced by ASCII.
    String::from_utf8(bytes).unwrap_or_else(|_| " ".repeat(text.len()))
}

/// Whether an action makes no value in its place: control structures, definitions, assignments,
/// comments, and what begins with a line end of its own (`nindent`).
fn steers(action: &[u8]) -> bool {
    let action = action.strip_prefix(b"-").unwrap_or(action).trim_ascii_start();
    let word = action.iter().take_while(|b| b.is_ascii_alphanumeric()).count();
    matches!(
        &action[..word],
        b"if" | b"else" | b"end" | b"range" | b"with" | b"define" | b"block" | b"break" | b"continue"
    ) || action.starts_with(b"/*")
        || (action.starts_with(b"$") && action.iter().take(64).any(|b| *b == b'=') && is_assignment(action))
        || memchr::memmem::find(action, b"nindent").is_some()
}

/// `$name := …`, `$name = …`.
fn is_assignment(action: &[u8]) -> bool {
    let name = 1 + action[1..].iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
    let rest = action[name..].trim_ascii_start();
    rest.starts_with(b":=") || (rest.starts_with(b"=") && !rest.starts_with(b"=="))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_become_letters_and_control_blanks() {
        for (source, expected) in [
            ("a: {{ .x }}\n", "a: xxxxxxxx\n"),
            ("{{- if .x }}\na: 1\n{{- end }}\n", "            \na: 1\n          \n"),
            ("{{ include \"y\" . }}\n", "                   \n"),
            ("a: {{- toYaml . | nindent 2 }}\n", "a:                            \n"),
            ("a: {{ if x }}b{{ else }}c{{ end }}\n", "a:           b          c         \n"),
            ("- {{ .x }}: {{ .y }}\r\n", "- xxxxxxxx: xxxxxxxx\r\n"),
            ("{{/* a\nb */}}\na: 1\n", "             \na: 1\n"),
            ("{% for x in y %}{# no #}\n", "                        \n"),
            ("a: \"{{ .x | default \"é\" }}\"\n", "a: \"xxxxxxxxxxxxxxxxxxxxxxx\"\n"),
            ("{{ $x := 1 }}{{ $x }}\n", "                     \n"),
            ("a: {{ open\nb: {% c %}\n", "a: {{ open\nb:        \n"),
            ("a: {b: c}\n", "a: {b: c}\n"),
        ] {
            let masked = without_templates(source);
            assert_eq!(masked, expected);
            assert_eq!(masked.len(), source.len());
        }
    }
}
