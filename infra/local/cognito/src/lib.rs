//! A stand-in of one Amazon Cognito user pool, for one machine without AWS.
//!
//! It holds the users, their passwords and TOTP secrets, signs them in (`InitiateAuth`, `RespondToAuthChallenge`; for the
//! first time with `AssociateSoftwareToken` and `VerifySoftwareToken`) and publishes the key that its tokens are signed
//! with. A second factor is always asked for. Administration is what `fude-admin user` calls (`wire/admin.rs`). Every
//! other operation is refused by name: no sign-up, no SRP, no hosted pages. Requests need no signature; the real service
//! asks for one with administration.
//!
//! `/__standin/tokens` is a side door for tests alone: tokens of a sign-in of long ago, or with other groups.

// A test that cannot go on shall stop.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod error;
mod pool;
mod store;
mod token;
mod totp;
mod wire;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

pub use totp::totp_code;

/// What the pool is called, who is in it and where it keeps its state.
#[derive(Clone, Debug)]
pub struct Config {
    /// JSON file (mode 0600) with passwords, secrets, the signing key and used codes; created when absent.
    pub state_file: PathBuf,
    /// User pool id, `ap-northeast-1_…`.
    pub pool_id: String,
    /// Id of the one app client; it has no secret.
    pub client_id: String,
    /// `iss` of every token. Fixed rather than made from the listening port, so that tokens outlive a restart.
    pub issuer: String,
    /// Users who must exist at the first start; what was changed since stays.
    pub users: Vec<UserSeed>,
}

/// A user to create: all else is generated.
#[derive(Clone, Debug)]
pub struct UserSeed {
    /// Sign-in name, case-sensitive.
    pub name: String,
    /// Groups in the order in which tokens list them.
    pub groups: Vec<String>,
}

/// A user with everything needed to sign in. No `Debug`: password and secret must not slip into a log.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// Sign-in name.
    pub name: String,
    /// Generated password.
    pub password: String,
    /// TOTP secret, RFC 4648 base32 without padding; empty until an authenticator is tied to the account.
    pub totp_secret: String,
    /// Groups, `cognito:groups` of the tokens.
    pub groups: Vec<String>,
    /// Subject id, a UUID.
    pub sub: String,
}

/// The opened user pool; clones share it.
#[derive(Clone)]
pub struct Cognito {
    pool: Arc<pool::Pool>,
}

impl Cognito {
    /// Opens the pool, creating the signing key and missing users. Fails when the state file cannot be read or written.
    pub fn open(config: Config) -> io::Result<Self> {
        Ok(Self { pool: Arc::new(pool::Pool::open(config, wire::unix_now())?) })
    }

    /// All users with their passwords and TOTP secrets, in order of creation.
    pub fn users(&self) -> Vec<User> {
        self.pool.users()
    }

    /// The JSON Web Key Set that verifies the tokens.
    pub fn jwks(&self) -> serde_json::Value {
        self.pool.jwks()
    }

    /// Answers requests on `listener` until the future is dropped.
    pub async fn serve(self, listener: TcpListener) -> io::Result<()> {
        let address = listener.local_addr()?;
        axum::serve(listener, wire::router(self.pool, address)).await
    }
}
