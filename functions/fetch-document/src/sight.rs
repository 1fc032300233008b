//! Which kinds of document a role sees: others are left out of searches and refused when asked for.

use fude::template::Template;
use fude_aws::caller::Role;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sight {
    /// Every kind, also one that there is no template of any more.
    All,
    Kinds(Vec<&'static str>),
}

impl Sight {
    /// Nurses see what nurses finalise, clerks what clerks may draft.
    pub fn of(role: Role) -> Self {
        let kinds = |seen: fn(&Template) -> bool| {
            let seen = |kind: &&str| Template::find(kind).is_some_and(|(t, _)| seen(&t));
            Self::Kinds(Template::kinds().filter(seen).collect())
        };
        match role {
            Role::Physician | Role::Auditor => Self::All,
            Role::Nurse => kinds(|t| t.finalisers.iter().any(|f| f == "nurse")),
            Role::Clerk => kinds(|t| t.clerk),
        }
    }

    pub fn sees(&self, kind: &str) -> bool {
        match self {
            Self::All => true,
            Self::Kinds(kinds) => kinds.contains(&kind),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Role, Sight};

    #[test]
    fn a_role_sees_only_its_kinds() {
        for (role, nursing, discharge, unknown) in [
            (Role::Physician, true, true, true),
            (Role::Auditor, true, true, true),
            (Role::Nurse, true, false, false),
            (Role::Clerk, false, true, false),
        ] {
            let sight = Sight::of(role);
            let seen = (sight.sees("nursing-summary"), sight.sees("discharge-summary"), sight.sees("no-such-kind"));
            assert_eq!(seen, (nursing, discharge, unknown), "{role:?}");
        }
    }
}
