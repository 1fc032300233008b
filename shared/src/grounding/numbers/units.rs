//! Spellings of units, and Kanji numerals before counters. Small tables, the longest spelling first.

use std::sync::OnceLock;

/// Spelling (lower case, after NFKC) and the unit that it means.
const UNITS: &[(&str, &str)] = &[
    ("ml/分/1.73m2", "mL/min/1.73m2"),
    ("ml/min/1.73m2", "mL/min/1.73m2"),
    ("ml/min/1.73m^2", "mL/min/1.73m2"),
    ("mg/dl", "mg/dL"),
    ("g/dl", "g/dL"),
    ("μg/dl", "ug/dL"),
    ("ug/dl", "ug/dL"),
    ("mg/l", "mg/L"),
    ("g/l", "g/L"),
    ("meq/l", "mEq/L"),
    ("mmol/l", "mmol/L"),
    ("mosm/kg", "mOsm/kg"),
    ("miu/ml", "mIU/mL"),
    ("μiu/ml", "uIU/mL"),
    ("iu/ml", "IU/mL"),
    ("u/ml", "U/mL"),
    ("iu/l", "U/L"),
    ("u/l", "U/L"),
    ("ng/ml", "ng/mL"),
    ("pg/ml", "pg/mL"),
    ("μg/ml", "ug/mL"),
    ("ug/ml", "ug/mL"),
    ("ng/dl", "ng/dL"),
    ("mg/kg", "mg/kg"),
    ("mg/日", "mg/日"),
    ("ml/分", "mL/min"),
    ("ml/min", "mL/min"),
    ("回/時", "/h"),
    ("/時", "/h"),
    ("/h", "/h"),
    ("/ml", "/mL"),
    ("cmhg", "cmHg"),
    ("°f", "F"),
    ("‰", "‰"),
    ("×104/μl", "10^4/uL"),
    ("×103/μl", "10^3/uL"),
    ("x10^4/μl", "10^4/uL"),
    ("x10^3/μl", "10^3/uL"),
    ("/μl", "/uL"),
    ("/ul", "/uL"),
    ("/mm3", "/uL"),
    ("×10^3/μl", "10^3/uL"),
    ("×10^4/μl", "10^4/uL"),
    ("万/μl", "10^4/uL"),
    ("mmhg", "mmHg"),
    ("torr", "Torr"),
    ("cmh2o", "cmH2O"),
    ("l/分", "L/min"),
    ("l/min", "L/min"),
    ("ml/時", "mL/h"),
    ("ml/h", "mL/h"),
    ("回/分", "/min"),
    ("bpm", "/min"),
    ("/分", "/min"),
    ("/min", "/min"),
    ("拍/分", "/min"),
    ("cm2", "cm2"),
    ("kg/m2", "kg/m2"),
    ("%", "%"),
    ("パーセント", "%"),
    ("℃", "C"),
    ("°c", "C"),
    ("度", "度"),
    ("kg", "kg"),
    ("mg", "mg"),
    ("μg", "ug"),
    ("ug", "ug"),
    ("mcg", "ug"),
    ("ng", "ng"),
    ("g", "g"),
    ("ml", "mL"),
    ("cc", "mL"),
    ("dl", "dL"),
    ("l", "L"),
    ("cm", "cm"),
    ("mm", "mm"),
    ("m", "m"),
    ("kcal", "kcal"),
    ("錠", "錠"),
    ("カプセル", "カプセル"),
    ("c", "カプセル"),
    ("包", "包"),
    ("単位", "単位"),
    ("滴", "滴"),
    ("枚", "枚"),
    ("吸入", "吸入"),
    ("本", "本"),
    ("袋", "袋"),
    ("瓶", "瓶"),
    ("個", "個"),
    ("日目", "日目"),
    ("病日", "病日"),
    ("日間", "日間"),
    ("日分", "日間"),
    ("日", "日"),
    ("週間", "週"),
    ("週", "週"),
    ("か月", "か月"),
    ("ヶ月", "か月"),
    ("ケ月", "か月"),
    ("カ月", "か月"),
    ("ヵ月", "か月"),
    ("箇月", "か月"),
    ("年間", "年"),
    ("年", "年"),
    ("歳", "歳"),
    ("才", "歳"),
    ("時間", "時間"),
    ("時", "時"),
    ("分間", "分"),
    ("分", "分"),
    ("秒", "秒"),
    ("回", "回"),
    ("割", "割"),
    ("倍", "倍"),
    ("名", "名"),
    ("人", "名"),
    ("杯", "杯"),
    ("合", "合"),
];

fn sorted() -> &'static [(String, &'static str)] {
    static SORTED: OnceLock<Vec<(String, &'static str)>> = OnceLock::new();
    SORTED.get_or_init(|| {
        let mut units: Vec<(String, &str)> = UNITS.iter().map(|(s, u)| ((*s).to_owned(), *u)).collect();
        units.sort_by_key(|(s, _)| std::cmp::Reverse(s.len()));
        units
    })
}

/// The unit that stands right behind a number; `None` where there is none that the table knows.
pub fn after(rest: &str) -> Option<&'static str> {
    let head: String = rest.chars().take(16).collect::<String>().to_lowercase().replace('µ', "μ");
    let head = head.strip_prefix(' ').unwrap_or(&head);
    let (spelling, unit) = sorted().iter().find(|(s, _)| head.starts_with(s.as_str()))?;
    // 「5 mL」 is a unit, 「5 million」 is not.
    let next = head[spelling.len()..].chars().next();
    let runs_on =
        spelling.ends_with(|c: char| c.is_ascii_alphabetic()) && next.is_some_and(|c| c.is_ascii_alphabetic());
    (!runs_on).then_some(unit)
}

/// 半錠 and 1/2錠 are 0.5錠: neither a word nor the second of January.
pub fn halves(text: &str) -> String {
    let mut text = text.to_owned();
    if !text.contains('半') && !text.contains("1/2") {
        return text;
    }
    for unit in ["錠", "カプセル", "包", "枚", "単位"] {
        for half in ["半", "1/2"] {
            text = text.replace(&format!("{half}{unit}"), &format!("0.5{unit}"));
        }
    }
    text
}

/// 三日間 → 3日間, before counters only: 一部 and 二次性 stay words. 十分 is not ten minutes.
pub fn kanji_numerals(text: &str) -> String {
    const COUNTERS: &[char] = &['日', '回', '錠', '週', '年', '歳', '人', '名', '本', '枚', '包', '滴', '個'];
    if !text.contains(|c| "一二三四五六七八九十".contains(c)) {
        return text.to_owned();
    }
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut i = 0;
    while i < chars.len() {
        let end = (i..chars.len()).find(|j| digit(chars[*j]).is_none() && chars[*j] != '十').unwrap_or(chars.len());
        if end > i {
            // 一度 is once; 三十九度 is a temperature.
            let degrees = end - i >= 2 && chars.get(end) == Some(&'度');
            let counter = degrees
                || chars.get(end).is_some_and(|c| {
                    COUNTERS.contains(c)
                        || (matches!(c, 'か' | 'ヶ' | 'カ' | 'ケ') && chars.get(end + 1) == Some(&'月'))
                });
            match value(&chars[i..end]).filter(|_| counter) {
                Some(n) => out.push_str(&n.to_string()),
                None => out.extend(&chars[i..end]),
            }
            i = end;
        } else {
            out.push(chars[i]);
            i += 1;
        }
    }
    out
}

fn digit(c: char) -> Option<u32> {
    "一二三四五六七八九".chars().position(|d| d == c).map(|p| p as u32 + 1)
}

fn value(run: &[char]) -> Option<u32> {
    match run {
        ['十'] => Some(10),
        [d] => digit(*d),
        ['十', d] => Some(10 + digit(*d)?),
        [t, '十'] => Some(10 * digit(*t)?),
        [t, '十', d] => Some(10 * digit(*t)? + digit(*d)?),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{after, kanji_numerals};

    #[test]
    fn kanji_counts_only_before_counters() {
        assert_eq!(kanji_numerals("三日間、二十一日、一部に二次性、十分な"), "3日間、21日、一部に二次性、十分な");
    }

    #[test]
    fn units_are_read_longest_first() {
        assert_eq!(after(" mEq/L であった"), Some("mEq/L"));
        assert_eq!(after("日間"), Some("日間"));
        assert_eq!(after("µg"), Some("ug"));
        assert_eq!(after(" million"), None);
    }
}
