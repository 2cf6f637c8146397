//! Reading a request: coordinates and options.

use geom::{LngLat, Meters};
use roads::{
    AlternativeOptions, Approach, Avoid, Bearing, RoadClass, RoadIndex, Snap, SnapError, SnapOptions,
    WeekTime, Wishes,
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::polyline;
use super::request::Refusal;

/// Most coordinates of one request.
const MOST_COORDINATES: usize = 10_000;
/// Most other ways that are told besides the best.
const MOST_ALTERNATIVES: usize = 5;
/// Farthest road that is looked for.
const FARTHEST: Meters = Meters(100_000.0);

/// Options of all services. What is not offered is refused and never ignored, but for what only makes an answer quicker
/// or asks for what is done anyway: those say that they are taken.
#[derive(Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(super) struct Options {
    /// For each coordinate how far its road may be, metres or `unlimited`; 1,000 unless said.
    pub radiuses: Option<String>,
    /// For each coordinate nothing, or `degrees,tolerance`: only roads driven in about that direction.
    pub bearings: Option<String>,
    /// For each coordinate `unrestricted`, `curb` or `opposite`: on which side of the road it must be.
    pub approaches: Option<String>,
    /// Roads to avoid: `toll`, `tunnel`, `unpaved`, or a kind of road such as `motorway` or `ferry`.
    pub exclude: Option<String>,
    /// Not OSRM's: a GeoJSON Polygon or MultiPolygon whose roads are avoided.
    pub avoid_polygons: Option<String>,
    /// `default` or `any`: also roads that do not connect to the rest.
    pub snapping: Option<String>,
    /// Taken and not needed.
    pub hints: Option<String>,
    /// Taken and not needed.
    pub generate_hints: Option<String>,
    /// `true`: without waypoints in the answer.
    pub skip_waypoints: Option<String>,
    /// Route and trip: `true` for steps with what to do.
    pub steps: Option<String>,
    /// Route and trip: polyline, polyline6 or geojson.
    pub geometries: Option<String>,
    /// Route and trip: simplified, full or false.
    pub overview: Option<String>,
    /// Route and trip: `true`, or some of duration, distance, speed. Table: duration, distance or both.
    pub annotations: Option<String>,
    /// Not OSRM's: the language of instructions in words, en or de.
    pub language: Option<String>,
    /// Match: taken; the order of the coordinates is that of time.
    pub timestamps: Option<String>,
    /// Match: `split`.
    pub gaps: Option<String>,
    /// Match: taken; places too near to each other are always left out.
    pub tidy: Option<String>,
    /// Route between two coordinates: `true`, `false`, or how many other ways are told besides the best, at most 5. None unless
    /// said; `true` is 2.
    pub alternatives: Option<String>,
    /// Not OSRM's: the time of the week for which access, directions, limits and turns are as their conditions say, as
    /// `Mo 07:30`. Without it conditions do not count.
    pub week_time: Option<String>,
    /// Route: taken; legs are planned one by one.
    pub continue_straight: Option<String>,
    /// Not offered: every coordinate is a stop.
    pub waypoints: Option<String>,
    /// Nearest: how many roads.
    pub number: Option<String>,
    /// Table: numbers of coordinates, or all. Trip: any or first.
    pub sources: Option<String>,
    /// Table: numbers of coordinates, or all.
    pub destinations: Option<String>,
    /// Table: km/h as the crow flies where no road leads.
    pub fallback_speed: Option<String>,
    /// Table: durations are multiplied by it.
    pub scale_factor: Option<String>,
    /// Trip: `true` to come back to the first coordinate.
    pub roundtrip: Option<String>,
    /// Trip: any or first.
    pub source: Option<String>,
    /// Trip: any or last.
    pub destination: Option<String>,
}

impl Options {
    /// Refuses what would change the answer and is not offered.
    pub fn check(&self) -> Result<(), Refusal> {
        if self.waypoints.is_some() {
            return Err(invalid("waypoints is not offered: every coordinate is a stop."));
        }
        Ok(())
    }

    /// The snapped coordinates are part of the answer.
    pub fn wants_waypoints(&self) -> Result<bool, Refusal> {
        Ok(!switch("skip_waypoints", self.skip_waypoints.as_deref(), false)?)
    }

    /// What is to be avoided; `None` for nothing.
    pub fn avoid(&self) -> Result<Option<Avoid>, Refusal> {
        let mut avoid = Avoid::default();
        for name in self
            .exclude
            .as_deref()
            .unwrap_or_default()
            .split(',')
            .filter(|n| !n.is_empty())
        {
            match name {
                "toll" => avoid.toll = true,
                "tunnel" => avoid.tunnels = true,
                "unpaved" => avoid.unpaved = true,
                other => {
                    let class = RoadClass::ALL.into_iter().find(|class| class.name() == other);
                    avoid.classes.push(class.ok_or_else(|| {
                        Refusal::new(
                            "InvalidValue",
                            format!("exclude={other}: there are toll, tunnel, unpaved and kinds of road such as motorway and ferry."),
                        )
                    })?);
                }
            }
        }
        if let Some(text) = self.avoid_polygons.as_deref().filter(|t| !t.is_empty()) {
            let wrong = |why: String| invalid(format!("avoid_polygons: {why}"));
            let value = serde_json::from_str(text).map_err(|e| wrong(format!("not JSON: {e}.")))?;
            let shape = crate::territories::parse_area(&value).map_err(|bad| wrong(bad.message))?;
            avoid.areas.extend(shape.polygons().iter().cloned());
        }
        Ok((avoid != Avoid::default()).then_some(avoid))
    }

    /// What the roads are to cost.
    pub fn wishes(&self) -> Result<Wishes, Refusal> {
        let time = self.week_time.as_deref().filter(|text| !text.is_empty());
        let time = time.map(|text| {
            text.parse::<WeekTime>()
                .map_err(|error| invalid(format!("week_time: {error}.")))
        });
        Ok(Wishes {
            avoid: self.avoid()?.unwrap_or_default(),
            time: time.transpose()?,
        })
    }

    /// How many other ways than the best are told.
    pub fn other_ways(&self) -> Result<usize, Refusal> {
        match self.alternatives.as_deref() {
            None | Some("" | "false") => Ok(0),
            Some("true") => Ok(AlternativeOptions::default().count),
            Some(text) => {
                let number = text.parse().ok().filter(|n| *n <= MOST_ALTERNATIVES);
                number.ok_or_else(|| {
                    invalid(format!(
                        "alternatives={text}: it is true, false or a number up to {MOST_ALTERNATIVES}."
                    ))
                })
            }
        }
    }

    /// How so many coordinates are put on roads.
    pub fn snap_options(&self, places: usize) -> Result<SnapWishes, Refusal> {
        Ok(SnapWishes {
            usual: SnapOptions {
                component: match self.snapping.as_deref() {
                    Some("any") => roads::ComponentRule::Any,
                    None | Some("default" | "") => SnapOptions::default().component,
                    Some(other) => return Err(invalid(format!("snapping={other}: it is default or any."))),
                },
                ..SnapOptions::default()
            },
            radiuses: self.radiuses(places)?,
            bearings: each("bearings", self.bearings.as_deref(), places, bearing)?,
            approaches: each("approaches", self.approaches.as_deref(), places, approach)?,
        })
    }

    /// The snapped coordinates; those that reach each other where that is possible.
    pub fn snap(&self, roads: &RoadIndex, places: &[LngLat]) -> Result<Vec<Snap>, Refusal> {
        let wishes = self.snap_options(places.len())?;
        let snaps = if wishes.are_alike() {
            roads.snap_together(places, &wishes.usual)
        } else {
            let numbered = places.iter().enumerate();
            numbered
                .map(|(number, place)| roads.snap(*place, &wishes.of(number)))
                .collect()
        };
        let numbered = snaps.into_iter().enumerate();
        numbered
            .map(|(number, snap)| snap.map_err(|error| no_segment(number, &error)))
            .collect()
    }

    /// One for each coordinate; empty where none is given.
    pub fn radiuses(&self, places: usize) -> Result<Vec<Option<Meters>>, Refusal> {
        each("radiuses", self.radiuses.as_deref(), places, |part| match part {
            "" => Some(None),
            "unlimited" => Some(Some(FARTHEST)),
            number => {
                let meters = number.parse::<f64>().ok().filter(|m| *m >= 0.0)?;
                Some(Some(Meters(meters.min(FARTHEST.0))))
            }
        })
    }
}

/// What is asked of the road of each coordinate; lists are empty where nothing is.
pub(super) struct SnapWishes {
    usual: SnapOptions,
    radiuses: Vec<Option<Meters>>,
    bearings: Vec<Option<Bearing>>,
    approaches: Vec<Approach>,
}

impl SnapWishes {
    /// Nothing is asked of single coordinates.
    fn are_alike(&self) -> bool {
        self.radiuses.is_empty() && self.bearings.is_empty() && self.approaches.is_empty()
    }

    /// For the coordinate with this number.
    pub fn of(&self, number: usize) -> SnapOptions {
        let usual = &self.usual;
        SnapOptions {
            radius: self
                .radiuses
                .get(number)
                .copied()
                .flatten()
                .unwrap_or(usual.radius),
            bearing: self.bearings.get(number).copied().flatten(),
            approach: self.approaches.get(number).copied().unwrap_or_default(),
            ..usual.clone()
        }
    }
}

/// Reads an option that has a part for each coordinate; nothing at all where it is not given.
fn each<T>(
    name: &str,
    text: Option<&str>,
    places: usize,
    read: impl Fn(&str) -> Option<T>,
) -> Result<Vec<T>, Refusal> {
    let Some(text) = text.filter(|t| !t.is_empty()) else {
        return Ok(Vec::new());
    };
    let parts = text
        .split(';')
        .map(|part| read(part).ok_or_else(|| invalid(format!("{name}: {part:?} cannot be read."))));
    let parts: Vec<T> = parts.collect::<Result<_, _>>()?;
    if parts.len() != places {
        return Err(invalid(format!(
            "{name}: {} for {places} coordinates.",
            parts.len()
        )));
    }
    Ok(parts)
}

/// `degrees,tolerance`, or nothing.
fn bearing(part: &str) -> Option<Option<Bearing>> {
    if part.is_empty() {
        return Some(None);
    }
    let (degrees, tolerance) = part.split_once(',')?;
    let [degrees, tolerance] = [degrees, tolerance].map(|n| n.trim().parse::<f64>().ok());
    let bearing = Bearing {
        degrees: degrees.filter(|n| (0.0..=360.0).contains(n))?,
        tolerance: tolerance.filter(|n| (0.0..=180.0).contains(n))?,
    };
    Some(Some(bearing))
}

fn approach(part: &str) -> Option<Approach> {
    match part {
        "" | "unrestricted" => Some(Approach::Any),
        "curb" => Some(Approach::Curb),
        "opposite" => Some(Approach::Opposite),
        _ => None,
    }
}

/// A refusal of an option's value.
pub(super) fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::new("InvalidOptions", message)
}

fn no_segment(number: usize, error: &SnapError) -> Refusal {
    Refusal::new(
        "NoSegment",
        format!("Could not find a matching segment for coordinate {number}: {error}."),
    )
}

/// `true` and `false` as OSRM spells them.
pub(super) fn switch(name: &str, text: Option<&str>, unless_said: bool) -> Result<bool, Refusal> {
    match text {
        None | Some("") => Ok(unless_said),
        Some("true") => Ok(true),
        Some("false") => Ok(false),
        Some(other) => Err(invalid(format!("{name}={other}: it is true or false."))),
    }
}

/// The name of the profile that a request means: clients of different services call the car differently. OSRM's own
/// servers take `driving` for whatever they were built with. `None` where the map was not built with it.
pub(in crate::services) fn profile_known<'a>(called: &'a str, built: &[&'a str]) -> Option<&'a str> {
    let meant = match called {
        "driving" => built.first().copied().unwrap_or("car"),
        "driving-car" | "auto" => "car",
        "cycling" | "bike" | "cycling-regular" => "bicycle",
        "walking" | "foot-walking" | "pedestrian" => "foot",
        other => other,
    };
    built.iter().find(|name| **name == meant).copied()
}

/// That profile, or why there is none.
pub(super) fn profile_called<'a>(called: &'a str, built: &[&'a str]) -> Result<&'a str, Refusal> {
    profile_known(called, built).ok_or_else(|| {
        invalid(format!(
            "The profile {called:?} is not built into this map; there are {}, and driving is the first.",
            built.join(", ")
        ))
    })
}

/// The coordinates of a request's address: `lng,lat;lng,lat…`, or a polyline.
pub(super) fn coordinates(text: &str, at_least: usize) -> Result<Vec<LngLat>, Refusal> {
    let wrong = |message: String| Refusal::new("InvalidUrl", message);
    let text = text.strip_suffix(".json").unwrap_or(text);
    let coded = |head: &str, decimals: i32| {
        let inner = text.strip_prefix(head)?.strip_suffix(')')?;
        Some(
            polyline::decode(inner, decimals).ok_or_else(|| wrong(format!("{head}…): not an encoded line."))),
        )
    };
    let places = if let Some(places) = coded("polyline(", 5).or_else(|| coded("polyline6(", 6)) {
        places?
    } else {
        let mut places = Vec::new();
        for (number, part) in text.split(';').enumerate() {
            let place = part.split_once(',').and_then(|(lng, lat)| {
                let [lng, lat] = [lng, lat].map(|n| n.trim().parse::<f64>().ok());
                Some((lng?, lat?))
            });
            let (lng, lat) = place.ok_or_else(|| {
                wrong(format!(
                    "Coordinate {number} is {part:?}: not a longitude, a comma and a latitude."
                ))
            })?;
            places.push(LngLat::new(lng, lat).map_err(|error| {
                Refusal::new(
                    "InvalidValue",
                    format!("Invalid coordinate value {number}: {error}."),
                )
            })?);
        }
        places
    };
    if places.len() < at_least {
        return Err(invalid(format!(
            "Number of coordinates needs to be at least {at_least}."
        )));
    }
    if places.len() > MOST_COORDINATES {
        return Err(Refusal::new(
            "TooBig",
            format!(
                "{} coordinates; at most {MOST_COORDINATES} are taken.",
                places.len()
            ),
        ));
    }
    Ok(places)
}

#[cfg(test)]
mod tests;
