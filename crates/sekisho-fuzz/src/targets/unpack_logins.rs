//! Basic credentials and the user information of URLs.

use sekisho_unpack::{basic, user_info};

use crate::{Target, seeds};

pub(crate) const TARGET: Target = Target {
    name: "unpack_logins",
    body,
    seeds: || {
        seeds::all(&[
            "Y2k6aHVudGVyMjI=",
            "postgres://user:pa/ss@host:5432/db?sslmode=disable",
            "jdbc:mysql://u:p@h,i/d",
            "https://token@example.com/#x:y@z",
        ])
    },
    words: &[b"://", b"@", b":", b"/", b"%40", b"[::1]"],
};

fn body(bytes: &[u8]) {
    if let Some(login) = basic(bytes) {
        let len = login.decoded().len();
        let (user, password) = (login.user(), login.password());
        assert!(user.end <= password.start && password.end <= len, "parts lie outside or overlap");
    }
    if let Some(info) = user_info(bytes) {
        let password = info.password.unwrap_or(info.user.end..info.user.end);
        let ends =
            [info.scheme.end, info.user.start, info.user.end, password.start, password.end, info.host.start];
        assert!(ends.is_sorted() && info.host.end <= bytes.len(), "parts lie outside or overlap");
    }
}
