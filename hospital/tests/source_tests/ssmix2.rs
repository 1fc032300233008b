//! A storage that another program wrote (`tests/ssmix2/storage.py`, hl7apy), read as a record.

use std::collections::BTreeMap;
use std::path::PathBuf;

use fude::facts::{self, Fact, Facts, Kind, Request};
use fude::record::{Asked, read};
use fude::template::Template;
use fude_hospital::source::ssmix2::{Settings, Storage};
use fude_hospital::source::{Reason, Record, SourceError};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::{of, resources};

pub const PNEUMONIA: &str = "0002046813";
const DIABETES: &str = "0007315590";
const DECEASED: &str = "0009480027";

pub fn made() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/ssmix2/made")
}

pub fn settings() -> Settings {
    Settings {
        roots: vec![made().join("storage")],
        dispositions: BTreeMap::from([("01".to_owned(), "軽快".to_owned())]),
        ..Settings::default()
    }
}

pub fn record(number: &str) -> Record {
    Storage::open(&settings()).expect("a storage").record(number).expect("a record")
}

/// What the other program prescribed, by its own list.
#[derive(Deserialize)]
struct Prescribed {
    patient: String,
    name: String,
    words: Vec<String>,
}

fn prescribed() -> Vec<Prescribed> {
    let list = std::fs::read_to_string(made().join("prescribed.json")).expect("the list");
    serde_json::from_str(&list).expect("JSON")
}

/// Width and the two spellings of a dash and a wave do not count; spaces do not either.
fn folded(text: &str) -> String {
    let text = fude::text::nfkc(text).replace(['−', '－', '‐'], "-").replace(['〜', '～'], "~");
    text.split_whitespace().collect()
}

fn facts_of(record: &Record, number: &str, kind: &str) -> Facts {
    let raw = RawValue::from_string(record.bundle.json()).expect("JSON");
    let asked = Asked { patient_id: number, ..Asked::default() };
    let clinical = read(&raw, &asked).expect("Fude reads it");
    assert!(clinical.warnings().is_empty(), "{:?}", clinical.warnings());
    let (template, _) = Template::find(kind).expect("a kind");
    facts::build(&clinical, &template, &Request { addressee: "medical-institution", ..Request::default() })
}

#[test]
fn every_prescription_stands_in_the_record_with_its_own_words() {
    let list = prescribed();
    assert!(list.len() >= 25, "{}", list.len());
    for number in [PNEUMONIA, DIABETES, DECEASED] {
        let record = record(number);
        let all = resources(&record.bundle.json());
        let mut orders: Vec<(String, String)> = of(&all, "MedicationRequest")
            .iter()
            .filter(|r| r["status"] != "cancelled")
            .map(|r| (folded(r["medicationCodeableConcept"]["text"].as_str().expect("a name")), folded(&r.to_string())))
            .collect();
        for wanted in list.iter().filter(|p| p.patient == number) {
            let holds = |(name, said): &(String, String)| {
                *name == folded(&wanted.name) && wanted.words.iter().all(|w| said.contains(&folded(w)))
            };
            // Each order of the list is an order of the record of its own.
            let found = orders.iter().position(holds);
            let found = found.unwrap_or_else(|| panic!("{} {:?} is not among {orders:#?}", wanted.name, wanted.words));
            orders.remove(found);
        }
        assert!(orders.is_empty(), "nobody prescribed {orders:#?}");
    }
}

#[test]
fn fude_makes_a_fact_of_every_prescription_that_says_name_amount_usage_and_days() {
    for (number, kind) in
        [(PNEUMONIA, "discharge-summary"), (DECEASED, "discharge-summary"), (DIABETES, "referral-letter")]
    {
        let facts = facts_of(&record(number), number, kind);
        let told: Vec<(String, String)> =
            facts.of(Kind::Medication).map(|f| (folded(&f.name), folded(&f.text()))).collect();
        for wanted in prescribed().iter().filter(|p| p.patient == number) {
            let holds = |(name, said): &(String, String)| {
                *name == folded(&wanted.name) && wanted.words.iter().all(|w| said.contains(&folded(w)))
            };
            assert!(told.iter().any(holds), "{} {:?} is not among {told:#?}", wanted.name, wanted.words);
        }
        assert!(!told.iter().any(|(_, said)| said.contains("不一致")), "text and structure agree: {told:#?}");
    }
}

#[test]
fn doses_that_are_not_plain_stay_as_they_were_written() {
    let all = resources(&record(PNEUMONIA).bundle.json());
    let dosage = |name: &str, category: &str| -> Value {
        let found = of(&all, "MedicationRequest").into_iter().find(|r| {
            let coded =
                r["category"].as_array().expect("categories").iter().any(|c| c["coding"][0]["code"] == category);
            r["medicationCodeableConcept"]["text"].as_str().is_some_and(|n| n.starts_with(name)) && coded
        });
        found.unwrap_or_else(|| panic!("{name}"))["dosageInstruction"][0].clone()
    };
    let uneven = dosage("プレドニン", "BDP");
    assert_eq!(uneven["additionalInstruction"][0]["coding"][0]["code"], "V14NNNNN");
    assert!(uneven["doseAndRate"][0]["doseQuantity"].is_null(), "an uneven dose has no single amount");
    assert_eq!(uneven["doseAndRate"][0]["rateRatio"]["numerator"]["value"], 7);
    let needed = dosage("ロキソプロフェン", "DCG");
    assert_eq!((&needed["asNeededBoolean"], &needed["timing"]["repeat"]["count"]), (&true.into(), &10.into()));
    let half = dosage("ゾルピデム", "IHP");
    let range = &half["doseAndRate"][0]["doseRange"];
    assert_eq!((range["low"]["value"].as_f64(), range["high"]["value"].as_f64()), (Some(0.5), Some(1.0)));
    let ointment = dosage("ヒルドイド", "DCG");
    assert!(ointment["text"].as_str().expect("text").contains("両下腿") && ointment["doseAndRate"].is_null());
    let mixed = dosage("アドナ", "IHP");
    assert!(mixed["text"].as_str().expect("text").contains("輸液５００ｍＬに混注"));
    assert_eq!(mixed["extension"][0]["valuePeriod"]["end"], "2026-07-05T21:00:00+09:00");
}

#[test]
fn an_infusion_over_a_night_is_not_told_as_two_days() {
    let record = record(DECEASED);
    assert!(record.bundle.json().contains("開始 5月18日10時00分、終了 5月19日10時00分"));
    let facts = facts_of(&record, DECEASED, "discharge-summary");
    assert!(!facts.list.iter().any(|f| f.text().contains("2日間")), "no days of treatment from one bag");
}

#[test]
fn what_is_void_replaced_or_taken_back_is_no_prescription() {
    let record = record(PNEUMONIA);
    let json = record.bundle.json();
    for gone in ["無効錠", "旧版錠", "無効注射液", "誤登録した薬"] {
        assert!(!json.contains(gone), "{gone}");
    }
    let all = resources(&json);
    let taken_back = of(&all, "MedicationRequest")
        .into_iter()
        .find(|r| r["medicationCodeableConcept"]["text"] == "取消錠１００ｍｇ");
    assert_eq!(taken_back.expect("visible")["status"], "cancelled");
    let facts = facts_of(&record, PNEUMONIA, "discharge-summary");
    assert!(!facts.list.iter().any(|f| f.name.contains("取消錠")));
    let reasons: Vec<Reason> = record.warnings.iter().map(|w| w.reason).collect();
    for reason in [Reason::Superseded, Reason::Cancelled, Reason::NumberNotRead] {
        assert!(reasons.contains(&reason), "{reasons:?}");
    }
}

#[test]
fn the_stay_its_wards_and_its_diagnoses_are_found() {
    let all = resources(&record(PNEUMONIA).bundle.json());
    let stay = of(&all, "Encounter").into_iter().find(|e| e["class"]["code"] == "IMP").expect("a stay");
    assert_eq!(stay["period"]["start"], "2026-07-05T14:20:00+09:00");
    assert_eq!(stay["period"]["end"], "2026-07-16T11:00:00+09:00");
    assert_eq!(stay["hospitalization"]["dischargeDisposition"]["text"], "軽快");
    let wards: Vec<&str> =
        stay["location"].as_array().expect("wards").iter().filter_map(|l| l["location"]["display"].as_str()).collect();
    assert_eq!(wards, ["5W", "4E"], "where the patient was last comes first");
    let roles: Vec<&str> = stay["diagnosis"]
        .as_array()
        .expect("diagnoses")
        .iter()
        .filter_map(|d| d["use"]["coding"][0]["code"].as_str())
        .collect();
    assert_eq!(roles, ["AD", "DD"]);
    let facts = facts_of(&record(PNEUMONIA), PNEUMONIA, "discharge-summary");
    let names: Vec<String> = facts.of(Kind::Condition).map(Fact::text).collect();
    assert!(names.iter().any(|n| n.contains("右細菌性肺炎")), "{names:?}");
    assert!(names.iter().any(|n| n.contains("胃潰瘍の疑い") && n.contains("レセプト病名")), "{names:?}");
    assert!(names.iter().any(|n| n.contains("急性胃腸炎") && n.contains("既往")), "{names:?}");
}

#[test]
fn results_keep_their_digits_and_what_is_waited_for_is_told() {
    let json = record(PNEUMONIA).bundle.json();
    assert!(json.contains(r#""value":3.50"#) && json.contains(r#""value":12.40"#) && json.contains(r#""value":46.20"#));
    let all = resources(&json);
    let find = |name: &str| of(&all, "Observation").into_iter().find(|o| o["code"]["text"] == name).expect("a result");
    assert_eq!(find("ＨＢｓ抗原定量")["valueQuantity"]["comparator"], "<");
    assert_eq!(find("ＨＣＶ抗体")["valueCodeableConcept"]["text"], "陰性");
    let spoilt = find("クレアチニン");
    assert_eq!((&spoilt["valueString"], &spoilt["note"][0]["text"]), (&"検体不良".into(), &"溶血のため再検".into()));
    assert_eq!(find("カリウム")["referenceRange"][0]["text"], "3.6-4.8");
    assert_eq!(find("抗酸菌培養")["status"], "registered");
    let facts = facts_of(&record(PNEUMONIA), PNEUMONIA, "discharge-summary");
    let waited = facts.list.iter().any(|f| f.name.contains("抗酸菌培養") && f.text().contains("未"));
    assert!(waited, "{:?}", facts.of(Kind::Result).map(Fact::text).collect::<Vec<_>>());
}

#[test]
fn allergies_are_told_once_and_deleted_ones_never() {
    let all = resources(&record(PNEUMONIA).bundle.json());
    let allergies = of(&all, "AllergyIntolerance");
    let names: Vec<&str> = allergies.iter().filter_map(|a| a["code"]["text"].as_str()).collect();
    assert_eq!(names, ["ミノサイクリン塩酸塩", "ソバ"]);
    assert_eq!(allergies[0]["reaction"][0]["manifestation"][0]["text"], "発疹");
    assert_eq!(allergies[0]["note"][0]["text"], "重症度：中等度");
}

#[test]
fn a_death_and_a_restricted_diagnosis_are_kept_as_such() {
    let record = record(DECEASED);
    let all = resources(&record.bundle.json());
    assert_eq!(of(&all, "Patient")[0]["deceasedDateTime"], "2026-05-21T03:42:00+09:00");
    let secret = of(&all, "Condition").into_iter().find(|c| c["code"]["text"] == "膵癌").expect("in the record");
    assert_eq!(secret["meta"]["tag"][0]["code"], "UNDELIVERED");
    assert!(record.warnings.iter().any(|w| w.reason == Reason::Restricted && w.place.ends_with("PRB[1]-25")));
    let facts = facts_of(&record, DECEASED, "discharge-summary");
    assert!(!facts.list.iter().any(|f| f.text().contains("膵癌")), "it goes to nobody");
    assert!(facts.coverage.held_back.iter().any(|h| h.count > 0));
}

#[test]
fn a_person_is_shown_with_stays_latest_first() {
    let person = Storage::open(&settings()).expect("a storage").person(PNEUMONIA).expect("a person");
    assert_eq!((person.name.as_str(), person.kana.as_str()), ("北村 澄江", "キタムラ スミエ"));
    assert_eq!((person.birth_date.as_str(), person.gender.as_str()), ("1948-06-19", "female"));
    let kinds: Vec<(bool, &str)> = person.stays.iter().map(|s| (s.inpatient, s.department.as_str())).collect();
    assert_eq!(kinds, [(true, "内科"), (false, "内科")]);
}

#[test]
fn numbers_are_padded_by_the_hospitals_rule_alone() {
    let short = PNEUMONIA.trim_start_matches('0');
    let plain = Storage::open(&settings()).expect("a storage");
    assert!(matches!(plain.record(short), Err(SourceError::NotFound)));
    let padding = Settings { pad_width: Some(10), ..settings() };
    let record = Storage::open(&padding).expect("a storage").record(short).expect("the same patient");
    assert!(record.bundle.json().contains(PNEUMONIA));
}

#[test]
fn warnings_name_places_without_the_patient() {
    for number in [PNEUMONIA, DIABETES, DECEASED] {
        for warning in record(number).warnings {
            assert!(!warning.place.contains(number), "{}", warning.place);
            assert!(warning.reason.japanese().ends_with(['。', '）']), "{:?}", warning.reason);
        }
    }
}
