//! The user pool: users, open sessions, used codes, and the rules of signing in. No HTTP, no clock: time is an argument.

mod accounts;
mod first_sign_in;

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
    step: Step,
}

/// What an open session asks for next.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// The code of the authenticator.
    Code,
    /// A password of one's own in place of the administrator's.
    NewPassword,
    /// An authenticator: its secret once it was asked for, and the step of its first code once that was right.
    Tie { secret: Option<String>, first_code: Option<u64> },
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
pub(crate) struct Challenge {
    pub(crate) session: String,
    pub(crate) user: String,
    pub(crate) step: Step,
}

impl Pool {
    pub(crate) fn open(config: Config, now: u64) -> io::Result<Self> {
        let file = StateFile::new(config.state_file);
        let mut stored = match file.load()? {
            Some(stored) => stored,
            None => Stored::new(token::generate_key()?),
        };
        // A state file of before names nobody as made once, but has the accounts
        let known = stored.accounts.iter().map(|account| account.user.name.clone());
        stored.seeded = known.chain(std::mem::take(&mut stored.seeded)).collect();
        for seed in config.users {
            if stored.seeded.contains(&seed.name) {
                continue;
            }
            stored.seeded.push(seed.name.clone());
            stored.accounts.push(Account::new(new_user(seed.name, seed.groups), now));
        }
        let used = stored.accounts.iter().flat_map(|account| account.user.groups.clone());
        stored.groups = used.chain(std::mem::take(&mut stored.groups)).collect();
        for names in [&mut stored.groups, &mut stored.seeded] {
            names.sort_unstable();
            names.dedup();
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

    /// First step: the password. Never yields tokens, only a challenge.
    pub(crate) fn check_password(&self, user: &str, password: &str, now: u64) -> Result<Challenge, Refusal> {
        let mut state = self.state();
        let account = state.account(user).ok_or(Refusal::WrongPassword)?.clone();
        state.refuse_locked(user, now)?;
        if account.user.password != password {
            state.count_failure(user, now);
            return Err(Refusal::WrongPassword);
        }
        if account.disabled {
            return Err(Refusal::Disabled);
        }
        if account.temporary_until.is_some_and(|until| now > until) {
            return Err(Refusal::TemporaryPasswordExpired);
        }
        let step = if account.temporary_until.is_some() {
            Step::NewPassword
        } else if account.user.totp_secret.is_empty() {
            Step::Tie { secret: None, first_code: None }
        } else {
            Step::Code
        };
        state.sessions.retain(|_, session| now <= session.expires_at + SESSION_SECONDS);
        Ok(state.challenge(user, step, now))
    }

    /// Second step: the code. A wrong one leaves the session open for another try.
    pub(crate) fn check_code(&self, user: &str, session: &str, code: &str, now: u64) -> Result<Granted, Refusal> {
        let mut state = self.state();
        if state.session(session, now, Some(user))?.step != Step::Code {
            return Err(Refusal::UnknownSession);
        }
        state.refuse_locked(user, now)?;
        let account = state.account(user).filter(|account| !account.disabled).ok_or(Refusal::UnknownSession)?;
        let step = match totp::check(&account.user.totp_secret, code, now, account.last_used_step) {
            Checked::Fresh(step) => step,
            Checked::Used => return Err(Refusal::UsedCode),
            Checked::Wrong => {
                state.count_failure(user, now);
                return Err(Refusal::WrongCode);
            }
        };
        let granted = self.grant(&mut state, user, now, |account| account.last_used_step = Some(step))?;
        state.sessions.remove(session);
        Ok(granted)
    }

    /// Tokens of a whole sign-in, once what it used up is stored.
    fn grant(&self, state: &mut State, user: &str, now: u64, used: impl Fn(&mut Account)) -> Result<Granted, Refusal> {
        let mut next = state.stored.clone();
        let account = next.accounts.iter_mut().find(|account| account.user.name == user);
        let account = account.ok_or(Refusal::UnknownSession)?;
        used(account);
        let sign_in = SignIn { auth_time: now, origin_jti: Uuid::new_v4().to_string() };
        let tokens = self.signer.issue(&account.user, &sign_in, now).map_err(Refusal::Internal)?;
        let refresh = random_text(192);
        next.refresh_grants.retain(|grant| now < grant.expires_at);
        next.refresh_grants.push(RefreshGrant {
            token_sha256: sha256_text(&refresh),
            user: user.to_owned(),
            origin_jti: sign_in.origin_jti,
            auth_time: now,
            expires_at: now + REFRESH_SECONDS,
        });
        // Stored before anything is handed out: after a crash here the code is used up and the user takes the next one.
        self.store(state, next)?;
        state.failures.remove(user);
        Ok(Granted { tokens, refresh: Some(refresh) })
    }

    fn store(&self, state: &mut State, next: Stored) -> Result<(), Refusal> {
        self.file.save(&next).map_err(Refusal::Internal)?;
        state.stored = next;
        Ok(())
    }

    /// New tokens for an earlier sign-in, whose time they keep.
    pub(crate) fn refresh(&self, token: &str, now: u64) -> Result<Granted, Refusal> {
        let state = self.state();
        let hash = sha256_text(token);
        let mut grants = state.stored.refresh_grants.iter();
        let grant = grants
            .find(|grant| grant.token_sha256 == hash && now < grant.expires_at)
            .ok_or(Refusal::UnknownRefreshToken)?;
        let account = state.account(&grant.user).filter(|account| !account.disabled);
        let account = account.ok_or(Refusal::UnknownRefreshToken)?;
        let sign_in = SignIn { auth_time: grant.auth_time, origin_jti: grant.origin_jti.clone() };
        let tokens = self.signer.issue(&account.user, &sign_in, now).map_err(Refusal::Internal)?;
        Ok(Granted { tokens, refresh: None })
    }

    /// For tests alone: an access token of a sign-in of so many seconds ago, with other groups where they are given.
    pub(crate) fn token_of_before(
        &self,
        user: &str,
        seconds_ago: u64,
        groups: Option<Vec<String>>,
        now: u64,
    ) -> Result<String, Refusal> {
        let mut account = self.state().account(user).ok_or(Refusal::NoSuchUser)?.user.clone();
        account.groups = groups.unwrap_or(account.groups);
        let sign_in = SignIn { auth_time: now.saturating_sub(seconds_ago), origin_jti: Uuid::new_v4().to_string() };
        self.signer.issue(&account, &sign_in, now).map(|tokens| tokens.access).map_err(Refusal::Internal)
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

    /// An open session, of this user where one is named.
    fn session(&mut self, session: &str, now: u64, user: Option<&str>) -> Result<&mut Session, Refusal> {
        let open = self.sessions.get_mut(session).filter(|open| user.is_none_or(|user| open.user == user));
        let open = open.ok_or(Refusal::UnknownSession)?;
        if now > open.expires_at { Err(Refusal::SessionExpired) } else { Ok(open) }
    }

    fn challenge(&mut self, user: &str, step: Step, now: u64) -> Challenge {
        let session = random_text(96);
        let open = Session { user: user.to_owned(), expires_at: now + SESSION_SECONDS, step: step.clone() };
        self.sessions.insert(session.clone(), open);
        Challenge { session, user: user.to_owned(), step }
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

fn new_secret() -> String {
    let mut secret = [0; SECRET_BYTES];
    OsRng.fill_bytes(&mut secret);
    totp::encode_base32(&secret)
}

fn new_user(name: String, groups: Vec<String>) -> User {
    User {
        name,
        // The prefix meets a password policy that asks for every class of character.
        password: format!("Fu1-{}", random_text(18)),
        totp_secret: new_secret(),
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
