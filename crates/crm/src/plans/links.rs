//! Hand-off to navigation apps: plain addresses, each with coordinates in the order its app wants.

use geom::LngLat;
use serde::Serialize;
use utoipa::ToSchema;

use super::{DayPlan, HandOff};

/// Navigation apps take so many stops at once.
const MOST_STOPS: usize = 9;

/// Latitude first: what all these apps want.
fn lat_lng(place: LngLat) -> String {
    format!("{:.6},{:.6}", place.lat(), place.lng())
}

/// Characters of an address part, all but letters, digits and `-._~` escaped.
fn escaped(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
        out
    })
}

/// Opens each app with one goal.
pub(crate) fn hand_off(place: LngLat, name: &str) -> HandOff {
    let at = lat_lng(place);
    let comma = at.replace(',', "%2C");
    let (lat, lng) = (place.lat(), place.lng());
    HandOff {
        google: format!("https://www.google.com/maps/dir/?api=1&destination={comma}&travelmode=driving"),
        apple: format!("https://maps.apple.com/?daddr={comma}&dirflg=d"),
        waze: format!("https://www.waze.com/ul?ll={comma}&navigate=yes"),
        osmand: format!(
            "https://osmand.net/map/navigate/?finish={at}&type=osmand&profile=car&pin={at}#16/{lat:.6}/{lng:.6}"
        ),
        geo: format!("geo:{at}?q={comma}({})", escaped(name)),
    }
}

/// A part of the day for a navigation app.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct LinkLeg {
    /// Which stops: `1–9`.
    pub label: String,
    pub google: String,
    pub apple: String,
    /// Of the part's first stop, for apps that take one goal.
    pub waze: String,
    pub osmand: String,
    pub geo: String,
}

/// The day in parts of at most nine stops; the last ends at home.
pub(crate) fn legs(plan: &DayPlan) -> Vec<LinkLeg> {
    let place = |lng: f64, lat: f64| LngLat::new(lng, lat).ok();
    let stops: Vec<(LngLat, &str)> = plan
        .stops
        .iter()
        .filter_map(|s| Some((place(s.lng, s.lat)?, s.name.as_str())))
        .collect();
    let (Some(mut from), Some(home)) = (
        place(plan.start.lng, plan.start.lat),
        place(plan.end.lng, plan.end.lat),
    ) else {
        return Vec::new();
    };
    let parts: Vec<&[(LngLat, &str)]> = stops.chunks(MOST_STOPS).collect();
    let mut legs = Vec::new();
    for (number, part) in parts.iter().enumerate() {
        let (Some((first, name)), Some((last, _))) = (part.first(), part.last()) else {
            continue;
        };
        let is_last = number + 1 == parts.len();
        let mut through: Vec<LngLat> = part.iter().map(|s| s.0).collect();
        if is_last {
            through.push(home);
        }
        let goal = through.pop().unwrap_or(*last);
        let joined = |separator: &str| {
            through
                .iter()
                .map(|p| lat_lng(*p).replace(',', "%2C"))
                .collect::<Vec<_>>()
                .join(separator)
        };
        let code = |p: LngLat| lat_lng(p).replace(',', "%2C");
        let waypoints = if through.is_empty() {
            String::new()
        } else {
            format!("&waypoints={}", joined("%7C"))
        };
        let goals = if through.is_empty() {
            code(goal)
        } else {
            format!("{}+to:{}", joined("+to:"), code(goal))
        };
        let (begin, end) = (number * MOST_STOPS + 1, number * MOST_STOPS + part.len());
        let single = hand_off(*first, name);
        legs.push(LinkLeg {
            label: if begin == end { begin.to_string() } else { format!("{begin}–{end}") },
            google: format!(
                "https://www.google.com/maps/dir/?api=1&origin={}&destination={}{waypoints}&travelmode=driving",
                code(from),
                code(goal)
            ),
            apple: format!("https://maps.apple.com/?saddr={}&daddr={goals}&dirflg=d", code(from)),
            waze: single.waze,
            osmand: single.osmand,
            geo: single.geo,
        });
        from = *last;
    }
    legs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latitude_comes_first_in_every_address() {
        let links = hand_off(LngLat::new(13.26, 53.55).unwrap(), "Bäckerei & Söhne");
        assert_eq!(
            links.google,
            "https://www.google.com/maps/dir/?api=1&destination=53.550000%2C13.260000&travelmode=driving"
        );
        assert_eq!(
            links.apple,
            "https://maps.apple.com/?daddr=53.550000%2C13.260000&dirflg=d"
        );
        assert_eq!(
            links.waze,
            "https://www.waze.com/ul?ll=53.550000%2C13.260000&navigate=yes"
        );
        assert_eq!(
            links.osmand,
            "https://osmand.net/map/navigate/?finish=53.550000,13.260000&type=osmand&profile=car&pin=53.550000,13.260000#16/53.550000/13.260000"
        );
        assert_eq!(
            links.geo,
            "geo:53.550000,13.260000?q=53.550000%2C13.260000(B%C3%A4ckerei%20%26%20S%C3%B6hne)"
        );
    }
}
