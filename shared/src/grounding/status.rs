//! Check 7, second half: suspicion stays suspicion and history stays history.
//!
//! 「肺結核の疑い」 is often written for the sake of a test; told as 「肺結核」 it becomes a diagnosis that follows the
//! patient. 「否定できない」 is not negative. A suspected diagnosis told as certain is dropped; a judgement
//! (考えられる, 示唆する) told as certain, and a past disease told as present, are asked about.

use super::{Claim, Context, Verdict};
use crate::assertion::Polarity::{Present, Supposed, Suspected};
use crate::assertion::{self, Assertion, content_runs, same};
use crate::facts::{Detail, Fact, Kind};
use crate::text::{compact, nfkc};

/// Any of these keeps a statement open.
const OPEN: &[&str] = &[
    "疑", "可能性", "s/o", "r/o", "susp", "考え", "思われ", "示唆", "鑑別", "否定でき", "否定はでき", "否定しきれ",
    "否定し得", "否定しえ", "除外", "かもしれ", "恐れ", "おそれ", "懸念", "推定", "推測", "見込", "念頭", "精査",
    "有無", "評価", "検索", "矛盾し", "候補", "?", "リスク", "予防", "否定", "合致", "判断", "スクリーニング", "相談",
];
/// Any of these says that it is past.
const PAST: &[&str] = &[
    "既往", "歴", "術後", "後遺", "以前", "過去", "かつて", "当時", "昔", "陳旧", "治癒", "罹患", "年", "小児期",
    "幼少", "歳", "前回", "元来", "手術", "施行", "受け",
];

pub fn check(claim: &Claim, _: &Context) -> Verdict {
    let text = compact(&claim.text);
    if let Some(verdict) = suspicion(claim, &text) {
        return verdict;
    }
    if let Some(verdict) = invented_diagnosis(claim, &text) {
        return verdict;
    }
    let past = claim.cited.iter().find(|f| is_past(f) && text.contains(&compact(&f.name)));
    match past {
        Some(f) if !PAST.iter().any(|p| text.contains(p)) => flag(
            claim,
            format!("「{}」は既往として記録されている。現在の病名として書くか、既往と明記するか決めること。", f.name),
        ),
        _ => Verdict::Keep,
    }
}

fn flag(claim: &Claim, message: String) -> Verdict {
    let ids: Vec<&str> = claim.cited.iter().map(|f| f.id.as_str()).collect();
    Verdict::Flag("status-changed", format!("{message}根拠：{}", ids.join("、")))
}

/// What the evidence leaves open and the sentence closes.
fn suspicion(claim: &Claim, text: &str) -> Option<Verdict> {
    let per_fact: Vec<Vec<Assertion>> = claim.cited.iter().map(|f| assertion::of(f)).collect();
    let mut weak = None;
    for (i, list) in per_fact.iter().enumerate() {
        for a in list.iter().filter(|a| matches!(a.polarity, Suspected | Supposed)) {
            let settled = |list: &[Assertion]| list.iter().any(|b| b.polarity == Present && same(&b.term, &a.term));
            let elsewhere = per_fact.iter().enumerate().any(|(j, l)| j != i && settled(l))
                || claim.cited.iter().enumerate().any(|(j, f)| j != i && certain(f, &a.term));
            // Named again where nothing is left open: 「輸血の可能性を説明し、輸血の同意を得た」.
            let named = compact(&claim.evidence[i]).matches(a.term.as_str()).count();
            let again = !a.term.is_empty()
                && claim.cited[i].kind != Kind::Condition
                && named > list.iter().filter(|b| b.term == a.term && b.polarity == a.polarity).count();
            if elsewhere || again || settled(list) {
                continue;
            }
            let place = if a.term.is_empty() {
                told_without_name(&nfkc(&claim.cited[i].fields.join(" ")), a, text)
            } else {
                place(text, &a.term)
            };
            let Some(at) = place else { continue };
            if open(text, at) {
                continue;
            }
            if a.polarity == Suspected && diagnosis(&a.term, claim.cited[i]) {
                return Some(Verdict::Drop("status-changed"));
            }
            weak = weak.or(Some(a.term.clone()));
        }
    }
    let term = weak?;
    let of = if term.is_empty() { String::new() } else { format!("「{term}」は、") };
    Some(flag(
        claim,
        format!("{of}根拠では疑い・推定として書かれている。断定してよいか、疑い・推定と書き添えるか決めること。"),
    ))
}

/// A diagnosis or a plain statement of the name, in a fact that leaves nothing open.
fn certain(fact: &Fact, term: &str) -> bool {
    let text = compact(&fact.text());
    !term.is_empty() && text.contains(term) && !OPEN.iter().any(|o| text.contains(o)) && !assertion::suspected(fact)
}

/// Where a sentence names the finding: as a whole, or its last four characters.
fn place(text: &str, term: &str) -> Option<usize> {
    text.find(term).or_else(|| {
        let chars: Vec<char> = term.chars().collect();
        let tail: String = chars[chars.len().saturating_sub(4)..].iter().collect();
        (chars.len() > 4).then(|| text.find(&tail)).flatten()
    })
}

/// A suspicion whose finding is not found: the sentence that shares its clause's words.
fn told_without_name(evidence: &str, a: &Assertion, text: &str) -> Option<usize> {
    let end = a.at.min(evidence.len());
    let head = evidence.get(..end)?;
    let clause = head.rsplit(['。', '、', ' ']).next().unwrap_or_default();
    content_runs(clause).iter().filter(|r| r.chars().count() >= 3).find_map(|r| text.find(r.as_str()))
}

fn open(text: &str, at: usize) -> bool {
    let start = text[..at].rfind('。').map_or(0, |i| i + '。'.len_utf8());
    let sentence = text[start..].split('。').next().unwrap_or_default();
    let certain = ["疑いなく", "疑いのない", "疑いはない"].iter().any(|w| sentence.contains(w));
    !certain && OPEN.iter().any(|o| sentence.contains(o))
}

/// 「肺塞栓症と診断した」 where no cited fact speaks of it.
fn invented_diagnosis(claim: &Claim, text: &str) -> Option<Verdict> {
    let at = text.find("と診断")?;
    let name: String = text[..at].chars().rev().take_while(|c| assertion::is_content(*c)).collect();
    let name: String = name.chars().rev().collect();
    if name.chars().count() < 3 {
        return None;
    }
    let chars: Vec<char> = name.chars().collect();
    let tail: String = chars[chars.len() - 3..].iter().collect();
    let evidence: Vec<String> = claim.evidence.iter().map(|e| compact(e)).collect();
    let tail_two: String = chars[chars.len() - 2..].iter().collect();
    let holds =
        |e: &String| e.contains(&tail) || (e.contains(&tail_two) && e.contains(&chars[..2].iter().collect::<String>()));
    if evidence.iter().any(holds) {
        return None;
    }
    // An abbreviation (AMI, PE) may stand for it.
    let abbreviated = claim.evidence.iter().any(|e| {
        let mut words = e.split(|c: char| !c.is_ascii_alphanumeric());
        words.any(|w| w.len() >= 2 && w.chars().take(2).all(|c| c.is_ascii_uppercase()))
    });
    if abbreviated {
        return Some(flag(
            claim,
            format!("「{name}」との診断が根拠から読み取れるか確かめ、残すか改めるか決めること。"),
        ));
    }
    Some(Verdict::Drop("status-changed"))
}

fn is_past(fact: &Fact) -> bool {
    fact.kind == Kind::Condition
        && (matches!(&fact.detail, Detail::Condition(c) if c.past) || fact.fields.iter().any(|f| nfkc(f) == "既往"))
}

fn diagnosis(term: &str, fact: &Fact) -> bool {
    const DISEASES: &[&str] = &[
        "症", "炎", "癌", "がん", "腫瘍", "肉腫", "病", "梗塞", "塞栓", "骨折", "結核", "喘息", "潰瘍", "不全", "出血",
        "疾患", "症候群", "動脈瘤", "狭窄", "アレルギー", "感染", "てんかん",
    ];
    fact.kind == Kind::Condition || DISEASES.iter().any(|d| term.ends_with(d))
}
