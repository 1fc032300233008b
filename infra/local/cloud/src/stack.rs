//! Starts everything and holds it together: stand-ins, functions, front door, stream.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use fude_front::{Config as FrontConfig, Front, FrontDoor, Hospital, InvokeError, Pki, TokenRules};
use fude_standin_bedrock::Bedrock;
use fude_standin_cognito::{Cognito, UserSeed};
use fude_standin_dynamodb::{DynamoDb, Poller, keep_schedule};
use fude_standin_kms::Kms;
use fude_standin_lambda::{Function, Lambda};
use fude_wire::{Endpoints, Wire};
use tokio::net::TcpListener;

use crate::settings::{ACCESS_KEY, AUDIT, CLIENT, DOCUMENTS, ISSUER, POOL, RECORDS, REGION, SECRET_KEY, TABLE};
use crate::staff::{self, HOUSES, MAIN_JOB_USER};
use crate::{
    seed,
    staff::{House, User},
};

/// The running local cloud.
pub struct Stack {
    pub pki: Pki,
    pub kms: Kms,
    pub cognito: Cognito,
    pub address: Addresses,
    pub front_port: u16,
    pub wire: Option<Wire>,
    lambda: Lambda,
    stop_database: Option<tokio::sync::oneshot::Sender<()>>,
    database: tokio::task::JoinHandle<()>,
}

/// Base URLs of the stand-ins.
#[derive(Clone, Debug)]
pub struct Addresses {
    pub bedrock: String,
    pub s3: String,
    pub dynamodb: String,
    pub kms: String,
    pub cognito: String,
}

async fn listen() -> Result<(TcpListener, String), String> {
    let listener = TcpListener::bind("127.0.0.1:0").await.map_err(|e| format!("no port is free: {e}"))?;
    let address = listener.local_addr().map_err(|e| e.to_string())?;
    Ok((listener, format!("http://{address}")))
}

/// A task that must not end; where it does, the log says so.
fn keep<F: Future<Output = Result<(), E>> + Send + 'static, E: std::fmt::Display>(name: &'static str, task: F) {
    tokio::spawn(async move {
        if let Err(error) = task.await {
            tracing::error!(%error, server = name, "a stand-in ended");
        }
    });
}

/// Leaves the public key where `fude-verify` finds it when the stack is down: `log-public-key`, in hex.
fn keep_log_key(state: &Path, kms: &Kms) -> Result<(), String> {
    let file = state.join("log-public-key");
    std::fs::write(&file, hex::encode(kms.log_public_key())).map_err(|e| format!("{}: {e}", file.display()))
}

impl Stack {
    pub async fn start(state: &Path, front: Front, port: u16, wired: bool) -> Result<Self, String> {
        eprintln!("starting stand-ins, functions and front door …");
        let houses: Vec<Hospital> =
            HOUSES.iter().map(|h| Hospital { id: h.id.to_owned(), organisation: h.organisation.to_owned() }).collect();
        let pki = Pki::open(state, &houses).map_err(|e| e.to_string())?;
        let kms =
            Kms::open(&fude_standin_kms::Config { state_file: state.join("kms.json") }).map_err(|e| e.to_string())?;
        keep_log_key(state, &kms)?;
        let cognito = open_cognito(state)?;
        let database = DynamoDb::open(state, TABLE).map_err(|e| e.to_string())?;
        let s3 = fude_standin_s3::Server::open(&fude_standin_s3::Config {
            root: state.join("s3"),
            meta: state.join("s3-meta"),
            buckets: [(RECORDS, false), (DOCUMENTS, true), (AUDIT, true)]
                .into_iter()
                .map(|(name, object_lock)| fude_standin_s3::Bucket {
                    name: name.to_owned(),
                    object_lock,
                    versioned: true,
                })
                .collect(),
        })
        .map_err(|e| e.to_string())?;

        let (bedrock_at, bedrock) = listen().await?;
        let (s3_at, s3_url) = listen().await?;
        let (dynamodb_at, dynamodb) = listen().await?;
        let (kms_at, kms_url) = listen().await?;
        let (cognito_at, cognito_url) = listen().await?;
        let address = Addresses { bedrock, s3: s3_url, dynamodb, kms: kms_url, cognito: cognito_url };
        keep("bedrock", Bedrock::new().serve(bedrock_at));
        keep("s3", s3.serve(s3_at));
        keep("kms", kms.clone().serve(kms_at));
        keep("cognito", cognito.clone().serve(cognito_at));
        let (stop_database, stopping) = tokio::sync::oneshot::channel::<()>();
        let served = database.clone();
        let serving = tokio::spawn(async move {
            let ended = served.serve(dynamodb_at, async { _ = stopping.await }).await;
            if let Err(error) = ended {
                tracing::error!(%error, server = "dynamodb", "a stand-in ended");
            }
        });

        seed::all(&address, &pki, &kms).await?;

        let (lambda_at, _) = listen().await?;
        let wire = if wired { Some(wire(&address).await?) } else { None };
        let functions = functions(&address, wire.as_ref())?;
        let lambda = Lambda::start(lambda_at, functions, state.join("log")).map_err(|e| e.to_string())?;
        if let Some(wire) = &wire {
            wire.attach(lambda.clone());
        }
        stream(&database, &lambda, state, wire.clone());
        let (front_at, front_port) = front_listener(port).await?;
        let door = FrontDoor::new(FrontConfig {
            front,
            pki: pki.clone(),
            token: TokenRules::new(ISSUER, CLIENT, &cognito.jwks().to_string()).map_err(|e| e.to_string())?,
            invoke: invoke(&lambda),
            time_limit: Duration::from_secs(29),
            access_log: Box::new(access_log(state)?),
        })
        .map_err(|e| e.to_string())?;
        tokio::spawn(async move { door.serve(front_at).await });
        Ok(Self {
            pki,
            kms,
            cognito,
            address,
            front_port,
            wire,
            lambda,
            stop_database: Some(stop_database),
            database: serving,
        })
    }

    /// `https://localhost:8443`
    pub fn api(&self) -> String {
        format!("https://localhost:{}", self.front_port)
    }

    /// Ends functions and database in order; everything else may end at any moment.
    pub async fn stop(mut self) {
        self.lambda.stop().await;
        if let Some(stop) = self.stop_database.take() {
            _ = stop.send(());
        }
        _ = tokio::time::timeout(Duration::from_secs(5), self.database).await;
    }

    /// The key whose HMAC names staged records of a hospital.
    pub fn staging_key(&self, hospital: &str) -> [u8; 32] {
        seed::staging_key(&self.kms, hospital)
    }
}

fn open_cognito(state: &Path) -> Result<Cognito, String> {
    let seed = |house: &House, user: &User| UserSeed {
        name: user.name.to_owned(),
        groups: staff::groups(house.id, user.role),
    };
    let mut users: Vec<UserSeed> = HOUSES.iter().flat_map(|h| h.users.iter().map(move |u| seed(h, u))).collect();
    users.push(seed(&HOUSES[0], &MAIN_JOB_USER));
    Cognito::open(fude_standin_cognito::Config {
        state_file: state.join("cognito.json"),
        pool_id: POOL.to_owned(),
        client_id: CLIENT.to_owned(),
        issuer: ISSUER.to_owned(),
        users,
    })
    .map_err(|e| format!("the user pool cannot be opened: {e}"))
}

/// A wire in front of the services that functions call.
async fn wire(address: &Addresses) -> Result<Wire, String> {
    let Addresses { bedrock, s3, dynamodb, kms, .. } = address.clone();
    Wire::start(&FUNCTIONS, &Endpoints { bedrock, s3, dynamodb, kms })
        .await
        .map_err(|e| format!("no port is free: {e}"))
}

/// A binary of this build.
pub fn binary(name: &str) -> Result<PathBuf, String> {
    let folder = match std::env::var_os("FUDE_BIN") {
        Some(folder) => PathBuf::from(folder),
        None => std::env::current_exe()
            .ok()
            .and_then(|exe| exe.parent().map(PathBuf::from))
            .ok_or("the folder of the binaries cannot be found")?,
    };
    let binary = folder.join(name);
    if binary.is_file() {
        Ok(binary)
    } else {
        Err(format!("{} is not built; start with `cargo run`", binary.display()))
    }
}

const FUNCTIONS: [&str; 4] = ["generate-document", "fetch-document", "finalize-document", "audit-writer"];

/// The real binaries with the environment that the template gives them, endpoints by the SDK's own variables.
fn functions(address: &Addresses, wire: Option<&Wire>) -> Result<Vec<Function>, String> {
    let env: Vec<(String, String)> = [
        ("AWS_REGION", REGION),
        ("AWS_ACCESS_KEY_ID", ACCESS_KEY),
        ("AWS_SECRET_ACCESS_KEY", SECRET_KEY),
        ("FUDE_TABLE", TABLE),
        ("FUDE_RECORDS_BUCKET", RECORDS),
        ("FUDE_DOCUMENTS_BUCKET", DOCUMENTS),
        ("FUDE_AUDIT_BUCKET", AUDIT),
        ("FUDE_MAC_KEY_ID", fude_standin_kms::MAC_ALIAS),
        ("FUDE_LOG_KEY_ID", fude_standin_kms::LOG_ALIAS),
    ]
    .into_iter()
    .map(|(k, v)| (k.to_owned(), v.to_owned()))
    .collect();
    let endpoints = |function: &str| {
        let Addresses { bedrock, s3, dynamodb, kms, .. } = address.clone();
        let own = wire.and_then(|w| w.endpoints(function)).cloned();
        let own = own.unwrap_or(Endpoints { bedrock, s3, dynamodb, kms });
        [
            ("AWS_ENDPOINT_URL_BEDROCK_RUNTIME".to_owned(), own.bedrock),
            ("AWS_ENDPOINT_URL_S3".to_owned(), own.s3),
            ("AWS_ENDPOINT_URL_DYNAMODB".to_owned(), own.dynamodb),
            ("AWS_ENDPOINT_URL_KMS".to_owned(), own.kms),
        ]
    };
    let function = |name: &str, seconds: u64, concurrency: usize| {
        Ok(Function {
            name: name.to_owned(),
            binary: binary(name)?,
            env: env.iter().cloned().chain(endpoints(name)).collect(),
            timeout: Duration::from_secs(seconds),
            concurrency,
        })
    };
    let [generate, fetch, finalize, audit] = FUNCTIONS;
    Ok(vec![
        function(generate, 60, 24)?,
        function(fetch, 20, 12)?,
        function(finalize, 30, 12)?,
        function(audit, 60, 2)?,
    ])
}

fn invoke(lambda: &Lambda) -> fude_front::Invoke {
    let lambda = lambda.clone();
    Arc::new(move |function: String, event: Vec<u8>| {
        let lambda = lambda.clone();
        Box::pin(async move {
            lambda.invoke(&function, event).await.map_err(|error| {
                use fude_standin_lambda::InvokeError as E;
                tracing::warn!(function, %error, "an invocation failed");
                match error {
                    E::Throttled => InvokeError::Throttled,
                    E::TimedOut => InvokeError::TimedOut,
                    _ => InvokeError::Failed,
                }
            })
        })
    })
}

/// Events reach `audit-writer` from the stream, and from the schedule what a stream lost; another schedule has
/// `finalize-document` set the locks that a crash left open.
fn stream(database: &DynamoDb, lambda: &Lambda, state: &Path, wire: Option<Wire>) {
    // Over the wire, a test decides when a schedule's time has come
    let interval = Duration::from_secs(if wire.is_some() { 86_400 } else { 30 });
    let poller = Poller {
        database: database.clone(),
        state: state.to_owned(),
        failures: state.join("stream-failures"),
        interval,
    };
    let (locks, lambda) = (lambda.clone(), lambda.clone());
    tokio::spawn(keep_schedule("lock-sweep", interval, move |event| {
        let lambda = locks.clone();
        async move { lambda.invoke("finalize-document", event).await.map_err(|e| e.to_string()) }
    }));
    tokio::spawn(poller.run(move |event| {
        let (lambda, loses) = (lambda.clone(), wire.as_ref().is_some_and(Wire::stream_loses));
        async move {
            if loses {
                return Ok(Vec::new().into());
            }
            lambda.invoke("audit-writer", event).await.map_err(|e| e.to_string())
        }
    }));
}

/// The wished port, or any that is free.
async fn front_listener(port: u16) -> Result<(TcpListener, u16), String> {
    let wished = SocketAddr::from(([127, 0, 0, 1], port));
    let listener = match TcpListener::bind(wished).await {
        Ok(listener) => listener,
        Err(_) => TcpListener::bind("127.0.0.1:0").await.map_err(|e| format!("no port is free: {e}"))?,
    };
    let port = listener.local_addr().map_err(|e| e.to_string())?.port();
    Ok((listener, port))
}

fn access_log(state: &Path) -> Result<std::fs::File, String> {
    std::fs::File::options()
        .create(true)
        .append(true)
        .open(state.join("log/access.log"))
        .map_err(|e| format!("the access log cannot be written: {e}"))
}
