//! The local cloud's servers, for functions that run here: started with nothing but stand-ins at work, ended with it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fude::integrity::hmac_sha256;
use serde_json::{Value, json};

use crate::records::Record;

const PATIENCE: Duration = Duration::from_secs(120);

pub struct Cloud {
    child: Child,
    pub ready: Value,
    state: PathBuf,
}

impl Cloud {
    /// Starts the local cloud out of a folder of binaries, in a state folder that nothing is left of from before.
    pub fn start(binaries: &Path, state: &Path) -> Result<Self, String> {
        let failed = |e: std::io::Error| format!("{}: {e}", state.display());
        if state.exists() {
            fs::remove_dir_all(state).map_err(failed)?;
        }
        fs::create_dir_all(state).map_err(failed)?;
        let log = fs::File::create(state.join("printed")).map_err(failed)?;
        let fude = binaries.join("fude-local-cloud");
        let child = Command::new(&fude)
            .args(["--attached", "--wire", "--port", "0", "--state"])
            .arg(state)
            .stdin(Stdio::piped())
            .stdout(log.try_clone().map_err(failed)?)
            .stderr(log)
            .spawn()
            .map_err(|e| format!("{} cannot be started: {e}", fude.display()))?;
        let mut cloud = Self { child, ready: Value::Null, state: state.to_owned() };
        cloud.ready = cloud.wait()?;
        // The log is written by the function that is measured, not by the cloud's own
        let told = agent(true).put(format!("{}/stream", cloud.text("wire"))).send(json!({ "loses": true }).to_string());
        told.map_err(|e| format!("the wire cannot be told: {e}"))?;
        Ok(cloud)
    }

    fn wait(&mut self) -> Result<Value, String> {
        let began = Instant::now();
        loop {
            if let Ok(text) = fs::read(self.state.join("ready.json")) {
                return serde_json::from_slice(&text).map_err(|e| format!("ready.json: {e}"));
            }
            if let Some(status) = self.child.try_wait().map_err(|e| e.to_string())? {
                let said = fs::read_to_string(self.state.join("printed")).unwrap_or_default();
                return Err(format!("the local cloud ended with {status}: {said}"));
            }
            if began.elapsed() > PATIENCE {
                return Err("the local cloud does not become ready".to_owned());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    pub fn text(&self, member: &str) -> &str {
        self.ready[member].as_str().unwrap_or_default()
    }

    /// The certificate of the first hospital, as PEM.
    pub fn certificate(&self) -> Result<String, String> {
        let path = self.ready["hospitals"][0]["clientCert"].as_str().unwrap_or_default();
        fs::read_to_string(path).map_err(|e| format!("{path}: {e}"))
    }

    /// Puts a record where the first hospital's system would have put it.
    pub fn stage(&self, record: &Record) -> Result<(), String> {
        let hospital = &self.ready["hospitals"][0];
        let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let mut key = [0; 32];
        hex::decode_to_slice(word(&hospital["stagingKey"]), &mut key).map_err(|e| e.to_string())?;
        let address = format!(
            "{}/{}/{}/{}/{}.json",
            self.text("s3"),
            word(&self.ready["buckets"]["records"]),
            word(&hospital["id"]),
            word(&hospital["dataSources"][0]["id"]),
            hmac_sha256(&key, record.patient.as_bytes()),
        );
        let sent = agent(true).put(address).header("content-type", "application/fhir+json").send(record.json.get());
        sent.map(|_| ()).map_err(|e| format!("the record cannot be staged: {e}"))
    }

    /// The variables that the template gives a function, with the stand-ins' addresses.
    pub fn environment(&self) -> Vec<(String, String)> {
        let bucket = |name: &str| self.ready["buckets"][name].as_str().unwrap_or_default();
        [
            ("AWS_REGION", "ap-northeast-1"),
            ("AWS_ACCESS_KEY_ID", "local"),
            ("AWS_SECRET_ACCESS_KEY", "local"),
            ("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", self.text("bedrock")),
            ("AWS_ENDPOINT_URL_S3", self.text("s3")),
            ("AWS_ENDPOINT_URL_DYNAMODB", self.text("dynamodb")),
            ("AWS_ENDPOINT_URL_KMS", self.text("kms")),
            ("FUDE_TABLE", self.text("table")),
            ("FUDE_RECORDS_BUCKET", bucket("records")),
            ("FUDE_DOCUMENTS_BUCKET", bucket("documents")),
            ("FUDE_AUDIT_BUCKET", bucket("audit")),
            ("FUDE_MAC_KEY_ID", "alias/fude-mac"),
            ("FUDE_LOG_KEY_ID", "alias/fude-log"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec()
    }
}

impl Drop for Cloud {
    fn drop(&mut self) {
        // It ends with its standard input, and its functions with it
        drop(self.child.stdin.take());
        _ = self.child.wait();
    }
}

/// For servers that speak plain HTTP on loopback.
pub fn agent(status_as_error: bool) -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(status_as_error)
        .timeout_global(Some(Duration::from_secs(60)))
        .proxy(None)
        .build()
        .into()
}
