//! Code tables of JAHIS and SS-MIX2 messages as FHIR code systems, and units as MERIT-9 prints them.

use fude::fhir::Node;

use super::hl7::Field;

const V2: &str = "http://terminology.hl7.org/CodeSystem/v2-";

/// The system of a table name (third component of a coded element); `None` for local tables (`99…`) and unknown ones.
pub fn system(table: &str, code: &str) -> Option<String> {
    let fixed = match table {
        // HOT is one table in three lengths.
        "HOT" | "HOT7" | "HOT9" | "HOT13" => match code.len() {
            7 => "urn:oid:1.2.392.200119.4.403.2",
            9 => "urn:oid:1.2.392.200119.4.403.1",
            13 => "urn:oid:1.2.392.200119.4.402.1",
            _ => return None,
        },
        "YJ" | "YJC" => "urn:oid:1.2.392.100495.20.1.73",
        "MR9P" => "urn:oid:1.2.392.100495.20.2.101",
        // 16 figures are a usage, 8 a supplement to one.
        "JAMISDP01" if code.len() == 8 => "urn:oid:1.2.392.200250.2.2.20.22",
        "JAMISDP01" => "urn:oid:1.2.392.200250.2.2.20.20",
        "MDCDX2" => "urn:oid:1.2.392.200119.4.101.2",
        "I10" | "ICD10" => "http://hl7.org/fhir/sid/icd-10",
        "JC10" => "urn:oid:1.2.392.200119.4.504",
        _ => {
            let number = table.strip_prefix("HL7").filter(|n| n.len() == 4 && n.bytes().all(|b| b.is_ascii_digit()))?;
            return Some(format!("{V2}{number}"));
        }
    };
    Some(fixed.to_owned())
}

/// A code with its words. A local code says nothing outside the house and is left away; its words stay.
pub fn coding(code: &str, words: &str, table: &str) -> Option<Node> {
    let system = system(table, code)?;
    (!code.is_empty()).then(|| Node::object().with("system", system).with("code", code).maybe("display", Some(words)))
}

/// A coded element (CE, CWE) as a concept: both of its codes where known, its words as text.
pub fn concept(field: Field) -> Node {
    let codes = [(1, 2, 3), (4, 5, 6)].into_iter().filter_map(|(code, words, table)| {
        coding(&field.component(code), &field.component(words), &field.component(table))
    });
    Node::object().maybe("coding", Some(codes.collect::<Vec<_>>())).maybe("text", Some(label(field)))
}

/// What a person reads of a coded element: its words, else its code.
pub fn label(field: Field) -> String {
    let said = |n: usize| Some(field.component(n)).filter(|s| !s.is_empty());
    said(2).or_else(|| said(9)).or_else(|| said(5)).or_else(|| said(1)).unwrap_or_default()
}

pub fn text(words: &str) -> Node {
    Node::object().with("text", words)
}

/// Units whose symbol MERIT-9 (別表4 単位) prints where messages spell them out.
const SYMBOLS: &[(&str, &str)] =
    &[("MG", "mg"), ("G", "g"), ("KG", "kg"), ("MCG", "μg"), ("ML", "mL"), ("MCL", "μL"), ("MEQ", "mEq"), ("CM", "cm")];

/// Units by code alone, for messages without words.
const UNITS: &[(&str, &str)] = &[
    ("TAB", "錠"),
    ("CAP", "カプセル"),
    ("PCK", "包"),
    ("SHT", "枚"),
    ("KO", "個"),
    ("HON", "本"),
    ("AMP", "アンプル"),
    ("VIL", "バイアル"),
    ("BAG", "袋"),
    ("BTL", "瓶"),
    ("TUBE", "管"),
    ("PIPE", "筒"),
    ("KIT", "キット"),
    ("SYRG", "シリンジ"),
    ("UNT", "単位"),
    ("IUNT", "国際単位"),
    ("DROP", "滴"),
    ("INHL", "吸入"),
    ("SPRY", "噴霧"),
    ("BLST", "ブリスター"),
    ("TIME", "回"),
    ("DOSE", "回分"),
];

/// An amount with its unit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Amount {
    /// As JSON writes it.
    pub digits: String,
    pub unit: String,
    code: String,
    table: String,
}

impl Amount {
    /// `None` where the figures are none; a unit may be missing.
    pub fn new(digits: &str, code: &str, words: &str, table: &str) -> Option<Self> {
        let digits = number(digits)?;
        let find = |list: &[(&'static str, &'static str)]| list.iter().find(|(c, _)| *c == code).map(|(_, w)| *w);
        let symbol = find(SYMBOLS).filter(|_| table == "MR9P");
        let by_code = || find(UNITS).filter(|_| table == "MR9P").unwrap_or(code);
        let unit = symbol.unwrap_or_else(|| if words.is_empty() { by_code() } else { words });
        Some(Self { digits, unit: unit.to_owned(), code: code.to_owned(), table: table.to_owned() })
    }

    /// Figures in one field, unit as a coded element in another.
    pub fn of(digits: Field, unit: Field) -> Option<Self> {
        Self::new(&digits.text(), &unit.component(1), &unit.component(2), &unit.component(3))
    }

    /// A composite quantity: `3^TAB&錠&MR9P`.
    pub fn composite(field: Field) -> Option<Self> {
        let unit = |n| field.subcomponent(2, n);
        Self::new(&field.component(1), &unit(1), &unit(2), &unit(3))
    }

    /// 「1錠」「510mL」
    pub fn words(&self) -> String {
        format!("{}{}", self.digits, self.unit)
    }

    pub fn quantity(&self) -> Node {
        let system = system(&self.table, &self.code).filter(|_| !self.code.is_empty());
        let code = system.is_some().then_some(self.code.as_str());
        let node = Node::object().with("value", Node::Number(self.digits.clone())).maybe("unit", Some(&self.unit));
        node.maybe("system", system).maybe("code", code)
    }
}

/// Figures as JSON writes them: `0.5` for `.5` and `5.`'s `5`; every digit after the point stays. `None` for all else.
pub fn number(text: &str) -> Option<String> {
    let text = text.trim();
    let text = text.strip_prefix('+').unwrap_or(text);
    let (sign, rest) = text.strip_prefix('-').map_or(("", text), |r| ("-", r));
    let (whole, part) = rest.split_once('.').unwrap_or((rest, ""));
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(part) || whole.is_empty() && part.is_empty() || rest.len() > 20 {
        return None;
    }
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    Some(if part.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{part}") })
}

/// A span in days, weeks or months: `14^d`, `3^D&日&ISO+`, `2^W`. Words and FHIR Duration.
pub fn duration(field: Field) -> Option<(String, Node)> {
    let value = number(&field.component(1))?;
    let (words, code) = match field.component(2).to_ascii_lowercase().as_str() {
        "d" | "day" | "日" => ("日", "d"),
        "w" | "wk" | "週" => ("週", "wk"),
        "l" | "mo" | "月" => ("か月", "mo"),
        _ => return None,
    };
    let node = Node::object().with("value", Node::Number(value.clone())).with("unit", words);
    Some((format!("{value}{words}分"), node.with("system", "http://unitsofmeasure.org").with("code", code)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_keep_their_digits() {
        for (sent, json) in
            [("1", "1"), ("0.50", "0.50"), (".5", "0.5"), ("5.", "5"), ("010", "10"), ("+3", "3"), ("-1.0", "-1.0")]
        {
            assert_eq!(number(sent).as_deref(), Some(json), "{sent}");
        }
        for sent in ["", ".", "1+", "陰性", "<0.5", "1,000", "１", "1e3", "--1"] {
            assert_eq!(number(sent), None, "{sent}");
        }
    }

    #[test]
    fn units_read_as_they_are_printed() {
        let unit = |code, words, table| Amount::new("50", code, words, table).expect("an amount").words();
        assert_eq!(unit("MG", "ミリグラム", "MR9P"), "50mg");
        assert_eq!(unit("TAB", "錠", "MR9P"), "50錠");
        assert_eq!(unit("SHT", "", "MR9P"), "50枚");
        assert_eq!(unit("G", "g袋", "99ABC"), "50g袋");
    }

    #[test]
    fn local_tables_have_no_system() {
        assert_eq!(system("99XYZ", "1"), None);
        assert_eq!(system("HOT9", "108665201").as_deref(), Some("urn:oid:1.2.392.200119.4.403.1"));
        assert_eq!(system("HL70162", "PO").as_deref(), Some("http://terminology.hl7.org/CodeSystem/v2-0162"));
        assert_eq!(system("JAMISDP01", "V14NNNNN").as_deref(), Some("urn:oid:1.2.392.200250.2.2.20.22"));
    }
}
