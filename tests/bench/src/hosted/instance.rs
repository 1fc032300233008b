//! One process on a Runtime API of its own, and what it used so far.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use bytes::Bytes;
use rustix::process::{Pid, Signal, kill_process};
use tokio::runtime::Handle;

use super::runtime_api::{RuntimeApi, Told};

/// A process that says nothing for so long has failed.
const PATIENCE: Duration = Duration::from_secs(180);

/// What is started, and with what around it.
#[derive(Clone)]
pub struct Program {
    pub name: String,
    /// Program and arguments.
    pub command: Vec<String>,
    /// The whole environment, next to the variables that Lambda itself sets.
    pub environment: Vec<(String, String)>,
}

impl Program {
    /// The same under another program, such as `strace`.
    pub fn under(&self, tracer: &[String]) -> Self {
        Self { command: tracer.iter().chain(&self.command).cloned().collect(), ..self.clone() }
    }
}

pub struct Instance {
    child: Child,
    api: RuntimeApi,
    pub started: Instant,
    name: String,
}

/// What a process used since its start.
#[derive(Clone, Copy)]
pub struct Usage {
    pub cpu_ms: f64,
    /// `VmHWM`
    pub peak_kb: u64,
    /// Pages that the kernel had to put in their place, none of them from a disk.
    pub page_faults: u64,
}

impl Instance {
    /// Starts it, with its output in `log`, and waits until it asks for an event.
    pub fn start(program: &Program, runtime: &Handle, log: &Path) -> Result<Self, String> {
        let api = RuntimeApi::open(runtime)?;
        let out = fs::File::options().create(true).append(true).open(log);
        let out = out.map_err(|e| format!("{}: {e}", log.display()))?;
        let (first, rest) = program.command.split_first().ok_or("there is no program")?;
        let mut command = Command::new(first);
        command
            .args(rest)
            .env_clear()
            .envs(program.environment.iter().map(|(name, value)| (name, value)))
            .env("AWS_LAMBDA_RUNTIME_API", &api.address)
            .env("AWS_LAMBDA_FUNCTION_NAME", &program.name)
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{}", program.name))
            .env("AWS_LAMBDA_LOG_STREAM_NAME", "bench")
            .env("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")
            .stdin(Stdio::null())
            .stdout(out.try_clone().map_err(|e| e.to_string())?)
            .stderr(out);
        let started = Instant::now();
        let child = command.spawn().map_err(|e| format!("{first} cannot be started: {e}"))?;
        let mut instance = Self { child, api, started, name: program.name.clone() };
        instance.asked()?;
        Ok(instance)
    }

    /// Hands it an event; its answer, and how long that took. Returns when it asks for the next one.
    pub fn invoke(&mut self, event: &[u8]) -> Result<(Bytes, Duration), String> {
        let handed = Instant::now();
        self.api.hand(Bytes::copy_from_slice(event))?;
        let (answer, took) = match self.told()? {
            Told::Answered(answer, when) => (answer, when - handed),
            Told::Failed(error) => return Err(format!("{} failed: {}", self.name, String::from_utf8_lossy(&error))),
            Told::Asked => return Err(format!("{} asked for an event before it answered", self.name)),
        };
        self.asked()?;
        Ok((answer, took))
    }

    /// CPU of all threads that live, and the most memory that was ever resident.
    pub fn usage(&self) -> Result<Usage, String> {
        // It asked a moment ago, and goes to sleep now
        std::thread::sleep(Duration::from_millis(3));
        let folder = format!("/proc/{}", self.child.id());
        let read = |path: String| fs::read_to_string(&path).map_err(|e| format!("{path}: {e}"));
        let mut nanoseconds = 0;
        for task in fs::read_dir(format!("{folder}/task")).map_err(|e| format!("{folder}: {e}"))? {
            let task = task.map_err(|e| e.to_string())?.path();
            // A thread may end between the two
            let Ok(times) = fs::read_to_string(task.join("schedstat")) else { continue };
            nanoseconds += times.split(' ').next().and_then(|n| n.parse::<u64>().ok()).unwrap_or(0);
        }
        let status = read(format!("{folder}/status"))?;
        let peak = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).and_then(|l| l.split_whitespace().next());
        let peak_kb = peak.and_then(|n| n.parse().ok()).ok_or("the kernel names no VmHWM")?;
        // The tenth, behind the name of the program, which may hold anything
        let stat = read(format!("{folder}/stat"))?;
        let faults = stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(7)?.parse().ok());
        let page_faults = faults.ok_or("the kernel names no page faults")?;
        Ok(Usage { cpu_ms: nanoseconds as f64 / 1e6, peak_kb, page_faults })
    }

    /// Ends it in order, so that a tracer writes what it has, and waits until it is gone.
    pub fn end(mut self) -> Result<(), String> {
        let own = self.child.id();
        // A tracer that has a process of its own ends with that
        let children = fs::read_to_string(format!("/proc/{own}/task/{own}/children")).unwrap_or_default();
        let traced = children.split_whitespace().next().and_then(|id| id.parse().ok());
        let process = traced.or(i32::try_from(own).ok()).and_then(Pid::from_raw).ok_or("a process has an id")?;
        kill_process(process, Signal::TERM).map_err(|e| e.to_string())?;
        let began = Instant::now();
        while self.child.try_wait().map_err(|e| e.to_string())?.is_none() {
            if began.elapsed() > Duration::from_secs(20) {
                return Err(format!("{} does not end", self.name));
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        Ok(())
    }

    fn asked(&mut self) -> Result<(), String> {
        match self.told()? {
            Told::Asked => Ok(()),
            Told::Failed(error) => Err(format!("{} does not start: {}", self.name, String::from_utf8_lossy(&error))),
            Told::Answered(..) => Err(format!("{} answered twice", self.name)),
        }
    }

    fn told(&mut self) -> Result<Told, String> {
        let began = Instant::now();
        loop {
            match self.api.told.recv_timeout(Duration::from_millis(200)) {
                Ok(told) => return Ok(told),
                Err(RecvTimeoutError::Disconnected) => return Err("the Runtime API is gone".to_owned()),
                Err(RecvTimeoutError::Timeout) => {}
            }
            if let Some(status) = self.child.try_wait().map_err(|e| e.to_string())? {
                return Err(format!("{} ended with {status}; see its log", self.name));
            }
            if began.elapsed() > PATIENCE {
                return Err(format!("{} says nothing; see its log", self.name));
            }
        }
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        // Gone already where it was ended in order
        _ = self.child.kill();
        _ = self.child.wait();
    }
}
