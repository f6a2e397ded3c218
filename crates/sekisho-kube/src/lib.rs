//! Kubernetes manifests with byte spans: documents, objects, fields and their roles
#![forbid(unsafe_code)]
