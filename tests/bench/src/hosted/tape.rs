//! The calls of a function to AWS and their answers: recorded on their way to the stand-ins, and played back to whoever
//! makes the same calls again. So a peer's conditional write succeeds like the first one, and nothing is written twice.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use tokio::net::TcpListener;
use tokio::runtime::Handle;

use super::Bench;
use super::cloud::agent;
use super::instance::{Instance, Program};
use super::work::Work;

/// Headers that concern one hop.
const HOP: [&str; 5] = ["connection", "content-length", "expect", "host", "transfer-encoding"];
const LIMIT: usize = 64 * 1024 * 1024;

/// One call and its answer.
#[derive(Clone)]
pub struct Exchange {
    /// As in `AWS_ENDPOINT_URL_…`.
    pub service: &'static str,
    pub method: String,
    /// Path and query.
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
    /// When it arrived, and when its answer was there.
    pub began: Instant,
    pub ended: Instant,
    status: u16,
    answer_headers: Vec<(String, String)>,
    answer: Bytes,
}

impl Exchange {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// What a call is told apart by when it is played back.
    fn key(service: &str, method: &str, target: &str, operation: Option<&str>) -> String {
        // Of a bucket, some SDKs end the path with a slash
        let path = target.split('?').next().unwrap_or(target).trim_end_matches('/');
        format!("{service} {method} {} {}", operation.map_or(path, |_| "/"), operation.unwrap_or_default())
    }
}

/// What a function asked of AWS in the first call of its process and in a later one.
pub struct Recorded {
    pub cold: Vec<Exchange>,
    pub warm: Vec<Exchange>,
}

impl Recorded {
    pub fn of(bench: &Bench, program: &Program, work: &mut Work) -> Result<Self, String> {
        let tape = Tape::record(&program.environment, bench.runtime)?;
        let mut instance = bench.start(&Program { environment: tape.environment.clone(), ..program.clone() })?;
        let mut take = |instance: &mut Instance, first: bool| {
            let answer = instance.invoke(&work.event(first)?)?.0;
            work.answered(&answer)?;
            Ok::<_, String>(tape.taken())
        };
        let cold = take(&mut instance, true)?;
        take(&mut instance, false)?;
        Ok(Self { cold, warm: take(&mut instance, false)? })
    }
}

/// A running tape; its servers end with the program.
pub struct Tape {
    heard: Arc<Mutex<Vec<Exchange>>>,
    /// Variables that lead a function's calls over it.
    pub environment: Vec<(String, String)>,
}

enum Mode {
    /// Passes on to this address.
    Record(String, Arc<Mutex<Vec<Exchange>>>),
    /// Answers in turn, for ever.
    Play(Mutex<BTreeMap<String, (Vec<Exchange>, usize)>>),
}

impl Tape {
    /// In front of the services that this environment names.
    pub fn record(environment: &[(String, String)], runtime: &Handle) -> Result<Self, String> {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let mut own = environment.to_vec();
        for (name, value) in &mut own {
            if let Some(service) = service(name) {
                *value = serve(service, Mode::Record(value.clone(), Arc::clone(&heard)), runtime)?;
            }
        }
        Ok(Self { heard, environment: own })
    }

    /// What was recorded since the last time.
    pub fn taken(&self) -> Vec<Exchange> {
        std::mem::take(&mut *self.heard.lock().expect("nothing panics while it holds the tape"))
    }

    /// Servers that answer these calls as they were answered.
    pub fn play(
        exchanges: &[Exchange],
        environment: &[(String, String)],
        runtime: &Handle,
    ) -> Result<Vec<(String, String)>, String> {
        let mut own = environment.to_vec();
        for (name, value) in &mut own {
            let Some(service) = service(name) else { continue };
            let mut answers: BTreeMap<String, (Vec<Exchange>, usize)> = BTreeMap::new();
            for exchange in exchanges.iter().filter(|e| e.service == service) {
                let operation = exchange.header("x-amz-target");
                let key = Exchange::key(service, &exchange.method, &exchange.target, operation);
                answers.entry(key).or_default().0.push(exchange.clone());
            }
            *value = serve(service, Mode::Play(Mutex::new(answers)), runtime)?;
        }
        Ok(own)
    }
}

fn service(variable: &str) -> Option<&'static str> {
    Some(match variable {
        "AWS_ENDPOINT_URL_BEDROCK_RUNTIME" => "bedrock-runtime",
        "AWS_ENDPOINT_URL_S3" => "s3",
        "AWS_ENDPOINT_URL_DYNAMODB" => "dynamodb",
        "AWS_ENDPOINT_URL_KMS" => "kms",
        _ => return None,
    })
}

fn serve(service: &'static str, mode: Mode, runtime: &Handle) -> Result<String, String> {
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).map_err(|e| format!("no port is free: {e}"))?;
    let address = listener.local_addr().map_err(|e| e.to_string())?;
    let app = Router::new()
        .fallback(move |State(mode): State<Arc<Mode>>, request: Request| answer(service, mode, request))
        .layer(DefaultBodyLimit::disable())
        .with_state(Arc::new(mode));
    runtime.spawn(async move { axum::serve(listener, app).await });
    Ok(format!("http://{address}"))
}

async fn answer(service: &'static str, mode: Arc<Mode>, request: Request) -> Response {
    let began = Instant::now();
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, LIMIT).await else { return StatusCode::BAD_REQUEST.into_response() };
    let text = |(name, value): (&axum::http::HeaderName, &axum::http::HeaderValue)| {
        Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
    };
    let call = Exchange {
        service,
        method: parts.method.as_str().to_owned(),
        target: parts.uri.path_and_query().map_or("/", |p| p.as_str()).to_owned(),
        headers: parts.headers.iter().filter_map(text).collect(),
        body,
        began,
        ended: began,
        status: 0,
        answer_headers: Vec::new(),
        answer: Bytes::new(),
    };
    match &*mode {
        Mode::Record(behind, heard) => {
            let address = behind.clone();
            let passed = tokio::task::spawn_blocking(move || pass(&address, call)).await;
            match passed.map_err(|e| e.to_string()).and_then(|p| p) {
                Ok(exchange) => {
                    let response = spoken(&exchange);
                    heard.lock().expect("nothing panics while it holds the tape").push(exchange);
                    response
                }
                Err(why) => (StatusCode::BAD_GATEWAY, why).into_response(),
            }
        }
        Mode::Play(answers) => {
            let key = Exchange::key(service, &call.method, &call.target, call.header("x-amz-target"));
            let mut answers = answers.lock().expect("nothing panics while it holds the tape");
            let Some((known, next)) = answers.get_mut(&key) else {
                // What peers fail by; a refusal that was recorded is an answer
                return (StatusCode::NOT_IMPLEMENTED, format!("nobody recorded {key}")).into_response();
            };
            *next += 1;
            spoken(&known[(*next - 1) % known.len()])
        }
    }
}

fn spoken(exchange: &Exchange) -> Response {
    let mut response = Response::builder().status(exchange.status);
    for (name, value) in &exchange.answer_headers {
        response = response.header(name, value);
    }
    response.body(Body::from(exchange.answer.clone())).unwrap_or_else(|e| e.to_string().into_response())
}

fn pass(behind: &str, mut call: Exchange) -> Result<Exchange, String> {
    let mut request =
        ureq::http::Request::builder().method(call.method.as_str()).uri(format!("{behind}{}", call.target));
    for (name, value) in call.headers.iter().filter(|(name, _)| !HOP.contains(&name.as_str())) {
        request = request.header(name, value);
    }
    let sent = if call.body.is_empty() && call.method != "PUT" && call.method != "POST" {
        agent(false).run(request.body(()).map_err(|e| e.to_string())?)
    } else {
        agent(false).run(request.body(call.body.to_vec()).map_err(|e| e.to_string())?)
    };
    let mut answer = sent.map_err(|e| e.to_string())?;
    call.status = answer.status().as_u16();
    let text = |(name, value): (&ureq::http::HeaderName, &ureq::http::HeaderValue)| {
        Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
    };
    call.answer_headers = answer.headers().iter().filter_map(text).collect();
    call.answer_headers.retain(|(name, _)| !HOP.contains(&name.as_str()));
    let body = answer.body_mut().with_config().limit(LIMIT as u64).read_to_vec();
    call.answer = body.map_err(|e| e.to_string())?.into();
    call.ended = Instant::now();
    Ok(call)
}
