//! Check 7, first half: what is there, what is not, and what is not known yet stay what they are.
//!
//! 「圧痛なし」 and 「圧痛を認めた」 differ by two characters, and a reader who trusts the draft acts on the wrong one.
//! So polarity is compared finding by finding, not by sentence: one that denies a finding may affirm another. A denied
//! allergy or diagnosis, or a result that is still out and told as negative, is dropped; of other findings the
//! physician is asked. Suspicion and history are the matter of `status`.

mod verbs;

use super::{Claim, Context, Verdict};
use crate::assertion::Polarity::{Absent, Awaited, Gone, Present, Supposed, Suspected};
use crate::assertion::{self, Assertion, Polarity, same};
use crate::facts::Kind;
use crate::text::compact;

/// Findings of which no fact needs to speak by name: 「異常を認めなかった」.
const GENERAL: &[&str] =
    &["異常", "問題", "変化", "著変", "支障", "特記事項", "特記すべき事項", "合併症", "症状", "所見", "必要"];

/// Words by which a sentence speaks of a thing without claiming it.
const NOT_CLAIMED: &[&str] = &[
    "予防", "対策", "リスク", "危険", "注意", "有無", "評価", "精査", "懸念", "可能性", "疑", "場合", "際", "確認",
    "防止", "説明", "鑑別", "除外", "否定", "心配", "不安", "れば", "恐れ", "おそれ", "検査", "歴", "予定", "なし",
    "ない", "なく", "ず",
];

pub fn check(claim: &Claim, _: &Context) -> Verdict {
    let said = assertion::read(&claim.text);
    let known: Vec<Assertion> = claim.cited.iter().flat_map(|f| assertion::of(f)).collect();
    let evidence: Vec<String> = claim.evidence.iter().map(|e| compact(e)).collect();
    let mut doubt = None;
    for a in said.iter().filter(|a| !a.term.is_empty()) {
        match judge(a, &known, &evidence) {
            Finding::Fits => {}
            Finding::Awaited => return Verdict::Drop("pending-as-negative"),
            Finding::Changed if grave(&a.term, claim) => return Verdict::Drop("negation-changed"),
            Finding::Changed | Finding::Unsupported
                if test_result(&claim.text, a) && !evidence.iter().any(|e| negative_result(e)) =>
            {
                return Verdict::Drop("negation-changed");
            }
            Finding::Changed | Finding::Unsupported => doubt = doubt.or(Some(a.term.clone())),
        }
    }
    let turned = verbs::turned(&claim.text, &evidence);
    if turned.is_some_and(verbs::is_treatment) {
        return Verdict::Drop("negation-changed");
    }
    let doubt = doubt
        .or_else(|| turned.or_else(|| verbs::disabled(&claim.text, &evidence)).map(str::to_owned))
        .or_else(|| found_in_a_negative_test(&claim.text, &known))
        .or_else(|| unnamed(&said, &known))
        .or_else(|| told_of_what_is_denied(claim, &said, &known))
        .or_else(|| nearly_verbatim_but_turned(claim));
    doubt.map_or(Verdict::Keep, |term| {
        let of = if term.is_empty() { String::new() } else { format!("「{term}」の") };
        let ids: Vec<&str> = claim.cited.iter().map(|f| f.id.as_str()).collect();
        let message = format!(
            "{of}有無の表現が根拠と異なる可能性がある。根拠（{}）と照合し、有無を確かめて残すか改めるか決めること。",
            ids.join("、")
        );
        Verdict::Flag("negation-changed", message)
    })
}

enum Finding {
    Fits,
    Changed,
    /// Denied, but the evidence does not speak of it.
    Unsupported,
    /// Told as known, but the result is still out.
    Awaited,
}

fn judge(a: &Assertion, known: &[Assertion], evidence: &[String]) -> Finding {
    let exact: Vec<&Assertion> = known.iter().filter(|k| k.term == a.term).collect();
    let like: Vec<&Assertion> =
        if exact.is_empty() { known.iter().filter(|k| same(&k.term, &a.term)).collect() } else { exact };
    // Of a list the last member alone is certain.
    if a.carried && like.iter().any(|k| k.carried) {
        return Finding::Fits;
    }
    // 「持続している」 of what is gone by all that is cited.
    let lasts = a.polarity == Present && a.lasts && !like.is_empty() && like.iter().all(|k| k.polarity == Gone);
    if lasts {
        return Finding::Changed;
    }
    if like.iter().any(|k| agrees(a.polarity, k.polarity)) {
        return Finding::Fits;
    }
    if matches!(a.polarity, Absent | Present | Gone) && !like.is_empty() && like.iter().all(|k| k.polarity == Awaited) {
        return if a.polarity == Present && !positive_result(&a.term) { Finding::Changed } else { Finding::Awaited };
    }
    if !like.is_empty() {
        // 疑い told as certain is `status`'s matter, a list's member denied elsewhere is uncertain.
        let elsewhere = matches!(like[0].polarity, Suspected | Supposed) && a.polarity == Present;
        return if elsewhere || (a.carried && a.polarity != Absent) { Finding::Fits } else { Finding::Changed };
    }
    if a.polarity != Absent || a.carried {
        return Finding::Fits;
    }
    // 「薬剤・食物アレルギーなし」 denies each of them.
    let allergy = |term: &str| term.ends_with("アレルギー");
    if allergy(&a.term) && known.iter().any(|k| k.polarity == Absent && allergy(&k.term)) {
        return Finding::Fits;
    }
    let general = GENERAL.iter().any(|g| a.term.ends_with(g));
    let normal = || a.term.ends_with("異常") && evidence.iter().any(|e| e.contains("正常"));
    if general && (known.iter().any(|k| matches!(k.polarity, Absent | Gone)) || normal()) {
        return Finding::Fits;
    }
    if evidence.iter().any(|e| e.contains(&a.term)) { Finding::Changed } else { Finding::Unsupported }
}

fn agrees(said: Polarity, known: Polarity) -> bool {
    said == known
        || matches!((said, known), (Gone, Absent | Present) | (Absent | Present, Gone))
        || matches!((said, known), (Suspected | Supposed, Suspected | Supposed | Present))
        // A weak judgement told as a finding is `status`'s matter.
        || matches!((said, known), (Present, Suspected | Supposed))
}

/// A test that is negative, not a finding that is absent.
fn test_result(text: &str, a: &Assertion) -> bool {
    a.polarity == Absent && text[..a.end.min(text.len())].contains("陰性") && text[a.at..a.end].contains("陰性")
}

fn positive_result(term: &str) -> bool {
    ["培養", "検査", "抗原", "抗体", "病理", "細胞診", "生検", "塗抹", "pcr"].iter().any(|w| term.ends_with(w))
}

fn negative_result(evidence: &str) -> bool {
    ["陰性", "(-)", "検出されず", "検出せず", "発育なし", "認めず", "認めない", "なし", "negative", "(−)"]
        .iter()
        .any(|w| evidence.contains(w))
}

/// 「便培養から…が検出された」 where the culture was negative.
fn found_in_a_negative_test(text: &str, known: &[Assertion]) -> Option<String> {
    let text = compact(text);
    let (source, found) = text.split_once("から").or_else(|| text.split_once("より"))?;
    let clause = found.split(['、', '。']).next().unwrap_or_default();
    let finds = ["検出され", "検出した", "分離され", "同定され", "発育"].iter().any(|w| clause.contains(w));
    let denied = ["されな", "されず", "ません", "なし", "なかった"].iter().any(|w| clause.contains(w));
    let test = assertion::content_runs(source).pop().filter(|t| finds && !denied && positive_result(t))?;
    let of_it: Vec<&Assertion> = known.iter().filter(|k| same(&k.term, &test)).collect();
    (!of_it.is_empty() && of_it.iter().all(|k| k.polarity == Absent)).then_some(test)
}

/// Deciding words whose finding is not found: they are counted.
fn unnamed(said: &[Assertion], known: &[Assertion]) -> Option<String> {
    let count = |list: &[Assertion], wanted: Polarity| {
        list.iter().filter(|a| a.term.is_empty() && a.polarity == wanted).count()
    };
    let denies = |list: &[Assertion]| list.iter().any(|a| matches!(a.polarity, Absent | Gone));
    let invented = count(said, Absent) > 0 && !denies(known);
    let turned = count(said, Present) > count(known, Present) && count(said, Absent) < count(known, Absent);
    (invented || turned).then(String::new)
}

/// 「血栓のため」 where the evidence says 血栓なし.
fn told_of_what_is_denied(claim: &Claim, said: &[Assertion], known: &[Assertion]) -> Option<String> {
    let text = without_particles(&compact(&claim.text));
    let denied =
        known.iter().filter(|k| k.polarity == Absent && !k.carried && k.term.chars().count() >= 2 && k.term != "希望");
    let mut denied = denied.filter(|k| {
        let otherwise = known.iter().any(|o| same(&o.term, &k.term) && o.polarity != Absent);
        !otherwise && !said.iter().any(|s| same(&s.term, &k.term))
    });
    denied
        .find(|k| {
            text.find(&k.term).is_some_and(|at| {
                let rest = &text[at + k.term.len()..];
                let claims = ["が", "により", "による", "のため", "に対し", "に伴", "を契機", "した。", "し、"];
                let clause: &str = rest.split('。').next().unwrap_or_default();
                claims.iter().any(|c| rest.starts_with(c)) && !NOT_CLAIMED.iter().any(|n| clause.contains(n))
            })
        })
        .map(|k| k.term.clone())
}

/// 「頭部を打撲した」 as 「頭部打撲した」.
fn without_particles(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let content = |at: Option<&char>| at.is_some_and(|c| assertion::is_content(*c));
    let between = |at: usize| at > 0 && content(chars.get(at - 1)) && content(chars.get(at + 1));
    let kept = |(at, c): (usize, &char)| (!(matches!(c, 'を' | 'の') && between(at))).then_some(*c);
    chars.iter().enumerate().filter_map(kept).collect()
}

/// A fact's own words but for a few characters, among which a denial came or went.
fn nearly_verbatim_but_turned(claim: &Claim) -> Option<String> {
    const DENIALS: &[&str] = &["な", "ず", "ません", "無", "陰", "否", "消失", "(-)"];
    /// An alteration is no longer than this on either side.
    const SHORT: usize = 9;
    let said: Vec<char> = compact(claim.text.trim_end_matches('。')).chars().collect();
    let denies = |middle: &[char]| {
        let middle: String = middle.iter().collect();
        DENIALS.iter().any(|d| middle.contains(d))
    };
    let turned = |field: &String| {
        let told: Vec<char> = compact(field).trim_end_matches('。').chars().collect();
        let shorter = said.len().min(told.len());
        let prefix = said.iter().zip(&told).take_while(|(a, b)| a == b).count();
        let suffix = said.iter().rev().zip(told.iter().rev()).take_while(|(a, b)| a == b).count();
        let suffix = suffix.min(shorter - prefix);
        let (new, old) = (&said[prefix..said.len() - suffix], &told[prefix..told.len() - suffix]);
        let small = new.len() <= SHORT && old.len() <= SHORT && (prefix + suffix) * 5 >= said.len().max(told.len()) * 3;
        let doubts = |middle: &[char]| middle.contains(&'疑') || middle.contains(&'否');
        small
            && !new.is_empty()
            && !old.is_empty()
            && prefix + suffix >= 4
            && denies(new) != denies(old)
            && !doubts(new)
            && !doubts(old)
    };
    claim.cited.iter().flat_map(|f| &f.fields).any(turned).then(String::new)
}

/// Allergies and diagnoses: nobody may have to look twice.
fn grave(term: &str, claim: &Claim) -> bool {
    const DISEASES: &[&str] = &[
        "症", "炎", "癌", "がん", "腫瘍", "肉腫", "梗塞", "塞栓", "骨折", "結核", "糖尿病", "喘息", "潰瘍", "不全",
        "アレルギー",
    ];
    claim.cited.iter().any(|f| matches!(f.kind, Kind::Allergy | Kind::Condition))
        || (DISEASES.iter().any(|d| term.ends_with(d)) && !term.ends_with("合併症"))
}
