//! `fude-admin change-log-key`: a hospital's log is closed, and the next one goes on under another key.
//!
//! The act is one transaction: head and closing entry, which names the new key, where nothing moved since. `audit-writer`
//! publishes the end and opens the next log with the end's checkpoint and the old key. So a crash here leaves the log as
//! it was, or closed; a closed one is opened by whoever writes next.

use std::time::{Duration, Instant};

use aws_sdk_kms::error::DisplayErrorContext;
use aws_sdk_kms::types::{KeySpec, KeyUsageType};
use fude::audit::{Head, LogClosing, LogName};

use crate::place::Place;
use crate::recover::table::Table;
use crate::recover::{Outcome, Stop, log};

/// How long the next log is waited for: twice what lies between two sweeps of the writer.
const PATIENCE: Duration = Duration::from_secs(130);
const PAUSE: Duration = Duration::from_millis(500);
/// How often another commit may come between.
const MOST_RACES: u32 = 20;

/// One run.
pub struct ChangeKey<'p> {
    pub place: &'p Place,
    /// Id or ARN of the key to come; a new one is made where it is absent.
    pub new_key_id: Option<String>,
    pub apply: bool,
}

impl ChangeKey<'_> {
    pub async fn hospitals(&self, named: &[String]) -> Result<Outcome, String> {
        let logs = log::logs(self.place).await.map_err(|e| e.to_string())?;
        let known = |hospital: &String| logs.iter().any(|log| log.hospital() == hospital);
        if let Some(strange) = named.iter().find(|hospital| !known(hospital)) {
            return Err(format!("{strange}: there is no log, so no key to change"));
        }
        let mut hospitals: Vec<&str> = logs.iter().map(LogName::hospital).collect();
        hospitals.dedup();
        hospitals.retain(|hospital| named.is_empty() || named.iter().any(|name| name == hospital));
        if hospitals.is_empty() {
            return Err("there is no log".to_owned());
        }
        let mut standing = Vec::new();
        for hospital in hospitals {
            standing.push(self.standing(hospital).await.map_err(|e| e.to_string())?);
        }
        if !self.apply {
            for (log, head) in &standing {
                let next = log.next();
                let key = self.new_key_id.as_deref().unwrap_or("a new key");
                println!("{log}: to be closed at {} entries; {next} goes on under {key}", head.size() + 1);
            }
            return Ok(Outcome::Left);
        }
        let new = match &self.new_key_id {
            Some(id) => id.clone(),
            None => self.create().await?,
        };
        let mut outcome = Outcome::Agrees;
        for (log, _) in standing {
            outcome = outcome.max(self.change(&log, &new).await?);
        }
        Ok(outcome)
    }

    /// The log that goes on.
    async fn standing(&self, hospital: &str) -> Result<(LogName, Head), Stop> {
        let table = Table::new(self.place);
        let mut log = LogName::first(hospital);
        let mut head = table.head(&log).await?.unwrap_or_else(Head::empty);
        while head.next_key_id.is_some() {
            let Some(next) = table.head(&log.next()).await? else { break };
            (log, head) = (log.next(), next);
        }
        Ok((log, head))
    }

    async fn create(&self) -> Result<String, String> {
        let request = self.place.kms.create_key().key_spec(KeySpec::EccNistEdwards25519);
        let request = request.key_usage(KeyUsageType::SignVerify).description("Fude: signs the log of events");
        let made = request.send().await.map_err(|e| format!("KMS CreateKey failed: {}", DisplayErrorContext(&e)))?;
        let id = made.key_metadata.and_then(|key| key.arn).ok_or("KMS CreateKey told no name of the key")?;
        println!("made the key {id}");
        Ok(id)
    }

    async fn change(&self, log: &LogName, new: &str) -> Result<Outcome, String> {
        let told = |error: Stop| error.to_string();
        let table = Table::new(self.place);
        let (key, new_id) = self.place.log_key(&log.next(), new).await?;
        for _ in 0..MOST_RACES {
            let (current, head) = self.standing(log.hospital()).await.map_err(told)?;
            if current != *log || head.next_key_id.is_some() {
                return Err(format!("{log}: it was closed already; the next event opens {}", log.next()));
            }
            if log::is_beyond(self.place, log, head.size()).await.map_err(told)? {
                return Err(format!(
                    "{log}: the table is behind the log (E_HEAD_BEHIND): run fude-admin recover first"
                ));
            }
            let own = head.key_id.as_deref().unwrap_or(&self.place.log_key_id);
            let (own_key, own_id) = self.place.log_key(log, own).await?;
            if own_key.public_key() == key.public_key() {
                return Err(format!("{log}: {new} is the key that it has"));
            }
            if head.published == head.size() {
                let closing = LogClosing::new(log, key.public_key(), &new_id);
                let (after, sequence) = closing.close(&head, &own_id).map_err(|e| e.to_string())?;
                if table.close(log, &head, &after, &sequence).await.map_err(told)? {
                    println!(
                        "{log}: closed at {} entries, signed by {}",
                        after.size(),
                        hex::encode(own_key.public_key())
                    );
                    return self.opened(&log.next(), &hex::encode(key.public_key())).await;
                }
            }
            // An event came between, or is not published yet
            tokio::time::sleep(PAUSE).await;
        }
        Err(format!("{log}: events come all the time, or wait to be published: nothing was changed; try again"))
    }

    /// Waits until the next log begins.
    async fn opened(&self, next: &LogName, key: &str) -> Result<Outcome, String> {
        let table = Table::new(self.place);
        let began = Instant::now();
        eprintln!("{next}: waiting for audit-writer to open it");
        while began.elapsed() < PATIENCE {
            let head = table.head(next).await.map_err(|e| e.to_string())?;
            if head.is_some_and(|head| head.published > 0) {
                println!("{next}: goes on, signed by {key}; tell it to whoever keeps checkpoints");
                return Ok(Outcome::Agrees);
            }
            tokio::time::sleep(PAUSE).await;
        }
        println!("{next}: not opened yet; the next event, or the next sweep of audit-writer, does it, signed by {key}");
        Ok(Outcome::Left)
    }
}
