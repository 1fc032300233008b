//! Marks on every kind of resource, for every kind of addressee.

use serde_json::{Value, json};

use super::{fold, mentions};
use crate::facts::testing::{build_entries, build_for, drug, marked, note, patient, result, stay};
use crate::facts::{Facts, Kind};

const INSTITUTION: &str = "medical-institution";
const STATION: &str = "visiting-nurse-station";

fn built(addressee: &str, resources: &[Value]) -> Facts {
    build_for("discharge-summary", addressee, &[&[stay()], resources].concat())
}

fn all_text(facts: &Facts) -> String {
    facts.list.iter().map(|f| f.text() + "\n").collect()
}

fn held(facts: &Facts) -> Vec<(&str, usize)> {
    facts.coverage.held_back.iter().map(|h| (h.reason.as_str(), h.count)).collect()
}

fn condition(name: &str) -> Value {
    json!({ "resourceType": "Condition", "id": "c", "subject": { "reference": "Patient/p1" }, "code": { "text": name } })
}

#[test]
fn spellings_of_one_disease_are_one() {
    let names = vec![fold("胃癌の疑い")];
    assert!(mentions("胃ガンについて家族に説明した。", &names));
    assert!(!mentions("胃潰瘍として説明した。", &names));
}

#[test]
fn marks_count_on_every_resource() {
    let procedure = json!({ "resourceType": "Procedure", "id": "x", "status": "completed", "subject": { "reference": "Patient/p1" },
        "code": { "text": "人工妊娠中絶術" }, "performedDateTime": "2026-07-06" });
    let plan = json!({ "resourceType": "CarePlan", "id": "x", "subject": { "reference": "Patient/p1" }, "title": "断酒会への参加" });
    let composition = json!({ "resourceType": "Composition", "id": "x", "subject": { "reference": "Patient/p1" }, "date": "2026-07-06",
        "title": "記録", "section": [{ "title": "心理面接", "text": { "div": "<div>面接での発言。</div>" } }] });
    let consent = json!({ "resourceType": "Consent", "id": "x", "patient": { "reference": "Patient/p1" }, "status": "active",
        "category": [{ "text": "臓器提供" }] });
    for (resource, word) in [
        (result("2026-07-06", "梅毒TP抗体", "1", "COI"), "梅毒TP抗体"),
        (note("2026-07-06", "経過記録 医師", "面接での発言。"), "面接での発言"),
        (drug("DCG", "アカンプロサート錠333mg", "1日3回 1回2錠"), "アカンプロサート"),
        (procedure, "中絶"),
        (plan, "断酒会"),
        (composition, "面接での発言"),
        (consent, "臓器提供"),
        (
            json!({ "resourceType": "AllergyIntolerance", "id": "x", "patient": { "reference": "Patient/p1" }, "code": { "text": "ネビラピン" } }),
            "ネビラピン",
        ),
        (condition("梅毒"), "梅毒"),
    ] {
        assert!(all_text(&built(INSTITUTION, std::slice::from_ref(&resource))).contains(word), "{word} unmarked");
        for (member, code, addressee, out) in [
            ("tag", "UNINFORMED", INSTITUTION, true),
            ("tag", "UNDELIVERED", INSTITUTION, true),
            ("security", "SDV", STATION, true),
            ("security", "SDV", INSTITUTION, false),
            ("security", "R", STATION, false),
        ] {
            let facts = built(addressee, &[marked(resource.clone(), member, code)]);
            assert_eq!(!all_text(&facts).contains(word), out, "{word} {code} to {addressee}");
            let told: Vec<(&str, usize)> = if out { vec![(code, 1)] } else { Vec::new() };
            assert_eq!(held(&facts), told, "{word} {code}");
        }
    }
}

#[test]
fn what_names_or_tells_of_a_marked_thing_goes_too() {
    let other = note("2026-07-07", "経過記録 医師", "HIV抗体は陽性であった。精神科に紹介した。食事は全量摂取。");
    let facts =
        built(STATION, &[marked(result("2026-07-06", "HIV抗体", "1", "COI"), "security", "HIV"), other.clone()]);
    let text = all_text(&facts);
    assert!(!text.contains("HIV") && text.contains("精神科") && text.contains("全量摂取"));
    assert_eq!(held(&facts), [("HIV", 1), ("mentions-held-back-condition", 1)]);
    let facts = built(STATION, &[marked(condition("双極性障害"), "security", "PSY"), other]);
    assert!(!all_text(&facts).contains("精神科"));
}

#[test]
fn hiv_is_told_to_medical_institutions_alone_though_nothing_marks_it() {
    let test = result("2026-07-06", "HIV抗原・抗体", "0.1", "COI");
    let said = note("2026-07-07", "経過記録 医師", "HIV抗体は陰性。食事は全量摂取。");
    for addressee in [STATION, "care-manager", "municipality", "pharmacy", "patient", "family"] {
        let facts = built(addressee, &[test.clone(), said.clone()]);
        assert!(!all_text(&facts).contains("HIV") && all_text(&facts).contains("全量摂取"), "{addressee}");
        assert_eq!(held(&facts), [("HIV", 1), ("mentions-held-back-condition", 1)]);
    }
    assert!(all_text(&built(INSTITUTION, &[test])).contains("HIV"));
}

#[test]
fn a_name_that_unmarked_resources_bear_too_is_no_secret() {
    let weight = |day: &str| result(day, "体重", "60.0", "kg");
    let said = note("2026-07-08", "経過記録 医師", "体重は減少傾向である。");
    let facts = built(INSTITUTION, &[marked(weight("2026-07-06"), "tag", "UNDELIVERED"), weight("2026-07-07"), said]);
    assert_eq!(facts.of(Kind::Result).count(), 1);
    assert!(all_text(&facts).contains("減少傾向"));
}

#[test]
fn what_cannot_be_read_or_has_no_subject_is_known_by_name_all_the_same() {
    let said = note("2026-07-07", "経過記録 医師", "肝細胞癌について説明した。食事は全量摂取。");
    let mut scalar = condition("");
    scalar["code"] = json!("肝細胞癌");
    let mut alone = condition("肝細胞癌");
    alone.as_object_mut().expect("object").remove("subject");
    let mut twisted = condition("肝細胞癌");
    twisted["meta"] = json!({ "tag": "UNINFORMED" });
    let mut numbered = condition("肝細胞癌");
    numbered["id"] = json!(5);
    for resource in [
        marked(scalar, "tag", "UNINFORMED"),
        marked(alone, "tag", "UNINFORMED"),
        twisted,
        marked(numbered, "tag", "UNINFORMED"),
    ] {
        let facts = built(INSTITUTION, &[resource.clone(), said.clone()]);
        assert!(!all_text(&facts).contains('癌') && all_text(&facts).contains("全量摂取"), "{resource}");
        assert_eq!(held(&facts), [("UNINFORMED", 1), ("mentions-held-back-condition", 1)], "{resource}");
        assert!(!facts.undisclosed.is_empty());
    }
}

#[test]
fn unmarked_drugs_and_allergies_stay_without_the_telling_words() {
    let mut allergy = json!({ "resourceType": "AllergyIntolerance", "id": "a", "patient": { "reference": "Patient/p1" },
        "code": { "text": "オキサリプラチン" }, "note": [{ "text": "化学療法中に発疹" }] });
    allergy["reaction"] = json!([{ "manifestation": [{ "text": "発疹" }] }]);
    let mut tablet = drug("DCG", "カペシタビン錠300mg", "1日2回 1回4錠");
    tablet["reasonCode"] = json!([{ "text": "胃癌" }]);
    let facts = built(INSTITUTION, &[marked(condition("胃癌"), "tag", "UNINFORMED"), allergy, tablet]);
    let text = all_text(&facts);
    assert!(text.contains("オキサリプラチン 発疹") && text.contains("カペシタビン錠300mg"));
    assert!(!text.contains("化学療法") && !text.contains('癌'));
}

#[test]
fn a_drug_is_held_back_through_the_product_that_it_refers_to() {
    let product = json!({ "resourceType": "Medication", "id": "m", "code": { "text": "ドルテグラビル錠50mg" } });
    let mut order = drug("DCG", "", "1日1回 1回1錠");
    order.as_object_mut().expect("object").remove("medicationCodeableConcept");
    order["medicationReference"] = json!({ "reference": "Medication/m" });
    assert!(all_text(&built(STATION, &[product.clone(), order.clone()])).contains("ドルテグラビル"));
    assert!(!all_text(&built(STATION, &[marked(product, "security", "HIV"), order])).contains("ドルテグラビル"));
}

#[test]
fn of_a_marked_stay_only_the_days_are_said() {
    let mut ward = marked(stay(), "security", "PSY");
    ward["serviceType"] = json!({ "text": "精神神経科" });
    let facts =
        build_entries("discharge-summary", STATION, &[json!({ "resource": patient() }), json!({ "resource": ward })]);
    assert!(!all_text(&facts).contains("精神") && all_text(&facts).contains("2026-07-05"));
    assert!(facts.stay.is_some_and(|s| s.department.is_empty() && s.start.is_some()));
}

#[test]
fn a_result_of_an_hiv_test_is_sensitive_by_its_name() {
    let tests = [result("2026-07-06", "ＨＩＶ抗原・抗体", "0.1", "COI"), result("2026-07-06", "HBs抗原", "0.1", "COI")];
    let told = note("2026-07-07", "経過記録 医師", "HIV抗体は陰性であった。食事は全量摂取。");
    let facts = built(STATION, &[&tests[..], std::slice::from_ref(&told)].concat());
    let text = crate::text::nfkc(&all_text(&facts));
    assert!(!text.contains("HIV") && text.contains("HBs抗原") && text.contains("全量摂取"));
    assert_eq!(held(&facts), [("HIV", 1), ("mentions-held-back-condition", 1)]);
    let facts = built(INSTITUTION, &[&tests[..], &[told]].concat());
    assert!(crate::text::nfkc(&all_text(&facts)).contains("HIV抗原") && held(&facts).is_empty());
    // Marked besides, it is one resource that was held back.
    let facts = built(STATION, &[marked(tests[0].clone(), "security", "HIV")]);
    assert_eq!(held(&facts), [("HIV", 1)]);
}

#[test]
fn a_diagnosis_that_the_patient_knows_stays_beside_a_held_back_test() {
    let mut cancer = condition("上行結腸癌");
    cancer["id"] = json!("cancer");
    cancer["note"] = json!([{ "text": "cT3N1M0。本人に告知済み。" }]);
    let test = result("2026-07-06", "HIV抗原・抗体", "0.1", "COI");
    let facts = built("patient", &[cancer.clone(), test.clone()]);
    assert!(all_text(&facts).contains("本人に告知済み"), "{}", all_text(&facts));
    // Something else is secret: of the diagnosis only the word about telling goes.
    let facts = built("patient", &[cancer, marked(condition("双極性障害"), "security", "PSY")]);
    assert!(all_text(&facts).contains("上行結腸癌") && !all_text(&facts).contains("告知"));
}
