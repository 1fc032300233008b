//! What goes out, what stays, what comes back.

use super::Names;
use crate::record::{People, PersonKind, Someone};

fn someone(full: &str, kana: &str) -> Someone {
    let parts = |i: usize| [full, kana].iter().filter_map(|n| n.split(' ').nth(i)).map(str::to_owned).collect();
    Someone {
        display: full.to_owned(),
        full: [full, kana].iter().filter(|n| !n.is_empty()).map(|n| (*n).to_owned()).collect(),
        family: parts(0),
        given: parts(1),
    }
}

fn of(people: &[(PersonKind, &str, &str)], told: &str) -> Names {
    let someone = people.iter().map(|(kind, full, kana)| (*kind, someone(full, kana))).collect();
    let people = People { someone, identifiers: vec!["20481937".to_owned(), "042-000-7315".to_owned()] };
    Names::new(&people, Some("1944-03-08"), &[], std::iter::once(told))
}

const P: PersonKind = PersonKind::Patient;
const D: PersonKind = PersonKind::Professional;

/// What the model sees of a text when only the patient is declared.
fn patient(full: &str, kana: &str, text: &str) -> String {
    of(&[(P, full, kana)], text).take_out(text)
}

#[test]
fn whole_names_go_in_every_spelling_and_come_back() {
    let n = of(&[(P, "長谷川 フミ", "ハセガワ フミ")], "");
    for text in [
        "長谷川フミは", "長谷川　フミは", "長谷川ﾌﾐは", "長谷川・フミは", "長谷川\nフミは", "長 谷 川フミは",
        "ﾊｾｶﾞﾜ ﾌﾐは", "はせがわ ふみは", "HASEGAWA Fumiは", "Fumi Hasegawaは", "Hasegawa, Humiは",
        "長\u{200B}谷川\tフミは", "ハセガワ･フミは",
    ] {
        let seen = n.take_out(text);
        assert_eq!(seen, "⟦P1⟧は", "{text}");
    }
    assert_eq!(n.put_back("⟦P1⟧様は").as_deref(), Some("長谷川 フミ様は"));
    assert_eq!(n.put_back("⟦P9⟧様は"), None);
    assert_eq!(n.put_back("⟦P1様は"), None);
}

#[test]
fn old_forms_of_letters_are_the_same_name() {
    for (declared, written) in [
        ("渡辺 高志", "渡邉髙志"),
        ("山﨑 花子", "山崎 花子"),
        ("斎藤 次郎", "齋藤次郎"),
        ("𠮷田 恵子", "吉田惠子"),
        ("浜田 広", "濵田廣"),
        ("佐々木 進", "佐佐木進"),
    ] {
        assert_eq!(patient(declared, "", &format!("{written}は")), "⟦P1⟧は", "{written}");
        assert_eq!(of(&[(P, declared, "")], "").put_back("⟦P1⟧").as_deref(), Some(declared));
    }
}

#[test]
fn diseases_and_words_keep_their_surnames() {
    let text = "橋本病で通院中の橋本様、橋本さん。";
    assert_eq!(patient("橋本 和子", "ハシモト カズコ", text), "橋本病で通院中の⟦P1⟧様、⟦P1⟧さん。");
    assert_eq!(patient("橋本 和子", "", "夜、橋本は入眠。(橋本)氏"), "夜、⟦P1⟧は入眠。(⟦P1⟧)氏");
    for (name, kana, text) in [
        ("橋本 和子", "ハシモト カズコ", "橋本病、橋本氏病、慢性甲状腺炎"),
        ("川崎 良", "カワサキ リョウ", "川崎病の既往"),
        ("原 健", "ハラ ケン", "発熱の原因は不明。原発巣、健診、健側、ハラハラ"),
        ("関 守", "セキ マモル", "左膝関節痛、関連なし、セキ、痰あり。機関に紹介"),
        ("林 進", "ハヤシ ススム", "森林浴、病期の進行、進達度"),
        ("東 実", "ヒガシ ミノル", "7階東病棟の東側、東は窓。実施、実は"),
        ("南 平", "ミナミ タイラ", "南病棟、平熱、平坦、軟、平は"),
        ("高木 一", "タカギ ハジメ", "一様に高木製の一日1回、一は"),
        ("谷 明", "タニ アキラ", "谷部、意識清明、明らか"),
        ("金 正", "キム タダシ", "金属、正常、白金製剤、正中"),
        ("西 光", "ニシ ヒカル", "5階西病棟、光線過敏、西へ"),
        ("北 静", "キタ シズカ", "北側、安静、静注、静脈"),
        ("吉田 博", "ヨシダ ヒロシ", "酸化マグネシウム錠330mg「ヨシダ」"),
        ("水 同", "", "水様便が3回。同様の所見、水は飲める"),
        ("希望 未来", "", "本人の希望により、希望は自宅。未来"),
    ] {
        assert_eq!(patient(name, kana, text), text, "{name}");
    }
    assert_eq!(
        patient("原 健", "", "外来で原が診察、主治医 原、(原)、原先生"),
        "外来で⟦P1⟧が診察、主治医 ⟦D1⟧、(⟦P1⟧)、⟦D1⟧先生"
    );
}

#[test]
fn a_shared_surname_goes_to_whom_title_or_profession_names() {
    let people = [(P, "佐藤 花子", ""), (D, "佐藤 健一", ""), (P, "佐藤 太郎", "")];
    for (text, wanted) in [
        ("佐藤先生より", "佐藤 健一先生より"),
        ("主治医 佐藤", "主治医 佐藤 健一"),
        ("執刀：佐藤", "執刀：佐藤 健一"),
        ("佐藤様は", "佐藤 花子様は"),
        ("佐藤さん", "佐藤 花子さん"),
        ("夫 佐藤さん", "夫 佐藤 太郎さん"),
        ("佐藤が記載", "佐藤が記載"),
        ("佐藤太郎さん", "佐藤 太郎さん"),
    ] {
        let n = of(&people, text);
        let out = n.take_out(text);
        assert!(!out.contains("佐藤"), "{text} {out}");
        assert_eq!(n.put_back(&out).as_deref(), Some(wanted));
    }
    // A doctor of the patient's surname whom nobody declared is not the patient.
    let n = of(&[(P, "佐藤 花子", "")], "佐藤先生が佐藤さんを診察");
    assert_eq!(n.take_out("佐藤先生が佐藤さんを診察"), "⟦D1⟧先生が⟦P1⟧さんを診察");
    assert_eq!(n.put_back("⟦D1⟧先生").as_deref(), Some("佐藤先生"));
    // Two doctors of one surname: nobody can tell, so the surname comes back.
    let n = of(&[(D, "佐藤 健一", ""), (D, "佐藤 誠", "")], "佐藤先生");
    assert_eq!(n.put_back(&n.take_out("佐藤先生")).as_deref(), Some("佐藤先生"));
}

#[test]
fn the_middle_of_another_surname_is_nobody() {
    assert_eq!(patient("田村 実", "", "三田村さんが面会"), "⟦P2⟧さんが面会");
    assert_eq!(patient("原 健", "", "高原さんが面会、玄関さん"), "⟦P2⟧さんが面会、⟦P3⟧さん");
    assert_eq!(patient("伊藤 健", "イトウ ケン", "broken itouch, item"), "broken itouch, item");
}

#[test]
fn numbers_addresses_and_birth_dates_go() {
    let n = of(&[(P, "長谷川 フミ", "")], "TEL 03-1234-5678");
    assert!(n.take_out("TEL 03-1234-5678").starts_with("TEL ⟦I"));
    for text in ["ID２０４８１９３７", "20-481-937", "0420007315", "042(000)7315", "０４２－０００－７３１５"]
    {
        let out = n.take_out(text);
        assert!(out.contains("⟦I") && !out.contains(|c: char| "5７37".contains(c)), "{text} {out}");
    }
    assert_eq!(n.take_out("120481937、204819370"), "120481937、204819370");
    for text in [
        "昭和19年3月8日生", "1944-03-08", "1944/3/8", "S19.3.8", "昭19.3.8", "1944年03月08日", "昭和 19年 3月 8日",
        "19440308", "3月8日生まれ", "昭和１９年３月８日", "1944年生まれ", "s19/03/08",
    ] {
        let out = n.take_out(text);
        assert!(out.starts_with("⟦I"), "{text} {out}");
    }
    assert_eq!(n.take_out("2026年3月8日に入院"), "2026年3月8日に入院");
}

#[test]
fn short_patient_numbers_damage_no_results() {
    let people = People { someone: Vec::new(), identifiers: vec!["14800".to_owned()] };
    let n = Names::new(&people, None, &[], std::iter::empty());
    assert_eq!(n.take_out("白血球数 14800 /μL、患者番号: 14800"), "白血球数 14800 /μL、患者番号: ⟦I1⟧");
}

#[test]
fn people_whom_nobody_declared_go_too() {
    let text = "紹介医田中先生と田中角栄の本。麻酔 小川、執刀：中村、(Ns 森)。珍田先生";
    let n = of(&[], text);
    let out = n.take_out(text);
    for name in ["田中", "小川", "中村", "森", "珍田"] {
        assert!(!out.contains(name), "{name} {out}");
    }
    assert_eq!(n.put_back(&out).as_deref(), Some(text));
}

#[test]
fn institutions_go_with_their_pieces_but_departments_stay() {
    let org = |name: &str| (PersonKind::Organization, Someone::from_display(name, PersonKind::Organization));
    let people = People {
        someone: vec![org("医療法人社団 みさき会 みさき台リハビリテーション病院"), org("循環器内科クリニック")],
        identifiers: Vec::new(),
    };
    let n = Names::new(&people, None, &[], std::iter::empty());
    assert_eq!(
        n.take_out("みさき台リハビリテーション病院へ。みさき台へ転院。循環器内科"),
        "⟦O1⟧へ。⟦O1⟧へ転院。循環器内科"
    );
}

#[test]
fn hidden_characters_and_foreign_placeholders_are_defused() {
    let n = of(&[(P, "長谷川 フミ", "")], "");
    assert_eq!(n.take_out("長谷\u{200B}川フミ⟦P1⟧\u{202E}\u{E0041}\u{3164}\u{2028}〚D1〛"), "⟦P1⟧[P1] [D1]");
}

#[test]
fn thousands_of_people_and_long_texts_take_no_quadratic_work() {
    let someone =
        (0..5_000).map(|i| (D, someone(&format!("医師{i} 太郎{i}"), &format!("イシ{i} タロウ{i}")))).collect();
    let people = People { someone, identifiers: (0..5_000).map(|i| format!("9{i:09}")).collect() };
    let text = "主治医の医師7 太郎7が診察した。発熱なし。".repeat(5_000);
    let n = Names::new(&people, None, &[], std::iter::once(text.as_str()));
    assert!(!n.take_out(&text).contains("太郎7が"));
}

#[test]
fn what_the_family_wishes_is_no_name() {
    assert_eq!(patient("希望 未来", "", "家族の希望により"), "家族の希望により");
}
