//! Codes of members, and links that only this program can have made.
//!
//! A code is ten letters and digits that nobody can guess and everybody can type (Crockford's base 32). A link carries the
//! code with a signature (HMAC-SHA-256, RFC 2104, cut to forty bits), so that made-up links are refused without a look
//! into the database. Answers are limited per link and in all.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use geom::Timestamp;
use records::{Error, on_db};
use sha2::{Digest, Sha256};
use tokio::sync::OnceCell;

use crate::App;
use crate::problem::Problem;

const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CODE: usize = 10;
const SIGNATURE: usize = 8;

/// A minute, in which so many requests are answered for one link and for all of them.
const MINUTE: i64 = 60_000;
const EACH: u32 = 20;
const ALL: u32 = 1_200;

/// The key of the links, and how many were asked for lately.
#[derive(Default)]
pub(crate) struct Links {
    key: OnceCell<Vec<u8>>,
    lately: Mutex<Lately>,
}

#[derive(Default)]
struct Lately {
    since: i64,
    all: u32,
    each: HashMap<String, u32>,
}

fn letters(bytes: &[u8], count: usize) -> String {
    let mut text = String::with_capacity(count);
    let (mut held, mut bits) = (0u32, 0);
    for byte in bytes {
        held = (held << 8) | u32::from(*byte);
        bits += 8;
        while bits >= 5 && text.len() < count {
            bits -= 5;
            text.push(char::from(LETTERS[((held >> bits) & 31) as usize]));
        }
    }
    text
}

/// A new code.
pub(super) fn new_code() -> Result<String, getrandom::Error> {
    let mut bytes = [0u8; 7];
    getrandom::fill(&mut bytes)?;
    Ok(letters(&bytes, CODE))
}

/// A code as somebody typed it: small letters, blanks and dashes, o for 0, i and l for 1.
pub(super) fn read_code(typed: &str) -> String {
    let known = |c: char| match c.to_ascii_uppercase() {
        'O' => Some('0'),
        'I' | 'L' => Some('1'),
        c if LETTERS.contains(&u8::try_from(c).unwrap_or(0)) => Some(c),
        _ => None,
    };
    typed.chars().take(40).filter_map(known).collect()
}

fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut block = [0u8; 64];
    if key.len() > block.len() {
        block[..32].copy_from_slice(&Sha256::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let padded = |with: u8| block.map(|b| b ^ with);
    let inner = Sha256::new()
        .chain_update(padded(0x36))
        .chain_update(message)
        .finalize();
    Sha256::new()
        .chain_update(padded(0x5c))
        .chain_update(inner)
        .finalize()
        .into()
}

impl Links {
    /// The key, made when it is first asked for; it is kept in the database, so that links outlive the program.
    async fn key(&self, app: &App) -> Result<&[u8], Problem> {
        let key = self.key.get_or_try_init(|| async {
            const NEW: &str = "insert into marketing_keys (name, secret) values ('links', $1) on conflict (name) do nothing";
            const READ: &str = "select secret from marketing_keys where name = 'links'";
            let secret = crate::sessions::new_secret().map_err(Problem::unexpected)?;
            let db = app.store.db();
            on_db!(write db, pool => sqlx::query(NEW).bind(secret).execute(pool).await.map(|_| ())).map_err(Error::from)?;
            let row: (String,) =
                on_db!(read db, pool => sqlx::query_as(READ).fetch_one(pool).await).map_err(Error::from)?;
            Ok::<_, Problem>(row.0.into_bytes())
        });
        Ok(key.await?)
    }

    /// The path of a member's link.
    pub async fn path(&self, app: &App, code: &str) -> Result<String, Problem> {
        let signature = letters(&hmac(self.key(app).await?, code.as_bytes()), SIGNATURE);
        Ok(format!("/r/{code}-{signature}"))
    }

    /// The code of a link; `None` for one that this program has not made.
    pub async fn code(&self, app: &App, signed: &str) -> Result<Option<String>, Problem> {
        let Some((code, signature)) = signed.split_once('-') else {
            return Ok(None);
        };
        if code.len() != CODE || signature.len() != SIGNATURE {
            return Ok(None);
        }
        let right = letters(&hmac(self.key(app).await?, code.as_bytes()), SIGNATURE);
        // As long for a wrong first letter as for a wrong last one.
        let differ = right
            .bytes()
            .zip(signature.bytes())
            .fold(0, |sum, (a, b)| sum | (a ^ b));
        Ok((differ == 0).then(|| code.to_owned()))
    }

    /// Whether one more request for a link is answered within this minute.
    pub fn may_answer(&self, code: &str, now: Timestamp) -> bool {
        let mut lately = self.lately.lock().unwrap_or_else(PoisonError::into_inner);
        if now.0 - lately.since >= MINUTE || now.0 < lately.since {
            *lately = Lately {
                since: now.0,
                ..Lately::default()
            };
        }
        lately.all += 1;
        if lately.all > ALL {
            return false;
        }
        let each = lately.each.entry(code.to_owned()).or_default();
        *each += 1;
        *each <= EACH
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hmac_is_that_of_the_rfc() {
        // RFC 4231, test cases 1 and 2.
        let hex = |bytes: [u8; 32]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
        assert_eq!(
            hex(hmac(&[0x0b; 20], b"Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        );
        assert_eq!(
            hex(hmac(b"Jefe", b"what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }

    #[test]
    fn codes_are_read_as_people_type_them() {
        let code = new_code().unwrap();
        assert_eq!(code.len(), CODE);
        assert_ne!(code, new_code().unwrap());
        assert_eq!(
            read_code(&format!(" {}-{} ", &code[..5].to_lowercase(), &code[5..])),
            code
        );
        assert_eq!(read_code("o1Il-0"), "01110");
    }

    #[test]
    fn a_link_is_answered_so_often_a_minute() {
        let links = Links::default();
        assert!((0..EACH).all(|_| links.may_answer("A", Timestamp(1_000_000))));
        assert!(!links.may_answer("A", Timestamp(1_000_001)));
        assert!(links.may_answer("B", Timestamp(1_000_001)));
        assert!(links.may_answer("A", Timestamp(1_000_000 + MINUTE)));
    }
}
