//! Hospitals and users of the local cloud: two hospitals, each with two physicians, a clerk, a nurse and an auditor.

/// The main job signs in as this one, whom `ready.json` does not list.
pub const MAIN_JOB_USER: &str = "first-run";

pub struct House {
    pub id: &'static str,
    /// As it stands in certificates, in Latin letters.
    pub organisation: &'static str,
    /// User name and role.
    pub users: &'static [(&'static str, &'static str)],
}

pub const HOUSES: [House; 2] = [
    House {
        id: "hospital-a",
        organisation: "Mizukino General Hospital",
        users: &[
            ("sato", "physician"),
            ("tanaka", "physician"),
            ("kimura", "clerk"),
            ("mori", "nurse"),
            ("ono", "auditor"),
        ],
    },
    House {
        id: "hospital-b",
        organisation: "Shiosai City Hospital",
        users: &[
            ("ishii", "physician"),
            ("yamada", "physician"),
            ("endo", "clerk"),
            ("arai", "nurse"),
            ("kubo", "auditor"),
        ],
    },
];

/// Groups of a user: role and hospital.
pub fn groups(hospital: &str, role: &str) -> Vec<String> {
    vec![format!("hospital:{hospital}"), role.to_owned()]
}
