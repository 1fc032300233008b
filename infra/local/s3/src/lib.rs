//! S3 on one machine: the operations that the functions call, with versions, Object Lock and create-only puts.
//!
//! Implemented: `PutObject`, `GetObject`, `HeadObject`, `CopyObject`, `DeleteObject`, `ListObjectsV2`,
//! `ListObjectVersions`, `PutObjectRetention`, `GetObjectRetention`. Every other operation, and every header that would
//! change what is stored and is not kept, is refused by name with `NotImplemented`. Requests are path style. No multipart
//! uploads, no bucket operations, no legal holds, no lifecycle.
//!
//! Request signatures are not checked: any credentials are served, and none. Listen on loopback only. Bodies are checked
//! all the same, against `x-amz-content-sha256` and every checksum sent; they are held in memory, up to 128 MiB.
//!
//! # On the disk
//!
//! Every version of an object is a plain file with exactly its bytes: `root/<bucket>/<key>`, and `…/<key>@<versionId>`
//! while another version has the plain name. Nothing is verified on reading: a read returns what the file holds by then.
//! A key is therefore a sound path (see `InvalidArgument`), and no key is a folder of another.
//!
//! All else is in `meta/<bucket>/<key>.json`, one file a key. A file in `root` that no such JSON names is no object.
//!
//! ```json
//! { "format": 1, "key": "final/01/1/ab", "versions": [
//!   { "versionId": "32 hex digits, or null in an unversioned bucket", "lastModified": "2026-11-22T00:00:00.000Z",
//!     "file": "path below root/<bucket>/", "size": 12, "sha256": "hex, of the body as it arrived",
//!     "etag": "first 32 digits of sha256", "checksums": { "sha256": "base64, as sent by the client and verified" },
//!     "contentType": "application/json", "metadata": { "name": "value" },
//!     "encryption": { "algorithm": "aws:kms", "keyId": "alias/x", "bucketKey": true },
//!     "retention": { "mode": "COMPLIANCE", "retainUntil": "2036-11-22T00:00:00.000Z" } },
//!   { "versionId": "…", "lastModified": "…", "deleteMarker": true } ] }
//! ```
//!
//! Versions stand newest last. `checksums` (other keys: `crc32`, `crc32c`, `crc64nvme`, `sha1`), `contentType`,
//! `metadata`, `encryption` and `retention` are absent where there is nothing to say; a delete marker has the three
//! fields shown. The version ids of an unversioned bucket are the text `null`.
//!
//! A body arrives in `meta/.incoming`, is synced and moved into place; then the JSON is replaced in the same way. A
//! crash at any point leaves the old state or the new one. In an unversioned bucket one between the two steps leaves
//! new bytes under the old description, until the put is repeated.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test may panic"))]

mod chunked;
mod key;
mod listing;
mod operations;
mod record;
mod refused;
mod request;
mod retention;
mod store;
mod terms;
mod unsigned;
mod upload;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use s3s::service::{S3Service, S3ServiceBuilder};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::operations::Operations;
use crate::store::Store;

/// Where a server keeps its objects, and its buckets.
#[derive(Debug, Clone)]
pub struct Config {
    /// Folder of the objects' bytes.
    pub root: PathBuf,
    /// Folder of the metadata, on the same file system.
    pub meta: PathBuf,
    /// Created when missing; no request can create another.
    pub buckets: Vec<Bucket>,
}

/// A bucket and its rules.
#[derive(Debug, Clone)]
pub struct Bucket {
    /// A valid S3 bucket name.
    pub name: String,
    /// Whether versions can be locked. Implies `versioned`.
    pub object_lock: bool,
    /// Whether overwritten and deleted objects are kept as versions.
    pub versioned: bool,
}

/// A server whose folders are ready.
#[derive(Debug)]
pub struct Server {
    service: S3Service,
}

impl Server {
    /// Prepares the folders. Two servers must not share them.
    pub fn open(config: &Config) -> io::Result<Self> {
        let store = Arc::new(Store::open(config)?);
        // Without an authentication provider, s3s lets every anonymous request through
        let service = S3ServiceBuilder::new(Operations::new(store)).build();
        Ok(Self { service })
    }

    /// Answers requests until the future is dropped, which also closes the connections. What a request has begun to
    /// write is then finished or leaves nothing.
    pub async fn serve(self, listener: TcpListener) -> io::Result<()> {
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                accepted = listener.accept() => match accepted {
                    Ok((stream, _)) => {
                        // Answers are small and awaited; do not hold them back
                        let _ = stream.set_nodelay(true);
                        let service = self.service.clone();
                        let service = service_fn(move |request| {
                            let service = service.clone();
                            async move { unsigned::answer(&service, request).await }
                        });
                        let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
                        connections.spawn(async move {
                            if let Err(error) = connection.await {
                                tracing::debug!(%error, "connection ended early");
                            }
                        });
                    }
                    Err(error) => {
                        // Out of file descriptors, most likely: let some connections end
                        tracing::warn!(%error, "cannot accept a connection");
                        tokio::time::sleep(Duration::from_millis(50)).await;
                    }
                },
                Some(_) = connections.join_next() => {}
            }
        }
    }
}

/// Opens the store and serves it on `listener`; ends only if the folders cannot be prepared.
pub async fn serve(listener: TcpListener, config: Config) -> io::Result<()> {
    Server::open(&config)?.serve(listener).await
}
