//! Simple patterns over names that are not paths: detector ids and objects.

use sekisho_model::ObjectRef;

/// Whether `pattern`, in which `*` stands for any run of characters, covers `text`.
///
/// Steps back to the last `*` only, so the time is at most the product of the lengths.
pub(crate) fn wildcard(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    let mut retry = None;
    while t < text.len() {
        if pattern.get(p) == Some(&b'*') {
            p += 1;
            retry = Some((p, t));
        } else if pattern.get(p) == Some(&text[t]) {
            p += 1;
            t += 1;
        } else if let Some((after_star, from)) = retry {
            retry = Some((after_star, from + 1));
            p = after_star;
            t = from + 1;
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|&b| b == b'*')
}

/// `Kind/name` or `Kind/namespace/name`; each part a [`wildcard`], the kind without case.
#[derive(Debug)]
pub(crate) struct ObjectSelector {
    kind: String,
    namespace: Option<String>,
    name: String,
}

impl ObjectSelector {
    /// Reads the text form; `None` when it has not two or three parts.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.split('/').collect();
        let (kind, namespace, name) = match parts[..] {
            [kind, name] => (kind, None, name),
            [kind, namespace, name] => (kind, Some(namespace), name),
            _ => return None,
        };
        let whole = parts.iter().all(|part| !part.is_empty());
        let namespace = namespace.map(str::to_owned);
        whole.then(|| Self { kind: kind.to_ascii_lowercase(), namespace, name: name.to_owned() })
    }

    /// Whether it means `object`. Without a namespace it means those of every namespace.
    pub(crate) fn covers(&self, object: &ObjectRef) -> bool {
        let namespace = object.namespace.as_deref().unwrap_or_default();
        wildcard(&self.kind, &object.kind.to_ascii_lowercase())
            && self.namespace.as_ref().is_none_or(|pattern| wildcard(pattern, namespace))
            && wildcard(&self.name, &object.name)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn wildcards() {
        assert!(wildcard("aws/*", "aws/access-key-id"));
        assert!(wildcard("*", ""));
        assert!(wildcard("a*b*c", "a-b-b-c"));
        assert!(!wildcard("aws/*", "gcp/key"));
        assert!(!wildcard("aws", "aws/key"));
        assert!(!wildcard("", "x"));
    }

    /// The obvious way, exponential.
    fn naive(pattern: &[u8], text: &[u8]) -> bool {
        match pattern {
            [] => text.is_empty(),
            [b'*', rest @ ..] => (0..=text.len()).any(|n| naive(rest, &text[n..])),
            [c, rest @ ..] => text.first() == Some(c) && naive(rest, &text[1..]),
        }
    }

    proptest! {
        #[test]
        fn wildcard_agrees_with_the_obvious_way(pattern in "[ab*]{0,8}", text in "[ab]{0,10}") {
            prop_assert_eq!(wildcard(&pattern, &text), naive(pattern.as_bytes(), text.as_bytes()));
        }
    }

    #[test]
    fn objects() {
        let object = |kind: &str, namespace: Option<&str>, name: &str| ObjectRef {
            api_version: "v1".into(),
            kind: kind.into(),
            namespace: namespace.map(Into::into),
            name: name.into(),
        };
        let any = ObjectSelector::parse("secret/db-*").unwrap();
        assert!(any.covers(&object("Secret", Some("shop"), "db-main")));
        assert!(any.covers(&object("Secret", None, "db-main")));
        assert!(!any.covers(&object("ConfigMap", None, "db-main")));
        let one = ObjectSelector::parse("Secret/shop/db").unwrap();
        assert!(one.covers(&object("Secret", Some("shop"), "db")));
        assert!(!one.covers(&object("Secret", Some("test"), "db")));
        assert!(!one.covers(&object("Secret", None, "db")));
        for bad in ["", "Secret", "Secret/", "/db", "a/b/c/d", "Secret//db"] {
            assert!(ObjectSelector::parse(bad).is_none(), "{bad}");
        }
    }
}
