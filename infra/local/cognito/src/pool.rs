//! The user pool: users, open sessions, used codes, and the rules of signing in. No HTTP, no clock: time is an argument.

use std::collections::HashMap;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest;
use rsa::rand_core::{OsRng, RngCore as _};
use serde_json::Value;
use uuid::Uuid;

use crate::error::Refusal;
use crate::store::{Account, RefreshGrant, StateFile, Stored};
use crate::token::{self, SignIn, Signer, TokenPair};
use crate::totp::{self, Checked};
use crate::{Config, User};

/// How long a challenge can be answered, in seconds.
const SESSION_SECONDS: u64 = 180;
/// Wrong passwords and codes in a row that lock a user.
const ATTEMPTS: u32 = 10;
/// How long such a lock lasts, in seconds.
const LOCK_SECONDS: u64 = 15;
/// Lifetime of a refresh token in seconds: 30 days, the service's default.
const REFRESH_SECONDS: u64 = 30 * 24 * 3600;
/// Bytes of a TOTP secret: the output length of SHA-1, as RFC 4226 recommends.
const SECRET_BYTES: usize = 20;

/// The pool. A sign-in holds the lock until its code is stored as used, so no code serves two.
pub(crate) struct Pool {
    id: String,
    client_id: String,
    signer: Signer,
    file: StateFile,
    state: Mutex<State>,
}

struct State {
    stored: Stored,
    /// Open challenges by session; they do not outlive the process.
    sessions: HashMap<String, Session>,
    failures: HashMap<String, Failures>,
}

struct Session {
    user: String,
    expires_at: u64,
}

#[derive(Default)]
struct Failures {
    in_a_row: u32,
    locked_until: u64,
}

/// What a completed sign-in or refresh hands out.
pub(crate) struct Granted {
    pub(crate) tokens: TokenPair,
    /// None after a refresh: the token used for it stays good.
    pub(crate) refresh: Option<String>,
}

/// A challenge set after the right password.
#[derive(Debug)]
pub(crate) struct Challenge {
    pub(crate) session: String,
    pub(crate) user: String,
}

impl Pool {
    pub(crate) fn open(config: Config) -> io::Result<Self> {
        let file = StateFile::new(config.state_file);
        let mut stored = match file.load()? {
            Some(stored) => stored,
            None => Stored::new(token::generate_key()?),
        };
        for seed in config.users {
            match stored.accounts.iter_mut().find(|account| account.user.name == seed.name) {
                Some(account) => account.user.groups = seed.groups,
                None => stored.accounts.push(Account { user: new_user(seed.name, seed.groups), last_used_step: None }),
            }
        }
        file.save(&stored)?;
        Ok(Self {
            signer: Signer::new(&stored.signing_key, config.issuer, config.client_id.clone())?,
            id: config.pool_id,
            client_id: config.client_id,
            file,
            state: Mutex::new(State { stored, sessions: HashMap::new(), failures: HashMap::new() }),
        })
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    pub(crate) fn issuer(&self) -> &str {
        self.signer.issuer()
    }

    pub(crate) fn users(&self) -> Vec<User> {
        let state = self.state();
        state.stored.accounts.iter().map(|account| account.user.clone()).collect()
    }

    pub(crate) fn jwks(&self) -> Value {
        self.signer.jwks()
    }

    /// Refuses any app client but the pool's own.
    pub(crate) fn check_client(&self, client_id: &str) -> Result<(), Refusal> {
        if client_id == self.client_id { Ok(()) } else { Err(Refusal::UnknownClient(client_id.to_owned())) }
    }

    /// First step: the password. Never yields tokens, only a challenge for the second factor.
    pub(crate) fn check_password(&self, user: &str, password: &str, now: u64) -> Result<Challenge, Refusal> {
        let mut state = self.state();
        let known = state.account(user).ok_or(Refusal::WrongPassword)?.user.password.clone();
        state.refuse_locked(user, now)?;
        if known != password {
            state.count_failure(user, now);
            return Err(Refusal::WrongPassword);
        }
        state.sessions.retain(|_, session| now <= session.expires_at + SESSION_SECONDS);
        let session = random_text(96);
        state.sessions.insert(session.clone(), Session { user: user.to_owned(), expires_at: now + SESSION_SECONDS });
        Ok(Challenge { session, user: user.to_owned() })
    }

    /// Second step: the code. A wrong one leaves the session open for another try.
    pub(crate) fn check_code(&self, user: &str, session: &str, code: &str, now: u64) -> Result<Granted, Refusal> {
        let mut state = self.state();
        let open = state.sessions.get(session).filter(|open| open.user == user);
        if now > open.ok_or(Refusal::UnknownSession)?.expires_at {
            return Err(Refusal::SessionExpired);
        }
        state.refuse_locked(user, now)?;
        let account = state.account(user).ok_or(Refusal::UnknownSession)?;
        let step = match totp::check(&account.user.totp_secret, code, now, account.last_used_step) {
            Checked::Fresh(step) => step,
            Checked::Used => return Err(Refusal::UsedCode),
            Checked::Wrong => {
                state.count_failure(user, now);
                return Err(Refusal::WrongCode);
            }
        };

        let sign_in = SignIn { auth_time: now, origin_jti: Uuid::new_v4().to_string() };
        let tokens = self.signer.issue(&account.user, &sign_in, now).map_err(Refusal::Internal)?;
        let refresh = random_text(192);
        let mut next = state.stored.clone();
        for account in next.accounts.iter_mut().filter(|account| account.user.name == user) {
            account.last_used_step = Some(step);
        }
        next.refresh_grants.retain(|grant| now < grant.expires_at);
        next.refresh_grants.push(RefreshGrant {
            token_sha256: sha256_text(&refresh),
            user: user.to_owned(),
            origin_jti: sign_in.origin_jti,
            auth_time: now,
            expires_at: now + REFRESH_SECONDS,
        });
        // Stored before anything is handed out: after a crash here the code is used up and the user takes the next one.
        self.file.save(&next).map_err(Refusal::Internal)?;
        state.stored = next;
        state.sessions.remove(session);
        state.failures.remove(user);
        Ok(Granted { tokens, refresh: Some(refresh) })
    }

    /// New tokens for an earlier sign-in, whose time they keep.
    pub(crate) fn refresh(&self, token: &str, now: u64) -> Result<Granted, Refusal> {
        let state = self.state();
        let hash = sha256_text(token);
        let mut grants = state.stored.refresh_grants.iter();
        let grant = grants
            .find(|grant| grant.token_sha256 == hash && now < grant.expires_at)
            .ok_or(Refusal::UnknownRefreshToken)?;
        let account = state.account(&grant.user).ok_or(Refusal::UnknownRefreshToken)?;
        let sign_in = SignIn { auth_time: grant.auth_time, origin_jti: grant.origin_jti.clone() };
        let tokens = self.signer.issue(&account.user, &sign_in, now).map_err(Refusal::Internal)?;
        Ok(Granted { tokens, refresh: None })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic while holding it leaves whole values behind: `stored` is only ever replaced.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn account(&self, user: &str) -> Option<&Account> {
        self.stored.accounts.iter().find(|account| account.user.name == user)
    }

    fn refuse_locked(&self, user: &str, now: u64) -> Result<(), Refusal> {
        match self.failures.get(user) {
            Some(failures) if now < failures.locked_until => Err(Refusal::TooManyAttempts),
            _ => Ok(()),
        }
    }

    /// Counts until a whole sign-in succeeds: a right password alone must not give fresh tries at the code.
    fn count_failure(&mut self, user: &str, now: u64) {
        let failures = self.failures.entry(user.to_owned()).or_default();
        failures.in_a_row += 1;
        if failures.in_a_row >= ATTEMPTS {
            *failures = Failures { in_a_row: 0, locked_until: now + LOCK_SECONDS };
        }
    }
}

fn new_user(name: String, groups: Vec<String>) -> User {
    let mut secret = [0; SECRET_BYTES];
    OsRng.fill_bytes(&mut secret);
    User {
        name,
        // The prefix meets a password policy that asks for every class of character.
        password: format!("Fu1-{}", random_text(18)),
        totp_secret: totp::encode_base32(&secret),
        groups,
        sub: Uuid::new_v4().to_string(),
    }
}

/// Base64url text of so many random bytes.
fn random_text(bytes: usize) -> String {
    let mut random = vec![0; bytes];
    OsRng.fill_bytes(&mut random);
    URL_SAFE_NO_PAD.encode(random)
}

fn sha256_text(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, text.as_bytes()))
}

#[cfg(test)]
mod tests;
