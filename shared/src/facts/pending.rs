//! Results that are not there yet: who follows them up, as a note says it, or that a person has to be named.

use super::derived::derived;
use super::{Cue, Detail, Fact, Kind};
use crate::text::{AnyOf, compact};

/// What the fact says where no note names anybody.
const NOBODY: &str = "確認者:要確認";
/// What a remark of the result itself says where it names who acts on it.
const BY_REMARK: &[&str] = &["確認", "フォロー", "説明", "連絡", "報告"];
/// One of these stands in a sentence that says who follows a result up.
pub(super) const FOLLOWED: &[&[&str]] = &[&["確認", "フォロー", "外来", "説明", "連絡", "担当"]];
/// What several tests of the same name share when notes speak of them.
const KINDS: &[&str] = &["培養", "病理", "細胞診", "遺伝子", "抗体", "抗酸菌", "免疫染色"];

/// Links each pending result with the sentence that says who follows it up.
pub(crate) fn followed_up(all: &mut [Fact]) -> Vec<Fact> {
    let mut out = Vec::new();
    let pending = |f: &Fact| matches!(&f.detail, Detail::Result(r) if r.pending);
    let waiting: Vec<usize> = (0..all.len()).filter(|i| pending(&all[*i])).collect();
    if waiting.is_empty() {
        return out;
    }
    static FOLLOWS: AnyOf = AnyOf::new(FOLLOWED);
    let told = all.iter().enumerate().filter(|(_, f)| f.kind == Kind::Note && f.may_tell(Cue::FollowUp));
    let told = told.filter(|(_, f)| !f.is_earlier());
    let sentences: Vec<(usize, String)> = told
        .filter_map(|(i, f)| f.fields.get(1).filter(|t| FOLLOWS.is_in_compact(t)).map(|t| (i, compact(t))))
        .collect();
    for at in waiting {
        let name = compact(&all[at].name);
        let bare = name.split('(').next().unwrap_or_default();
        let kind = KINDS.iter().find(|k| name.contains(**k));
        let names = |text: &str| !bare.is_empty() && text.contains(bare) || kind.is_some_and(|k| text.contains(k));
        let later = |i: usize| all[i].date >= all[at].date;
        match sentences.iter().rev().find(|(i, text)| names(text) && later(*i)) {
            Some((note, _)) => {
                let said = all[*note].fields.get(1).map_or("", String::as_str);
                let text = format!("{}（結果未着）の確認：{said}", all[at].name);
                out.push(derived(&all[at].name, text, &[&all[at], &all[*note]]));
            }
            None if names_who(&all[at]) => {}
            None => all[at].fields.push(NOBODY.to_owned()),
        }
    }
    out
}

fn names_who(result: &Fact) -> bool {
    result.fields.iter().skip(2).any(|f| BY_REMARK.iter().any(|w| f.contains(w)))
}

#[cfg(test)]
mod tests {
    use crate::facts::Kind;
    use crate::facts::testing::{build, note, stay};
    use serde_json::json;

    #[test]
    fn a_pending_result_names_who_follows_or_asks() {
        let culture = json!({ "resourceType": "Observation", "id": "c", "status": "registered", "subject": { "reference": "Patient/p1" },
            "effectiveDateTime": "2026-07-14", "code": { "text": "喀痰抗酸菌培養" } });
        let facts = build(&[stay(), culture.clone()]);
        assert!(facts.of(Kind::Result).next().expect("result").text().ends_with("確認者:要確認"));
        let mut remarked = culture.clone();
        remarked["note"] = json!([{ "text": "結果は8月の外来で主治医が説明する。" }]);
        let facts = build(&[stay(), remarked]);
        assert!(!facts.of(Kind::Result).next().expect("result").text().contains("要確認"), "the result says who");
        let said = note("2026-07-16", "退院時指示 医師", "抗酸菌培養の結果は外来で主治医が確認する。");
        let facts = build(&[stay(), culture, said]);
        assert!(!facts.of(Kind::Result).next().expect("result").text().contains("要確認"));
        let linked = facts.of(Kind::Derived).find(|f| f.text().contains("結果未着")).expect("the link");
        assert_eq!(linked.evidence().from.expect("inputs").len(), 2);
    }
}
