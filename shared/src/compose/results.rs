//! Results in the record's own unit: on admission, worst, last, critical, pending.

use std::collections::BTreeMap;

use super::{Context, Line};
use crate::calendar::Day;
use crate::facts::{Detail, Fact, Kind};

/// What stands beside a value: specimen, method, 室内気, remark. 未着 is not said twice.
fn beside(f: &Fact) -> Vec<String> {
    let pending = f.fields.get(1).is_some_and(|v| v == "結果未着");
    let rest = f.fields.get(2..).unwrap_or_default().iter().filter(|t| !(pending && *t == "未着"));
    let told = super::words::without_stops(&rest.collect::<Vec<_>>());
    told.iter().map(|t| unusual(t)).map(|t| besides(&t, &f.name)).filter(|t| !t.is_empty()).collect()
}

/// A specimen or a method that the name says already is not said beside it: 喀痰抗酸菌 培養（喀痰、培養、8週培養）.
fn besides(beside: &str, name: &str) -> String {
    let said = |part: &str| !part.is_ascii() && (name.starts_with(part) || name.split(' ').any(|word| word == part));
    beside.split('、').filter(|part| !said(part)).collect::<Vec<_>>().join("、")
}

/// Blood is what is tested unless something else is said; a culture's specimen stands in its name or beside it.
fn unusual(beside: &str) -> String {
    const USUAL: &[&str] = &["血液", "血清", "血漿"];
    beside.split('、').filter(|part| !USUAL.contains(part)).collect::<Vec<_>>().join("、")
}

fn value(f: &Fact, beside: &[String]) -> String {
    let first = f.fields.get(1).cloned().unwrap_or_default();
    let day = f.date.map(short).unwrap_or_default();
    match (day.is_empty(), beside.is_empty()) {
        (true, true) => first,
        (false, true) => format!("{first}（{day}）"),
        (true, false) => format!("{first}（{}）", beside.join("、")),
        (false, false) => format!("{first}（{day}、{}）", beside.join("、")),
    }
}

/// One result as a line of its own.
pub(super) fn one(f: &Fact) -> Line {
    Line::fact(format!("{}：{}", f.name, value(f, &beside(f))), &[f])
}

fn short(day: Day) -> String {
    match (day.month, day.day) {
        (Some(m), Some(d)) => format!("{m}月{d}日"),
        _ => day.japanese(),
    }
}

/// First, last, what lies furthest outside the two, and what is critical or pending.
fn told<'f>(facts: &[&'f Fact]) -> Vec<&'f Fact> {
    let last = facts.len() - 1;
    let number = |f: &Fact| match &f.detail {
        Detail::Result(r) if !r.pending => crate::facts::leading_number(&r.value),
        _ => None,
    };
    let by = |a: &&Fact, b: &&Fact| number(a).unwrap_or_default().total_cmp(&number(b).unwrap_or_default());
    let numeric = || facts.iter().copied().filter(|f| number(f).is_some());
    let (highest, lowest) = (numeric().max_by(by), numeric().min_by(by));
    let edges = [number(facts[0]), number(facts[last])];
    let beyond = |f: &Fact| {
        let Some(v) = number(f) else { return false };
        edges.iter().flatten().all(|e| v > *e) && highest.is_some_and(|h| number(h) == Some(v))
            || edges.iter().flatten().all(|e| v < *e) && lowest.is_some_and(|l| number(l) == Some(v))
    };
    let notable = |f: &Fact| matches!(&f.detail, Detail::Result(r) if r.critical || r.pending) || beyond(f);
    facts.iter().enumerate().filter(|(i, f)| *i == 0 || *i == last || notable(f)).map(|(_, f)| *f).collect()
}

/// Where a test stands in a list as laboratories print it; what is not named comes last, by name.
const ORDER: &[&str] = &[
    "白血球", "好中球", "赤血球数", "ヘモグロビン", "ヘマトクリット", "血小板", "フェリチン", "PT", "APTT",
    "Dダイマー", "総蛋白", "アルブミン", "ビリルビン", "AST", "ALT", "LD", "ALP", "γ-GT", "CK", "尿素窒素",
    "クレアチニン", "eGFR", "尿酸", "ナトリウム", "カリウム", "クロール", "カルシウム", "CRP", "赤血球沈降",
    "プロカルシトニン", "血糖", "HbA1c", "LDL", "中性脂肪", "BNP", "TSH", "FT", "血液ガス", "乳酸",
];

fn place(name: &str) -> usize {
    let name = crate::text::folded(name);
    ORDER.iter().position(|o| name.starts_with(o)).unwrap_or(ORDER.len())
}

/// One line a test: on admission, worst, last. Pending ones say so.
pub(super) fn results(c: &Context) -> Vec<Line> {
    let mut by_name: BTreeMap<(usize, &str), Vec<&Fact>> = BTreeMap::new();
    for fact in c.facts.of(Kind::Result) {
        if !matches!(&fact.detail, Detail::Result(r) if r.vital) && !told_elsewhere(c, fact) {
            by_name.entry((place(&fact.name), &fact.name)).or_default().push(fact);
        }
    }
    let mut lines: Vec<Line> = by_name.into_values().map(|facts| series(&told(&facts))).collect();
    let pending = |f: &&Fact| matches!(&f.detail, Detail::Result(r) if r.pending);
    for fact in c.facts.of(Kind::Report).filter(pending).filter(|f| !told_elsewhere(c, f)) {
        lines.push(super::line(fact));
    }
    lines
}

/// Infections and what is still out have sections of their own in some kinds.
fn told_elsewhere(c: &Context, fact: &Fact) -> bool {
    c.also("infections") && crate::grounding::is_infection(fact)
        || c.also("pending-results") && matches!(&fact.detail, Detail::Result(r) if r.pending)
}

/// What all values share stands once, beside the name: 「抗酸菌塗抹（喀痰）：…」.
fn series(told: &[&Fact]) -> Line {
    if let [fact] = told {
        return one(fact);
    }
    let conditions: Vec<Vec<String>> = told.iter().map(|f| beside(f)).collect();
    let shared = conditions.iter().all(|b| *b == conditions[0]);
    let none = Vec::new();
    let path: Vec<String> =
        told.iter().zip(&conditions).map(|(f, b)| value(f, if shared { &none } else { b })).collect();
    let name = match conditions.first().filter(|b| shared && !b.is_empty()) {
        Some(b) => format!("{}（{}）", told[0].name, b.join("、")),
        None => told[0].name.clone(),
    };
    Line::fact(format!("{name}：{}", path.join(" → ")), told)
}

/// What is not back yet, with who follows it where the record says so.
pub(super) fn pending(c: &Context) -> Vec<Line> {
    let waiting = |f: &&Fact| matches!(&f.detail, Detail::Result(r) if r.pending);
    let results = c.facts.of(Kind::Result).filter(waiting).map(one);
    results.chain(c.facts.of(Kind::Report).filter(waiting).map(super::line)).collect()
}

/// Vital signs of the last day that has any; weight and height are told from whenever they were last taken.
pub(super) fn vital_signs(c: &Context) -> Vec<Line> {
    let vital = |f: &&Fact| matches!(&f.detail, Detail::Result(r) if r.vital);
    let body = |f: &Fact| f.name.contains("体重") || f.name.contains("身長");
    let day = c.facts.of(Kind::Result).filter(vital).filter(|f| !body(f)).filter_map(|f| f.date).max();
    let mut last: BTreeMap<&str, &Fact> = BTreeMap::new();
    for fact in c.facts.of(Kind::Result).filter(vital).filter(|f| body(f) || f.date == day) {
        last.insert(&fact.name, fact);
    }
    let mut facts: Vec<&Fact> = last.into_values().collect();
    let first = ["体温", "血圧", "脈拍", "呼吸", "SpO2"];
    facts.sort_by_key(|f| first.iter().position(|n| f.name.starts_with(n)).unwrap_or(first.len()));
    facts.into_iter().map(pressure).collect()
}

/// 「血圧：128/70 mmHg」 where the record has it as two components.
fn pressure(f: &Fact) -> Line {
    let mut line = one(f);
    let both = f.fields.get(1).and_then(|v| v.strip_prefix("収縮期血圧 ")?.split_once(" mmHg、拡張期血圧 "));
    if let Some((upper, lower)) = both {
        line.text = line.text.replacen(&f.fields[1], &format!("{upper}/{lower}"), 1);
    }
    line
}

#[cfg(test)]
mod tests {
    use super::{results, vital_signs};
    use crate::calendar::Day;
    use crate::compose::Context;
    use crate::facts::{Detail, Fact, Facts, Kind, Source};

    fn result(day: &str, fields: &[&str], vital: bool) -> Fact {
        let source = Source::Statement { by: String::new() };
        let fields: Vec<String> = fields.iter().map(|f| (*f).to_owned()).collect();
        let name = fields[0].clone();
        let mut fact = Fact::new(Kind::Result, Day::parse(day), &name, fields, source);
        let mut detail = crate::facts::ResultDetail { vital, ..Default::default() };
        detail.value = fact.fields[1].clone();
        fact.detail = Detail::Result(detail);
        fact
    }

    #[test]
    fn what_values_share_stands_once_and_what_differs_stays_with_each() {
        let list = vec![
            result("2026-07-03", &["CRP", "15.82 mg/dL", "血液"], false),
            result("2026-07-12", &["CRP", "1.08 mg/dL", "血液"], false),
            result("2026-07-03", &["血液ガス PaO2", "56.8 Torr", "室内気"], false),
            result("2026-07-05", &["血液ガス PaO2", "78.2 Torr", "鼻カニュラ2L/分"], false),
            result("2026-07-03", &["白血球数", "14800 /μL", "血液"], false),
            result("2026-07-03", &["喀痰抗酸菌 培養", "結果未着", "喀痰、8週培養。", "未着"], false),
        ];
        let facts = Facts { list, ..Facts::default() };
        let texts: Vec<String> = results(&Context::of(&facts)).into_iter().map(|l| l.text).collect();
        assert_eq!(
            texts,
            [
                "白血球数：14800 /μL（7月3日）",
                "CRP：15.82 mg/dL（7月3日） → 1.08 mg/dL（7月12日）",
                "血液ガス PaO2：56.8 Torr（7月3日、室内気） → 78.2 Torr（7月5日、鼻カニュラ2L/分）",
                "喀痰抗酸菌 培養：結果未着（7月3日、8週培養）",
            ]
        );
    }

    #[test]
    fn vital_signs_of_an_earlier_day_are_not_those_at_discharge() {
        let list = vec![
            result("2026-03-14", &["呼吸数", "28 /分"], true),
            result("2026-03-14", &["体重", "52.1 kg"], true),
            result("2026-03-27", &["血圧", "収縮期血圧 118 mmHg、拡張期血圧 70 mmHg"], true),
        ];
        let facts = Facts { list, ..Facts::default() };
        let texts: Vec<String> = vital_signs(&Context::of(&facts)).into_iter().map(|l| l.text).collect();
        assert_eq!(texts, ["血圧：118/70 mmHg（3月27日）", "体重：52.1 kg（3月14日）"]);
    }
}
