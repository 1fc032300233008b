//! A text as names are looked for in it: NFKC, old character forms folded to today's, Latin letters small,
//! and a second time without spaces, middle dots and hyphens. Both lead back to the original bytes.

use crate::text::{Folded, is_hidden, is_plain};

/// Old or local forms and what they are matched as; `text` is never changed by it. Two letters a pair.
const OLD_FORMS: &str = "髙高﨑崎嵜崎碕崎齋斎齊斎斉斎邊辺邉辺濵浜濱浜淵渕渊渕𠮷吉澤沢廣広嶋島嶌島國国櫻桜瀧滝龍竜眞真惠恵德徳榮栄實実壽寿圓円學学會会條条曾曽槇槙檜桧藪薮冨富峯峰埜野舘館禮礼彌弥萬万與与佛仏\
靜静豐豊總総晉晋凜凛遙遥堯尭亙亘穗穂應応關関鐵鉄鹽塩鷗鴎鄕郷邨村桺柳栁柳桒桑舩船槗橋𣘺橋戶戸靑青黑黒步歩緖緒祿禄來来兒児凉涼蘆芦髮髪絲糸倂併巖巌嚴厳劍剣劒剣乘乗眥眦敕勅敎教桝枡檢検\
淸清濟済瀨瀬爲為狀状獨独瑤瑶盡尽穰穣竝並籐藤粹粋縣県縱縦繪絵續続聰聡聲声莊荘萠萌藏蔵藝芸虛虚蟲虫衞衛裝装覽覧觀観譽誉讓譲讚讃豫予賴頼轉転遞逓錄録鍊錬鎭鎮陷陥險険雜雑靈霊頰頬顏顔顯顕\
飜翻驗験鷄鶏麥麦黃黄點点齒歯ヶケヵカ";

fn today(c: char) -> char {
    use std::collections::HashMap;
    use std::sync::OnceLock;
    const BITS: usize = 4096;
    /// The table, with one bit for each remainder of an old form: hardly any letter is looked up.
    static TABLE: OnceLock<(HashMap<char, char>, [u64; BITS / 64])> = OnceLock::new();
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    let place = |c: char| (c as usize % BITS / 64, c as usize % 64);
    let (table, old) = TABLE.get_or_init(|| {
        let letters: Vec<char> = OLD_FORMS.chars().collect();
        let mut old = [0; BITS / 64];
        for (at, bit) in letters.iter().step_by(2).map(|c| place(*c)) {
            old[at] |= 1 << bit;
        }
        (letters.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect(), old)
    });
    let (at, bit) = place(c);
    if old[at] >> bit & 1 == 0 { c } else { table.get(&c).copied().unwrap_or(c) }
}

/// What stands between the parts of a name or number without being part of it.
fn between(c: char, before: Option<char>) -> bool {
    c.is_whitespace()
        || matches!(c, '・' | '·' | '•' | '.' | ',' | '(' | ')' | '-' | '‐' | '‑' | '‒' | '–' | '—' | '−' | '\'')
        || (c == 'ー' && before.is_some_and(|b| b.is_ascii_digit()))
}

/// What the model may see of a text before names are looked for: one line, nothing hidden, no placeholder.
pub(super) fn clean(original: &str) -> String {
    // None of what is taken away or changed is plain, but for controls.
    if is_plain(original) && !original.bytes().any(|b| b.is_ascii_control()) {
        return original.to_owned();
    }
    let visible = original.chars().filter_map(|c| match c {
        '⟦' | '〚' => Some('['),
        '⟧' | '〛' => Some(']'),
        '\n' | '\r' | '\t' | '\u{B}' | '\u{C}' | '\u{85}' | '\u{2028}' | '\u{2029}' => Some(' '),
        c => (!is_hidden(c) && !is_blank(c)).then_some(c),
    });
    visible.collect()
}

/// Letters that show nothing and are no controls: fillers, invisible operators, variation selectors.
fn is_blank(c: char) -> bool {
    matches!(c, '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180E}'
        | '\u{3164}' | '\u{FFA0}' | '\u{206A}'..='\u{206F}' | '\u{FFF0}'..='\u{FFFB}' | '\u{E0000}'..='\u{E0FFF}' | '\u{2800}')
}

/// One text in both forms.
pub(super) struct Seen {
    pub plain: String,
    /// Offset in `plain`, start and end in the original; one a character.
    plain_at: Vec<(usize, usize, usize)>,
    pub squeezed: String,
    /// Offset in `squeezed`, start and end in `plain`; one a character.
    squeezed_at: Vec<(usize, usize, usize)>,
}

impl Seen {
    pub fn new(text: &str) -> Self {
        let (bytes, letters) = (text.len(), text.len() / 2);
        let mut seen = Self {
            plain: String::with_capacity(bytes),
            plain_at: Vec::with_capacity(letters),
            squeezed: String::with_capacity(bytes),
            squeezed_at: Vec::with_capacity(letters),
        };
        let mut before = None;
        if is_plain(text) {
            for (at, c) in text.char_indices() {
                before = Some(seen.push(c, before, (at, at + c.len_utf8())));
            }
            return seen;
        }
        let folded = Folded::new(text);
        for (at, c) in folded.text.char_indices() {
            before = Some(seen.push(c, before, folded.original(at, at + c.len_utf8())));
        }
        seen
    }

    /// Takes in a folded character with its range of the original; returns it as it is seen.
    fn push(&mut self, c: char, before: Option<char>, (from, to): (usize, usize)) -> char {
        let c = match (c, before) {
            ('々', Some(b)) if crate::text::is_kanji(b) => b,
            _ => today(c),
        };
        let start = self.plain.len();
        self.plain_at.push((start, from, to));
        self.plain.push(c);
        if !between(c, before) {
            self.squeezed_at.push((self.squeezed.len(), start, self.plain.len()));
            self.squeezed.push(c);
        }
        c
    }

    /// The range of the original that a range of `plain` came from.
    pub fn original(&self, start: usize, end: usize) -> (usize, usize) {
        range(&self.plain_at, start, end)
    }

    /// The range of `plain` that a range of `squeezed` came from.
    pub fn plain_range(&self, start: usize, end: usize) -> (usize, usize) {
        range(&self.squeezed_at, start, end)
    }
}

/// Ranges are never empty, and begin and end at characters.
fn range(at: &[(usize, usize, usize)], start: usize, end: usize) -> (usize, usize) {
    let first = at.partition_point(|(offset, ..)| *offset < start);
    let last = at.partition_point(|(offset, ..)| *offset < end).saturating_sub(1);
    (at.get(first).map_or(0, |a| a.1), at.get(last).map_or(0, |a| a.2))
}

#[cfg(test)]
mod tests {
    use super::{OLD_FORMS, Seen, clean};

    #[test]
    fn both_forms_lead_back() {
        let text = "渡邉　文江ｻﾝ、042ー000-7315";
        let seen = Seen::new(text);
        assert_eq!(seen.plain, "渡辺 文江サン、042ー000-7315");
        assert_eq!(seen.squeezed, "渡辺文江サン、0420007315");
        let at = seen.squeezed.find("辺文").expect("squeezed");
        let (start, end) = seen.plain_range(at, at + "辺文".len());
        let (from, to) = seen.original(start, end);
        assert_eq!(&text[from..to], "邉　文");
        assert_eq!(Seen::new("佐々木").plain, "佐佐木");
    }

    #[test]
    fn plain_text_is_seen_and_cleaned_as_any_other() {
        let plain = "渡邉 文江さん、佐々木・042ー000-7315(ｈ)".replace('ｈ', "h");
        assert!(crate::text::is_plain(&plain) && clean(&plain) == plain);
        // A character that is not plain, behind: the long way gives the same before it.
        let (short, long) = (Seen::new(&plain), Seen::new(&format!("{plain}①")));
        assert_eq!(Some(short.plain.as_str()), long.plain.strip_suffix('1'));
        assert_eq!(Some(short.squeezed.as_str()), long.squeezed.strip_suffix('1'));
        assert_eq!(short.plain_at[..], long.plain_at[..short.plain_at.len()]);
        assert_eq!(short.squeezed_at[..], long.squeezed_at[..short.squeezed_at.len()]);
    }

    #[test]
    fn old_forms_come_in_pairs() {
        assert_eq!(OLD_FORMS.chars().count() % 2, 0);
    }

    #[test]
    fn line_ends_of_every_kind_become_spaces() {
        assert_eq!(clean("a\r\nb\u{2028}c\td⟦P1⟧\u{3164}e"), "a  b c d[P1]e");
    }
}
