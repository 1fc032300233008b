//! Quantities of a dosage by what they are: strength, single dose, daily dose, times, limit.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// 錠5mg, 5mg錠
    Strength,
    /// 1回2錠
    Once,
    /// 1日10mg, 10mg/日
    Daily,
    /// 1日3回, 分3
    Times,
    /// 1日3回まで, 1日最大60mg
    Limit,
    /// An amount with a unit of dose and nothing that says which.
    Plain,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Quantity {
    pub role: Role,
    pub value: f64,
    pub unit: String,
    /// What it was before a change: 10mg of 「10mgから7mgへ減量」.
    pub old: bool,
    /// What it became, or goes on as: 「7mgへ」, 「7mgとした」.
    pub new: bool,
}

impl Quantity {
    pub fn is(&self, value: f64, unit: &str) -> bool {
        (self.value - value).abs() < 1e-9 && self.unit == unit
    }

    pub fn same_amount(&self, other: &Self) -> bool {
        other.is(self.value, &self.unit)
    }
}

/// Units of a dose, longest first; 回 only after 1日.
const UNITS: &[&str] =
    &["カプセル", "μg", "mcg", "mg", "単位", "吸入", "噴霧", "ml", "滴", "錠", "包", "枚", "個", "本", "g", "c", "t"];

/// Quantities of an NFKC text, in order.
pub fn of(text: &str) -> Vec<Quantity> {
    let text = text.to_lowercase().replace("半錠", "0.5錠").replace("1/2錠", "0.5錠");
    let mut out: Vec<Quantity> = Vec::new();
    let mut at = 0;
    let mut last_end = 0;
    while let Some(found) = text[at..].find(|c: char| c.is_ascii_digit()) {
        let start = at + found;
        let length = text[start..].find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len() - start);
        let end = start + length;
        at = end;
        let before = &text[..start];
        if before.ends_with(|c: char| c.is_ascii_alphabetic() || c == '.' || c == '-') {
            continue;
        }
        let Ok(value) = text[start..end].trim_end_matches('.').parse::<f64>() else { continue };
        let rest = text[end..].trim_start_matches(' ');
        let near = before.trim_end();
        if rest.starts_with('回') && behind(near, &["1日", "1日に", "日に"]) {
            let role = if limits(near, rest) { Role::Limit } else { Role::Times };
            out.push(plain(role, value));
            continue;
        }
        if near.ends_with('分')
            && !near.ends_with("日分")
            && !near.ends_with("回分")
            && (1.0..=4.0).contains(&value)
            && !rest.starts_with(['時', '間', '分'])
        {
            out.push(plain(Role::Times, value));
            continue;
        }
        let Some(unit) = UNITS.iter().find(|u| rest.starts_with(**u)) else { continue };
        let after = &rest[unit.len()..];
        if unit.ends_with(|c: char| c.is_ascii_alphabetic()) && after.starts_with(|c: char| c.is_ascii_alphabetic()) {
            continue;
        }
        // 12.4 mg/dL is a value, 62 g of a weight too.
        if after.starts_with("/d")
            || after.starts_with("/l")
            || after.starts_with("/ml")
            || after.starts_with("分")
            || after.starts_with("製剤")
        {
            continue;
        }
        let mut role = role(near, after, unit);
        // 「1日10mgから7mgへ」: the second is of the first's kind.
        if role == Role::Plain
            && let Some(previous) = out.last()
            && previous.unit == *unit
            && ["から", "より", "→", "~", "-", "〜"].iter().any(|j| text[last_end..start].trim_end().ends_with(j))
        {
            role = previous.role;
        }
        last_end = end + (text[end..].len() - rest.len()) + unit.len();
        let (old, new) = (gave_way(after), became(after));
        out.push(Quantity { role, value, unit: (*unit).to_owned(), old, new });
    }
    out
}

fn plain(role: Role, value: f64) -> Quantity {
    Quantity { role, value, unit: "回".to_owned(), old: false, new: false }
}

/// What follows an amount without 「/日」 and the like.
fn behind_amount(after: &str) -> &str {
    let after = after.trim_start();
    ["/日", "/day", "/回", "/kg/日"].iter().find_map(|w| after.strip_prefix(w)).unwrap_or(after)
}

/// 「10mgから7mgへ」 and 「2.5mgから増量」, not 「12.5μgから開始」.
fn gave_way(after: &str) -> bool {
    let Some(rest) = ["から", "より", "→"].iter().find_map(|w| behind_amount(after).strip_prefix(w)) else {
        return false;
    };
    let near: String = rest.chars().take(12).take_while(|c| !matches!(c, '、' | '。')).collect();
    let begins = ["開始", "始め", "導入"].iter().any(|w| near.contains(w));
    !begins
        && (["増量", "減量", "変更", "漸"].iter().any(|w| near.contains(w))
            || near.contains(|c: char| c.is_ascii_digit()))
}

fn became(after: &str) -> bool {
    let rest = behind_amount(after);
    ["に", "へ", "まで", "とし", "とす", "で継続", "を継続", "を処方", "で処方"].iter().any(|w| rest.starts_with(w))
}

fn behind(before: &str, words: &[&str]) -> bool {
    words.iter().any(|w| before.ends_with(w))
}

fn limits(before: &str, after: &str) -> bool {
    after.starts_with("回まで")
        || after.starts_with("回を限")
        || after.starts_with("回以内")
        || behind(before, &["最大", "上限"])
}

fn role(before: &str, after: &str, unit: &str) -> Role {
    let after = after.trim_start_matches(' ');
    let solid = matches!(unit, "mg" | "μg" | "mcg" | "g" | "単位" | "ml");
    // 「20mgまで漸減」 is where it went, no limit.
    let reached = ["まで漸", "まで減", "まで増"].iter().any(|w| after.starts_with(w));
    if after.starts_with("まで") && !reached || after.starts_with("を限") || behind(before, &["最大", "上限"]) {
        return Role::Limit;
    }
    if after.starts_with("/日") || after.starts_with("/day") || behind(before, &["1日", "1日量", "日量", "1日に"])
    {
        return Role::Daily;
    }
    if after.starts_with("/回") || behind(before, &["1回", "1回量", "毎回", "1回に"]) {
        return Role::Once;
    }
    // 「7錠(4錠-2錠-1錠)」 and 「3錠 分3」 are of a day.
    if after.starts_with("分2") || after.starts_with("分3") || after.starts_with("分1") || after.starts_with("分4")
    {
        return Role::Daily;
    }
    let form = [
        "錠", "カプセル", "散", "顆粒", "細粒", "注", "静注用", "静注", "テープ", "od", "シリンジ", "点滴静注用",
        "皮下注", "パッチ", "吸入用",
    ];
    if solid
        && (behind(before, &form)
            || ["錠", "カプセル", "製剤", "包", "「", "テープ", "パッチ", "注", "シリンジ"]
                .iter()
                .any(|f| after.starts_with(f)))
    {
        return Role::Strength;
    }
    Role::Plain
}

#[cfg(test)]
mod tests {
    use super::{Role, of};

    fn roles(text: &str) -> Vec<(Role, f64, String)> {
        of(text).into_iter().map(|q| (q.role, q.value, q.unit)).collect()
    }

    #[test]
    fn each_quantity_has_its_role() {
        for (text, expected) in [
            (
                "アムロジピン錠5mg 1回2錠 1日1回",
                vec![(Role::Strength, 5.0, "mg"), (Role::Once, 2.0, "錠"), (Role::Times, 1.0, "回")],
            ),
            ("5mg錠を1日2錠", vec![(Role::Strength, 5.0, "mg"), (Role::Daily, 2.0, "錠")]),
            ("疼痛時 1回1錠 1日3回まで", vec![(Role::Once, 1.0, "錠"), (Role::Limit, 3.0, "回")]),
            ("1日10mgから7mgへ減量", vec![(Role::Daily, 10.0, "mg"), (Role::Daily, 7.0, "mg")]),
            ("20mgまで漸減", vec![(Role::Plain, 20.0, "mg")]),
            ("3錠 分3", vec![(Role::Daily, 3.0, "錠"), (Role::Times, 3.0, "回")]),
            ("CRP 12.4 mg/dL、WBC 9800", vec![]),
            ("半錠", vec![(Role::Plain, 0.5, "錠")]),
        ] {
            let expected: Vec<_> = expected.into_iter().map(|(r, v, u)| (r, v, u.to_owned())).collect();
            assert_eq!(roles(text), expected, "{text}");
        }
    }
}
