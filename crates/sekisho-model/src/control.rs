//! Ids of the public controls that findings answer to. The texts behind the ids stay with their
//! owners (the OWASP lists are CC BY-NC-SA); only ids and addresses stand here.

/// OWASP Kubernetes Top Ten 2025, K03: Secrets Management Failures.
pub const OWASP_K03_2025: &str = "OWASP-K03:2025";
/// OWASP Kubernetes Top Ten 2022, K08: Secrets Management Failures.
pub const OWASP_K08_2022: &str = "OWASP-K08:2022";
/// CWE-312: cleartext storage of sensitive information.
pub const CWE_312: &str = "CWE-312";
/// CWE-321: use of a hard-coded cryptographic key.
pub const CWE_321: &str = "CWE-321";
/// CWE-526: cleartext storage of sensitive information in an environment variable.
pub const CWE_526: &str = "CWE-526";
/// CWE-532: insertion of sensitive information into a log file.
pub const CWE_532: &str = "CWE-532";
/// CWE-540: inclusion of sensitive information in source code.
pub const CWE_540: &str = "CWE-540";
/// CWE-798: use of hard-coded credentials.
pub const CWE_798: &str = "CWE-798";

/// Where a control's own text is to be read.
pub fn url(id: &str) -> Option<String> {
    match id {
        OWASP_K03_2025 | OWASP_K08_2022 => {
            Some("https://owasp.org/www-project-kubernetes-top-ten/".to_owned())
        }
        _ => id.strip_prefix("CWE-").map(|n| format!("https://cwe.mitre.org/data/definitions/{n}.html")),
    }
}
