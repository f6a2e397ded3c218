//! The layer table: which room stands on which floor. ARCHITECTURE.md prints it, the check
//! [`architecture`](crate::tidy) compares both, and the check `layers` holds every Cargo.toml to it.

/// Floors from the ground up, with their rooms; some rooms are planned and not built yet.
pub const LAYERS: &[(u8, &[&str])] = &[
    (0, &["sekisho-secret", "sekisho-model"]),
    (
        1,
        &[
            "sekisho-unpack",
            "sekisho-scan",
            "sekisho-kube",
            "sekisho-access",
            "sekisho-etcd",
            "sekisho-audit",
            "sekisho-policy",
            "sekisho-posture",
        ],
    ),
    (2, &["sekisho-detectors", "sekisho-examine"]),
    (3, &["sekisho-git", "sekisho-sources", "sekisho-store", "sekisho-vaults", "sekisho-report"]),
    (4, &["sekisho-kms", "sekisho-operator", "sekisho-hub"]),
    (5, &["sekisho", "sekisho-fuzz"]),
];

/// The edges between rooms of one floor: from, to. There are no others.
pub const INSIDE: &[(&str, &str)] = &[
    ("sekisho-model", "sekisho-secret"),
    ("sekisho-kube", "sekisho-unpack"),
    ("sekisho-access", "sekisho-kube"),
    ("sekisho-posture", "sekisho-access"),
    ("sekisho-posture", "sekisho-kube"),
    ("sekisho-examine", "sekisho-detectors"),
    ("sekisho-sources", "sekisho-git"),
    ("sekisho-sources", "sekisho-store"),
];

/// The highest floor whose rooms are pure: no I/O, no clock, no client, no command line.
pub const LAST_PURE: u8 = 2;

/// The floor of a room.
pub fn layer(room: &str) -> Option<u8> {
    LAYERS.iter().find(|(_, rooms)| rooms.contains(&room)).map(|(layer, _)| *layer)
}

/// The room in which a file stands, for files below `crates/`.
pub fn room(path: &str) -> Option<&str> {
    path.strip_prefix("crates/")?.split('/').next()
}

/// Whether a file belongs to a pure room.
pub fn is_pure(path: &str) -> bool {
    room(path).and_then(layer).is_some_and(|layer| layer <= LAST_PURE)
}
