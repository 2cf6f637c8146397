//! A firm's domain, from its web address or its e-mail: what its people's e-mail addresses end in.

use geom::Timestamp;
use records::{Fault, Record, Rules};
use serde_json::{Map, Value};

/// Mailboxes that say nothing about a firm.
const FREE_MAIL: [&str; 14] = [
    "gmail.com",
    "googlemail.com",
    "gmx.de",
    "gmx.net",
    "gmx.at",
    "gmx.ch",
    "web.de",
    "t-online.de",
    "freenet.de",
    "outlook.com",
    "hotmail.com",
    "yahoo.com",
    "icloud.com",
    "aol.com",
];
/// The part after the `@`, in small letters.
pub(crate) fn mail_domain(email: &str) -> Option<String> {
    let (name, domain) = email.trim().rsplit_once('@')?;
    let whole = !name.is_empty() && domain.split('.').all(|part| !part.is_empty()) && domain.contains('.');
    whole.then(|| domain.to_lowercase())
}

/// A mailbox of a firm's own domain.
pub(crate) fn firm_domain(email: &str) -> Option<String> {
    mail_domain(email).filter(|domain| !FREE_MAIL.contains(&domain.as_str()))
}

/// The domain of a web address, without `www.`
pub(crate) fn web_domain(address: &str) -> Option<String> {
    let rest = address
        .trim()
        .split_once("://")
        .map_or(address.trim(), |(_, rest)| rest);
    let host = rest.split(['/', '?', '#', ':']).next()?.to_lowercase();
    let host = host.strip_prefix("www.").unwrap_or(&host);
    let whole = host.contains('.')
        && host.split('.').all(|part| !part.is_empty())
        && host.chars().all(|c| c.is_alphanumeric() || c == '.' || c == '-');
    whole.then(|| host.to_owned())
}

pub(crate) fn rules(rules: Rules) -> Rules {
    rules.on("account", has_a_domain)
}

fn has_a_domain(_: Option<&Record>, after: &mut Map<String, Value>, _: Timestamp) -> Result<(), Vec<Fault>> {
    let word = |name: &str| after.get(name).and_then(Value::as_str).unwrap_or_default();
    let domain = web_domain(word("website")).or_else(|| firm_domain(word("email")));
    after.insert("domain".into(), domain.into());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_is_what_mail_ends_in() {
        for odd in ["@x.de", "a@", "a@.de", "a@x..de", "a.x.de", ""] {
            assert_eq!(mail_domain(odd), None, "{odd}");
        }
        assert_eq!(firm_domain("Anna@Firm.Example").as_deref(), Some("firm.example"));
        assert_eq!(firm_domain("anna@gmx.de"), None);
        for (address, domain) in [
            ("https://www.Firm.example/shop?x=1", Some("firm.example")),
            ("firm.example:8080", Some("firm.example")),
            ("www.firm.example", Some("firm.example")),
            ("firm", None),
            ("", None),
            ("https://", None),
        ] {
            assert_eq!(web_domain(address).as_deref(), domain, "{address}");
        }
    }
}
