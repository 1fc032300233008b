//! A text in clauses, each with one predicate, as far as punctuation and endings tell. 「胃カメラは、8月に予定」 is
//! one clause, 「解熱し、食事を再開」 two. Holds no rule.

use crate::facts::{Fact, Kind};
use crate::text::{AnyOf, nfkc};

/// Clauses of an NFKC text.
pub fn of(text: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for sentence in text.split(['。', ';', '\n', '!']) {
        let mut open = String::new();
        for part in sentence.split(['、', ',']) {
            if !open.is_empty() {
                open.push('、');
            }
            open.push_str(part);
            if ends_a_clause(part) {
                out.extend(contrasted(&open));
                open.clear();
            }
        }
        out.extend(contrasted(&open));
    }
    out.retain(|c| !c.trim().is_empty());
    out
}

/// 「中止したが再開した」 is two clauses without a comma.
fn contrasted(clause: &str) -> Vec<String> {
    const JOINTS: &[&str] = &["したが", "いたが", "ったが", "たものの", "したのち", "した後"];
    static ANY: AnyOf = AnyOf::new(&[JOINTS]);
    let joints = if ANY.is_in(clause) { JOINTS } else { &[] };
    for joint in joints {
        if let Some((before, after)) = clause.split_once(*joint)
            && after.chars().count() > 3
        {
            return vec![format!("{before}{joint}"), after.to_owned()];
        }
    }
    vec![clause.to_owned()]
}

/// Whether the words before a comma hold a predicate of their own.
fn ends_a_clause(part: &str) -> bool {
    let part = part.trim_end();
    let particle = ["は", "に", "を", "も", "の", "と", "へ", "から", "より", "では", "には", "にて", "まで", "や"];
    if particle.iter().any(|p| part.ends_with(p)) {
        return false;
    }
    let hiragana = part.chars().next_back().is_some_and(|c| ('ぁ'..='ん').contains(&c));
    let noun = [
        "施行", "実施", "予定", "中止", "休薬", "再開", "開始", "終了", "継続", "改善", "増悪", "悪化", "軽快", "低下",
        "上昇", "増量", "減量", "変更", "追加", "検討", "希望", "拒否", "消失", "抜去", "退院", "転院", "紹介", "陰性",
        "陽性", "正常",
    ];
    hiragana || noun.iter().any(|n| part.ends_with(n))
}

/// What a fact says, NFKC, without a note's title; the date stays.
pub fn body(fact: &Fact) -> String {
    let skip = usize::from(matches!(fact.kind, Kind::Note | Kind::Statement));
    let said: Vec<&str> = fact.fields.iter().skip(skip).map(String::as_str).collect();
    let date = fact.date.map(crate::calendar::Day::iso).unwrap_or_default();
    nfkc(&format!("{date} {}", said.join(" ")))
}

/// 「休薬を継続する」 holds a drug on; it does not go on with it.
pub fn still_held(text: &str) -> String {
    let mut out = text.to_owned();
    if !text.contains("継続") && !text.contains("を続け") {
        return out;
    }
    for held in ["休薬", "中止", "保留"] {
        for on in ["を継続", "継続", "は継続", "のまま継続", "を続け"] {
            out = out.replace(&format!("{held}{on}"), held);
        }
    }
    out
}

/// The text without the signs that stand for names.
pub fn without_placeholders(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut inside = false;
    for c in text.chars() {
        match c {
            '⟦' => inside = true,
            '⟧' => inside = false,
            c if !inside => out.push(c),
            _ => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{of, without_placeholders};

    #[test]
    fn clauses_have_a_predicate_each() {
        assert_eq!(of("胃カメラは、8月に予定している。"), ["胃カメラは、8月に予定している"]);
        assert_eq!(of("解熱し、食事を再開した。"), ["解熱し", "食事を再開した"]);
        assert_eq!(of("中止したが7月に再開した"), ["中止したが", "7月に再開した"]);
    }

    #[test]
    fn placeholders_are_no_content() {
        assert_eq!(without_placeholders("⟦P1⟧は独歩で⟦O2⟧へ"), "は独歩でへ");
    }
}
