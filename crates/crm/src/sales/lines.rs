//! What a quote or an order lists, and what it comes to. The sums are part of every write, by whatever door.
//!
//! The rule of rounding, once for all: a line's net is quantity × unit price less its own discount and the one on all,
//! rounded to the minor unit, halves away from zero. `net` is the sum of the lines. Tax is worked out per rate on the
//! sum of its lines, rounded in the same way (as EN 16931 asks of an invoice); `total` is net and taxes.

use std::collections::BTreeMap;

use records::Fault;
use serde_json::{Map, Value, json};

/// Most lines of one document.
const MOST_LINES: usize = 1_000;
/// Hundredths of a percent that make a whole.
const WHOLE: i64 = 10_000;
/// Largest quantity, in thousandths.
const MOST: i64 = 1_000_000_000_000;
/// Largest unit price, in minor units.
const DEAREST: i64 = 1_000_000_000_000;

/// One line, read and checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub product_id: Option<String>,
    pub text: String,
    /// In thousandths.
    pub quantity: i64,
    pub unit: Option<String>,
    /// Minor units for one.
    pub unit_price: i64,
    /// Hundredths of a percent.
    pub discount: i64,
    /// Hundredths of a percent.
    pub tax_rate: i64,
    /// Minor units.
    pub net: i64,
}

/// What lines come to, in minor units.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    pub net: i64,
    /// (rate in hundredths of a percent, net at this rate, tax on it).
    pub by_rate: Vec<(i64, i64, i64)>,
    pub tax: i64,
    pub total: i64,
}

/// Reads the lines of a record, works out what they come to and writes both into it.
pub(crate) fn settle(after: &mut Map<String, Value>) -> Result<Totals, Vec<Fault>> {
    let discount = after.get("discount").and_then(Value::as_i64).unwrap_or(0);
    let lines = read(after.get("lines"), discount)?;
    let totals = totals(&lines).ok_or_else(too_large)?;
    if !lines.is_empty() {
        after.insert("lines".into(), lines.iter().map(to_json).collect());
    }
    for (name, amount) in [("net", totals.net), ("tax", totals.tax), ("total", totals.total)] {
        after.insert(name.into(), amount.into());
    }
    Ok(totals)
}

/// The lines of a stored value; `discount` on all of them in hundredths of a percent.
pub(crate) fn read(lines: Option<&Value>, discount: i64) -> Result<Vec<Line>, Vec<Fault>> {
    let lines = match lines {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(lines)) => lines,
        Some(_) => return Err(fault("", "not-a-list", "lines is a list of objects.")),
    };
    if lines.len() > MOST_LINES {
        return Err(fault("", "too-many", format!("At most {MOST_LINES} lines.")));
    }
    let mut faults = Vec::new();
    let mut read = Vec::with_capacity(lines.len());
    for (index, value) in lines.iter().enumerate() {
        match line(value, discount) {
            Ok(line) => read.push(line),
            Err((name, message)) => faults.extend(fault(&format!("/{index}/{name}"), "invalid", message)),
        }
    }
    if faults.is_empty() { Ok(read) } else { Err(faults) }
}

fn fault(pointer: &str, code: &'static str, message: impl Into<String>) -> Vec<Fault> {
    vec![Fault::of(&format!("lines{pointer}"), code, message)]
}

fn too_large() -> Vec<Fault> {
    fault("", "too-large", "The lines come to more than an amount can hold.")
}

fn line(value: &Value, discount_on_all: i64) -> Result<Line, (&'static str, String)> {
    let Some(fields) = value.as_object() else {
        return Err(("", "A line is an object.".into()));
    };
    const KNOWN: [&str; 8] = [
        "product_id",
        "text",
        "quantity",
        "unit",
        "unit_price",
        "discount",
        "tax_rate",
        "net",
    ];
    if let Some(name) = fields.keys().find(|k| !KNOWN.contains(&k.as_str())) {
        return Err((
            "",
            format!("A line has no {name:?}; it has {}.", KNOWN.join(", ")),
        ));
    }
    let word = |name: &'static str, most: usize| match fields.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.chars().count() <= most => {
            Ok(Some(text.trim().to_owned()).filter(|t| !t.is_empty()))
        }
        Some(_) => Err((name, format!("is a text of at most {most} characters"))),
    };
    let whole = |name: &'static str, most: i64| match fields.get(name) {
        None | Some(Value::Null) => Ok(0),
        Some(value) => value
            .as_i64()
            .filter(|n| (0..=most).contains(n))
            .ok_or_else(|| (name, format!("is a whole number from 0 to {most}"))),
    };
    let text = word("text", 1_000)?.ok_or_else(|| ("text", "says what the line is for".to_owned()))?;
    let quantity = fields
        .get("quantity")
        .and_then(Value::as_f64)
        .and_then(thousandths)
        .ok_or_else(|| {
            (
                "quantity",
                "is a number from -1000000000 to 1000000000 of at most three decimals".to_owned(),
            )
        })?;
    let mut line = Line {
        product_id: word("product_id", 64)?,
        text,
        quantity,
        unit: word("unit", 30)?,
        unit_price: whole("unit_price", DEAREST)?,
        discount: whole("discount", WHOLE)?,
        tax_rate: whole("tax_rate", WHOLE)?,
        net: 0,
    };
    line.net =
        net(&line, discount_on_all).ok_or_else(|| ("quantity", "comes to too large an amount".to_owned()))?;
    Ok(line)
}

/// Of a quantity with at most three decimals.
fn thousandths(quantity: f64) -> Option<i64> {
    let scaled = quantity * 1_000.0;
    let near = (scaled - scaled.round()).abs() <= 1e-6 * scaled.abs().max(1.0);
    // Whole and at most 10^12: no digit is lost.
    (near && scaled.abs() <= MOST as f64).then(|| scaled.round() as i64)
}

fn net(line: &Line, discount_on_all: i64) -> Option<i64> {
    let numerator = i128::from(line.quantity)
        * i128::from(line.unit_price)
        * i128::from(WHOLE - line.discount)
        * i128::from(WHOLE - discount_on_all.clamp(0, WHOLE));
    i64::try_from(rounded(numerator, 1_000 * i128::from(WHOLE) * i128::from(WHOLE))).ok()
}

/// Halves go away from zero.
fn rounded(numerator: i128, denominator: i128) -> i128 {
    let half = denominator / 2;
    if numerator < 0 {
        (numerator - half) / denominator
    } else {
        (numerator + half) / denominator
    }
}

/// What lines come to; `None` if that is more than can be kept.
pub(crate) fn totals(lines: &[Line]) -> Option<Totals> {
    let mut by_rate: BTreeMap<i64, i64> = BTreeMap::new();
    for line in lines {
        let sum = by_rate.entry(line.tax_rate).or_default();
        *sum = sum.checked_add(line.net)?;
    }
    let mut totals = Totals::default();
    for (rate, net) in by_rate {
        let tax = i64::try_from(rounded(i128::from(net) * i128::from(rate), i128::from(WHOLE))).ok()?;
        totals.net = totals.net.checked_add(net)?;
        totals.tax = totals.tax.checked_add(tax)?;
        totals.by_rate.push((rate, net, tax));
    }
    totals.total = totals.net.checked_add(totals.tax)?;
    // Every reader of JSON keeps whole numbers up to 2^53.
    (totals.total.unsigned_abs() < 1 << 53).then_some(totals)
}

fn to_json(line: &Line) -> Value {
    json!({
        "product_id": line.product_id, "text": line.text, "quantity": line.quantity as f64 / 1_000.0, "unit": line.unit,
        "unit_price": line.unit_price, "discount": line.discount, "tax_rate": line.tax_rate, "net": line.net,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(lines: Value, discount: i64) -> Result<(Vec<i64>, Totals), Vec<Fault>> {
        let lines = read(Some(&lines), discount)?;
        let totals = totals(&lines).ok_or_else(too_large)?;
        Ok((lines.iter().map(|l| l.net).collect(), totals))
    }

    #[test]
    fn lines_are_rounded_and_summed_by_the_rule() {
        let (nets, sums) = of(
            json!([
                { "text": "A", "quantity": 3, "unit_price": 333, "tax_rate": 1900 },
                { "text": "B", "quantity": 0.5, "unit_price": 333, "discount": 1000, "tax_rate": 1900 },
                { "text": "C", "quantity": 1.125, "unit_price": 1000, "tax_rate": 700 },
                { "text": "Back", "quantity": -1, "unit_price": 5, "discount": 5000, "tax_rate": 700 },
            ]),
            0,
        )
        .unwrap();
        // 999; 149.85 → 150; 1125; -2.5 → -3.
        assert_eq!(nets, [999, 150, 1_125, -3]);
        // 7 % of 1122 is 78.54, 19 % of 1149 is 218.31.
        assert_eq!(sums.by_rate, [(700, 1_122, 79), (1_900, 1_149, 218)]);
        assert_eq!((sums.net, sums.tax, sums.total), (2_271, 297, 2_568));
    }

    #[test]
    fn a_discount_on_all_is_part_of_each_line() {
        let (nets, sums) = of(
            json!([{ "text": "A", "quantity": 1, "unit_price": 999, "discount": 1000 }]),
            500,
        )
        .unwrap();
        // 999 × 0.9 × 0.95 = 854.145
        assert_eq!((nets, sums.total), (vec![854], 854));
    }

    #[test]
    fn what_cannot_be_meant_is_refused_with_its_line() {
        for (lines, pointer) in [
            (json!({}), "lines"),
            (json!([7]), "lines/0"),
            (json!([{ "quantity": 1, "unit_price": 5 }]), "lines/0/text"),
            (
                json!([{ "text": "A", "quantity": 1.0005, "unit_price": 5 }]),
                "lines/0/quantity",
            ),
            (
                json!([{ "text": "A", "quantity": "many", "unit_price": 5 }]),
                "lines/0/quantity",
            ),
            (
                json!([{ "text": "A", "quantity": 1, "unit_price": -5 }]),
                "lines/0/unit_price",
            ),
            (
                json!([{ "text": "A", "quantity": 1, "unit_price": 5, "discount": 10_001 }]),
                "lines/0/discount",
            ),
            (json!([{ "text": "A", "quantity": 1, "colour": 5 }]), "lines/0"),
            (
                json!([{ "text": "A", "quantity": 1_000_000_000_i64, "unit_price": 1_000_000_000_000_i64 }]),
                "lines",
            ),
        ] {
            let faults = of(lines.clone(), 0).unwrap_err();
            assert!(
                faults[0]
                    .pointer
                    .trim_start_matches("/fields/")
                    .starts_with(pointer),
                "{lines}: {faults:?}"
            );
        }
    }
}
