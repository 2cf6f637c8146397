//! Our own words, signed: a message id that we gave comes back in every answer, and nobody else can make one.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// Bytes of a signature kept: 128 bits.
const KEPT: usize = 16;

/// A secret key. Signs with HMAC-SHA256 (RFC 2104), cut to 128 bits.
#[derive(Clone)]
pub struct Seal {
    key: [u8; 32],
}

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seal")
    }
}

impl Seal {
    /// With a key that is kept secret.
    #[must_use]
    pub fn new(key: [u8; 32]) -> Self {
        Self { key }
    }

    fn mac(&self, purpose: &str, text: &str) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).ok()?;
        mac.update(&(purpose.len() as u64).to_be_bytes());
        mac.update(purpose.as_bytes());
        mac.update(text.as_bytes());
        Some(mac)
    }

    /// The signature of a text for one purpose, 32 hexadecimal digits. One for another purpose does not hold.
    #[must_use]
    pub fn sign(&self, purpose: &str, text: &str) -> String {
        let bytes = self.mac(purpose, text).map(|mac| mac.finalize().into_bytes());
        let bytes = bytes.as_deref().unwrap_or_default();
        bytes.iter().take(KEPT).map(|b| format!("{b:02x}")).collect()
    }

    /// Whether a signature is ours. Takes as long for a wrong one.
    #[must_use]
    pub fn holds(&self, purpose: &str, text: &str, signature: &str) -> bool {
        let digits = signature.as_bytes();
        if digits.len() != KEPT * 2 {
            return false;
        }
        let mut bytes = [0_u8; KEPT];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let Some(value) = std::str::from_utf8(pair)
                .ok()
                .and_then(|p| u8::from_str_radix(p, 16).ok())
            else {
                return false;
            };
            *byte = value;
        }
        self.mac(purpose, text)
            .is_some_and(|mac| mac.verify_truncated_left(&bytes).is_ok())
    }

    /// The id of a message that belongs to a record: `bw.RECORD.SIGNATURE@domain`, without angle brackets.
    #[must_use]
    pub fn message_id(&self, record: &str, domain: &str) -> String {
        format!("bw.{record}.{}@{domain}", self.sign("message-id", record))
    }

    /// The record of a message id that we gave; `None` for anybody else's, and for a forged one.
    #[must_use]
    pub fn record_of<'a>(&self, message_id: &'a str) -> Option<&'a str> {
        let inner = message_id.trim().trim_start_matches('<').trim_end_matches('>');
        let (local, _) = inner.rsplit_once('@')?;
        let (record, signature) = local.strip_prefix("bw.")?.rsplit_once('.')?;
        self.holds("message-id", record, signature).then_some(record)
    }
}

#[cfg(test)]
mod tests {
    use super::Seal;

    #[test]
    fn only_our_own_ids_are_known() {
        let seal = Seal::new([7; 32]);
        let id = seal.message_id("0190-ab", "crm.example");
        assert_eq!(seal.record_of(&id), Some("0190-ab"));
        assert_eq!(seal.record_of(&format!(" <{id}> ")), Some("0190-ab"));
        // Another domain in between rewrites only what stands behind the @.
        assert_eq!(
            seal.record_of(&id.replace("crm.example", "x.example")),
            Some("0190-ab")
        );
        let other = Seal::new([8; 32]).message_id("0190-ab", "crm.example");
        let swapped = id.replace("0190-ab", "0190-ac");
        let short = id.replace(&id[id.len() - 14..id.len() - 12], "");
        for forged in [
            other.as_str(),
            &swapped,
            &short,
            "bw.0190-ab.@x",
            "bw..@",
            "",
            "a@b",
            "bw.0190-ab.zz@x",
        ] {
            assert_eq!(seal.record_of(forged), None, "{forged}");
        }
        assert!(!seal.holds("form", "0190-ab", &seal.sign("message-id", "0190-ab")));
    }
}
