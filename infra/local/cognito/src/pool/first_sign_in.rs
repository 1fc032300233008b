//! The first sign-in of an account that an administrator made: a password of one's own, then an authenticator.

use super::{Challenge, Granted, Pool, Step, new_secret};
use crate::error::Refusal;
use crate::totp::{self, Checked};

/// The pool's policy, as `infra/template.yaml` has it: 13 characters or more, of every class.
pub(super) fn meets_policy(password: &str) -> bool {
    let has = |class: fn(&char) -> bool| password.chars().any(|character| class(&character));
    password.chars().count() >= 13
        && has(char::is_ascii_lowercase)
        && has(char::is_ascii_uppercase)
        && has(char::is_ascii_digit)
        && has(char::is_ascii_punctuation)
}

impl Pool {
    /// The administrator's password is replaced; an authenticator is what is asked for next.
    pub(crate) fn set_password(
        &self,
        user: &str,
        session: &str,
        password: &str,
        now: u64,
    ) -> Result<Challenge, Refusal> {
        let mut state = self.state();
        if state.session(session, now, Some(user))?.step != Step::NewPassword {
            return Err(Refusal::UnknownSession);
        }
        if !meets_policy(password) {
            return Err(Refusal::WeakPassword);
        }
        let mut next = state.stored.clone();
        let account = next.accounts.iter_mut().find(|account| account.user.name == user && !account.disabled);
        let account = account.ok_or(Refusal::UnknownSession)?;
        password.clone_into(&mut account.user.password);
        account.temporary_until = None;
        let step =
            if account.user.totp_secret.is_empty() { Step::Tie { secret: None, first_code: None } } else { Step::Code };
        self.store(&mut state, next)?;
        state.sessions.remove(session);
        Ok(state.challenge(user, step, now))
    }

    /// A secret for the authenticator; nothing of it is kept before its first code was right. Returns the next session.
    pub(crate) fn associate(&self, session: &str, now: u64) -> Result<(String, Challenge), Refusal> {
        let mut state = self.state();
        let open = state.session(session, now, None)?;
        if !matches!(open.step, Step::Tie { .. }) {
            return Err(Refusal::UnknownSession);
        }
        let (user, secret) = (open.user.clone(), new_secret());
        state.sessions.remove(session);
        let step = Step::Tie { secret: Some(secret.clone()), first_code: None };
        Ok((secret, state.challenge(&user, step, now)))
    }

    /// The first code of the authenticator. A wrong one leaves the session open for another try.
    pub(crate) fn verify(&self, session: &str, code: &str, now: u64) -> Result<Challenge, Refusal> {
        let mut state = self.state();
        let open = state.session(session, now, None)?;
        let Step::Tie { secret: Some(secret), .. } = open.step.clone() else {
            return Err(Refusal::UnknownSession);
        };
        let user = open.user.clone();
        state.refuse_locked(&user, now)?;
        let Checked::Fresh(first) = totp::check(&secret, code, now, None) else {
            state.count_failure(&user, now);
            return Err(Refusal::WrongFirstCode);
        };
        state.sessions.remove(session);
        Ok(state.challenge(&user, Step::Tie { secret: Some(secret), first_code: Some(first) }, now))
    }

    /// The authenticator is tied to the account, and the sign-in is whole.
    pub(crate) fn finish(&self, user: &str, session: &str, now: u64) -> Result<Granted, Refusal> {
        let mut state = self.state();
        let step = state.session(session, now, Some(user))?.step.clone();
        let Step::Tie { secret: Some(secret), first_code: Some(first) } = step else {
            return Err(Refusal::UnknownSession);
        };
        state.account(user).filter(|account| !account.disabled).ok_or(Refusal::UnknownSession)?;
        let granted = self.grant(&mut state, user, now, |account| {
            account.user.totp_secret.clone_from(&secret);
            account.last_used_step = Some(first);
        })?;
        state.sessions.remove(session);
        Ok(granted)
    }
}
