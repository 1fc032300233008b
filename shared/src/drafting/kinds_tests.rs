//! Kinds of document: a new one is a new file, and what a kind must not say leaves the document.

use fude_records::PatientRecord;
use serde_json::value::RawValue;

use super::{Order, Outcome, Prepared, prepare};
use crate::compose::Sender;
use crate::document::{Destination, Document, Empty, SectionOrigin, SentenceKind};
use crate::draft::{Reply, ReplyKind, ReplySection, ReplySentence};
use crate::facts::Statement;
use crate::integrity::Digest;
use crate::record::Asked;
use crate::template::Template;

/// A kind that no file under `templates/` and no code knows.
const NEW_KIND: &str = r#"
id = "rehabilitation-letter"
version = 1
title = "リハビリテーション連絡票"
title_en = "Rehabilitation letter"
code = "11516-2"
finalisers = ["physician"]
clerk = true
calendar = "western"
register = "体言止め"
scope = "encounter"
abbreviations = "使わない。"
guidance = "短く書く。"
must_mention = ["allergies", "diet"]
must_not_mention = ["family-history"]
[connectives]
opening = "{patient}のリハビリテーションについてご連絡します。"
[retention]
min_years = 5
basis = "診療録に準じる"
[form]
name = "連絡票"
[addressee]
types = ["medical-institution"]
person = "様"
unknown = "リハビリテーションご担当者"
[[sections]]
code = "Z10"
title = "動作"
required = true
from = "code"
render = "daily-living"
[[sections]]
code = "Z20"
title = "経過"
required = true
from = "model"
material = "note(経過)"
[[sections]]
code = "Z30"
title = "目標"
required = true
from = "author"
choices = ["自宅退院", "転院"]
[[sections]]
code = "Z40"
title = "注意"
from = "code"
render = "allergies"
takes = ["allergies", "diet"]
"#;

fn patient(number: &str) -> PatientRecord {
    let all = ["hospital-a", "hospital-b"].into_iter().flat_map(fude_records::patients);
    all.into_iter().find(|p| p.number == number).expect("staged")
}

fn prepared(number: &str, (template, hash): (Template, Digest), to: &Destination, stated: &[(&str, &str)]) -> Prepared {
    let patient = patient(number);
    let record = RawValue::from_string(String::from_utf8(patient.bundle()).expect("UTF-8")).expect("JSON");
    let statement =
        |(section, text): &(&str, &str)| Statement { section: (*section).to_owned(), text: (*text).to_owned() };
    let statements: Vec<Statement> = stated.iter().map(statement).collect();
    let order = Order {
        document_id: "0123456789abcdef0123456789abcdef",
        asked: Asked { patient_id: number, ..Asked::default() },
        destination: to,
        encounter_id: None,
        main_diagnosis: None,
        statements: &statements,
        author: "sato",
        sender: &Sender { name: "みずき野総合病院".to_owned(), ..Sender::default() },
        remark: None,
        nonce: "8f3a91c2d4e5f607",
    };
    prepare(template, hash, &record, &order).expect("a good record")
}

fn to(kind: &str, institution: Option<&str>, department: Option<&str>) -> Destination {
    let [institution, department] = [institution, department].map(|p| p.map(str::to_owned));
    Destination { kind: kind.to_owned(), institution, department, recipient: None }
}

fn text_of(document: &Document, section: &str) -> Vec<String> {
    let found = document.sections.iter().find(|s| s.code == section);
    found.into_iter().flat_map(|s| &s.sentences).map(|s| s.text.clone()).collect()
}

#[test]
fn a_new_kind_is_a_new_file_and_nothing_else() {
    let new = || Template::parse(NEW_KIND).expect("a template");
    assert_eq!(new().0.faults(), Vec::<String>::new());
    let hospital = to("medical-institution", Some("みさき台病院"), Some("回復期病棟"));
    let p = prepared("20481937", new(), &hospital, &[("Z30", "自宅退院")]);
    let line = crate::compose::addressee_line(&p.template.addressee, &hospital, "");
    assert_eq!(line, "みさき台病院 回復期病棟 リハビリテーションご担当者 様");
    let schema = &p.prompt.schema;
    assert!(schema.contains("Z20") && !schema.contains("Z10"), "the model writes Z20 alone");

    let alone = p.extractive(None);
    assert_eq!(text_of(&alone, "opening"), ["長谷川 文江様のリハビリテーションについてご連絡します。"]);
    assert!(text_of(&alone, "Z10").contains(&"移動：歩行器で見守り（2026年7月13日）".to_owned()));
    assert!(text_of(&alone, "Z20").iter().any(|t| t.contains("本日9時に酸素投与を終了した")));
    assert!(
        text_of(&alone, "Z40").iter().any(|t| t.starts_with("嚥下調整食")),
        "what must be mentioned finds its section"
    );
    assert!(!serde_json::to_string(&alone).expect("plain data").contains("母に肺結核"), "what must not, does not");
    assert!(alone.flags.is_empty());

    let fact =
        p.facts.offered().find(|f| f.text().contains("本日9時に酸素投与を終了した")).expect("offered").id.clone();
    let sentence = ReplySentence {
        text: "室内気でSpO2 94%を保つため酸素投与を終了した。".to_owned(),
        facts: vec![fact],
        kind: ReplyKind::Fact,
    };
    let reply = Reply {
        sections: vec![ReplySection { code: "Z20".to_owned(), sentences: vec![sentence] }],
        questions: Vec::new(),
    };
    let (Outcome::Drafted(written) | Outcome::Extractive(written)) = p.finish(&reply, "jp.model");
    assert_eq!(text_of(&written, "Z20"), ["室内気でSpO2 94%を保つため酸素投与を終了した。"]);
    assert_eq!(written.generation.template, "rehabilitation-letter@1");
}

#[test]
fn an_author_chooses_among_what_the_form_offers() {
    let hospital = to("medical-institution", Some("みさき台病院"), None);
    for (stated, flags) in [("自宅退院", 0), ("未定", 1)] {
        let p = prepared("20481937", Template::parse(NEW_KIND).expect("a template"), &hospital, &[("Z30", stated)]);
        assert_eq!(p.extractive(None).flags.len(), flags, "{stated}");
    }
}

#[test]
fn a_plan_never_names_what_the_patient_was_not_told_even_if_the_author_does() {
    let kind = || Template::find("inpatient-care-plan").expect("a kind");
    let stated = [("C60", "膵頭部癌に対する手術を検討します。"), ("C93", "皮膚のかゆみを和らげるお手伝いをします。")];
    for kind_of_reader in ["patient", "family"] {
        let document = prepared("40816352", kind(), &to(kind_of_reader, None, None), &stated).extractive(None);
        let text = serde_json::to_string(&document).expect("plain data");
        for word in ["膵", "癌", "腫瘤", "CA19-9", "告知", "予後"] {
            assert!(!text.contains(word), "{word} for {kind_of_reader}");
        }
        let plan = document.sections.iter().find(|s| s.code == "C60").expect("required");
        assert_eq!(plan.sentences[0].empty, Some(Empty::ToConfirm));
        assert_eq!(document.flags.iter().map(|f| f.reason.as_str()).collect::<Vec<_>>(), ["must-not-mention"]);
        assert_eq!(text_of(&document, "C93"), ["皮膚のかゆみを和らげるお手伝いをします。"]);
    }
}

#[test]
fn what_the_model_writes_of_a_relative_leaves_a_reply() {
    let clinic = to("medical-institution", Some("堀内内科クリニック"), None);
    let p = prepared("36047281", Template::find("referral-reply").expect("a kind"), &clinic, &[("R10", "受診報告")]);
    let heard = p.facts.list.iter().find(|f| f.text().contains("兄に心筋梗塞の既往")).expect("noted");
    assert!(!heard.offered, "nor is it offered");
    let sentence = |text: &str, fact: &str| ReplySentence {
        text: text.to_owned(),
        facts: vec![fact.to_owned()],
        kind: ReplyKind::Fact,
    };
    let good = p.facts.offered().find(|f| f.text().contains("トロポニン陰性")).expect("offered").id.clone();
    let sentences = vec![
        sentence("妹も同じ病気とのことです。", &good),
        sentence("トロポニンは陰性でした。", &good),
        sentence("トロポニン陰性でした。", &good),
        sentence("トロポニンは陰性です。", &good),
    ];
    let reply = Reply { sections: vec![ReplySection { code: "330".to_owned(), sentences }], questions: Vec::new() };
    // Without the other checks, so that only this rule can see it.
    let (Outcome::Drafted(written) | Outcome::Extractive(written)) = p.finish_with(&p.check(&reply, &[]), "jp.model");
    assert!(written.sentences().all(|s| !s.text.contains("妹")));
    assert!(written.dropped.iter().any(|d| d.reason == "must-not-mention"), "{:?}", written.dropped);
}

#[test]
fn a_reply_greets_by_name_once_and_answers_the_right_letter() {
    let clinic = to("medical-institution", Some("堀内内科クリニック"), None);
    let p = prepared("36047281", Template::find("referral-reply").expect("a kind"), &clinic, &[]);
    let document = p.extractive(None);
    let greeting = &document.sections[0].sentences[0];
    assert_eq!(greeting.kind, SentenceKind::Connective);
    assert_eq!(greeting.text.matches('様').count(), 1, "{}", greeting.text);
    assert!(greeting.text.starts_with("このたびは原 辰夫様をご紹介いただき、誠にありがとうございます。"));
    let letter = text_of(&document, "R30");
    assert!(
        letter[0].starts_with("2026年6月8日付のご紹介状（堀内内科クリニック 堀内 貴子 先生）：「5月中旬から")
            && letter[0].ends_with("狭心症の精査をお願いいたします。」")
            && !letter[0].contains("健診で心電図異常"),
        "{letter:?}"
    );
}

#[test]
fn a_reply_to_somebody_who_did_not_write_the_letter_is_asked_about() {
    for (institution, recipient, asked) in [
        ("堀内内科クリニック", None, false),
        ("医療法人社団 堀内内科クリニック", None, false),
        ("", Some("堀内 貴子 先生"), false),
        ("みなと診療所", None, true),
        ("みなと診療所", Some("山本 一郎 先生"), true),
    ] {
        let destination = to("medical-institution", Some(institution).filter(|i| !i.is_empty()), recipient);
        let p = prepared("36047281", Template::find("referral-reply").expect("a kind"), &destination, &[]);
        let document = p.extractive(None);
        let question = document.questions.iter().find(|q| q.text.starts_with("ご紹介状の差出人（堀内内科クリニック"));
        assert_eq!(question.is_some(), asked, "{institution} {recipient:?}");
        assert!(
            question.is_none_or(|q| q.text.contains("みなと診療所") && document.evidence.contains_key(&q.evidence[0]))
        );
    }
}

#[test]
fn a_plan_says_by_when_it_is_due() {
    let p =
        prepared("27493860", Template::find("inpatient-care-plan").expect("a kind"), &to("patient", None, None), &[]);
    let document = p.extractive(None);
    // 7月8日 is day 1, so day 7 is 7月14日.
    assert!(document.questions.iter().any(|q| q.text.contains("2026年7月14日まで") && !q.evidence.is_empty()));
    let stay = document.sections.iter().find(|s| s.code == "C90").expect("required");
    assert_eq!(
        (stay.origin, stay.sentences[0].empty),
        (SectionOrigin::Person, Some(Empty::ToConfirm)),
        "never estimated"
    );
}

#[test]
fn a_visit_is_told_as_one_and_asked_about() {
    let p =
        prepared("36047281", Template::find("inpatient-care-plan").expect("a kind"), &to("patient", None, None), &[]);
    let document = p.extractive(None);
    assert!(document.sentences().all(|s| !s.text.contains("入院日")), "nobody was admitted");
    let asked = |word: &str| document.questions.iter().any(|q| q.text.contains(word));
    assert!(asked("入院ではなく受診である") && !asked("起算して"));
}
