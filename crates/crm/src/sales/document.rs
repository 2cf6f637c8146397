//! What a quote or an order says on paper, and how amounts are written on it.

use records::{At, Filter, Query, Record, Viewer};
use serde_json::Value;

use super::lines::{self, Line, Totals};
use crate::App;
use crate::plans::Language;
use crate::problem::Problem;

/// What a document says.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    pub is_order: bool,
    pub number: String,
    pub revision: Option<i64>,
    /// Who sells: name and address by lines; empty where nobody set it.
    pub seller: Vec<String>,
    /// Who buys: name and address by lines.
    pub buyer: Vec<String>,
    /// Local days.
    pub date: String,
    pub valid_until: Option<String>,
    pub terms: String,
    pub currency: String,
    /// Hundredths of a percent on every line.
    pub discount: i64,
    pub lines: Vec<Line>,
    pub totals: Totals,
    pub language: Language,
}

impl Document {
    /// Reads what belongs to a quote or an order.
    pub async fn load(
        app: &App,
        viewer: &Viewer,
        record: &Record,
        language: Language,
    ) -> Result<Self, Problem> {
        let text = |name: &str| record.text(name).map(str::to_owned);
        let discount = record.integer("discount").unwrap_or(0);
        let lines = lines::read(record.fields.get("lines"), discount)
            .map_err(|_| Problem::unexpected("the lines on record cannot be read"))?;
        let totals =
            lines::totals(&lines).ok_or_else(|| Problem::unexpected("the lines come to too much"))?;
        let account = match record.text("account_id") {
            Some(id) => app.store.get(viewer, "account", id, At::PRESENT).await?,
            None => None,
        };
        let mut buyer = Vec::new();
        if let Some(account) = &account {
            buyer.extend(account.text("name").map(str::to_owned));
            if let Some(contact) = record.text("contact_id") {
                let contact = app.store.get(viewer, "contact", contact, At::PRESENT).await?;
                buyer.extend(contact.and_then(|c| c.text("name").map(str::to_owned)));
            }
            let of_account = Query::of("location").filter(Filter::eq("account_id", account.id.as_str()));
            let mut places = app.store.list(viewer, &of_account.limit(100)).await?.records;
            // Where the bill goes, else the first place.
            places.sort_by_key(|p| (p.text("kind") != Some("billing"), p.id.clone()));
            buyer.extend(places.first().map(address).unwrap_or_default());
        }
        let sent = record
            .integer("sent_at")
            .map(geom::Timestamp)
            .unwrap_or_else(|| app.store.now());
        let date = text("ordered_on").unwrap_or_else(|| app.settings.zone.date(sent).to_string());
        Ok(Self {
            is_order: record.type_name == "order",
            number: text("number").unwrap_or_default(),
            revision: record.integer("revision"),
            seller: app
                .settings
                .organisation
                .lines()
                .map(|l| l.trim().to_owned())
                .filter(|l| !l.is_empty())
                .collect(),
            buyer,
            date,
            valid_until: text("valid_until"),
            terms: text("terms").unwrap_or_default(),
            currency: text("currency").unwrap_or_else(|| app.settings.currency.clone()),
            discount,
            lines,
            totals,
            language,
        })
    }

    /// Letters, digits and dashes only.
    pub fn file_name(&self) -> String {
        let name = match self.revision {
            Some(revision) if revision > 1 => format!("{}-{revision}", self.number),
            _ => self.number.clone(),
        };
        name.chars()
            .map(|c| {
                if c.is_ascii_alphanumeric() || c == '-' {
                    c
                } else {
                    '-'
                }
            })
            .collect()
    }

    pub(super) fn word(&self, english: &'static str, german: &'static str) -> &'static str {
        if self.language == Language::German {
            german
        } else {
            english
        }
    }

    pub(super) fn day(&self, day: &str) -> String {
        match (self.language, day.parse::<jiff::civil::Date>()) {
            (Language::German, Ok(day)) => format!("{:02}.{:02}.{}", day.day(), day.month(), day.year()),
            (Language::English, Ok(day)) => day.strftime("%-d %b %Y").to_string(),
            (_, Err(_)) => day.to_owned(),
        }
    }

    /// Minor units as a person writes them.
    pub fn money(&self, amount: i64) -> String {
        let german = self.language == Language::German;
        let digits = fraction_digits(&self.currency);
        let scale = 10_u64.pow(digits);
        let (whole, part) = (amount.unsigned_abs() / scale, amount.unsigned_abs() % scale);
        let mut text = String::new();
        for (index, digit) in whole.to_string().chars().enumerate() {
            let left = whole.to_string().len() - index;
            if index > 0 && left.is_multiple_of(3) {
                text.push(if german { '.' } else { ',' });
            }
            text.push(digit);
        }
        if digits > 0 {
            text.push(if german { ',' } else { '.' });
            text.push_str(&format!("{part:0width$}", width = digits as usize));
        }
        if amount < 0 { format!("−{text}") } else { text }
    }

    /// Thousandths or hundredths as a decimal without noughts at its end.
    pub(super) fn decimal(&self, value: i64, digits: u32) -> String {
        let scale = 10_u64.pow(digits);
        let sign = if value < 0 { "−" } else { "" };
        let (whole, part) = (value.unsigned_abs() / scale, value.unsigned_abs() % scale);
        if part == 0 {
            return format!("{sign}{whole}");
        }
        let part = format!("{part:0width$}", width = digits as usize);
        let point = if self.language == Language::German {
            ','
        } else {
            '.'
        };
        format!("{sign}{whole}{point}{}", part.trim_end_matches('0'))
    }
}

/// Digits after the point of a currency's amounts, ISO 4217.
pub(super) fn fraction_digits(currency: &str) -> u32 {
    match currency {
        "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX" | "VND"
        | "VUV" | "XAF" | "XOF" | "XPF" => 0,
        "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
        _ => 2,
    }
}

fn address(place: &Record) -> Vec<String> {
    let text = |name: &str| place.fields.get(name).and_then(Value::as_str).unwrap_or_default();
    let lines = [
        format!("{} {}", text("street"), text("house_number")),
        format!("{} {}", text("postal_code"), text("city")),
        text("country").to_owned(),
    ];
    lines
        .into_iter()
        .map(|l| l.trim().to_owned())
        .filter(|l| !l.is_empty())
        .collect()
}
