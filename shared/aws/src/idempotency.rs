//! The header `Idempotency-Key`: the caller's own choice for one request.

use lambda_http::Request;

/// Exactly one header of 1 to 255 visible ASCII characters.
pub fn key(request: &Request) -> Option<String> {
    let mut values = request.headers().get_all("idempotency-key").iter();
    let key = values.next()?.to_str().ok()?;
    let sound = values.next().is_none() && (1..=255).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic());
    sound.then(|| key.to_owned())
}

/// What is told to whoever sent another.
pub const WRONG: &str = "the header Idempotency-Key must hold 1 to 255 visible ASCII characters";
