//! Administration of accounts and groups, as far as `fude-admin user` calls it.

use serde::Deserialize;
use serde_json::{Value, json};

use super::read;
use crate::error::Refusal;
use crate::pool::Pool;
use crate::store::Account;

/// What these operations ask for; each takes what it needs.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    user_pool_id: String,
    username: Option<String>,
    group_name: Option<String>,
    temporary_password: Option<String>,
    message_action: Option<String>,
}

impl Request {
    fn user(&self) -> Result<&str, Refusal> {
        self.username.as_deref().ok_or(Refusal::MissingParameter("Username"))
    }

    fn group(&self) -> Result<&str, Refusal> {
        self.group_name.as_deref().ok_or(Refusal::MissingParameter("GroupName"))
    }
}

/// The operations by name.
const OPERATIONS: [&str; 11] = [
    "AdminCreateUser", "AdminGetUser", "AdminListGroupsForUser", "AdminAddUserToGroup", "AdminRemoveUserFromGroup",
    "AdminDisableUser", "AdminEnableUser", "AdminUserGlobalSignOut", "AdminDeleteUser", "CreateGroup",
    "ListUsersInGroup",
];

/// None where the operation is none of these.
pub(super) fn answer(pool: &Pool, operation: &str, body: &[u8], now: u64) -> Option<Result<Value, Refusal>> {
    let name = OPERATIONS.into_iter().find(|name| *name == operation)?;
    Some(read(name, body).and_then(|request: Request| {
        pool.check_pool(&request.user_pool_id)?;
        answered(pool, name, &request, now)
    }))
}

fn answered(pool: &Pool, operation: &str, request: &Request, now: u64) -> Result<Value, Refusal> {
    let done = |()| json!({});
    match operation {
        "AdminCreateUser" => {
            // The service would make up a password and send it; nobody here gets a message
            if request.message_action.as_deref() != Some("SUPPRESS") {
                return Err(Refusal::MissingParameter("MessageAction SUPPRESS"));
            }
            let password = request.temporary_password.as_deref();
            let password = password.ok_or(Refusal::MissingParameter("TemporaryPassword"))?;
            let account = pool.create_user(request.user()?, password, now)?;
            Ok(json!({ "User": described(&account, "Attributes") }))
        }
        "AdminGetUser" => Ok(described(&pool.account(request.user()?)?, "UserAttributes")),
        "AdminListGroupsForUser" => {
            let groups = pool.account(request.user()?)?.user.groups;
            let groups: Vec<Value> = groups.iter().map(|group| json!({ "GroupName": group })).collect();
            Ok(json!({ "Groups": groups }))
        }
        "AdminAddUserToGroup" => pool.add_to_group(request.user()?, request.group()?).map(done),
        "AdminRemoveUserFromGroup" => pool.remove_from_group(request.user()?, request.group()?).map(done),
        "AdminDisableUser" => pool.set_disabled(request.user()?, true).map(done),
        "AdminEnableUser" => pool.set_disabled(request.user()?, false).map(done),
        "AdminUserGlobalSignOut" => pool.sign_out(request.user()?).map(done),
        "AdminDeleteUser" => pool.delete_user(request.user()?).map(done),
        "CreateGroup" => {
            pool.create_group(request.group()?)?;
            Ok(json!({ "Group": { "GroupName": request.group()?, "UserPoolId": request.user_pool_id } }))
        }
        _ => {
            let members = pool.members(request.group()?)?;
            let members: Vec<Value> = members.iter().map(|account| described(account, "Attributes")).collect();
            Ok(json!({ "Users": members }))
        }
    }
}

/// The service names the list of attributes differently in `AdminGetUser`.
fn described(account: &Account, attributes: &str) -> Value {
    json!({
        "Username": account.user.name,
        attributes: [{ "Name": "sub", "Value": account.user.sub }],
        "Enabled": !account.disabled,
        "UserStatus": if account.temporary_until.is_some() { "FORCE_CHANGE_PASSWORD" } else { "CONFIRMED" },
        "UserCreateDate": account.created_at,
        "UserLastModifiedDate": account.created_at,
    })
}
