//! The Lambda Runtime API (version 2018-06-01) for one process, which is handed event after event and watched between
//! them: unlike the local cloud's, it tells when the process asked, so that what happened until then can be measured.

use std::sync::mpsc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use bytes::Bytes;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::Mutex;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// How long any invocation may take; under valgrind a second becomes a minute.
const TIMEOUT: Duration = Duration::from_mins(10);

/// What the process did.
pub enum Told {
    /// It asked for its next event.
    Asked,
    Answered(Bytes, Instant),
    /// It reported an error, of its start or of an invocation.
    Failed(Bytes),
}

/// The two ends: what the process tells, and what it is handed.
pub struct RuntimeApi {
    /// `127.0.0.1:PORT`, as `AWS_LAMBDA_RUNTIME_API` names it.
    pub address: String,
    pub told: mpsc::Receiver<Told>,
    events: UnboundedSender<Bytes>,
    server: tokio::task::JoinHandle<()>,
}

struct Server {
    tell: mpsc::Sender<Told>,
    events: Mutex<UnboundedReceiver<Bytes>>,
}

type Shared = State<std::sync::Arc<Server>>;

impl RuntimeApi {
    pub fn open(runtime: &Handle) -> Result<Self, String> {
        let (tell, told) = mpsc::channel();
        let (events, waiting) = unbounded_channel();
        let listener =
            runtime.block_on(TcpListener::bind("127.0.0.1:0")).map_err(|e| format!("no port is free: {e}"))?;
        let address = listener.local_addr().map_err(|e| e.to_string())?.to_string();
        let app = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{request}/response", post(answered))
            .route("/2018-06-01/runtime/invocation/{request}/error", post(failed))
            .route("/2018-06-01/runtime/init/error", post(failed))
            .layer(DefaultBodyLimit::max(16 * 1024 * 1024))
            .with_state(std::sync::Arc::new(Server { tell, events: Mutex::new(waiting) }));
        let server = runtime.spawn(async move {
            if let Err(error) = axum::serve(listener, app).await {
                eprintln!("a Runtime API stopped: {error}");
            }
        });
        Ok(Self { address, told, events, server })
    }

    pub fn hand(&self, event: Bytes) -> Result<(), String> {
        self.events.send(event).map_err(|_| "the Runtime API is gone".to_owned())
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn next(State(server): Shared) -> Response {
    // Nobody listens any more once a process has been measured
    _ = server.tell.send(Told::Asked);
    let Some(event) = server.events.lock().await.recv().await else {
        return StatusCode::GONE.into_response();
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let headers = [
        ("content-type", "application/json".to_owned()),
        ("lambda-runtime-aws-request-id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd".to_owned()),
        ("lambda-runtime-deadline-ms", (now + TIMEOUT).as_millis().to_string()),
        ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:ap-northeast-1:000000000000:function:bench".to_owned()),
        ("lambda-runtime-trace-id", "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=0".to_owned()),
    ];
    (headers, event).into_response()
}

async fn answered(State(server): Shared, body: Bytes) -> StatusCode {
    _ = server.tell.send(Told::Answered(body, Instant::now()));
    StatusCode::ACCEPTED
}

async fn failed(State(server): Shared, body: Bytes) -> StatusCode {
    _ = server.tell.send(Told::Failed(body));
    StatusCode::ACCEPTED
}
