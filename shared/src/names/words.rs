//! Words around names: which are surnames, which are words of the trade, which name parts are also ordinary words.
//! All in the folded form of [`super::seen`].

use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

/// Common surnames, folded.
pub(super) fn surnames() -> &'static HashSet<String> {
    static SURNAMES: OnceLock<HashSet<String>> = OnceLock::new();
    SURNAMES.get_or_init(|| {
        include_str!("surnames.txt").split_whitespace().map(|s| super::seen::Seen::new(s).plain).collect()
    })
}

/// The longest common surname that a run begins with, as a number of bytes.
pub(super) fn surname_prefix(run: &str) -> Option<usize> {
    let ends = run.char_indices().map(|(at, c)| at + c.len_utf8()).take(4).collect::<Vec<_>>();
    ends.into_iter().rev().find(|end| surnames().contains(&run[..*end]))
}

/// Surnames that are also provinces, towns or places of the lung: alone, without a title, they stay.
pub(super) const PLACES: &[&str] = &[
    "千葉", "福島", "宮崎", "石川", "福井", "山口", "宮城", "川崎", "上野", "中野", "下田", "川口", "金沢", "岡崎",
    "浜松", "松本", "渋谷", "成田", "福山", "三島", "日高", "上田", "足立", "江口", "松山", "徳永", "大阪", "落合",
    "市川", "岩井", "門脇", "瀬戸", "二宮", "浅井", "西口",
];

/// One-kanji names that are words of a chart far more often: only with a title are they names.
pub(super) const WORDS_OF_ONE: &str = "東西南北中上下前後左右内外大小高低長短金銀銅水火土木石日月星山川海口目耳鼻舌歯手足指爪頭\
首肩胸腹腰背尻肝心腎肺胃腸骨血皮毛乳角膜平谷静動男女父母兄弟姉妹子孫夫妻新旧古今朝昼夕夜春夏秋冬年時分秒度量計全部同異他多少無有\
正負実虚光明清潔健康泉沖岸島脇室床食薬酒煙針糸管線面点位形型状性病症痛熱汗尿便痰咳声息命老若幼児一二三四五六七八九十百千万陽陰葵結\
愛望仁直歩誠進勝豊学守茂昇剛徹亮恵彩緑香幸栄和美力勇隆弘";

/// Name parts of two and more letters that are words.
pub(super) const WORDS: &[&str] = &[
    "希望", "未来", "平和", "自由", "元気", "健康", "笑顔", "安心", "五月", "三月", "千里", "中央", "大腸", "大和",
    "正義", "勝利", "ミナミ", "ヒガシ", "ハヤシ", "カガミ", "サクラ", "ヒカリ", "ノゾミ", "アユミ", "メグミ", "カオル",
    "ミドリ", "アタマ", "ツバサ", "ヒトミ", "イズミ", "コズエ", "アオイ", "シズカ", "マコト", "ヒロミ", "カエデ",
    "コウキ", "ケンコウ",
];

/// Words that stand before 先生, さん, Ns and the like without being names, and may be glued to one: 主治医鈴木先生.
const TRADE: &[&str] = &[
    "主治医", "担当医", "紹介医", "執刀医", "当直医", "専門医", "研修医", "校医", "産業医", "麻酔科医", "麻酔医",
    "指導医", "読影医", "病理医", "訪問医", "嘱託医", "救急医", "家庭医", "医師", "看護師", "薬剤師", "助産師",
    "保健師", "介護士", "相談員", "支援員", "技師", "療法士", "栄養士", "外来", "病棟", "内科", "外科", "当科", "院長",
    "部長", "医長", "教授", "准教授", "助教", "講師", "副院長", "科長", "師長", "主任", "医院", "病院", "診療所",
    "同院", "他院", "当院", "前医", "当直", "夜勤", "日勤", "担当", "受持", "上級", "指導", "執刀", "麻酔", "術者",
    "助手", "記載者", "記録者", "記載", "記録", "文責", "署名", "確認者", "報告者", "紹介", "依頼", "患者", "本人",
    "家族", "長男", "長女", "次男", "次女", "三男", "三女", "四男", "四女", "息子", "娘", "夫", "妻", "父", "母", "兄",
    "弟", "姉", "妹", "孫", "祖父", "祖母", "義父", "義母", "義兄", "義弟", "義姉", "義妹", "叔父", "叔母", "伯父",
    "伯母", "嫁", "婿", "甥", "姪", "旦那", "主人", "御主人", "奥", "友人", "知人", "隣人", "同僚", "上司", "皆",
    "業者", "職員", "利用者", "入居者", "配偶者", "後見人", "代理人", "訪問看護", "訪看", "包括", "事務", "受付",
    "社長", "運転手", "救急隊", "警察", "大家", "客", "科", "医", "師", "者", "部", "室", "係",
];

/// What else stands before a title and is nobody.
const NOBODY: &[&str] = &[
    "複数", "両", "同", "各", "他", "別", "女性", "男性", "新人", "新任", "前任", "後任", "常勤", "非常勤", "専任",
    "専従", "一般", "当", "全", "某", "若手", "熟練", "認定", "専門", "地域", "退院", "入院", "訪問", "救急", "手術",
    "透析", "化学", "緩和", "皮膚", "小児", "精神", "産科", "整形", "形成", "放射線", "循環器", "消化器", "呼吸器",
    "神経", "眼科", "歯科", "耳鼻科", "泌尿器", "総合診療", "赤", "子供", "子", "親", "親御", "御", "お", "学生", "児",
    "双子", "患児", "弟妹", "曾孫", "女", "男", "先", "後", "前", "次", "今回", "前回", "診察", "説明", "確認", "報告",
    "介助", "不在", "交代", "同席", "同意", "同上", "不明", "未定", "未記載", "無", "有", "全身", "局所", "硬膜外",
    "脊椎", "脊髄", "導入", "維持", "覚醒", "内服", "注射", "処置", "検査", "一同", "全員", "一名", "二名", "多数",
    "作成", "記入",
];

/// Words of the trade by their last letter: hardly any letter of a run ends one.
fn trade_by_last() -> &'static HashMap<char, Vec<&'static str>> {
    static BY_LAST: OnceLock<HashMap<char, Vec<&'static str>>> = OnceLock::new();
    BY_LAST.get_or_init(|| {
        let mut out: HashMap<char, Vec<&str>> = HashMap::new();
        for word in TRADE {
            out.entry(word.chars().next_back().unwrap_or_default()).or_default().push(word);
        }
        out
    })
}

/// What a run of kanji before a title leaves when the words of the trade are taken off its front; `None` for nobody.
pub fn without_trade(run: &str) -> Option<&str> {
    // From the end: the last word of the trade counts, and most runs are short.
    let mut ends = run.char_indices().rev().map(|(at, c)| (at + c.len_utf8(), c));
    let start = ends.find(|(end, last)| {
        trade_by_last().get(last).is_some_and(|words| words.iter().any(|t| run[..*end].ends_with(t)))
    });
    let start = start.map_or(0, |(end, _)| end);
    let name = &run[start..];
    (!name.is_empty() && !NOBODY.contains(&name)).then_some(name)
}

/// Words of which names of departments and common kinds of institution are made.
const PLACE_WORDS: &[&str] = &[
    "総合診療", "総合", "循環器", "呼吸器", "消化器", "腎臓", "糖尿病", "内分泌", "代謝", "脳神経", "神経", "整形",
    "形成", "皮膚", "泌尿器", "産婦人", "婦人", "小児", "耳鼻咽喉", "耳鼻", "歯科口腔", "口腔", "精神", "心療",
    "放射線", "診断", "治療", "麻酔", "救急", "救命", "リハビリテーション", "リハビリ", "リハ", "リウマチ", "膠原病",
    "血液", "腫瘍", "緩和ケア", "緩和", "ケア", "感染症", "病理", "検査", "臨床", "薬剤", "栄養", "看護", "医事",
    "地域", "医療", "連携", "乳腺", "甲状腺", "心臓", "血管", "呼吸", "消化", "移植", "透析", "健診", "検診", "健康",
    "管理", "手術", "集中", "外来", "病棟", "入院", "退院", "支援", "相談", "訪問", "介護", "居宅", "調剤", "院外",
    "門前", "近隣", "近所", "近く", "紹介元", "紹介先", "転院先", "かかりつけ", "療養", "回復期", "急性期", "慢性期",
    "専門", "市民", "市立", "町立", "村立", "県立", "都立", "府立", "道立", "国立", "私立", "公立", "大学", "医科",
    "医大", "附属", "付属", "中央", "基幹", "拠点", "協力", "提携", "他", "当", "同", "前", "別", "某", "各", "複数",
    "科", "部", "室", "課", "係", "内", "外", "眼", "歯", "産", "棟", "階", "東", "西", "南", "北", "新", "旧", "本",
    "分", "院", "病院", "クリニック", "医院", "診療所", "薬局", "センター", "ステーション", "ユニット", "チーム", "の",
    "・", " ", "中", "時", "後", "先", "元", "系", "型", "専", "用",
];

/// Whether a name of an institution is made of common words alone: 循環器内科, 近隣の総合病院.
pub fn is_common_place(name: &str) -> bool {
    let mut rest = name.trim_start_matches(|c: char| c.is_ascii_alphanumeric());
    while !rest.is_empty() {
        let Some(word) = PLACE_WORDS.iter().filter(|w| rest.starts_with(**w)).max_by_key(|w| w.len()) else {
            return false;
        };
        rest = rest[word.len()..].trim_start_matches(|c: char| c.is_ascii_alphanumeric());
    }
    true
}

#[cfg(test)]
mod tests {
    use super::{WORDS_OF_ONE, is_common_place, surname_prefix, surnames, without_trade};

    #[test]
    fn departments_are_no_names() {
        for word in ["循環器内科", "7階東病棟", "近隣の総合病院", "リハビリテーション科", "市立病院", "当院", "ICU"]
        {
            assert!(is_common_place(word), "{word}");
        }
        for name in ["みずき野総合病院", "さくら坂クリニック", "東京医科大学病院", "若葉内科"]
        {
            assert!(!is_common_place(name), "{name}");
        }
    }

    #[test]
    fn words_of_the_trade_come_off() {
        assert_eq!(without_trade("主治医鈴木"), Some("鈴木"));
        assert_eq!(without_trade("長男博之"), Some("博之"));
        assert_eq!(without_trade("病棟看護師"), None);
        assert_eq!(without_trade("複数"), None);
    }

    #[test]
    fn the_longest_surname_counts() {
        assert!(surnames().len() > 400);
        assert_eq!(surname_prefix("小野寺健"), Some("小野寺".len()));
        assert_eq!(surname_prefix("頭部外傷"), None);
        assert!(!WORDS_OF_ONE.contains('原') && !WORDS_OF_ONE.contains('関') && !WORDS_OF_ONE.contains('森'));
    }
}
