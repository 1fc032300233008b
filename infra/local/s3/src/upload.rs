//! Receives a body into a temporary file and checks it against every checksum that came with it.
//! What becomes of the file is the store's business; unless it is taken, it goes when the value goes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use http::HeaderMap;
use http_body_util::BodyExt as _;
use s3s::Body;
use s3s::checksum::ChecksumHasher;
use s3s::crypto::{Checksum as _, Crc32, Crc32c, Crc64Nvme, Md5, Sha1, Sha256};
use s3s::dto::StreamingBlob;
use tokio::io::AsyncWriteExt as _;
use uuid::Uuid;

use crate::refused::Refused;

/// The checksum algorithms of S3 and the length of their digests in bytes.
const ALGORITHMS: [(&str, usize); 5] = [("crc32", 4), ("crc32c", 4), ("crc64nvme", 8), ("sha1", 20), ("sha256", 32)];

/// A file that is removed with this value, unless it was moved away before.
pub(crate) struct Temporary(PathBuf);

impl Temporary {
    /// A name that nobody else has; nothing is created.
    pub fn within(folder: &Path) -> Self {
        Self(folder.join(Uuid::new_v4().simple().to_string()))
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // Already moved, or cleared at the next start
        let _ = fs::remove_file(&self.0);
    }
}

/// A body on the disk, synced and checked, that belongs to no object yet.
pub(crate) struct Upload {
    pub file: Temporary,
    pub size: u64,
    /// Hex.
    pub sha256: String,
    /// Algorithm to base64, as the client sent them.
    pub checksums: BTreeMap<String, String>,
}

/// What a client says about the body it sends.
#[derive(Default)]
pub(crate) struct Announced {
    checksums: BTreeMap<&'static str, String>,
    md5: Option<String>,
    length: Option<u64>,
}

impl Announced {
    /// Reads the headers of a put.
    pub fn read(headers: &HeaderMap, length: Option<u64>) -> Result<Self, Refused> {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let mut announced = Self { length, ..Self::default() };
        if let Some(md5) = text("content-md5") {
            announced.md5 = Some(digest("Content-MD5", md5, 16)?);
        }
        for (algorithm, bytes) in ALGORITHMS {
            let header = header_name(algorithm);
            if let Some(value) = text(&header) {
                announced.checksums.insert(algorithm, digest(&header, value, bytes)?);
            }
        }
        Ok(announced)
    }

    /// Whether anything at all guards the body.
    pub fn any(&self) -> bool {
        self.md5.is_some() || !self.checksums.is_empty()
    }

    fn algorithms(&self) -> impl Iterator<Item = &str> {
        self.checksums.keys().copied()
    }
}

/// Receives `body` into a new file in `incoming` and verifies what was announced. A mismatch leaves nothing behind.
pub(crate) async fn receive(
    incoming: &Path,
    body: Option<StreamingBlob>,
    announced: Announced,
) -> Result<Upload, Refused> {
    let file = Temporary::within(incoming);
    let mut output = tokio::fs::File::create(file.path()).await?;
    let mut hasher = Hasher::new(announced.algorithms());
    let mut md5 = announced.md5.is_some().then(Md5::new);
    let mut size = 0;
    let mut body = body.map_or_else(Body::empty, Body::from);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| Refused::Body(error.to_string()))?;
        let Ok(bytes) = frame.into_data() else {
            continue;
        };
        size += bytes.len() as u64;
        hasher.update(&bytes);
        if let Some(md5) = &mut md5 {
            md5.update(&bytes);
        }
        output.write_all(&bytes).await?;
    }
    if announced.length.is_some_and(|length| length != size) {
        return Err(Refused::Body(format!("{size} bytes arrived")));
    }
    if md5.map(|md5| BASE64.encode(md5.finalize())) != announced.md5 {
        return Err(Refused::BadDigest("Content-MD5".to_owned()));
    }
    let (sha256, computed) = hasher.finish();
    for (algorithm, value) in &announced.checksums {
        if computed.get(*algorithm) != Some(value) {
            return Err(Refused::BadDigest(header_name(algorithm)));
        }
    }
    output.flush().await?;
    output.sync_all().await?;
    Ok(Upload { file, size, sha256, checksums: computed })
}

/// Copies an open file into a new one in `incoming`, hashing what it really holds with `algorithms`.
pub(crate) fn duplicate<'a>(
    incoming: &Path,
    mut source: impl io::Read,
    algorithms: impl Iterator<Item = &'a str>,
) -> Result<Upload, Refused> {
    use io::Write as _;
    let file = Temporary::within(incoming);
    let mut output = fs::File::create(file.path())?;
    let mut hasher = Hasher::new(algorithms);
    let mut size = 0;
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let read = source.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        size += read as u64;
        hasher.update(&buffer[..read]);
        output.write_all(&buffer[..read])?;
    }
    output.sync_all()?;
    let (sha256, checksums) = hasher.finish();
    Ok(Upload { file, size, sha256, checksums })
}

/// SHA-256 always, and whatever else was asked for.
struct Hasher {
    hasher: ChecksumHasher,
    with_sha256: bool,
}

impl Hasher {
    fn new<'a>(algorithms: impl Iterator<Item = &'a str>) -> Self {
        let mut hasher = ChecksumHasher { sha256: Some(Sha256::new()), ..ChecksumHasher::default() };
        let mut with_sha256 = false;
        for algorithm in algorithms {
            match algorithm {
                "crc32" => hasher.crc32 = Some(Crc32::new()),
                "crc32c" => hasher.crc32c = Some(Crc32c::new()),
                "crc64nvme" => hasher.crc64nvme = Some(Crc64Nvme::new()),
                "sha1" => hasher.sha1 = Some(Sha1::new()),
                _ => with_sha256 = true,
            }
        }
        Self { hasher, with_sha256 }
    }

    fn update(&mut self, bytes: &[u8]) {
        self.hasher.update(bytes);
    }

    /// The SHA-256 in hex, and the asked-for checksums in base64.
    fn finish(self) -> (String, BTreeMap<String, String>) {
        let sums = self.hasher.finalize();
        let sha256 = sums.checksum_sha256.expect("always computed");
        let hex = hex::encode(BASE64.decode(&sha256).expect("base64 of a digest"));
        let asked = [
            ("crc32", sums.checksum_crc32),
            ("crc32c", sums.checksum_crc32c),
            ("crc64nvme", sums.checksum_crc64nvme),
            ("sha1", sums.checksum_sha1),
            ("sha256", self.with_sha256.then_some(sha256)),
        ];
        let asked = asked.into_iter().filter_map(|(name, sum)| Some((name.to_owned(), sum?))).collect();
        (hex, asked)
    }
}

fn header_name(algorithm: &str) -> String {
    format!("x-amz-checksum-{algorithm}")
}

/// A digest in the one base64 form that it has, so that comparing text compares bytes.
fn digest(header: &str, value: &str, bytes: usize) -> Result<String, Refused> {
    match BASE64.decode(value.trim()) {
        Ok(decoded) if decoded.len() == bytes => Ok(BASE64.encode(decoded)),
        _ => Err(Refused::InvalidDigest(header.to_owned())),
    }
}
