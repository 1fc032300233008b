//! The Lambda service on one machine: hosts the shipped function binaries as child processes behind the Lambda
//! Runtime API.
//!
//! Like Lambda, an instance handles one invocation at a time, is started on demand, is used again while it lives, and
//! is killed when it passes its time-out. Unlike Lambda, a synchronous call beyond the concurrency waits in a queue
//! instead of being throttled at once, instances are not frozen between invocations, and there is no response
//! streaming. Limits on the size of an event are the front door's.
//!
//! An invocation never depends on its caller: whoever stops waiting for an answer does not stop the function.

mod invocation;
mod pool;
mod process;
mod server;

pub use invocation::InvokeError;

use std::{collections::HashMap, io, path::PathBuf, sync::Arc, time::Duration};

use bytes::Bytes;
use tokio::net::TcpListener;

use pool::{Pool, Site};

/// One function: which binary runs, with what around it.
#[derive(Debug, Clone)]
pub struct Function {
    /// Name, which is also a segment of the Runtime API's path and the name of the log file.
    pub name: String,
    /// The bootstrap binary.
    pub binary: PathBuf,
    /// The whole environment, next to the variables that Lambda itself sets; nothing is inherited.
    pub env: Vec<(String, String)>,
    /// How long one invocation may take before its instance is killed.
    pub timeout: Duration,
    /// Most instances at a time.
    pub concurrency: usize,
}

/// A handle on the running service; clones share it.
#[derive(Clone)]
pub struct Lambda {
    pools: Arc<HashMap<String, Arc<Pool>>>,
}

impl Lambda {
    /// Serves the Runtime API on `listener` (loopback only) for `functions`, whose output goes to `<log_dir>/<name>.log`.
    ///
    /// No process starts before the first invocation.
    pub fn start(listener: TcpListener, functions: Vec<Function>, log_dir: PathBuf) -> io::Result<Self> {
        let address = listener.local_addr()?;
        if !address.ip().is_loopback() {
            return Err(io::Error::other("the Runtime API listens on loopback only"));
        }
        std::fs::create_dir_all(&log_dir)?;
        let pools: HashMap<String, Arc<Pool>> = functions
            .into_iter()
            .map(|function| {
                let site = Site {
                    // Without the scheme, `http::Uri` refuses an authority that a path follows
                    runtime_api: format!("http://{address}/{}", function.name),
                    log: log_dir.join(format!("{}.log", function.name)),
                };
                (function.name.clone(), Arc::new(Pool::new(function, site)))
            })
            .collect();
        let pools = Arc::new(pools);
        tokio::spawn(server::serve(listener, Arc::clone(&pools)));
        Ok(Self { pools })
    }

    /// Hands `event` to an instance of `function` and waits for its answer.
    ///
    /// Once polled, the invocation goes on to its end even if this future is dropped.
    pub async fn invoke(&self, function: &str, event: Vec<u8>) -> Result<Bytes, InvokeError> {
        let pool = self.pools.get(function).ok_or(InvokeError::UnknownFunction)?;
        let answer = pool.enqueue(event.into())?;
        answer.await.unwrap_or(Err(InvokeError::Crashed))
    }

    /// Kills every instance of `function`, at work or idle, and returns when those processes are gone.
    ///
    /// What was at work ends as [`InvokeError::Crashed`]; what comes next starts anew.
    pub async fn kill(&self, function: &str) -> Result<(), InvokeError> {
        let pool = self.pools.get(function).ok_or(InvokeError::UnknownFunction)?;
        let killed = pool.kill();
        while pool.has_any(&killed) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok(())
    }

    /// Kills every instance, fails what is queued or running, and returns when all processes are gone.
    pub async fn stop(&self) {
        for pool in self.pools.values() {
            pool.close();
        }
        for pool in self.pools.values() {
            while !pool.is_empty() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
    }
}
