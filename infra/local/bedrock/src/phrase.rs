//! One fact as one Japanese sentence, with the fact's own words and figures.
//!
//! Nothing is computed, rounded or concluded here.

use crate::prompt::Fact;

/// Words of a workflow status, which no reader needs.
const STATUSES: &[&str] = &["final", "amended", "corrected", "completed", "active", "confirmed", "finished"];

/// Signs that a procedure was not done, or not yet.
const NOT_DONE: &[&str] = &[
    "予定",
    "実施せず",
    "施行せず",
    "見送",
    "中止",
    "検討",
    "希望",
    "拒否",
    "延期",
    "未施行",
    "保留",
    "not-done",
    "preparation",
    "planned",
    "in-progress",
    "on-hold",
    "stopped",
    "entered-in-error",
];

/// The sentence for a fact.
pub(crate) fn phrase(fact: &Fact) -> String {
    match fact.kind.as_str() {
        "note" => ended(&rest(fact, 2)),
        "statement" => ended(&rest(fact, 1)),
        "result" => result(fact),
        "procedure" => procedure(fact),
        // A derived fact has a date where it is about one.
        "derived" if fact.field(0).is_empty() || short_date(fact.field(0)).is_some() => derived(fact.field(1)),
        "derived" => derived(fact.field(0)),
        "report" => report(fact),
        "social" | "survey" => format!("{}：{}", fact.field(1), listed(fact.fields.get(2..).unwrap_or_default())),
        "family" => listed(fact.fields.get(1..).unwrap_or_default()),
        "appointment" => appointment(fact),
        _ => listed(&fact.fields),
    }
}

/// 「7月3日の胸部X線：右下肺野に浸潤影を認める。」
fn report(fact: &Fact) -> String {
    let (name, said) = (fact.field(1), telling(fact.fields.get(2..).unwrap_or_default()).join("、"));
    match short_date(fact.field(0)) {
        Some(day) => ended(&format!("{day}の{name}：{said}")),
        None => ended(&format!("{name}：{said}")),
    }
}

/// 「7月27日に退院後の診察（採血）の予約がある。」
fn appointment(fact: &Fact) -> String {
    let words: Vec<&str> =
        telling(fact.fields.get(1..).unwrap_or_default()).into_iter().filter(|w| *w != "予約").collect();
    match short_date(fact.field(0)) {
        Some(day) => format!("{day}に{}の予約がある。", words.join("、")),
        None => format!("{}の予約がある。", words.join("、")),
    }
}

/// A full date as `7月5日`, else the text itself.
pub(crate) fn date(text: &str) -> String {
    short_date(text).unwrap_or_else(|| text.to_owned())
}

fn short_date(text: &str) -> Option<String> {
    let day = text.get(..10)?;
    let mut parts = day.split('-');
    let year = parts.next()?;
    let month: u8 = parts.next()?.parse().ok()?;
    let day: u8 = parts.next()?.parse().ok()?;
    let whole = parts.next().is_none() && year.len() == 4 && year.parse::<u16>().is_ok();
    whole.then(|| format!("{month}月{day}日"))
}

fn result(fact: &Fact) -> String {
    let (name, value) = (fact.field(1), fact.field(2));
    let when = match date(fact.field(0)) {
        when if when.is_empty() => String::new(),
        when => format!("{when}の"),
    };
    if value.is_empty() || value == "結果未着" {
        return format!("{when}{name}は結果未着である。");
    }
    let conditions = telling(fact.fields.get(3..).unwrap_or_default());
    if conditions.is_empty() {
        return format!("{when}{name}は{value}であった。");
    }
    format!("{when}{name}は{value}（{}）であった。", conditions.join("、"))
}

fn procedure(fact: &Fact) -> String {
    let text = fact.text();
    let name = fact.field(1);
    if name.is_empty() || NOT_DONE.iter().any(|sign| text.contains(sign)) {
        return listed(&fact.fields);
    }
    let details = telling(fact.fields.get(2..).unwrap_or_default());
    let details = match details.join("、") {
        details if details.is_empty() => details,
        details => format!("（{details}）"),
    };
    match short_date(fact.field(0)) {
        Some(day) => format!("{day}に{name}{details}を施行した。"),
        None => format!("{name}{details}を施行した。"),
    }
}

fn derived(text: &str) -> String {
    match text.rsplit_once(' ') {
        Some((label, value)) if is_label(label) && value.contains(|c: char| c.is_ascii_digit()) => {
            format!("{label}は{value}であった。")
        }
        _ => ended(text),
    }
}

/// A label is one word, or the text is more than a label and its value.
fn is_label(text: &str) -> bool {
    !text.is_empty() && !text.contains([' ', '→', '、', ':', '：'])
}

fn listed(fields: &[String]) -> String {
    ended(&telling(fields).join("、"))
}

fn telling(fields: &[String]) -> Vec<&str> {
    let fields = fields.iter().map(String::as_str);
    fields.filter(|field| !field.is_empty() && !STATUSES.contains(field)).collect()
}

fn rest(fact: &Fact, from: usize) -> String {
    match fact.fields.get(from..) {
        Some(fields) if !fields.is_empty() => fields.join(" | "),
        _ => fact.fields.last().cloned().unwrap_or_default(),
    }
}

fn ended(text: &str) -> String {
    let text = text.trim();
    if text.ends_with(['。', '．', '！', '？']) {
        return text.to_owned();
    }
    format!("{text}。")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phrased(kind: &str, fields: &str) -> String {
        phrase(&Fact {
            id: "F1".to_owned(),
            kind: kind.to_owned(),
            fields: fields.split(" | ").map(str::to_owned).collect(),
        })
    }

    #[test]
    fn each_kind_has_its_sentence() {
        let cases = [
            ("note", "2026-07-10 | 経過記録 医師 | 腹部は平坦", "腹部は平坦。"),
            ("note", "2026-07-10 | 経過記録 | ⟦P1⟧は独歩で退院。", "⟦P1⟧は独歩で退院。"),
            ("statement", "950 | 評価をお願いします。", "評価をお願いします。"),
            (
                "result",
                "2026-07-05 | カリウム | 3.5 mEq/L | 血清 | final",
                "7月5日のカリウムは3.5 mEq/L（血清）であった。",
            ),
            ("result", "2026-07 | 体重 | 61.20 kg | final", "2026-07の体重は61.20 kgであった。"),
            ("result", "2026-07-05 | 血液培養 |  | registered", "7月5日の血液培養は結果未着である。"),
            ("procedure", "2026-07-06 | 上部消化管内視鏡検査 | completed", "7月6日に上部消化管内視鏡検査を施行した。"),
            ("procedure", "2026-07-06 | 骨接合術 | 左大腿骨", "7月6日に骨接合術（左大腿骨）を施行した。"),
            ("derived", "抗菌薬投与日数 8日 | F40,F41", "抗菌薬投与日数は8日であった。"),
            ("derived", "CRP 12.3 → 0.8 mg/dL | F1,F2", "CRP 12.3 → 0.8 mg/dL。"),
            ("condition", "2026-07-01 | 誤嚥性肺炎 | 主病名 | active", "2026-07-01、誤嚥性肺炎、主病名。"),
        ];
        for (kind, fields, sentence) in cases {
            assert_eq!(phrased(kind, fields), sentence);
        }
    }

    #[test]
    fn procedure_that_was_not_done_is_never_called_done() {
        for status in ["予定", "中止", "実施せず", "not-done", "延期となった"] {
            let sentence = phrased("procedure", &format!("2026-08-01 | 胃瘻造設術 | {status}"));
            assert!(!sentence.contains("施行した"), "{sentence}");
        }
    }
}
