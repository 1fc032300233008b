//! The words that decide, and the words that only look like them.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::Polarity::{self, Absent, Awaited, Gone, Present, Supposed, Suspected};

/// A deciding word at a place; without polarity it is to be passed over.
pub(super) struct Hit {
    pub end: usize,
    pub polarity: Option<Polarity>,
    /// Stands before its finding: s/o 肺炎.
    pub forward: bool,
}

type Cue = (&'static str, Option<Polarity>);

const CUES: &[Cue] = &[
    // look like deciding words
    ("少な", None),
    ("危な", None),
    ("間違いな", None),
    ("だけでなく", None),
    ("だけではなく", None),
    ("のみでなく", None),
    ("のみならず", None),
    ("まもなく", None),
    ("間もなく", None),
    ("やむなく", None),
    ("あるいは", None),
    ("ありがと", None),
    ("ある程度", None),
    ("疑い病名", None),
    ("できない", None),
    ("できず", None),
    ("得られず", None),
    ("至らず", None),
    ("陽性球菌", None),
    ("陽性双球菌", None),
    ("陽性桿菌", None),
    ("陽性菌", None),
    ("陰性球菌", None),
    ("陰性双球菌", None),
    ("陰性桿菌", None),
    ("陰性菌", None),
    ("陰性T波", None),
    ("陽性症状", None),
    ("陰性症状", None),
    ("偽陽性", None),
    ("偽陰性", None),
    ("疑いなく", None),
    ("疑いのない", None),
    // not certain
    ("否定できない", Some(Suspected)),
    ("否定できなかった", Some(Suspected)),
    ("否定はできなかった", Some(Suspected)),
    ("否定できません", Some(Suspected)),
    ("除外できなかった", Some(Suspected)),
    ("否定できず", Some(Suspected)),
    ("否定はできない", Some(Suspected)),
    ("否定はできず", Some(Suspected)),
    ("否定しきれない", Some(Suspected)),
    ("否定しえない", Some(Suspected)),
    ("否定し得ない", Some(Suspected)),
    ("否定されていない", Some(Suspected)),
    ("否定困難", Some(Suspected)),
    ("除外できない", Some(Suspected)),
    ("除外できず", Some(Suspected)),
    ("疑いがあ", Some(Suspected)),
    ("疑いあり", Some(Suspected)),
    ("疑い", Some(Suspected)),
    ("疑う", Some(Suspected)),
    ("疑わ", Some(Suspected)),
    ("疑っ", Some(Suspected)),
    ("疑え", Some(Suspected)),
    ("疑", Some(Suspected)),
    ("可能性", Some(Suspected)),
    ("可能性は低", Some(Absent)),
    ("可能性も低", Some(Absent)),
    ("可能性が低", Some(Absent)),
    ("s/o", Some(Suspected)),
    ("S/O", Some(Suspected)),
    ("r/o", Some(Suspected)),
    ("R/O", Some(Suspected)),
    ("susp.", Some(Suspected)),
    ("suspected", Some(Suspected)),
    ("(±)", Some(Suspected)),
    ("かもしれな", Some(Suspected)),
    ("?", Some(Suspected)),
    ("考えられ", Some(Supposed)),
    ("考える", Some(Supposed)),
    ("考えた", Some(Supposed)),
    ("思われ", Some(Supposed)),
    ("推測", Some(Supposed)),
    ("推定され", Some(Supposed)),
    ("矛盾しない", Some(Supposed)),
    ("矛盾せず", Some(Supposed)),
    ("示唆", Some(Supposed)),
    // not there
    ("なし", Some(Absent)),
    ("無し", Some(Absent)),
    ("なく", Some(Absent)),
    ("なかった", Some(Absent)),
    ("ない", Some(Absent)),
    ("無く", Some(Absent)),
    ("無", Some(Absent)),
    ("ありません", Some(Absent)),
    ("ございません", Some(Absent)),
    ("ことなく", Some(Absent)),
    ("せず", Some(Absent)),
    ("しない", Some(Absent)),
    ("しなかった", Some(Absent)),
    ("していない", Some(Absent)),
    ("していなかった", Some(Absent)),
    ("しておらず", Some(Absent)),
    ("されず", Some(Absent)),
    ("されない", Some(Absent)),
    ("されなかった", Some(Absent)),
    ("されていない", Some(Absent)),
    ("行わず", Some(Absent)),
    ("行わない", Some(Absent)),
    ("行わなかった", Some(Absent)),
    ("行っていない", Some(Absent)),
    ("陰性", Some(Absent)),
    ("(-)", Some(Absent)),
    ("(−)", Some(Absent)),
    ("(ー)", Some(Absent)),
    ("否定され", Some(Absent)),
    ("否定的", Some(Absent)),
    ("否定し", Some(Absent)),
    ("否定", Some(Absent)),
    ("除外され", Some(Absent)),
    ("除外した", Some(Absent)),
    ("除外でき", Some(Absent)),
    // no more there
    ("消失", Some(Gone)),
    ("消退", Some(Gone)),
    ("解消", Some(Gone)),
    ("陰性化", Some(Gone)),
    ("なくなっ", Some(Gone)),
    ("なくなり", Some(Gone)),
    // not known yet
    ("結果未着", Some(Awaited)),
    ("結果待ち", Some(Awaited)),
    ("結果は未着", Some(Awaited)),
    ("未着", Some(Awaited)),
    ("未報告", Some(Awaited)),
    ("未確定", Some(Awaited)),
    ("未判明", Some(Awaited)),
    ("検査中", Some(Awaited)),
    ("培養中", Some(Awaited)),
    ("提出中", Some(Awaited)),
    ("報告待ち", Some(Awaited)),
    ("判明していない", Some(Awaited)),
    ("pending", Some(Awaited)),
    // there
    ("であり", Some(Present)),
    ("である", Some(Present)),
    ("であった", Some(Present)),
    ("あり", Some(Present)),
    ("有り", Some(Present)),
    ("ある", Some(Present)),
    ("あった", Some(Present)),
    ("認め", Some(Present)),
    ("みとめ", Some(Present)),
    ("みられ", Some(Present)),
    ("見られ", Some(Present)),
    ("陽性", Some(Present)),
    ("(+)", Some(Present)),
    ("(1+)", Some(Present)),
    ("(2+)", Some(Present)),
    ("(3+)", Some(Present)),
    ("(++)", Some(Present)),
    ("出現", Some(Present)),
    ("訴え", Some(Present)),
    ("呈し", Some(Present)),
    ("生じ", Some(Present)),
    ("来し", Some(Present)),
    ("きたし", Some(Present)),
    ("触知", Some(Present)),
    ("触れ", Some(Present)),
    ("聴取", Some(Present)),
    ("残存", Some(Present)),
    ("持続", Some(Present)),
    ("検出", Some(Present)),
    ("併発", Some(Present)),
    ("合併", Some(Present)),
    ("発症", Some(Present)),
    ("施行", Some(Present)),
    ("実施", Some(Present)),
    ("と診断", Some(Present)),
    ("指摘", Some(Present)),
    ("確認され", Some(Present)),
    ("確認でき", Some(Present)),
    ("希望", Some(Present)),
    ("希望により", None),
    ("希望にて", None),
    ("希望で", None),
    ("希望に沿", None),
    ("希望を踏まえ", None),
    ("希望なし", Some(Absent)),
];

/// What a verb puts between its stem and its denial: 認め·てい·ない, 検出·され·なかった.
const STEMS: &[&str] = &[
    "られてはい", "られてい", "られてお", "られ", "されてはい", "されてい", "されてお", "され", "してはい", "してい",
    "してお", "し", "できてい", "できてお", "でき", "てはい", "てい", "てお", "ることは", "ることが", "ること", "わ",
    "せ", "",
];
const DENIALS: &[&str] = &["なかった", "ない", "なく", "らず", "ず", "ません"];

/// The cues by their first letter, longest first, found without looking at all of them at every letter of a chart.
struct ByFirst {
    /// Whether some cue begins with a letter of this low byte.
    begins: [bool; 256],
    /// Sorted by letter.
    groups: Vec<(char, Vec<&'static Cue>)>,
}

fn by_first() -> &'static ByFirst {
    static BY_FIRST: OnceLock<ByFirst> = OnceLock::new();
    BY_FIRST.get_or_init(|| {
        let mut groups: BTreeMap<char, Vec<&'static Cue>> = BTreeMap::new();
        let mut begins = [false; 256];
        for cue in CUES {
            let Some(first) = cue.0.chars().next() else { continue };
            begins[first as usize & 0xFF] = true;
            groups.entry(first).or_default().push(cue);
        }
        for cues in groups.values_mut() {
            cues.sort_by_key(|(word, _)| std::cmp::Reverse(word.len()));
        }
        ByFirst { begins, groups: groups.into_iter().collect() }
    })
}

/// The longest cue that a text begins with.
fn longest(text: &str) -> Option<&'static Cue> {
    let first = text.chars().next()?;
    let known = by_first();
    if !known.begins[first as usize & 0xFF] {
        return None;
    }
    let group = known.groups.binary_search_by_key(&first, |(letter, _)| *letter).ok()?;
    known.groups[group].1.iter().copied().find(|(word, _)| text.starts_with(word))
}

pub(super) fn at(text: &str, at: usize) -> Option<Hit> {
    let here = &text[at..];
    let (word, polarity) = longest(here)?;
    let end = at + word.len();
    let pass = Some(Hit { end, polarity: None, forward: false });
    let Some(polarity) = *polarity else { return pass };
    let before = text[..at].chars().next_back();
    // 減少なし is no 少な.
    if *word == "少な" && before == Some('減') {
        return None;
    }
    let rest = &text[end..];
    let negated = negated_tail(rest);
    let hit = |polarity, end| Some(Hit { end, polarity: Some(polarity), forward: false });
    match *word {
        "s/o" | "S/O" | "r/o" | "R/O" | "susp." | "suspected" => {
            // 「bs/order」 is no such word.
            let inside = before.is_some_and(|c| c.is_ascii_alphanumeric());
            return Some(Hit { end, polarity: (!inside).then_some(polarity), forward: true });
        }
        "無" if !rest.chars().next().is_none_or(|c| matches!(c, '、' | '。' | ' ' | ')' | ',')) => return pass,
        "なく" | "ない" | "なかった" | "なくなっ" | "なくなり" | "ある" | "あった" | "あり"
            if !after_noun(text, at) =>
        {
            return pass;
        }
        // 「陽性」 of グラム陽性 is a property of the bacteria.
        "陽性" | "陰性" if text[..at].ends_with("グラム") => return pass,
        "せず"
        | "しない"
        | "しなかった"
        | "していない"
        | "していなかった"
        | "しておらず"
        | "されず"
        | "されない"
        | "されなかった"
        | "されていない"
            if !before.is_some_and(is_noun_end) =>
        {
            return pass;
        }
        _ => {}
    }
    if conditional(rest) && matches!(polarity, Present | Absent) {
        return pass;
    }
    match polarity {
        Suspected | Supposed if speaks_of_signs(rest) => pass,
        Present | Supposed if negated.is_some() => hit(Absent, end + negated.unwrap_or_default()),
        Suspected if matches!(*word, "疑わ" | "疑っ") && negated.is_some() => {
            hit(Absent, end + negated.unwrap_or_default())
        }
        p => hit(p, end),
    }
}

/// Whether a deciding word says that a finding goes on.
pub(super) fn lasts(word: &str) -> bool {
    ["持続", "残存"].iter().any(|w| word.starts_with(w))
}

fn negated_tail(rest: &str) -> Option<usize> {
    STEMS.iter().find_map(|stem| {
        let after = rest.strip_prefix(stem)?;
        let denial = DENIALS.iter().find(|d| after.starts_with(**d))?;
        Some(stem.len() + denial.len())
    })
}

/// 「出現した場合は」「認めたときは」「あれば」 orders, and asserts nothing.
fn conditional(rest: &str) -> bool {
    let head: String = rest.chars().take_while(|c| !matches!(c, '、' | '。' | '(' | ' ')).take(7).collect();
    ["場合", "際は", "際に", "ときは", "時は", "時に", "れば", "たら"].iter().any(|w| head.contains(w))
}

/// 「悪性腫瘍を疑う所見」: what follows decides.
fn speaks_of_signs(rest: &str) -> bool {
    let head: String = rest.chars().take_while(|c| !matches!(c, '、' | '。' | ' ')).take(8).collect();
    ["所見", "徴候", "兆候", "病変", "根拠", "せる", "ような"].iter().any(|w| head.contains(w))
}

fn is_noun_end(c: char) -> bool {
    super::is_content(c) || matches!(c, ')' | '」')
}

/// Behind は, が, も, で or a noun: 減らない denies no finding.
fn after_noun(text: &str, at: usize) -> bool {
    let before = text[..at].trim_end();
    before.chars().next_back().is_some_and(|c| is_noun_end(c) || matches!(c, 'は' | 'が' | 'も' | 'で' | 'の' | ':'))
        || super::term::ends_with_hiragana_finding(before)
}
