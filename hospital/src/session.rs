//! Who is signed in at which browser. In memory alone: a restart signs everybody out, what was typed is kept elsewhere.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use ring::rand::{SecureRandom, SystemRandom};
use sha2::{Digest, Sha256};

use crate::cognito::{Person, Tokens};

/// Seconds without an act of the person that end a session.
pub const IDLE: u64 = 15 * 60;
/// Seconds that end it however busy the person is: one shift.
const LONGEST: u64 = 12 * 3600;

#[derive(Clone)]
pub struct Session {
    pub person: Person,
    /// As pages greet the person; the user name where nobody told another.
    pub name: String,
    /// Stands in every form.
    pub csrf: String,
    pub tokens: Tokens,
    place: [u8; 32],
    begun: u64,
    seen: u64,
}

#[derive(Default)]
pub struct Sessions(Mutex<HashMap<[u8; 32], Session>>);

impl Sessions {
    /// Opens a session; returns what the cookie holds. Only its hash stays here.
    pub fn open(&self, person: Person, name: String, tokens: Tokens, now: u64) -> String {
        let secret = random();
        let place = hash(&secret);
        let session = Session { person, name, csrf: random(), tokens, place, begun: now, seen: now };
        let mut held = self.held();
        held.retain(|_, s| s.lives(now));
        held.insert(place, session);
        secret
    }

    /// The session of that cookie. `acting` is false for what a page does by itself, which keeps nobody signed in.
    pub fn find(&self, secret: &str, acting: bool, now: u64) -> Option<Session> {
        let mut held = self.held();
        let place = hash(secret);
        let session = held.get_mut(&place)?;
        if !session.lives(now) {
            held.remove(&place);
            return None;
        }
        if acting {
            session.seen = now;
        }
        Some(session.clone())
    }

    /// The tokens of a session as they are now: another request may have renewed them.
    pub fn tokens(&self, session: &Session) -> Option<Tokens> {
        self.held().get(&session.place).map(|s| s.tokens.clone())
    }

    /// New tokens of the same person; a refresh brings no refresh token and keeps the old one.
    pub fn renew(&self, session: &Session, tokens: Tokens) {
        if let Some(held) = self.held().get_mut(&session.place) {
            let refresh = tokens.refresh.or_else(|| held.tokens.refresh.take());
            held.tokens = Tokens { refresh, ..tokens };
        }
    }

    pub fn close(&self, session: &Session) {
        self.held().remove(&session.place);
    }

    fn held(&self) -> MutexGuard<'_, HashMap<[u8; 32], Session>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Session {
    fn lives(&self, now: u64) -> bool {
        now < self.seen + IDLE && now < self.begun + LONGEST
    }

    /// Compared by hash: how long it takes tells nothing of the right one.
    pub fn is_own_form(&self, csrf: &str) -> bool {
        hash(csrf) == hash(&self.csrf)
    }
}

/// 256 bits in hex.
pub fn random() -> String {
    let mut bytes = [0; 32];
    SystemRandom::new().fill(&mut bytes).expect("the system gives randomness");
    hex::encode(bytes)
}

fn hash(text: &str) -> [u8; 32] {
    Sha256::digest(text).into()
}

#[cfg(test)]
mod tests {
    use super::{IDLE, LONGEST, Sessions};
    use crate::cognito::{Person, Tokens};
    use fude::role::Role;

    fn opened(sessions: &Sessions) -> String {
        let person = Person { user: "sato".into(), role: Role::Physician, hospital: "a".into() };
        let tokens = Tokens { access: "a".into(), refresh: Some("r".into()), expires_at: 0 };
        sessions.open(person, "佐藤".into(), tokens, 1000)
    }

    #[test]
    fn fifteen_idle_minutes_end_a_session_and_polling_does_not_keep_it() {
        let sessions = Sessions::default();
        let secret = opened(&sessions);
        assert!(sessions.find(&secret, true, 1000 + IDLE - 1).is_some());
        assert!(sessions.find(&secret, false, 1000 + 2 * IDLE - 2).is_some());
        assert!(sessions.find(&secret, false, 1000 + 2 * IDLE - 1).is_none());
        assert!(sessions.find(&secret, true, 1001).is_none(), "what ended does not come back");
    }

    #[test]
    fn a_shift_is_the_longest() {
        let sessions = Sessions::default();
        let secret = opened(&sessions);
        let mut now = 1000;
        while now < 1000 + LONGEST - 600 {
            now += 600;
            assert!(sessions.find(&secret, true, now).is_some());
        }
        assert!(sessions.find(&secret, true, 1000 + LONGEST).is_none());
    }

    #[test]
    fn a_refresh_keeps_the_refresh_token() {
        let sessions = Sessions::default();
        let session = sessions.find(&opened(&sessions), true, 1001).expect("open");
        sessions.renew(&session, Tokens { access: "b".into(), refresh: None, expires_at: 9 });
        let tokens = sessions.tokens(&session).expect("open");
        assert_eq!((tokens.access.as_str(), tokens.refresh.as_deref()), ("b", Some("r")));
    }
}
