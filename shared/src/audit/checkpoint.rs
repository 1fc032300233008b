//! Checkpoints: a tree's size and root as a C2SP signed note with an Ed25519 signature.
//!
//! Leaves out signing itself (a key service does it) and the history of checkpoints. Further
//! signatures of unknown keys are kept out of the way, so that witnesses may cosign later.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, VerifyingKey};
use sha2::{Digest as _, Sha256};

use crate::integrity::Digest;

/// Signature type of plain Ed25519 in a signed note.
const ED25519: u8 = 1;
/// What precedes the 32 bytes of an Ed25519 key in DER (RFC 8410).
const SPKI_PREFIX: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
/// No sound note is longer: room for 16 signatures of post-quantum size.
const MAX_NOTE: usize = 128 * 1024;

/// The head of a log: how many entries and which root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// `fude.example/<name of the log>`
    pub origin: String,
    pub size: u64,
    pub root: Digest,
}

/// The public key of a log under its name, which is the origin of its checkpoints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogKey {
    name: String,
    key: VerifyingKey,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    #[error("not the public key of a log")]
    NotAKey,
    #[error("not a signed note")]
    NotANote,
    #[error("the note is no checkpoint")]
    NotACheckpoint,
    #[error("the checkpoint is another log's")]
    OtherOrigin,
    #[error("the note is not signed by the log's key")]
    NotSigned,
    #[error("the signature of the log's key is wrong")]
    BadSignature,
}

/// The origin line of a log.
pub fn origin(log: &str) -> String {
    format!("fude.example/{log}")
}

impl LogKey {
    /// `name` has neither blanks nor plus signs; `key` is the 32-byte public key.
    pub fn new(name: &str, key: &[u8; 32]) -> Result<Self, CheckpointError> {
        let named = !name.is_empty()
            && !name
                .contains(|character: char| character.is_whitespace() || character.is_control() || character == '+');
        let key = VerifyingKey::from_bytes(key).map_err(|_| CheckpointError::NotAKey)?;
        if named { Ok(Self { name: name.to_owned(), key }) } else { Err(CheckpointError::NotAKey) }
    }

    /// From DER, as KMS hands it out.
    pub fn from_spki(name: &str, der: &[u8]) -> Result<Self, CheckpointError> {
        let key = der.strip_prefix(SPKI_PREFIX.as_slice()).and_then(|key| key.try_into().ok());
        Self::new(name, key.ok_or(CheckpointError::NotAKey)?)
    }

    /// From the usual text form, `<name>+<key id>+<base64 of type and key>`.
    pub fn parse(text: &str) -> Result<Self, CheckpointError> {
        let not_a_key = CheckpointError::NotAKey;
        let (name, rest) = text.split_once('+').ok_or(not_a_key)?;
        let (_, encoded) = rest.split_once('+').ok_or(not_a_key)?;
        let bytes = STANDARD.decode(encoded).map_err(|_| not_a_key)?;
        let key = bytes.strip_prefix(&[ED25519]).and_then(|key| key.try_into().ok()).ok_or(not_a_key)?;
        let key = Self::new(name, key)?;
        if key.to_text() == text { Ok(key) } else { Err(not_a_key) }
    }

    /// The text form that `parse` reads.
    pub fn to_text(&self) -> String {
        let key = [&[ED25519], self.key.as_bytes().as_slice()].concat();
        format!("{}+{}+{}", self.name, hex::encode(self.id()), STANDARD.encode(key))
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn public_key(&self) -> &[u8; 32] {
        self.key.as_bytes()
    }

    /// First four bytes of SHA-256 over name, newline, type and key.
    fn id(&self) -> [u8; 4] {
        let hash = Sha256::new()
            .chain_update(&self.name)
            .chain_update([b'\n', ED25519])
            .chain_update(self.key.as_bytes())
            .finalize();
        [hash[0], hash[1], hash[2], hash[3]]
    }

    /// The signed note of a text and its raw signature; refuses a signature that does not hold.
    pub fn signed_note(&self, text: &str, signature: &[u8]) -> Result<String, CheckpointError> {
        self.check(text, signature)?;
        let signature = STANDARD.encode([&self.id(), signature].concat());
        Ok(format!("{text}\n\u{2014} {} {signature}\n", self.name))
    }

    /// The text of a note, if this key signed it.
    pub fn open<'a>(&self, note: &'a [u8]) -> Result<&'a str, CheckpointError> {
        let (text, signatures) = self.signatures(note)?;
        // A known key's signature that fails spoils the whole note
        signatures.iter().try_for_each(|signature| self.check(text, signature))?;
        Ok(text)
    }

    /// The text of a note and what claims to be this key's signature on it; at least one.
    fn signatures<'a>(&self, note: &'a [u8]) -> Result<(&'a str, Vec<Vec<u8>>), CheckpointError> {
        let (text, lines) = split_note(note)?;
        let (id, mut ours) = (self.id(), Vec::new());
        for line in lines.split_terminator('\n') {
            let (name, of, signature) = read_signature(line)?;
            if name == self.name && of == id {
                ours.push(signature);
            }
        }
        if ours.is_empty() { Err(CheckpointError::NotSigned) } else { Ok((text, ours)) }
    }

    /// Whether this key signed all of the notes: one equation over all signatures with factors that no signer can
    /// foresee (Bernstein et al., High-speed high-security signatures, section 5). False says nothing of any one of them.
    fn signed_all(&self, notes: &[&[u8]]) -> bool {
        let (mut texts, mut signatures) = (Vec::new(), Vec::new());
        for note in notes {
            let Ok((text, ours)) = self.signatures(note) else { return false };
            for signature in ours {
                let Ok(signature) = Signature::from_slice(&signature) else { return false };
                texts.push(text.as_bytes());
                signatures.push(signature);
            }
        }
        ed25519_dalek::verify_batch(&texts, &signatures, &vec![self.key; texts.len()]).is_ok()
    }

    fn check(&self, text: &str, signature: &[u8]) -> Result<(), CheckpointError> {
        let signature = Signature::from_slice(signature).map_err(|_| CheckpointError::BadSignature)?;
        self.key.verify_strict(text.as_bytes(), &signature).map_err(|_| CheckpointError::BadSignature)
    }
}

/// Text with its final newline, and the signature lines after the last empty line.
fn split_note(note: &[u8]) -> Result<(&str, &str), CheckpointError> {
    let not_a_note = CheckpointError::NotANote;
    let note = std::str::from_utf8(note).map_err(|_| not_a_note)?;
    if note.len() > MAX_NOTE || note.bytes().any(|byte| byte < b' ' && byte != b'\n') {
        return Err(not_a_note);
    }
    let blank = note.rfind("\n\n").ok_or(not_a_note)?;
    let (text, signatures) = (&note[..=blank], &note[blank + 2..]);
    if signatures.ends_with('\n') { Ok((text, signatures)) } else { Err(not_a_note) }
}

fn read_signature(line: &str) -> Result<(&str, [u8; 4], Vec<u8>), CheckpointError> {
    let not_a_note = CheckpointError::NotANote;
    let (name, encoded) = line.strip_prefix("\u{2014} ").and_then(|line| line.split_once(' ')).ok_or(not_a_note)?;
    let bytes = STANDARD.decode(encoded).map_err(|_| not_a_note)?;
    let (id, signature) = bytes.split_first_chunk::<4>().ok_or(not_a_note)?;
    if name.is_empty() || signature.is_empty() {
        return Err(not_a_note);
    }
    Ok((name, *id, signature.to_vec()))
}

impl Checkpoint {
    /// The text that is signed: origin, size, root in base64, a line each.
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, self.root.base64())
    }

    /// Reads a signed checkpoint of the log with that key.
    pub fn open(note: &[u8], key: &LogKey) -> Result<Self, CheckpointError> {
        Self::of_log(key.open(note)?, key)
    }

    /// Reads many signed checkpoints of one log, in a third of the time that they take one by one.
    pub fn open_all(notes: &[&[u8]], key: &LogKey) -> Vec<Result<Self, CheckpointError>> {
        let sound = !key.key.is_weak() && key.signed_all(notes);
        let open = |note: &&[u8]| if sound { Self::of_log(split_note(note)?.0, key) } else { Self::open(note, key) };
        notes.iter().map(open).collect()
    }

    fn of_log(text: &str, key: &LogKey) -> Result<Self, CheckpointError> {
        let checkpoint = Self::read(text)?;
        if checkpoint.origin == key.name { Ok(checkpoint) } else { Err(CheckpointError::OtherOrigin) }
    }

    /// What a note says, whoever signed it: for messages only, never to be trusted.
    pub fn claimed(note: &[u8]) -> Result<Self, CheckpointError> {
        Self::read(split_note(note)?.0)
    }

    fn read(text: &str) -> Result<Self, CheckpointError> {
        let wrong = CheckpointError::NotACheckpoint;
        let mut lines = text.split_terminator('\n');
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next()) else {
            return Err(wrong);
        };
        let root = STANDARD.decode(root).ok().and_then(|root| root.try_into().ok()).ok_or(wrong)?;
        let checkpoint =
            Self { origin: origin.to_owned(), size: size.parse().map_err(|_| wrong)?, root: Digest::from_bytes(root) };
        // Extension lines may follow; the three first have one spelling
        let sound = !origin.is_empty() && text.starts_with(&checkpoint.text()) && lines.all(|line| !line.is_empty());
        if sound { Ok(checkpoint) } else { Err(wrong) }
    }
}

#[cfg(test)]
#[path = "checkpoint_tests.rs"]
mod tests;
