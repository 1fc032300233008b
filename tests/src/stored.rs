//! What an auditor, an operator and an attacker have to do with the stores: a folder for verifiers, the operator's
//! program, and objects altered behind everybody's back.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::stack::{Stack, binaries};
use crate::target::{account, target};

/// A folder that `fude-verify` reads.
pub struct Stored {
    folder: PathBuf,
    /// Goes with its copy.
    _copy: Option<tempfile::TempDir>,
}

impl Stored {
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The file that holds an object's only version.
    pub fn file_of(&self, bucket: &str, key: &str) -> PathBuf {
        self.folder.join("s3").join(bucket).join(key)
    }
}

/// An object that holds something else than it should, or is gone, until it is restored.
#[must_use]
pub struct Altered<'s> {
    stack: &'s Stack,
    bucket: String,
    key: String,
    before: Before,
}

enum Before {
    /// Bytes of the stand-in's file.
    Bytes(Vec<u8>),
    /// The version, or delete marker, that lies over the sound one.
    Under(String),
}

impl Stack {
    /// What the buckets hold now: the stand-in's own folder, or a mirror as an auditor of an account has one.
    #[track_caller]
    pub fn stored(&self) -> Stored {
        if target().s3.is_none() {
            return Stored { folder: self.state.clone(), _copy: None };
        }
        let copy = tempfile::tempdir().expect("a temporary folder can be made");
        let folder = copy.path().join("copy");
        let output = self.admin_with_key("mirror").arg("--to").arg(&folder).output().expect("it can be started");
        let printed = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(output.status.code().is_some_and(|code| code < 2), "{printed}");
        Stored { folder, _copy: Some(copy) }
    }

    /// `fude-admin` with this subcommand: by `--state`, or as on AWS where table or buckets stand elsewhere.
    pub fn admin(&self, subcommand: &str) -> Command {
        let mut command = Command::new(binaries().join("fude-admin"));
        command.arg(subcommand);
        if target().is_empty() {
            command.arg("--state").arg(&self.state);
            return command;
        }
        command
            .env("AWS_ENDPOINT_URL_DYNAMODB", self.text("dynamodb"))
            .env("AWS_ENDPOINT_URL_S3", self.text("s3"))
            .env("AWS_ENDPOINT_URL_KMS", self.text("kms"))
            .env("FUDE_TABLE", self.text("table"))
            .env("FUDE_DOCUMENTS_BUCKET", self.bucket("documents"))
            .env("FUDE_AUDIT_BUCKET", self.bucket("audit"))
            .envs(account().variables());
        command
    }

    /// The same where the program also takes the log's key, which is in no environment.
    pub fn admin_with_key(&self, subcommand: &str) -> Command {
        let mut command = self.admin(subcommand);
        if !target().is_empty() {
            command.args(["--key", self.text("logPublicKey")]);
        }
        command
    }

    /// One bit of an object flipped, in its last byte: in the stand-in's file, as a disk would; elsewhere, where nobody reaches the disk,
    /// by another version, as somebody with the right to write would.
    pub fn flip(&self, bucket: &str, key: &str) -> Altered<'_> {
        let mut bytes = self.object(bucket, key);
        *bytes.last_mut().expect("an object with bytes") ^= 1;
        self.alter(bucket, key, Some(&bytes))
    }

    /// An object gone; elsewhere under a delete marker.
    pub fn remove(&self, bucket: &str, key: &str) -> Altered<'_> {
        self.alter(bucket, key, None)
    }

    fn alter(&self, bucket: &str, key: &str, to: Option<&[u8]>) -> Altered<'_> {
        let before = if target().s3.is_none() {
            let file = self.file_of(bucket, key);
            let bytes = std::fs::read(&file).expect("the object is a plain file");
            match to {
                Some(other) => std::fs::write(&file, other),
                None => std::fs::remove_file(&file),
            }
            .expect("it can be altered");
            Before::Bytes(bytes)
        } else {
            let answer = match to {
                Some(other) => self.s3("PUT", bucket, key, other).expect(200),
                None => self.s3("DELETE", bucket, key, b"").expect(204),
            };
            Before::Under(answer.header("x-amz-version-id").to_owned())
        };
        Altered { stack: self, bucket: bucket.to_owned(), key: key.to_owned(), before }
    }

    /// Names of everything that is stored in buckets; of the stand-in its files.
    pub fn object_names(&self) -> Vec<String> {
        if target().s3.is_some() {
            return ["records", "documents", "audit"].iter().flat_map(|bucket| self.keys(bucket, "")).collect();
        }
        let folders = ["s3", "s3-meta"].map(|folder| crate::stores::files(&self.state.join(folder)));
        folders.into_iter().flatten().map(|(name, _)| name).collect()
    }
}

impl Altered<'_> {
    pub fn restore(self) {
        let Self { stack, bucket, key, before } = self;
        match before {
            Before::Bytes(bytes) => std::fs::write(stack.file_of(&bucket, &key), bytes).expect("it can be put back"),
            Before::Under(version) => {
                stack.s3("DELETE", &bucket, &format!("{key}?versionId={version}"), b"").expect(204);
            }
        }
    }
}
