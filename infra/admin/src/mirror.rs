//! `fude-admin mirror`: a copy of both buckets of evidence in the folders that `fude-verify --state` reads, for an
//! auditor or a hospital that wants to hold its own.
//!
//! Copied are all versions, delete markers, locks and descriptions. The source is only read. What was copied once stays
//! as it was: where the source changed or lost it, that is told and the copy kept.
//!
//! Order: checkpoints, then all else of the logs, then documents, so that everything that a copied checkpoint covers
//! is copied even while the functions go on writing.

mod folder;
mod key;
mod logged;
mod pins;
mod record;
mod source;
mod tally;

use std::collections::BTreeSet;
use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use fude::audit::UtcMillis;
use fude_aws::clients::cause;
use fude_verify::{Demands, Printed, Sink as _};
use serde::Deserialize;
use tokio::task::JoinSet;

use folder::{Bucket, Folder, Kept, Origin, Wanted};
use key::Run;
use logged::Logged;
use source::Source;
use tally::{Tally, Told};

/// Keys under way at a time.
const AT_ONCE: usize = 16;
/// After so long without a word, progress is told to who waits.
const SILENCE: Duration = Duration::from_secs(2);
/// A finalisation sets its locks at once after its event.
const LOCK_WAITS: u32 = 3;

#[derive(clap::Args)]
pub struct MirrorArgs {
    /// Folder of the copy; made where it is not there
    #[arg(long)]
    to: PathBuf,
    /// Folder of a running stack on this machine: takes address, buckets and key from its ready.json
    #[arg(long, conflicts_with_all = ["audit_bucket", "documents_bucket"])]
    state: Option<PathBuf>,
    /// Bucket of the log
    #[arg(long, env = "FUDE_AUDIT_BUCKET", required_unless_present = "state")]
    audit_bucket: Option<String>,
    /// Bucket of the documents
    #[arg(long, env = "FUDE_DOCUMENTS_BUCKET", required_unless_present = "state")]
    documents_bucket: Option<String>,
    /// Public key of the log, 64 hex characters, from a place of its own: checks the checkpoints, and is left beside the
    /// copy for `fude-verify`
    #[arg(long)]
    key: Option<String>,
    /// Then check the copy as `fude-verify --state` does, against --key
    #[arg(long)]
    verify: bool,
    #[command(flatten)]
    options: Options,
}

#[derive(Debug, Clone, Copy, clap::Args)]
pub struct Options {
    /// Also ask again for the lock of every version of the log (those of final documents are asked for at each run)
    #[arg(long)]
    locks: bool,
    /// Also read every version again, and compare bytes, description and lock with the copy
    #[arg(long)]
    bytes: bool,
}

/// Why a run ended early.
#[derive(Debug, thiserror::Error)]
pub enum Stop {
    #[error("{operation} failed: {cause}")]
    Unavailable { operation: &'static str, cause: String },
    #[error("S3 listed a version without key or time")]
    Listing,
    #[error("{path}: {1}", path = .0.display())]
    Disk(PathBuf, std::io::Error),
    #[error("{path} is a copy of the buckets {1} and {2}: give another --to", path = .0.display())]
    OtherSource(PathBuf, String, String),
    #[error("{} holds something else than a copy: give an empty or new folder", .0.display())]
    NoCopy(PathBuf),
    #[error("another run is copying into {}", .0.display())]
    Busy(PathBuf),
    #[error("{0}")]
    Usage(String),
}

impl Stop {
    fn unavailable(operation: &'static str, error: &dyn std::error::Error) -> Self {
        Self::Unavailable { operation, cause: cause(error) }
    }
}

/// The part of `ready.json` that tells where to read.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Ready {
    s3: String,
    buckets: Origin,
    log_public_key: String,
}

/// Copies, prints what there is to tell, and returns the exit status.
pub async fn run(args: &MirrorArgs) -> Result<u8, Stop> {
    let (source, origin, key) = open(args)?;
    let keys = read_keys(key.as_deref())?;
    if args.verify && keys.is_empty() {
        return Err(Stop::Usage("--verify needs the public key of the log: give --key".to_owned()));
    }
    let folder = Folder::open(&args.to, &origin)?;
    let run = Run { source, folder, options: args.options, began: now() };
    let mut mirror = Mirror { run: Arc::new(run), tally: Tally::default(), told: Instant::now() };
    if let Some(key) = &key {
        mirror.leave_key(key.trim())?;
    }
    mirror.logs().await?;
    mirror.documents().await?;
    let Tally { keys: seen, versions, copied, bytes, locks, waiting, .. } = mirror.tally;
    println!("{versions} versions of {seen} keys: {copied} copied ({bytes} bytes), {locks} locks brought up to date");
    if waiting > 0 {
        println!("{waiting} objects of final documents wait for their event in the log: the next run takes them");
    }
    println!("newest checkpoints, to be kept elsewhere and given to fude-verify:");
    for line in pins::lines(&mirror.run.folder, &keys)? {
        println!("  {line}");
    }
    println!("{}", mirror.tally.verdict());
    let copied = mirror.tally.status();
    if !args.verify {
        return Ok(copied);
    }
    Ok(match (copied, verified(&args.to, origin, keys)) {
        (1, _) | (_, 1) => 1,
        (copied, verified) => copied.max(verified),
    })
}

/// Reads the copy as an auditor does.
fn verified(state: &Path, Origin { documents, audit }: Origin, keys: Vec<[u8; 32]>) -> u8 {
    let demands = Demands { now_ms: now().unix_ms(), log_days: None, mode: None, strict: true };
    let (state, hospital, pins) = (state.to_owned(), None, Vec::new());
    let options = fude_verify::Options { state, documents, audit, keys, hospital, pins, demands };
    let mut printed = Printed::new();
    if let Err(error) = fude_verify::verify(&options, &mut printed) {
        printed.unreadable(&error.to_string());
    }
    printed.end()
}

fn open(args: &MirrorArgs) -> Result<(Source, Origin, Option<String>), Stop> {
    let Some(state) = &args.state else {
        let name =
            |name: &Option<String>| name.clone().ok_or_else(|| Stop::Usage("both buckets are needed".to_owned()));
        let origin = Origin { documents: name(&args.documents_bucket)?, audit: name(&args.audit_bucket)? };
        let sdk = fude_aws::clients::sdk_config();
        return Ok((Source::new(&sdk, origin.clone()), origin, args.key.clone()));
    };
    let file = state.join("ready.json");
    let text =
        std::fs::read(&file).map_err(|e| Stop::Usage(format!("{}: {e}; is the stack running?", file.display())))?;
    let ready: Ready = serde_json::from_slice(&text).map_err(|e| Stop::Usage(format!("{}: {e}", file.display())))?;
    let source = Source::new(&crate::place::local_sdk(&ready.s3), ready.buckets.clone());
    Ok((source, ready.buckets, Some(args.key.clone().unwrap_or(ready.log_public_key))))
}

/// One key, or several where the log changed its key.
fn read_keys(text: Option<&str>) -> Result<Vec<[u8; 32]>, Stop> {
    let read = |word: &str| {
        let mut key = [0; 32];
        hex::decode_to_slice(word, &mut key).map(|()| key)
    };
    let keys: Result<_, _> = text.unwrap_or_default().split_whitespace().map(read).collect();
    keys.map_err(|_| Stop::Usage("--key is 64 hex characters".to_owned()))
}

/// What is copied in one go.
struct Part {
    bucket: Bucket,
    /// Listed in the source, and the folder of the copy that holds all of it.
    prefix: String,
    folder: String,
    wanted: Box<Wanted>,
}

struct Mirror {
    run: Arc<Run>,
    tally: Tally,
    told: Instant,
}

impl Mirror {
    /// The key that came with the first run stays; another is told of, one more is added.
    fn leave_key(&mut self, key: &str) -> Result<(), Stop> {
        let path = self.run.folder.root().join("log-public-key");
        let kept = std::fs::read_to_string(&path).unwrap_or_default();
        if key.starts_with(kept.trim()) {
            return if key == kept.trim() { Ok(()) } else { self.run.folder.replace(&path, key.as_bytes()) };
        }
        self.tally.tell(Told::Changed, "log-public-key", &format!("{} in the copy, {key} now", kept.trim()));
        self.print();
        Ok(())
    }

    fn print(&mut self) {
        for line in std::mem::take(&mut self.tally.lines) {
            println!("{line}");
        }
    }

    /// Checkpoints first: what they cover was written before them.
    async fn logs(&mut self) -> Result<(), Stop> {
        let bucket = Bucket::Audit;
        let kept = self.run.folder.names(bucket, "")?;
        let mut logs: BTreeSet<String> = kept.into_iter().filter(|name| name.ends_with('/')).collect();
        logs.extend(self.run.source.folders(bucket).await?);
        for log in &logs {
            let of_log = log.clone();
            let wanted: Box<Wanted> = Box::new(move |path| path.strip_prefix(&of_log).is_some_and(is_checkpoint));
            let part = Part { bucket, prefix: format!("{log}checkpoint"), folder: log.clone(), wanted };
            self.part(&part, None).await?;
        }
        // A log that began since has no copied checkpoint, and waits for the next run
        let wanted: Box<Wanted> = Box::new(move |path| match path.split_once('/') {
            Some((log, below)) => logs.contains(&format!("{log}/")) && !is_checkpoint(below),
            None => true,
        });
        self.part(&Part { bucket, prefix: String::new(), folder: String::new(), wanted }, None).await
    }

    async fn documents(&mut self) -> Result<(), Stop> {
        let logged = Logged::read(&self.run.folder, self.run.began)?;
        let everything: Box<Wanted> = Box::new(|_| true);
        let part = Part { bucket: Bucket::Documents, prefix: String::new(), folder: String::new(), wanted: everything };
        self.part(&part, Some(&logged)).await
    }

    /// Walks source and copy side by side, both in the order of keys.
    async fn part(&mut self, part: &Part, logged: Option<&Logged>) -> Result<(), Stop> {
        let run = Arc::clone(&self.run);
        let mut listing = run.source.list(part.bucket, &part.prefix);
        let mut walk = run.folder.walk(part.bucket, &part.folder, &*part.wanted)?;
        let mut kept = walk.next_key()?;
        let mut working = JoinSet::new();
        // Just finalised: the locks come after the event
        let mut unlocked = Vec::new();
        loop {
            let listed = listing.next_key().await?;
            if listed.as_ref().is_some_and(|(key, _)| !(part.wanted)(key)) {
                continue;
            }
            while let Some(gone) = kept.take_if(|kept| listed.as_ref().is_none_or(|(key, _)| *kept < *key)) {
                self.take(&mut working, part.bucket, gone, Vec::new()).await?;
                kept = walk.next_key()?;
            }
            let Some((key, versions)) = listed else { break };
            self.tally.keys += 1;
            self.tally.versions += versions.len() as u64;
            if kept.as_ref() == Some(&key) {
                kept = walk.next_key()?;
            } else if let Some(logged) = logged {
                if logged.lacks(&key, &versions) {
                    self.tally.waiting += 1;
                    continue;
                }
                if key.starts_with("final/") {
                    unlocked.push(key.clone());
                }
            }
            self.take(&mut working, part.bucket, key, versions).await?;
        }
        while let Some(done) = working.join_next().await {
            self.tally.add(done.expect("a key is taken or the run ends")?);
        }
        self.locks_follow(part.bucket, unlocked).await
    }

    /// Sets to work on a key, and waits while too many are under way.
    async fn take(
        &mut self,
        working: &mut JoinSet<Result<Tally, Stop>>,
        bucket: Bucket,
        key: String,
        listed: Vec<source::Listed>,
    ) -> Result<(), Stop> {
        self.progress(bucket);
        while working.len() >= AT_ONCE {
            let done = working.join_next().await.expect("some are under way");
            self.tally.add(done.expect("a key is taken or the run ends")?);
        }
        let run = Arc::clone(&self.run);
        working.spawn(async move {
            match run.folder.record(bucket, &key)? {
                Kept::Nothing => run.take(bucket, &key, &listed, None).await,
                Kept::Record(record) => run.take(bucket, &key, &listed, Some(record)).await,
                Kept::Damaged => {
                    let mut tally = Tally::default();
                    let path = format!("s3-meta/{}/{key}.json", bucket.name());
                    tally.tell(Told::Unread, &path, "the copy's own record is damaged: remove it to copy the key anew");
                    Ok(tally)
                }
            }
        });
        Ok(())
    }

    async fn locks_follow(&mut self, bucket: Bucket, mut keys: Vec<String>) -> Result<(), Stop> {
        for wait in 0..LOCK_WAITS {
            let mut left = Vec::new();
            for key in keys {
                if !self.run.locks_follow(bucket, &key, &mut self.tally).await? {
                    left.push(key);
                }
            }
            keys = left;
            if keys.is_empty() {
                return Ok(());
            }
            if wait + 1 < LOCK_WAITS {
                tokio::time::sleep(Duration::from_secs(2)).await;
            }
        }
        println!(
            "{} objects below final/ have no lock, as an amendment under way: the next run asks again",
            keys.len()
        );
        Ok(())
    }

    fn progress(&mut self, bucket: Bucket) {
        if self.told.elapsed() < SILENCE {
            return;
        }
        self.told = Instant::now();
        let end = if std::io::stderr().is_terminal() { "\r" } else { "\n" };
        let Tally { keys, copied, bytes, .. } = &self.tally;
        eprint!("{}: {keys} keys looked at, {copied} versions copied, {bytes} bytes{end}", bucket.name());
        _ = std::io::stderr().flush();
    }
}

/// Below the folder of a log.
fn is_checkpoint(path: &str) -> bool {
    path == "checkpoint" || path.starts_with("checkpoints/")
}

fn now() -> UtcMillis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UtcMillis::from_unix_ms(i64::try_from(since.as_millis()).unwrap_or(0)).expect("a clock of this age")
}
