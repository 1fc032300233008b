//! Every fact of every staged patient told in its own words passes; told with a fault of the model stand-in it is
//! caught. The tables of faults are those of the stand-in.

use serde_json::value::RawValue;

use crate::compose::Sender;
use crate::document::Destination;
use crate::draft::{ReplyKind, ReplySentence};
use crate::drafting::{Order, Prepared, prepare};
use crate::facts::{Fact, Facts, Kind};
use crate::grounding::testing::verdicts;
use crate::grounding::{CHECKS, Verdict};
use crate::record::Asked;
use crate::template::Template;

const NEGATIONS: &[(&str, &str)] = &[
    ("認められなかった", "認められた"),
    ("認めなかった", "認めた"),
    ("認められず", "認められ"),
    ("認めず", "認め"),
    ("認めない", "認める"),
    ("みられない", "みられる"),
    ("ではない", "である"),
    ("実施せず", "実施"),
    ("施行せず", "施行"),
    ("はなかった", "があった"),
    ("はない", "がある"),
    ("がない", "がある"),
    ("なし", "あり"),
    ("なく", "あり"),
    ("陰性", "陽性"),
    ("認めた", "認めなかった"),
    ("認める", "認めない"),
    ("があった", "はなかった"),
    ("がある", "はない"),
    ("あり", "なし"),
    ("陽性", "陰性"),
];
const SUSPICIONS: &[(&str, &str)] = &[
    ("の疑い", ""),
    ("疑い", ""),
    ("が疑われた", "と診断された"),
    ("が疑われる", "である"),
    ("を疑い", "と診断し"),
    ("の可能性がある", "である"),
    ("の可能性が高い", "である"),
    ("と考えられた", "であった"),
    ("と考えられる", "である"),
];
const PENDING: &[(&str, &str)] =
    &[("結果未着", "陰性"), ("未着", "陰性"), ("検査中", "陰性"), ("培養中", "陰性"), ("を提出した", "は陰性であった")];
const SIDES: &[(&str, &str)] = &[("右", "左"), ("左", "右"), ("両側", "右側")];
const NO_SIDES: &[&str] =
    &["左右", "右室", "左室", "右房", "左房", "右心", "左心", "右脚", "左脚", "左方", "右方", "左軸", "右軸"];

fn everybody() -> impl Iterator<Item = (&'static str, Prepared)> {
    drafted("discharge-summary")
}

fn drafted(kind: &str) -> impl Iterator<Item = (&'static str, Prepared)> + use<'_> {
    let patients = ["hospital-a", "hospital-b"].into_iter().flat_map(fude_records::patients);
    patients.map(move |p| {
        let (template, hash) = Template::find(kind).expect("a kind");
        let record = RawValue::from_string(String::from_utf8(p.bundle()).expect("UTF-8")).expect("JSON");
        let destination = Destination { kind: "medical-institution".to_owned(), ..Destination::default() };
        let order = Order {
            document_id: "0123456789abcdef0123456789abcdef",
            asked: Asked { patient_id: p.number, ..Asked::default() },
            destination: &destination,
            encounter_id: None,
            main_diagnosis: None,
            statements: &[],
            author: "sato",
            sender: &Sender::default(),
            remark: None,
            nonce: "8f3a91c2d4e5f607",
        };
        (p.number, prepare(template, hash, &record, &order).expect("a good record"))
    })
}

/// The fact in its own words, as the stand-in tells it.
fn told(fact: &Fact) -> String {
    let f = &fact.fields;
    match fact.kind {
        Kind::Note => f[1..].join("、"),
        Kind::Result if f.len() > 2 => format!("{}（{}）は{}であった。", f[0], f[2..].join("、"), f[1]),
        Kind::Result => format!("{}は{}であった。", f[0], f[1..].join("、")),
        Kind::Report => format!("{}：{}", f[0], f[1..].join("、")),
        _ => format!("{}。", f.join("、")),
    }
}

/// What the checks of meaning say of a sentence that cites one fact.
fn meaning(facts: &Facts, fact: &Fact, text: String) -> Vec<Verdict> {
    let of_meaning = |name: &str| {
        ["negation", "status", "side", "condition-kept", "whose", "contradicted", "pasted"].contains(&name)
    };
    let sentence = ReplySentence { text, facts: vec![fact.id.clone()], kind: ReplyKind::Fact };
    // The checks look at no other fact.
    let only = Facts { list: vec![fact.clone()], contradictions: facts.contradictions.clone(), ..Facts::default() };
    let checks: Vec<_> = CHECKS.iter().copied().filter(|c| of_meaning(c.name)).collect();
    verdicts(&checks, &only, &sentence).into_iter().filter(|v| *v != Verdict::Keep).collect()
}

/// Facts that the model may cite, but for the two sides of a contradiction.
fn citable(prepared: &Prepared) -> Vec<Fact> {
    let disputed = |f: &Fact| prepared.facts.contradictions.iter().any(|c| c.concerns(&f.id));
    prepared.facts.offered().filter(|f| !disputed(f)).cloned().collect()
}

#[test]
fn what_a_fact_says_of_itself_passes() {
    let mut told_of = 0;
    for (patient, prepared) in everybody() {
        for fact in citable(&prepared) {
            told_of += 1;
            let found = meaning(&prepared.facts, &fact, told(&fact));
            assert!(found.is_empty(), "{patient} {} {}: {found:?}", fact.id, told(&fact));
        }
    }
    assert!(told_of > 500, "{told_of}");
}

/// Swaps the first hold outside guarded words, for each row that has one.
fn altered(text: &str, table: &[(&str, &str)], guarded: &[&str]) -> Vec<String> {
    let covered = |at: usize, length: usize| {
        guarded.iter().any(|g| text.match_indices(g).any(|(s, _)| s < at + length && at < s + g.len()))
    };
    let swap = |(from, to): &(&str, &str)| {
        let at = text.match_indices(from).map(|(at, _)| at).find(|at| !covered(*at, from.len()))?;
        Some(format!("{}{to}{}", &text[..at], &text[at + from.len()..]))
    };
    table.iter().filter_map(swap).collect()
}

fn missed(table: &[(&str, &str)], guarded: &[&str], of: fn(&Fact) -> bool) -> (usize, Vec<String>) {
    let (mut count, mut missed) = (0, Vec::new());
    for (patient, prepared) in everybody() {
        for fact in citable(&prepared).iter().filter(|f| of(f)) {
            for text in altered(&told(fact), table, guarded) {
                count += 1;
                if meaning(&prepared.facts, fact, text.clone()).is_empty() {
                    missed.push(format!("{patient} {} {text}   | {}", fact.id, told(fact)));
                }
            }
        }
    }
    (count, missed)
}

fn caught(name: &str, found: (usize, Vec<String>), at_least: usize, share: f64) {
    let (count, missed) = found;
    assert!(count >= at_least, "{name}: {count} only");
    let rate = 1.0 - missed.len() as f64 / count as f64;
    assert!(rate >= share, "{name}: {rate:.3} of {count}\n{}", missed.join("\n"));
}

#[test]
fn turned_negations_are_caught() {
    let guarded = ["否定できない", "ありが", "だけでなく", "のみでなく"];
    caught("negation-flip", missed(NEGATIONS, &guarded, |_| true), 150, 0.99);
}

#[test]
fn dropped_suspicions_are_caught() {
    caught("suspicion-dropped", missed(SUSPICIONS, &["疑いなく"], |_| true), 5, 1.0);
}

#[test]
fn pending_results_told_as_negative_are_caught() {
    caught("pending-as-negative", missed(PENDING, &[], |_| true), 5, 1.0);
}

#[test]
fn swapped_sides_are_caught() {
    caught("side-swap", missed(SIDES, NO_SIDES, |_| true), 40, 1.0);
}

#[test]
fn relatives_diseases_told_as_the_patients_are_caught() {
    let (mut count, mut missed) = (0, Vec::new());
    for (patient, prepared) in everybody() {
        for fact in prepared.facts.of(Kind::Family).filter(|f| !f.name.is_empty()) {
            for text in [format!("本人に{}の既往がある。", fact.name), format!("{}の既往がある。", fact.name)]
            {
                count += 1;
                if meaning(&prepared.facts, fact, text.clone()).is_empty() {
                    missed.push(format!("{patient} {text}"));
                }
            }
        }
    }
    caught("family-as-patient", (count, missed), 10, 1.0);
}

#[test]
fn oxygen_and_smear_left_out_are_caught() {
    let (mut count, mut missed) = (0, Vec::new());
    let meant = |f: &Fact| {
        ["SpO2", "血液ガス", "抗酸菌 塗抹"].iter().any(|n| f.name.contains(n))
            && f.fields.len() > 2
            && !f.fields[2].ends_with("静脈血")
    };
    for (patient, prepared) in everybody() {
        for fact in prepared.facts.offered().filter(|f| f.kind == Kind::Result && meant(f)) {
            let text = format!("{}は{}であった。", fact.name.replace(" 塗抹", ""), fact.fields[1]);
            count += 1;
            if meaning(&prepared.facts, fact, text.clone()).is_empty() {
                missed.push(format!("{patient} {text} {:?}", fact.fields));
            }
        }
    }
    caught("condition-dropped", (count, missed), 10, 1.0);
}

#[test]
fn staged_records_hold_only_the_planted_contradictions() {
    let mut found: Vec<String> = Template::kinds()
        .flat_map(drafted)
        .flat_map(|(patient, p)| {
            let asked = p.facts.contradictions.iter().map(|c| format!("{patient} {}", c.about[0]));
            let strangers = p.facts.strangers.iter().map(|s| format!("{patient} {}", s.question));
            asked.chain(strangers).collect::<Vec<_>>()
        })
        .collect();
    found.sort();
    found.dedup();
    assert_eq!(found, ["20481937 下葉", "47290618 7日", "61529473 7日"]);
}
