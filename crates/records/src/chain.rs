//! The hash chain: digests of rows, and hashes of entries over the ones before.

use sha2::{Digest, Sha256};

use crate::Change;
use crate::catalog::RecordType;
use crate::rows::SALT;
use crate::statement::Bind;

/// Hash before the first entry.
pub(crate) const START: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Digests of rows of one type; see [`digest`].
pub(crate) struct Digester<'a> {
    type_name: &'a str,
    /// Columns that count, by name, with where they stand in a row.
    order: Vec<(String, usize)>,
}

impl<'a> Digester<'a> {
    pub fn new(record_type: &'a RecordType) -> Self {
        let columns = record_type.columns().into_iter().enumerate();
        let mut order: Vec<(String, usize)> = columns
            .filter(|(at, (name, _))| {
                *at != SALT && !name.ends_with("_folded") && !(record_type.place && name == "cell")
            })
            .map(|(at, (name, _))| (name, at))
            .collect();
        order.sort_unstable();
        Self {
            type_name: &record_type.name,
            order,
        }
    }

    /// Whose rows.
    pub fn type_name(&self) -> &str {
        self.type_name
    }

    /// Salted digest of a stored row, hex.
    pub fn digest(&self, row: &[Bind]) -> String {
        let mut sha = Sha256::new();
        if let Bind::Text(Some(salt)) = &row[SALT] {
            sha.update(salt);
        }
        put(&mut sha, self.type_name);
        for (name, at) in &self.order {
            put_value(&mut sha, name, &row[*at]);
        }
        hex(&sha.finalize())
    }
}

fn put_value(sha: &mut Sha256, name: &str, value: &Bind) {
    if value.is_null() {
        return;
    }
    put(sha, name);
    match value {
        Bind::Text(Some(text)) => {
            sha.update(b"t");
            put(sha, text);
        }
        Bind::Integer(Some(whole)) => {
            sha.update(b"i");
            sha.update(whole.to_be_bytes());
        }
        Bind::Number(Some(number)) => {
            sha.update(b"n");
            sha.update(number.to_bits().to_be_bytes());
        }
        Bind::Boolean(Some(truth)) => sha.update([b'b', u8::from(*truth)]),
        _ => {}
    }
}

/// Salted digest of a stored row, hex. Over every column that is not null, by name, so that a column added
/// later changes no old digest; derived columns (folded text, cell) are left out.
pub(crate) fn digest(row: &[Bind], record_type: &RecordType) -> String {
    Digester::new(record_type).digest(row)
}

/// Chained hash of an entry, hex.
pub(crate) fn chained(previous: &str, change: &Change) -> String {
    let mut sha = Sha256::new();
    sha.update(previous);
    sha.update(change.seq.to_be_bytes());
    sha.update(change.at.0.to_be_bytes());
    sha.update(change.version.to_be_bytes());
    for text in [
        &change.cause,
        &change.operation,
        &change.type_name,
        &change.record_id,
        &change.change_set,
        &change.digest,
    ] {
        put(&mut sha, text);
    }
    for text in [&change.author, &change.caused_by] {
        match text {
            None => sha.update(b"-"),
            Some(text) => {
                sha.update(b"+");
                put(&mut sha, text);
            }
        }
    }
    hex(&sha.finalize())
}

/// A digest of digests, for an erasure that vouches for several versions.
pub(crate) fn digest_of(digests: &[String]) -> String {
    let mut sha = Sha256::new();
    for digest in digests {
        put(&mut sha, digest);
    }
    hex(&sha.finalize())
}

/// Sixteen random bytes, hex.
///
/// # Errors
/// When the system gives no randomness.
pub(crate) fn salt() -> Result<String, crate::Error> {
    let mut bytes = [0u8; SALT_BYTES];
    fill(&mut bytes)?;
    Ok(hex(&bytes))
}

/// As many [`salt`]s, asked of the system at once.
///
/// # Errors
/// When the system gives no randomness.
pub(crate) fn salts(count: usize) -> Result<Vec<String>, crate::Error> {
    let mut bytes = vec![0u8; count * SALT_BYTES];
    fill(&mut bytes)?;
    Ok(bytes.chunks_exact(SALT_BYTES).map(hex).collect())
}

const SALT_BYTES: usize = 16;

fn fill(bytes: &mut [u8]) -> Result<(), crate::Error> {
    getrandom::fill(bytes)
        .map_err(|e| crate::Error::Schema(format!("the system gives no random numbers: {e}")))
}

/// Length first, so that no two lists of texts look alike.
fn put(sha: &mut Sha256, text: &str) {
    sha.update((text.len() as u64).to_be_bytes());
    sha.update(text);
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|b| [DIGITS[usize::from(b >> 4)], DIGITS[usize::from(b & 15)]])
        .map(char::from)
        .collect()
}
