//! What a person is allowed to be; one each (Cognito group).

/// A role. Stored and sent as its group name.
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
    pub const ALL: [Self; 4] = [Self::Physician, Self::Clerk, Self::Nurse, Self::Auditor];

    /// The role of that group name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == name)
    }

    /// The group name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Physician => "physician",
            Self::Clerk => "clerk",
            Self::Nurse => "nurse",
            Self::Auditor => "auditor",
        }
    }

    /// As documents print it; empty for a role that writes none.
    pub const fn in_japanese(self) -> &'static str {
        match self {
            Self::Physician => "医師",
            Self::Clerk => "医師事務作業補助者",
            Self::Nurse => "看護師",
            Self::Auditor => "",
        }
    }
}
