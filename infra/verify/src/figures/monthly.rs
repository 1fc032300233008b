//! 月次点検 (guideline 6.0, システム運用編17④): who read, searched, was refused, finalised and withdrew, day by day, and
//! approvals that came too soon after the first reading.

use std::collections::BTreeMap;

use fude::audit::{Action, AuditEvent, Outcome};
use serde_json::{Value, json};

use super::period::{day, moment};
use super::{document, kind_in_japanese, role_in_japanese, table};

/// Day, id of the person, role.
type Whose = (String, String, String);

pub struct Monthly {
    hasty_seconds: u64,
    /// By action and outcome, as the log names them.
    counts: BTreeMap<Whose, BTreeMap<String, u64>>,
    /// By reason and person.
    refusals: BTreeMap<(String, String, String), u64>,
    hasty: Vec<Hasty>,
    broken: Vec<Value>,
}

/// A finalisation that was hardly read.
struct Hasty {
    at: String,
    by: String,
    id: String,
    kind: String,
    /// None where the finaliser never read this revision.
    seconds: Option<u64>,
}

/// The columns: which actions are counted in each, all with success.
const COLUMNS: [(&str, &[Action]); 4] = [
    ("閲覧", &[Action::DocumentRead, Action::MetadataRead, Action::ChangesRead, Action::ProofRead]),
    ("検索", &[Action::Search]),
    ("確定", &[Action::DocumentFinalised]),
    ("取下げ", &[Action::DocumentWithdrawn]),
];

impl Monthly {
    pub fn new(hasty_seconds: u64) -> Self {
        Self {
            hasty_seconds,
            counts: BTreeMap::new(),
            refusals: BTreeMap::new(),
            hasty: Vec::new(),
            broken: Vec::new(),
        }
    }

    pub fn count(&mut self, event: &AuditEvent) {
        let agent = (event.agent.id.clone(), event.agent.role.clone());
        let whose = (day(event.at), agent.0.clone(), agent.1.clone());
        *self.counts.entry(whose).or_default().entry(name(event.action, event.outcome)).or_default() += 1;
        if event.outcome == Outcome::Refused {
            let reason = event.reason.clone().unwrap_or_default();
            *self.refusals.entry((reason, agent.0.clone(), agent.1)).or_default() += 1;
        }
        let (id, kind) = document(event);
        if event.action == Action::IntegrityFailure {
            self.broken.push(json!({ "at": moment(event.at), "documentId": id, "reason": event.reason }));
        }
        if event.action == Action::DocumentFinalised && event.outcome == Outcome::Success {
            let seconds = event.review.as_ref().and_then(|review| review.seconds_from_first_reading);
            if seconds.is_none_or(|seconds| seconds < self.hasty_seconds) {
                self.hasty.push(Hasty { at: moment(event.at), by: agent.0, id, kind, seconds });
            }
        }
    }

    pub fn json(&self) -> Value {
        let counts: Vec<Value> = self
            .counts
            .iter()
            .map(|((day, user, role), counts)| json!({ "day": day, "user": user, "role": role, "counts": counts }))
            .collect();
        let refusals: Vec<Value> = self
            .refusals
            .iter()
            .map(
                |((reason, user, role), count)| json!({ "reason": reason, "user": user, "role": role, "count": count }),
            )
            .collect();
        let hasty: Vec<Value> = self
            .hasty
            .iter()
            .map(|h| {
                json!({ "at": h.at, "user": h.by, "documentId": h.id, "documentType": h.kind,
                    "secondsFromFirstReading": h.seconds })
            })
            .collect();
        json!({ "report": "monthly", "days": counts, "refusals": refusals, "hastySeconds": self.hasty_seconds,
            "hastyFinalisations": hasty, "integrityFailures": self.broken })
    }

    pub fn markdown(&self) -> String {
        let count = |counts: &BTreeMap<String, u64>, actions: &[Action]| -> u64 {
            let named = actions.iter().map(|action| name(*action, Outcome::Success));
            named.filter_map(|name| counts.get(&name)).sum()
        };
        let mut rows = Vec::new();
        for ((day, user, role), counts) in &self.counts {
            let columns: Vec<u64> = COLUMNS.iter().map(|(_, actions)| count(counts, actions)).collect();
            let ending = |end: &str| counts.iter().filter(|(name, _)| name.ends_with(end)).map(|(_, n)| n).sum();
            let (refused, failed): (u64, u64) = (ending("/refused"), ending("/failed"));
            let all: u64 = counts.values().sum();
            let rest = all - columns.iter().sum::<u64>() - refused - failed;
            let mut row = vec![day.clone(), user.clone(), role_in_japanese(role).to_owned()];
            row.extend(columns.into_iter().chain([refused, failed, rest]).map(|n| n.to_string()));
            rows.push(row);
        }
        let mut head = vec!["日", "利用者", "職種"];
        head.extend(COLUMNS.iter().map(|(column, _)| *column));
        head.extend(["拒否", "失敗", "その他"]);
        let mut text = format!("\n## 日別・利用者別の件数\n\n{}", table(&head, &rows));

        let refusals: Vec<Vec<String>> = self
            .refusals
            .iter()
            .map(|((reason, user, role), n)| {
                vec![reason.clone(), user.clone(), role_in_japanese(role).to_owned(), n.to_string()]
            })
            .collect();
        text.push_str(&format!("\n## 拒否の理由\n\n{}", table(&["理由", "利用者", "職種", "件数"], &refusals)));

        let hasty: Vec<Vec<String>> = self
            .hasty
            .iter()
            .map(|h| {
                let seconds = h.seconds.map_or_else(|| "閲覧なし".to_owned(), |n| n.to_string());
                vec![h.at.clone(), h.by.clone(), kind_in_japanese(&h.kind), h.id.clone(), seconds]
            })
            .collect();
        text.push_str(&format!(
            "\n## 初回閲覧から{}秒未満の確定\n\n{}",
            self.hasty_seconds,
            table(&["日時", "利用者", "文書の種類", "文書", "秒"], &hasty)
        ));

        let broken: Vec<Vec<String>> = self
            .broken
            .iter()
            .map(|b| ["at", "documentId", "reason"].map(|m| b[m].as_str().unwrap_or_default().to_owned()).to_vec())
            .collect();
        text.push_str(&format!("\n## 完全性の異常\n\n{}", table(&["日時", "文書", "符号"], &broken)));
        text
    }
}

/// An action that succeeded by its name, another with its outcome.
fn name(action: Action, outcome: Outcome) -> String {
    let action = action.name();
    match outcome {
        Outcome::Success => action.to_owned(),
        Outcome::Refused => format!("{action}/refused"),
        Outcome::Failed => format!("{action}/failed"),
    }
}
