//! `docs/risks.toml`: what can go wrong, how it is treated, and which controls do it.

use serde::{Deserialize, Serialize};

use crate::Error;
use crate::controls::Controls;
use crate::repository::Repository;

pub const FILE: &str = "docs/risks.toml";

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Register {
    pub risk: Vec<Risk>,
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Risk {
    pub id: String,
    /// What happens, to whom, by what.
    pub what: String,
    /// 1 rare to 3 to be expected, before treatment.
    pub likelihood: u8,
    /// 1 nuisance to 3 harm to a patient or a breach, before treatment.
    pub harm: u8,
    pub treatment: Treatment,
    pub how: String,
    /// What is left after treatment: likelihood and harm again.
    pub left: [u8; 2],
    /// Who bears what is left.
    pub bearer: Bearer,
    /// Numbers of controls.
    pub controls: Vec<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Treatment {
    Avoid,
    Reduce,
    Transfer,
    Accept,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Bearer {
    Vendor,
    Hospital,
    Cloud,
}

impl Register {
    pub fn read(repository: &Repository) -> Result<Self, Error> {
        repository.toml(FILE)
    }

    /// Risks that are tied to nothing or say something impossible, and controls whose demand is the risk assessment's
    /// but that no risk names.
    pub fn faults(&self, controls: &Controls) -> Vec<String> {
        let mut faults = Vec::new();
        for (at, risk) in self.risk.iter().enumerate() {
            let mut say = |what: String| faults.push(format!("{FILE}: risk {} {what}", risk.id));
            if self.risk[..at].iter().any(|other| other.id == risk.id) {
                say("stands twice".to_owned());
            }
            if risk.controls.is_empty() {
                say("is tied to no control".to_owned());
            }
            for control in risk.controls.iter().filter(|id| !controls.holds(**id)) {
                say(format!("names control {control}, which does not exist"));
            }
            if [risk.likelihood, risk.harm, risk.left[0], risk.left[1]].iter().any(|n| !(1..=3).contains(n)) {
                say("has a likelihood or harm that is not 1 to 3".to_owned());
            }
            let (before, after) = (risk.likelihood * risk.harm, risk.left[0] * risk.left[1]);
            if after > before {
                say("is greater after its treatment than before".to_owned());
            }
            if risk.treatment == Treatment::Reduce && after == before {
                say("is called reduced and is as great as before".to_owned());
            }
            if risk.what.is_empty() || risk.how.is_empty() {
                say("leaves what or how empty".to_owned());
            }
        }
        faults
    }

    /// The register as Markdown, in Japanese, the greatest remaining risk first.
    pub fn markdown(&self) -> String {
        let mut risks: Vec<&Risk> = self.risk.iter().collect();
        risks.sort_by_key(|r| std::cmp::Reverse((r.left[0] * r.left[1], r.likelihood * r.harm)));
        let mut out = "# リスク登録簿\n\n\
             起こりやすさ（1 まれ〜3 見込まれる）×影響（1 軽微〜3 患者への害または漏えい）。残存リスクの大きい順。\
             項目は開示書（`cargo run -p fude-controls`）の番号。\n\n\
             | 番号 | リスク | 対応前 | 対応 | 方法 | 残存 | 負担 | 項目 |\n| --- | --- | --- | --- | --- | --- | --- | --- |\n"
            .to_owned();
        for risk in risks {
            let controls: Vec<String> = risk.controls.iter().map(u32::to_string).collect();
            out.push_str(&format!(
                "| {} | {} | {}×{}={} | {} | {} | {}×{}={} | {} | {} |\n",
                risk.id,
                risk.what,
                risk.likelihood,
                risk.harm,
                risk.likelihood * risk.harm,
                risk.treatment.word(),
                risk.how,
                risk.left[0],
                risk.left[1],
                risk.left[0] * risk.left[1],
                risk.bearer.word(),
                controls.join("、")
            ));
        }
        out
    }
}

impl Treatment {
    fn word(self) -> &'static str {
        match self {
            Self::Avoid => "回避",
            Self::Reduce => "低減",
            Self::Transfer => "移転",
            Self::Accept => "受容",
        }
    }
}

impl Bearer {
    fn word(self) -> &'static str {
        match self {
            Self::Vendor => "事業者",
            Self::Hospital => "医療機関",
            Self::Cloud => "クラウド",
        }
    }
}
