//! When two prescriptions are the same drug: by YJ code, by generic name behind brand, salt and form, by
//! ingredients in common. Names are compared here, never printed from here.

use crate::record::resources::MedicationUse;
use crate::text::nfkc;

/// How a drug gets into the patient, as far as code or name tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Route {
    Oral,
    Injected,
    External,
    #[default]
    Unknown,
}

/// What makes two prescriptions the same drug, where a code says it: the YJ code's first seven characters
/// (therapeutic class, ingredient and route). Else it is the generic name.
pub(super) fn yj_ingredient(m: &MedicationUse) -> Option<String> {
    yj(m).map(|yj| yj[..7].to_owned())
}

fn yj<'m>(m: &'m MedicationUse) -> Option<&'m str> {
    m.medication_codeable_concept.iter().flat_map(|c| &c.coding).find_map(|c| {
        let code = c.code.as_deref()?;
        let system = c.system.as_deref().unwrap_or_default();
        let is_yj = system.contains("1.2.392.100495.20.1.73") || code.len() == 12;
        (is_yj && code.is_ascii() && code.len() >= 7).then_some(code)
    })
}

/// The fifth to seventh figure of a YJ code: 001 to 399 oral, to 699 injected, to 999 external.
pub(super) fn route_by_code(m: &MedicationUse) -> Option<Route> {
    match yj(m)?.get(4..7)?.parse::<u16>().ok()? {
        1..=399 => Some(Route::Oral),
        400..=699 => Some(Route::Injected),
        700..=999 => Some(Route::External),
        _ => None,
    }
}

/// The route that a name tells by its form.
pub(super) fn route_by_name(name: &str) -> Route {
    const INJECTED: &[&str] = &["注", "点滴", "ペン", "シリンジ", "カート"];
    const EXTERNAL: &[&str] = &[
        "テープ", "パッチ", "パップ", "貼付", "軟膏", "クリーム", "ローション", "点眼", "点鼻", "点耳", "吸入", "坐",
        "外用", "ゲル", "うがい", "噴霧", "エアゾール", "タービュヘイラー", "エリプタ", "ディスカス", "レスピマット",
    ];
    const ORAL: &[&str] = &["錠", "カプセル", "散", "細粒", "顆粒", "シロップ", "内用", "内服", "ゼリー", "エリキシル"];
    let name = nfkc(name);
    let says = |words: &[&str]| words.iter().any(|w| name.contains(w));
    if says(EXTERNAL) {
        Route::External
    } else if says(INJECTED) {
        Route::Injected
    } else if says(ORAL) {
        Route::Oral
    } else {
        Route::Unknown
    }
}

/// A drug's name before strength and form.
pub fn drug_stem(name: &str) -> String {
    const FORMS: &[&str] = &[
        "OD錠", "口腔内崩壊錠", "錠", "カプセル", "散", "細粒", "顆粒", "配合", "シロップ", "注", "テープ", "点眼",
        "軟膏", "吸入", "坐", "パッチ", "パップ", "クリーム", "ゲル", "内用", "ドライシロップ", "皮下", "静注", "筋注",
        "「", "(", "【",
    ];
    let name = nfkc(name);
    // 一般名処方: 【般】アムロジピン錠
    let name = ["【般】", "(般)", "[般]"].iter().find_map(|p| name.strip_prefix(p)).unwrap_or(&name);
    let digit = name.find(|c: char| c.is_ascii_digit());
    let form = FORMS.iter().filter_map(|f| name.find(f)).filter(|at| *at > 0).min();
    let end = [digit.filter(|d| *d > 0), form].into_iter().flatten().min().unwrap_or(name.len());
    name[..end].trim().to_lowercase()
}

/// The generic name: brand looked up, salt and release form taken off. Ingredients of a combination are joined by 「・」.
pub(crate) fn generic(name: &str) -> String {
    let stem: String = drug_stem(name).split_whitespace().collect();
    let stem = stem.replace('/', "・");
    let mut parts: Vec<String> = stem.split('・').filter(|p| !p.is_empty()).map(one).collect();
    if parts.len() > 1 {
        // Written in either order.
        parts.sort();
    }
    parts.join("・")
}

fn one(part: &str) -> String {
    const SALTS: &[&str] = &[
        "塩酸塩水和物", "塩酸塩", "ベシル酸塩", "メシル酸塩", "マレイン酸塩", "フマル酸塩", "酒石酸塩", "コハク酸塩",
        "トシル酸塩", "臭化水素酸塩", "硫酸塩", "酢酸塩", "リン酸塩", "クエン酸塩", "メドキソミル", "シレキセチル",
        "エステル", "水和物", "徐放", "腸溶", "持続性",
    ];
    let bare = |text: &str| text.trim_end_matches(|c: char| c.is_ascii_alphabetic()).to_owned();
    let mut name = Some(bare(part)).filter(|b| b.chars().count() >= 2).unwrap_or_else(|| part.to_owned());
    while let Some(rest) = SALTS.iter().find_map(|s| name.strip_suffix(s)).filter(|r| r.chars().count() >= 3) {
        name.truncate(rest.len());
    }
    // 塩化ナトリウム and 塩化カリウム differ in nothing else; ワルファリンカリウム is ワルファリン.
    for metal in ["ナトリウム", "カリウム"] {
        let rest = name.strip_suffix(metal);
        if let Some(rest) = rest.filter(|r| r.chars().count() >= 3 && !r.ends_with(['酸', '化', '素'])) {
            name.truncate(rest.len());
        }
    }
    BRANDS.iter().find(|(brand, _)| *brand == name).map_or(name, |(_, generic)| (*generic).to_owned())
}

/// The brands under which notes may speak of a generic drug.
pub(crate) fn brands(generic: &str) -> impl Iterator<Item = &'static str> {
    BRANDS.iter().filter(move |(_, g)| *g == generic).map(|(brand, _)| *brand)
}

/// Whether two generic names share an ingredient, as a combination and one of its parts do.
pub(crate) fn share_ingredient(a: &str, b: &str) -> bool {
    a.split('・').any(|x| !x.is_empty() && b.split('・').any(|y| x == y))
}

/// Brands that stand in Japanese charts every day. One that is missing is told as another drug, visibly.
const BRANDS: &[(&str, &str)] = &[
    ("ノルバスク", "アムロジピン"),
    ("アムロジン", "アムロジピン"),
    ("アダラート", "ニフェジピン"),
    ("ブロプレス", "カンデサルタン"),
    ("ディオバン", "バルサルタン"),
    ("ミカルディス", "テルミサルタン"),
    ("オルメテック", "オルメサルタン"),
    ("アジルバ", "アジルサルタン"),
    ("ニューロタン", "ロサルタン"),
    ("レニベース", "エナラプリル"),
    ("タナトリル", "イミダプリル"),
    ("アーチスト", "カルベジロール"),
    ("メインテート", "ビソプロロール"),
    ("ラシックス", "フロセミド"),
    ("ダイアート", "アゾセミド"),
    ("ルプラック", "トラセミド"),
    ("アルダクトン", "スピロノラクトン"),
    ("セララ", "エプレレノン"),
    ("サムスカ", "トルバプタン"),
    ("リピトール", "アトルバスタチン"),
    ("クレストール", "ロスバスタチン"),
    ("メバロチン", "プラバスタチン"),
    ("リバロ", "ピタバスタチン"),
    ("ゼチーア", "エゼチミブ"),
    ("ワーファリン", "ワルファリン"),
    ("エリキュース", "アピキサバン"),
    ("イグザレルト", "リバーロキサバン"),
    ("リクシアナ", "エドキサバン"),
    ("プラザキサ", "ダビガトラン"),
    ("バイアスピリン", "アスピリン"),
    ("プラビックス", "クロピドグレル"),
    ("エフィエント", "プラスグレル"),
    ("プレタール", "シロスタゾール"),
    ("タケプロン", "ランソプラゾール"),
    ("ネキシウム", "エソメプラゾール"),
    ("パリエット", "ラベプラゾール"),
    ("タケキャブ", "ボノプラザン"),
    ("ガスター", "ファモチジン"),
    ("ムコスタ", "レバミピド"),
    ("マグミット", "酸化マグネシウム"),
    ("ジャヌビア", "シタグリプチン"),
    ("グラクティブ", "シタグリプチン"),
    ("トラゼンタ", "リナグリプチン"),
    ("エクア", "ビルダグリプチン"),
    ("フォシーガ", "ダパグリフロジン"),
    ("ジャディアンス", "エンパグリフロジン"),
    ("メトグルコ", "メトホルミン"),
    ("アマリール", "グリメピリド"),
    ("ランタス", "インスリングラルギン"),
    ("トレシーバ", "インスリンデグルデク"),
    ("ノボラピッド", "インスリンアスパルト"),
    ("ヒューマログ", "インスリンリスプロ"),
    ("プレドニン", "プレドニゾロン"),
    ("デカドロン", "デキサメタゾン"),
    ("チラーヂン", "レボチロキシン"),
    ("ロキソニン", "ロキソプロフェン"),
    ("カロナール", "アセトアミノフェン"),
    ("セレコックス", "セレコキシブ"),
    ("リリカ", "プレガバリン"),
    ("マイスリー", "ゾルピデム"),
    ("レンドルミン", "ブロチゾラム"),
    ("デパス", "エチゾラム"),
    ("ベルソムラ", "スボレキサント"),
    ("デエビゴ", "レンボレキサント"),
    ("アリセプト", "ドネペジル"),
    ("メマリー", "メマンチン"),
    ("デパケン", "バルプロ酸"),
    ("イーケプラ", "レベチラセタム"),
    ("テグレトール", "カルバマゼピン"),
    ("ザイロリック", "アロプリノール"),
    ("フェブリク", "フェブキソスタット"),
    ("ハルナール", "タムスロシン"),
    ("ムコダイン", "カルボシステイン"),
    ("ムコソルバン", "アンブロキソール"),
    ("シングレア", "モンテルカスト"),
    ("クラビット", "レボフロキサシン"),
    ("クラリス", "クラリスロマイシン"),
    ("クラリシッド", "クラリスロマイシン"),
    ("ジスロマック", "アジスロマイシン"),
    ("サワシリン", "アモキシシリン"),
    ("ボナロン", "アレンドロン酸"),
    ("フォサマック", "アレンドロン酸"),
    ("オキシコンチン", "オキシコドン"),
    ("デュロテップ", "フェンタニル"),
    ("フェントス", "フェンタニル"),
    ("ハーフジゴキシン", "ジゴキシン"),
    ("アンカロン", "アミオダロン"),
    ("エックスフォージ", "アムロジピン・バルサルタン"),
    ("アムバロ", "アムロジピン・バルサルタン"),
    ("ミカムロ", "アムロジピン・テルミサルタン"),
    ("テラムロ", "アムロジピン・テルミサルタン"),
    ("ユニシア", "アムロジピン・カンデサルタン"),
    ("カムシア", "アムロジピン・カンデサルタン"),
    ("ザクラス", "アジルサルタン・アムロジピン"),
    ("ジルムロ", "アジルサルタン・アムロジピン"),
    ("レザルタス", "アゼルニジピン・オルメサルタン"),
    ("プレミネント", "ヒドロクロロチアジド・ロサルタン"),
    ("ロサルヒド", "ヒドロクロロチアジド・ロサルタン"),
    ("ミコンビ", "テルミサルタン・ヒドロクロロチアジド"),
    ("カデュエット", "アトルバスタチン・アムロジピン"),
    ("エクメット", "ビルダグリプチン・メトホルミン"),
    ("トラディアンス", "エンパグリフロジン・リナグリプチン"),
    ("タケルダ", "アスピリン・ランソプラゾール"),
    ("キャブピリン", "アスピリン・ボノプラザン"),
    ("コンプラビン", "アスピリン・クロピドグレル"),
];

#[cfg(test)]
mod tests {
    use super::{drug_stem, generic, share_ingredient};

    #[test]
    fn strength_and_form_do_not_make_another_drug() {
        assert_eq!(drug_stem("アムロジピンＯＤ錠５ｍｇ「トーワ」"), drug_stem("アムロジピン錠２．５ｍｇ"));
        assert_ne!(drug_stem("アムロジピン錠５ｍｇ"), drug_stem("アムロジン錠５ｍｇ"));
    }

    #[test]
    fn brand_salt_and_generic_name_are_one_drug() {
        for (a, b) in [
            ("ノルバスク錠５ｍｇ", "アムロジピンOD錠5mg「トーワ」"),
            ("【般】アムロジピンベシル酸塩錠5mg", "アムロジピン錠2.5mg"),
            ("ワーファリン錠1mg", "ワルファリンカリウム錠1mg「NP」"),
            ("ニフェジピンCR錠20mg", "アダラートCR錠40mg"),
            ("アムロジピン・バルサルタン配合錠", "エックスフォージ配合錠"),
            ("バルサルタン/アムロジピン配合錠", "アムバロ配合OD錠"),
            ("インスリン グラルギンBS注ミリオペン", "ランタス注ソロスター"),
        ] {
            assert_eq!(generic(a), generic(b), "{a} {b}");
        }
        assert_ne!(generic("塩化ナトリウム錠"), generic("塩化カリウム徐放錠600mg"));
        assert!(share_ingredient(&generic("ミカムロ配合錠AP"), &generic("ミカルディス錠40mg")));
        assert!(!share_ingredient(&generic("ミカムロ配合錠AP"), &generic("バルサルタン錠80mg")));
    }
}
