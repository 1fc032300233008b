//! Notes that speak of somebody else: a text pasted into the wrong chart, which no reference shows.
//!
//! Three signs: an age with a sex (78歳女性) that is not the patient's at that date, the other sex, and a name with
//! 様 or さん that nobody in the record bears. Roles (娘さん, 奥様, 患者さん) and likenesses (貧血様) are no names, and
//! a sentence about a relative speaks of the relative.

use std::sync::OnceLock;

use regex_lite::Regex;

use super::{Cue, Fact, Kind, Source};
use crate::calendar::{Day, age_on};
use crate::record::{ClinicalRecord, People};
use crate::text::{is_kanji, nfkc};

/// A note, by its facts, and what gave it away.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stranger {
    /// Facts of the note, the one that gave it away first.
    pub facts: Vec<String>,
    pub question: String,
}

/// Who the patient is, for comparing.
struct Patient<'r> {
    birth: Option<time::Date>,
    gender: Option<&'r str>,
    /// Every part of every name of the record, folded.
    names: Vec<String>,
}

pub(crate) fn search(record: &ClinicalRecord, all: &[Fact]) -> Vec<Stranger> {
    let birth = record.patient.birth_date.as_deref().and_then(Day::parse).and_then(Day::date);
    let patient = Patient { birth, gender: record.patient.gender.as_deref(), names: names(&record.people) };
    found(&patient, all)
}

fn names(people: &People) -> Vec<String> {
    let someone = people.someone.iter().map(|(_, s)| s);
    let parts = someone.flat_map(|s| s.full.iter().chain(&s.family).chain(&s.given).chain([&s.display]));
    parts.map(|n| nfkc(n).split_whitespace().collect::<String>()).filter(|n| !n.is_empty()).collect()
}

/// One of these stands in every sign.
pub(super) const SIGNS: &[&[&str]] = &[&["歳"], HONORIFICS];
const HONORIFICS: &[&str] = &["様", "さん", "氏"];

fn found(patient: &Patient, all: &[Fact]) -> Vec<Stranger> {
    let mut out: Vec<(&Source, Stranger)> = Vec::new();
    for fact in all.iter().filter(|f| f.kind == Kind::Note && f.may_tell(Cue::Stranger)) {
        let Some(sentence) = fact.fields.get(1) else { continue };
        if out.iter().any(|(source, _)| *source == &fact.source) {
            continue;
        }
        let Some(why) = sign(patient, fact, &nfkc(sentence)) else { continue };
        let mut facts = vec![fact.id.clone()];
        let others = all.iter().filter(|f| f.kind == Kind::Note && f.source == fact.source && f.id != fact.id);
        facts.extend(others.map(|f| f.id.clone()));
        let title = fact.fields.first().map_or("記録", String::as_str);
        let day = fact.date.map(|d| format!("{}の", d.japanese())).unwrap_or_default();
        let question = format!(
            "{day}「{title}」に{why}。別の患者の記録が貼り付けられていないか確認し、この記録を用いるか決めること。"
        );
        out.push((&fact.source, Stranger { facts, question }));
    }
    out.into_iter().map(|(_, s)| s).collect()
}

fn sign(patient: &Patient, fact: &Fact, sentence: &str) -> Option<String> {
    let (age, male) =
        described(sentence).map_or((None, None), |(age, sex)| (Some(age), sex.map(|s| s.starts_with('男'))));
    if let (Some(age), Some(birth), Some(day)) = (age, patient.birth, fact.date.and_then(Day::date)) {
        let real = age_on(birth, day);
        if (i64::from(real) - age).abs() > 2 {
            return Some(format!("患者の年齢（当時{real}歳）と合わない「{age}歳」との記載がある"));
        }
    }
    if let (Some(male), Some(gender @ ("male" | "female"))) = (male, patient.gender)
        && male != (gender == "male")
    {
        return Some("患者と異なる性別の記載がある".to_owned());
    }
    let name =
        addressed(sentence).into_iter().find(|n| !patient.names.iter().any(|known| known.contains(n.as_str())))?;
    Some(format!("この患者の記録に見当たらない人名「{name}」がある"))
}

/// 「78歳女性」「5歳の男児」「患者は78歳」: age, and sex where it is told. Not of relatives.
fn described(sentence: &str) -> Option<(i64, Option<String>)> {
    if !sentence.contains('歳') {
        return None;
    }
    static DESCRIBED: OnceLock<Regex> = OnceLock::new();
    let pattern = DESCRIBED.get_or_init(|| {
        Regex::new(r"(\d{1,3})歳の?(男性|女性|男児|女児|男子|女子|男|女)|(?:患者は|症例は|患者:|症例:)(\d{1,3})歳")
            .expect("a valid pattern")
    });
    let relatives = [
        "父", "母", "兄", "姉", "弟", "妹", "夫", "妻", "長男", "次男", "長女", "次女", "娘", "息子", "孫", "祖",
        "家族", "同室", "友人", "ドナー", "児の",
    ];
    pattern.captures_iter(sentence).find_map(|c| {
        let whole = c.get(0)?;
        let before: String =
            sentence[..whole.start()].chars().rev().take(12).collect::<Vec<_>>().into_iter().rev().collect();
        if relatives.iter().any(|r| before.contains(r)) {
            return None;
        }
        let age = c.get(1).or(c.get(3))?.as_str().parse().ok()?;
        Some((age, c.get(2).map(|s| s.as_str().to_owned())))
    })
}

/// What stands before 様 or さん and is neither a role nor a likeness.
const ROLES: &[&str] = &[
    "娘", "奥", "母", "父", "兄", "姉", "弟", "妹", "孫", "嫁", "婿", "患者", "息子", "主人", "家族", "本人", "皆",
    "客", "看護師", "医師", "先生", "爺", "婆", "祖父", "祖母", "叔父", "叔母", "伯父", "伯母", "旦那", "御主人", "子",
    "長男", "長女", "次男", "次女", "三男", "三女", "夫", "妻", "業者", "隣", "大家", "職員", "担当", "店員", "相談員",
    "助産師", "保健師", "薬剤師", "栄養士", "理学療法士", "運転手", "社長", "上司", "神", "王", "仏", "何", "同", "多",
    "模", "仕", "有", "異", "一", "各", "今", "左", "別", "赤", "親", "両親", "義母", "義父", "義兄", "義姉", "義弟",
    "義妹", "実母", "実父",
];
/// Ends of words that 様 makes into likenesses: 貧血様, 感冒様.
const LIKENESS: &[char] = &[
    '血', '冒', '疹', '攣', '膜', '炎', '症', '状', '痛', '熱', '咳', '息', '腫', '瘤', '斑', '節', '影', '水', '液',
    '便', '渣', '粒', '霧', '石', '歌', '嚢', '塊', '物', '網', '板', '脂', '乳', '粥', '糊', '泡', '線', '管', '糸',
    '人', '常', '死',
];
/// A person of another role may be named once in a chart.
const OTHERS: &[&str] = &[
    "看護師", "友人", "知人", "隣人", "ヘルパー", "ケアマネ", "CM", "MSW", "PT", "OT", "ST", "同僚", "保健師",
    "民生委員", "職員", "担当", "薬剤師", "栄養士", "後見人", "施設", "相談員", "同室", "近所", "大家", "介護", "妻",
    "夫", "長男", "長女", "次男", "次女", "三男", "三女", "娘", "息子", "母", "父", "兄", "姉", "弟", "妹", "孫", "嫁",
    "婿", "甥", "姪", "キーパーソン", "婚約者", "内縁", "パートナー",
];

fn addressed(sentence: &str) -> Vec<String> {
    let mut out = Vec::new();
    for honorific in HONORIFICS {
        for (at, _) in sentence.match_indices(honorific) {
            let name: String = sentence[..at]
                .chars()
                .rev()
                .take_while(|c| is_kanji(*c))
                .collect::<Vec<_>>()
                .into_iter()
                .rev()
                .collect();
            let before = &sentence[..at - name.len()];
            let after = sentence[at + honorific.len()..].chars().next();
            if is_name(&name, before, after, honorific) {
                out.push(name);
            }
        }
    }
    out
}

fn is_name(name: &str, before: &str, after: Option<char>, honorific: &str) -> bool {
    let count = name.chars().count();
    let role = ROLES.iter().any(|r| name == *r || (r.chars().count() >= 2 && name.ends_with(r)));
    let likeness = honorific == "様" && name.ends_with(LIKENESS);
    // 「眼瞼結膜は貧血様」 follows a particle, an address begins a clause.
    let begins =
        before.is_empty() || before.ends_with(['、', '。', ' ', '「', '(', ':', '・', '⟧', '\n', '※', '■', '【']);
    let ends = after.is_none_or(|c| !is_kanji(c) && !matches!(c, '々'));
    let weak = honorific != "さん";
    let other = {
        let near: String = before.trim_end().chars().rev().take(7).collect::<Vec<_>>().into_iter().rev().collect();
        OTHERS.iter().any(|o| near.trim_end_matches(['の', '・', ':', '(']).ends_with(o))
    };
    (2..=5).contains(&count) && !role && !likeness && ends && (begins || !weak) && !other
}

#[cfg(test)]
mod tests {
    use super::{Patient, found};
    use crate::grounding::testing::facts;

    fn flagged(sentence: &str) -> bool {
        let patient = Patient {
            birth: time::Date::from_calendar_date(1944, time::Month::February, 29).ok(),
            gender: Some("female"),
            names: ["長谷川文江", "長谷川", "太郎", "和美", "大野", "西村恵子", "鈴木一郎"].map(str::to_owned).to_vec(),
        };
        let facts = facts(&[&format!("[N01.1] note | 2026-07-03 | 経過記録 医師 | {sentence}")]);
        !found(&patient, &facts.list).is_empty()
    }

    #[test]
    fn another_age_sex_or_name_is_noticed() {
        for sentence in [
            "78歳女性。糖尿病で通院中。",
            "82歳男性、肺炎で入院。",
            "患者は65歳、喫煙歴あり。",
            "佐々木様、夜間良眠。",
            "本日、佐々木さんの内服を確認した。",
            "80歳代、82歳の男性。",
        ] {
            assert!(flagged(sentence), "{sentence}");
        }
    }

    #[test]
    fn roles_relatives_and_likenesses_are_no_strangers() {
        for sentence in [
            "82歳女性。肺炎で入院。",
            "81歳の女性で、独歩にて来院。",
            "夫 太郎さん（84歳）と二人暮らし。",
            "長女 和美さんが付き添い。",
            "夫は84歳男性で健在。",
            "長谷川様、全量摂取。",
            "長谷川さんは良眠。",
            "娘さん、奥様、お母さん、患者さんへ説明。",
            "眼瞼結膜は貧血様。",
            "感冒様症状あり。膜様落屑を認める。",
            "貧血様、顔色不良。",
            "同様に経過。様子をみる。仕様の変更。",
            "訪問看護師の山本さんに連絡した。",
            "友人の佐々木さんが面会。",
            "45歳時に手術を受けた。",
            "西村さん（ケアマネジャー）が来棟。",
            "皆さん、ご家族様へ。",
        ] {
            assert!(!flagged(sentence), "{sentence}");
        }
    }
}
