//! Check 18: whose fact it is, the patient's or a relative's.
//!
//! 「母に肺結核の既往」 told as the patient's own leads to isolation and drugs. A sentence that rests on a relative's
//! fact must name that relative; one that gives a relative's disease to the patient, the patient's to a relative, or
//! one relative's words to another, is dropped. Who came along (妻が付き添い) is told of nobody's health.

use super::{Claim, Context, Verdict};
use crate::assertion::{content_runs, is_content};
use crate::facts::{Fact, Kind};
use crate::text::{Edge, nfkc};

const DROP: Verdict = Verdict::Drop("family-as-patient");

/// Spellings of one relative.
const RELATIVES: &[&[&str]] = &[
    &["父方祖父", "母方祖父", "祖父", "おじいさん"],
    &["父方祖母", "母方祖母", "祖母", "おばあさん"],
    &["父親", "実父", "義父", "お父さん", "父"],
    &["母親", "実母", "義母", "お母さん", "母"],
    &["お兄", "兄"],
    &["お姉", "姉"],
    &["弟"],
    &["妹"],
    &["叔父", "伯父", "おじ"],
    &["叔母", "伯母", "おば"],
    &["長男"],
    &["次男", "三男"],
    &["長女"],
    &["次女", "三女"],
    &["ご主人", "夫"],
    &["奥さん", "奥様", "妻"],
    &["孫"],
    &["甥", "姪", "いとこ", "従兄弟"],
    // These may stand for several of the above: see COVERS.
    &["息子"],
    &["娘"],
    &["祖父母"],
    &["両親", "父母"],
    &["兄弟姉妹", "兄弟", "姉妹", "同胞", "きょうだい"],
    &["子ども", "子供"],
    &["家族", "血縁", "近親"],
];
const FATHER: usize = 2;
const MOTHER: usize = 3;
const CHILDREN: &[usize] = &[10, 11, 12, 13, 16, 18, 19];
/// A word and the relatives that it may stand for.
const COVERS: &[(usize, &[usize])] = &[
    (18, &[10, 11]),
    (19, &[12, 13]),
    (20, &[0, 1]),
    (21, &[FATHER, MOTHER]),
    (22, &[4, 5, 6, 7]),
    (23, &[10, 11, 12, 13, 18, 19]),
];
/// The last of the list: it may stand for any of them.
const FAMILY: usize = RELATIVES.len() - 1;

/// Whether two words may mean one relative.
fn one_relative(a: usize, b: usize) -> bool {
    let covers = |x: usize, y: usize| COVERS.iter().any(|(word, whom)| *word == x && whom.contains(&y));
    a == b || a == FAMILY || b == FAMILY || covers(a, b) || covers(b, a)
}

/// Words in which the sign of a relative is none.
const NO_RELATIVES: &[&str] = &[
    "母指", "母趾", "母斑", "酵母", "分母", "母乳", "母集団", "母床", "乳母", "雲母", "水母", "父兄", "大丈夫", "丈夫",
    "工夫", "夫婦", "人夫", "娘細胞", "母細胞", "母地", "母体", "保母", "母国", "母校", "異父", "義兄弟", "妹背",
    "家族性", "家族歴", "ご家族", "子孫", "おじぎ", "おばけ", "母子手帳", "母子", "貴母",
];
static FIRST: [Edge; 2] = [Edge::first(&[NO_RELATIVES]), Edge::first(RELATIVES)];
/// A disease told of somebody.
const ILL: &[&str] = &[
    "既往", "罹患", "発症", "病気", "同じ病", "死因", "で死亡", "に死亡", "患って", "患い", "透析", "手術歴", "で他界",
    "家族歴",
];
const SUBJECT: &[&str] = &["には", "にも", "に", "が", "は", "も", "の", ":", "、", ",", "(", " "];

/// A relative at a place of a text.
struct Named {
    who: usize,
    start: usize,
    end: usize,
}

pub fn check(claim: &Claim, _: &Context) -> Verdict {
    let said = relatives(&claim.text);
    let names = |who: usize| said.iter().any(|n| one_relative(n.who, who));
    for fact in claim.cited.iter().filter(|f| f.kind == Kind::Family) {
        let relation = nfkc(fact.fields.first().map_or("", String::as_str));
        let needed = claim.cited.len() == 1 || tells(&claim.text, fact);
        let who: Vec<usize> = relatives(&relation).into_iter().map(|n| n.who).collect();
        let named =
            who.iter().any(|w| names(*w)) || (who.is_empty() && !said.is_empty()) || claim.text.contains(&relation);
        if needed && (!named || patient_is_subject(&claim.text, fact)) {
            return DROP;
        }
    }
    let plain: Vec<usize> = (0..claim.cited.len()).filter(|i| claim.cited[*i].kind != Kind::Family).collect();
    let evidence: Vec<&str> = plain.iter().map(|i| claim.evidence[*i].as_str()).collect();
    let elsewhere = claim.evidence.join("\n");
    if evidence.iter().any(|e| given_to_the_patient(&claim.text, &said, e, &elsewhere))
        || given_to_a_relative(claim, &said, &elsewhere)
    {
        return DROP;
    }
    Verdict::Keep
}

/// All relatives that a text names.
fn relatives(text: &str) -> Vec<Named> {
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        if !FIRST.iter().any(|first| first.may_be(c)) {
            at += c.len_utf8();
            continue;
        }
        let here = &text[at..];
        if let Some(word) = NO_RELATIVES.iter().find(|w| here.starts_with(**w)) {
            if matches!(*word, "家族歴" | "ご家族") {
                out.push(Named { who: FAMILY, start: at, end: at + word.len() });
            }
            at += word.len();
            continue;
        }
        let hit = RELATIVES
            .iter()
            .enumerate()
            .flat_map(|(who, words)| words.iter().map(move |w| (who, *w)))
            .filter(|(_, w)| here.starts_with(w))
            .max_by_key(|(_, w)| w.len());
        match hit {
            Some((who, word)) => {
                out.push(Named { who, start: at, end: at + word.len() });
                at += word.len();
            }
            None => at += c.len_utf8(),
        }
    }
    out
}

/// Whether the sentence tells this family fact's disease.
fn tells(text: &str, fact: &Fact) -> bool {
    let runs = content_runs(&nfkc(&fact.fields[1..].join(" ")));
    let folded = text.to_lowercase();
    runs.iter().any(|r| folded.contains(r.as_str()))
}

/// 「本人に肺結核の既往」: the patient is the one of whom the disease is told.
fn patient_is_subject(text: &str, fact: &Fact) -> bool {
    subjects(text).into_iter().any(|(_, end)| {
        let clause = text[end..].split(['。', '、']).next().unwrap_or_default().to_lowercase();
        let told = content_runs(&nfkc(&fact.fields[1..].join(" "))).iter().any(|r| clause.contains(r.as_str()));
        // 「患者の父は62歳で心筋梗塞」 is told of the father.
        told && !clause.contains("なし") && !clause.contains("ない") && relatives(&clause).is_empty()
    })
}

/// Where the patient is a subject: start of the word, end of its particle.
fn subjects(text: &str) -> Vec<(usize, usize)> {
    let mut out = Vec::new();
    for word in ["本人", "患者", "患者さん", "患者様"] {
        for (at, _) in text.match_indices(word) {
            let rest = &text[at + word.len()..];
            if let Some(p) = ["には", "にも", "に", "が", "は", "も", "の"].iter().find(|p| rest.starts_with(**p))
            {
                out.push((at, at + word.len() + p.len()));
            }
        }
    }
    out
}

/// A clause of the evidence that begins with a relative, and what it tells of them.
fn clauses(evidence: &str) -> Vec<(usize, &str)> {
    let named = relatives(evidence);
    let ends: Vec<usize> = named.iter().skip(1).map(|n| n.start).chain([evidence.len()]).collect();
    named
        .iter()
        .zip(ends)
        .filter(|(n, _)| SUBJECT.iter().any(|s| evidence[n.end..].starts_with(s)))
        .filter(|(n, _)| !patient_in_a_childs_words(evidence, n))
        .map(|(n, end)| {
            let rest = evidence[n.end..end].trim_start_matches(['、', ',', ':', ' ']);
            (n.who, rest.split(['。', '、', ',']).next().unwrap_or_default())
        })
        .collect()
}

/// 「長男より「父は延命治療を望まない」」: the father is the patient.
fn patient_in_a_childs_words(evidence: &str, named: &Named) -> bool {
    let Some(open) = evidence[..named.end].rfind('「') else { return false };
    let closed = evidence[open..named.end].contains('」');
    let speaker = relatives(&evidence[..open]);
    matches!(named.who, FATHER | MOTHER) && !closed && speaker.last().is_some_and(|s| CHILDREN.contains(&s.who))
}

fn given_to_the_patient(text: &str, said: &[Named], evidence: &str, elsewhere: &str) -> bool {
    let of_patient = |run: &str| {
        // The evidence may tell it of the patient too, in another clause.
        let relatives_own: usize = clauses(elsewhere).iter().map(|(_, c)| c.matches(run).count()).sum();
        elsewhere.matches(run).count() > relatives_own
    };
    clauses(evidence).into_iter().any(|(who, clause)| {
        if said.iter().any(|n| one_relative(n.who, who)) {
            return false;
        }
        let runs = content_runs(clause);
        let ill = ILL.iter().any(|i| clause.contains(i));
        let folded = text.to_lowercase();
        let told = runs.iter().any(|r| !ILL.contains(&r.as_str()) && folded.contains(r.as_str()) && !of_patient(r));
        // 「長女が希望」 told as 「本人が希望」.
        let subject = subjects(text).into_iter().any(|(_, end)| {
            let run: String = text[end..].chars().take_while(|c| is_content(*c)).collect();
            run.chars().count() >= 2 && clause.contains(&run) && !of_patient(&run)
        });
        (ill && told) || subject
    })
}

/// A relative is told to be ill, or to have said or done something, of whom no fact speaks.
fn given_to_a_relative(claim: &Claim, said: &[Named], elsewhere: &str) -> bool {
    let known: Vec<usize> = relatives(elsewhere).into_iter().map(|n| n.who).collect();
    said.iter().any(|n| {
        if n.who == FAMILY || known.iter().any(|k| one_relative(*k, n.who)) {
            return false;
        }
        let rest = &claim.text[n.end..];
        let clause = rest.split(['。', '、']).next().unwrap_or_default();
        let subject =
            SUBJECT.iter().any(|s| rest.starts_with(s)) || rest.starts_with("より") || rest.starts_with("から");
        let ill = subject && ILL.iter().any(|i| clause.contains(i));
        // The evidence tells it of another relative.
        ill || (subject && !known.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::grounding::Verdict;
    use crate::grounding::testing::{ask, facts};

    #[test]
    fn a_relatives_disease_stays_the_relatives() {
        let f = facts(&[
            "[F1] family | - | 母 | 肺結核 | 45歳",
            "[N1] note | 2026-07-03 | 経過 | 母に肺結核の既往があり、喀痰抗酸菌検査も提出した。",
            "[N2] note | 2026-05-07 | 現病歴 | 13時頃に起坐呼吸となり、妻 節子さんが救急要請し当院に搬送された。",
            "[N3] note | 2026-04-20 | 説明 | 長女が転院を希望された。",
            "[F2] condition | 2001 | 高血圧症",
            "[N5] note | 2026-02-05 | 経過 | 長男より「父は延命治療を望まない」との話があった。",
            "[N4] note | 2026-07-03 | 経過 | 左母趾に潰瘍あり、大丈夫と話される。",
        ]);
        for (text, ids) in [
            ("母に肺結核の既往がある。", &["F1"][..]),
            ("家族歴：母が45歳で肺結核。", &["F1"]),
            ("家族に肺結核の既往があり、喀痰抗酸菌検査を提出した。", &["N1"]),
            ("喀痰抗酸菌検査を提出した。", &["N1"]),
            ("患者は救急搬送された。", &["N2"]),
            ("妻が付き添い、高血圧症で通院中である。", &["F2"]),
            ("左母趾に潰瘍を認めた。", &["N4"]),
            ("長女は転院を希望した。", &["N3"]),
            ("娘が転院を希望した。", &["N3"]),
            ("患者の母は45歳で肺結核に罹患した。", &["F1"]),
            ("両親のうち母に肺結核。", &["F1"]),
            ("本人は延命治療を望んでいなかった（長男より聴取）。", &["N5"]),
        ] {
            assert_eq!(ask(check, &f, text, ids), Verdict::Keep, "{text}");
        }
        for (text, ids) in [
            ("本人に肺結核の既往がある。", &["F1"][..]),
            ("肺結核の既往がある。", &["F1"]),
            ("父に肺結核の既往がある。", &["F1"]),
            ("本人に肺結核の既往があり、喀痰抗酸菌検査も提出した。", &["N1"]),
            ("肺結核の既往がある。", &["N1"]),
            ("本人が転院を希望された。", &["N3"]),
            ("長男が転院を希望された。", &["N3"]),
            ("次女が転院を希望された。", &["N3"]),
            ("母に高血圧症の既往がある。", &["F2"]),
        ] {
            assert_eq!(ask(check, &f, text, ids), Verdict::Drop("family-as-patient"), "{text}");
        }
    }
}
