//! What goes out, what stays, what comes back.

use super::Names;
use crate::record::{People, PersonKind, Someone};

fn names(full: &str, family: &str, given: &str) -> Names {
    let someone = Someone {
        display: full.to_owned(),
        full: vec![full.to_owned()],
        family: vec![family.to_owned()],
        given: vec![given.to_owned()],
    };
    let people = People { someone: vec![(PersonKind::Patient, someone)], identifiers: vec!["20481937".to_owned()] };
    Names::new(&people, Some("1944-03-08"), &[], ["TEL 03-1234-5678、紹介医田中先生"].into_iter())
}

#[test]
fn whole_names_go_in_every_spelling_and_come_back() {
    let n = names("長谷川 フミ", "長谷川", "フミ");
    for text in ["長谷川フミは", "長谷川　フミは", "長谷川ﾌﾐは"] {
        assert_eq!(n.take_out(text), "⟦P1⟧は", "{text}");
    }
    assert_eq!(n.put_back("⟦P1⟧様は").as_deref(), Some("長谷川 フミ様は"));
    assert_eq!(n.put_back("⟦P9⟧様は"), None);
}

#[test]
fn diseases_and_words_keep_their_surnames() {
    let n = names("橋本 和子", "橋本", "和子");
    assert_eq!(n.take_out("橋本病で通院中の橋本様、橋本さん。"), "橋本病で通院中の⟦P1⟧様、⟦P1⟧さん。");
    assert_eq!(n.take_out("主治医 橋本が確認。夜、橋本は入眠。"), "主治医 ⟦P1⟧が確認。夜、⟦P1⟧は入眠。");
    let n = names("原 健", "原", "健");
    assert_eq!(n.take_out("発熱の原因は不明。原先生に相談。高原さん"), "発熱の原因は不明。⟦P1⟧先生に相談。高原さん");
}

#[test]
fn numbers_and_birth_dates_go() {
    let n = names("長谷川 フミ", "長谷川", "フミ");
    assert_eq!(n.take_out("ID２０４８１９３７、昭和19年3月8日生、TEL 03-1234-5678"), "ID⟦I1⟧、⟦I7⟧生、TEL ⟦I9⟧");
}

#[test]
fn doctors_that_nobody_declared_go_too() {
    let n = names("長谷川 フミ", "長谷川", "フミ");
    assert_eq!(n.take_out("紹介医田中先生と田中角栄の本"), "紹介医⟦D1⟧先生と田中角栄の本");
    let text = ["主治医阿部先生、携帯090‐1234‐5678、09012345678"];
    let people = crate::record::People::default();
    let more = super::Names::new(&people, None, &[], text.into_iter());
    assert_eq!(more.take_out(text[0]), "主治医⟦D1⟧先生、携帯⟦I1⟧、⟦I2⟧");
    assert_eq!(n.put_back("⟦D1⟧先生").as_deref(), Some("田中先生"));
}

#[test]
fn hidden_characters_and_foreign_placeholders_are_defused() {
    let n = names("長谷川 フミ", "長谷川", "フミ");
    assert_eq!(n.take_out("長谷\u{200B}川フミ⟦P1⟧\u{202E}"), "⟦P1⟧[P1]");
}
