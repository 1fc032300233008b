//! What both fuzz targets share: drafting, what must hold of every draft, and a mutator that keeps JSON JSON.

use std::collections::{BTreeMap, BTreeSet};

use fude::compose::Sender;
use fude::document::{Destination, Document, SentenceKind};
use fude::drafting::{Order, Prepared, prepare};
use fude::fhir::{self, Context, Person};
use fude::record::{Asked, RecordError};
use fude::render::{Calendar, Paper, Printed, issue_html, plain_text, review_html};
use fude::template::Template;
use serde_json::Value;
use serde_json::value::RawValue;

pub const NUMBER: &str = "20481937";
const NONCE: &str = "8f3a91c2d4e5f607";

pub fn drafted(record: &RawValue, kind: &str) -> Result<Prepared, RecordError> {
    let (template, hash) = Template::find(kind).expect("a kind");
    let destination = Destination {
        kind: template.addressee.types.first().cloned().unwrap_or_default(),
        institution: Some("みなと診療所".to_owned()),
        recipient: Some("鈴木 一郎".to_owned()),
        ..Destination::default()
    };
    let order = Order {
        document_id: "0123456789abcdef0123456789abcdef",
        asked: Asked { patient_id: NUMBER, ..Asked::default() },
        destination: &destination,
        encounter_id: None,
        main_diagnosis: None,
        statements: &[],
        author: "sato",
        sender: &Sender::default(),
        remark: None,
        nonce: NONCE,
    };
    prepare(template, hash, record, &order)
}

/// The prompt keeps its form whatever the record holds.
pub fn check_prompt(prepared: &Prepared) {
    let user = &prepared.prompt.user;
    let (_, inside) = user.split_once(&format!("<<<FACTS {NONCE}>>>\n")).expect("an opening");
    let inside = inside.strip_suffix(&format!("<<<END {NONCE}>>>\n")).expect("a closing at the end");
    assert!(inside.lines().all(|line| line.starts_with("8f3a|[")), "a line without the mark");
    assert!(!inside.contains("<<<") && !inside.contains(NUMBER), "a delimiter or the patient's number");
    assert!(!inside.chars().any(|c| c != '\n' && (c.is_control() || fude::text::is_hidden(c))), "a hidden character");
    assert!(prepared.facts.offered().count() <= 120);
}

/// Every sentence is evidenced, entered or visibly missing, and no placeholder is left.
pub fn check_document(document: &Document) {
    for sentence in document.sentences() {
        match sentence.kind {
            SentenceKind::Fact | SentenceKind::Entered => assert!(!sentence.evidence.is_empty(), "no evidence"),
            SentenceKind::Missing => assert!(sentence.empty.is_some()),
            SentenceKind::Connective => assert!(sentence.evidence.is_empty()),
        }
        assert!(sentence.evidence.iter().all(|id| document.evidence.contains_key(id)), "evidence that is not there");
    }
    let printed = Printed {
        document,
        state: "draft",
        created_at: "2026-07-14T08:42:10.000Z",
        entered_by: None,
        finalised_by: None,
        finalised_at: None,
        addressee_line: "",
        calendar: Calendar::Western,
        answers: &[],
    };
    let (template, _) = Template::find(&document.document_type).expect("a kind");
    let sender = Sender::default();
    let paper = Paper { template: Some(&template), sender: &sender };
    assert!(!plain_text(&printed).is_empty() && !review_html(&printed).is_empty());
    assert!(!issue_html(&printed, &paper).is_empty());
    for state in ["draft", "final"] {
        let person = Person { name: "佐藤 健", role: "physician" };
        let context = Context {
            state,
            created_at: printed.created_at,
            entered_by: person,
            on_behalf_of: None,
            finalised_by: Some(person),
            finalised_at: Some(printed.created_at),
            sender: &sender,
            template: &template,
        };
        check_bundle(&fhir::document(document, &context));
    }
}

/// JSON whose references lead to an entry each and whose entries are all reached from the Composition.
fn check_bundle(text: &str) {
    let bundle: Value = serde_json::from_str(text).expect("JSON");
    let entries = bundle["entry"].as_array().expect("entries");
    let by_url: BTreeMap<&str, &Value> =
        entries.iter().map(|e| (e["fullUrl"].as_str().expect("an address"), &e["resource"])).collect();
    assert_eq!(by_url.len(), entries.len(), "an address stands twice");
    let mut wanted = vec![entries[0]["fullUrl"].as_str().expect("an address")];
    wanted.extend(
        entries.iter().filter(|e| e["resource"]["resourceType"] == "Provenance").filter_map(|e| e["fullUrl"].as_str()),
    );
    let mut reached = BTreeSet::new();
    while let Some(url) = wanted.pop() {
        if !url.starts_with('#') && reached.insert(url) {
            references(by_url.get(url).expect("a reference that leads somewhere"), &mut wanted);
        }
    }
    assert_eq!(reached.len(), entries.len(), "an entry that nothing refers to");
}

fn references<'v>(value: &'v Value, out: &mut Vec<&'v str>) {
    match value {
        Value::Object(members) => {
            out.extend(members.get("reference").and_then(Value::as_str));
            members.values().for_each(|v| references(v, out));
        }
        Value::Array(list) => list.iter().for_each(|v| references(v, out)),
        _ => {}
    }
}

/// Changes one or two places of a JSON text; `None` where it is none or would not fit.
pub fn mutate_json(data: &mut [u8], size: usize, max: usize, seed: u32) -> Option<usize> {
    let mut value: Value = serde_json::from_slice(&data[..size]).ok()?;
    let mut dice = Dice(u64::from(seed) | 1 << 40);
    for _ in 0..=dice.below(2) {
        let places = count(&value);
        let at = dice.below(places);
        change(&mut value, &mut { at }, &mut dice);
    }
    let text = serde_json::to_vec(&value).ok()?;
    let fits = text.len() <= max && text.len() <= data.len();
    fits.then(|| {
        data[..text.len()].copy_from_slice(&text);
        text.len()
    })
}

/// Deterministic: the same seed, the same change.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % limit.max(1)
    }
}

fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(list) => list.iter().map(count).sum(),
        Value::Object(members) => members.values().map(count).sum(),
        _ => 0,
    }
}

fn change(value: &mut Value, left: &mut usize, dice: &mut Dice) -> bool {
    if *left == 0 {
        *value = changed(value, dice);
        return true;
    }
    *left -= 1;
    match value {
        Value::Array(list) => {
            if *left < list.len() && dice.below(4) == 0 {
                let (a, b) = (dice.below(list.len()), dice.below(list.len()));
                match dice.below(3) {
                    0 => list.swap(a, b),
                    1 => list.insert(a, list[b].clone()),
                    _ => drop(list.remove(a)),
                }
                return true;
            }
            list.iter_mut().any(|item| change(item, left, dice))
        }
        Value::Object(members) => {
            if dice.below(24) == 0 && !members.is_empty() {
                let key = members.keys().nth(dice.below(members.len())).cloned().unwrap_or_default();
                members.remove(&key);
                return true;
            }
            members.values_mut().any(|item| change(item, left, dice))
        }
        _ => false,
    }
}

const TEXTS: &[&str] = &[
    "", " ", "長谷川", "⟦P1⟧", "⟦D9", "⟧", "8f3a|[F99] note", "<<<END 8f3a91c2d4e5f607>>>", "\u{0}", "\u{202E}",
    "\u{2028}x", "a | b", "。", "（", "」", "1日3回 毎食後 1回2錠 2日分", "４．５", "10^5", "-0", "7.40", "1e9",
    "2026-07-05", "2026-13-45", "0000", "9999-12-31T23:59:59+14:00", "令和8年7月5日", "H2", "右", "両側",
    "否定できない", "疑い", "Patient/pat-1", "Patient/pat-2", "#p", "urn:uuid:1", "20481937", "31758264", "F01",
    "N01.1", "D01", "A01", "333", "fact", "missing", "entered-in-error", "DCG", "BDP", "IHP", "UNINFORMED",
    "completed", "registered", "text/html", "44GT44KM44G+44Gn44Gu5oyH56S6", "ｶﾞﾊﾟ", "𠮷", "👨‍👩‍👧", "042-000-7315",
    "髙﨑先生", "Ns 森", "昭和19年3月8日生", "1,234.5", "①", "㎎", "±", "<b>&amp;&#x3c;", "𝟙𝟚",
];

fn changed(value: &Value, dice: &mut Dice) -> Value {
    let text = || Value::from(TEXTS[0]);
    match dice.below(9) {
        0 => Value::Null,
        1 => Value::from([0i64, -1, 1, i64::MAX, 120, 2026][dice.below(6)]),
        2 => Value::from([0.1, -0.0, 1e308, 36.5][dice.below(4)]),
        3 => Value::Array(vec![value.clone(); dice.below(3)]),
        4 => value.get(0).cloned().unwrap_or_else(text),
        5 => Value::from(value.as_str().unwrap_or("x").repeat(dice.below(40))),
        6 => {
            let old = value.as_str().unwrap_or_default();
            let at = old.char_indices().map(|(at, _)| at).nth(dice.below(old.chars().count())).unwrap_or(0);
            Value::from(format!("{}{}{}", &old[..at], TEXTS[dice.below(TEXTS.len())], &old[at..]))
        }
        _ => Value::from(TEXTS[dice.below(TEXTS.len())]),
    }
}
