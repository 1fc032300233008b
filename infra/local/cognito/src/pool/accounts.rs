//! What an administrator does to accounts and groups. Each act is stored before it is answered.

use uuid::Uuid;

use super::first_sign_in::meets_policy;
use super::{Pool, State};
use crate::User;
use crate::error::Refusal;
use crate::store::{Account, Stored};

/// How long a temporary password serves, in seconds: three days, as `infra/template.yaml` has it.
const TEMPORARY_SECONDS: u64 = 3 * 24 * 3600;

impl Pool {
    /// Refuses any pool but this one.
    pub(crate) fn check_pool(&self, pool: &str) -> Result<(), Refusal> {
        if pool == self.id { Ok(()) } else { Err(Refusal::UnknownPool(pool.to_owned())) }
    }

    pub(crate) fn create_user(&self, name: &str, password: &str, now: u64) -> Result<Account, Refusal> {
        if !meets_policy(password) {
            return Err(Refusal::WeakPassword);
        }
        self.change(|stored| {
            if stored.accounts.iter().any(|account| account.user.name == name) {
                return Err(Refusal::UserExists);
            }
            let user = User {
                name: name.to_owned(),
                password: password.to_owned(),
                totp_secret: String::new(),
                groups: Vec::new(),
                sub: Uuid::new_v4().to_string(),
            };
            let account = Account { temporary_until: Some(now + TEMPORARY_SECONDS), ..Account::new(user, now) };
            stored.accounts.push(account.clone());
            Ok(account)
        })
    }

    /// Whoever signed in as this user has to sign in anew; tokens that are out serve until they end.
    pub(crate) fn sign_out(&self, name: &str) -> Result<(), Refusal> {
        self.change(|stored| {
            find(stored, name)?;
            stored.refresh_grants.retain(|grant| grant.user != name);
            Ok(())
        })
    }

    pub(crate) fn delete_user(&self, name: &str) -> Result<(), Refusal> {
        self.change(|stored| {
            find(stored, name)?;
            stored.accounts.retain(|account| account.user.name != name);
            stored.refresh_grants.retain(|grant| grant.user != name);
            Ok(())
        })?;
        self.state().sessions.retain(|_, open| open.user != name);
        Ok(())
    }

    pub(crate) fn set_disabled(&self, name: &str, disabled: bool) -> Result<(), Refusal> {
        self.change(|stored| {
            find(stored, name)?.disabled = disabled;
            Ok(())
        })
    }

    pub(crate) fn create_group(&self, group: &str) -> Result<(), Refusal> {
        self.change(|stored| {
            if stored.groups.iter().any(|there| there == group) {
                return Err(Refusal::GroupExists);
            }
            stored.groups.push(group.to_owned());
            Ok(())
        })
    }

    pub(crate) fn add_to_group(&self, name: &str, group: &str) -> Result<(), Refusal> {
        self.change(|stored| {
            if !stored.groups.iter().any(|there| there == group) {
                return Err(Refusal::NoSuchGroup);
            }
            let groups = &mut find(stored, name)?.user.groups;
            if !groups.iter().any(|there| there == group) {
                groups.push(group.to_owned());
            }
            Ok(())
        })
    }

    pub(crate) fn remove_from_group(&self, name: &str, group: &str) -> Result<(), Refusal> {
        self.change(|stored| {
            if !stored.groups.iter().any(|there| there == group) {
                return Err(Refusal::NoSuchGroup);
            }
            find(stored, name)?.user.groups.retain(|there| there != group);
            Ok(())
        })
    }

    pub(crate) fn account(&self, name: &str) -> Result<Account, Refusal> {
        self.state().account(name).cloned().ok_or(Refusal::NoSuchUser)
    }

    pub(crate) fn members(&self, group: &str) -> Result<Vec<Account>, Refusal> {
        let state = self.state();
        if !state.stored.groups.iter().any(|there| there == group) {
            return Err(Refusal::NoSuchGroup);
        }
        let accounts = state.stored.accounts.iter();
        Ok(accounts.filter(|account| account.user.groups.iter().any(|there| there == group)).cloned().collect())
    }

    fn change<T>(&self, act: impl FnOnce(&mut Stored) -> Result<T, Refusal>) -> Result<T, Refusal> {
        let mut state = self.state();
        let state: &mut State = &mut state;
        let mut next = state.stored.clone();
        let done = act(&mut next)?;
        self.store(state, next)?;
        Ok(done)
    }
}

fn find<'s>(stored: &'s mut Stored, name: &str) -> Result<&'s mut Account, Refusal> {
    stored.accounts.iter_mut().find(|account| account.user.name == name).ok_or(Refusal::NoSuchUser)
}
