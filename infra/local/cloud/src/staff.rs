//! Hospitals and users of the local cloud: two hospitals, each with two physicians, a clerk, a nurse and an auditor.

/// The main job signs in as this one, whom `ready.json` does not list.
pub const MAIN_JOB_USER: User = user("first-run", "physician", "試運転", "内科");

pub struct House {
    pub id: &'static str,
    /// As it stands in certificates, in Latin letters.
    pub organisation: &'static str,
    pub users: &'static [User],
}

/// Somebody who signs in, as the hospital registered this person.
pub struct User {
    /// User name.
    pub name: &'static str,
    pub role: &'static str,
    /// As documents print it.
    pub full_name: &'static str,
    pub department: &'static str,
}

const fn user(name: &'static str, role: &'static str, full_name: &'static str, department: &'static str) -> User {
    User { name, role, full_name, department }
}

/// 資格, as documents print it.
pub fn qualification(role: &str) -> &'static str {
    fude::role::Role::parse(role).map_or("", fude::role::Role::in_japanese)
}

pub const HOUSES: [House; 2] = [
    House {
        id: "hospital-a",
        organisation: "Mizukino General Hospital",
        users: &[
            user("sato", "physician", "佐藤 健一", "呼吸器内科"),
            user("tanaka", "physician", "田中 美穂", "循環器内科"),
            user("kimura", "clerk", "木村 直子", "医事課"),
            user("mori", "nurse", "森 由香", "5階東病棟"),
            user("ono", "auditor", "小野 隆", "監査室"),
        ],
    },
    House {
        id: "hospital-b",
        organisation: "Shiosai City Hospital",
        users: &[
            user("ishii", "physician", "石井 誠", "内科"),
            user("yamada", "physician", "山田 涼子", "外科"),
            user("endo", "clerk", "遠藤 薫", "医事課"),
            user("arai", "nurse", "新井 千夏", "3階病棟"),
            user("kubo", "auditor", "久保 学", "監査室"),
        ],
    },
];

/// Groups of a user: role and hospital.
pub fn groups(hospital: &str, role: &str) -> Vec<String> {
    vec![format!("hospital:{hospital}"), role.to_owned()]
}
