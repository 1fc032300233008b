//! Check 13: what was planned is not told as done, what was refused or not done not as done, what was stopped
//! or held not as going on. The plan is where models err worst (half of the faulty sentences of emergency
//! summaries), and a planned operation told as done is believed.
//! The clause of the evidence that a clause is about is found by what they share; its modality decides.

mod standing;

use super::content::Content;
use super::{Claim, Context, Verdict, clauses};
use crate::facts::{Detail, Fact, Kind};
use crate::text::{AnyOf, nfkc};
use standing::{STOPPED, standing_is_supported};

const CHANGED: Verdict = Verdict::Drop("plan-changed");

pub fn check(claim: &Claim, _: &Context) -> Verdict {
    if is_quotation(claim) {
        return Verdict::Keep;
    }
    let text = clauses::still_held(&without_brackets(&clauses::without_placeholders(&claim.text)));
    let known: Vec<Known> = claim.cited.iter().flat_map(|f| known(f)).collect();
    let evidence = known.iter().map(|k| k.text.as_str()).collect::<Vec<_>>().join("。");
    for clause in clauses::of(&text) {
        let said = Content::words(&clause);
        let mode = match mode(&clause) {
            // 「中止した」 is no deed; what was stopped is looked at below.
            Mode::Done if holds(&clause, &["中止", "休薬", "保留", "終了"]) && !holds(&clause, &["施行", "実施"]) => {
                Mode::Open
            }
            mode => mode,
        };
        let agrees = match mode {
            Mode::Done => done_is_supported(&said, &known),
            Mode::NotDone => holds(&evidence, NOT_DONE) || holds(&evidence, DENIED) || holds(&evidence, STOPPED),
            Mode::Planned => planned_is_supported(&said, &known),
            Mode::Open | Mode::Told => true,
        };
        let told = mode != Mode::Told || told_deeds(&clause).all(|deed| act_is_supported(deed, &known, &evidence));
        if !agrees
            || !told
            || !act_is_supported(&clause, &known, &evidence)
            || !standing_is_supported(&clause, mode, &said, &known, &evidence)
        {
            return CHANGED;
        }
    }
    Verdict::Keep
}

/// A whole sentence of the one note or report that it cites, word for word: planned, done or refused as there.
fn is_quotation(claim: &Claim) -> bool {
    let [fact] = claim.cited.as_slice() else { return false };
    let said = |f: &Fact| f.fields.get(1).is_some_and(|told| nfkc(told).trim() == claim.text.trim());
    matches!(fact.kind, Kind::Note | Kind::Report) && said(fact)
}

/// 「冠動脈造影を施行したことを説明した」: the deed that is told of.
fn told_deeds(clause: &str) -> impl Iterator<Item = &str> {
    ["したこと", "したと", "した旨", "されたこと"].into_iter().filter_map(move |end| {
        let at = clause.find(end)?;
        let deed = &clause[..at + end.find('た').map_or(0, |t| t + 'た'.len_utf8())];
        Some(deed.rsplit('、').next().unwrap_or(deed))
    })
}

/// What stands in brackets is an aside: 「採血を施行した（長女が同席予定）」 plans nothing.
fn without_brackets(text: &str) -> String {
    let mut depth = 0usize;
    let outside = text.chars().filter(|c| match c {
        '(' | '（' => {
            depth += 1;
            false
        }
        ')' | '）' => {
            depth = depth.saturating_sub(1);
            false
        }
        _ => depth == 0,
    });
    outside.collect()
}

/// Acts of which a sentence says in so many words that they were done.
const ACTS: &[&str] = &[
    "施行", "実施", "開始", "留置", "挿入", "造設", "抜去", "切除", "導入", "再検", "終了", "行った", "行いました",
    "再開", "中止", "休薬", "増量", "減量", "変更", "追加", "投与", "接種", "転院", "移植",
];

/// An act told as done, of which the evidence has only talk, a plan or a refusal.
fn act_is_supported(clause: &str, known: &[Known], evidence: &str) -> bool {
    mode(clause) != Mode::Done
        || ACTS.iter().filter(|a| clause.contains(**a)).all(|act| one_act_is_supported(act, clause, known, evidence))
}

fn one_act_is_supported(act: &str, clause: &str, known: &[Known], evidence: &str) -> bool {
    let said = Content::words(&clause.replace(act, ""));
    let about = |k: &&Known| said.shared(&k.content) >= 0.5;
    let only = |wanted: Mode| known.iter().filter(about).any(|k| k.mode == wanted);
    let literally = evidence.contains(act);
    // Planned, refused or talked about, and nowhere done: 「胃瘻造設について説明したが希望しなかった」.
    let done = |k: &Known| ["し、", "した", "され", "済"].iter().any(|e| k.text.contains(&format!("{act}{e}")));
    let undone = |k: &Known| match k.mode {
        Mode::Planned => true,
        // What is told as stopped was not done either.
        Mode::NotDone | Mode::Told => !done(k) && !matches!(act, "中止" | "休薬"),
        Mode::Done | Mode::Open => false,
    };
    let mut told = known.iter().filter(|k| k.text.contains(act)).peekable();
    if told.peek().is_some() && told.all(undone) {
        return false;
    }
    if only(Mode::Planned) && !only(Mode::Done) && !only(Mode::Open) {
        return false;
    }
    literally || only(Mode::Done) || !known.iter().any(|k| matches!(k.mode, Mode::NotDone | Mode::Told))
}

/// 「10月5日のCTで再検する」, written on a day before: to come.
fn is_ahead(clause: &str, fact: &Fact) -> bool {
    /// Times that are to come, seen from the day of the note.
    const AHEAD: &[&str] = &[
        "か月後", "ヶ月後", "ヵ月後", "週間後", "週後", "年後", "日後", "次回", "翌週", "来週", "来月", "後日", "今後",
    ];
    let text = clause.trim_end();
    let non_past = ["する", "行う", "します", "行います"].iter().any(|e| text.ends_with(e));
    if non_past && !text.contains("術後") && holds(text, AHEAD) {
        return true;
    }
    let instructs = matches!(&fact.detail, Detail::Note { title, .. } if ["指示", "方針", "計画", "説明"].iter().any(|w| title.contains(w)));
    non_past && (instructs && text.contains('日') || later_day(text, fact))
}

/// A day of the same year after the one on which the fact was recorded.
fn later_day(text: &str, fact: &Fact) -> bool {
    let Some((month, day)) = fact.date.and_then(|d| Some((d.month?, d.day?))) else { return false };
    text.split('月').zip(text.split('月').skip(1)).any(|(before, after)| {
        let digits = |s: &str| s.parse::<u8>().ok();
        let m = before.rsplit(|c: char| !c.is_ascii_digit()).next().and_then(digits);
        let d = after.split(|c: char| !c.is_ascii_digit()).next().and_then(digits);
        matches!((m, d), (Some(m), Some(d)) if (m, d) > (month, day))
    })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Planned,
    NotDone,
    Done,
    /// Talked about, which does not do it.
    Told,
    /// A finding, a state, a noun alone.
    Open,
}

/// A clause of a cited fact.
struct Known {
    text: String,
    mode: Mode,
    content: Content,
}

fn known(fact: &Fact) -> Vec<Known> {
    let body = clauses::still_held(&clauses::body(fact));
    let one = |text: String, mode: Mode| Known { content: Content::known(&text), text, mode };
    match fact.kind {
        Kind::Procedure => {
            let by_text = mode(&body);
            let mode = match by_text {
                Mode::Open if holds(&body, &["中止", "予定"]) => Mode::NotDone,
                Mode::Open => Mode::Done,
                m => m,
            };
            vec![one(body, mode)]
        }
        Kind::Appointment => vec![one(body, Mode::Planned)],
        Kind::Medication | Kind::Encounter | Kind::Allergy => vec![one(body, Mode::Open)],
        _ => {
            let standing = fact.kind == Kind::CarePlan;
            let mut parts: Vec<Known> = Vec::new();
            for clause in clauses::of(&body) {
                let mode = match mode(&clause) {
                    Mode::Open | Mode::Done if is_ahead(&clause, fact) => Mode::Planned,
                    Mode::Open if standing => Mode::Planned,
                    m => m,
                };
                let mut part = one(clause, mode);
                // 「希望されなかった」 alone is about what stands before it.
                if let Some(before) = parts.last()
                    && part.content.weight() < 1.2
                {
                    part.content = part.content.joined(&before.content);
                }
                parts.push(part);
            }
            parts
        }
    }
}

const PLANNED: &[&str] = &[
    "予定", "検討", "希望", "計画", "方針", "見込", "考慮", "予約", "待機", "こととし", "こととな", "ことになっ",
    "こととす", "場合は", "場合に", "際は", "したら", "れたら", "あれば", "時には", "すること", "するよう",
    "するように", "してください", "お願い", "勧め", "提案", "依頼", "調整中", "申請中", "準備中", "手続き中", "打診中",
    "待ち",
];

const NOT_DONE: &[&str] = &[
    "実施せず", "施行せず", "行わず", "行わな", "施行しな", "実施しな", "施行されず", "実施されず", "行われず",
    "行われな", "見送", "見合わせ", "拒否", "辞退", "希望せず", "希望しな", "施行しませ", "実施しませ", "行いませ",
    "施行していな", "実施していな", "行っていな", "希望していな", "望んでいな", "希望されず", "希望されな", "希望なし",
    "望まな", "望まれな", "未施行", "未実施", "断念", "同意が得られず", "同意されず", "断っ", "断られ", "延期",
];

/// Denials that may stand for 「施行せず」 in the evidence of such a sentence.
const DENIED: &[&str] = &["せず", "しない", "されず", "なかった", "未", "不要", "なし", "ない", "適応外"];

/// Words with 予定 or 希望 in which nothing is planned.
const NO_PLAN: &[&str] = &[
    "予定通り", "予定どおり", "予定入院", "予定手術", "予定日", "予定量", "予定していた", "予定されていた",
    "予定の手術", "希望により", "希望にて", "希望で", "希望があ", "希望もあ", "希望に沿", "希望を踏まえ", "検討会",
    "検討の結果", "検討の上", "検討した結果", "検討のうえ", "計画的", "方針通り", "依頼により", "依頼を受け", "依頼で",
    "勧めで", "勧めにより", "退院時には", "入院時には", "来院時には", "受診時には", "搬送時には", "初診時には",
    "手術時には", "を考慮し", "を考慮の", "考慮した結果", "結果待ち",
];

fn mode(clause: &str) -> Mode {
    // One walk tells that none of the words stands there, as in most clauses
    static UNDONE: AnyOf = AnyOf::new(&[NOT_DONE]);
    static NOTHING_PLANNED: AnyOf = AnyOf::new(&[NO_PLAN]);
    static AHEAD: AnyOf = AnyOf::new(&[PLANNED]);
    if UNDONE.is_in(clause) && holds(&clause.replace("お見送", ""), NOT_DONE) {
        return Mode::NotDone;
    }
    // 「生ワクチンは避けるようお伝えした」
    if holds(clause, &["よう伝え", "ように伝え", "ようお伝え", "よう指導", "ように指導", "旨を伝え"])
    {
        return Mode::Told;
    }
    let said_done = ["説明を施行", "説明を実施", "説明、"].iter().any(|w| clause.contains(w));
    if !said_done
        && holds(clause, &["説明", "相談", "話し合", "面談", "提示", "を選択", "を選ばれ", "を選んだ"])
        && !holds(clause, &["相談の上", "相談のうえ", "説明の上", "相談員"])
    {
        return Mode::Told;
    }
    let mut text = clause.to_owned();
    if NOTHING_PLANNED.is_in(&text) {
        for word in NO_PLAN {
            text = text.replace(word, "");
        }
    }
    let ends = || PLANNED.iter().filter_map(|p| text.rfind(p).map(|at| at + p.len()));
    let last = if AHEAD.is_in(&text) { ends().max() } else { None };
    match last {
        // 「検査予定で入院した」: what follows the plan was done.
        Some(at) => {
            let rest = text[at..].trim_start_matches(|c: char| ('ぁ'..='ん').contains(&c) || c == '、');
            let other = rest.chars().count() > 1 && has_done(rest) && !holds(rest, &["指導", "伝え", "指示"]);
            if other { Mode::Done } else { Mode::Planned }
        }
        None if has_done(&text) => Mode::Done,
        None => Mode::Open,
    }
}

fn has_done(text: &str) -> bool {
    const DONE: &[&str] = &["施行", "実施", "行った", "行い", "行なった", "行われ", "済み", "済。"];
    const ENDS: &[&str] =
        &["た", "たが", "ため", "たところ", "たので", "たものの", "たのち", "した後", "し", "され", "ました", "済"];
    if holds(text, DONE) {
        // 「施行する」 is to come.
        return !["施行する", "実施する", "行う", "施行します", "実施します"]
            .iter()
            .any(|t| text.trim_end().ends_with(t));
    }
    let tail = text.trim_end();
    tail.chars().count() > 2
        && ENDS.iter().any(|e| tail.ends_with(e))
        && !tail.ends_with("なし")
        && !tail.ends_with("るため")
}

fn holds(text: &str, words: &[&str]) -> bool {
    words.iter().any(|w| text.contains(w))
}

/// The clause that a claim is about: what shares most with it.
fn done_is_supported(said: &Content, known: &[Known]) -> bool {
    let best = |wanted: fn(Mode) -> bool| {
        known.iter().filter(|k| wanted(k.mode)).map(|k| said.shared(&k.content)).fold(0.0_f32, f32::max)
    };
    let open = best(|m| matches!(m, Mode::Planned | Mode::NotDone));
    open < 0.5 || best(|m| matches!(m, Mode::Done | Mode::Open)) >= open
}

fn planned_is_supported(said: &Content, known: &[Known]) -> bool {
    const AHEAD: &[&str] =
        &["次回", "外来", "再診", "今後", "退院後", "フォロー", "要", "必要", "来週", "来月", "後日", "明日", "目的"];
    if known.iter().any(|k| k.mode == Mode::Planned || holds(&k.text, AHEAD) || holds(&k.text, PLANNED)) {
        return true;
    }
    let ends = |k: &Known| ["する", "行う", "とする", "へ", "します"].iter().any(|e| k.text.trim_end().ends_with(e));
    if known.iter().any(ends) {
        return true;
    }
    // Only what is plainly done contradicts a plan.
    let done = known.iter().filter(|k| k.mode == Mode::Done).map(|k| said.shared(&k.content)).fold(0.0_f32, f32::max);
    done < 0.5
}

#[cfg(test)]
mod tests {
    use super::{Mode, check, mode};
    use crate::grounding::Verdict;
    use crate::grounding::testing::{ask, facts};

    #[test]
    fn modality_of_a_clause_is_that_of_its_last_predicate() {
        for (clause, expected) in [
            ("大腸内視鏡を施行する予定である", Mode::Planned),
            ("予定通り手術を施行した", Mode::Done),
            ("検査予定で入院した", Mode::Done),
            ("本人の希望により退院した", Mode::Done),
            ("胃瘻造設は希望されず", Mode::NotDone),
            ("発疹が出現した場合は中止するよう説明した", Mode::Told),
            ("発疹が出現した場合は中止する", Mode::Planned),
            ("腹部は平坦で圧痛なし", Mode::Open),
        ] {
            assert_eq!(mode(clause), expected, "{clause}");
        }
    }

    #[test]
    fn a_plan_is_not_told_as_done() {
        let facts = facts(&[
            "[F1] procedure | 2026-07-06 | 胃瘻造設術 | 実施せず",
            "[F2] appointment | 2026-08-05 | 内科外来 | 採血",
            "[N1.1] note | 2026-07-06 | 経過記録 | 8月に上部消化管内視鏡検査を予定している。",
            "[N1.2] note | 2026-07-06 | 経過記録 | アピキサバンは7月3日より休薬した。",
        ]);
        let dropped = Verdict::Drop("plan-changed");
        for (text, cite) in [
            ("胃瘻造設術を施行した。", "F1"),
            ("8月5日に内科外来を受診した。", "F2"),
            ("8月に上部消化管内視鏡検査を施行した。", "N1.1"),
            ("アピキサバンは7月3日より継続した。", "N1.2"),
            ("アピキサバンは7月3日に再開した。", "N1.2"),
        ] {
            assert_eq!(ask(check, &facts, text, &[cite]), dropped, "{text}");
        }
        for (text, cite) in [
            ("胃瘻造設術は施行しなかった。", "F1"),
            ("8月5日に内科外来で採血の予定である。", "F2"),
            ("上部消化管内視鏡検査は8月に行う予定とした。", "N1.1"),
            ("7月3日からアピキサバンを休薬した。", "N1.2"),
        ] {
            assert_eq!(ask(check, &facts, text, &[cite]), Verdict::Keep, "{text}");
        }
    }

    #[test]
    fn a_whole_sentence_word_for_word_is_kept_and_a_part_of_it_is_not() {
        let told = "小結節について説明し、3か月後にCTで再検する方針を了承された（4回目）。";
        let facts = facts(&[
            &format!("[N1.1] note | 2026-07-06 | 病状説明 | {told}"),
            "[N1.2] note | 2026-07-06 | 経過記録 | 胃瘻造設を予定したが施行しなかった。",
        ]);
        assert_eq!(ask(check, &facts, told, &["N1.1"]), Verdict::Keep);
        for (text, cite) in [("胃瘻造設を施行した。", "N1.2"), ("3か月後にCTで再検した。", "N1.1")]
        {
            assert_eq!(ask(check, &facts, text, &[cite]), Verdict::Drop("plan-changed"), "{text}");
        }
    }
}
