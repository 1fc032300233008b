//! What can be wrong, under a name that does not change, and who is told.

use std::fmt;

use serde::Serialize;

/// A finding's name; stands in reports and in programs that read them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[allow(clippy::enum_variant_names, reason = "these are the published names")]
pub enum Code {
    /// A checkpoint is not signed by the key of the log.
    ESignature,
    /// The log is shorter than a checkpoint says that somebody keeps.
    ERollback,
    /// The log is another one than the one a pinned checkpoint was taken of.
    EForkPin,
    /// Two checkpoints of one size have different roots.
    EForkSameSize,
    /// An older checkpoint is missing from the history, or the log does not begin with it.
    EInconsistentCheckpoint,
    /// The entries do not give the root of the newest checkpoint.
    ERoot,
    ETileMissing,
    /// A tile holds other hashes than the entries give.
    ETileHash,
    /// A bundle or a batch of entries is missing.
    EBundleMissing,
    /// A bundle or a batch has other lengths or another number of entries.
    EBundleLength,
    /// An entry has another hash than the tree says.
    ELeafHash,
    /// An entry is no event in canonical form.
    ENotCanonical,
    /// One event stands in the log twice.
    EDuplicateEvent,
    /// An event of a document is missing.
    EDocSeqGap,
    /// Events or manifests of a document do not name the one before.
    EDocChain,
    /// An object that is written once has several versions, or was deleted.
    EVersionHistory,
    /// Evidence is not locked, or for a shorter time than it was.
    ERetention,
    /// A stored object is not what the log says.
    EDocContent,
    /// A locked document that no event names.
    EDocNotLogged,
    /// The log names an object that is gone.
    EEventWithoutDoc,
}

impl Code {
    pub const ALL: [Self; 20] = [
        Self::ESignature,
        Self::ERollback,
        Self::EForkPin,
        Self::EForkSameSize,
        Self::EInconsistentCheckpoint,
        Self::ERoot,
        Self::ETileMissing,
        Self::ETileHash,
        Self::EBundleMissing,
        Self::EBundleLength,
        Self::ELeafHash,
        Self::ENotCanonical,
        Self::EDuplicateEvent,
        Self::EDocSeqGap,
        Self::EDocChain,
        Self::EVersionHistory,
        Self::ERetention,
        Self::EDocContent,
        Self::EDocNotLogged,
        Self::EEventWithoutDoc,
    ];

    /// 1 where something contradicts, 2 where something is merely not there.
    pub const fn status(self) -> u8 {
        match self {
            Self::ETileMissing | Self::EBundleMissing => 2,
            _ => 1,
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

/// One fault: where, what should be there, what is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    pub code: Code,
    /// Path below `s3/`, or of the pin or proof.
    pub object: String,
    /// Of the first entry concerned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<u64>,
    pub expected: String,
    pub found: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code)?;
        if let Some(index) = self.index {
            write!(f, " index {index}")?;
        }
        write!(f, " {}: expected {}, found {}", self.object, self.expected, self.found)
    }
}

/// Objects whose loss or damage is none, so that nobody wonders why it is not noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Harmless {
    /// Can be made again from what is evidence.
    Rebuildable,
    /// Nothing names it: what a crash left, or what came after the newest checkpoint.
    Leftover,
}

/// Is told while verifying, so that a long report needs no memory.
pub trait Sink {
    fn finding(&mut self, finding: Finding);
    fn harmless(&mut self, kind: Harmless, path: &str);
    /// Something could not be read or understood.
    fn unreadable(&mut self, what: &str);
    /// What was checked, and how far one has come.
    fn note(&mut self, text: &str);
    fn progress(&mut self, hospital: &str, done: u64, of: u64);
}

/// A report in memory.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    pub findings: Vec<Finding>,
    pub rebuildable: Vec<String>,
    pub leftover: Vec<String>,
    pub unreadable: Vec<String>,
    pub notes: Vec<String>,
}

impl Report {
    /// 0 sound, 1 tampered, 2 incomplete or unreadable.
    pub fn status(&self) -> u8 {
        let worst = self.findings.iter().map(|finding| finding.code.status()).min();
        worst.unwrap_or(if self.unreadable.is_empty() { 0 } else { 2 })
    }
}

impl Sink for Report {
    fn finding(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    fn harmless(&mut self, kind: Harmless, path: &str) {
        match kind {
            Harmless::Rebuildable => self.rebuildable.push(path.to_owned()),
            Harmless::Leftover => self.leftover.push(path.to_owned()),
        }
    }

    fn unreadable(&mut self, what: &str) {
        self.unreadable.push(what.to_owned());
    }

    fn note(&mut self, text: &str) {
        self.notes.push(text.to_owned());
    }

    fn progress(&mut self, _: &str, _: u64, _: u64) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_their_published_names() {
        let names: Vec<_> = Code::ALL.iter().map(Code::to_string).collect();
        let published = "E_SIGNATURE E_ROLLBACK E_FORK_PIN E_FORK_SAME_SIZE E_INCONSISTENT_CHECKPOINT E_ROOT \
            E_TILE_MISSING E_TILE_HASH E_BUNDLE_MISSING E_BUNDLE_LENGTH E_LEAF_HASH E_NOT_CANONICAL E_DUPLICATE_EVENT \
            E_DOC_SEQ_GAP E_DOC_CHAIN E_VERSION_HISTORY E_RETENTION E_DOC_CONTENT E_DOC_NOT_LOGGED E_EVENT_WITHOUT_DOC";
        assert_eq!(names.join(" "), published);
    }
}
