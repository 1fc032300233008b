//! 年次の効果検証 (令和8年度診療報酬改定: where drafting by machine is counted in a fee, its effect is verified once a
//! year): how much was drafted and finalised, how long it was read, how much of it a person typed, what became of flags.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use fude::audit::{Action, AuditEvent, Outcome};
use fude::integrity::{AnswerKind, Digest, Manifest};
use serde_json::{Value, json};

use super::{document, kind_in_japanese, table};
use crate::store::Bucket;

#[derive(Default)]
pub struct Effect(BTreeMap<String, Kind>);

/// One kind of document.
#[derive(Default)]
struct Kind {
    drafted: u64,
    failed: u64,
    finalised: BTreeSet<String>,
    finalisations: u64,
    /// Of finalisations that somebody read before.
    seconds: Vec<u64>,
    entered_permille: Vec<u64>,
    answered: u64,
    accepted: u64,
    corrected: u64,
    removed: u64,
    amended: u64,
    withdrawn: u64,
    /// Where the answers to flags stand: document, revision, hash.
    manifests: Vec<(String, u32, Digest)>,
}

impl Effect {
    pub fn count(&mut self, event: &AuditEvent) {
        let Some(about) = &event.document else { return };
        let (id, kind) = document(event);
        let kind = self.0.entry(kind).or_default();
        match (event.action, event.outcome) {
            (Action::DocumentDrafted, Outcome::Success) => kind.drafted += 1,
            (Action::DraftingFailed, _) => kind.failed += 1,
            (Action::AmendmentBegun, Outcome::Success) => kind.amended += 1,
            (Action::DocumentWithdrawn, Outcome::Success) => kind.withdrawn += 1,
            (Action::DocumentFinalised, Outcome::Success) => {
                kind.finalisations += 1;
                kind.manifests.extend(about.manifest_sha256.map(|hash| (id.clone(), about.revision, hash)));
                kind.finalised.insert(id);
                if let Some(review) = &event.review {
                    kind.seconds.extend(review.seconds_from_first_reading);
                    kind.entered_permille.push(u64::from(review.entered_permille));
                    kind.answered += u64::from(review.flags_answered);
                }
            }
            _ => {}
        }
    }

    /// How each flag was answered stands in the manifest that the event names by hash.
    pub fn read_answers(&mut self, documents: &Bucket) -> io::Result<()> {
        for kind in self.0.values_mut() {
            for (id, revision, hash) in std::mem::take(&mut kind.manifests) {
                let bytes = documents.read(&format!("final/{id}/{revision}/{hash}"))?;
                let sound = bytes.filter(|bytes| Digest::of(bytes) == hash);
                let Some(manifest) = sound.and_then(|bytes| Manifest::parse(&bytes).ok()) else { continue };
                for answer in manifest.answers {
                    *match answer.answer {
                        AnswerKind::Accepted => &mut kind.accepted,
                        AnswerKind::Corrected => &mut kind.corrected,
                        AnswerKind::Removed => &mut kind.removed,
                    } += 1;
                }
            }
        }
        self.0.retain(|_, kind| kind.drafted + kind.failed + kind.finalisations + kind.amended + kind.withdrawn > 0);
        Ok(())
    }

    pub fn json(&self) -> Value {
        let spread = |values: &[u64]| {
            quartiles(values)
                .map(|[lower, median, upper]| json!({ "of": values.len(), "lower": lower, "median": median, "upper": upper }))
        };
        let kinds: Vec<Value> = self
            .0
            .iter()
            .map(|(id, kind)| {
                json!({
                    "documentType": id,
                    "drafted": kind.drafted,
                    "draftingFailed": kind.failed,
                    "documentsFinalised": kind.finalised.len(),
                    "finalisations": kind.finalisations,
                    "secondsFromFirstReading": spread(&kind.seconds),
                    "enteredPermille": spread(&kind.entered_permille),
                    "flags": { "answered": kind.answered, "accepted": kind.accepted, "corrected": kind.corrected,
                        "removed": kind.removed },
                    "amendmentsBegun": kind.amended,
                    "withdrawn": kind.withdrawn,
                })
            })
            .collect();
        json!({ "report": "effect", "kinds": kinds })
    }

    pub fn markdown(&self) -> String {
        let rows = |cells: &dyn Fn(&Kind) -> Vec<String>| -> Vec<Vec<String>> {
            let row = |(id, kind): (&String, &Kind)| [vec![kind_in_japanese(id)], cells(kind)].concat();
            self.0.iter().map(row).collect()
        };
        let numbers = |numbers: &[u64]| numbers.iter().map(u64::to_string).collect::<Vec<_>>();
        let mut text = String::new();
        let made = rows(&|k| {
            numbers(&[k.drafted, k.failed, k.finalised.len() as u64, k.finalisations, k.amended, k.withdrawn])
        });
        let head = ["文書の種類", "下書き", "作成失敗", "確定した文書", "確定の回数", "確定後の訂正", "取下げ"];
        text.push_str(&format!("\n## 作成と確定\n\n{}", table(&head, &made)));

        let seconds = rows(&|k| spread(&k.seconds, |n| n.to_string()));
        let head = ["文書の種類", "件数", "第1四分位", "中央値", "第3四分位"];
        text.push_str(&format!("\n## 初回閲覧から確定までの秒数\n\n{}", table(&head, &seconds)));
        let typed = rows(&|k| spread(&k.entered_permille, |n| format!("{}.{} %", n / 10, n % 10)));
        text.push_str(&format!("\n## 確定した本文のうち人が書いた文字の割合\n\n{}", table(&head, &typed)));

        let flags = rows(&|k| numbers(&[k.answered, k.accepted, k.corrected, k.removed]));
        let head = ["文書の種類", "回答した確認事項", "そのまま可", "訂正", "削除"];
        text.push_str(&format!("\n## 確認事項への回答\n\n{}", table(&head, &flags)));
        text.push_str("\n四分位数は最近順位法による。秒数は、確定者が確定前に本文を閲覧した回だけを数える。\n");
        text
    }
}

fn spread(values: &[u64], written: impl Fn(u64) -> String) -> Vec<String> {
    let quartiles = quartiles(values).map_or_else(|| vec!["―".to_owned(); 3], |q| q.map(&written).to_vec());
    [vec![values.len().to_string()], quartiles].concat()
}

/// By nearest rank: each is a value that was there. None without values.
fn quartiles(values: &[u64]) -> Option<[u64; 3]> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let last = sorted.len().checked_sub(1)?;
    Some([1, 2, 3].map(|quarter| sorted[(sorted.len() * quarter).div_ceil(4).saturating_sub(1).min(last)]))
}

#[cfg(test)]
mod tests {
    use super::quartiles;

    #[test]
    fn quartiles_are_values_that_were_there() {
        assert_eq!(quartiles(&[]), None);
        assert_eq!(quartiles(&[7]), Some([7, 7, 7]));
        assert_eq!(quartiles(&[4, 1, 3, 2]), Some([1, 2, 3]));
        // The example of nearest ranks: 15, 20, 35, 40, 50 has the 30th percentile 20 and the 40th 20
        assert_eq!(quartiles(&[50, 35, 15, 20, 40]), Some([20, 35, 40]));
    }
}
