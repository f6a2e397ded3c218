use sekisho_secret::EstateKey;
use serde_json::json;

use super::*;

fn read(text: &str) -> Inventory {
    let mut builder = Inventory::builder();
    assert_eq!(builder.read(text.as_bytes()), []);
    builder.finish()
}

fn secrets(inventory: &Inventory) -> Vec<String> {
    let text =
        |secret: &Secret| format!("{}/{}", inventory.text(secret.namespace), inventory.text(secret.name));
    inventory.secrets.iter().map(text).collect()
}

const POD: &str = "
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  nodeName: n1
  serviceAccountName: runner
  imagePullSecrets: [{name: pull}, {name: ''}]
  initContainers:
  - envFrom: [{secretRef: {name: from-init}}, {configMapRef: {name: no}}]
  containers:
  - env:
    - {name: A, valueFrom: {secretKeyRef: {name: from-env, key: k}}}
    - {name: B, valueFrom: {configMapKeyRef: {name: no, key: k}}}
    securityContext: {capabilities: {add: [SYS_ADMIN]}}
  ephemeralContainers:
  - env: [{name: A, valueFrom: {secretKeyRef: {name: from-ephemeral, key: k}}}]
  volumes:
  - {name: a, secret: {secretName: from-volume}}
  - name: b
    projected: {sources: [{configMap: {name: no}}, {secret: {name: from-projected}}]}
  - {name: c, csi: {driver: x, nodePublishSecretRef: {name: from-csi}}}
  - {name: d, azureFile: {secretName: from-azure, shareName: s}}
  - {name: e, cephfs: {secretFile: /not-a-reference, secretRef: {name: from-ceph}}}
  - {name: f, persistentVolumeClaim: {claimName: data}}
  - {name: g, ephemeral: {volumeClaimTemplate: {}}}
  - {name: h, hostPath: {path: /var/log}}
";

#[test]
fn a_pod_names_secrets_in_all_the_places_that_the_node_authorizer_visits() {
    let inventory = read(POD);
    let all = [
        "from-azure",
        "from-ceph",
        "from-csi",
        "from-env",
        "from-ephemeral",
        "from-init",
        "from-projected",
        "from-volume",
        "pull",
    ];
    assert_eq!(secrets(&inventory), all.map(|name| format!("shop/{name}")));
    let pod = &inventory.pods[0];
    let seen = pod.secrets.iter().filter(|it| it.how.in_container()).count();
    assert_eq!(seen, 5);
    assert_eq!(inventory.text(pod.secrets[2].field), "spec.containers[0].env[0].valueFrom.secretKeyRef");
    assert_eq!(inventory.text(pod.account), "runner");
    assert_eq!(pod.claims.iter().map(|name| inventory.text(*name)).collect::<Vec<_>>(), ["data", "web-g"]);
    assert!(pod.powers.capabilities && !pod.powers.privileged);
    assert_eq!(inventory.nodes.len(), 1);
    assert!(inventory.find_account("shop", "runner").is_some_and(|at| !inventory.accounts[at].seen));
}

#[test]
fn templates_and_lists_of_every_form_are_the_same_objects() {
    let item = r#"{"metadata":{"name":"w","namespace":"shop"},"spec":{"template":{"spec":{"volumes":[{"secret":{"secretName":"s"}}]}}}}"#;
    let typed = format!(r#"{{"apiVersion":"apps/v1","items":[{item},{item}],"kind":"DeploymentList"}}"#);
    let full = item.replacen('{', r#"{"apiVersion":"apps/v1","kind":"Deployment","#, 1);
    let list = format!(r#"{{"apiVersion":"v1","items":[{full},{full}],"kind":"List"}}"#);
    let stream = format!("{full}\n{full}");
    let yaml = "apiVersion: v1\nkind: List\nitems:\n- &a\n  apiVersion: apps/v1\n  kind: Deployment\n  metadata: {name: w, namespace: shop}\n  spec: {template: {spec: {volumes: [{secret: {secretName: s}}]}}}\n- *a\n";
    for text in [typed.as_str(), &list, &stream, &full, yaml] {
        let inventory = read(text);
        assert_eq!(secrets(&inventory), ["shop/s"], "{text}");
        assert_eq!(inventory.templates.len(), 1);
        assert!(inventory.coverage.has("deployments") && !inventory.coverage.has("pods"));
    }
    let mut builder = Inventory::builder();
    builder.add(&serde_json::from_str(&list).unwrap());
    builder.add_item(&serde_json::from_str(item).unwrap(), "apps/v1", "Deployment");
    assert_eq!(secrets(&builder.finish()), ["shop/s"]);
}

#[test]
fn an_empty_typed_list_says_that_there_are_none() {
    let inventory = read(r#"{"kind":"PodList","apiVersion":"v1","metadata":{},"items":[]}"#);
    assert!(inventory.coverage.has("pods"));
    assert!(inventory.coverage.missing().any(|(kind, _)| kind == "secrets"));
}

#[test]
fn no_value_of_a_secret_is_kept_at_any_depth() {
    let (plain, encoded) = ("canary-value-0001", "Y2FuYXJ5LXZhbHVlLTAwMDE=");
    let secret = json!({
        "apiVersion": "v1", "kind": "Secret", "type": "Opaque",
        "metadata": {"name": "db", "namespace": "shop", "annotations": {
            "kubectl.kubernetes.io/last-applied-configuration": format!("{{\"stringData\":{{\"p\":\"{plain}\"}}}}"),
        }},
        "data": {"password": encoded}, "stringData": {"token": plain},
    });
    let key = || EstateKey::from_bytes(*b"0123456789abcdef0123456789abcdef").unwrap();
    let builders = [
        Inventory::builder().depth(Depth::References),
        Inventory::builder(),
        Inventory::builder().fingerprints(key()),
    ];
    for (depth, mut builder) in builders.into_iter().enumerate() {
        builder.add(&secret);
        let inventory = builder.finish();
        let all = format!("{inventory:?}");
        assert!(!all.contains(plain) && !all.contains(encoded), "depth {depth}");
        assert_eq!(inventory.secrets.len(), usize::from(depth > 0));
        for secret in &inventory.secrets {
            assert!(secret.applied && secret.keys.len() == 2);
            assert_eq!(secret.fingerprints.len(), if depth == 2 { 2 } else { 0 });
        }
        if depth == 2 {
            let prints = &inventory.secrets[0].fingerprints;
            assert_eq!(prints[0].1, prints[1].1);
            assert_eq!(prints[0].1, key().fingerprint(plain.as_bytes()));
        }
    }
}

fn rules(inventory: &Inventory, name: &str) -> Vec<String> {
    let role = inventory.roles.iter().find(|role| inventory.text(role.name) == name).unwrap();
    role.rules.iter().map(|rule| inventory.text(rule.verbs[0]).to_owned()).collect()
}

#[test]
fn aggregated_roles_are_computed_to_the_end_of_the_chain_unless_a_server_did() {
    let role = |name: &str, labels: &str, verb: &str, rest: &str| {
        format!(
            "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {{name: {name}, labels: {{{labels}}}}}\nrules: [{{apiGroups: [''], resources: [secrets], verbs: [{verb}]}}]\n{rest}\n"
        )
    };
    let selects = |key: &str| {
        format!("aggregationRule: {{clusterRoleSelectors: [{{matchLabels: {{{key}: 'true'}}}}]}}")
    };
    let text = [
        role("top", "up: 'true', x: 'true'", "own", &selects("x")),
        role("middle", "x: 'true'", "own", &selects("y")),
        role("low", "y: 'true'", "low", ""),
        role("mine", "x: 'true'", "mine", ""),
        role("all", "", "own", "aggregationRule: {clusterRoleSelectors: [{}]}"),
        role("some", "", "own", "aggregationRule: {clusterRoleSelectors: [{matchExpressions: [{key: y, operator: NotIn, values: ['true']}, {key: x, operator: Exists}, {key: up, operator: DoesNotExist}]}]}"),
    ]
    .concat();
    let inventory = read(&text);
    assert_eq!(rules(&inventory, "top"), ["low", "mine"]);
    assert_eq!(rules(&inventory, "middle"), ["low"]);
    assert_eq!(rules(&inventory, "all"), ["low", "mine"]);
    assert_eq!(rules(&inventory, "some"), ["low", "mine"]);
    let stored = text.replace("metadata: {name: top", "metadata: {uid: a, name: top");
    assert_eq!(rules(&read(&stored), "top"), ["own"]);
    // Where each rule comes from, whoever filled it in; of a rule that nobody gives any more, nowhere.
    let from = |text: &str, role: &str| -> Vec<Vec<String>> {
        let inventory = read(text);
        let role = inventory.roles.iter().find(|it| inventory.text(it.name) == role).unwrap();
        let from = |rule: &Rule| {
            let givers = rule.from.iter().map(|(role, at)| format!("{}[{at}]", inventory.text(*role)));
            givers.collect()
        };
        role.rules.iter().map(from).collect()
    };
    assert_eq!(from(&text, "top"), [["low[0]"], ["mine[0]"]]);
    assert_eq!(from(&stored, "top"), [Vec::<String>::new()]);
    let filled = stored.replace("verbs: [own]", "verbs: [mine]");
    assert_eq!(from(&filled, "top"), [["mine[0]"]]);
    let twice = text.clone() + &role("again", "x: 'true'", "mine", "");
    assert_eq!(from(&twice, "top"), [vec!["again[0]", "mine[0]"], vec!["low[0]"]]);
    assert_eq!(from(&text, "mine"), [Vec::<String>::new()]);
}

#[test]
fn a_role_of_another_group_is_no_role() {
    let inventory =
        read("apiVersion: iam.example.org/v1\nkind: Role\nmetadata: {name: r}\nrules: [{verbs: [get]}]\n");
    assert!(inventory.roles.is_empty());
    assert!(!inventory.coverage.has("roles"));
}

#[test]
fn the_order_of_arrival_changes_nothing_and_the_last_of_two_counts() {
    let account = |name: &str, more: &str| {
        format!(
            "---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {{name: {name}, namespace: shop}}\n{more}\n"
        )
    };
    let texts = [account("b", ""), account("a", ""), account("a", "automountServiceAccountToken: false")];
    let show = |inventory: &Inventory| {
        let show = |it: &ServiceAccount| (inventory.text(it.name).to_owned(), it.automount);
        inventory.accounts.iter().map(show).collect::<Vec<_>>()
    };
    let expected = [("a".to_owned(), false), ("b".to_owned(), true), ("default".to_owned(), true)];
    assert_eq!(show(&read(&texts.concat()))[..2], expected[..2]);
    let mut turned = Inventory::builder();
    for text in [&texts[1], &texts[2], &texts[0]] {
        turned.read(text.as_bytes());
    }
    assert_eq!(show(&turned.finish())[..2], expected[..2]);
}

#[test]
fn references_of_other_objects_name_secrets() {
    let text = "
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: i, namespace: a}
spec: {tls: [{secretName: tls}]}
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: e, namespace: b}
spec: {data: []}
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: pv}
spec:
  claimRef: {namespace: c, name: data}
  csi: {driver: d, nodeStageSecretRef: {name: stage, namespace: d}, nodePublishSecretRef: {name: publish}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r, namespace: e}
rules: [{apiGroups: [''], resources: [secrets], verbs: [get], resourceNames: [named, '']}]
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: sa, namespace: f}
secrets: [{name: token}]
";
    let inventory = read(text);
    assert_eq!(secrets(&inventory), ["a/tls", "b/e", "c/publish", "d/stage", "e/named", "f/token"]);
    assert!(inventory.secrets.iter().all(|secret| !secret.seen));
    assert_eq!(inventory.definitions.len(), 1);
}

#[test]
fn a_definition_is_read_though_it_holds_no_values() {
    let text = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: x}\nspec: {group: a.b, names: {plural: things}}\n";
    let inventory = read(text);
    assert!(inventory.coverage.has("customresourcedefinitions"));
    assert_eq!(inventory.text(inventory.definitions[0].plural), "things");
}

#[test]
fn what_cannot_be_read_is_said_and_the_rest_is_read() {
    let mut builder = Inventory::builder();
    let problems = builder.read(b"apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n---\nkind: {{ broken\n");
    assert_eq!(problems.len(), 1);
    let mut lists = Inventory::builder();
    let text =
        br#"{"apiVersion":"v1","kind":"SecretList","items":[{"metadata":{"name":"b"}},{"metadata" 1}]}"#;
    assert_eq!(lists.read(text).len(), 1);
    assert_eq!(secrets(&lists.finish()), ["default/b"]);
    assert_eq!(secrets(&builder.finish()), ["default/a"]);
}

#[test]
fn aliases_of_aliases_are_not_walked_for_ever() {
    let many = |of: &str| vec![format!("*{of}"); 2000].join(", ");
    let list =
        |name, of| format!("  {name}: &{name} {{apiVersion: v1, kind: List, items: [{}]}}\n", many(of));
    let text = [
        "kind: List\napiVersion: v1\nmetadata:\n  a: &a {apiVersion: v1, kind: Secret, metadata: {name: s}}\n",
        &list("b", "a"),
        &list("c", "b"),
        &list("d", "c"),
        &format!("items: [{}]\n", many("d")),
    ];
    assert_eq!(Inventory::builder().read(text.concat().as_bytes()).len(), 1);
}

#[test]
fn who_is_named_in_any_way_is_entered() {
    let mut builder = Inventory::builder().depth(Depth::References);
    let text = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: b}\nroleRef: {kind: ClusterRole, name: r}\nsubjects: [{kind: User, name: 'system:serviceaccount:a:x'}, {kind: ServiceAccount, name: y, namespace: b}, {kind: ServiceAccount, name: z}]\n";
    assert_eq!(builder.read(text.as_bytes()), []);
    builder.mention("c", "asked");
    let inventory = builder.finish();
    let accounts: Vec<_> =
        inventory.accounts.iter().map(|it| (inventory.text(it.namespace), inventory.text(it.name))).collect();
    assert_eq!(accounts, [("a", "default"), ("a", "x"), ("b", "default"), ("b", "y"), ("c", "default")]);
    assert_eq!(secrets(&inventory), ["c/asked"]);
}

#[test]
fn values_are_handed_over_once_and_never_enter_the_inventory() {
    let value = concat!("correct-", "horse-battery");
    let encoded = data_encoding::BASE64.encode(value.as_bytes());
    let text = format!(
        "apiVersion: v1\nkind: Secret\nmetadata: {{name: db, namespace: shop}}\ndata: {{password: {encoded}, username: {encoded}, broken: '%'}}\nstringData: {{short: hunter2, other: {value}x}}\n"
    );
    let mut builder = Inventory::builder().handing_values();
    builder.read(text.as_bytes());
    assert!(!format!("{builder:?}").contains(value));
    let values = builder.take_values();
    let texts: Vec<&[u8]> = values.iter().map(sekisho_secret::SecretBytes::expose_secret).collect();
    assert_eq!(texts, [value.as_bytes(), format!("{value}x").as_bytes()]);
    assert!(builder.take_values().is_empty());
    let inventory = builder.finish();
    assert!(!format!("{inventory:?}").contains(value) && inventory.secrets[0].fingerprints.is_empty());
    // Who does not ask for them gets none.
    let key = EstateKey::from_bytes(*b"0123456789abcdef0123456789abcdef").unwrap();
    let mut builder = Inventory::builder().fingerprints(key);
    builder.read(text.as_bytes());
    assert!(builder.take_values().is_empty());
}
