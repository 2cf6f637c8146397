//! How a vehicle uses the roads, as data: speeds, access, delays. Read from TOML; see `profiles/car.toml`.

mod conditional;
mod measure;
mod node;
mod share;
mod turn;
mod way;

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::road::RoadClass;

pub(crate) use conditional::Variant;
pub(crate) use node::{NodeRule, Sign};
pub(crate) use turn::TurnAt;
pub(crate) use way::{Lane, WayRule};

/// The rules for one kind of vehicle.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    name: String,
    access_keys: Vec<String>,
    access_allowed: Vec<String>,
    access_denied: Vec<String>,
    access_restricted: Vec<String>,
    no_start_on_service: Vec<String>,
    closed_service: Vec<String>,
    closed_highway: Vec<String>,
    open_construction: Vec<String>,
    restriction_keys: Vec<String>,
    /// Turn restrictions without the name of a vehicle count; those who walk need not heed them.
    general_restrictions: bool,
    /// One-way roads may be used against their direction.
    ignores_oneway: bool,
    /// Keys whose value `opposite…` lets this vehicle use a one-way road against its direction.
    contraflow_keys: Vec<String>,
    default_speed: f64,
    limits: Limits,
    maxspeed_share: f64,
    restricted_entry: f64,
    vehicle: Vehicle,
    highway: Speeds,
    route: Speeds,
    bridge: Speeds,
    surface: Speeds,
    tracktype: Speeds,
    smoothness: Speeds,
    unpaved_surfaces: Vec<String>,
    unpaved_tracktypes: Vec<String>,
    /// By [`RoadClass`]: how many times longer driving takes than the speeds say. Classes not named take 1.
    #[serde(default)]
    calibration: BTreeMap<String, f64>,
    implied_maxspeed: Speeds,
    implied_maxspeed_exceptions: Speeds,
    avoid: Avoid,
    turn: Turn,
    node: Node,
}

type Speeds = BTreeMap<String, f64>;

/// What a posted limit means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Limits {
    /// Its share is the speed, whatever the kind of road.
    Reached,
    /// Its share is never exceeded.
    Obeyed,
    /// Nothing: this vehicle is always slower.
    Ignored,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Vehicle {
    height: f64,
    width: f64,
    length: f64,
    weight: f64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Avoid {
    /// By `highway`.
    highway: BTreeMap<String, f64>,
    service: BTreeMap<String, f64>,
    side_road: f64,
    alternating: f64,
    no_lane_markings: f64,
    yielding_direction: f64,
    single_lane: f64,
    width: Vec<[f64; 2]>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Turn {
    penalty: f64,
    bias: f64,
    oncoming: f64,
    u_turn: f64,
    left_hand: bool,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Node {
    open_barriers: Vec<String>,
    barrier_delay: BTreeMap<String, f64>,
    delay: BTreeMap<String, f64>,
}

/// Why a profile is refused.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ProfileError {
    /// It is not TOML, or lacks a field, or has one that means nothing.
    #[error("road profile: {0}")]
    Malformed(String),
    /// A class of roads that there is not.
    #[error(
        "road profile `{profile}`: calibration.{class} is no class of roads; there are motorway, trunk, primary, secondary, tertiary, unclassified, residential, living_street, service, track, ferry and other"
    )]
    UnknownClass {
        /// The profile's name.
        profile: String,
        /// What it calls the class.
        class: String,
    },
    /// A number is out of its range.
    #[error("road profile `{profile}`: {field} is {value}, but must be {range}")]
    OutOfRange {
        /// The profile's name.
        profile: String,
        /// The field, with its table.
        field: String,
        /// What it holds.
        value: f64,
        /// What it may hold.
        range: &'static str,
    },
}

impl Profile {
    /// A car, in the manner of OSRM's car profile.
    #[must_use]
    pub fn car() -> Self {
        Self::from_toml(CAR).expect("a test reads the shipped profile")
    }

    /// A delivery van of 3.5 tonnes, as a car but larger.
    #[must_use]
    pub fn van() -> Self {
        Self::from_toml(include_str!("../../profiles/van.toml")).expect("a test reads the shipped profile")
    }

    /// A bicycle.
    #[must_use]
    pub fn bicycle() -> Self {
        Self::from_toml(include_str!("../../profiles/bicycle.toml"))
            .expect("a test reads the shipped profile")
    }

    /// Someone who walks.
    #[must_use]
    pub fn foot() -> Self {
        Self::from_toml(include_str!("../../profiles/foot.toml")).expect("a test reads the shipped profile")
    }

    /// The names of the profiles that come with the program.
    pub const SHIPPED: [&'static str; 4] = ["car", "van", "bicycle", "foot"];

    /// A profile that comes with the program, by name.
    #[must_use]
    pub fn shipped(name: &str) -> Option<Self> {
        match name {
            "car" => Some(Self::car()),
            "van" => Some(Self::van()),
            "bicycle" => Some(Self::bicycle()),
            "foot" => Some(Self::foot()),
            _ => None,
        }
    }

    /// Reads a profile. Every field must be there, or `extends = "car"`: then what is not there is the car's.
    /// Tables are laid over the car's entry by entry, except those named in `replaces`.
    pub fn from_toml(text: &str) -> Result<Self, ProfileError> {
        let malformed = |e: toml::de::Error| ProfileError::Malformed(e.to_string());
        let mut table: toml::Table = toml::from_str(text).map_err(malformed)?;
        if let Some(base) = table.remove("extends") {
            if base.as_str() != Some("car") {
                return Err(ProfileError::Malformed(format!(
                    "extends = {base}, but only \"car\" can be extended"
                )));
            }
            let mut whole: toml::Table = toml::from_str(CAR).map_err(malformed)?;
            let replaces = table.remove("replaces");
            for name in replaces
                .iter()
                .filter_map(toml::Value::as_array)
                .flatten()
                .filter_map(toml::Value::as_str)
            {
                whole.remove(name);
            }
            lay_over(&mut whole, table);
            table = whole;
        }
        let profile: Self = table.try_into().map_err(malformed)?;
        profile.check()?;
        Ok(profile)
    }

    /// The same rules, but time alone decides: nothing is avoided, and restricted roads are open to all.
    #[must_use]
    pub fn by_duration(mut self) -> Self {
        self.restricted_entry = 0.0;
        let avoid = &mut self.avoid;
        avoid.highway.clear();
        avoid.service.clear();
        avoid.width.clear();
        for share in [
            &mut avoid.side_road,
            &mut avoid.alternating,
            &mut avoid.no_lane_markings,
            &mut avoid.yielding_direction,
            &mut avoid.single_lane,
        ] {
            *share = 1.0;
        }
        self
    }

    /// What it calls itself.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Milliseconds of weight added on entering a restricted road.
    pub(crate) fn restricted_entry(&self) -> u32 {
        crate::format::part_of(self.restricted_entry * 1000.0)
    }

    /// The keys whose turn restrictions apply, the most specific first.
    pub(crate) fn restriction_keys(&self) -> &[String] {
        &self.restriction_keys
    }

    /// Turn restrictions without the name of a vehicle apply.
    pub(crate) fn heeds_general_restrictions(&self) -> bool {
        self.general_restrictions
    }

    fn check(&self) -> Result<(), ProfileError> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        if self.name.is_empty() || !self.name.chars().all(plain) {
            return Err(ProfileError::Malformed(format!(
                "name = {:?}, but it must be letters, digits, - and _",
                self.name
            )));
        }
        let tables = [
            ("highway", &self.highway),
            ("route", &self.route),
            ("bridge", &self.bridge),
            ("surface", &self.surface),
            ("tracktype", &self.tracktype),
            ("smoothness", &self.smoothness),
            ("implied_maxspeed", &self.implied_maxspeed),
            ("implied_maxspeed_exceptions", &self.implied_maxspeed_exceptions),
            ("node.barrier_delay", &self.node.barrier_delay),
            ("node.delay", &self.node.delay),
        ];
        for (table, values) in tables {
            for (key, value) in values {
                self.range(&format!("{table}.{key}"), *value, 0.0, 1000.0, "0 to 1000")?;
            }
        }
        for table in ["highway", "route", "bridge"] {
            let speeds = tables
                .iter()
                .find(|(name, _)| *name == table)
                .map(|(_, t)| t.iter());
            for (key, value) in speeds.into_iter().flatten() {
                self.range(&format!("{table}.{key}"), *value, 0.1, 500.0, "0.1 to 500 km/h")?;
            }
        }
        let shares = [
            ("maxspeed_share", self.maxspeed_share),
            ("avoid.side_road", self.avoid.side_road),
            ("avoid.alternating", self.avoid.alternating),
            ("avoid.no_lane_markings", self.avoid.no_lane_markings),
            ("avoid.yielding_direction", self.avoid.yielding_direction),
            ("avoid.single_lane", self.avoid.single_lane),
        ];
        let highways = self
            .avoid
            .highway
            .iter()
            .map(|(key, v)| (format!("avoid.highway.{key}"), *v));
        let services = self
            .avoid
            .service
            .iter()
            .map(|(key, v)| (format!("avoid.service.{key}"), *v));
        let widths = self
            .avoid
            .width
            .iter()
            .map(|[metres, v]| (format!("avoid.width for {metres} m"), *v));
        let shares = shares.into_iter().map(|(key, v)| (key.to_owned(), v));
        for (field, value) in shares.chain(highways).chain(services).chain(widths) {
            self.range(&field, value, 0.01, 1.0, "0.01 to 1")?;
        }
        for (class, factor) in &self.calibration {
            if !RoadClass::ALL.iter().any(|known| known.name() == class) {
                return Err(ProfileError::UnknownClass {
                    profile: self.name.clone(),
                    class: class.clone(),
                });
            }
            self.range(&format!("calibration.{class}"), *factor, 0.1, 10.0, "0.1 to 10")?;
        }
        self.range("default_speed", self.default_speed, 0.1, 500.0, "0.1 to 500 km/h")?;
        self.range(
            "restricted_entry",
            self.restricted_entry,
            0.0,
            100_000.0,
            "0 to 100,000 s",
        )?;
        self.range("turn.penalty", self.turn.penalty, 0.0, 1000.0, "0 to 1000 s")?;
        self.range("turn.bias", self.turn.bias, 0.5, 2.0, "0.5 to 2")?;
        self.range("turn.oncoming", self.turn.oncoming, 0.0, 1000.0, "0 to 1000 s")?;
        self.range("turn.u_turn", self.turn.u_turn, 0.0, 1000.0, "0 to 1000 s")
    }

    fn range(
        &self,
        field: &str,
        value: f64,
        low: f64,
        high: f64,
        range: &'static str,
    ) -> Result<(), ProfileError> {
        match (low..=high).contains(&value) {
            true => Ok(()),
            false => Err(ProfileError::OutOfRange {
                profile: self.name.clone(),
                field: field.to_owned(),
                value,
                range,
            }),
        }
    }
}

const CAR: &str = include_str!("../../profiles/car.toml");

/// Puts the entries of a table into another, tables within them likewise.
fn lay_over(whole: &mut toml::Table, over: toml::Table) {
    for (key, value) in over {
        match (whole.get_mut(&key), value) {
            (Some(toml::Value::Table(known)), toml::Value::Table(value)) => lay_over(known, value),
            (_, value) => {
                whole.insert(key, value);
            }
        }
    }
}

/// The list holds the word.
fn has(list: &[String], word: &str) -> bool {
    list.iter().any(|known| known == word)
}

#[cfg(test)]
mod tests;
