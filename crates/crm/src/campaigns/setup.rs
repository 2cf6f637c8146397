//! How a campaign is set up, and what may no longer be changed once it has begun.

use geom::Timestamp;
use jiff::civil::Date;
use records::{Fault, Record, Rules};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::mailing::{WORDS, unknown};
use crate::consent::{Channel, Purpose};
use crate::problem::Problem;

/// Most variants of one campaign.
const MOST_VARIANTS: usize = 8;

/// A way of a campaign, in the order in which they are tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Way {
    pub channel: Channel,
    /// At most so many people get this way; those worth most first.
    #[serde(default)]
    pub most: Option<u32>,
    /// Minor units for each.
    #[serde(default)]
    pub cost_each: i64,
}

/// One of several offers, or of several ways to word one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Variant {
    pub name: String,
    #[serde(default)]
    pub offer: String,
    /// Its share among the others, 1..=1000.
    #[serde(default = "one")]
    pub weight: u32,
    #[serde(default)]
    pub subject: String,
    #[serde(default)]
    pub text: String,
}

fn one() -> u32 {
    1
}

/// A campaign that can be drawn.
#[derive(Clone, Debug)]
pub(super) struct Setup {
    pub id: String,
    pub name: String,
    pub segment_id: String,
    pub purpose: Purpose,
    pub ways: Vec<Way>,
    pub variants: Vec<Variant>,
    /// Percent.
    pub control_share: u32,
    pub seed: u64,
    pub from: Option<Date>,
    pub to: Option<Date>,
    pub fixed_cost: i64,
    pub budget: Option<i64>,
}

type Bad = (&'static str, &'static str, String);

fn ways(value: Option<&Value>) -> Result<Vec<Way>, Bad> {
    let Some(value) = value.filter(|v| !v.is_null()) else {
        return Ok(Vec::new());
    };
    let ways: Vec<Way> =
        serde_json::from_value(value.clone()).map_err(|e| ("channels", "not-ways", format!("{e}.")))?;
    for (at, way) in ways.iter().enumerate() {
        if ways[..at].iter().any(|w| w.channel == way.channel) {
            return Err((
                "channels",
                "twice",
                format!("{} stands twice.", way.channel.as_str()),
            ));
        }
        if !(0..=100_000_000).contains(&way.cost_each) {
            return Err((
                "channels",
                "out-of-range",
                "The cost of one is 0 to 1,000,000.00.".into(),
            ));
        }
    }
    Ok(ways)
}

fn variants(value: Option<&Value>) -> Result<Vec<Variant>, Bad> {
    let Some(value) = value.filter(|v| !v.is_null()) else {
        return Ok(Vec::new());
    };
    let variants: Vec<Variant> =
        serde_json::from_value(value.clone()).map_err(|e| ("variants", "not-variants", format!("{e}.")))?;
    if variants.len() > MOST_VARIANTS {
        return Err((
            "variants",
            "too-many",
            format!("At most {MOST_VARIANTS} variants."),
        ));
    }
    for (at, variant) in variants.iter().enumerate() {
        let name = variant.name.trim();
        if name.is_empty()
            || name.chars().count() > 60
            || variants[..at].iter().any(|v| v.name.trim() == name)
        {
            return Err((
                "variants",
                "bad-name",
                "Each variant has a name of its own of at most 60 letters.".into(),
            ));
        }
        if !(1..=1_000).contains(&variant.weight) {
            return Err(("variants", "out-of-range", "A weight is 1 to 1000.".into()));
        }
        if let Some(word) = [&variant.subject, &variant.text]
            .into_iter()
            .find_map(|text| unknown(text))
        {
            return Err((
                "variants",
                "unknown-word",
                format!(
                    "{{{word}}} stands for nothing; known are {}.",
                    WORDS.map(|w| format!("{{{w}}}")).join(", ")
                ),
            ));
        }
        for (text, most) in [
            (&variant.offer, 500),
            (&variant.subject, 300),
            (&variant.text, 20_000),
        ] {
            if text.chars().count() > most {
                return Err((
                    "variants",
                    "too-long",
                    format!("A text of {name} is longer than {most} letters."),
                ));
            }
        }
    }
    Ok(variants)
}

impl Setup {
    /// Reads a campaign.
    ///
    /// # Errors
    /// What is missing before it can be drawn.
    pub fn read(record: &Record) -> Result<Self, Problem> {
        let bad = |(field, code, message): Bad| Problem::bad(&format!("/fields/{field}"), code, message);
        let missing =
            |field: &str, message: &str| Problem::bad(&format!("/fields/{field}"), "required", message);
        let date = |name: &str| record.text(name).and_then(|d| d.parse().ok());
        let ways = ways(record.fields.get("channels")).map_err(bad)?;
        if ways.is_empty() {
            return Err(missing(
                "channels",
                "Say by which ways: e-mail, letter, call or visit.",
            ));
        }
        let segment_id = record.text("segment_id").map(str::to_owned);
        let mut variants = variants(record.fields.get("variants")).map_err(bad)?;
        if variants.is_empty() {
            variants.push(Variant {
                name: "A".into(),
                offer: String::new(),
                weight: 1,
                subject: String::new(),
                text: String::new(),
            });
        }
        let number = |name: &str| record.integer(name).unwrap_or(0);
        Ok(Self {
            id: record.id.clone(),
            name: record.text("name").unwrap_or_default().to_owned(),
            segment_id: segment_id.ok_or_else(|| missing("segment_id", "Say for whom: choose a segment."))?,
            purpose: purpose_of(record),
            ways,
            variants,
            control_share: u32::try_from(number("control_share")).unwrap_or(0).min(50),
            seed: number("seed").unsigned_abs(),
            from: date("from_day"),
            to: date("to_day"),
            fixed_cost: number("cost"),
            budget: record.integer("budget"),
        })
    }
}

/// What a campaign is for.
pub(super) fn purpose_of(campaign: &Record) -> Purpose {
    campaign
        .text("purpose")
        .and_then(Purpose::parse)
        .unwrap_or(Purpose::Marketing)
}

/// A campaign's variant by its name; null where there is none of that name.
pub(super) fn variant_of(campaign: &Record, name: Option<&str>) -> Value {
    let variants = campaign.fields.get("variants").and_then(Value::as_array);
    let mut variants = variants.into_iter().flatten();
    variants
        .find(|v| v["name"].as_str().map(str::trim) == name.map(str::trim))
        .cloned()
        .unwrap_or(Value::Null)
}

/// What a draw stood on stays as it was.
const FIXED: [&str; 7] = [
    "segment_id",
    "purpose",
    "channels",
    "variants",
    "control_share",
    "seed",
    "response_days",
];

pub(crate) fn rules(rules: Rules) -> Rules {
    rules.on("campaign", sensible).on("campaign_response", dated)
}

fn sensible(
    before: Option<&Record>,
    after: &mut Map<String, Value>,
    now: Timestamp,
) -> Result<(), Vec<Fault>> {
    let usual = [
        ("status", Value::from("draft")),
        ("purpose", "marketing".into()),
        ("control_share", 10.into()),
        ("response_days", 30.into()),
        // Any number will do; it is kept so that the draw can be repeated.
        ("seed", (now.0 % 1_000_000_007).into()),
    ];
    for (name, value) in usual {
        if after.get(name).is_none_or(Value::is_null) {
            after.insert(name.into(), value);
        }
    }
    let fault = |(field, code, message): Bad| vec![Fault::of(field, code, message)];
    ways(after.get("channels")).map_err(fault)?;
    variants(after.get("variants")).map_err(fault)?;
    let day = |name: &str| {
        after
            .get(name)
            .and_then(Value::as_str)
            .and_then(|d| d.parse::<Date>().ok())
    };
    if let (Some(from), Some(to)) = (day("from_day"), day("to_day"))
        && to < from
    {
        return Err(vec![Fault::of(
            "to_day",
            "before-from",
            "A campaign ends after it begins.",
        )]);
    }
    let null = Value::Null;
    if let Some(before) = before.filter(|b| b.text("status") != Some("draft")) {
        // Taking back a start goes round the rules; everything else meets them.
        let changed = FIXED
            .iter()
            .find(|name| before.fields.get(**name).unwrap_or(&null) != after.get(**name).unwrap_or(&null));
        if let Some(name) = changed {
            return Err(vec![Fault::of(
                name,
                "fixed",
                "The campaign has begun: whom it is for, by which ways and who is left out stay as they were drawn.",
            )]);
        }
    }
    Ok(())
}

fn dated(_: Option<&Record>, after: &mut Map<String, Value>, now: Timestamp) -> Result<(), Vec<Fault>> {
    if after.get("at").is_none_or(Value::is_null) {
        after.insert("at".into(), now.0.into());
    }
    Ok(())
}
