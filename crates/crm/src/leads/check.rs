//! Can this lead be right, and how promising is it? Pure: from the lead's own fields and what the map says.

use serde_json::{Map, Value, json};

use crate::accounts::domain::{firm_domain, mail_domain};
use crate::plans::Language;

/// From so many points on a lead is hot.
pub(crate) const HOT: i64 = 60;

/// Something that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Check {
    pub code: &'static str,
    pub ok: bool,
    /// What was found, for people.
    pub detail: String,
}

/// What the map says of a lead's address.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Found {
    /// There is no map to ask.
    NoMap,
    /// The lead has no address.
    NoAddress,
    /// As a place is geocoded: status, the label found, why.
    Looked {
        status: String,
        label: String,
        why: String,
    },
}

fn text<'a>(fields: &'a Map<String, Value>, name: &str) -> &'a str {
    fields
        .get(name)
        .and_then(Value::as_str)
        .unwrap_or_default()
        .trim()
}

/// The digits of a telephone number.
fn digits(phone: &str) -> String {
    phone.chars().filter(char::is_ascii_digit).collect()
}

/// Looks at the address, the e-mail and the telephone number.
pub(super) fn checks(fields: &Map<String, Value>, found: &Found) -> Vec<Check> {
    let mut checks = Vec::new();
    let mut add = |code, ok, detail: &str| {
        checks.push(Check {
            code,
            ok,
            detail: detail.to_owned(),
        })
    };
    match found {
        Found::NoMap => {}
        Found::NoAddress => add("no-address", false, ""),
        Found::Looked { status, label, .. } if status == "auto" => add("address", true, label),
        Found::Looked { why, .. } => add("address", false, why),
    }
    let (email, phone) = (text(fields, "email"), text(fields, "phone"));
    if !email.is_empty() {
        let domain = mail_domain(email);
        add("email", domain.is_some(), domain.as_deref().unwrap_or(email));
    }
    if !phone.is_empty() {
        // E.164: at most 15 digits; fewer than 6 reach nobody from outside.
        let count = digits(phone).len();
        let odd = phone.chars().any(|c| c.is_alphabetic());
        add("phone", (6..=15).contains(&count) && !odd, phone);
    }
    if email.is_empty() && phone.is_empty() {
        add("no-contact", false, "");
    }
    checks
}

/// Points with what they are for: 0..=100 in all. `in_territory`: the place lies in somebody's area.
pub(super) fn score(
    fields: &Map<String, Value>,
    checks: &[Check],
    in_territory: bool,
) -> (i64, Vec<(i64, &'static str)>) {
    let given = |name: &str| !text(fields, name).is_empty();
    let passed = |code: &str| checks.iter().any(|c| c.code == code && c.ok);
    let employees = fields.get("employees").and_then(Value::as_i64).unwrap_or(0);
    let mut reasons: Vec<(i64, &'static str)> = [
        (given("company"), 10, "company"),
        (passed("address"), 15, "address"),
        (in_territory, 10, "territory"),
        (passed("email"), 10, "email"),
        (firm_domain(text(fields, "email")).is_some(), 10, "firm-domain"),
        (passed("phone"), 10, "phone"),
        (given("title"), 5, "title"),
        ((10..50).contains(&employees), 8, "employees"),
        (employees >= 50, 15, "employees"),
        (text(fields, "message").chars().count() >= 40, 10, "message"),
        (given("industry"), 5, "industry"),
    ]
    .into_iter()
    .filter(|(holds, _, _)| *holds)
    .map(|(_, points, code)| (points, code))
    .collect();
    let failed = checks.iter().filter(|c| !c.ok && c.code != "no-address").count();
    if failed > 0 {
        reasons.push((-10 * i64::try_from(failed).unwrap_or(1), "doubtful"));
    }
    let sum: i64 = reasons.iter().map(|r| r.0).sum();
    (sum.clamp(0, 100), reasons)
}

/// As kept with the lead.
pub(super) fn checks_json(checks: &[Check]) -> Value {
    checks
        .iter()
        .map(|c| json!({ "code": c.code, "ok": c.ok, "detail": c.detail }))
        .collect()
}

/// As kept with the lead.
pub(super) fn reasons_json(reasons: &[(i64, &'static str)]) -> Value {
    reasons
        .iter()
        .map(|(points, code)| json!({ "code": code, "points": points }))
        .collect()
}

/// A check in a sentence.
pub(super) fn check_text(language: Language, code: &str, ok: bool, detail: &str) -> String {
    let german = language == Language::German;
    match (code, ok) {
        ("address", true) if german => format!("Anschrift gefunden: {detail}"),
        ("address", true) => format!("Address found: {detail}"),
        ("address", false) if german => format!("Anschrift unsicher: {detail}"),
        ("address", false) => format!("Address uncertain: {detail}"),
        ("no-address", _) if german => "Keine Anschrift angegeben".into(),
        ("no-address", _) => "No address given".into(),
        ("email", true) if german => format!("E-Mail-Adresse sieht richtig aus ({detail})"),
        ("email", true) => format!("E-mail looks right ({detail})"),
        ("email", false) if german => format!("{detail} ist keine E-Mail-Adresse"),
        ("email", false) => format!("{detail} is no e-mail address"),
        ("phone", true) if german => "Telefonnummer sieht richtig aus".into(),
        ("phone", true) => "Telephone number looks right".into(),
        ("phone", false) if german => format!("{detail} ist keine Telefonnummer"),
        ("phone", false) => format!("{detail} is no telephone number"),
        ("no-contact", _) if german => "Weder E-Mail noch Telefon angegeben".into(),
        ("no-contact", _) => "Neither e-mail nor telephone given".into(),
        _ => detail.to_owned(),
    }
}

/// What points are for.
pub(super) fn reason_text(language: Language, code: &str) -> String {
    let (english, german) = match code {
        "company" => ("A company is named", "Eine Firma ist genannt"),
        "address" => ("The address is certain", "Die Anschrift ist sicher"),
        "territory" => ("In a territory of ours", "In einem unserer Gebiete"),
        "email" => ("Can be written to", "Per E-Mail erreichbar"),
        "firm-domain" => ("E-mail of a firm's own", "E-Mail einer eigenen Domain"),
        "phone" => ("Can be called", "Telefonisch erreichbar"),
        "title" => ("Says what they do there", "Nennt die eigene Funktion"),
        "employees" => ("Size of the firm", "Größe der Firma"),
        "message" => ("Wrote what they want", "Hat geschrieben, worum es geht"),
        "industry" => ("Industry is known", "Branche ist bekannt"),
        "doubtful" => ("Something does not look right", "Etwas sieht nicht richtig aus"),
        other => (other, other),
    };
    if language == Language::German {
        german
    } else {
        english
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use records::fields;

    fn looked(status: &str) -> Found {
        Found::Looked {
            status: status.into(),
            label: "Turmstraße 1".into(),
            why: "no such street".into(),
        }
    }

    #[test]
    fn what_is_odd_is_named() {
        let codes = |given: Map<String, Value>, found: &Found| -> Vec<(&'static str, bool)> {
            checks(&given, found).iter().map(|c| (c.code, c.ok)).collect()
        };
        let whole = fields([
            ("email", "a@firm.example".into()),
            ("phone", "+49 395 123456".into()),
        ]);
        assert_eq!(
            codes(whole, &looked("auto")),
            [("address", true), ("email", true), ("phone", true)]
        );
        let odd = fields([("email", "a@firm".into()), ("phone", "call me 12".into())]);
        assert_eq!(
            codes(odd, &looked("review")),
            [("address", false), ("email", false), ("phone", false)]
        );
        assert_eq!(
            codes(Map::new(), &Found::NoAddress),
            [("no-address", false), ("no-contact", false)]
        );
        assert_eq!(codes(Map::new(), &Found::NoMap), [("no-contact", false)]);
    }

    #[test]
    fn points_are_the_sum_of_their_reasons() {
        let given = fields([
            ("company", "Firm".into()),
            ("email", "a@Firm.example".into()),
            ("phone", "0395 123456".into()),
            ("employees", 60.into()),
        ]);
        let found = checks(&given, &looked("auto"));
        let (sum, reasons) = score(&given, &found, true);
        assert_eq!(sum, 10 + 15 + 10 + 10 + 10 + 10 + 15);
        assert_eq!(sum, reasons.iter().map(|r| r.0).sum::<i64>());
        assert!(sum >= HOT);
        // A free mailbox is no firm's, and doubts cost.
        let given = fields([("email", "a@gmx.de".into()), ("phone", "1".into())]);
        let found = checks(&given, &Found::NoAddress);
        assert_eq!(
            score(&given, &found, false),
            (0, vec![(10, "email"), (-10, "doubtful")])
        );
    }
}
