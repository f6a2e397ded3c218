//! `rbac`: the ClusterRole that reading a live cluster needs, made from the table that the reader asks by.

use clap::{Args, ValueEnum};
use sekisho_kube::inventory::Depth;
use sekisho_sources::cluster;

use crate::exit::Status;
use crate::output;

#[derive(Debug, Args)]
pub(crate) struct RbacArgs {
    /// Print the ClusterRole that reading at this depth, or a scan, needs and nothing more, as YAML.
    #[arg(long, value_name = "WHAT", value_enum)]
    pub(crate) print: RoleName,
    /// Also what `who --verify` needs: asking the server about others.
    #[arg(long)]
    pub(crate) verify: bool,
}

/// What a role is for: a depth of the picture, or a scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RoleName {
    /// No verb on Secrets at all; their names come from whatever refers to them.
    References,
    /// Names and types of Secrets. The grant that this takes could read every value.
    Metadata,
    /// Fingerprints of their values, made in memory.
    Values,
    /// `scan cluster`: ConfigMaps, pods and what makes pods.
    Scan,
}

/// How deeply a live cluster is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DepthName {
    /// No verb on Secrets at all; their names come from whatever refers to them.
    References,
    /// Names and types of Secrets. The grant that this takes could read every value.
    Metadata,
    /// Fingerprints of their values, made in memory.
    Values,
}

impl From<DepthName> for Depth {
    fn from(name: DepthName) -> Self {
        match name {
            DepthName::References => Self::References,
            DepthName::Metadata => Self::Metadata,
            DepthName::Values => Self::Values,
        }
    }
}

/// Prints the role.
pub(super) fn run(args: &RbacArgs) -> anyhow::Result<Status> {
    let depth = match args.print {
        RoleName::References => Depth::References,
        RoleName::Metadata => Depth::Metadata,
        RoleName::Values => Depth::Values,
        RoleName::Scan => {
            output::print(&cluster::scan_role())?;
            return Ok(Status::Clean);
        }
    };
    output::print(&cluster::role(depth, args.verify))?;
    Ok(Status::Clean)
}
