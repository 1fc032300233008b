//! Why an append did not end well. None carries anything of an event but its key.

use fude::audit::checkpoint::CheckpointError;
use fude::audit::tiles::TileError;
use fude::integrity::canonical::CanonicalError;
use lambda_runtime::Diagnostic;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The table was restored from a backup; going on would fork the log.
    #[error("E_HEAD_BEHIND: a checkpoint of size {checkpoint} exists, the head has size {head}")]
    HeadBehind { head: u64, checkpoint: u64 },
    /// Evidence is there with other bytes than those that belong there: the log stops.
    #[error("E_CONFLICT: {0} exists with other content")]
    Conflict(String),
    /// The table and the tiles do not yield the root of the head: the log stops.
    #[error("E_ROOT: the entries up to {size} do not have the root of the head")]
    Root { size: u64 },
    /// A row of the log in the table cannot be read: the log stops.
    #[error("the table's {0} is not readable")]
    Unreadable(String),
    /// An event row of which the stream told, or that was given an index, is not in the table.
    #[error("the event row {0} is gone")]
    RowGone(String),
    /// Other writers were faster, time after time; a retry will do.
    #[error("other writers held the log all the time")]
    Contended,
    /// A service refused or did not answer; a retry will do.
    #[error("{operation} failed: {cause}")]
    Unavailable { operation: &'static str, cause: String },
    /// The key service answered with something else than a key or signature of this log.
    #[error("the log's key is not usable: {0}")]
    Key(#[from] CheckpointError),
    #[error("an entry has no stored form: {0}")]
    Entry(#[from] CanonicalError),
    #[error("an entry does not fit into a bundle: {0}")]
    Bundle(#[from] TileError),
}

/// What Lambda is told of a failed sweep.
impl From<Error> for Diagnostic {
    fn from(error: Error) -> Self {
        Self { error_type: "AuditWriter".to_owned(), error_message: error.to_string() }
    }
}

impl Error {
    /// Wraps what an SDK call came back with, with its whole chain of causes.
    pub fn unavailable(operation: &'static str, cause: &dyn std::error::Error) -> Self {
        let mut text = cause.to_string();
        let mut source = cause.source();
        while let Some(cause) = source {
            text = format!("{text}: {cause}");
            source = cause.source();
        }
        Self::Unavailable { operation, cause: text }
    }

    /// Where a person has to look, since retrying changes nothing: the stable code of the reason.
    pub const fn stop_code(&self) -> Option<&'static str> {
        match self {
            Self::HeadBehind { .. } => Some("E_HEAD_BEHIND"),
            Self::Conflict(_) => Some("E_CONFLICT"),
            Self::Root { .. } => Some("E_ROOT"),
            Self::Unreadable(_) => Some("E_UNREADABLE"),
            Self::RowGone(_) => Some("E_ROW_GONE"),
            Self::Contended | Self::Unavailable { .. } | Self::Key(_) | Self::Entry(_) | Self::Bundle(_) => None,
        }
    }

    /// True where a person has to look: retrying changes nothing.
    pub const fn stops_the_log(&self) -> bool {
        self.stop_code().is_some()
    }
}
