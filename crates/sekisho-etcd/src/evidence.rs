//! Evidence: a proof that somebody else can check, signed.
//!
//! A DSSE envelope (<https://github.com/secure-systems-lab/dsse>) over an in-toto statement
//! (<https://in-toto.io/Statement/v1>) whose subjects are the files by their SHA-256 and whose
//! predicate says what was found. The statement is deterministic: same files, same bytes. It holds
//! no fingerprint, and names of objects only when asked for. The time is the signer's word alone, so
//! it stands beside the statement, marked as asserted and not signed.
//!
//! Keys are Ed25519 (RFC 8032) in the files that `openssl genpkey -algorithm ed25519` and
//! `openssl pkey -pubout` write (RFC 8410), so that a signature can be checked without this program:
//!
//! ```sh
//! jq -r .payload evidence.json | base64 -d > statement.json
//! jq -r '.signatures[0].sig' evidence.json | base64 -d > signature
//! type=$(jq -r .payloadType evidence.json)
//! { printf 'DSSEv1 %d %s %d ' ${#type} "$type" "$(wc -c < statement.json)"; cat statement.json; } > signed
//! openssl pkeyutl -verify -pubin -inkey key.pub.pem -rawin -in signed -sigfile signature
//! jq -r '.subject[] | .digest.sha256 + "  " + .name' statement.json | sha256sum -c
//! ```

use std::collections::BTreeMap;

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use schemars::JsonSchema;
use sekisho_secret::SecretBytes;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::proof::{Accounting, FileKind, ObjectCount, ProblemKind, Proof, Region, SnapshotHash, Verdict};

/// Type of the statement.
pub const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";
/// Type of the predicate.
pub const PREDICATE_TYPE: &str = "https://github.com/sekisho/sekisho/evidence/proof/v1";
/// Type of the payload.
pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

/// DER of an Ed25519 private key up to its 32 bytes (RFC 8410 section 7, version 1).
const PRIVATE_PREFIX: [u8; 16] =
    [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
/// DER of an Ed25519 public key up to its 32 bytes (RFC 8410 section 4).
const PUBLIC_PREFIX: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// Why evidence cannot be made or does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EvidenceError {
    /// The file is not the key that is needed.
    #[error("the file holds no {0} key for Ed25519 in PEM")]
    Key(&'static str),
    /// A file was not hashed, so there is no subject.
    #[error("a file was not hashed: evidence needs its SHA-256")]
    NotHashed,
    /// The file is no DSSE envelope with a statement of this kind.
    #[error("the file is not evidence of this kind")]
    NotEvidence,
    /// No signature is by this key.
    #[error("no signature in the evidence is by this key")]
    Signature,
}

/// A DSSE envelope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Envelope {
    /// [`PAYLOAD_TYPE`].
    pub payload_type: String,
    /// The statement, in base64.
    pub payload: String,
    /// Signatures over the type and the statement.
    pub signatures: Vec<EnvelopeSignature>,
    /// What the signer says and nothing proves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asserted: Option<Asserted>,
}

/// One signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EnvelopeSignature {
    /// SHA-256 of the public key's DER, in hexadecimal digits.
    pub keyid: String,
    /// The signature, in base64.
    pub sig: String,
}

/// What the signer says and nothing proves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Asserted {
    /// When the evidence was made, in RFC 3339.
    pub time: String,
}

/// An in-toto statement about files of etcd.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Statement {
    /// [`STATEMENT_TYPE`].
    #[serde(rename = "_type")]
    pub kind: String,
    /// The files.
    pub subject: Vec<Subject>,
    /// [`PREDICATE_TYPE`].
    #[serde(rename = "predicateType")]
    pub predicate_type: String,
    /// What was found.
    pub predicate: Predicate,
}

/// A file by its hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Subject {
    /// Its name, without directories.
    pub name: String,
    /// Its SHA-256.
    pub digest: Digest,
}

/// A digest of a subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Digest {
    /// In hexadecimal digits; of the uncompressed file.
    pub sha256: String,
}

/// What was found in the files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Predicate {
    /// The program.
    pub tool: Tool,
    /// Resources that the verdict covers.
    pub require: Vec<String>,
    /// The worst verdict of all files.
    pub verdict: Verdict,
    /// Each file, in the order of the subjects.
    pub files: Vec<FileEvidence>,
}

/// The program that made the evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Tool {
    /// `sekisho`.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// What was found in one file: counts, no values, no fingerprints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FileEvidence {
    /// What it is.
    pub kind: FileKind,
    /// Its length in bytes.
    pub bytes: u64,
    /// Bytes accounted for.
    pub accounted_bytes: u64,
    /// The bytes by what they are.
    pub accounting: Accounting,
    /// What may be said of it.
    pub verdict: Verdict,
    /// How the hash behind a snapshot compares.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot_hash: Option<SnapshotHash>,
    /// Objects by resource, region and envelope.
    pub objects: Vec<ObjectCount>,
    /// Plaintext that was listed, by region.
    pub remains: BTreeMap<Region, u64>,
    /// Faults, by kind.
    pub problems: BTreeMap<ProblemKind, u64>,
    /// The etcd keys of plaintext, where names were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub names: Option<Vec<String>>,
}

/// The statement of a proof. `version` is that of the program; `names` says whether object names
/// may be told.
pub fn statement(proof: &Proof, version: &str, names: bool) -> Result<Statement, EvidenceError> {
    let subject = |file: &crate::proof::FileProof| {
        let sha256 = file.sha256.clone().ok_or(EvidenceError::NotHashed)?;
        let name = file.path.rsplit('/').next().unwrap_or_default().to_owned();
        Ok(Subject { name, digest: Digest { sha256 } })
    };
    let files = proof.files.iter().map(|file| {
        let mut remains = BTreeMap::new();
        for plain in &file.remains {
            *remains.entry(plain.region).or_default() += 1;
        }
        let mut problems = BTreeMap::new();
        for problem in &file.problems {
            *problems.entry(problem.kind).or_default() += 1;
        }
        let mut keys: Vec<String> = file.remains.iter().filter_map(|plain| plain.etcd_key.clone()).collect();
        keys.sort();
        keys.dedup();
        FileEvidence {
            kind: file.kind,
            bytes: file.bytes,
            accounted_bytes: file.accounted_bytes,
            accounting: file.accounting,
            verdict: file.verdict,
            snapshot_hash: file.snapshot_hash,
            objects: file.objects.clone(),
            remains,
            problems,
            names: names.then_some(keys),
        }
    });
    Ok(Statement {
        kind: STATEMENT_TYPE.to_owned(),
        subject: proof.files.iter().map(subject).collect::<Result<_, _>>()?,
        predicate_type: PREDICATE_TYPE.to_owned(),
        predicate: Predicate {
            tool: Tool { name: "sekisho".to_owned(), version: version.to_owned() },
            require: proof.require.clone(),
            verdict: proof.verdict(),
            files: files.collect(),
        },
    })
}

/// What is signed: DSSE's pre-authentication encoding of the type and the payload.
fn encoded(payload: &[u8]) -> Vec<u8> {
    let head = format!("DSSEv1 {} {PAYLOAD_TYPE} {} ", PAYLOAD_TYPE.len(), payload.len());
    [head.as_bytes(), payload].concat()
}

fn key_id(public: &VerifyingKey) -> String {
    let der = [&PUBLIC_PREFIX[..], public.as_bytes()].concat();
    data_encoding::HEXLOWER.encode(&Sha256::digest(der))
}

/// Signs a statement. `key` is a private key in PEM, `time` what is asserted, in RFC 3339.
pub fn sign(statement: &Statement, key: &[u8], time: Option<String>) -> Result<Envelope, EvidenceError> {
    let der = pem(key, "PRIVATE KEY").ok_or(EvidenceError::Key("private"))?;
    let seed =
        der.expose_secret().strip_prefix(&PRIVATE_PREFIX).and_then(|seed| <&[u8; 32]>::try_from(seed).ok());
    let key = SigningKey::from_bytes(seed.ok_or(EvidenceError::Key("private"))?);
    let payload = serde_json::to_vec(statement).map_err(|_| EvidenceError::NotEvidence)?;
    let sig = key.sign(&encoded(&payload)).to_bytes();
    Ok(Envelope {
        payload_type: PAYLOAD_TYPE.to_owned(),
        payload: data_encoding::BASE64.encode(&payload),
        signatures: vec![EnvelopeSignature {
            keyid: key_id(&key.verifying_key()),
            sig: data_encoding::BASE64.encode(&sig),
        }],
        asserted: time.map(|time| Asserted { time }),
    })
}

/// Checks the signature of evidence by a public key in PEM, and gives its statement.
pub fn verify(evidence: &[u8], key: &[u8]) -> Result<Statement, EvidenceError> {
    let der = pem(key, "PUBLIC KEY").ok_or(EvidenceError::Key("public"))?;
    let point =
        der.expose_secret().strip_prefix(&PUBLIC_PREFIX).and_then(|key| <&[u8; 32]>::try_from(key).ok());
    let key =
        point.and_then(|point| VerifyingKey::from_bytes(point).ok()).ok_or(EvidenceError::Key("public"))?;
    let envelope: Envelope = serde_json::from_slice(evidence).map_err(|_| EvidenceError::NotEvidence)?;
    let payload = data_encoding::BASE64.decode(envelope.payload.as_bytes());
    let payload = payload.map_err(|_| EvidenceError::NotEvidence)?;
    if envelope.payload_type != PAYLOAD_TYPE {
        return Err(EvidenceError::NotEvidence);
    }
    let signed = encoded(&payload);
    let is_signed = envelope.signatures.iter().any(|signature| {
        let sig = data_encoding::BASE64.decode(signature.sig.as_bytes()).unwrap_or_default();
        Signature::from_slice(&sig).is_ok_and(|sig| key.verify_strict(&signed, &sig).is_ok())
    });
    if !is_signed {
        return Err(EvidenceError::Signature);
    }
    // Only now is the payload worth reading.
    let statement: Statement = serde_json::from_slice(&payload).map_err(|_| EvidenceError::NotEvidence)?;
    let is_ours = statement.kind == STATEMENT_TYPE
        && statement.predicate_type == PREDICATE_TYPE
        && statement.subject.len() == statement.predicate.files.len();
    is_ours.then_some(statement).ok_or(EvidenceError::NotEvidence)
}

/// The content of the first PEM block with this label (RFC 7468).
fn pem(text: &[u8], label: &str) -> Option<SecretBytes> {
    let text = std::str::from_utf8(text).ok()?;
    let (_, rest) = text.split_once(&format!("-----BEGIN {label}-----"))?;
    let (body, _) = rest.split_once(&format!("-----END {label}-----"))?;
    let body = SecretBytes::new(body.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect());
    data_encoding::BASE64.decode(body.expose_secret()).ok().map(SecretBytes::new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Options, Require, prove};
    use sekisho_secret::EstateKey;

    /// The key pair of RFC 8410 section 10.3 and 10.1, as openssl writes it.
    fn private() -> String {
        let body = concat!("MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK", "1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC");
        let (begin, end) =
            (["-----BEGIN PRI", "VATE KEY-----"].concat(), ["-----END PRI", "VATE KEY-----"].concat());
        format!("{begin}\n{body}\n{end}\n")
    }

    const PUBLIC: &str = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n";

    fn proof() -> Proof {
        let key = EstateKey::from_bytes(*b"0123456789abcdef0123456789abcdef").unwrap();
        let require = Require::default();
        let options = Options { require: &require, identify: &key, keys: None, hash: true };
        let file = prove(&vec![0u8; 4096], "dir/0.tmp", &options);
        Proof::new(key.key_id(), &require, vec![file])
    }

    #[test]
    fn evidence_holds_under_its_key_and_no_other() {
        let statement = statement(&proof(), "0.1.0", false).unwrap();
        let envelope =
            sign(&statement, private().as_bytes(), Some("2026-01-02T03:04:05Z".to_owned())).unwrap();
        let json = serde_json::to_vec(&envelope).unwrap();
        assert_eq!(verify(&json, PUBLIC.as_bytes()), Ok(statement.clone()));
        assert_eq!(statement.subject[0].name, "0.tmp");
        // The time is no part of what is signed; the verdict is.
        let again = sign(&statement, private().as_bytes(), None).unwrap();
        assert_eq!((&again.payload, &again.signatures), (&envelope.payload, &envelope.signatures));
        let mut other = statement.clone();
        other.predicate.verdict = Verdict::Plaintext;
        let forged = Envelope {
            payload: data_encoding::BASE64.encode(&serde_json::to_vec(&other).unwrap()),
            ..envelope
        };
        let forged = serde_json::to_vec(&forged).unwrap();
        assert_eq!(verify(&forged, PUBLIC.as_bytes()), Err(EvidenceError::Signature));
        assert_eq!(verify(b"{}", PUBLIC.as_bytes()), Err(EvidenceError::NotEvidence));
        assert_eq!(verify(&json, b""), Err(EvidenceError::Key("public")));
        assert_eq!(sign(&statement, PUBLIC.as_bytes(), None), Err(EvidenceError::Key("private")));
    }

    #[test]
    fn evidence_needs_hashes() {
        let mut proof = proof();
        proof.files[0].sha256 = None;
        assert_eq!(statement(&proof, "0.1.0", false), Err(EvidenceError::NotHashed));
    }
}
