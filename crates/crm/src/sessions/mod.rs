//! Who is asking: sign-in, sessions, API tokens.
//!
//! Passwords are kept as argon2id, tokens as SHA-256. A session slides: it lives for two weeks after it
//! was last used. Cookies are `HttpOnly` and `SameSite=Strict`, and a write that carries an `Origin` must
//! come from our own, so a foreign page cannot act for the person.

mod http;
mod store;
#[cfg(test)]
mod tests;
mod tokens;

pub(crate) use http::load;
pub use http::{Signed, router};
pub use store::{create_token, set_password};

use base64::Engine as _;
use sha2::{Digest, Sha256};

/// Sessions end this long after their last use.
pub(crate) const SESSION_MILLIS: i64 = 14 * 24 * 3600 * 1000;

/// A new random secret of 256 bits, for a cookie or a token.
pub(crate) fn new_secret() -> Result<String, getrandom::Error> {
    let mut bytes = [0u8; 32];
    getrandom::fill(&mut bytes)?;
    Ok(base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes))
}

/// What of a secret is stored.
pub(crate) fn hash_secret(secret: &str) -> String {
    Sha256::digest(secret.as_bytes())
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect()
}
