//! Which ways may be driven, in which directions, and how fast.

use osm::Tags;

use super::{Limits, Profile, has, measure};
use crate::road::RoadClass;

/// What a profile makes of a way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct WayRule {
    /// In the way's direction; `None` where closed.
    pub forward: Option<Lane>,
    /// Against it.
    pub backward: Option<Lane>,
    pub class: RoadClass,
    pub roundabout: bool,
    pub ferry: bool,
    pub toll: bool,
    pub tunnel: bool,
    pub unpaved: bool,
    /// Trips may start and end here.
    pub may_snap: bool,
    /// Traffic keeps to the left.
    pub left_hand: bool,
    /// Seconds for the whole way, where it says so.
    pub passage: Option<f64>,
}

/// How one direction of a way is driven.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Lane {
    /// km/h, above 0.
    pub speed: f64,
    /// The time divided by this is the weight; above 0, at most 1.
    pub share: f64,
    /// May be used at the ends of a trip only.
    pub restricted: bool,
}

/// Values for the way's direction and against it.
type Sides<T> = [Option<T>; 2];

impl Profile {
    /// `None` for ways this vehicle cannot use.
    pub(crate) fn way(&self, tags: &Tags<'_>) -> Option<WayRule> {
        let text = |key: &str| tags.get(key).filter(|v| !v.is_empty());
        let (highway, route) = (text("highway"), text("route"));
        if highway.is_none() && route.is_none() || self.is_closed(tags, highway) {
            return None;
        }
        let too_large = self.too_large(tags);
        let access = sides(tags, &self.access_keys).map(|v| v.map(|v| self.most_open(v)));
        let listed = highway.is_some_and(|h| self.highway.contains_key(h));
        let restricted = access.map(|a| listed && a.is_some_and(|a| has(&self.access_restricted, a)));
        let denied = access.map(|a| a.is_some_and(|a| has(&self.access_denied, a)));
        let (oneway, mut directions) = oneway(tags, highway, &self.restriction_keys);
        let contraflow = |key: &String| tags.get(key).is_some_and(|v| v.starts_with("opposite"));
        if self.ignores_oneway || self.contraflow_keys.iter().any(contraflow) {
            directions = [true; 2];
        }
        let mut open =
            [0, 1].map(|side| directions[side] && !too_large[side] && (!denied[side] || restricted[side]));

        let carried = route.and_then(|r| self.route.get(r)).copied();
        let bridge = tags.get("bridge").and_then(|b| self.bridge.get(b)).copied();
        let passage = carried
            .or(bridge)
            .and_then(|_| tags.get("duration"))
            .and_then(measure::duration);
        let mut speeds = self.speeds(highway, access, carried.or(bridge), &mut open);
        let limits = sides(tags, &MAXSPEED_KEYS).map(|v| v.map_or(0.0, |v| self.maxspeed(v)));
        for (speed, limit) in speeds.iter_mut().zip(limits) {
            let limit = limit * self.maxspeed_share;
            match self.limits {
                Limits::Reached if limit > 0.0 => *speed = Some(limit),
                Limits::Obeyed if limit > 0.0 => *speed = speed.map(|s| s.min(limit)),
                _ => {}
            }
            for (key, caps) in [
                ("surface", &self.surface),
                ("tracktype", &self.tracktype),
                ("smoothness", &self.smoothness),
            ] {
                if let Some(cap) = tags.get(key).and_then(|v| caps.get(v)) {
                    *speed = speed.map(|s| s.min(*cap));
                }
            }
        }
        let shares = self.shares(tags, highway, oneway, open[0] && open[1]);
        let class = match carried {
            Some(_) => RoadClass::Ferry,
            None => highway.map_or(RoadClass::Other, RoadClass::of_highway),
        };
        let longer = self.calibration.get(class.name()).copied().unwrap_or(1.0);
        let lane = |side: usize| {
            let speed = speeds[side].filter(|s| *s > 0.0 && open[side])?;
            Some(Lane {
                speed: speed / longer,
                share: shares[side],
                restricted: restricted[side],
            })
        };
        let (forward, backward) = (lane(0), lane(1));
        let no_start =
            highway == Some("service") && access[0].is_some_and(|a| has(&self.no_start_on_service, a));
        let driving_side = tags.get("driving_side");
        (forward.is_some() || backward.is_some()).then(|| WayRule {
            forward,
            backward,
            class,
            roundabout: matches!(tags.get("junction"), Some("roundabout" | "circular")),
            ferry: carried.is_some(),
            toll: tags.is("toll", "yes"),
            tunnel: tags.get("tunnel").is_some_and(|t| t != "no"),
            unpaved: self.is_unpaved(tags),
            may_snap: carried.is_none() && !no_start,
            left_hand: driving_side.map_or(self.turn.left_hand, |side| side == "left"),
            passage,
        })
    }

    fn is_unpaved(&self, tags: &Tags<'_>) -> bool {
        match (tags.get("surface"), tags.get("tracktype")) {
            (Some(surface), _) => has(&self.unpaved_surfaces, surface),
            (None, Some(tracktype)) => has(&self.unpaved_tracktypes, tracktype),
            (None, None) => false,
        }
    }

    fn is_closed(&self, tags: &Tags<'_>, highway: Option<&str>) -> bool {
        highway.is_some_and(|h| has(&self.closed_highway, h))
            || tags.is("area", "yes")
            || tags.is("railway", "construction")
            || tags
                .get("construction")
                .is_some_and(|c| !has(&self.open_construction, c))
            || highway.is_none() && tags.get("proposed").is_some()
            || tags.is("oneway", "reversible")
            || tags.is("impassable", "yes")
            || tags.is("status", "impassable")
            || tags.get("service").is_some_and(|s| has(&self.closed_service, s))
    }

    fn too_large(&self, tags: &Tags<'_>) -> [bool; 2] {
        let smaller = |keys: &[&str], parse: fn(&str) -> Option<f64>, ours: f64, equal_too: bool| {
            sides(tags, keys).map(|limit| {
                let limit = limit.and_then(parse);
                limit.is_some_and(|l| l < ours || equal_too && l == ours)
            })
        };
        let vehicle = &self.vehicle;
        let checks = [
            smaller(
                &["maxheight:physical", "maxheight"],
                measure::meters,
                vehicle.height,
                false,
            ),
            smaller(
                &["maxwidth:physical", "maxwidth", "width", "est_width"],
                measure::meters,
                vehicle.width,
                true,
            ),
            smaller(&["maxlength"], measure::meters, vehicle.length, false),
            smaller(
                &["maxweightrating", "maxweight"],
                measure::kilograms,
                vehicle.weight,
                false,
            ),
        ];
        [0, 1].map(|side| checks.iter().any(|check| check[side]))
    }

    /// Of several values (`delivery;destination`) the one that lets most people in.
    fn most_open<'t>(&self, value: &'t str) -> &'t str {
        let openness = |v: &str| match v {
            _ if has(&self.access_allowed, v) => 3,
            _ if has(&self.access_restricted, v) => 2,
            _ if has(&self.access_denied, v) => 1,
            _ => 0,
        };
        // `max_by_key` gives the last of equals, so reversed the first.
        value
            .split(';')
            .map(str::trim)
            .rev()
            .max_by_key(|v| openness(v))
            .unwrap_or(value)
    }

    /// By kind of road; roads of a kind that has no speed need a tag that lets us in.
    fn speeds(
        &self,
        highway: Option<&str>,
        access: Sides<&str>,
        carried: Option<f64>,
        open: &mut [bool; 2],
    ) -> Sides<f64> {
        if let Some(speed) = carried.or_else(|| highway.and_then(|h| self.highway.get(h)).copied()) {
            return [Some(speed); 2];
        }
        let allowed =
            access.map(|a| a.is_some_and(|a| has(&self.access_allowed, a) || !has(&self.access_denied, a)));
        for side in 0..2 {
            if access[side].is_none() && access[1 - side].is_some() {
                open[side] = false;
            }
        }
        allowed.map(|allowed| allowed.then_some(self.default_speed))
    }

    /// km/h of a posted or implied limit; 0 for none.
    fn maxspeed(&self, text: &str) -> f64 {
        if let Some(speed) = measure::speed(text) {
            return speed;
        }
        let text = text.to_lowercase();
        let implied = || self.implied_maxspeed.get(text.split_once(':')?.1);
        let known = self.implied_maxspeed_exceptions.get(&text).or_else(implied);
        known.copied().unwrap_or(0.0)
    }
}

const MAXSPEED_KEYS: [&str; 4] = [
    "maxspeed:advisory",
    "maxspeed",
    "source:maxspeed",
    "maxspeed:type",
];

/// For each direction the value of the first key that says something about it.
fn sides<'t>(tags: &Tags<'t>, keys: &[impl AsRef<str>]) -> Sides<&'t str> {
    let mut found = [None; 2];
    for key in keys {
        let key = key.as_ref();
        for (side, suffix) in [(0, "forward"), (1, "backward")] {
            if found[side].is_none() {
                found[side] = tags.get(&format!("{key}:{suffix}")).or_else(|| tags.get(key));
            }
        }
    }
    found
}

/// The value of `oneway`, and which directions it leaves open.
fn oneway<'t>(tags: &Tags<'t>, highway: Option<&str>, keys: &[String]) -> (Option<&'t str>, [bool; 2]) {
    let special = keys.iter().find_map(|key| tags.get(&format!("oneway:{key}")));
    let oneway = special.or_else(|| tags.get("oneway"));
    let implied =
        || highway == Some("motorway") || matches!(tags.get("junction"), Some("roundabout" | "circular"));
    let open = match oneway {
        Some("-1" | "reverse") => [false, true],
        Some("yes" | "1" | "true") => [true, false],
        Some("no") => [true, true],
        _ => [true, !implied()],
    };
    (oneway, open)
}

#[cfg(test)]
mod tests {
    use geom::{Fixed, LngLat};
    use osm::{Builder, NodeId, WayId};

    use super::*;

    fn rule(tags: &[(&str, &str)]) -> Option<WayRule> {
        let mut builder = Builder::default();
        let place = Fixed::from(LngLat::new(13.0, 53.0).unwrap());
        builder.node(NodeId(1), place, []);
        builder.way(WayId(1), [NodeId(1)], tags.iter().copied());
        let extract = builder.finish();
        let way = extract.way(WayId(1)).unwrap();
        Profile::car().way(&way.tags)
    }

    /// Speeds forward and backward, 0 where closed.
    fn speeds(tags: &[(&str, &str)]) -> [f64; 2] {
        rule(tags).map_or([0.0; 2], |r| {
            [r.forward, r.backward].map(|l| l.map_or(0.0, |l| l.speed))
        })
    }

    #[test]
    fn kinds_of_road_have_speeds() {
        assert_eq!(speeds(&[("highway", "primary")]), [65.0, 65.0]);
        assert_eq!(speeds(&[("highway", "motorway")]), [90.0, 0.0]);
        assert_eq!(speeds(&[("highway", "footway")]), [0.0, 0.0]);
        assert_eq!(speeds(&[("highway", "track")]), [0.0, 0.0]);
        assert_eq!(
            speeds(&[("highway", "track"), ("motor_vehicle", "yes")]),
            [10.0, 10.0]
        );
        assert_eq!(speeds(&[("building", "yes")]), [0.0, 0.0]);
    }

    #[test]
    fn limits_count_for_four_fifths_and_surfaces_cap() {
        assert_eq!(
            speeds(&[("highway", "residential"), ("maxspeed", "30")]),
            [24.0, 24.0]
        );
        assert_eq!(
            speeds(&[("highway", "primary"), ("maxspeed", "DE:rural")]),
            [80.0, 80.0]
        );
        assert_eq!(
            speeds(&[("highway", "motorway"), ("maxspeed", "none")]),
            [112.0, 0.0]
        );
        let split = [
            ("highway", "primary"),
            ("maxspeed:forward", "50"),
            ("maxspeed", "70"),
        ];
        assert_eq!(speeds(&split), [40.0, 56.0]);
        assert_eq!(
            speeds(&[("highway", "primary"), ("surface", "cobblestone")]),
            [30.0, 30.0]
        );
        assert_eq!(
            speeds(&[("highway", "primary"), ("smoothness", "impassable")]),
            [0.0, 0.0]
        );
    }

    #[test]
    fn directions_follow_oneway_and_roundabouts() {
        assert_eq!(speeds(&[("highway", "service"), ("oneway", "yes")]), [15.0, 0.0]);
        assert_eq!(speeds(&[("highway", "service"), ("oneway", "-1")]), [0.0, 15.0]);
        assert_eq!(
            speeds(&[("highway", "service"), ("junction", "roundabout")]),
            [15.0, 0.0]
        );
        let except_cars = [
            ("highway", "service"),
            ("oneway", "yes"),
            ("oneway:motor_vehicle", "no"),
        ];
        assert_eq!(speeds(&except_cars), [15.0, 15.0]);
    }

    #[test]
    fn access_closes_restricts_or_opens() {
        let street = |key, value| [("highway", "residential"), (key, value)];
        assert_eq!(rule(&street("access", "no")), None);
        assert_eq!(rule(&street("motor_vehicle", "agricultural;forestry")), None);
        let private = rule(&street("access", "private")).unwrap();
        assert!(private.forward.unwrap().restricted && private.may_snap);
        let open = rule(&street("access", "no;yes")).unwrap();
        assert!(!open.forward.unwrap().restricted);
        let specific = [("highway", "residential"), ("access", "no"), ("motorcar", "yes")];
        assert!(rule(&specific).is_some());
        assert!(
            !rule(&[("highway", "service"), ("access", "private")])
                .unwrap()
                .may_snap
        );
    }

    #[test]
    fn vehicles_too_large_stay_out() {
        assert_eq!(rule(&[("highway", "service"), ("maxheight", "1.9")]), None);
        assert_eq!(rule(&[("highway", "service"), ("maxwidth", "1.9")]), None);
        assert_eq!(rule(&[("highway", "service"), ("maxweight", "1.5")]), None);
        assert!(rule(&[("highway", "service"), ("maxweight", "3.5")]).is_some());
    }

    #[test]
    fn ferries_take_what_they_say() {
        let ferry = rule(&[("route", "ferry"), ("duration", "00:20")]).unwrap();
        assert_eq!(ferry.passage, Some(1200.0));
        assert!(ferry.ferry && !ferry.may_snap && ferry.backward.is_some());
    }

    #[test]
    fn alleys_weigh_twice_their_time() {
        let alley = rule(&[("highway", "service"), ("service", "alley")]).unwrap();
        assert_eq!(alley.forward.unwrap().share, 0.5);
        let narrow = rule(&[("highway", "service"), ("width", "3.5")]).unwrap();
        assert_eq!(narrow.forward.unwrap().share, 0.6);
        let one_way = rule(&[("highway", "service"), ("width", "3.5"), ("oneway", "yes")]).unwrap();
        assert_eq!(one_way.forward.unwrap().share, 1.0);
    }
}
