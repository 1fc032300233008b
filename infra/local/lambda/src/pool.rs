//! The instances of one function and the invocations that wait for them.
//!
//! Everything happens under one lock, never held across an await. An instance leaves the pool in one place only,
//! [`Pool::ended`], when its process is gone; so nobody hears of a crash or a time-out while the process still runs.

use std::{
    collections::{HashMap, VecDeque},
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard},
    time::{Duration, Instant},
};

use bytes::Bytes;
use tokio::sync::{Notify, oneshot};
use uuid::Uuid;

use crate::{
    Function,
    invocation::{Answer, Invocation, InvokeError, Work},
    process,
};

/// Most invocations that wait for an instance.
const QUEUE_LIMIT: usize = 1000;
/// So many failed starts in a row fail what waits, instead of trying for ever.
const FAILED_STARTS_LIMIT: u32 = 3;
/// Failed starts further apart than this are not "in a row".
const FAILED_STARTS_WINDOW: Duration = Duration::from_mins(1);

/// Where a function's instances find the Runtime API and leave their output.
pub(crate) struct Site {
    /// Base address without the instance's own segment.
    pub runtime_api: String,
    pub log: PathBuf,
}

pub(crate) struct Pool {
    pub function: Function,
    pub site: Site,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Invocation>,
    instances: HashMap<String, Instance>,
    /// Instances in phase `Waiting`, the most recently used last.
    waiting: Vec<String>,
    failed_starts: u32,
    last_failed_start: Option<Instant>,
    closed: bool,
}

struct Instance {
    phase: Phase,
    kill: Arc<Notify>,
}

enum Phase {
    /// Started, has not asked for an event yet.
    Starting,
    /// Its poll for the next event is open.
    Waiting(oneshot::Sender<Work>),
    Running(Running),
    /// Has answered this request and not polled again yet, which a runtime does at once.
    Between(String),
    /// About to be killed, over its time or for another reason; whoever still waits for it hears so when it is gone.
    Doomed(Option<oneshot::Sender<Answer>>),
}

struct Running {
    request: String,
    answer: oneshot::Sender<Answer>,
}

impl Pool {
    pub fn new(function: Function, site: Site) -> Self {
        Self { function, site, state: Mutex::default() }
    }

    /// Queues `event`; the receiver gets the answer.
    pub fn enqueue(self: &Arc<Self>, event: Bytes) -> Result<oneshot::Receiver<Answer>, InvokeError> {
        let mut state = self.state();
        if state.closed {
            return Err(InvokeError::Crashed);
        }
        if state.queue.len() >= QUEUE_LIMIT {
            return Err(InvokeError::Throttled);
        }
        let (invocation, answer) = Invocation::new(event);
        state.queue.push_back(invocation);
        self.dispatch(&mut state);
        Ok(answer)
    }

    /// The instance asks for its next event; none for an instance that is not (or no longer) of this pool.
    pub fn next(self: &Arc<Self>, instance: &str) -> Option<oneshot::Receiver<Work>> {
        let mut guard = self.state();
        let state = &mut *guard;
        let entry = state.instances.get_mut(instance)?;
        let (sender, receiver) = oneshot::channel();
        if matches!(entry.phase, Phase::Doomed(..)) {
            return None;
        }
        match std::mem::replace(&mut entry.phase, Phase::Waiting(sender)) {
            Phase::Starting => state.failed_starts = 0,
            // It went on without an answer, which no well-behaved runtime does
            Phase::Running(running) => {
                let _ = running.answer.send(Err(InvokeError::Crashed));
            }
            Phase::Waiting(_) | Phase::Between(_) | Phase::Doomed(..) => {}
        }
        state.waiting.retain(|id| id != instance);
        state.waiting.push(instance.to_owned());
        self.dispatch(state);
        Some(receiver)
    }

    /// The instance answers `request`; false if it has no such request open.
    pub fn answer(&self, instance: &str, request: &str, answer: Answer) -> bool {
        let mut state = self.state();
        let Some(entry) = state.instances.get_mut(instance) else {
            return false;
        };
        if !matches!(&entry.phase, Phase::Running(running) if running.request == request) {
            return false;
        }
        if let Phase::Running(running) = std::mem::replace(&mut entry.phase, Phase::Between(request.to_owned())) {
            let _ = running.answer.send(answer);
        }
        true
    }

    /// The instance says that it cannot start; it is killed, and counts as a failed start.
    pub fn start_failed(&self, instance: &str) {
        if let Some(entry) = self.state().instances.get(instance) {
            entry.kill.notify_one();
        }
    }

    pub fn is_starting(&self, instance: &str) -> bool {
        self.state().instances.get(instance).is_some_and(|entry| matches!(entry.phase, Phase::Starting))
    }

    /// The instance's process is gone.
    pub fn ended(self: &Arc<Self>, instance: &str) {
        let mut guard = self.state();
        let state = &mut *guard;
        state.waiting.retain(|id| id != instance);
        match state.instances.remove(instance).map(|entry| entry.phase) {
            Some(Phase::Starting) => self.count_failed_start(state),
            Some(Phase::Running(running)) => {
                tracing::error!(function = self.function.name, log = %self.site.log.display(),
                    request.id = running.request, "function died during an invocation");
                let _ = running.answer.send(Err(InvokeError::Crashed));
            }
            Some(Phase::Doomed(Some(answer))) => {
                let _ = answer.send(Err(InvokeError::TimedOut));
            }
            Some(Phase::Doomed(None) | Phase::Waiting(_) | Phase::Between(_)) | None => {}
        }
        self.dispatch(state);
    }

    /// Kills every instance there is now; none of them is handed another event. Returns their names.
    pub fn kill(&self) -> Vec<String> {
        let mut guard = self.state();
        let state = &mut *guard;
        state.waiting.clear();
        for entry in state.instances.values_mut() {
            if !matches!(entry.phase, Phase::Running(_) | Phase::Doomed(_)) {
                entry.phase = Phase::Doomed(None);
            }
            entry.kill.notify_one();
        }
        state.instances.keys().cloned().collect()
    }

    pub fn has_any(&self, instances: &[String]) -> bool {
        let state = self.state();
        instances.iter().any(|id| state.instances.contains_key(id))
    }

    /// Takes no more events, fails what waits and kills every instance.
    pub fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        for invocation in state.queue.drain(..) {
            invocation.end(Err(InvokeError::Crashed));
        }
        for entry in state.instances.values() {
            entry.kill.notify_one();
        }
    }

    /// No process is left.
    pub fn is_empty(&self) -> bool {
        self.state().instances.is_empty()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nothing panics while it holds the pool")
    }

    /// Gives what waits to idle instances and starts new ones for the rest, as far as the concurrency allows.
    fn dispatch(self: &Arc<Self>, state: &mut State) {
        while !state.queue.is_empty() {
            let Some(id) = state.waiting.pop() else { break };
            self.hand_over(state, &id);
        }
        let free_soon = |entry: &&Instance| matches!(entry.phase, Phase::Starting | Phase::Between(_));
        let coming = state.instances.values().filter(free_soon).count();
        let room = self.function.concurrency.saturating_sub(state.instances.len());
        for _ in 0..state.queue.len().saturating_sub(coming).min(room) {
            self.start_instance(state);
        }
    }

    /// Hands the first waiting invocation to `instance`, or leaves it first in the queue if the poll is gone.
    fn hand_over(self: &Arc<Self>, state: &mut State, instance: &str) {
        let Some(entry) = state.instances.get_mut(instance) else {
            return;
        };
        let Some(Invocation { id, event, answer }) = state.queue.pop_front() else {
            return;
        };
        let Phase::Waiting(poll) = std::mem::replace(&mut entry.phase, Phase::Between(id.clone())) else {
            unreachable!("only waiting instances are listed as waiting")
        };
        match poll.send(Work::new(id.clone(), event, self.function.timeout)) {
            Ok(()) => {
                self.watch_time(instance.to_owned(), id.clone());
                entry.phase = Phase::Running(Running { request: id, answer });
            }
            Err(Work { id, event, .. }) => state.queue.push_front(Invocation { id, event, answer }),
        }
    }

    fn start_instance(self: &Arc<Self>, state: &mut State) {
        let id = Uuid::new_v4().to_string();
        let kill = Arc::new(Notify::new());
        state.instances.insert(id.clone(), Instance { phase: Phase::Starting, kill: Arc::clone(&kill) });
        tokio::spawn(process::run(Arc::clone(self), id, kill));
    }

    /// Kills the instance if, when the function's time is over, it is not done with `request`.
    fn watch_time(self: &Arc<Self>, instance: String, request: String) {
        let pool = Arc::clone(self);
        tokio::spawn(async move {
            tokio::time::sleep(pool.function.timeout).await;
            let mut state = pool.state();
            let Some(entry) = state.instances.get_mut(&instance) else {
                return;
            };
            match &entry.phase {
                Phase::Running(running) if running.request == request => {}
                Phase::Between(answered) if *answered == request => {}
                _ => return,
            }
            tracing::error!(function = pool.function.name, log = %pool.site.log.display(), request.id = request,
                "function timed out");
            entry.kill.notify_one();
            if let Phase::Running(running) = std::mem::replace(&mut entry.phase, Phase::Doomed(None)) {
                entry.phase = Phase::Doomed(Some(running.answer));
            }
        });
    }

    fn count_failed_start(&self, state: &mut State) {
        if state.last_failed_start.is_none_or(|last| last.elapsed() > FAILED_STARTS_WINDOW) {
            state.failed_starts = 0;
        }
        state.last_failed_start = Some(Instant::now());
        state.failed_starts += 1;
        if state.failed_starts >= FAILED_STARTS_LIMIT {
            tracing::error!(function = self.function.name, log = %self.site.log.display(),
                failed_starts = state.failed_starts, "function does not start; see its log");
            for invocation in state.queue.drain(..) {
                invocation.end(Err(InvokeError::Crashed));
            }
        }
    }
}
