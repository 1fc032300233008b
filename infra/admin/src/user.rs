//! `fude-admin user`: the accounts that sign in, one person each, in one hospital and with one role.
//!
//! The functions take a token only with exactly one role and exactly one hospital, so both groups are given together. A
//! role that is taken away works at the next sign-in; tokens that are out serve until they end, within 60 minutes. How
//! documents name the person is another row: `fude-admin hospital staff`.

mod cognito;
mod password;

use std::path::PathBuf;

use clap::Subcommand;
use fude::audit::is_hospital_id;
use fude::role::Role;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::hospital::{RoleName, confirm, done};
use crate::place::local_sdk;
use crate::recover::Outcome;
use cognito::{Cognito, Failed};

#[derive(clap::Args)]
pub struct UserArgs {
    #[command(flatten)]
    pool: PoolArgs,
    /// Id of the hospital
    #[arg(long)]
    hospital: String,
    /// Write; without it, only say what would be written
    #[arg(long)]
    apply: bool,
    #[command(subcommand)]
    act: Act,
}

#[derive(clap::Args)]
struct PoolArgs {
    /// Folder of a running stack on this machine: takes the user pool from its ready.json
    #[arg(long, conflicts_with = "user_pool")]
    state: Option<PathBuf>,
    /// Id of the user pool
    #[arg(long, env = "FUDE_USER_POOL", required_unless_present = "state")]
    user_pool: Option<String>,
}

#[derive(Subcommand)]
enum Act {
    /// Print the hospital's accounts: user name, id in the log, role, state
    List,
    /// Make an account with a temporary password, which is printed once
    Add {
        #[arg(long)]
        user: String,
        #[arg(long)]
        role: RoleName,
    },
    /// Give another role, or finish what an interrupted `add` left
    Group {
        #[arg(long)]
        user: String,
        #[arg(long)]
        role: RoleName,
    },
    /// Shut a person out: no sign-in, no renewed token
    Disable {
        #[arg(long)]
        user: String,
    },
    /// Let a person in again
    Enable {
        #[arg(long)]
        user: String,
    },
    /// Make the account of a person who lost the second factor anew, under the same name and with another id in the log
    ResetMfa {
        #[arg(long)]
        user: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Ready {
    cognito: String,
    user_pool_id: String,
}

/// The accounts of one hospital.
struct Accounts<'a> {
    cognito: Cognito,
    hospital: &'a str,
    apply: bool,
}

pub async fn run(args: &UserArgs) -> Result<Outcome, String> {
    let hospital = args.hospital.as_str();
    if !is_hospital_id(hospital) {
        return Err(format!("{hospital} is not the id of a hospital: small letters, digits and hyphens, at most 63"));
    }
    let accounts = Accounts { cognito: open(&args.pool)?, hospital, apply: args.apply };
    match &args.act {
        Act::List => accounts.list().await,
        Act::Add { user, role } => accounts.add(user, *role).await,
        Act::Group { user, role } => accounts.group(user, *role).await,
        Act::Disable { user } => accounts.disable(user).await,
        Act::Enable { user } => accounts.enable(user).await,
        Act::ResetMfa { user, yes } => accounts.reset_mfa(user, *yes).await,
    }
}

fn open(args: &PoolArgs) -> Result<Cognito, String> {
    match (&args.state, &args.user_pool) {
        (Some(state), _) => {
            let file = state.join("ready.json");
            let bytes = std::fs::read(&file).map_err(|e| format!("{}: {e}; is the stack running?", file.display()))?;
            let ready: Ready = serde_json::from_slice(&bytes).map_err(|e| format!("{}: {e}", file.display()))?;
            Cognito::new(local_sdk(&ready.cognito), &ready.user_pool_id, Some(ready.cognito))
        }
        (None, Some(pool)) => {
            let endpoint = std::env::var("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER").ok();
            Cognito::new(fude_aws::clients::sdk_config(), pool, endpoint)
        }
        (None, None) => Err("either --state or --user-pool".to_owned()),
    }
}

impl Accounts<'_> {
    fn own_group(&self) -> String {
        format!("hospital:{}", self.hospital)
    }

    async fn list(&self) -> Result<Outcome, String> {
        let mut page = json!({ "GroupName": self.own_group(), "Limit": 60 });
        loop {
            let read = self.cognito.call("ListUsersInGroup", page.clone()).await.map_err(|failed| {
                let none = failed.is("ResourceNotFoundException");
                if none { format!("{} has no accounts", self.hospital) } else { failed.into() }
            })?;
            for user in read["Users"].as_array().into_iter().flatten() {
                let name = user["Username"].as_str().unwrap_or_default();
                let roles: Vec<String> = self.groups(name).await?.into_iter().filter(|g| is_role(g)).collect();
                let state = if user["Enabled"] == true { &user["UserStatus"] } else { &json!("DISABLED") };
                println!("{name} {} {} {}", sub(&user["Attributes"]), roles.join(","), state.as_str().unwrap_or("?"));
            }
            match read["NextToken"].as_str() {
                Some(next) => page["NextToken"] = json!(next),
                None => return Ok(Outcome::Agrees),
            }
        }
    }

    async fn add(&self, user: &str, role: RoleName) -> Result<Outcome, String> {
        match self.cognito.call("AdminGetUser", json!({ "Username": user })).await {
            Ok(_) => {
                return Err(format!(
                    "{user} exists already, and a name is never given to another person; `group` changes its role"
                ));
            }
            Err(failed) if failed.is("UserNotFoundException") => {}
            Err(failed) => return Err(failed.into()),
        }
        println!("{}: {user} to sign in as {}", self.hospital, role.name());
        if self.apply {
            self.create(user).await?;
            self.belong(user, role.name()).await?;
        }
        Ok(done(self.apply))
    }

    /// Prints the password once the account is there; it is nowhere else.
    async fn create(&self, user: &str) -> Result<(), String> {
        let temporary = password::temporary();
        let body = json!({ "Username": user, "TemporaryPassword": temporary, "MessageAction": "SUPPRESS" });
        let made = self.cognito.call("AdminCreateUser", body).await?;
        println!("{user}: id in the log {}", sub(&made["User"]["Attributes"]));
        println!("{user}: temporary password, to be handed over in person, for three days: {temporary}");
        Ok(())
    }

    async fn group(&self, user: &str, role: RoleName) -> Result<Outcome, String> {
        let groups = self.own(user).await?;
        let has: Vec<&String> = groups.iter().filter(|group| is_role(group)).collect();
        if groups.contains(&self.own_group()) && has == [role.name()] {
            println!("{}: {user} is {} already", self.hospital, role.name());
            return Ok(Outcome::Agrees);
        }
        println!("{}: {user} to be {} from the next sign-in on", self.hospital, role.name());
        if self.apply {
            // Without any role rather than with two, if this is cut off
            for group in has.into_iter().filter(|group| *group != role.name()) {
                let body = json!({ "Username": user, "GroupName": group });
                self.cognito.call("AdminRemoveUserFromGroup", body).await?;
            }
            self.belong(user, role.name()).await?;
            self.cognito.call("AdminUserGlobalSignOut", json!({ "Username": user })).await?;
        }
        Ok(done(self.apply))
    }

    /// Role and hospital; the hospital's group is made with its first account.
    async fn belong(&self, user: &str, role: &str) -> Result<(), String> {
        let own = self.own_group();
        match self.cognito.call("CreateGroup", json!({ "GroupName": own })).await {
            Ok(_) => {}
            Err(failed) if failed.is("GroupExistsException") => {}
            Err(failed) => return Err(failed.into()),
        }
        for group in [own.as_str(), role] {
            self.cognito.call("AdminAddUserToGroup", json!({ "Username": user, "GroupName": group })).await?;
        }
        Ok(())
    }

    async fn disable(&self, user: &str) -> Result<Outcome, String> {
        self.own(user).await?;
        println!("{}: {user} to be shut out; a token that is out serves for 60 minutes at most", self.hospital);
        if self.apply {
            self.cognito.call("AdminDisableUser", json!({ "Username": user })).await?;
            self.cognito.call("AdminUserGlobalSignOut", json!({ "Username": user })).await?;
        }
        Ok(done(self.apply))
    }

    async fn enable(&self, user: &str) -> Result<Outcome, String> {
        self.own(user).await?;
        println!("{}: {user} to be let in again", self.hospital);
        if self.apply {
            self.cognito.call("AdminEnableUser", json!({ "Username": user })).await?;
        }
        Ok(done(self.apply))
    }

    /// Where every user needs a second factor, Cognito has no way to take one off an account: it is made anew.
    async fn reset_mfa(&self, user: &str, yes: bool) -> Result<Outcome, String> {
        let groups = self.own(user).await?;
        let roles: Vec<&String> = groups.iter().filter(|group| is_role(group)).collect();
        let [role] = roles[..] else {
            return Err(format!("{user} has not exactly one role: give one with `group` first"));
        };
        let before = self.cognito.call("AdminGetUser", json!({ "Username": user })).await?;
        let id = sub(&before["UserAttributes"]);
        println!("{}: {user}, whose id in the log is {id}, to be deleted and made anew as {role}", self.hospital);
        if self.apply {
            if !yes {
                confirm(user)?;
            }
            self.cognito.call("AdminDeleteUser", json!({ "Username": user })).await?;
            self.create(user).await?;
            self.belong(user, role).await?;
            if before["Enabled"] == false {
                self.cognito.call("AdminDisableUser", json!({ "Username": user })).await?;
            }
        }
        Ok(done(self.apply))
    }

    /// The groups of an account that is this hospital's, or nobody's yet.
    async fn own(&self, user: &str) -> Result<Vec<String>, String> {
        let groups = self.groups(user).await?;
        let other = groups.iter().find(|group| group.starts_with("hospital:") && **group != self.own_group());
        other.map_or(Ok(()), |other| Err(format!("{user} belongs to {other}")))?;
        Ok(groups)
    }

    async fn groups(&self, user: &str) -> Result<Vec<String>, Failed> {
        let read = self.cognito.call("AdminListGroupsForUser", json!({ "Username": user })).await?;
        let groups = read["Groups"].as_array().into_iter().flatten();
        Ok(groups.filter_map(|group| Some(group["GroupName"].as_str()?.to_owned())).collect())
    }
}

fn is_role(group: &str) -> bool {
    Role::parse(group).is_some()
}

/// The id that stands in tokens and in the log.
fn sub(attributes: &Value) -> &str {
    let mut all = attributes.as_array().into_iter().flatten();
    all.find(|one| one["Name"] == "sub").and_then(|one| one["Value"].as_str()).unwrap_or("?")
}
