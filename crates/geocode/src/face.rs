//! The words of the geocoder's public face: requests, answers, and how they explain themselves.

use geom::{LngLat, Meters};
use serde::{Deserialize, Serialize};

/// How fine a point is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// The house itself.
    House,
    /// Between two known house numbers.
    #[serde(rename = "interp")]
    Interpolated,
    /// Somewhere on the street.
    Street,
    /// A named place of interest.
    Poi,
    /// The middle of a postcode.
    Postcode,
    /// The middle of a town, suburb or region.
    Area,
    /// The middle of a country.
    Country,
}

impl Level {
    /// The word used in files and interfaces: `house`, `interp`, `street`, `poi`, `postcode`, `area`, `country`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::House => "house",
            Self::Interpolated => "interp",
            Self::Street => "street",
            Self::Poi => "poi",
            Self::Postcode => "postcode",
            Self::Area => "area",
            Self::Country => "country",
        }
    }

    /// The same in the four codes other CRMs export.
    #[must_use]
    pub fn google(self) -> &'static str {
        match self {
            Self::House | Self::Poi => "ROOFTOP",
            Self::Interpolated => "RANGE_INTERPOLATED",
            Self::Street => "GEOMETRIC_CENTER",
            Self::Postcode | Self::Area | Self::Country => "APPROXIMATE",
        }
    }

    /// Fine enough for a pin: house, interpolated, street or place of interest.
    #[must_use]
    pub fn is_fine(self) -> bool {
        matches!(self, Self::House | Self::Interpolated | Self::Street | Self::Poi)
    }
}

/// What to do with an answer. The cut between `auto` and `review` is fixed in this crate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Can be taken unseen.
    Auto,
    /// A person should look: several places fit, or something does not agree.
    Review,
    /// Nothing fits.
    Failed,
    /// The address lies in a place this map does not hold.
    Outside,
}

impl Status {
    /// The word used in files and interfaces.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Review => "review",
            Self::Failed => "failed",
            Self::Outside => "outside",
        }
    }
}

/// How one field of the request agrees with the place found. Written as `exact`, `alias`, `fuzzy(1)`,
/// `missing`, `contradicts`, `inferred`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Match {
    /// The same after folding case and marks.
    Exact,
    /// Another accepted spelling or name, an abbreviation, or a larger place around it.
    Alias,
    /// This many letters differ.
    Fuzzy(u8),
    /// The request does not give it and the map does not know it either.
    #[default]
    Missing,
    /// The request says something else than the map.
    Contradicts,
    /// The request does not give it; the map fills it in.
    Inferred,
}

impl std::fmt::Display for Match {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Exact => f.write_str("exact"),
            Self::Alias => f.write_str("alias"),
            Self::Fuzzy(edits) => write!(f, "fuzzy({edits})"),
            Self::Missing => f.write_str("missing"),
            Self::Contradicts => f.write_str("contradicts"),
            Self::Inferred => f.write_str("inferred"),
        }
    }
}

impl Serialize for Match {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Match {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        match word.as_str() {
            "exact" => Ok(Self::Exact),
            "alias" => Ok(Self::Alias),
            "missing" => Ok(Self::Missing),
            "contradicts" => Ok(Self::Contradicts),
            "inferred" => Ok(Self::Inferred),
            other => other
                .strip_prefix("fuzzy(")
                .and_then(|rest| rest.strip_suffix(')'))
                .and_then(|edits| edits.parse().ok())
                .map(Self::Fuzzy)
                .ok_or_else(|| serde::de::Error::custom(format!("`{other}` is not a field match"))),
        }
    }
}

/// The match of every field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fields {
    /// The street, or the name of a place of interest or town where that is what was found.
    pub street: Match,
    /// The house number.
    pub house_number: Match,
    /// The postcode.
    pub postcode: Match,
    /// The town or suburb.
    pub city: Match,
    /// The country.
    pub country: Match,
}

impl Fields {
    /// Google's `partial_match`: a field that was given is not exact.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        [
            self.street,
            self.house_number,
            self.postcode,
            self.city,
            self.country,
        ]
        .iter()
        .any(|m| matches!(m, Match::Fuzzy(_) | Match::Contradicts))
    }
}

/// One address to look up. Every text may be empty; whatever is given is used. A person's or a
/// company's name belongs in `text` (or nowhere), never in `street`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Request<'a> {
    /// Free text: a whole address in any order, or a name and a town.
    pub text: &'a str,
    /// The street, with or without the house number.
    pub street: &'a str,
    /// The house number, if it is apart from the street.
    pub house_number: &'a str,
    /// The postcode.
    pub postcode: &'a str,
    /// The town, suburb or village.
    pub city: &'a str,
    /// The country's name or ISO 3166 code.
    pub country: &'a str,
    /// Prefer places near here where several fit equally (the map's view). Does not resolve ambiguity.
    pub bias: Option<LngLat>,
    /// How many hits at most, 1..=5; 0 means 5.
    pub limit: usize,
}

impl<'a> Request<'a> {
    /// A free-text request.
    #[must_use]
    pub fn text(text: &'a str) -> Self {
        Self {
            text,
            ..Self::default()
        }
    }

    /// Sorts requests so that those for one town and street follow each other.
    pub(crate) fn neighbourhood(&self) -> [&'a str; 6] {
        [
            self.country,
            self.postcode,
            self.city,
            self.street,
            self.text,
            self.house_number,
        ]
    }
}

/// A place that fits a request.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Hit {
    /// Where it is.
    pub point: LngLat,
    /// How fine the point is.
    pub level: Level,
    /// How likely it is the meant place within 250 m, 0..=1.
    pub confidence: f32,
    /// The address in one line, in the order its country writes it.
    pub label: String,
    /// Name of a place of interest or town; empty for addresses.
    pub name: String,
    /// Street, or the village or square that stands for one; may be empty.
    pub street: String,
    /// House number as the map writes it, or as asked for where it was interpolated; may be empty.
    pub house_number: String,
    /// Postcode; may be empty.
    pub postcode: String,
    /// Town; may be empty.
    pub city: String,
    /// ISO 3166 code in capitals, or the country's name; may be empty.
    pub country: String,
    /// How each field agrees.
    pub fields: Fields,
    /// Where the house's point is from, beside the map: a source's name and date. Empty for the map itself.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub source: String,
    /// One sentence: what matched and what did not.
    pub why: String,
}

/// The answer to one request.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Answer {
    /// What to do with it.
    pub status: Status,
    /// At most five, best first.
    pub hits: Vec<Hit>,
    /// Several places more than 250 m apart fit equally well.
    pub ambiguous: bool,
    /// One sentence: why this status.
    pub why: String,
}

/// What is at a point.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Reverse {
    /// The house, the nearest point of the street, or the middle of the town.
    pub point: LngLat,
    /// How fine that is: house, interp, street or area.
    pub level: Level,
    /// From the point asked for to `point`.
    pub distance: Meters,
    /// The address in one line.
    pub label: String,
    /// Street; may be empty.
    pub street: String,
    /// House number; may be empty.
    pub house_number: String,
    /// Postcode; may be empty.
    pub postcode: String,
    /// Town; may be empty.
    pub city: String,
    /// ISO 3166 code in capitals, or the country's name; may be empty.
    pub country: String,
    /// Where the house's point is from, beside the map; empty for the map itself.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub source: String,
}

/// How far a build is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BuildProgress {
    /// The pass that has begun, in words (`collect addresses`).
    pub pass: &'static str,
    /// Its number, from 1.
    pub number: u32,
    /// How many passes there are.
    pub of: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_have_a_code_that_other_programs_know() {
        use Level::*;
        for (levels, code) in [
            (&[House, Poi][..], "ROOFTOP"),
            (&[Interpolated], "RANGE_INTERPOLATED"),
            (&[Street], "GEOMETRIC_CENTER"),
            (&[Postcode, Area, Country], "APPROXIMATE"),
        ] {
            assert!(levels.iter().all(|l| l.google() == code), "{code}");
        }
        let misspelt = Fields {
            street: Match::Fuzzy(1),
            ..Fields::default()
        };
        assert!(misspelt.is_partial() && !Fields::default().is_partial());
    }
}
