//! The table, created where it is missing, and its HTTP server.

use std::{future::Future, io, path::Path, thread};

use dynoxide::{Database, DynoxideError, storage::Storage};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::oneshot};

/// `dynoxide` finds a stream's newest number, at every write, and its next records, at every poll, by reading the whole
/// stream; with this index it needs not.
const STREAM_INDEX: &str = "CREATE INDEX IF NOT EXISTS fude_stream_order
    ON _stream_records (table_name, CAST(sequence_number AS INTEGER))";

/// Why the database cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("the state folder's path is not UTF-8")]
    Path,
    #[error("the state folder cannot be made")]
    Folder(#[from] io::Error),
    #[error("the database cannot be opened or its table cannot be made")]
    Engine(#[from] DynoxideError),
    #[error("the table's definition is refused")]
    Definition(#[from] serde_json::Error),
    #[error("the stream cannot be indexed: {0}")]
    StreamIndex(String),
}

/// Why the server ended.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error("DynamoDB listens on loopback only")]
    NotLoopback,
    #[error("the listener cannot be used")]
    Listener(#[from] io::Error),
    #[error("the server ended: {0}")]
    Ended(String),
}

/// One table in `<state>/dynamodb.sqlite`; clones share it.
///
/// A write is on disk before it is answered (write-ahead log, synced at every commit), so a killed process loses
/// nothing that it had confirmed.
#[derive(Clone)]
pub struct DynamoDb {
    engine: Database,
}

impl DynamoDb {
    /// Opens or makes the database below `state`, and in it `table` if it is missing.
    pub fn open(state: &Path, table: &str) -> Result<Self, OpenError> {
        std::fs::create_dir_all(state)?;
        let file = state.join("dynamodb.sqlite");
        let file = file.to_str().ok_or(OpenError::Path)?;
        Storage::new(file)?
            .conn()
            .execute_batch(STREAM_INDEX)
            .map_err(|error| OpenError::StreamIndex(error.to_string()))?;
        let engine = Database::new(file)?;
        match engine.create_table(serde_json::from_value(definition(table))?) {
            Ok(_) | Err(DynoxideError::ResourceInUseException(_)) => Ok(Self { engine }),
            Err(error) => Err(error.into()),
        }
    }

    /// Answers DynamoDB requests on `listener` until `shutdown` resolves or the returned future is dropped.
    ///
    /// The engine does its work, disk included, on the thread that reads the request; so it gets one of its own, and
    /// nothing else in this process waits for it.
    pub async fn serve(
        &self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send,
    ) -> Result<(), ServeError> {
        if !listener.local_addr()?.ip().is_loopback() {
            return Err(ServeError::NotLoopback);
        }
        let listener = listener.into_std()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let engine = self.engine.clone();
        let (stop, stopped) = oneshot::channel::<()>();
        let (end, ended) = oneshot::channel();
        thread::Builder::new().name("dynamodb".into()).spawn(move || {
            let result = runtime.block_on(async {
                let listener = TcpListener::from_std(listener).map_err(|error| error.to_string())?;
                // Resolves also when `stop` is dropped
                let stopped = async { drop(stopped.await) };
                dynoxide::server::serve_with_shutdown(listener, engine, stopped).await
            });
            // Nobody listens any more if the future was dropped
            let _ = end.send(result);
        })?;
        tokio::pin!(ended);
        let result = tokio::select! {
            result = &mut ended => result,
            () = shutdown => {
                drop(stop);
                ended.await
            }
        };
        result.unwrap_or_else(|_| Err("its thread panicked".into())).map_err(ServeError::Ended)
    }
}

/// The table as `infra/template.yaml` declares it: the request of `CreateTable`.
pub fn definition(table: &str) -> Value {
    let attributes =
        ["pk", "sk", "patientKey", "patientAt", "approverKey", "approverAt", "pending", "recordedAt", "unlocked"]
            .map(|name| json!({ "AttributeName": name, "AttributeType": "S" }));
    let keys = |hash, range| json!([{ "AttributeName": hash, "KeyType": "HASH" }, { "AttributeName": range, "KeyType": "RANGE" }]);
    let index = |name, hash, range, projection| json!({ "IndexName": name, "KeySchema": keys(hash, range), "Projection": { "ProjectionType": projection } });
    json!({
        "TableName": table,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": attributes,
        "KeySchema": keys("pk", "sk"),
        "GlobalSecondaryIndexes": [
            index("by-patient", "patientKey", "patientAt", "ALL"),
            index("by-approver", "approverKey", "approverAt", "ALL"),
            index("pending", "pending", "recordedAt", "KEYS_ONLY"),
            index("unlocked", "unlocked", "pk", "KEYS_ONLY"),
        ],
        "StreamSpecification": { "StreamEnabled": true, "StreamViewType": "NEW_IMAGE" },
    })
}
