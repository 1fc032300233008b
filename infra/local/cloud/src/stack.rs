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
use fude_target::{Account, Service, Target};
use fude_wire::{Endpoints, Wire};
use tokio::net::TcpListener;

use crate::elsewhere;
use crate::settings::{CLIENT, ISSUER, Names, POOL};
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
    pub names: Names,
    /// Of what stands elsewhere; of the stand-ins where nothing does.
    pub account: Account,
    pub front_port: u16,
    pub wire: Option<Wire>,
    lambda: Lambda,
    database: Option<Database>,
}

/// The stand-in of DynamoDB, and how to end it in order.
struct Database {
    stop: tokio::sync::oneshot::Sender<()>,
    serving: tokio::task::JoinHandle<()>,
}

/// Base URLs of the services, stand-ins or not.
#[derive(Clone, Debug)]
pub struct Addresses {
    pub bedrock: String,
    pub s3: String,
    pub dynamodb: String,
    /// The table's stream.
    pub streams: String,
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
    pub async fn start(
        state: &Path,
        target: &Target,
        (front, port): (Front, u16),
        wired: bool,
    ) -> Result<Self, String> {
        eprintln!("starting stand-ins, functions and front door …");
        let account = if target.is_empty() { Account::local() } else { elsewhere::account()? };
        let names = if target.is_empty() { Names::local() } else { elsewhere::names(state)? };
        let houses: Vec<Hospital> =
            HOUSES.iter().map(|h| Hospital { id: h.id.to_owned(), organisation: h.organisation.to_owned() }).collect();
        let pki = Pki::open(state, &houses).map_err(|e| e.to_string())?;
        let kms =
            Kms::open(&fude_standin_kms::Config { state_file: state.join("kms.json") }).map_err(|e| e.to_string())?;
        keep_log_key(state, &kms)?;
        let cognito = open_cognito(state)?;
        let (bedrock_at, bedrock) = listen().await?;
        let (kms_at, kms_url) = listen().await?;
        let (cognito_at, cognito_url) = listen().await?;
        keep("bedrock", Bedrock::new().serve(bedrock_at));
        keep("kms", kms.clone().serve(kms_at));
        keep("cognito", cognito.clone().serve(cognito_at));
        elsewhere::make(target, &names, &account).await?;
        let s3 = match &target.s3 {
            Some(elsewhere) => elsewhere.clone(),
            None => serve_s3(state, &names).await?,
        };
        let (dynamodb, database) = match &target.dynamodb {
            Some(elsewhere) => (elsewhere.clone(), None),
            None => serve_database(state, &names).await.map(|(address, database)| (address, Some(database)))?,
        };
        let streams = target.streams().unwrap_or_else(|| dynamodb.clone());
        let address = Addresses { bedrock, s3, dynamodb, streams, kms: kms_url, cognito: cognito_url };

        let stores = seed::Stores {
            dynamodb: aws_sdk_dynamodb::Client::new(&seed::sdk(&address.dynamodb, &account)),
            s3: aws_sdk_s3::Client::new(&seed::sdk(&address.s3, &account)),
            names: &names,
        };
        seed::all(&stores, &pki, &kms).await?;

        let (lambda_at, _) = listen().await?;
        let wire = if wired { Some(wire(&address).await?) } else { None };
        let functions = functions(&address, (&names, &account), wire.as_ref())?;
        let lambda = Lambda::start(lambda_at, functions, state.join("log")).map_err(|e| e.to_string())?;
        if let Some(wire) = &wire {
            wire.attach(lambda.clone());
        }
        let streams = Service::dynamodb(&address.streams, &account);
        stream((streams, &names.table), &lambda, state, wire.clone());
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
        Ok(Self { pki, kms, cognito, address, names, account, front_port, wire, lambda, database })
    }

    /// `https://localhost:8443`
    pub fn api(&self) -> String {
        format!("https://localhost:{}", self.front_port)
    }

    /// Ends functions and database in order; everything else may end at any moment.
    pub async fn stop(self) {
        self.lambda.stop().await;
        if let Some(Database { stop, serving }) = self.database {
            _ = stop.send(());
            _ = tokio::time::timeout(Duration::from_secs(5), serving).await;
        }
    }

    /// The key whose HMAC names staged records of a hospital.
    pub fn staging_key(&self, hospital: &str) -> [u8; 32] {
        seed::staging_key(&self.kms, hospital)
    }
}

async fn serve_s3(state: &Path, names: &Names) -> Result<String, String> {
    let bucket = |(name, object_lock): (&str, bool)| fude_standin_s3::Bucket {
        name: name.to_owned(),
        object_lock,
        versioned: true,
    };
    let server = fude_standin_s3::Server::open(&fude_standin_s3::Config {
        root: state.join("s3"),
        meta: state.join("s3-meta"),
        buckets: names.buckets().map(bucket).to_vec(),
    })
    .map_err(|e| e.to_string())?;
    let (listener, address) = listen().await?;
    keep("s3", server.serve(listener));
    Ok(address)
}

async fn serve_database(state: &Path, names: &Names) -> Result<(String, Database), String> {
    let database = DynamoDb::open(state, &names.table).map_err(|e| e.to_string())?;
    let (listener, address) = listen().await?;
    let (stop, stopping) = tokio::sync::oneshot::channel::<()>();
    let serving = tokio::spawn(async move {
        let ended = database.serve(listener, async { _ = stopping.await }).await;
        if let Err(error) = ended {
            tracing::error!(%error, server = "dynamodb", "a stand-in ended");
        }
    });
    Ok((address, Database { stop, serving }))
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
fn functions(
    address: &Addresses,
    (names, account): (&Names, &Account),
    wire: Option<&Wire>,
) -> Result<Vec<Function>, String> {
    let own = [
        ("FUDE_TABLE", names.table.as_str()),
        ("FUDE_RECORDS_BUCKET", &names.records),
        ("FUDE_DOCUMENTS_BUCKET", &names.documents),
        ("FUDE_AUDIT_BUCKET", &names.audit),
        ("FUDE_MAC_KEY_ID", fude_standin_kms::MAC_ALIAS),
        ("FUDE_LOG_KEY_ID", fude_standin_kms::LOG_ALIAS),
    ];
    let own = own.into_iter().map(|(name, value)| (name, value.to_owned()));
    let env: Vec<(String, String)> =
        account.variables().into_iter().chain(own).map(|(name, value)| (name.to_owned(), value)).collect();
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
    let function = |name: &str, seconds: u64, concurrency: usize| -> Result<Function, String> {
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
fn stream((streams, table): (Service, &str), lambda: &Lambda, state: &Path, wire: Option<Wire>) {
    // Over the wire, a test decides when a schedule's time has come
    let interval = Duration::from_secs(if wire.is_some() { 86_400 } else { 30 });
    let poller = Poller {
        streams,
        table: table.to_owned(),
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
