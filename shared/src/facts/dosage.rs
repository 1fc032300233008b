//! What a dosage text says in figures: read to compare, never to print. What is not said plainly is not read.

use std::collections::HashMap;

use crate::text::nfkc;

/// An amount in thousandths, with its unit in one spelling (錠, mg, 単位 …).
pub(crate) type Amount = (i64, &'static str);

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    /// 1回量, where it is the same each time.
    pub each: Option<Amount>,
    /// 1日n回, as said or as the meals count.
    pub times: Option<i64>,
    /// 1日量: as said, or each × times, or the parts of an uneven dose together.
    pub daily: Option<Amount>,
    /// Days between doses: 1, 2 for 隔日, 7 for 週1回; 0 where it is no one number (週3回).
    pub every: i64,
    /// 14日分, 2週分.
    pub days: Option<i64>,
    pub as_needed: bool,
    /// When in the day, sorted: 朝 昼 夕 眠前, 食前 食後.
    pub when: Vec<&'static str>,
}

/// Words after which one line is no longer one dose.
const CHANGING: &[&str] = &["漸減", "適宜", "調整", "スケール", "以降", "その後", "→", "から開始", "体重"];
const AS_NEEDED: &[&str] = &[
    "頓用", "頓服", "屯用", "屯服", "疼痛時", "痛時", "発熱時", "不眠時", "便秘時", "必要時", "発作時", "嘔気時",
    "症状時", "不穏時",
];
const UNITS: &[(&str, &str)] = &[
    ("カプセル", "カプセル"),
    ("錠", "錠"),
    ("包", "包"),
    ("枚", "枚"),
    ("単位", "単位"),
    ("滴", "滴"),
    ("吸入", "吸入"),
    ("噴霧", "噴霧"),
    ("個", "個"),
    ("本", "本"),
    ("瓶", "瓶"),
    ("管", "管"),
    ("mg", "mg"),
    ("μg", "μg"),
    ("mcg", "μg"),
    ("g", "g"),
    ("ml", "ml"),
    ("cap", "カプセル"),
    ("tab", "錠"),
    ("c", "カプセル"),
    ("t", "錠"),
];

/// One spelling of a unit that begins a text.
pub(crate) fn unit(text: &str) -> Option<&'static str> {
    let text = text.to_lowercase();
    UNITS.iter().find(|(spelling, _)| text.starts_with(spelling)).map(|(_, unit)| *unit)
}

/// `2`, `0.5`, `2.50` in thousandths; `None` where more digits would be lost.
pub(crate) fn thousandths(digits: &str) -> Option<i64> {
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let part = part.trim_end_matches('0');
    if whole.len() > 12 || part.len() > 3 || whole.is_empty() {
        return None;
    }
    let fraction = if part.is_empty() { 0 } else { part.parse::<i64>().ok()? * [100, 10, 1][part.len() - 1] };
    Some(whole.parse::<i64>().ok()? * 1000 + fraction)
}

/// A figure with what stands before and after it.
struct Figure<'t> {
    before: &'t str,
    value: i64,
    after: &'t str,
}

fn figures(text: &str) -> Vec<Figure<'_>> {
    let mut out: Vec<Figure> = Vec::new();
    let mut rest = 0;
    while let Some(start) = text[rest..].find(|c: char| c.is_ascii_digit()).map(|at| rest + at) {
        let is_part = |c: char| c.is_ascii_digit() || c == '.';
        let end = text[start..].find(|c: char| !is_part(c)).map_or(text.len(), |at| start + at);
        let next = text[end..].find(|c: char| c.is_ascii_digit()).map_or(text.len(), |at| end + at);
        if let Some(value) = thousandths(text[start..end].trim_end_matches('.')) {
            out.push(Figure { before: &text[rest..start], value, after: &text[end..next] });
        }
        rest = end;
    }
    out
}

fn folded(text: &str) -> String {
    let text: String = nfkc(text).split_whitespace().collect();
    let text = text.replace(['－', '−', '‐', '–', '—', '―'], "-");
    text.replace("半錠", "0.5錠").replace("1/2錠", "0.5錠").replace("1⁄2錠", "0.5錠").replace("1/2", "0.5")
}

/// Texts that were read: a long record repeats few of them.
#[derive(Default)]
pub(crate) struct Usages(HashMap<String, Usage>);

impl Usages {
    pub fn read(&mut self, text: &str) -> Usage {
        if let Some(known) = self.0.get(text) {
            return known.clone();
        }
        let read = usage(text);
        self.0.insert(text.to_owned(), read.clone());
        read
    }
}

pub(crate) fn usage(text: &str) -> Usage {
    let text = folded(text);
    let mut out =
        Usage { every: every(&text), as_needed: AS_NEEDED.iter().any(|w| text.contains(w)), ..Usage::default() };
    out.when = when(&text);
    let figures = figures(&text);
    let mut parts: Vec<Amount> = Vec::new();
    let mut each: Vec<Amount> = Vec::new();
    let mut said: Option<Amount> = None;
    for (i, f) in figures.iter().enumerate() {
        let amount = || unit(f.after).map(|u| (f.value, u));
        let previous = i.checked_sub(1).map(|p| &figures[p]);
        if f.before.ends_with('週') && f.after.starts_with('回') && f.value != 1000 {
            // 週2回, 週3回: not one number of days.
            out.every = 0;
        }
        let one = |word: &str| f.before == word && previous.is_some_and(|p| p.value == 1000);
        if f.after.starts_with("回") && one("日") || f.before.ends_with('分') && !f.after.starts_with("日") {
            out.times = out.times.or(Some(f.value / 1000));
        } else if f.after.starts_with("日分") {
            out.days = Some(f.value / 1000);
        } else if f.after.starts_with("週分") || f.after.starts_with("週間分") {
            out.days = Some(f.value / 1000 * 7);
        } else if one("回") {
            each.extend(amount());
        } else if one("日") {
            said = said.or_else(amount);
        }
        let in_row = f.after.starts_with('-') || f.after.contains('-') && unit(f.after).is_some();
        let row_ends = f.before.ends_with('-');
        let at_time =
            ["朝", "昼", "夕", "眠前", "食後", "食前", "食直前", "就寝前"].iter().any(|w| f.before.ends_with(w));
        if in_row || row_ends || at_time && amount().is_some() {
            parts.push((f.value, unit(f.after).unwrap_or_default()));
        }
    }
    let uneven = parts.len() >= 2;
    if !uneven && each.len() == 1 {
        out.each = Some(each[0]);
    }
    out.times = out.times.or_else(|| meals(&out.when));
    let changing = CHANGING.iter().any(|w| text.contains(w)) || each.len() > 1;
    if changing || out.as_needed {
        return Usage { each: if changing { None } else { out.each }, ..out };
    }
    out.daily = said;
    if uneven {
        let unit = parts.iter().map(|p| p.1).find(|u| !u.is_empty());
        let same = unit.filter(|u| parts.iter().all(|p| p.1.is_empty() || p.1 == *u));
        out.daily = said.or_else(|| Some((parts.iter().map(|p| p.0).sum(), same?)));
    } else if let (Some((each, unit)), Some(times)) = (out.each, out.times) {
        out.daily = said.or(each.checked_mul(times).map(|d| (d, unit)));
    } else if let (Some(each), true) = (out.each, out.every > 1) {
        out.daily = said.or(Some(each));
    } else if let [part] = parts[..] {
        // 朝食後1錠
        out.daily = said.or(Some(part).filter(|p| !p.1.is_empty()));
    }
    out
}

/// How many days lie between doses.
fn every(text: &str) -> i64 {
    if text.contains("隔日") || text.contains("1日おき") || text.contains("2日に1回") {
        2
    } else if text.contains("4週に1回") || text.contains("4週間に1回") {
        28
    } else if text.contains("2週に1回") || text.contains("2週間に1回") {
        14
    } else if ["週1回", "1週に1回", "1週間に1回", "毎週"].iter().any(|w| text.contains(w)) {
        7
    } else {
        i64::from(!text.contains("月1回"))
    }
}

fn when(text: &str) -> Vec<&'static str> {
    let mut out = Vec::new();
    if text.contains("毎食") {
        out.extend(["朝", "昼", "夕"]);
    }
    for (word, meaning) in [
        ("朝", "朝"),
        ("昼", "昼"),
        ("夕", "夕"),
        ("眠前", "眠前"),
        ("就寝前", "眠前"),
        ("寝る前", "眠前"),
        ("起床", "起床"),
        ("食間", "食間"),
        ("食直前", "直前"),
        ("食前", "食前"),
        ("食後", "食後"),
        ("食直後", "食後"),
    ] {
        if text.contains(word) {
            out.push(meaning);
        }
    }
    out.sort_unstable();
    out.dedup();
    out
}

fn meals(when: &[&str]) -> Option<i64> {
    let times = when.iter().filter(|w| matches!(**w, "朝" | "昼" | "夕" | "眠前" | "起床")).count();
    i64::try_from(times).ok().filter(|t| *t > 0)
}

#[cfg(test)]
mod tests {
    use super::usage;

    #[test]
    fn daily_amounts_are_read_where_they_are_said_plainly() {
        for (text, daily) in [
            ("1日3回 毎食後 1回2錠 2日分", Some((6000, "錠"))),
            ("１日１回 朝食後 １回０．５錠", Some((500, "錠"))),
            ("1回半錠 1日2回 朝夕食後", Some((1000, "錠"))),
            ("分2 朝夕食後 1日4錠", Some((4000, "錠"))),
            ("1日3回 毎食後 4錠－2錠－1錠", Some((7000, "錠"))),
            ("毎食直前 皮下注 6-4-4単位", Some((14000, "単位"))),
            ("朝6単位 昼4単位 夕5単位 皮下注", Some((15000, "単位"))),
            ("1日1回 1回1枚 貼付 14枚", Some((1000, "枚"))),
            ("朝食後 1回1錠", Some((1000, "錠"))),
            ("週1回 水曜日 起床時 1回1錠 4週分", Some((1000, "錠"))),
            ("疼痛時 1回1錠 1日3回まで 6時間以上あけて", None),
            ("1日1回 1回10mg、漸減", None),
            ("適宜", None),
        ] {
            assert_eq!(usage(text).daily, daily, "{text}");
        }
    }

    #[test]
    fn days_and_occasions_are_read() {
        assert_eq!(usage("1日1回 朝食後 1回1錠 14日分").days, Some(14));
        assert_eq!(usage("1日1回 朝食後 1回1錠 3週分").days, Some(21));
        assert_eq!(usage("週1回 1回1錠 4週分").every, 7);
        assert_eq!(usage("隔日 1回1錠").every, 2);
        assert!(usage("不眠時 1回1錠").as_needed);
        assert_eq!(usage("毎食後").when, usage("朝昼夕食後").when);
    }
}
