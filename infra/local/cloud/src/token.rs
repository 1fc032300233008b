//! `token --user NAME`: an access token of the running stack, for curl.

use std::path::Path;

use serde_json::Value;

use crate::client::{SignIn, sign_in};
use crate::ready;

pub async fn print(state: &Path, user: &str) -> Result<(), String> {
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
    let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
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
