//! How an addressee is called: 御侍史 for a physician, 御中 for an institution, 様 for a person, 殿 on official forms.
//! Honorifics come from here and never stand twice.

use crate::document::Destination;
use crate::template::Addressee;

const HONORIFICS: &[&str] = &["御侍史", "御机下", "先生", "ご家族様", "様", "さん", "殿", "御中"];

/// The addressee's line; empty where nothing is known.
pub fn addressee_line(template: &Addressee, to: &Destination, patient: &str) -> String {
    let part = |p: &Option<String>| p.as_deref().map(str::trim).unwrap_or_default().to_owned();
    let (institution, department) = (part(&to.institution), part(&to.department));
    let recipient = bare(to.recipient.as_deref().unwrap_or_default());
    let patient = bare(patient);
    let called = match (to.kind.as_str(), recipient.as_str()) {
        ("patient", "") if patient.is_empty() => String::new(),
        ("patient", "") => format!("{patient} {}", template.patient),
        ("patient", name) => format!("{name} {}", template.patient),
        ("family", "") if patient.is_empty() => "ご家族様".to_owned(),
        ("family", "") => format!("{patient} 様 ご家族様"),
        ("medical-institution", "") if !department.is_empty() => format!("{} {}", template.unknown, template.person),
        ("medical-institution", name) if !name.is_empty() => format!("{name} {}", template.person),
        // A municipality alone is addressed by its head.
        ("municipality", "") if department.is_empty() && institution.ends_with(['市', '区', '町', '村']) => {
            return format!("{institution}長 殿");
        }
        ("municipality", name) if !name.is_empty() => format!("{name} 殿"),
        (_, "") if institution.is_empty() && department.is_empty() => String::new(),
        (_, "") => "御中".to_owned(),
        (_, name) => format!("{name} 様"),
    };
    let line = template.line.replace("{institution}", &institution).replace("{department}", &department);
    line.replace("{recipient}", &called).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A name without the honorifics that the request may have brought along.
pub(crate) fn bare(name: &str) -> String {
    let mut name = name.trim();
    while let Some(shorter) = HONORIFICS.iter().find_map(|h| name.strip_suffix(h)) {
        name = shorter.trim_end();
    }
    name.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::addressee_line;
    use crate::document::Destination;
    use crate::template::Template;

    fn line(document: &str, kind: &str, parts: [&str; 3]) -> String {
        let (template, _) = Template::find(document).expect("a kind");
        let [institution, department, recipient] = parts.map(|p| Some(p.to_owned()).filter(|p| !p.is_empty()));
        let to = Destination { kind: kind.to_owned(), institution, department, recipient };
        addressee_line(&template.addressee, &to, "川崎 聡")
    }

    #[test]
    fn each_type_of_addressee_is_called_as_is_usual() {
        for (document, kind, parts, wanted) in [
            (
                "referral-letter",
                "medical-institution",
                ["みなと診療所", "内科", "鈴木 一郎"],
                "みなと診療所 内科 鈴木 一郎 先生 御侍史",
            ),
            (
                "referral-letter",
                "medical-institution",
                ["みなと診療所", "内科", "鈴木先生 御侍史"],
                "みなと診療所 内科 鈴木 先生 御侍史",
            ),
            (
                "referral-letter",
                "medical-institution",
                ["みなと診療所", "内科", ""],
                "みなと診療所 内科 外来担当医 先生 御侍史",
            ),
            ("referral-letter", "medical-institution", ["みなと診療所", "", ""], "みなと診療所 御中"),
            ("referral-letter", "pharmacy", ["わかば薬局", "", "管理薬剤師 山本"], "わかば薬局 管理薬剤師 山本 様"),
            ("referral-letter", "municipality", ["多摩川市", "", ""], "多摩川市長 殿"),
            ("referral-letter", "municipality", ["多摩川市", "健康福祉部", ""], "多摩川市 健康福祉部 御中"),
            (
                "nursing-summary",
                "medical-institution",
                ["みさき台病院", "3階病棟", ""],
                "みさき台病院 3階病棟 看護ご担当者 様",
            ),
            (
                "nursing-summary",
                "visiting-nurse-station",
                ["訪問看護ステーション花", "", ""],
                "訪問看護ステーション花 御中",
            ),
            ("nursing-summary", "care-manager", ["ケアプラン若葉", "", "西村 恵子 様"], "ケアプラン若葉 西村 恵子 様"),
            ("inpatient-care-plan", "patient", ["", "", ""], "川崎 聡 殿"),
            ("inpatient-care-plan", "family", ["", "", ""], "川崎 聡 様 ご家族様"),
            ("inpatient-care-plan", "family", ["", "", "川崎 真弓"], "川崎 真弓 様"),
        ] {
            assert_eq!(line(document, kind, parts), wanted);
        }
    }
}
