//! People and institutions that nobody declared: by title, profession, signature or a common surname that stands alone.
//! Works on the folded text of [`super::seen`].

use std::ops::Range;

use super::context::{Rule, Said, said_after, said_before, word};
use super::spelling::rule_of;
use super::words::{PLACES, is_common_place, surname_prefix, surnames, without_trade};
use crate::record::PersonKind;
use crate::text::{AnyOf, is_kanji};

/// Somebody in a text.
#[derive(Debug, PartialEq)]
pub(super) struct Stranger {
    pub range: Range<usize>,
    pub kind: PersonKind,
    pub rule: Rule,
}

pub(super) fn find(text: &str) -> Vec<Stranger> {
    let mut out = Vec::new();
    for run in runs(text, is_kanji) {
        out.extend(person(text, run.clone()));
    }
    for run in runs(text, |c| matches!(c, 'ァ'..='ヺ' | 'ー')) {
        out.extend(called(text, run));
    }
    for run in runs(text, |c| c.is_ascii_alphabetic()) {
        out.extend(latin(text, run));
    }
    if HOUSE.is_in(text) {
        for run in runs(text, |c| is_kanji(c) || matches!(c, 'ァ'..='ヺ' | 'ー')) {
            out.extend(institution(text, run));
        }
    }
    out
}

/// Maximal runs of such characters.
fn runs(text: &str, of: impl Fn(char) -> bool) -> Vec<Range<usize>> {
    let mut out: Vec<Range<usize>> = Vec::new();
    for (at, c) in text.char_indices().filter(|(_, c)| of(*c)) {
        match out.last_mut() {
            Some(last) if last.end == at => last.end = at + c.len_utf8(),
            _ => out.push(at..at + c.len_utf8()),
        }
    }
    out
}

const PATIENT: PersonKind = PersonKind::Patient;
const PROFESSIONAL: PersonKind = PersonKind::Professional;

/// A run of kanji with what stands around it.
fn person(text: &str, run: Range<usize>) -> Option<Stranger> {
    // The title itself may be kanji: 田中先生, 遠藤看護師.
    let own = &text[run.clone()];
    let split = own.char_indices().map(|(at, _)| at).skip(1).take(24).find(|at| {
        let rest = &text[run.start + at..];
        matches!(said_after(&own[..*at], rest), Said::Professional | Said::Patient) && is_title(rest)
    });
    let end = run.start + split.unwrap_or(own.len());
    let name = without_trade(&text[run.start..end])?;
    let start = end - name.len();
    let after = said_after(name, &text[end..]);
    let before = said_before(&text[..start]);
    let letters = name.chars().count();
    let kind = match (before, after) {
        (_, Said::Professional) | (Said::Professional, Said::Nothing) => PROFESSIONAL,
        _ => PATIENT,
    };
    let known = surname_prefix(name).filter(|end| name[*end..].chars().count() <= 3);
    let exact = surnames().contains(name);
    let colon = text[..start].trim_end_matches(' ').ends_with(':');
    let rest = &text[end..];
    let certain =
        rest.starts_with("先生") || rest.starts_with("さん") || rest.starts_with("ちゃん") || rest.starts_with("くん");
    let latin_title = after == Said::Professional && rest.trim_start().starts_with(|c: char| c.is_ascii_alphabetic());
    let named = match (after, before) {
        (Said::Professional | Said::Patient, _) if known.is_some() => letters <= 5,
        (Said::Professional | Said::Patient, _) if certain || latin_title => letters <= 3,
        (Said::Patient, Said::Relative | Said::Patient) => letters <= 3,
        (_, Said::Professional) if exact => true,
        (_, Said::Professional) if known.is_some() => letters <= 5,
        (_, Said::Professional) if colon => (2..=4).contains(&letters),
        (_, Said::Relative | Said::Patient) if exact && letters >= 2 => true,
        _ => return alone(text, run),
    };
    named.then(|| {
        let rule = if letters == 1 || (!exact && known.is_none()) { Rule::Titled } else { rule_of(name) };
        Stranger { range: start..end, kind, rule }
    })
}

fn is_title(rest: &str) -> bool {
    rest.starts_with(is_kanji)
}

/// A common surname without a title: 中村が訪室, （中村）, 田中 浩二, 田中浩二.
fn alone(text: &str, run: Range<usize>) -> Option<Stranger> {
    let own = &text[run.clone()];
    let before = text[..run.start].chars().next_back();
    if own.chars().count() < 2 || before.is_some_and(|c| c.is_ascii_alphanumeric() || matches!(c, 'ァ'..='ヿ')) {
        return None;
    }
    let after = text[run.end..].chars().next();
    let open = !word(after) || after.is_some_and(|c| "がはにをのとへもでよやから".contains(c));
    if surnames().contains(own) {
        let named = open && !PLACES.contains(&own);
        return named.then(|| Stranger { range: given(text, run), kind: PROFESSIONAL, rule: Rule::Token });
    }
    const NO_GIVEN: &[char] = &[
        '県', '市', '区', '町', '村', '病', '型', '法', '式', '氏', '院', '科', '部', '線', '駅', '橋', '学', '館',
        '会', '社', '薬', '品', '症',
    ];
    let end = surname_prefix(own).filter(|end| own[..*end].chars().nth(1).is_some())?;
    let given = &own[end..];
    let full = open && given.chars().count() == 2 && !given.contains(NO_GIVEN) && !PLACES.contains(&&own[..end]);
    full.then_some(Stranger { range: run, kind: PROFESSIONAL, rule: Rule::Token })
}

/// The surname with a given name one space behind it.
fn given(text: &str, run: Range<usize>) -> Range<usize> {
    let Some(rest) = text[run.end..].strip_prefix(' ') else { return run };
    let length: usize = rest.chars().take_while(|c| is_kanji(*c)).map(char::len_utf8).sum();
    let (name, after) = rest.split_at(length);
    let usual = (1..=2).contains(&name.chars().count()) && without_trade(name).is_some() && !word(after.chars().next());
    if usual { run.start..run.end + 1 + length } else { run }
}

/// ハナさん, but not ヘルパーさん.
fn called(text: &str, run: Range<usize>) -> Option<Stranger> {
    const NOBODY: &[&str] = &[
        "ヘルパー", "ケアマネ", "ケアマネジャー", "ケアマネージャー", "スタッフ", "ナース", "ドクター", "ドライバー",
        "オーナー", "パートナー", "リハビリ", "リハ",
    ];
    let own = &text[run.clone()];
    let after = &text[run.end..];
    let named =
        ["さん", "ちゃん", "くん"].iter().any(|t| after.starts_with(t)) && (2..=8).contains(&own.chars().count());
    (named && !NOBODY.contains(&own)).then_some(Stranger { range: run, kind: PATIENT, rule: Rule::Titled })
}

/// Dr. Smith, Nakamura先生.
fn latin(text: &str, run: Range<usize>) -> Option<Stranger> {
    let own = &text[run.clone()];
    let before = text[..run.start].trim_end_matches([' ', '.']);
    let title = ["dr", "prof", "mr", "mrs", "ms"]
        .iter()
        .find(|t| before.strip_suffix(**t).is_some_and(|head| !head.ends_with(|c: char| c.is_ascii_alphanumeric())));
    let spoken = ["先生", "さん", "様", "氏"].iter().any(|t| text[run.end..].starts_with(t));
    let gap = text[..run.start].ends_with([' ', '.']);
    if own.len() < 3 || !(spoken || (title.is_some() && gap)) || ["call", "へ", "msw", "ktx"].contains(&own) {
        return None;
    }
    let kind = if title.is_some_and(|t| t.starts_with('m')) { PATIENT } else { PROFESSIONAL };
    Some(Stranger { range: run, kind, rule: Rule::Titled })
}

const HOUSES: &[&str] = &["病院", "クリニック", "医院", "診療所", "薬局", "ステーション", "医療センター"];
static HOUSE: AnyOf = AnyOf::new(&[HOUSES]);

/// 〇〇病院, unless it is made of common words.
fn institution(text: &str, run: Range<usize>) -> Option<Stranger> {
    let own = &text[run.clone()];
    let end = HOUSES.iter().filter_map(|k| own.rfind(k).map(|at| at + k.len())).max()?;
    let name = &own[..end];
    let named = name.chars().count() <= 20 && !is_common_place(name);
    named.then(|| Stranger { range: run.start..run.start + end, kind: PersonKind::Organization, rule: Rule::Anywhere })
}

#[cfg(test)]
mod tests {
    use super::find;

    fn found(text: &str) -> Vec<String> {
        let text = super::super::seen::Seen::new(text).plain;
        find(&text).into_iter().map(|s| text[s.range].to_owned()).collect()
    }

    #[test]
    fn people_are_known_by_title_role_or_surname() {
        for (text, wanted) in [
            ("麻酔 小川", "小川"),
            ("執刀：中村", "中村"),
            ("執刀:珍田", "珍田"),
            ("記載者 田中", "田中"),
            ("(Ns 森)", "森"),
            ("担当 遠藤Ns", "遠藤"),
            ("文責　佐々木", "佐佐木"),
            ("昨夜、中村が訪室した", "中村"),
            ("血圧安定。（田中）", "田中"),
            ("田中 浩二", "田中 浩二"),
            ("主治医鈴木先生に報告", "鈴木"),
            ("紹介医田中先生", "田中"),
            ("長男博之さん来院", "博之"),
            ("隣人のハナさん", "ハナ"),
            ("佐藤看護師より", "佐藤"),
            ("Dr. Smith の紹介", "smith"),
            ("かえで台クリニックから", "台クリニック"),
            ("東京湾岸病院に入院", "東京湾岸病院"),
        ] {
            assert!(found(text).contains(&wanted.to_owned()), "{text} {:?}", found(text));
        }
    }

    #[test]
    fn words_of_the_chart_are_nobody() {
        for text in [
            "橋本病で通院中", "川崎病の既往", "発熱の原因は不明", "左膝関節痛", "森林浴", "東側の病室", "南病棟へ転棟",
            "平熱で経過", "麻酔 全身麻酔", "主治医が説明", "看護師さんに相談", "奥さんと二人暮らし", "患者さんは",
            "水様便が3回", "同様の症状", "多様な", "病棟看護師", "複数医師で診察", "助手 なし", "担当医不在",
            "近隣の総合病院", "循環器内科外来", "石川県へ旅行", "上野に陰影", "コーヒー残渣様の吐物", "PT-INR 1.2",
            "原発巣は不明", "高木骨", "木村氏病", "当院へ転院", "娘さんが付き添い", "東京都在住", "主治医 説明",
            "執刀医と麻酔医",
        ] {
            assert!(found(text).is_empty(), "{text} {:?}", found(text));
        }
    }
}
