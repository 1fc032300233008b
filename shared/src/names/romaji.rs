//! Kana as Latin letters, in the spellings that people use for names.

const KANA: &[(&str, &str)] = &[
    ("キャ", "kya"),
    ("キュ", "kyu"),
    ("キョ", "kyo"),
    ("シャ", "sha"),
    ("シュ", "shu"),
    ("ショ", "sho"),
    ("シェ", "she"),
    ("チャ", "cha"),
    ("チュ", "chu"),
    ("チョ", "cho"),
    ("ニャ", "nya"),
    ("ニュ", "nyu"),
    ("ニョ", "nyo"),
    ("ヒャ", "hya"),
    ("ヒュ", "hyu"),
    ("ヒョ", "hyo"),
    ("ミャ", "mya"),
    ("ミュ", "myu"),
    ("ミョ", "myo"),
    ("リャ", "rya"),
    ("リュ", "ryu"),
    ("リョ", "ryo"),
    ("ギャ", "gya"),
    ("ギュ", "gyu"),
    ("ギョ", "gyo"),
    ("ジャ", "ja"),
    ("ジュ", "ju"),
    ("ジョ", "jo"),
    ("ビャ", "bya"),
    ("ビュ", "byu"),
    ("ビョ", "byo"),
    ("ピャ", "pya"),
    ("ピュ", "pyu"),
    ("ピョ", "pyo"),
    ("ア", "a"),
    ("イ", "i"),
    ("ウ", "u"),
    ("エ", "e"),
    ("オ", "o"),
    ("カ", "ka"),
    ("キ", "ki"),
    ("ク", "ku"),
    ("ケ", "ke"),
    ("コ", "ko"),
    ("サ", "sa"),
    ("シ", "shi"),
    ("ス", "su"),
    ("セ", "se"),
    ("ソ", "so"),
    ("タ", "ta"),
    ("チ", "chi"),
    ("ツ", "tsu"),
    ("テ", "te"),
    ("ト", "to"),
    ("ナ", "na"),
    ("ニ", "ni"),
    ("ヌ", "nu"),
    ("ネ", "ne"),
    ("ノ", "no"),
    ("ハ", "ha"),
    ("ヒ", "hi"),
    ("フ", "fu"),
    ("ヘ", "he"),
    ("ホ", "ho"),
    ("マ", "ma"),
    ("ミ", "mi"),
    ("ム", "mu"),
    ("メ", "me"),
    ("モ", "mo"),
    ("ヤ", "ya"),
    ("ユ", "yu"),
    ("ヨ", "yo"),
    ("ラ", "ra"),
    ("リ", "ri"),
    ("ル", "ru"),
    ("レ", "re"),
    ("ロ", "ro"),
    ("ワ", "wa"),
    ("ヲ", "o"),
    ("ガ", "ga"),
    ("ギ", "gi"),
    ("グ", "gu"),
    ("ゲ", "ge"),
    ("ゴ", "go"),
    ("ザ", "za"),
    ("ジ", "ji"),
    ("ズ", "zu"),
    ("ゼ", "ze"),
    ("ゾ", "zo"),
    ("ダ", "da"),
    ("ヂ", "ji"),
    ("ヅ", "zu"),
    ("デ", "de"),
    ("ド", "do"),
    ("バ", "ba"),
    ("ビ", "bi"),
    ("ブ", "bu"),
    ("ベ", "be"),
    ("ボ", "bo"),
    ("パ", "pa"),
    ("ピ", "pi"),
    ("プ", "pu"),
    ("ペ", "pe"),
    ("ポ", "po"),
    ("ン", "n"),
    ("ヴ", "vu"),
];

/// Spellings of a katakana name part: long vowels whole and short, `shi` and `si`, `n` and `m` before labials.
/// Nothing where some letter is no kana.
pub(super) fn spellings(kana: &str) -> Vec<String> {
    let Some(hepburn) = hepburn(kana) else { return Vec::new() };
    let mut out = vec![hepburn.clone()];
    let short = ["ou", "oo", "uu"].iter().fold(hepburn.clone(), |s, long| s.replace(long, &long[..1]));
    let with_h = hepburn.replace("ou", "oh").replace("oo", "oh").replace("uu", "u");
    out.extend([short, with_h]);
    for form in out.clone() {
        out.push(["nb", "nm", "np"].iter().fold(form.clone(), |s, pair| s.replace(pair, &pair.replace('n', "m"))));
        let plain = [("sh", "s"), ("chi", "ti"), ("ch", "ty"), ("tsu", "tu"), ("fu", "hu"), ("ji", "zi"), ("j", "zy")];
        out.push(plain.iter().fold(form.replace("shi", "si"), |s, (from, to)| s.replace(from, to)));
    }
    out.sort();
    out.dedup();
    out
}

fn hepburn(kana: &str) -> Option<String> {
    let mut out = String::new();
    let mut rest = kana;
    let mut doubled = false;
    while let Some(first) = rest.chars().next() {
        if first == 'ッ' {
            doubled = true;
            rest = &rest[first.len_utf8()..];
            continue;
        }
        if first == 'ー' {
            rest = &rest[first.len_utf8()..];
            continue;
        }
        let (letters, latin) = KANA.iter().find(|(letters, _)| rest.starts_with(letters))?;
        if std::mem::take(&mut doubled) {
            out.push_str(if latin.starts_with("ch") { "t" } else { &latin[..1] });
        }
        out.push_str(latin);
        rest = &rest[letters.len()..];
    }
    (!out.is_empty()).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::spellings;

    #[test]
    fn the_usual_spellings_are_known() {
        let has = |kana: &str, latin: &str| assert!(spellings(kana).contains(&latin.to_owned()), "{kana} {latin}");
        for (kana, latin) in [
            ("ハセガワ", "hasegawa"),
            ("サトウ", "sato"),
            ("サトウ", "satoh"),
            ("オオノ", "ono"),
            ("ナンバ", "namba"),
            ("ハットリ", "hattori"),
            ("イシイ", "isii"),
            ("ジュンイチ", "junichi"),
            ("ツチヤ", "tutiya"),
        ] {
            has(kana, latin);
        }
        assert!(spellings("長谷川").is_empty());
    }
}
