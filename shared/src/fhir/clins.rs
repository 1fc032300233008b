//! Sections of the JP-CLINS documents (eDischargeSummary, eReferral): fixed names, and what their entries may be.
//! Holds the implementation guide's table; which sections a kind has is its template's business.

/// `http://jpfhir.jp/fhir/clins/CodeSystem/document-section`
pub(super) const SECTIONS: &str = "http://jpfhir.jp/fhir/clins/CodeSystem/document-section";

/// A section's title and what its entries may be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule {
    pub code: &'static str,
    pub title: &'static str,
    /// Resource types.
    pub entries: &'static [&'static str],
    /// 0: any number.
    pub most: usize,
    /// At least one entry is needed, however little the record has.
    pub needed: bool,
}

pub(super) fn rule(code: &str) -> Option<&'static Rule> {
    RULES.iter().find(|r| r.code == code)
}

const fn any(code: &'static str, title: &'static str, entries: &'static [&'static str]) -> Rule {
    Rule { code, title, entries, most: 0, needed: false }
}

const fn needed(code: &'static str, title: &'static str, entries: &'static [&'static str]) -> Rule {
    Rule { code, title, entries, most: 0, needed: true }
}

const CONDITION: &[&str] = &["Condition"];
const DRUG: &[&str] = &["MedicationRequest", "MedicationStatement"];
const STUDY: &[&str] = &["Observation", "DiagnosticReport"];
const NOTE: &[&str] = &["DocumentReference"];

static RULES: &[Rule] = &[
    // both
    any("210", "添付情報", NOTE),
    any("230", "PDF", NOTE),
    any("300", "構造情報", &[]),
    any("410", "事前指示", &["Consent"]),
    any("510", "アレルギー・不耐性反応", &["AllergyIntolerance"]),
    any("530", "予防接種歴", &["Immunization"]),
    any("810", "医療機器", &["DeviceUseStatement"]),
    // eDischargeSummary
    Rule { code: "312", title: "入院理由", entries: &["Encounter"], most: 1, needed: false },
    Rule { code: "322", title: "入院時詳細", entries: &["Encounter"], most: 1, needed: true },
    Rule { code: "324", title: "退院時詳細", entries: &["Encounter"], most: 1, needed: true },
    needed("333", "入院中経過", NOTE),
    any("342", "入院時診断", CONDITION),
    needed("344", "退院時診断", CONDITION),
    any("352", "主訴", CONDITION),
    any("362", "現病歴", CONDITION),
    any("372", "既往歴", CONDITION),
    any("424", "退院時方針指示", &["CarePlan"]),
    any("432", "入院時服薬", DRUG),
    any("444", "退院時投薬指示", DRUG),
    any("552", "家族歴", &["FamilyMemberHistory"]),
    any("612", "入院時身体所見", &["Observation"]),
    any("614", "退院時身体所見", &["Observation"]),
    any("623", "入院中検査結果", STUDY),
    any("642", "社会歴・生活習慣", &["Observation"]),
    any("713", "入院中治療", &["Procedure"]),
    // eReferral
    any("220", "備考・連絡情報", NOTE),
    any("330", "臨床経過", NOTE),
    needed("340", "傷病名・主訴", CONDITION),
    any("360", "現病歴", CONDITION),
    any("370", "既往歴", CONDITION),
    any("420", "診療方針指示", &["CarePlan"]),
    any("430", "投薬指示", DRUG),
    any("520", "感染症情報", &["Observation"]),
    any("550", "家族歴", &["FamilyMemberHistory"]),
    any("610", "身体所見", &["Observation"]),
    any("620", "検査結果", STUDY),
    any("640", "社会歴・生活習慣", &["Observation"]),
    any("720", "処置", &["Procedure"]),
    any("730", "手術", &["Procedure"]),
    any("740", "輸血歴", &["Procedure"]),
    Rule { code: "910", title: "紹介先情報", entries: &["Organization", "Practitioner"], most: 2, needed: true },
    Rule { code: "920", title: "紹介元情報", entries: &["Organization", "Practitioner"], most: 2, needed: true },
    Rule { code: "950", title: "紹介目的", entries: &["Encounter"], most: 1, needed: false },
];
