//! The hash chain: digests of rows, and hashes of entries over the ones before.

use sha2::{Digest, Sha256};

use crate::Change;
use crate::catalog::{ColumnType, RecordType};
use crate::rows::SALT;
use crate::statement::Bind;

/// Hash before the first entry.
pub(crate) const START: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Salted digest of a stored row, hex. Over every column that is not null, by name, so that a column added
/// later changes no old digest; derived columns (folded text, cell) are left out.
pub(crate) fn digest(columns: &[(String, ColumnType)], row: &[Bind], record_type: &RecordType) -> String {
    let mut sha = Sha256::new();
    if let Bind::Text(Some(salt)) = &row[SALT] {
        sha.update(salt);
    }
    put(&mut sha, &record_type.name);
    let mut order: Vec<usize> = (0..columns.len()).filter(|i| *i != SALT).collect();
    order.sort_unstable_by(|a, b| columns[*a].0.cmp(&columns[*b].0));
    for index in order {
        let name = &columns[index].0;
        if name.ends_with("_folded") || (record_type.place && name == "cell") || row[index].is_null() {
            continue;
        }
        put(&mut sha, name);
        match &row[index] {
            Bind::Text(Some(text)) => {
                sha.update(b"t");
                put(&mut sha, text);
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
    hex(&sha.finalize())
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
    let mut bytes = [0u8; 16];
    getrandom::fill(&mut bytes)
        .map_err(|e| crate::Error::Schema(format!("the system gives no random numbers: {e}")))?;
    Ok(hex(&bytes))
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
