//! Reading a request: coordinates and options.

use geom::{LngLat, Meters};
use roads::{RoadIndex, Snap, SnapError, SnapOptions};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{Refusal, polyline};

/// Most coordinates of one request.
const MOST_COORDINATES: usize = 10_000;
/// Farthest road that is looked for.
const FARTHEST: Meters = Meters(100_000.0);

/// Options of all services. What is not offered is refused and never ignored, but for `hints`, which are
/// only there to be quicker.
#[derive(Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(super) struct Options {
    /// For each coordinate how far its road may be, metres or `unlimited`; 1,000 unless said.
    pub radiuses: Option<String>,
    /// Not offered.
    pub bearings: Option<String>,
    /// `unrestricted` for each coordinate.
    pub approaches: Option<String>,
    /// Not offered.
    pub exclude: Option<String>,
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
    /// Route: one route is answered.
    pub alternatives: Option<String>,
    /// Route: taken; legs are planned one by one.
    pub continue_straight: Option<String>,
    /// Route: taken; every coordinate is a waypoint when not given.
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
        let blank = |text: &Option<String>| text.as_deref().unwrap_or_default().split(';').all(str::is_empty);
        if !blank(&self.bearings) {
            return Err(invalid("bearings are not offered; leave them out."));
        }
        if !blank(&self.exclude) {
            return Err(Refusal::new(
                "InvalidValue",
                "exclude: no class of road can be excluded here.",
            ));
        }
        let approaches = self.approaches.as_deref().unwrap_or_default().split(';');
        if approaches.into_iter().any(|a| !matches!(a, "" | "unrestricted")) {
            return Err(invalid("approaches other than unrestricted are not offered."));
        }
        if self.waypoints.is_some() {
            return Err(invalid("waypoints is not offered: every coordinate is a stop."));
        }
        Ok(())
    }

    /// The snapped coordinates; those that reach each other where that is possible.
    pub fn snap(&self, roads: &RoadIndex, places: &[LngLat]) -> Result<Vec<Snap>, Refusal> {
        let options = SnapOptions {
            component: match self.snapping.as_deref() {
                Some("any") => roads::ComponentRule::Any,
                None | Some("default" | "") => SnapOptions::default().component,
                Some(other) => return Err(invalid(format!("snapping={other}: it is default or any."))),
            },
            ..SnapOptions::default()
        };
        let radiuses = self.radiuses(places.len())?;
        let snaps = if radiuses.is_empty() {
            roads.snap_together(places, &options)
        } else {
            let each = places.iter().zip(radiuses);
            each.map(|(place, radius)| {
                roads.snap(
                    *place,
                    &SnapOptions {
                        radius: radius.unwrap_or(options.radius),
                        ..options.clone()
                    },
                )
            })
            .collect()
        };
        let numbered = snaps.into_iter().enumerate();
        numbered
            .map(|(number, snap)| snap.map_err(|error| no_segment(number, &error)))
            .collect()
    }

    /// One for each coordinate; empty where none is given.
    pub fn radiuses(&self, places: usize) -> Result<Vec<Option<Meters>>, Refusal> {
        let Some(text) = self.radiuses.as_deref().filter(|t| !t.is_empty()) else {
            return Ok(Vec::new());
        };
        let radiuses: Option<Vec<_>> = text
            .split(';')
            .map(|part| match part {
                "" => Some(None),
                "unlimited" => Some(Some(FARTHEST)),
                number => {
                    let meters = number.parse::<f64>().ok().filter(|m| *m >= 0.0)?;
                    Some(Some(Meters(meters.min(FARTHEST.0))))
                }
            })
            .collect();
        let radiuses = radiuses.ok_or_else(|| invalid(format!("radiuses={text}: metres, or unlimited.")))?;
        if radiuses.len() != places {
            return Err(invalid(format!(
                "radiuses: {} for {places} coordinates.",
                radiuses.len()
            )));
        }
        Ok(radiuses)
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

/// The coordinates of a request's address: `lng,lat;lng,lat…`, or a polyline.
pub(super) fn coordinates(profile: &str, text: &str, at_least: usize) -> Result<Vec<LngLat>, Refusal> {
    if !matches!(profile, "driving" | "car" | "driving-car" | "auto") {
        return Err(invalid(format!(
            "The profile {profile:?} is not built into this map; ask for driving."
        )));
    }
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
mod tests {
    use super::*;

    #[test]
    fn coordinates_are_read_in_every_form() {
        let read = coordinates("driving", "13.388860,52.517037;13.397634,52.529407.json", 2).unwrap();
        assert_eq!(read.len(), 2);
        assert_eq!(read[1].lat(), 52.529_407);
        assert_eq!(
            coordinates("car", "polyline(_p~iF~ps|U_ulLnnqC)", 2)
                .unwrap()
                .len(),
            2
        );
        for (profile, text, code) in [
            ("foot", "13,52;13,53", "InvalidOptions"),
            ("driving", "13,52", "InvalidOptions"),
            ("driving", "13,52;13", "InvalidUrl"),
            ("driving", "13,700;13,52", "InvalidValue"),
            ("driving", "NaN,52;13,52", "InvalidValue"),
            ("driving", "polyline(x)", "InvalidUrl"),
        ] {
            assert_eq!(
                coordinates(profile, text, 2).unwrap_err().code,
                code,
                "{profile} {text}"
            );
        }
    }

    #[test]
    fn what_is_not_offered_is_refused() {
        let with = |set: fn(&mut Options)| {
            let mut options = Options::default();
            set(&mut options);
            options.check().map_err(|refusal| refusal.code)
        };
        assert_eq!(with(|o| o.bearings = Some(";;".into())), Ok(()));
        assert_eq!(
            with(|o| o.bearings = Some("90,20;".into())),
            Err("InvalidOptions")
        );
        assert_eq!(with(|o| o.exclude = Some("toll".into())), Err("InvalidValue"));
        assert_eq!(
            with(|o| o.approaches = Some("unrestricted;curb".into())),
            Err("InvalidOptions")
        );
    }
}
