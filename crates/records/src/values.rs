//! JSON in, columns out: what each kind of field accepts, and how text is folded.

use geom::Timestamp;
use serde_json::Value;
use unicode_normalization::UnicodeNormalization;

use crate::catalog::{Field, Kind};
use crate::statement::Bind;

/// A new UUIDv7 as text, for callers that need to know an id before they write.
#[must_use]
pub fn new_id() -> String {
    uuid::Uuid::now_v7().to_string()
}

/// Text without case and accents, for search and order: `Straße` and `STRASSE` become `strasse`, `Bäcker`
/// becomes `backer`. Runs of white space become one space.
#[must_use]
pub fn fold(text: &str) -> String {
    // Most of what is written has no accents.
    if text.is_ascii() {
        fold_all(text, text.chars())
    } else {
        fold_all(text, text.nfkd())
    }
}

fn fold_all(text: &str, letters: impl Iterator<Item = char>) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in letters {
        if c.is_ascii() && !c.is_whitespace() {
            folded.push(c.to_ascii_lowercase());
            continue;
        }
        if unicode_normalization::char::is_combining_mark(c) {
            continue;
        }
        if c.is_whitespace() {
            if !folded.is_empty() && !folded.ends_with(' ') {
                folded.push(' ');
            }
            continue;
        }
        match c {
            'ß' | 'ẞ' => folded.push_str("ss"),
            'æ' | 'Æ' => folded.push_str("ae"),
            'œ' | 'Œ' => folded.push_str("oe"),
            'ø' | 'Ø' => folded.push('o'),
            'ł' | 'Ł' => folded.push('l'),
            'đ' | 'Đ' => folded.push('d'),
            'ı' => folded.push('i'),
            c => folded.extend(c.to_lowercase()),
        }
    }
    folded.truncate(folded.trim_end().len());
    folded
}

/// A key that custom fields may have.
pub(crate) fn is_custom_key(key: &str) -> bool {
    !key.is_empty()
        && key.len() <= 60
        && key.starts_with(|c: char| c.is_ascii_lowercase())
        && key
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// Ids are URL-safe words.
pub(crate) fn is_id(id: &str) -> bool {
    (1..=64).contains(&id.len())
        && id
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

/// Why a value was refused: a stable word and a sentence.
pub(crate) type Refusal = (&'static str, String);

/// Brings a JSON value into the field's own form: instants become integers, texts lose a NUL and outer
/// white space, the empty text becomes null. Checks kind, length, range and choice.
pub(crate) fn normalize(field: &Field, value: &mut Value) -> Result<(), Refusal> {
    if let Value::String(text) = value {
        if text.contains('\0') {
            return Err(("nul-character", "must not contain a NUL character".into()));
        }
        if field.kind != Kind::Json && field.kind != Kind::LongText && text.trim().len() != text.len() {
            *text = text.trim().to_string();
        }
        if text.is_empty() && field.kind != Kind::Json {
            *value = Value::Null;
        }
    }
    if value.is_null() {
        return if field.required {
            Err(("required", "must not be empty".into()))
        } else {
            Ok(())
        };
    }
    match field.kind {
        Kind::Text | Kind::Link | Kind::Email | Kind::Phone | Kind::Url | Kind::OpeningHours => {
            check_text(field, value, DEFAULT_TEXT)
        }
        Kind::LongText => check_text(field, value, DEFAULT_LONG_TEXT),
        Kind::Choice => match value.as_str() {
            Some(text) if field.choices.iter().any(|c| c == text) => Ok(()),
            _ => Err((
                "not-a-choice",
                format!("{value} is none of {}", field.choices.join(", ")),
            )),
        },
        Kind::Boolean => match value {
            Value::Bool(_) => Ok(()),
            _ => Err(("not-a-boolean", format!("{value} is neither true nor false"))),
        },
        Kind::Integer | Kind::Money => {
            let whole =
                whole_number(value).ok_or(("not-an-integer", format!("{value} is not a whole number")))?;
            *value = whole.into();
            check_range(field, whole as f64)
        }
        Kind::Number => {
            let number = value
                .as_f64()
                .filter(|n| n.is_finite())
                .ok_or(("not-a-number", format!("{value} is not a number")))?;
            *value = number.into();
            check_range(field, number)
        }
        Kind::Instant => {
            let at = instant(value).ok_or((
                "not-an-instant",
                format!("{value} is neither milliseconds since 1970 nor a time like 2026-07-01T09:30:00Z"),
            ))?;
            *value = at.0.into();
            Ok(())
        }
        Kind::Date => match value.as_str().and_then(|t| t.parse::<jiff::civil::Date>().ok()) {
            Some(date) if (0..=9999).contains(&date.year()) => {
                *value = date.to_string().into();
                Ok(())
            }
            _ => Err(("not-a-date", format!("{value} is not a date like 2026-07-01"))),
        },
        Kind::Json => {
            let text = value.to_string();
            if text.len() > MAX_JSON {
                return Err((
                    "too-long",
                    format!("has {} bytes as JSON, at most {MAX_JSON} are kept", text.len()),
                ));
            }
            if text.contains("\\u0000") {
                return Err(("nul-character", "must not contain a NUL character".into()));
            }
            Ok(())
        }
    }
}

/// Most characters of a text without `max`.
const DEFAULT_TEXT: i64 = 500;
const DEFAULT_LONG_TEXT: i64 = 100_000;
const MAX_JSON: usize = 1_000_000;
/// Beyond 2⁵³ a JSON reader that counts in doubles loses digits.
const MAX_WHOLE: i64 = 1 << 53;

fn check_text(field: &Field, value: &Value, default_max: i64) -> Result<(), Refusal> {
    let Some(text) = value.as_str() else {
        return Err(("not-a-text", format!("{value} is not a text")));
    };
    let max = field.max.unwrap_or(default_max);
    let length = text.chars().count() as i64;
    if length > max {
        return Err((
            "too-long",
            format!("has {length} characters, at most {max} are kept"),
        ));
    }
    match field.kind {
        Kind::Email if !is_email(text) => Err(("not-an-email", format!("{text:?} is not an e-mail address"))),
        Kind::Link if !is_id(text) => Err(("not-an-id", format!("{text:?} is not an id"))),
        Kind::Url if text.contains(char::is_whitespace) => {
            Err(("not-a-url", format!("{text:?} is not a web address")))
        }
        // A script in a link runs when somebody clicks it.
        Kind::Url if text.contains(':') && !text.contains("://") && !is_host_and_port(text) => Err((
            "not-a-url",
            format!("{text:?} is not a web address; it begins with https:// or http://"),
        )),
        Kind::Url
            if text.contains("://") && !text.starts_with("http://") && !text.starts_with("https://") =>
        {
            Err((
                "not-a-url",
                format!("{text:?} is not a web address; it begins with https:// or http://"),
            ))
        }
        _ => Ok(()),
    }
}

fn is_host_and_port(text: &str) -> bool {
    let Some((host, rest)) = text.split_once(':') else {
        return false;
    };
    host.contains('.') && rest.starts_with(|c: char| c.is_ascii_digit())
}

/// One `@`, something before it, a name with a dot or `localhost` after it, no white space. Whether it
/// exists only the post knows.
fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    !local.is_empty()
        && !local.contains('@')
        && !text.contains(char::is_whitespace)
        && !domain.is_empty()
        && !domain.starts_with('.')
        && !domain.ends_with('.')
        && (domain.contains('.') || domain == "localhost")
}

fn check_range(field: &Field, number: f64) -> Result<(), Refusal> {
    if let Some(min) = field.min
        && number < min as f64
    {
        return Err(("too-small", format!("{number} is smaller than {min}")));
    }
    if let Some(max) = field.max
        && number > max as f64
    {
        return Err(("too-large", format!("{number} is larger than {max}")));
    }
    Ok(())
}

/// A whole number, also written as `3.0`, within ±2⁵³.
pub(crate) fn whole_number(value: &Value) -> Option<i64> {
    let whole = match value.as_i64() {
        Some(whole) => whole,
        None => value
            .as_f64()
            .filter(|n| n.fract() == 0.0 && n.abs() <= MAX_WHOLE as f64)
            .map(|n| n as i64)?,
    };
    (-MAX_WHOLE..=MAX_WHOLE).contains(&whole).then_some(whole)
}

/// Milliseconds, or RFC 3339 text.
pub(crate) fn instant(value: &Value) -> Option<Timestamp> {
    if let Some(text) = value.as_str() {
        return text
            .parse::<jiff::Timestamp>()
            .ok()
            .map(|t| Timestamp(t.as_millisecond()));
    }
    if value.as_i64() == Some(Timestamp::FOREVER.0) {
        return Some(Timestamp::FOREVER);
    }
    whole_number(value).map(Timestamp)
}

/// A normalized value as it goes to its column.
pub(crate) fn to_bind(kind: Kind, value: &Value) -> Bind {
    match kind {
        Kind::Boolean => Bind::Boolean(value.as_bool()),
        Kind::Integer | Kind::Money | Kind::Instant => Bind::Integer(value.as_i64()),
        Kind::Number => Bind::Number(value.as_f64()),
        Kind::Json => Bind::Text((!value.is_null()).then(|| value.to_string())),
        _ => Bind::Text(value.as_str().map(str::to_string)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_forgets_case_and_accents() {
        assert_eq!(
            fold("  Bäckerei\u{a0}STRASSE Straße "),
            "backerei strasse strasse"
        );
        assert_eq!(fold("Łódź Øre ﬁn"), "lodz ore fin");
        // Plain text takes a shorter way to the same as with a letter that makes it take the longer one.
        let plain: String = (0..=127u8).map(char::from).collect();
        for text in [plain.as_str(), " a\t\n B  c ", "Q\u{b}x", "", "  "] {
            let longer = fold(&format!("{text} ö"));
            assert_eq!(longer, format!("{} o", fold(text)).trim_start(), "{text:?}");
        }
    }

    #[test]
    fn a_web_address_cannot_be_a_script() {
        for (text, good) in [
            ("https://example.com/a?b=c:d", true),
            ("example.com", true),
            ("example.com:8080/x", true),
            ("javascript:alert(1)", false),
            ("data:text/html,x", false),
            ("ftp://example.com", false),
            ("a b", false),
        ] {
            let field: Field = toml::from_str("kind = \"url\"").unwrap();
            assert_eq!(normalize(&field, &mut text.into()).is_ok(), good, "{text}");
        }
    }
}
