//! A report that somebody else wrote: read, then written in every format and read again.

use sekisho_report::{ALL, Options, find, read};

use crate::{Target, seeds};

pub(crate) const TARGET: Target = Target {
    name: "report_read",
    body,
    seeds: || seeds::all(&[seeds::REPORT]),
    words: &[
        b"\"severity\"",
        b"null",
        b"\"path_b64\"",
        b"\\u001b[31m",
        b"\\u202e",
        b"1e999",
        b"::error::",
        b"</script>",
    ],
};

fn body(bytes: &[u8]) {
    let Ok(report) = read(bytes) else { return };
    let options = Options { width: bytes.len() % 250, ..Options::default() };
    for format in ALL {
        let mut out = Vec::new();
        assert!(format.write(&report, &options, &mut out).is_ok(), "only the writer can fail");
        assert!(std::str::from_utf8(&out).is_ok(), "{} wrote what is not UTF-8", format.name());
        // No colour was asked for, so no byte of an escape sequence may come out of foreign text.
        assert!(!out.contains(&0x1b), "{} let a terminal escape through", format.name());
    }
    if let Some(json) = find("json") {
        let mut out = Vec::new();
        assert!(json.write(&report, &options, &mut out).is_ok());
        assert_eq!(read(&out).as_ref(), Ok(&report), "what is written reads back");
    }
}
