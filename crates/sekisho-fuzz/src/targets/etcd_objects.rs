//! Objects in protobuf as etcd stores them, as JSON; and the objects of whole stores.

use sekisho_etcd::sample::{Image, Rev, field, object, sealed, secret};
use sekisho_etcd::{Which, objects, to_json};

use crate::Target;

pub(crate) const TARGET: Target = Target {
    name: "etcd_objects",
    body,
    seeds: || {
        let plain = secret("shop", "db", &[("password", b"correct horse")]);
        let env = field(7, &[field(1, b"A"), field(3, &field(4, &field(1, &field(1, b"db"))))].concat());
        let pod = object("v1", "Pod", &field(2, &field(2, &env)));
        let subject = field(2, &[field(1, b"User"), field(3, b"alice")].concat());
        let binding = object("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", &subject);
        let revs = [
            Rev::put(2, "/registry/secrets/shop/db", plain.clone()),
            Rev::put(3, "/registry/pods/shop/web", pod.clone()),
            Rev::put(4, "/registry/secrets/shop/db", sealed(90, 1)),
        ];
        vec![plain, pod, binding, b"{\"kind\":\"Widget\"}".to_vec(), Image::new(512, &revs, &[]).bytes]
    },
    words: &[b"k8s\0", b"\x0a\x09", b"apps/v1", b"Deployment", b"ConfigMap", b"\x12\xff\xff\xff\xff\x0f"],
};

fn body(bytes: &[u8]) {
    if let Some(read) = to_json(bytes)
        && bytes.first() != Some(&b'{')
    {
        let json = read.json.expose_secret();
        assert!(serde_json::from_slice::<serde::de::IgnoredAny>(json).is_ok(), "what comes out is JSON");
    }
    objects(&bytes.to_vec(), None, Which::All, &mut |_| ());
}
