//! One document from nothing to its end, with one fault in each act.

use std::time::Instant;

use e2e::client::{Answer, Caller, accepted, filled, order_with};
use fude::integrity::Digest;
use serde_json::{Value, json};

use crate::check::{sound, true_answer};
use crate::plan::Act;
use crate::worker::{Aside, Ended, Worker};

const PATIENT: &str = "84192637";
/// Typed by a clerk for a physician, as the calls are then the most.
const CLERK: &str = "kimura";
const SECOND: &str = "tanaka";

const READINGS: [Act; 6] = [Act::Content, Act::Metadata, Act::Search, Act::Changes, Act::FinalContent, Act::Proof];
const TO_FINAL: [Act; 3] = [Act::Revise, Act::Finalise, Act::ContentUnlocked];
const AFTER_FINAL: [Act; 8] = [
    Act::FinalContent,
    Act::Proof,
    Act::Issue,
    Act::Amend,
    Act::FinaliseAgain,
    Act::AskToSeal,
    Act::Seal,
    Act::Withdraw,
];

/// A document, and what was done to it.
struct Life {
    id: String,
    key: String,
    acts: Vec<&'static str>,
}

/// Nothing, where the life ended early: the tally knows why.
type Lived<T = ()> = Option<T>;

impl Worker<'_> {
    /// Lives one life; with `odd`, its finalisation is killed before the locks, and it ends sealed, not withdrawn.
    pub fn live(&mut self, odd: bool) {
        self.lives += 1;
        let key = format!("wire-{}-{}", self.name, self.lives);
        let drafted = self.drafted(key);
        if let Some(mut life) = drafted {
            _ = self.lived(&mut life, odd);
        }
        self.log_only();
    }

    /// A reading for the log's writer, whose own faults these are.
    pub fn log_only(&mut self) {
        let physician = self.physician();
        let Some(id) = self.read_id.clone().filter(|_| self.left(&[Act::Append, Act::Sweep]) > 0) else { return };
        let cause = || {
            physician.metadata(&id).expect(200);
        };
        self.log(Act::Append, &cause);
        self.log(Act::Sweep, &cause);
    }

    fn left(&self, acts: &[Act]) -> usize {
        self.plan.map_or(usize::MAX, |plan| plan.left(acts))
    }

    /// Whether anything of these acts is still to be tried.
    fn open(&self, acts: &[Act]) -> Lived {
        (self.left(acts) > 0).then_some(())
    }

    fn lived(&mut self, life: &mut Life, odd: bool) -> Lived {
        let physician = self.physician();
        let clerk = self.stack.caller(CLERK);
        let id = life.id.clone();
        self.read_id = Some(id.clone());

        let draft = self.content(Act::Content, &physician, &id, "application/json")?;
        self.metadata(&physician, life)?;
        self.search(&physician, &id)?;
        self.open(&[&TO_FINAL[..], &AFTER_FINAL, &[Act::Changes]].concat())?;

        let mut sections = filled(&draft);
        sections[0]["sentences"][0]["text"] = "補った文。".into();
        let revision = json!({ "sections": sections, "reason": "紹介目的を追記した。", "onBehalfOf": "sato" });
        let etag = self.act(Act::Revise, &clerk, life, ("revisions", "document-revised"), &revision)?;
        self.changes(&physician, &id)?;
        self.open(&[&TO_FINAL[1..], &AFTER_FINAL].concat())?;

        let current = physician.content(&id, "application/json").expect(200);
        let answers = accepted(&current);
        if odd {
            self.unlocked(&physician, life, &etag, &answers)?;
        } else {
            self.act(Act::Finalise, &physician, life, ("finalization", "document-finalised"), &answers)?;
        }
        self.content(Act::FinalContent, &physician, &id, "text/plain")?;
        self.locked(&physician, life)?;
        self.open(&AFTER_FINAL[1..])?;

        self.proof(&physician, life)?;
        let copy = json!({ "to": "みなと診療所", "how": "郵送", "copies": 1 });
        self.act(Act::Issue, &physician, life, ("issues", "document-issued"), &copy)?;
        let mut sections = filled(&current);
        sections[0]["sentences"][0]["text"] = "訂正した文。".into();
        let amendment = json!({ "sections": sections, "reason": "誤記の訂正" });
        self.act(Act::Amend, &physician, life, ("revisions", "amendment-begun"), &amendment)?;
        let third = physician.get(&format!("/documents/{id}/content?revision=3"), "application/json").expect(200);
        let answers = accepted(&third);
        self.act(Act::FinaliseAgain, &physician, life, ("finalization", "document-finalised"), &answers)?;
        self.locked(&physician, life)?;
        let reason = json!({ "reason": "取り違えを確認した。" });
        if odd {
            self.act(Act::AskToSeal, &physician, life, ("sealing", "sealing-requested"), &reason)?;
            let second = self.stack.caller(SECOND);
            self.act(Act::Seal, &second, life, ("sealing", "document-sealed"), &reason)?;
        } else {
            self.act(Act::Withdraw, &physician, life, ("withdrawal", "document-withdrawn"), &reason)?;
        }
        Some(())
    }

    fn drafted(&mut self, key: String) -> Lived<Life> {
        let clerk = self.stack.caller(CLERK);
        let more = json!({ "onBehalfOf": "sato",
            "statements": [{ "section": "950", "text": "嚥下機能の再評価をお願いします。" }] });
        let order = order_with(PATIENT, "referral-letter", more);
        match self.perform(Act::Draft, &|| clerk.draft(&key, &order)) {
            Ended::Answered(answer) => self.check_draft(&clerk, &key, &order, &answer),
            Ended::Violated => None,
            Ended::Pending => {
                self.aside.push(Aside { key: key.clone(), order: order.clone(), since: Instant::now() });
                // The life goes on with a draft that nothing happened to
                let key = format!("{key}-instead");
                let answer = clerk.draft(&key, &order).expect(201);
                self.check_draft(&clerk, &key, &order, &answer)
            }
        }
    }

    /// Comes back to draftings whose lease must have run out; waits for it where `all` are wanted.
    pub fn settle_aside(&mut self, all: bool) {
        let lease = std::time::Duration::from_secs(67);
        let clerk = self.stack.caller(CLERK);
        for aside in std::mem::take(&mut self.aside) {
            if !all && aside.since.elapsed() < lease {
                self.aside.push(aside);
                continue;
            }
            std::thread::sleep(lease.saturating_sub(aside.since.elapsed()));
            self.tally.counts().leases += 1;
            match self.until_answered("Draft after its lease", &|| clerk.draft(&aside.key, &aside.order), &mut 0) {
                Ended::Answered(answer) => {
                    self.check_draft(&clerk, &aside.key, &aside.order, &answer);
                }
                Ended::Pending => self.tally.violation("Draft after its lease: still pending".to_owned()),
                Ended::Violated => {}
            }
        }
    }

    fn check_draft(&self, clerk: &Caller, key: &str, order: &Value, answer: &Answer) -> Lived<Life> {
        let id = answer.id();
        let acts = vec!["document-drafted"];
        self.holds("Draft", sound(&self.stack, &id, &acts).and_then(|state| true_answer(&state, &id, answer)))?;
        let again = clerk.draft(key, order);
        let same = again.status == 200 && again.json() == answer.json();
        self.holds("Draft", same.then_some(()).ok_or(format!("a repeat is answered {}", again.status)))?;
        Some(Life { id, key: key.to_owned(), acts })
    }

    fn holds<T>(&self, what: &str, found: Result<T, String>) -> Lived<T> {
        found.map_err(|e| self.tally.violation(format!("{what}: {e}"))).ok()
    }

    /// Performs an act and checks it; returns the version tag before it.
    fn act(
        &mut self,
        act: Act,
        caller: &Caller,
        life: &mut Life,
        (path, action): (&str, &'static str),
        body: &Value,
    ) -> Lived<String> {
        let (key, etag) = (format!("{}-{act:?}", life.key), caller.etag(&life.id));
        let send = || caller.act(&life.id, path, &key, &etag, body);
        let Ended::Answered(answer) = self.perform(act, &send) else { return None };
        life.acts.push(action);
        self.check_act(act, life, &answer, &send)?;
        Some(answer.header("etag").to_owned())
    }

    fn check_act(&self, act: Act, life: &Life, answer: &Answer, send: &dyn Fn() -> Answer) -> Lived {
        let what = format!("{act:?}");
        let state = self.holds(&what, sound(&self.stack, &life.id, &life.acts))?;
        self.holds(&what, true_answer(&state, &life.id, answer))?;
        let again = send();
        let same = again.status == answer.status && again.body == answer.body;
        self.holds(&what, same.then_some(()).ok_or(format!("a repeat is answered {} {}", again.status, again.text())))
    }

    /// Finalised by a process that dies before the locks: the next reading sets them, the repeat gets the answer.
    fn unlocked(&mut self, physician: &Caller, life: &mut Life, etag: &str, answers: &Value) -> Lived {
        let key = format!("{}-killed", life.key);
        let send = || physician.act(&life.id, "finalization", &key, etag, answers);
        let finalize = Act::Finalise.function();
        self.stack.arm_wire(finalize, ("s3", "GetObjectRetention"), 1, ("kill-before", false));
        let killed = send();
        let met = self.stack.disarm_wire();
        let open = self.stack.state_row(&life.id)["unlocked"]["S"].is_string();
        if met == 0 || killed.status != 503 || !open {
            self.tally.violation(format!("a finalisation was to be killed before its locks: {}", killed.status));
            return None;
        }
        life.acts.push("document-finalised");
        self.content(Act::ContentUnlocked, physician, &life.id.clone(), "application/json")?;
        let send = || physician.act(&life.id, "finalization", &key, etag, answers);
        let Ended::Answered(answer) = self.until_answered("Finalise, killed", &send, &mut 0) else { return None };
        self.check_act(Act::Finalise, life, &answer, &send)
    }

    /// After one more reading nothing is left to lock.
    fn locked(&self, physician: &Caller, life: &Life) -> Lived {
        let row = || self.stack.state_row(&life.id);
        if row()["unlocked"]["S"].is_string() {
            physician.content(&life.id, "application/json").expect(200);
        }
        let open = row()["unlocked"]["S"].is_string();
        self.holds("Locks", (!open).then_some(()).ok_or("a reading leaves locks open".to_owned()))
    }

    /// A reading that is answered, and noted so that its event can be looked for.
    fn read(&mut self, act: Act, action: &'static str, send: &dyn Fn() -> Answer) -> Lived<Answer> {
        let Ended::Answered(answer) = self.perform(act, send) else { return None };
        self.readings.push((answer.header("x-amzn-requestid").to_owned(), action));
        Some(answer)
    }

    fn content(&mut self, act: Act, caller: &Caller, id: &str, accept: &str) -> Lived<Answer> {
        let answer = self.read(act, "document-read", &|| caller.content(id, accept))?;
        let digest = format!("sha-256=:{}:", Digest::of(&answer.body).base64());
        let mut true_ = answer.header("repr-digest") == digest;
        if accept == "application/json" {
            let state = self.stack.state_row(id);
            true_ &= state["contentSha256"]["S"] == Digest::of(&answer.body).to_string();
        }
        self.holds(&format!("{act:?}"), true_.then_some(answer).ok_or("another content is answered".to_owned()))
    }

    fn metadata(&mut self, caller: &Caller, life: &Life) -> Lived {
        let answer = self.read(Act::Metadata, "metadata-read", &|| caller.metadata(&life.id))?;
        let state = self.holds("Metadata", sound(&self.stack, &life.id, &life.acts))?;
        self.holds("Metadata", true_answer(&state, &life.id, &answer))
    }

    fn search(&mut self, caller: &Caller, id: &str) -> Lived {
        let asked = json!({ "patientId": PATIENT });
        let answer = self.read(Act::Search, "search", &|| caller.search(&asked))?;
        let found = answer.json();
        let there = found["items"].as_array().is_some_and(|items| items.iter().any(|i| i["documentId"] == id));
        self.holds("Search", there.then_some(()).ok_or("the document is not found".to_owned()))
    }

    fn changes(&mut self, caller: &Caller, id: &str) -> Lived {
        let path = format!("/documents/{id}/changes?from=1&to=2");
        let answer = self.read(Act::Changes, "changes-read", &|| caller.get(&path, "application/json"))?;
        let some = answer.json()["changes"].as_array().is_some_and(|c| !c.is_empty());
        self.holds("Changes", some.then_some(()).ok_or("no change is answered".to_owned()))
    }

    fn proof(&mut self, caller: &Caller, life: &Life) -> Lived {
        self.settle("before a proof");
        let path = format!("/documents/{}/proof", life.id);
        let answer = self.read(Act::Proof, "proof-read", &|| caller.get(&path, "application/json"))?;
        let proof: fude::audit::proof::Proof = serde_json::from_slice(&answer.body).ok()?;
        let key = proof.own_key().map_err(|e| e.to_string());
        let proved = key.and_then(|key| proof.check(&key).map_err(|e| e.to_string()));
        let proved = self.holds("Proof", proved)?;
        let row = self.stack.state_row(&life.id);
        let events: Option<usize> = row["events"]["N"].as_str().and_then(|n| n.parse().ok());
        let all = events == Some(proved.entries.len());
        self.holds("Proof", all.then_some(()).ok_or(format!("{} of {events:?} events", proved.entries.len())))
    }
}

/// Whether a life is still worth living.
pub fn any_reading_or_act() -> Vec<Act> {
    [&[Act::Draft][..], &READINGS, &TO_FINAL, &AFTER_FINAL].concat()
}
