//! From a deciding word back to the finding that it decides over.

use crate::text::is_kanji;

/// Findings that are written in kana, wholly or at their end.
const KANA: &[&str] = &[
    "変わり", "飲み忘れ", "こわばり", "ふらつき", "けいれん", "ぐったり", "いびき", "しびれ", "めまい", "だるさ",
    "だるみ", "かゆみ", "むくみ", "ふるえ", "むかつき", "むせ", "痛み", "腫れ", "吐き気", "息切れ", "息苦しさ", "震え",
    "渇き", "乱れ", "赤み", "ただれ", "めまい感", "もたれ", "つかえ感", "ほてり", "あざ", "とろみ", "眠気",
    "ふらつき感", "動き", "にごり",
];

/// Not findings themselves: 〜の所見, 〜の既往.
const GENERIC: &[&str] = &[
    "所見", "徴候", "兆候", "既往", "既往歴", "訴え", "様子", "傾向", "印象", "関与", "発生", "存在", "自覚", "こと",
    "もの", "合併", "病名", "診断",
];

/// Between a finding and 所見 or 既往.
const WRAPPERS: &[&str] = &[
    "を示唆する", "を疑わせるような", "を疑わせる", "を疑う", "を思わせる", "を認める", "による", "に対する", "とする",
    "がある", "の", "を",
];

/// Between a finding and its deciding word.
const PARTICLES: &[&str] = &[
    "について", "に関して", "においても", "いずれも", "ともに", "とも", "すべて", "全て", "全く", "まったく", "特に",
    "明らかには", "明らかに", "明らかな", "有意な", "著明な", "新たに", "新たな", "には", "では", "とは", "にも",
    "など", "等", "は", "が", "を", "も", "に", "の", "で", "と", "や", "へ",
];

/// Words of state that are no findings and over which no later word decides.
const STATES: &[&str] =
    &["平坦", "軟", "清", "整", "清明", "良好", "安定", "不変", "正常", "自立", "継続", "中止", "開始", "終了"];

/// The same finding in other words.
const SYNONYMS: &[(&str, &str)] = &[
    ("wheezes", "喘鳴"),
    ("wheezing", "喘鳴"),
    ("wheeze", "喘鳴"),
    ("crackles", "ラ音"),
    ("crackle", "ラ音"),
    ("嘔気", "悪心"),
    ("吐き気", "悪心"),
    ("そう痒", "掻痒"),
    ("かゆみ", "掻痒"),
    ("疼痛", "痛み"),
    ("むくみ", "浮腫"),
    ("咳嗽", "咳"),
    ("熱発", "発熱"),
    ("下痢便", "下痢"),
    ("眩暈", "めまい"),
    ("薬物", "薬剤"),
    ("感染症", "感染"),
];

pub(crate) fn is_content(c: char) -> bool {
    is_kanji(c)
        || matches!(c, 'ァ'..='ヺ' | 'ー')
        || c.is_ascii_alphanumeric()
        || matches!(c, '.' | '/' | '+' | '%' | 'μ' | 'β' | 'α')
}

/// Folded finding: small letters, 所見 and 歴 off, one word for one thing.
pub(crate) fn canonical(word: &str) -> String {
    let mut word: String = word.to_lowercase().split_whitespace().collect();
    for tail in ["既往歴", "所見", "徴候", "兆候", "歴", "症状"] {
        if let Some(short) = word.strip_suffix(tail)
            && short.chars().count() >= 2
        {
            word = short.to_owned();
            break;
        }
    }
    for (from, to) in SYNONYMS {
        if let Some(head) = word.strip_suffix(from) {
            return format!("{}{to}", head.trim_end());
        }
    }
    word
}

/// Only particles stand between two deciding words.
pub(super) fn is_link(between: &str) -> bool {
    let b = between.trim();
    b.is_empty() && between.is_empty()
        || matches!(
            b,
            "が" | "は"
                | "も"
                | "を"
                | "に"
                | "の"
                | "は特に"
                | "も特に"
                | "する"
                | "され"
                | "した"
                | "的"
                | "では"
                | "が高く"
        )
}

pub(super) fn ends_with_hiragana_finding(text: &str) -> bool {
    KANA.iter().any(|k| text.ends_with(k))
}

/// The finding that ends before `at`, and where it begins.
pub(super) fn before(text: &str, lower: usize, at: usize) -> Option<(usize, String)> {
    // A list of fields (検査、実施せず) puts a mark between.
    let mut seg = examples(strip(text[lower..at].trim_end_matches('、')));
    loop {
        let start = run_start(seg);
        let run = &seg[start..];
        let generic = GENERIC.iter().find(|g| run == **g || (run.is_empty() && seg.ends_with(**g)));
        let Some(generic) = generic else { break };
        let mut inner = &seg[..seg.len() - generic.len()];
        while let Some(shorter) = WRAPPERS.iter().find_map(|w| inner.strip_suffix(w)) {
            inner = shorter;
        }
        let inner = strip(inner);
        if run_start(inner) == inner.len() {
            return (!run.is_empty()).then(|| (lower + start, run.to_owned()));
        }
        seg = inner;
    }
    let start = run_start(seg);
    usable(&seg[start..]).then(|| (lower + start, seg[start..].to_owned()))
}

/// 「頭痛やめまいといった症状」 is about 頭痛 and めまい.
fn examples(seg: &str) -> &str {
    let head = &seg[..run_start(seg)];
    let listed = ["といった", "などの", "等の", "のような"].iter().find_map(|w| head.strip_suffix(w));
    listed.filter(|l| run_start(l) < l.len()).unwrap_or(seg)
}

/// The finding that follows: s/o 肺炎.
pub(super) fn after(text: &str, from: usize) -> Option<(usize, String)> {
    let rest = &text[from..];
    let skipped = rest.len() - rest.trim_start_matches([' ', ':', ',', '.']).len();
    let rest = rest[skipped..].strip_prefix("of ").unwrap_or(&rest[skipped..]);
    let word: String = rest.chars().take_while(|c| is_content(*c)).collect();
    let start = text.len() - rest.len();
    usable(&word).then_some((start, word))
}

/// The noun that stands before a list mark: 頭痛 of 「頭痛、視力障害なし」, 悪心 of 「悪心、手のしびれなし」.
pub(super) fn listed_before(text: &str, lower: usize, start: usize) -> Option<(usize, String)> {
    let head = without_owner(&text[lower..start]);
    let marks = ["および", "及び", "または", "又は", "、", ",", "・", "や", "と"];
    let (head, mark) = marks.iter().find_map(|m| Some((head.trim_end().strip_suffix(m)?, *m)))?;
    let from = run_start(head);
    let run = &head[from..];
    // Between comma and noun a predicate may have been left out (食事は全量、むせなし); や and 及び join nouns only.
    let joins = !matches!(mark, "、" | "," | "と");
    let alone = head[..from]
        .chars()
        .next_back()
        .is_none_or(|c| joins || matches!(c, '、' | '。' | ',' | '・' | ' ' | ':' | 'や' | 'と' | 'の'));
    let figures = run.chars().any(|c| c.is_ascii_digit());
    (usable(run) && alone && !figures && !STATES.contains(&run)).then(|| (lower + from, run.to_owned()))
}

/// 手の of 手のしびれ.
fn without_owner(head: &str) -> &str {
    let Some(owner) = head.strip_suffix('の') else { return head };
    let start = run_start(owner);
    if start < owner.len() { &owner[..start] } else { head }
}

fn usable(run: &str) -> bool {
    let count = run.chars().count();
    let single = matches!(run, "痰" | "咳" | "熱" | "血");
    (count >= 2 || single) && !run.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | '/' | '%' | '+'))
}

/// Takes particles, brackets and space off the end.
fn strip(seg: &str) -> &str {
    let mut seg = seg;
    loop {
        let before = seg.len();
        seg = seg.trim_end_matches([' ', ':', '=', '…']);
        if seg.ends_with(')')
            && let Some(open) = seg.rfind('(').filter(|o| *o > 0)
        {
            seg = &seg[..open];
        }
        if ends_with_hiragana_finding(seg) {
            return seg;
        }
        if let Some(p) = PARTICLES.iter().find(|p| seg.ends_with(**p)) {
            seg = &seg[..seg.len() - p.len()];
        }
        if seg.len() == before {
            return seg;
        }
    }
}

/// Where the last word of a text begins; its length where it ends in none.
fn run_start(seg: &str) -> usize {
    let tail = KANA.iter().filter(|k| seg.ends_with(**k)).max_by_key(|k| k.len()).map_or(0, |k| k.len());
    let mut start = seg.len() - tail;
    let mut latin = false;
    for (i, c) in seg[..start].char_indices().rev() {
        // 「free air」 is one finding.
        let gap = c == ' ' && latin && seg[..i].ends_with(|p: char| p.is_ascii_alphabetic());
        if !is_content(c) && !gap {
            break;
        }
        latin = c.is_ascii_alphabetic();
        start = i;
    }
    start
}

/// Words of a text: runs of kanji, katakana and Latin letters, folded, of two characters at least.
pub(crate) fn content_runs(text: &str) -> Vec<String> {
    text.split(|c: char| !is_content(c)).filter(|r| r.chars().count() >= 2).map(canonical).collect()
}
