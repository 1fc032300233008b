//! A record that is too large is cut down rule by rule, the oldest first, until it fits.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use fude::facts::{Category, Detail, Fact, Kind};

use super::{Bundle, LeftOut, SourceError, without};

/// Words of results that tell an infection; those stay whatever their age.
const INFECTIONS: &[&str] = &[
    "HBs", "HBc", "HCV", "HIV", "HTLV", "梅毒", "RPR", "TPHA", "TPLA", "TP抗体", "MRSA", "ESBL", "VRE", "CRE", "MDRP",
    "培養", "抗酸菌", "結核", "IGRA", "T-SPOT", "QFT", "SARS", "COVID", "インフルエンザ", "ノロ", "クロストリ",
    "トキシン", "CDトキシン", "感染",
];

/// Titles of notes that a document cannot do without.
const FIRST_NOTES: &[&str] = &["主訴", "理由", "現病歴", "退院", "手術", "指示", "紹介", "サマリ", "要約", "病状説明"];

/// The record as JSON within `limit` bytes.
pub fn to_fit(
    bundle: &Bundle,
    kept: &BTreeSet<usize>,
    cited: &BTreeMap<usize, Vec<&Fact>>,
    limit: usize,
    left_out: &mut Vec<LeftOut>,
) -> Result<String, SourceError> {
    let mut out = Bundle { entries: Vec::new(), is_document: bundle.is_document };
    let mut positions = Vec::new();
    for at in kept {
        out.entries.push(bundle.entries[*at].clone());
        positions.push(*at);
    }
    let json = out.json();
    if json.len() <= limit {
        return Ok(json);
    }
    let mut tell = |rule: &str, count: usize| {
        if count > 0 {
            left_out.push(LeftOut { rule: rule.to_owned(), count });
        }
    };
    let mut bytes = json.len();
    let mut count = 0;
    for entry in
        out.entries.iter_mut().filter(|e| !matches!(e.kind.as_str(), "Composition" | "Binary" | "DocumentReference"))
    {
        if let Some(plain) = without(&entry.resource, &["text"]).filter(|p| p.get().len() < entry.resource.get().len())
        {
            bytes -= entry.resource.get().len() - plain.get().len();
            entry.resource = plain;
            count += 1;
        }
    }
    tell("display-text", count);

    let mut gone: BTreeSet<usize> = BTreeSet::new();
    let ends = ends(cited);
    for (rule, applies) in RULES {
        if bytes <= limit {
            break;
        }
        let mut found: Vec<(Option<fude::calendar::Day>, usize)> = Vec::new();
        for (i, at) in positions.iter().enumerate().filter(|(i, _)| !gone.contains(i)) {
            let told = cited.get(at).map(Vec::as_slice).unwrap_or_default();
            if !told.is_empty() && told.iter().all(|f| applies(f, &ends)) {
                found.push((told.iter().filter_map(|f| f.date).min(), i));
            }
        }
        found.sort_unstable();
        let before = gone.len();
        for (_, i) in found {
            if bytes <= limit {
                break;
            }
            // The entry with its braces, key and comma.
            let entry = &out.entries[i];
            bytes -= entry.resource.get().len() + 14 + entry.full_url.as_ref().map_or(0, |u| u.len() + 13);
            gone.insert(i);
        }
        tell(rule, gone.len() - before);
    }
    let entries = out.entries.into_iter().enumerate().filter(|(i, _)| !gone.contains(i)).map(|(_, e)| e).collect();
    let json = Bundle { entries, is_document: out.is_document }.json();
    if json.len() <= limit { Ok(json) } else { Err(SourceError::TooLarge { bytes: json.len(), limit }) }
}

/// First and last result of each name.
type Ends<'f> = HashMap<&'f str, (Option<fude::calendar::Day>, Option<fude::calendar::Day>)>;

fn ends<'f>(cited: &BTreeMap<usize, Vec<&'f Fact>>) -> Ends<'f> {
    let mut out: Ends = HashMap::new();
    for fact in cited.values().flatten().filter(|f| is_result(f)) {
        let (first, last) = out.entry(fact.name.as_str()).or_insert((fact.date, fact.date));
        *first = fact.date.min(*first);
        *last = fact.date.max(*last);
    }
    out
}

type Rule = (&'static str, fn(&Fact, &Ends) -> bool);

/// In the order in which they are applied.
const RULES: &[Rule] = &[
    ("administrations", |f, _| matches!(&f.detail, Detail::Medication(m) if m.category == Category::Administered)),
    ("results-between", |f, ends| is_between(f, ends) && !is_abnormal(f)),
    ("abnormal-results-between", is_between),
    ("notes", |f, _| matches!(&f.detail, Detail::Note { title, .. } if !FIRST_NOTES.iter().any(|w| title.contains(w)))),
];

fn is_result(fact: &Fact) -> bool {
    matches!(fact.kind, Kind::Result | Kind::Exam | Kind::Survey)
}

fn is_abnormal(fact: &Fact) -> bool {
    matches!(&fact.detail, Detail::Result(r) if r.abnormal || r.critical)
}

/// Neither the first nor the last of its name, not waited for, no infection.
fn is_between(fact: &Fact, ends: &Ends) -> bool {
    let pending = matches!(&fact.detail, Detail::Result(r) if r.pending || r.critical);
    let said = fude::text::nfkc(&fact.fields.join(" "));
    let infection = INFECTIONS.iter().any(|w| said.contains(w));
    let between = ends.get(fact.name.as_str()).is_some_and(|(first, last)| fact.date != *first && fact.date != *last);
    is_result(fact) && between && !pending && !infection && fact.date.is_some()
}
