//! Names that the local cloud fixes, its folders, and its own log.

use std::fs;
use std::path::{Path, PathBuf};

pub const POOL: &str = "ap-northeast-1_fudelocal";
pub const CLIENT: &str = "fudelocalclient";
pub const ISSUER: &str = "https://cognito-idp.ap-northeast-1.amazonaws.com/ap-northeast-1_fudelocal";

/// What table and buckets are called.
#[derive(Clone, Debug)]
pub struct Names {
    pub table: String,
    pub records: String,
    pub documents: String,
    pub audit: String,
}

impl Names {
    /// On this machine nothing else has them.
    pub fn local() -> Self {
        let [table, records, documents, audit] = ["fude", "records", "documents", "audit"].map(str::to_owned);
        Self { table, records, documents, audit }
    }

    /// Buckets, and whether their versions can be locked.
    pub fn buckets(&self) -> [(&str, bool); 3] {
        [(&self.records, false), (&self.documents, true), (&self.audit, true)]
    }
}

/// Makes the folder of all state, readable by its owner alone; returns it as an absolute path.
pub fn prepare(state: &Path) -> Result<PathBuf, String> {
    use std::os::unix::fs::PermissionsExt;
    let failed = |e: std::io::Error| format!("the state folder {} cannot be used: {e}", state.display());
    fs::create_dir_all(state.join("log")).map_err(failed)?;
    fs::set_permissions(state, fs::Permissions::from_mode(0o700)).map_err(failed)?;
    state.canonicalize().map_err(failed)
}

/// The local cloud's own log: `log/local-cloud.log`, no patient data.
pub fn init_logging(state: &Path) -> Result<(), String> {
    let path = state.join("log/local-cloud.log");
    let file = fs::File::options()
        .create(true)
        .append(true)
        .open(&path)
        .map_err(|e| format!("{} cannot be written: {e}", path.display()))?;
    tracing_subscriber::fmt()
        .json()
        .with_max_level(tracing::Level::INFO)
        .with_writer(std::sync::Mutex::new(file))
        .init();
    Ok(())
}
