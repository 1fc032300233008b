//! Contradictions among the facts, searched before anything is drafted; both sides are asked about, never chosen between.
//!
//! Allergies (none, and one), dosage text against structured values, side of one lesion, one finding present and absent
//! on one day. A false contradiction is worse than none: it drops true sentences and teaches the reader to pass over
//! questions. So each search wants the same thing at the same place and time. A suspected and a confirmed diagnosis do
//! not contradict each other. A drug that the allergies name is asked about too, though it contradicts nothing.

mod dosage;
mod findings;
mod sides;

use std::cell::OnceCell;
use std::collections::HashMap;

use super::{Cue, Detail, Fact, Kind, drug_stem};
use crate::assertion::{self, Polarity};
use crate::text::{compact, nfkc};
pub(super) use findings::WANTED as EXAMINED;

/// Two statements of the record that cannot both hold, or that a person must weigh.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contradiction {
    pub question: String,
    /// The facts that the question cites, one of each side; the same twice where a fact contradicts itself.
    pub facts: [String; 2],
    pub sides: [Side; 2],
    /// Words by which a sentence speaks of that very thing; empty: it is asked about, and no sentence is dropped.
    pub about: Vec<String>,
}

/// One side: all facts that take it, and the words that tell it from the other (none where citing is enough).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Side {
    pub facts: Vec<String>,
    pub words: Vec<String>,
}

impl Contradiction {
    /// Whether a fact stands on either side.
    pub fn concerns(&self, id: &str) -> bool {
        self.sides.iter().any(|s| s.facts.iter().any(|f| f == id))
    }

    /// Whether a sentence speaks of it and rests on one side alone.
    pub fn one_sided(&self, text: &str, cited: &[String]) -> bool {
        let text = compact(text);
        let says = |words: &[String]| words.iter().any(|w| text.contains(w.as_str()));
        let takes = |s: &Side| s.facts.iter().any(|f| cited.contains(f)) && (s.words.is_empty() || says(&s.words));
        says(&self.about) && takes(&self.sides[0]) != takes(&self.sides[1])
    }
}

/// Facts with their words folded, each once for all searches.
struct Folded<'f> {
    all: &'f [Fact],
    texts: Vec<OnceCell<String>>,
}

impl Folded<'_> {
    /// NFKC of all fields of the fact at a position.
    fn text(&self, at: usize) -> &str {
        self.texts[at].get_or_init(|| nfkc(&self.all[at].fields.join(" ")))
    }
}

/// All of a record, in a stable order.
pub(crate) fn search(all: &[Fact]) -> Vec<Contradiction> {
    let folded = Folded { all, texts: all.iter().map(|_| OnceCell::new()).collect() };
    let mut out = allergies(&folded);
    out.extend(allergic_drugs(all));
    out.extend(dosage::search(all));
    out.extend(sides::search(&folded));
    out.extend(findings::search(all));
    out
}

/// `2026-07-03 胸部単純CT 左肺下葉に…`, short enough to be read in a question.
fn quoted(fact: &Fact) -> String {
    let text = fact.text();
    let short: String = text.chars().take(60).collect();
    if short.len() < text.len() { format!("「{short}…」") } else { format!("「{short}」") }
}

/// The word first: hardly any note speaks of allergies.
pub(super) const ALLERGY: &[&str] = &["アレルギー"];

/// 「なし」 beside an allergy that is recorded.
fn allergies(folded: &Folded) -> Vec<Contradiction> {
    let all = folded.all;
    let notes = all.iter().enumerate().filter(|(_, f)| f.kind == Kind::Note && f.may_tell(Cue::Allergy));
    let notes = notes.map(|(i, f)| (f, folded.text(i))).filter(|(_, text)| text.contains("アレルギー"));
    let notes: Vec<(&Fact, &str)> = notes.collect();
    let told = |polarity| notes.iter().filter(move |(_, text)| says(text, polarity)).map(|(f, _)| *f);
    let resources = || all.iter().filter(|f| f.kind == Kind::Allergy);
    let none_of =
        |f: &Fact| matches!(f.detail, Detail::Allergy { none: true }) || (compact(&f.name).contains("アレルギーなし"));
    let is_active = |f: &Fact| !f.fields.iter().any(|t| t == "現在は非活動");
    let present: Vec<&Fact> = resources()
        .filter(|f| !none_of(f) && is_active(f) && f.name != "名称の記載なし")
        .chain(told(Polarity::Present))
        .collect();
    let none: Vec<&Fact> = resources()
        .filter(|f| none_of(f))
        // An allergy of an earlier document still holds; that there was none then does not.
        .chain(told(Polarity::Absent).filter(|f| !f.is_earlier()))
        .collect();
    // Two notes alone may speak of two allergens.
    let by_resource = |a: &Fact, b: &Fact| a.kind == Kind::Allergy || b.kind == Kind::Allergy;
    let pair = none.iter().find_map(|n| present.iter().find(|p| by_resource(n, p)).map(|p| (*n, *p)));
    let Some((n, p)) = pair else { return Vec::new() };
    let side = |list: &[&Fact]| Side { facts: list.iter().map(|f| f.id.clone()).collect(), words: Vec::new() };
    let mut about = vec!["アレルギー".to_owned()];
    about.extend(present.iter().filter(|f| f.kind == Kind::Allergy).map(|f| compact(&f.name)));
    vec![Contradiction {
        question: format!(
            "アレルギーについて記録が食い違っている（{}／{}）。本人・家族に確認し、どちらを記載するか決めること。",
            quoted(n),
            quoted(p)
        ),
        facts: [n.id.clone(), p.id.clone()],
        sides: [side(&none), side(&present)],
        about,
    }]
}

/// 「アレルギーなし」 of whatever kind, or 「造影剤アレルギーあり」; 「薬剤アレルギーなし」 leaves food open.
fn says(text: &str, polarity: Polarity) -> bool {
    let relevant = assertion::read(text).into_iter().filter(|a| a.polarity == polarity && !a.carried);
    let mut terms = relevant.map(|a| a.term);
    match polarity {
        Polarity::Absent => terms.any(|t| t == "アレルギー"),
        _ => terms.any(|t| t.ends_with("アレルギー") && t.chars().count() > 5),
    }
}

/// An allergen that a drug of the stay or at discharge is named after.
fn allergic_drugs(all: &[Fact]) -> Vec<Contradiction> {
    let mut out: Vec<Contradiction> = Vec::new();
    // Names folded once for all allergies.
    let mut names: HashMap<&str, String> = HashMap::new();
    let mut drugs: Vec<(&Fact, &str)> = Vec::new();
    if all.iter().any(|f| f.kind == Kind::Allergy) {
        let named =
            all.iter().filter(|f| f.kind == Kind::Medication).filter_map(|f| Some((f, f.fields.get(1)?.as_str())));
        drugs.extend(named);
        for (_, name) in &drugs {
            names.entry(*name).or_insert_with(|| nfkc(name).to_lowercase());
        }
    }
    for allergy in all.iter().filter(|f| f.kind == Kind::Allergy) {
        let allergen = drug_stem(&allergy.name);
        if allergen.chars().count() < 4 || matches!(allergy.detail, Detail::Allergy { none: true }) {
            continue;
        }
        let stopped = |f: &Fact| nfkc(&f.fields.join(" ")).contains("中止");
        let drug = drugs.iter().find(|(f, name)| names[*name].contains(&allergen) && !stopped(f));
        if let Some((drug, _)) = drug {
            out.push(Contradiction {
                question: format!(
                    "アレルギーとして記録された「{}」にあたる薬剤「{}」が処方・投与されている。投与の可否と記載を確認すること。",
                    allergy.name, drug.fields[1]
                ),
                facts: [allergy.id.clone(), drug.id.clone()],
                ..Contradiction::default()
            });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::search;
    use crate::grounding::testing::facts;

    fn found(lines: &[&str]) -> Vec<[String; 2]> {
        search(&facts(lines).list).into_iter().map(|c| c.facts).collect()
    }

    fn pair(a: &str, b: &str) -> Vec<[String; 2]> {
        vec![[a.to_owned(), b.to_owned()]]
    }

    #[test]
    fn real_contradictions_are_found() {
        for (lines, expected) in [
            (
                &["[F1] allergy | 2026-06-09 | アレルギーなし", "[F2] allergy | 2013-06-18 | ミノサイクリン | 発疹"][..],
                pair("F1", "F2"),
            ),
            (
                &[
                    "[F1] allergy | 2026-06-09 | 薬剤・食物アレルギーなし",
                    "[N1] note | 2026-06-10 | 経過 | 造影剤アレルギーがあり、造影CTは行わない。",
                ],
                pair("F1", "N1"),
            ),
            (
                &[
                    "[F1] allergy | 2014-01-01 | セファゾリン | 発疹",
                    "[F2] medication | 2026-06-10 | 入院中 | セファゾリンNa注射用1g | 1回1g",
                ],
                pair("F1", "F2"),
            ),
            (
                &["[F1] medication | 2026-07-09 | 退院 | ミヤBM錠 | 1日3回 毎食後 1回2錠 2日分 | 3日分"],
                pair("F1", "F1"),
            ),
            (&["[F1] medication | 2026-07-09 | 退院 | ミヤBM錠 | 1日3回 毎食後 1回2錠 | 1回1錠"], pair("F1", "F1")),
            (
                &[
                    "[F1] report | 2026-07-03 | 胸部X線 | 右下肺野に浸潤影を認める。",
                    "[F2] report | 2026-07-03 | 胸部CT | 左肺下葉に浸潤影を認める。",
                ],
                pair("F1", "F2"),
            ),
            (
                &[
                    "[F1] condition | 2019-02-11 | 左大腿骨頸部骨折",
                    "[N1] note | 2019-02-12 | 手術記録 | 右大腿骨頸部骨折に対し人工骨頭置換術を施行。",
                ],
                pair("F1", "N1"),
            ),
            (
                &[
                    "[N01.1] note | 2026-07-03 | 医師 | 腹部に圧痛なし。",
                    "[N02.1] note | 2026-07-03 | 看護 | 腹部に圧痛あり。",
                ],
                pair("N01.1", "N02.1"),
            ),
        ] {
            assert_eq!(found(lines), expected, "{lines:?}");
        }
    }

    #[test]
    fn what_may_both_hold_is_no_contradiction() {
        for lines in [
            &["[F1] allergy | 2026-06-09 | 薬剤アレルギーなし", "[N1] note | 2026-06-10 | 経過 | 薬剤アレルギーなし。"]
                [..],
            &["[N1] note | 2026-06-10 | 医師 | 薬剤アレルギーなし。", "[F1] allergy | 2026-06-09 | サバ | 蕁麻疹"],
            &["[F1] condition | 2026-07-03 | 肺結核の疑い", "[F2] condition | 2026-07-09 | 肺結核"],
            &[
                "[F1] report | 2026-07-03 | 胸部X線 | 右下肺野に浸潤影を認める。",
                "[F2] report | 2026-07-08 | 胸部CT | 左肺下葉にも新たな浸潤影を認める。",
            ],
            &[
                "[F1] report | 2026-07-03 | 胸部CT | 左肺下葉に浸潤影を認める。右肺上葉に結節を認める。",
                "[F2] report | 2026-07-03 | 胸部X線 | 右上肺野に結節影を認める。",
            ],
            &[
                "[F1] report | 2026-07-03 | 胸部X線 | 両側下肺野に浸潤影を認める。",
                "[F2] report | 2026-07-03 | 胸部CT | 左肺下葉に浸潤影を認める。",
            ],
            &[
                "[N01.1] note | 2026-04-20 | 医師 | 甲状腺はびまん性に腫大し硬い。",
                "[N01.2] note | 2026-04-20 | 医師 | 圧痛なし。",
                "[N02.1] note | 2026-04-20 | 看護 | 左膝関節に圧痛あり。",
            ],
            &[
                "[N01.1] note | 2026-07-03 | 医師 | 腹部に圧痛なし。",
                "[N02.1] note | 2026-07-05 | 看護 | 腹部に圧痛あり。",
            ],
            &["[F1] medication | 2026-07-09 | 退院 | カロナール錠200 | 疼痛時 1回2錠 10回分 | 1回400 mg"],
            &[
                "[F1] medication | 2026-07-09 | 退院 | プレドニゾロン錠1mg | 1日3回 毎食後 7錠(4錠-2錠-1錠) 28日分 | 1日7錠",
            ],
            &[
                "[F1] allergy | 2026-03-06 | アスピリン | 喘鳴",
                "[F2] medication | 2026-03-06 | 外来 | カロナール錠300 | 疼痛時 1回1錠",
            ],
        ] {
            assert_eq!(found(lines), Vec::<[String; 2]>::new(), "{lines:?}");
        }
    }

    #[test]
    fn an_earlier_document_contradicts_nothing_but_a_denied_allergy() {
        let lines = [
            "[F1] allergy | 2026-06-09 | 薬剤・食物アレルギーなし",
            "[F2] condition | 2026-07-03 | 左大腿骨頸部骨折",
            "[N1] note | 2026-07-03 | 手術記録 | 右大腿骨頸部骨折に対し人工骨頭置換術を施行。",
            "[N2] note | 2026-07-03 | 医師 | 腹部に圧痛なし。",
            "[N3] note | 2026-07-03 | 看護 | 腹部に圧痛あり。",
            "[N4] note | 2026-07-03 | 経過 | 造影剤アレルギーがあり、造影CTは行わない。",
        ];
        let mut facts = facts(&lines).list;
        assert_eq!(search(&facts).len(), 3);
        for fact in facts.iter_mut().filter(|f| matches!(f.id.as_str(), "N1" | "N3" | "N4")) {
            let title = crate::facts::EARLIER.to_owned();
            fact.detail = crate::facts::Detail::Note { title, code: None };
            assert!(fact.is_earlier());
        }
        let left: Vec<_> = search(&facts).into_iter().map(|c| c.facts).collect();
        assert_eq!(left, pair("F1", "N4"));
    }
}
