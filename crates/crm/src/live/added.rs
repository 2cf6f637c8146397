//! Fields that an administrator added to customers, as the live index holds them: words as categories; numbers and
//! dates as amounts that ranges are asked of, and as categories of classes that the map is coloured by.

use geom::Timestamp;
use records::{Catalog, Kind, RecordType};
use serde::{Deserialize, Serialize};

/// Numbers with decimals are kept to the third.
const THOUSANDTHS: f64 = 1_000.0;
/// Minor units of a currency in a major one, for classes only.
const MINOR: f64 = 100.0;

/// A field of accounts in the index.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Added {
    pub name: String,
    kind: Kind,
}

/// A value of an added field.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Value {
    /// The word, or the class that the number is of.
    pub word: String,
    /// As the amount column holds it; `None` for words.
    pub number: Option<i64>,
}

impl Added {
    /// Those of the catalog that the index can hold, in their order.
    pub fn of(catalog: &Catalog) -> Vec<Self> {
        let fields = catalog.get("account").map_or(&[][..], |t| &t.fields);
        let held = fields
            .iter()
            .filter(|f| f.custom && !f.retired && is_held(f.kind));
        held.map(|f| Self {
            name: f.name.clone(),
            kind: f.kind,
        })
        .collect()
    }

    /// Is asked for ranges.
    pub fn is_number(&self) -> bool {
        !matches!(self.kind, Kind::Text | Kind::Choice | Kind::Boolean)
    }

    /// The category that the map is coloured by.
    pub fn category(&self) -> String {
        if self.is_number() {
            format!("{}:class", self.name)
        } else {
            self.name.clone()
        }
    }

    /// The two columns that SQL reads a value by: a text and a number.
    pub fn columns(&self) -> String {
        const NO_TEXT: &str = "cast(null as text)";
        const NO_NUMBER: &str = "cast(null as double precision)";
        let name = &self.name;
        match self.kind {
            Kind::Boolean => {
                format!("case when {name} then 'true' when not {name} then 'false' end, {NO_NUMBER}")
            }
            Kind::Text | Kind::Choice | Kind::Date => format!("{name}, {NO_NUMBER}"),
            _ => format!("{NO_TEXT}, cast({name} as double precision)"),
        }
    }

    /// What was read by [`Added::columns`].
    pub(super) fn value(&self, text: Option<String>, number: Option<f64>) -> Option<Value> {
        if !self.is_number() {
            return Some(Value {
                word: text?,
                number: None,
            });
        }
        let number = match self.kind {
            Kind::Date => midnight(&text?)? as f64,
            Kind::Number => number? * THOUSANDTHS,
            _ => number?,
        };
        // A number that does not fit is as large as one can be.
        let number = (number.round() as i64).max(i64::MIN + 1);
        Some(Value {
            word: self.class(number),
            number: Some(number),
        })
    }

    /// A number of a question, as the amount column holds it.
    pub fn scaled(&self, number: f64) -> i64 {
        let scale = if self.kind == Kind::Number {
            THOUSANDTHS
        } else {
            1.0
        };
        (number * scale).round() as i64
    }

    /// Which of 0–1, 1–2, 2–5, 5–10, 10–20 … it is in; of a date its year. Classes do not depend on the other
    /// customers, so a colour means the same tomorrow.
    fn class(&self, number: i64) -> String {
        let number = number as f64;
        let number = match self.kind {
            Kind::Date | Kind::Instant => {
                let moment = jiff::Timestamp::from_millisecond(number as i64);
                let year = moment.map(|m| m.to_zoned(jiff::tz::TimeZone::UTC).year());
                return year.map_or_else(|_| "?".to_owned(), |year| year.to_string());
            }
            Kind::Number => number / THOUSANDTHS,
            Kind::Money => number / MINOR,
            _ => number,
        };
        if number < 0.0 {
            return "< 0".to_owned();
        }
        if number < 1.0 {
            return "0–1".to_owned();
        }
        let mut low = 1.0_f64;
        loop {
            for (from, to) in [(1.0, 2.0), (2.0, 5.0), (5.0, 10.0)] {
                if number < low * to {
                    return format!("{}–{}", low * from, low * to);
                }
            }
            low *= 10.0;
        }
    }
}

fn is_held(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Text
            | Kind::Choice
            | Kind::Boolean
            | Kind::Integer
            | Kind::Number
            | Kind::Money
            | Kind::Date
            | Kind::Instant
    )
}

/// The beginning of a day in Greenwich.
fn midnight(day: &str) -> Option<i64> {
    let day = day.parse::<jiff::civil::Date>().ok()?;
    let start = day.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(Timestamp(start.timestamp().as_millisecond()).0)
}

/// The type of customers with the fields that were added.
pub(super) fn customer_type(base: &RecordType, catalog: &Catalog) -> RecordType {
    let mut all = base.clone();
    let names: Vec<String> = Added::of(catalog).into_iter().map(|a| a.name).collect();
    let account = catalog.get("account").map_or(&[][..], |t| &t.fields);
    all.fields
        .extend(account.iter().filter(|f| names.contains(&f.name)).cloned());
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn added(kind: Kind) -> Added {
        Added {
            name: "custom_x".into(),
            kind,
        }
    }

    #[test]
    fn numbers_are_kept_and_classed() {
        let of = |kind, number: f64| {
            let value = added(kind).value(None, Some(number)).unwrap();
            (value.word, value.number.unwrap())
        };
        assert_eq!(of(Kind::Integer, 120.0), ("100–200".into(), 120));
        assert_eq!(of(Kind::Integer, 0.0), ("0–1".into(), 0));
        assert_eq!(of(Kind::Integer, 500.0), ("500–1000".into(), 500));
        assert_eq!(of(Kind::Number, 2.0625), ("2–5".into(), 2_063));
        assert_eq!(of(Kind::Money, 19_999.0), ("100–200".into(), 19_999));
        assert_eq!(of(Kind::Integer, -3.0), ("< 0".into(), -3));
        assert_eq!(of(Kind::Number, 1e300).1, i64::MAX);
        let built = added(Kind::Date).value(Some("2020-05-01".into()), None).unwrap();
        assert_eq!(
            (built.word.as_str(), built.number),
            ("2020", Some(1_588_291_200_000))
        );
        assert_eq!(added(Kind::Choice).value(None, None), None);
    }
}
