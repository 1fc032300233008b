//! Names and numbers that nobody declared, known by their form.

use regex_lite::Regex;

/// What gives a name or number away by its form.
pub(super) struct Shapes {
    identifiers: [Regex; 3],
    doctor: Regex,
}

impl Shapes {
    pub(super) fn new() -> Self {
        let pattern = |source| Regex::new(source).expect("a valid pattern");
        Self {
            identifiers: [
                pattern(r"\(?0\d{1,4}\)?[-‐–−ー ]?\d{1,4}[-‐–−ー]\d{4}|0[5789]0\d{8}"),
                pattern(r"〒\s?\d{3}-\d{4}"),
                pattern(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}"),
            ],
            doctor: pattern(r"([一-龥々]{1,6})先生"),
        }
    }

    pub(super) fn identifiers<'t>(&'t self, text: &'t str) -> impl Iterator<Item = String> + 't {
        self.identifiers.iter().flat_map(|r| r.find_iter(text)).map(|m| m.as_str().to_owned())
    }

    /// Surnames before 先生, without the words of the trade that may stand before them (主治医鈴木先生).
    pub(super) fn doctors<'t>(&'t self, text: &'t str) -> impl Iterator<Item = String> + 't {
        const TRADE: &[&str] = &[
            "主治医",
            "担当医",
            "紹介医",
            "執刀医",
            "当直医",
            "専門医",
            "研修医",
            "校医",
            "産業医",
            "医師",
            "外来",
            "内科",
            "外科",
            "当科",
            "院長",
            "部長",
            "医長",
            "教授",
            "助教",
            "講師",
            "副院長",
            "科長",
            "医院",
            "病院",
            "診療所",
            "同院",
            "他院",
            "前医",
            "科",
        ];
        self.doctor.captures_iter(text).filter_map(|c| {
            let run = c.get(1)?.as_str();
            let start = TRADE.iter().filter_map(|t| run.rfind(t).map(|at| at + t.len())).max().unwrap_or(0);
            let name = &run[start..];
            (1..=3).contains(&name.chars().count()).then(|| name.to_owned())
        })
    }
}
