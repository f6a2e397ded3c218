//! EncryptionConfiguration, and the flags of a kube-apiserver.

use sekisho_etcd::{Keyring, Require, config};

use crate::Target;

pub(crate) const TARGET: Target = Target {
    name: "etcd_config",
    body,
    seeds: || {
        crate::seeds::all(&[
            "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n- resources: [secrets, '*.apps']\n  providers:\n  - aescbc:\n      keys:\n      - name: key1\n        secret: AAECAwQFBgcICQoLDA0ODw==\n  - kms: {apiVersion: v2, name: main, endpoint: 'unix:///run/kms.sock', timeout: 3s}\n  - identity: {}\n",
            "{\"kind\":\"EncryptionConfiguration\",\"resources\":[{\"resources\":[\"*.*\"],\"providers\":[{\"identity\":{}}]}]}",
            "kind: Pod\nspec:\n  containers:\n  - command:\n    - kube-apiserver\n    - --encryption-provider-config=/a\n    - --feature-gates=KMSv1=true\n",
        ])
    },
    words: &[
        b"*.*",
        b"providers",
        b"secretbox",
        b"aesgcm",
        b"cachesize",
        b"--etcd-prefix=",
        b"kube-apiserver",
    ],
};

fn body(bytes: &[u8]) {
    let require = Require::default();
    let configuration = config::read(bytes).ok();
    if let Some(configuration) = &configuration {
        let _refused = configuration.keys(&mut Keyring::default());
        config::lint(configuration, &require);
    }
    if let Ok(flags) = config::read_flags(bytes) {
        flags.lint(configuration.as_ref());
    }
}
