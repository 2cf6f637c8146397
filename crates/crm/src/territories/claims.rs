//! What a territory claims beside a drawn area: blocks by code, reach by drive time, rules about customers. How
//! each is kept on record with a version, and what the engine gets of it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use territory::{Extent, Rule, Shape, Unit};
use utoipa::ToSchema;

use super::area;
use super::facts;
use crate::problem::Problem;

/// What a block's code is a code of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum BlockSystem {
    /// A postcode.
    Postcode,
    /// The official key of a municipality, or its name where it has none.
    Municipality,
}

/// A building block: a postcode or municipality.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Block {
    pub system: BlockSystem,
    /// Such as `17033` or `13071107`.
    pub code: String,
    /// What people call it.
    pub name: String,
    /// Its area as GeoJSON, as the map had it when the block was taken. Without one the code is compared with
    /// the postcode of customers' addresses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub area: Option<Value>,
}

/// "45 minutes from here": what was asked, of which map, and what came out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Reach {
    pub lng: f64,
    pub lat: f64,
    /// Minutes of driving, more than 0, at most 240.
    pub minutes: f64,
    /// By what: `car`.
    pub profile: String,
    /// What the place is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Hash of the map the area was worked out on.
    pub map_hash: String,
    /// GeoJSON MultiPolygon.
    #[schema(value_type = Object)]
    pub area: Value,
}

/// One thing that has to be true of a customer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Condition {
    /// industry, type, class, city, postal_code, country: one of `one_of`. employees, annual_revenue (minor
    /// units): a number from `from` to `to`, both included.
    pub field: String,
    /// Capitals do not matter.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub one_of: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<f64>,
}

/// Whoever meets all conditions, everywhere or within another territory, belongs to the territory.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct CustomerRule {
    /// At least one.
    pub conditions: Vec<Condition>,
    /// Only on the ground of this territory and what is below it, as it then is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<String>,
}

/// Most rules of one territory, conditions of one rule, and values of one condition.
const MOST: usize = 200;

/// What a version claims beside its drawn area and its names.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Claims {
    pub blocks: Vec<Block>,
    pub reach: Option<Reach>,
    pub rules: Vec<CustomerRule>,
}

impl Claims {
    /// Those of a version on record. What cannot be read is left out, and logged.
    pub fn of(version: &records::Record) -> Self {
        fn read<T: serde::de::DeserializeOwned + Default>(version: &records::Record, field: &str) -> T {
            match version.fields.get(field).filter(|v| !v.is_null()) {
                None => T::default(),
                Some(value) => T::deserialize(value).unwrap_or_else(|error| {
                    tracing::error!(version = version.id, field, %error, "a territory's stored claim cannot be read");
                    T::default()
                }),
            }
        }
        Self {
            blocks: read(version, "units"),
            reach: read(version, "reach"),
            rules: read(version, "rules"),
        }
    }

    /// The fields of a version on record.
    pub fn fields(&self) -> Result<[(&'static str, Value); 3], Problem> {
        let list = |empty: bool, value: serde_json::Result<Value>| match empty {
            true => Ok(Value::Null),
            false => value.map_err(Problem::unexpected),
        };
        Ok([
            (
                "units",
                list(self.blocks.is_empty(), serde_json::to_value(&self.blocks))?,
            ),
            (
                "reach",
                list(self.reach.is_none(), serde_json::to_value(&self.reach))?,
            ),
            (
                "rules",
                list(self.rules.is_empty(), serde_json::to_value(&self.rules))?,
            ),
        ])
    }

    /// Shapes of the blocks whose area is known and of the reach.
    pub fn shapes(&self) -> Vec<Shape> {
        let areas = self.blocks.iter().filter_map(|b| b.area.as_ref());
        let areas = areas.chain(self.reach.as_ref().map(|r| &r.area));
        areas.filter_map(readable).collect()
    }

    /// As the engine takes them, each with words for it. `ground` gives the shapes of a territory.
    pub fn extents(&self, ground: &dyn Fn(&str) -> Vec<Shape>) -> Vec<(Extent, Option<String>)> {
        let mut extents = Vec::new();
        let mut units = Vec::new();
        let mut codes = BTreeSet::new();
        for block in &self.blocks {
            match block.area.as_ref().and_then(readable) {
                Some(shape) => units.push(Unit {
                    code: block.code.clone(),
                    shape,
                }),
                None => drop(codes.insert(facts::code(&block.code))),
            }
        }
        if !units.is_empty() {
            extents.push((Extent::Units(units), None));
        }
        if !codes.is_empty() {
            let attribute = "postal_code".to_owned();
            extents.push((Extent::Codes { attribute, codes }, None));
        }
        if let Some(shape) = self.reach.as_ref().and_then(|r| readable(&r.area)) {
            extents.push((Extent::Reach(shape), None));
        }
        for rule in &self.rules {
            let words = Some(rule.words());
            match &rule.within {
                None => extents.push((Extent::Rule(rule.engine()), words)),
                Some(territory) => extents.extend(ground(territory).into_iter().map(|shape| {
                    let rule = rule.engine();
                    (Extent::RuleWithin { rule, shape }, words.clone())
                })),
            }
        }
        extents
    }
}

fn readable(geojson: &Value) -> Option<Shape> {
    area::parse(geojson)
        .inspect_err(|bad| tracing::error!(error = bad.message, "a territory's stored block cannot be read"))
        .ok()
}

impl CustomerRule {
    fn engine(&self) -> Rule {
        Rule::All(self.conditions.iter().map(Condition::engine).collect())
    }

    /// Such as `industry is Health or Care, employees from 50`.
    pub fn words(&self) -> String {
        let all: Vec<String> = self.conditions.iter().map(Condition::words).collect();
        all.join(", ")
    }
}

impl Condition {
    fn engine(&self) -> Rule {
        let attribute = self.field.clone();
        if facts::NUMBERS.contains(&self.field.as_str()) {
            let (from, to) = (self.from, self.to);
            return Rule::Between { attribute, from, to };
        }
        let key = |text: &String| territory::Value::Text(facts::key(&self.field, text));
        let values = self.one_of.iter().map(key).collect();
        Rule::OneOf { attribute, values }
    }

    fn words(&self) -> String {
        let field = self.field.replace('_', " ");
        match (self.from, self.to) {
            (Some(from), Some(to)) => format!("{field} {from} to {to}"),
            (Some(from), None) => format!("{field} from {from}"),
            (None, Some(to)) => format!("{field} up to {to}"),
            (None, None) => format!("{field} is {}", self.one_of.join(" or ")),
        }
    }

    fn fault(&self) -> Option<String> {
        let is_number = facts::NUMBERS.contains(&self.field.as_str());
        if !is_number && !facts::TEXTS.contains(&self.field.as_str()) {
            let known: Vec<&str> = facts::TEXTS.iter().chain(&facts::NUMBERS).copied().collect();
            return Some(format!(
                "{} cannot be asked by a rule; it can ask {}.",
                self.field,
                known.join(", ")
            ));
        }
        if is_number {
            let numbers = [self.from, self.to];
            if numbers == [None, None] || numbers.iter().flatten().any(|n| !n.is_finite()) {
                return Some(format!(
                    "Say from which or up to which number {} goes.",
                    self.field
                ));
            }
            if self.from.zip(self.to).is_some_and(|(from, to)| from > to) {
                return Some(format!("{} begins above its end.", self.field));
            }
            return (!self.one_of.is_empty())
                .then(|| format!("{} is asked from a number to a number.", self.field));
        }
        let blank = self.one_of.iter().any(|v| v.trim().is_empty());
        if self.one_of.is_empty() || blank || self.one_of.len() > MOST {
            return Some(format!("Name 1 to {MOST} values of {}.", self.field));
        }
        (self.from.is_some() || self.to.is_some())
            .then(|| format!("{} is asked by values, not by numbers.", self.field))
    }
}

/// Looks rules over; `exists` says whether there is such a territory.
pub(super) fn check_rules(rules: &[CustomerRule], exists: &dyn Fn(&str) -> bool) -> Result<(), Problem> {
    if rules.len() > MOST {
        return Err(Problem::bad(
            "/rules",
            "too-many",
            format!("A territory has at most {MOST} rules."),
        ));
    }
    for (r, rule) in rules.iter().enumerate() {
        let pointer = format!("/rules/{r}/conditions");
        if rule.conditions.is_empty() || rule.conditions.len() > MOST {
            return Err(Problem::bad(
                &pointer,
                "required",
                format!("A rule has 1 to {MOST} conditions."),
            ));
        }
        for (c, condition) in rule.conditions.iter().enumerate() {
            if let Some(fault) = condition.fault() {
                return Err(Problem::bad(&format!("{pointer}/{c}"), "bad-condition", fault));
            }
        }
        if rule.within.as_deref().is_some_and(|id| !exists(id)) {
            return Err(Problem::bad(
                &format!("/rules/{r}/within"),
                "no-such-record",
                "The territory that the rule is to hold within was not found.",
            ));
        }
    }
    Ok(())
}
