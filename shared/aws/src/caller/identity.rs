//! Hospitals and roles, the two things that a token's groups name.

use std::fmt;

/// A hospital's short name, `[a-z0-9-]{1,40}`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HospitalId(String);

impl HospitalId {
    /// Takes a string of the right form.
    pub fn parse(text: &str) -> Option<Self> {
        let good = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        ((1..=40).contains(&text.len()) && text.bytes().all(good)).then(|| Self(text.to_owned()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for HospitalId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// What a person is allowed to be; one each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// 医師.
    Physician,
    /// 医師事務作業補助者.
    Clerk,
    /// 看護師.
    Nurse,
    /// Auditor.
    Auditor,
}

impl Role {
    /// The role of that group name.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "physician" => Some(Self::Physician),
            "clerk" => Some(Self::Clerk),
            "nurse" => Some(Self::Nurse),
            "auditor" => Some(Self::Auditor),
            _ => None,
        }
    }

    /// The group name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Physician => "physician",
            Self::Clerk => "clerk",
            Self::Nurse => "nurse",
            Self::Auditor => "auditor",
        }
    }
}
