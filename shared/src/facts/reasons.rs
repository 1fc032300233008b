//! Which note sentence says what became of a drug and why. A sentence counts for a drug only where the word of
//! change stands after that drug's name and before the next drug's; a plan or a denial does not count.

use super::drug_names::{brands, drug_stem, generic};
use super::medication::Change;
use super::{Fact, Kind};
use crate::text::nfkc;

const STOPPED: &[&str] = &["中止", "終了", "内服終了", "off", "オフ"];
const HELD: &[&str] = &["休薬", "一時中断", "一時休止", "いったん中止", "一旦中止", "ホールド"];
const MORE: &[&str] = &["増量", "倍量", "引き上げ"];
const LESS: &[&str] = &["減量", "減らし", "漸減", "引き下げ"];
const BEGUN: &[&str] = &["開始", "追加", "導入", "新規", "併用"];
const CHANGED: &[&str] = &["変更", "切り替え", "切替", "置換"];
const AGAIN: &[&str] = &["再開"];
const NOT_DONE: &[&str] = &["せず", "しない", "なし", "不要", "検討", "予定", "可能", "であれば", "場合", "希望"];
const CAUSE: &[&str] = &["ため", "により", "よる", "理由", "副作用", "疑い", "懸念", "から、", "認め", "にて"];

/// A note sentence that tells of a change of some drug.
struct Sentence<'f> {
    fact: &'f Fact,
    text: String,
}

/// The sentences of the notes that tell of changes, folded once.
pub(crate) struct Reasons<'f> {
    sentences: Vec<Sentence<'f>>,
    /// Folded names of every drug of the record, where another drug's words begin.
    drugs: Vec<String>,
}

impl<'f> Reasons<'f> {
    pub fn new(all: &'f [Fact]) -> Self {
        let mut drugs: Vec<String> =
            all.iter().filter(|f| f.kind == Kind::Medication).flat_map(|f| names(&f.name)).collect();
        drugs.sort();
        drugs.dedup();
        let told = all.iter().filter(|f| f.kind == Kind::Note && !f.is_earlier());
        let sentences = told.filter_map(|fact| {
            let text = fold(fact.fields.get(1)?);
            let tells = [STOPPED, HELD, MORE, LESS, BEGUN, CHANGED].concat().iter().any(|w| text.contains(w));
            (tells && !drugs.is_empty()).then_some(Sentence { fact, text })
        });
        Self { sentences: sentences.collect(), drugs }
    }

    /// 中止 or 休薬 of a drug, as the latest note that says either has it; none where it was begun again.
    pub fn ended(&self, name: &str) -> Option<(Change, &'f Fact)> {
        let words = [HELD, STOPPED, AGAIN].concat();
        let (word, fact) = self.about(name, &words).into_iter().max_by_key(|(_, f)| f.date)?;
        if AGAIN.contains(&word) {
            return None;
        }
        Some((if HELD.contains(&word) { Change::Held } else { Change::Stopped }, fact))
    }

    /// The sentence that says why; one with a cause before one without, a later before an earlier.
    pub fn of(&self, name: &str, change: Change) -> Option<&'f Fact> {
        let words: Vec<&str> = match change {
            Change::Continued => return None,
            Change::Increased => MORE.to_vec(),
            Change::Reduced => LESS.to_vec(),
            Change::Changed | Change::Rerouted => [CHANGED, MORE, LESS].concat(),
            Change::New => [BEGUN, CHANGED].concat(),
            Change::Stopped | Change::Held | Change::Absent => [HELD, STOPPED, CHANGED].concat(),
        };
        let found = self.about(name, &words).into_iter().map(|(_, f)| f);
        found.max_by_key(|f| (f.fields.get(1).is_some_and(|t| CAUSE.iter().any(|c| t.contains(c))), f.date))
    }

    fn about(&self, name: &str, words: &[&'static str]) -> Vec<(&'static str, &'f Fact)> {
        let names = names(name);
        let said = self.sentences.iter().filter_map(|s| {
            let word = names.iter().find_map(|n| self.said_of(&s.text, n, words))?;
            Some((word, s.fact))
        });
        said.collect()
    }

    /// The first word of change between this drug's name and the next drug's. 「A、Bは中止」 is said of both.
    fn said_of(&self, text: &str, name: &str, words: &[&'static str]) -> Option<&'static str> {
        let start = text.find(name)? + name.len();
        let mut rest = &text[start..];
        loop {
            let others = self.drugs.iter().filter_map(|d| Some((rest.find(d.as_str())?, d.len())));
            let next = others.min_by_key(|(at, length)| (*at, std::cmp::Reverse(*length)));
            let own = &rest[..next.map_or(rest.len(), |(at, _)| at)];
            let first = words.iter().filter_map(|w| Some((own.find(w)?, *w)));
            // 「いったん中止」 before the 「中止」 in it.
            if let Some((at, word)) = first.min_by_key(|(at, w)| (*at, std::cmp::Reverse(w.len()))) {
                let after: String = own[at + word.len()..].chars().take(8).collect();
                return (!NOT_DONE.iter().any(|n| after.contains(n))).then_some(word);
            }
            let list = own
                .chars()
                .all(|c| matches!(c, '、' | '・' | ',' | 'と' | '及' | '並' | 'び' | 'お' | 'よ') || c.is_ascii());
            let (at, length) = next.filter(|_| list)?;
            rest = &rest[at + length..];
        }
    }
}

/// A drug as notes call it: by its own stem, its generic name, or a brand of it.
fn names(name: &str) -> Vec<String> {
    let generic = generic(name);
    let mut names: Vec<String> =
        std::iter::once(drug_stem(name)).chain(generic.split('・').map(str::to_owned)).collect();
    names.extend(brands(&generic).map(str::to_owned));
    names.iter_mut().for_each(|n| *n = fold(n));
    names.retain(|n| n.chars().count() >= 3);
    names.dedup();
    names
}

fn fold(text: &str) -> String {
    nfkc(text).to_lowercase().split_whitespace().collect()
}
