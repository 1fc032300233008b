//! The key of the table row in which an event waits for the log.
//!
//! `DOC#<hospital>#<id>` holds the changes of one document, in order; `ACCESS#<hospital>#<random>`
//! one reading, search or refusal, so that readers of one document never contend.

/// Where an event lies in the table.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RowKey {
    hospital: String,
    owner: RowOwner,
    sequence: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RowOwner {
    /// A document, by its id.
    Document(String),
    /// A chain of one, by a random name.
    Access(String),
}

/// Not `DOC#h#id` or `ACCESS#h#random` with `EVENT#` and ten digits from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the key of an event row")]
pub struct NotARowKey;

/// The largest number that ten digits hold.
const MAX_SEQUENCE: u64 = 9_999_999_999;

impl RowKey {
    pub fn of_document(hospital: &str, id: &str, sequence: u64) -> Result<Self, NotARowKey> {
        Self::new(hospital, RowOwner::Document(id.to_owned()), sequence)
    }

    /// `random` names the row and nothing else.
    pub fn of_access(hospital: &str, random: &str) -> Result<Self, NotARowKey> {
        Self::new(hospital, RowOwner::Access(random.to_owned()), 1)
    }

    pub fn parse(pk: &str, sk: &str) -> Result<Self, NotARowKey> {
        let mut parts = pk.split('#');
        let (Some(kind), Some(hospital), Some(name), None) = (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(NotARowKey);
        };
        let owner = match kind {
            "DOC" => RowOwner::Document(name.to_owned()),
            "ACCESS" => RowOwner::Access(name.to_owned()),
            _ => return Err(NotARowKey),
        };
        let digits = sk.strip_prefix("EVENT#").ok_or(NotARowKey)?;
        let sequence = digits.parse().map_err(|_| NotARowKey)?;
        let key = Self::new(hospital, owner, sequence)?;
        if key.sk() == sk { Ok(key) } else { Err(NotARowKey) }
    }

    fn new(hospital: &str, owner: RowOwner, sequence: u64) -> Result<Self, NotARowKey> {
        let (RowOwner::Document(name) | RowOwner::Access(name)) = &owner;
        let alone = matches!(owner, RowOwner::Access(_));
        let sound = is_hospital_id(hospital)
            && is_name(name)
            && (1..=MAX_SEQUENCE).contains(&sequence)
            && (!alone || sequence == 1);
        if sound { Ok(Self { hospital: hospital.to_owned(), owner, sequence }) } else { Err(NotARowKey) }
    }

    pub fn hospital(&self) -> &str {
        &self.hospital
    }

    pub const fn owner(&self) -> &RowOwner {
        &self.owner
    }

    /// Counts from 1.
    pub const fn sequence(&self) -> u64 {
        self.sequence
    }

    pub fn pk(&self) -> String {
        match &self.owner {
            RowOwner::Document(id) => format!("DOC#{}#{id}", self.hospital),
            RowOwner::Access(random) => format!("ACCESS#{}#{random}", self.hospital),
        }
    }

    pub fn sk(&self) -> String {
        format!("EVENT#{:010}", self.sequence)
    }

    /// The same owner's event before this one.
    pub fn predecessor(&self) -> Option<Self> {
        let sequence = self.sequence.checked_sub(1).filter(|sequence| *sequence > 0)?;
        Some(Self { sequence, ..self.clone() })
    }
}

/// Lower-case letters, digits and hyphens, at most 63: safe in keys, prefixes and origin lines.
pub fn is_hospital_id(text: &str) -> bool {
    (1..=63).contains(&text.len()) && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
}

/// Hex, base64url or a UUID.
fn is_name(text: &str) -> bool {
    (1..=128).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_reads_back() {
        for (pk, sk) in [
            ("DOC#hospital-a#5d0c", "EVENT#0000000001"),
            ("DOC#hospital-a#5d0c", "EVENT#9999999999"),
            ("ACCESS#h#0b9c-77", "EVENT#0000000001"),
        ] {
            let key = RowKey::parse(pk, sk).unwrap();
            assert_eq!((key.pk().as_str(), key.sk().as_str()), (pk, sk));
        }
    }

    #[test]
    fn other_rows_are_no_event_rows() {
        for (pk, sk) in [
            ("DOC#h#id", "STATE"),
            ("LOG#h", "HEAD"),
            ("DOC#h#id#x", "EVENT#0000000001"),
            ("DOC#h", "EVENT#0000000001"),
            ("DOC##id", "EVENT#0000000001"),
            ("DOC#h/../g#id", "EVENT#0000000001"),
            ("DOC#h#id", "EVENT#0000000000"),
            ("DOC#h#id", "EVENT#1"),
            ("DOC#h#id", "EVENT#+000000001"),
            ("DOC#h#id", "EVENT#00000000001"),
            ("ACCESS#h#id", "EVENT#0000000002"),
            ("OTHER#h#id", "EVENT#0000000001"),
        ] {
            assert_eq!(RowKey::parse(pk, sk), Err(NotARowKey), "{pk} {sk}");
        }
    }

    #[test]
    fn first_event_has_no_predecessor() {
        let second = RowKey::of_document("h", "id", 2).unwrap();
        let first = second.predecessor().unwrap();
        assert_eq!(first.sk(), "EVENT#0000000001");
        assert_eq!(first.predecessor(), None);
    }
}
