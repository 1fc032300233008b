//! An AWS beside the stand-ins: where its services are, on whose account, and calls that are signed for it.
//!
//! The local cloud takes DynamoDB, its Streams and S3 from there instead of its own stand-ins, and the end-to-end tests
//! look into them. Whether it is an emulator or an account shows from the addresses alone. Left out: every other
//! service, and what the functions do, who find theirs by the SDK's own variables.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test may panic"))]

mod account;
mod service;

use std::str::FromStr;

pub use account::{Account, AccountError};
pub use service::{Answer, CallError, Service};

/// Services that stand elsewhere, as `dynamodb=ADDRESS,streams=ADDRESS,s3=ADDRESS`; each may be left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Target {
    pub dynamodb: Option<String>,
    streams: Option<String>,
    pub s3: Option<String>,
}

/// Why a text names no target.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    #[error("{0}: a service is given as NAME=ADDRESS")]
    Form(String),
    #[error("{0}: only dynamodb, streams and s3 can stand elsewhere")]
    Service(String),
    #[error("{0}: an address begins with http:// or https:// and has no path")]
    Address(String),
    #[error("{0} is given twice")]
    Twice(String),
    #[error("streams stand with their table: give dynamodb as well")]
    StreamsAlone,
}

impl Target {
    /// Whether every service is a stand-in.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Where the table's stream is read. AWS has an address of its own for it, emulators use the table's.
    pub fn streams(&self) -> Option<String> {
        self.streams.clone().or_else(|| {
            let table = self.dynamodb.as_ref()?;
            let host = table.strip_prefix("https://dynamodb.").filter(|host| host.contains(".amazonaws.com"));
            Some(host.map_or_else(|| table.clone(), |host| format!("https://streams.dynamodb.{host}")))
        })
    }
}

impl FromStr for Target {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        let mut target = Self::default();
        for entry in text.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
            let (name, address) = entry.split_once('=').ok_or_else(|| TargetError::Form(entry.to_owned()))?;
            let slot = match name.trim() {
                "dynamodb" => &mut target.dynamodb,
                "streams" => &mut target.streams,
                "s3" => &mut target.s3,
                other => return Err(TargetError::Service(other.to_owned())),
            };
            if slot.replace(parse_address(address.trim())?).is_some() {
                return Err(TargetError::Twice(name.trim().to_owned()));
            }
        }
        if target.streams.is_some() && target.dynamodb.is_none() {
            return Err(TargetError::StreamsAlone);
        }
        Ok(target)
    }
}

fn parse_address(text: &str) -> Result<String, TargetError> {
    let address = text.trim_end_matches('/');
    let host = address.strip_prefix("http://").or_else(|| address.strip_prefix("https://"));
    match host {
        Some(host) if !host.is_empty() && !host.contains(['/', '?', '#', '@', ' ']) => Ok(address.to_owned()),
        _ => Err(TargetError::Address(text.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Target, TargetError> {
        text.parse()
    }

    #[test]
    fn addresses_are_read_and_streams_follow_the_table() {
        let one = read("dynamodb=http://127.0.0.1:4566/, s3=http://127.0.0.1:4566").unwrap();
        assert_eq!(one.dynamodb.as_deref(), Some("http://127.0.0.1:4566"));
        assert_eq!(one.streams(), one.dynamodb);
        let aws = read("dynamodb=https://dynamodb.ap-northeast-1.amazonaws.com").unwrap();
        assert_eq!(aws.streams().unwrap(), "https://streams.dynamodb.ap-northeast-1.amazonaws.com");
        let own = read("dynamodb=http://a:1,streams=http://b:2").unwrap();
        assert_eq!(own.streams().as_deref(), Some("http://b:2"));
        assert!(read("").unwrap().is_empty() && read("").unwrap().streams().is_none());
    }

    #[test]
    fn what_cannot_be_meant_is_refused_by_name() {
        assert_eq!(read("kms=http://a"), Err(TargetError::Service("kms".to_owned())));
        assert_eq!(read("http://a"), Err(TargetError::Form("http://a".to_owned())));
        assert_eq!(read("s3=http://a,s3=http://b"), Err(TargetError::Twice("s3".to_owned())));
        assert_eq!(read("streams=http://a"), Err(TargetError::StreamsAlone));
        for address in ["127.0.0.1:1", "http://", "http://a/b", "ftp://a", "http://u@a"] {
            assert_eq!(read(&format!("s3={address}")), Err(TargetError::Address(address.to_owned())));
        }
    }
}
