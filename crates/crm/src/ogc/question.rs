//! The parameters of a request for features, understood. Unknown ones are refused, as the standard says.

use geo_types::{Rect, coord};
use geom::Timestamp;
use records::{At, Filter, Query, RecordType, Shape};

use super::collections::CRS84;
use crate::app::App;
use crate::crud::as_of_of;
use crate::problem::Problem;

/// Features on a page unless said.
pub(super) const LIMIT: u32 = 100;
/// Most features on a page; who asks for more gets so many.
pub(super) const MOST: u32 = Query::MAX_LIMIT;

/// Which features.
#[derive(Clone, Debug, Default)]
pub(super) struct Question {
    pub bbox: Option<Box4>,
    pub at: At,
    pub limit: u32,
    pub cursor: Option<String>,
    /// CQL2 text.
    pub filter: Option<String>,
}

/// West, south, east, north; west of more than east goes over the antimeridian.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Box4 {
    pub west: f64,
    pub south: f64,
    pub east: f64,
    pub north: f64,
}

impl Box4 {
    /// As a shape for a filter.
    pub fn shape(self) -> Result<Shape, Problem> {
        Shape::from_box(self.west, self.south, self.east, self.north)
            .map_err(|error| Problem::bad("?bbox", "bad-bbox", format!("{}.", error.message)))
    }

    /// As one or two rectangles.
    pub fn rectangles(self) -> Vec<Rect<f64>> {
        let rectangle = |west: f64, east: f64| {
            Rect::new(
                coord! { x: west, y: self.south },
                coord! { x: east, y: self.north },
            )
        };
        if self.west > self.east {
            return vec![rectangle(self.west, 180.0), rectangle(-180.0, self.east)];
        }
        vec![rectangle(self.west, self.east)]
    }
}

/// Refuses parameters that are not among those known.
pub(super) fn only(given: &[(String, String)], known: &[&str]) -> Result<(), Problem> {
    match given
        .iter()
        .find(|(name, _)| name != "f" && !known.contains(&name.as_str()))
    {
        Some((name, _)) => Err(Problem::bad(
            &format!("?{name}"),
            "unknown-parameter",
            format!(
                "There is no parameter {name:?} here; there are f, {}.",
                known.join(", ")
            ),
        )),
        None => match given
            .iter()
            .find(|(name, value)| name == "f" && !matches!(value.as_str(), "json" | "geojson"))
        {
            Some((_, form)) => Err(Problem::bad(
                "?f",
                "unknown-format",
                format!("Answers are json, not {form:?}."),
            )),
            None => Ok(()),
        },
    }
}

impl Question {
    /// Understands the parameters of `/items`.
    pub fn parse(app: &App, given: &[(String, String)]) -> Result<Self, Problem> {
        only(
            given,
            &[
                "bbox",
                "bbox-crs",
                "datetime",
                "limit",
                "cursor",
                "filter",
                "filter-lang",
            ],
        )?;
        let value = |name: &str| {
            given
                .iter()
                .find(|(n, v)| n == name && !v.trim().is_empty())
                .map(|(_, v)| v.trim())
        };
        if let Some(crs) = value("bbox-crs").filter(|crs| *crs != CRS84) {
            return Err(Problem::bad(
                "?bbox-crs",
                "unknown-crs",
                format!("Coordinates are in {CRS84}, not in {crs}."),
            ));
        }
        if let Some(language) = value("filter-lang").filter(|l| *l != "cql2-text") {
            return Err(Problem::bad(
                "?filter-lang",
                "unknown-language",
                format!("A filter is cql2-text, not {language}."),
            ));
        }
        let limit = match value("limit") {
            None => LIMIT,
            Some(text) => match text.parse::<u64>() {
                Ok(limit @ 1..) => u32::try_from(limit).unwrap_or(MOST).min(MOST),
                _ => {
                    return Err(Problem::bad(
                        "?limit",
                        "out-of-range",
                        format!("limit is 1 to {MOST}, not {text:?}."),
                    ));
                }
            },
        };
        Ok(Self {
            bbox: value("bbox").map(parse_bbox).transpose()?,
            at: parse_datetime(app, value("datetime"))?,
            limit,
            cursor: value("cursor").map(str::to_owned),
            filter: value("filter").map(str::to_owned),
        })
    }

    /// The query for records of the collection's type, but for the box.
    pub fn query(&self, record_type: &RecordType) -> Result<Query, Problem> {
        let query = Query::of(record_type.name.clone())
            .at(self.at)
            .limit(self.limit)
            .cursor(self.cursor.clone());
        match &self.filter {
            Some(cql2) => {
                Ok(query.filter(Filter::parse_cql2(cql2, record_type).map_err(records::Error::from)?))
            }
            None => Ok(query),
        }
    }
}

fn parse_bbox(text: &str) -> Result<Box4, Problem> {
    let bad = |why: &str| {
        Problem::bad(
            "?bbox",
            "bad-bbox",
            format!("bbox={text}: {why}. It is west,south,east,north in degrees, longitude first."),
        )
    };
    let numbers: Vec<f64> = text
        .split(',')
        .map(|n| n.trim().parse::<f64>())
        .collect::<Result<_, _>>()
        .map_err(|_| bad("not numbers"))?;
    let (mut west, mut south, mut east, mut north) = match numbers[..] {
        [west, south, east, north] => (west, south, east, north),
        // With heights, which features do not have.
        [west, south, _, east, north, _] => (west, south, east, north),
        _ => return Err(bad("not four or six numbers")),
    };
    if [west, east].iter().any(|l| !(-180.0..=180.0).contains(l))
        || [south, north].iter().any(|l| !(-90.0..=90.0).contains(l))
    {
        return Err(bad("not on the earth"));
    }
    if south > north {
        return Err(bad("south is north of north"));
    }
    // A box without width or height is a line or a point, which may lie on a feature all the same.
    const HAIR: f64 = 1e-9;
    if west == east {
        (west, east) = ((west - HAIR).max(-180.0), (east + HAIR).min(180.0));
    }
    if south == north {
        (south, north) = ((south - HAIR).max(-90.0), (north + HAIR).min(90.0));
    }
    Ok(Box4 {
        west,
        south,
        east,
        north,
    })
}

/// An instant, or an interval `from/to` with `..` or nothing for an open end: the state at its end.
pub(super) fn parse_datetime(app: &App, text: Option<&str>) -> Result<At, Problem> {
    let Some(text) = text else { return Ok(At::PRESENT) };
    let moment = |part: &str| -> Result<Option<Timestamp>, Problem> {
        match part.trim() {
            "" | ".." => Ok(None),
            part => as_of_of(app, "datetime", part).map(Some),
        }
    };
    let as_of = match text.split_once('/') {
        None => moment(text)?,
        Some((from, to)) => {
            let (from, to) = (moment(from)?, moment(to)?);
            if from.zip(to).is_some_and(|(from, to)| from > to) {
                return Err(Problem::bad(
                    "?datetime",
                    "ends-before-start",
                    format!("{text} ends before it begins."),
                ));
            }
            to
        }
    };
    Ok(At {
        as_of,
        known_at: None,
    })
}
