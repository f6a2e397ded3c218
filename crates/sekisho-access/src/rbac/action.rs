//! What is asked for, and how a request on the wire asks for it.

/// A request, as authorizers see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action<'a> {
    /// Of a resource.
    Resource(Resource<'a>),
    /// Of a path that is no resource.
    Path {
        /// The HTTP method in lower case.
        verb: &'a str,
        /// The path.
        path: &'a str,
    },
}

/// A request of a resource; a text that is empty is absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Resource<'a> {
    /// Verb.
    pub verb: &'a str,
    /// API group, empty for the core group.
    pub group: &'a str,
    /// Plural name of the resource.
    pub resource: &'a str,
    /// Subresource.
    pub subresource: &'a str,
    /// Name of the object.
    pub name: &'a str,
    /// Namespace.
    pub namespace: &'a str,
}

impl Action<'_> {
    pub(super) fn namespace(&self) -> &str {
        match self {
            Self::Resource(resource) => resource.namespace,
            Self::Path { .. } => "",
        }
    }
}

/// Namespaced resources of a Namespace object itself, which have no resource of their own.
const OF_NAMESPACE: &[&str] = &["status", "finalize"];

/// What a request asks for: `RequestInfoFactory.NewRequestInfo`. `path` may carry a query, whose
/// values are percent-decoded where they are looked at. `name` is lent for a name that stands in a
/// field selector.
pub fn from_http<'a>(method: &'a str, path: &'a str, name: &'a mut String) -> Action<'a> {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let mut parts: Vec<&str> = path.trim_matches('/').split('/').filter(|part| !part.is_empty()).collect();
    let mut parts = parts.drain(..);
    let verb = match method {
        "POST" => "create",
        "GET" | "HEAD" => "get",
        "PUT" => "update",
        "PATCH" => "patch",
        "DELETE" => "delete",
        _ => "",
    };
    let lower = match method {
        "GET" => "get",
        "HEAD" => "head",
        "POST" => "post",
        "PUT" => "put",
        "PATCH" => "patch",
        "DELETE" => "delete",
        "OPTIONS" => "options",
        other => other,
    };
    let outside = Action::Path { verb: lower, path };
    let mut wanted = Resource { verb, ..Resource::default() };
    match (parts.next(), parts.next()) {
        (Some("api"), Some(_version)) => {}
        (Some("apis"), Some(group)) if parts.next().is_some() => wanted.group = group,
        _ => return outside,
    }
    let mut rest: Vec<&str> = parts.collect();
    if rest.is_empty() {
        return outside;
    }
    // The deprecated way to watch and to proxy puts the verb first.
    let special = matches!(rest[0], "watch" | "proxy");
    if special {
        if rest.len() < 2 {
            return outside;
        }
        wanted.verb = rest.remove(0);
    }
    if rest[0] == "namespaces"
        && let Some(namespace) = rest.get(1)
    {
        wanted.namespace = namespace;
        // With more behind it the namespace is where, else it is what.
        if rest.len() > 2 && !OF_NAMESPACE.contains(&rest[2]) {
            rest.drain(..2);
        }
    }
    wanted.resource = rest[0];
    wanted.name = rest.get(1).copied().unwrap_or_default();
    if !special {
        wanted.subresource = rest.get(2).copied().unwrap_or_default();
    }
    if wanted.name.is_empty() && wanted.verb == "get" {
        let watch = parameter(query, "watch").is_some_and(|value| !matches!(value.as_str(), "0" | "false"));
        wanted.verb = if watch { "watch" } else { "list" };
    }
    if wanted.name.is_empty() && wanted.verb == "delete" {
        wanted.verb = "deletecollection";
    }
    // One object by a selector is one object by name; not so for deletecollection.
    if wanted.name.is_empty()
        && matches!(wanted.verb, "list" | "watch")
        && let Some(selected) = parameter(query, "fieldSelector").as_deref().and_then(selected_name)
    {
        name.clear();
        name.push_str(selected);
        wanted.name = name;
    }
    Action::Resource(wanted)
}

/// The first value of a query parameter, decoded. A parameter without `=` is there and empty.
fn parameter(query: &str, wanted: &str) -> Option<String> {
    let pairs = query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    let mut found = pairs.filter(|(key, _)| *key == wanted).map(|(_, value)| decode(value));
    found.next()
}

fn decode(text: &str) -> String {
    let hex = |byte: Option<&u8>| byte.and_then(|byte| char::from(*byte).to_digit(16));
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match (byte, hex(bytes.get(at + 1)), hex(bytes.get(at + 2))) {
            (b'%', Some(high), Some(low)) => {
                decoded.push((high * 16 + low) as u8);
                at += 3;
            }
            (b'+', ..) => {
                decoded.push(b' ');
                at += 1;
            }
            _ => {
                decoded.push(*byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

/// The name that a field selector asks for (`RequiresExactMatch`): `metadata.name=x` or `==x` among
/// its terms, where x can be part of a path.
fn selected_name(selector: &str) -> Option<&str> {
    let name = selector.split(',').find_map(|term| {
        let value = term.strip_prefix("metadata.name=")?;
        Some(value.strip_prefix('=').unwrap_or(value))
    })?;
    let plain = !name.is_empty() && name != "." && name != ".." && !name.contains(['/', '%', '\\']);
    plain.then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(method: &str, path: &str) -> String {
        let mut name = String::new();
        match from_http(method, path, &mut name) {
            Action::Path { verb, path } => format!("{verb} {path}"),
            Action::Resource(it) => {
                let Resource { verb, group, resource, subresource, name, namespace } = it;
                format!("{verb} {group}|{resource}|{subresource}|{name}|{namespace}")
            }
        }
    }

    #[test]
    fn requests_are_read_as_the_api_server_reads_them() {
        for (method, path, expected) in [
            ("GET", "/api/v1/secrets", "list |secrets|||"),
            ("GET", "/api/v1/namespaces/a/secrets", "list |secrets|||a"),
            ("HEAD", "/api/v1/namespaces/a/secrets/s", "get |secrets||s|a"),
            ("GET", "/api/v1/namespaces/a/secrets?watch", "watch |secrets|||a"),
            ("GET", "/api/v1/namespaces/a/secrets?watch=false", "list |secrets|||a"),
            ("GET", "/api/v1/namespaces/a/secrets/s?watch=true", "get |secrets||s|a"),
            ("GET", "/api/v1/namespaces/a/secrets?fieldSelector=metadata.name%3Ds", "list |secrets||s|a"),
            ("GET", "/api/v1/namespaces/a/secrets?fieldSelector=metadata.name!%3Ds", "list |secrets|||a"),
            ("GET", "/api/v1/watch/namespaces/a/secrets/s", "watch |secrets||s|a"),
            (
                "DELETE",
                "/api/v1/namespaces/a/secrets?fieldSelector=metadata.name=s",
                "deletecollection |secrets|||a",
            ),
            ("POST", "/api/v1/namespaces/a/serviceaccounts/x/token", "create |serviceaccounts|token|x|a"),
            ("GET", "/api/v1/namespaces/a", "get |namespaces||a|a"),
            ("PUT", "/api/v1/namespaces/a/finalize", "update |namespaces|finalize|a|a"),
            ("GET", "/api/v1/nodes/n/proxy/run/a/b", "get |nodes|proxy|n|"),
            ("PATCH", "/apis/apps/v1/namespaces/a/deployments/d", "patch apps|deployments||d|a"),
            (
                "POST",
                "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews",
                "create authorization.k8s.io|selfsubjectrulesreviews|||",
            ),
            ("GET", "/apis/apps/v1", "get /apis/apps/v1"),
            ("POST", "/healthz", "post /healthz"),
        ] {
            assert_eq!(show(method, path), expected, "{method} {path}");
        }
    }
}
