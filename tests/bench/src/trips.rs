//! Round trips: which of a function's calls to AWS wait for the answers of others.

use std::time::Instant;

use serde::Serialize;

use crate::hosted::calls;
use crate::hosted::tape::{Exchange, Recorded};
use crate::report::row;

/// One function's, of the first call of a process and of a later one.
#[derive(Serialize)]
pub struct Trips {
    pub name: String,
    pub cold: Vec<Step>,
    pub warm: Vec<Step>,
}

/// Calls that wait for each other's answers no more than for the next step: made side by side.
#[derive(Serialize)]
pub struct Step(Vec<String>);

impl Trips {
    pub fn of(name: &str, recorded: &Recorded) -> Result<Self, String> {
        Ok(Self { name: name.to_owned(), cold: steps(&recorded.cold)?, warm: steps(&recorded.warm)? })
    }
}

fn steps(exchanges: &[Exchange]) -> Result<Vec<Step>, String> {
    let mut calls: Vec<(Instant, Instant, String)> = Vec::new();
    for exchange in exchanges {
        let call = calls::call(exchange)?;
        let word = |name: &str| call[name].as_str().unwrap_or_default().to_owned();
        calls.push((exchange.began, exchange.ended, format!("{} {}", word("service"), word("operation"))));
    }
    Ok(grouped(calls))
}

/// A call that began before one of its step was answered did not wait for it.
fn grouped(mut calls: Vec<(Instant, Instant, String)>) -> Vec<Step> {
    calls.sort_by_key(|(began, ..)| *began);
    let mut steps: Vec<Step> = Vec::new();
    let mut first_answer = None;
    for (began, ended, name) in calls {
        match (steps.last_mut(), first_answer) {
            (Some(Step(beside)), Some(answer)) if began < answer => {
                beside.push(name);
                first_answer = Some(ended.min(answer));
            }
            _ => {
                steps.push(Step(vec![name]));
                first_answer = Some(ended);
            }
        }
    }
    steps
}

pub fn table(trips: &[Trips]) -> String {
    let mut out = row(&["function", "cold", "warm", "the warm call's, in turn"]);
    out.push_str(&row(&["---"; 4]));
    for Trips { name, cold, warm } in trips {
        let told: Vec<String> = warm.iter().map(Step::told).collect();
        out.push_str(&row(&[name, &cold.len().to_string(), &warm.len().to_string(), &told.join(" → ")]));
    }
    out
}

impl Step {
    /// `s3 PutObject ×2 + kms GenerateMac`
    fn told(&self) -> String {
        let mut counted: Vec<(&str, usize)> = Vec::new();
        for name in &self.0 {
            match counted.iter_mut().find(|(known, _)| known == name) {
                Some((_, times)) => *times += 1,
                None => counted.push((name, 1)),
            }
        }
        let told = counted.iter().map(|(name, times)| match times {
            1 => (*name).to_owned(),
            _ => format!("{name} ×{times}"),
        });
        told.collect::<Vec<_>>().join(" + ")
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::grouped;

    #[test]
    fn a_call_that_begins_after_an_answer_waited_for_it() {
        let zero = Instant::now();
        let at = |ms| zero + Duration::from_millis(ms);
        let call = |began, ended, name: &str| (at(began), at(ended), name.to_owned());
        let steps = grouped(vec![
            call(30, 40, "s3 GetObject"),
            call(0, 5, "dynamodb BatchGetItem"),
            call(6, 12, "s3 PutObject"),
            call(7, 20, "s3 PutObject"),
            call(8, 11, "kms GenerateMac"),
        ]);
        let told: Vec<String> = steps.iter().map(super::Step::told).collect();
        assert_eq!(told, ["dynamodb BatchGetItem", "s3 PutObject ×2 + kms GenerateMac", "s3 GetObject"]);
    }
}
