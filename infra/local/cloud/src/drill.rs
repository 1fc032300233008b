//! `drill`: what an operator must be able to do on the worst day, done on an installation of its own, and timed.
//!
//! Two losses. All state is gone: a backup brings it back, and every byte is what was signed. The table alone is put
//! back to an older moment: the log notices and stops, drafting goes on, and the published log is replayed into it.

mod files;
mod running;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::settings;
use files::{copy, table_from};
use running::{Running, tool, verified};

/// The schedule comes every 30 s, and a log that stands still a while takes the next one.
const PATIENCE: Duration = Duration::from_secs(100);

pub async fn run(state: &Path) -> Result<(), String> {
    let own = settings::prepare(state)?;
    let folder = own.join("drill");
    if folder.exists() {
        // Left by a drill that was stopped; holds nothing but what drills made
        std::fs::remove_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    }
    std::fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    println!("restore drill, on an installation of its own in {}", folder.display());
    let drill = Drill { live: folder.join("live"), backup: folder.join("backup"), log: folder.join("drill.log") };
    let began = Instant::now();
    drill.all().await.map_err(|e| format!("the drill failed: {e}; its files are in {}", folder.display()))?;
    println!("done in {:.1} s", began.elapsed().as_secs_f32());
    std::fs::remove_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))
}

struct Drill {
    live: PathBuf,
    backup: PathBuf,
    /// What the stacks printed.
    log: PathBuf,
}

/// Says what is done, and when it is, how long it took.
async fn timed<T>(what: &str, work: impl Future<Output = Result<T, String>>) -> Result<T, String> {
    eprintln!("{what} …");
    let began = Instant::now();
    let done = work.await.map_err(|e| format!("{what}: {e}"))?;
    println!("{:>7.1} s  {what}", began.elapsed().as_secs_f32());
    Ok(done)
}

impl Drill {
    async fn all(&self) -> Result<(), String> {
        let mut stack = timed("start", Running::start(&self.live, &self.log, None)).await?;
        let token = stack.caller.token.clone();
        let (kept, final_) = timed("draft two documents and finalise one", async {
            let (kept, final_) = (stack.draft().await?, stack.draft().await?);
            stack.finalise(&final_).await?;
            stack.in_log(&final_, 4, PATIENCE).await?;
            Ok((kept, final_))
        })
        .await?;
        let before = [stack.seen(&kept).await?, stack.seen(&final_).await?];
        stack.stop().await?;

        timed("back up all state", async { copy(&self.live, &self.backup) }).await?;
        timed("verify the backup", verified(&self.backup)).await?;
        timed("destroy all state and restore it", async {
            std::fs::remove_dir_all(&self.live).map_err(|e| e.to_string())?;
            copy(&self.backup, &self.live)
        })
        .await?;
        stack = timed("start on what was restored", Running::start(&self.live, &self.log, Some(token.clone()))).await?;
        timed("read both documents: the bytes of before", async {
            same(&before, &[stack.seen(&kept).await?, stack.seen(&final_).await?])
        })
        .await?;

        let lost = timed("draft a third, finalise it, revise the first", async {
            let lost = stack.draft().await?;
            stack.finalise(&lost).await?;
            stack.revise(&kept, "追記一").await?;
            stack.in_log(&lost, 4, PATIENCE).await?;
            stack.in_log(&kept, 3, PATIENCE).await?;
            Ok(lost)
        })
        .await?;
        let before = [stack.seen(&kept).await?, stack.seen(&final_).await?, stack.seen(&lost).await?];
        stack.stop().await?;
        timed("put the table alone back to the backup", async { table_from(&self.backup, &self.live) }).await?;
        timed("verify: objects and log are what they were", verified(&self.live)).await?;
        stack = timed("start on the older table", Running::start(&self.live, &self.log, Some(token))).await?;
        let new = timed("the log stops, drafting goes on", async {
            let new = stack.draft().await?;
            stack.revise(&kept, "追記二").await?;
            stack.log_stopped(PATIENCE).await?;
            if stack.status(&lost).await? != 404 {
                return Err("the third document should be gone from the table".to_owned());
            }
            Ok(new)
        })
        .await?;

        let state = self.live.to_string_lossy().into_owned();
        let dry = tool("fude-admin", &["recover", "--state", &state]).await?;
        if dry.status != Some(1) {
            return Err(format!("a dry run should find something to do:\n{}", dry.printed));
        }
        let recovered =
            timed("recover the table from the log", tool("fude-admin", &["recover", "--state", &state, "--apply"]))
                .await?;
        print!("{}", indented(&recovered.printed));
        if recovered.status != Some(0) || !recovered.printed.contains("moved aside") {
            return Err(format!("fude-admin ended with {:?}", recovered.status));
        }
        timed("read all three: the log's versions stand again", async {
            same(&before, &[stack.seen(&kept).await?, stack.seen(&final_).await?, stack.seen(&lost).await?])
        })
        .await?;
        timed("the log goes on with what waited, and with a new draft", async {
            stack.in_log(&new, 2, PATIENCE).await?;
            let newest = stack.draft().await?;
            stack.in_log(&newest, 2, PATIENCE).await
        })
        .await?;
        let again = tool("fude-admin", &["recover", "--state", &state]).await?;
        if again.status != Some(0) {
            return Err(format!("a second recovery should find nothing to do:\n{}", again.printed));
        }
        stack.stop().await?;
        timed("verify everything", verified(&self.live)).await
    }
}

/// What must be as before. Reasons and exact times of the table stand in no log: they go with the table.
fn same(before: &[Value], after: &[Value]) -> Result<(), String> {
    let essence = |seen: &Value| {
        let mut seen = seen.clone();
        let metadata = &mut seen["metadata"];
        metadata["createdAt"].take();
        for step in metadata["history"].as_array_mut().into_iter().flatten() {
            *step = json!([step["version"], step["action"], step["revision"], step["by"], step["contentSha256"]]);
        }
        seen
    };
    for (before, after) in before.iter().zip(after) {
        let (before, after) = (essence(before), essence(after));
        if before != after {
            let members = before["metadata"].as_object().into_iter().flatten();
            let differing: Vec<&String> =
                members.filter(|(name, value)| after["metadata"][name.as_str()] != **value).map(|(n, _)| n).collect();
            return Err(format!("a document is not what it was; metadata differ in {differing:?}"));
        }
    }
    Ok(())
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("           {line}\n")).collect()
}
