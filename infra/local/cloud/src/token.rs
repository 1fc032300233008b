//! `token --user NAME`: an access token of the running stack, for curl; `code --user NAME`: what the desk asks for.

use std::path::Path;

use fude_standin_cognito::totp_code;
use serde_json::Value;

use crate::client::{SignIn, sign_in};
use crate::ready;

/// `ready.json` and that user of it.
fn find(state: &Path, user: &str) -> Result<(Value, Value), String> {
    let file = ready::path(state);
    let text = std::fs::read_to_string(&file)
        .map_err(|_| format!("{} is not there: start the stack with `cargo run` first", file.display()))?;
    let ready: Value = serde_json::from_str(&text).map_err(|_| format!("{} cannot be read", file.display()))?;
    let users: Vec<&Value> = ready["hospitals"]
        .as_array()
        .into_iter()
        .flatten()
        .flat_map(|h| h["users"].as_array().into_iter().flatten())
        .collect();
    let names: Vec<&str> = users.iter().filter_map(|u| u["name"].as_str()).collect();
    let found = users
        .iter()
        .find(|u| u["name"] == user)
        .ok_or_else(|| format!("there is no user {user}; there are {}", names.join(", ")))?;
    let found = (*found).clone();
    Ok((ready, found))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// What a person types at the desk's sign-in.
pub fn print_code(state: &Path, user: &str) -> Result<(), String> {
    let (_, found) = find(state, user)?;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default().as_secs();
    println!("{}\n{}", text(&found["password"]), totp_code(&text(&found["totpSecret"]), now));
    Ok(())
}

pub async fn print(state: &Path, user: &str) -> Result<(), String> {
    let (ready, found) = find(state, user)?;
    let (cognito, client_id, user) = (text(&ready["cognito"]), text(&ready["clientId"]), user.to_owned());
    let (password, totp_secret) = (text(&found["password"]), text(&found["totpSecret"]));
    let token = tokio::task::spawn_blocking(move || {
        let who = SignIn {
            cognito: &cognito,
            client_id: &client_id,
            user: &user,
            password: &password,
            totp_secret: &totp_secret,
        };
        sign_in(&who, || eprintln!("this TOTP step was used already; waiting for the next one (at most 60 s) …"))
    })
    .await
    .map_err(|e| e.to_string())??;
    println!("{token}");
    Ok(())
}
