//! Which roads a profile would rather not use, and by how much.

use osm::Tags;

use super::{Profile, measure};

impl Profile {
    /// By direction: what the time is divided by to make the weight; above 0, at most 1.
    pub(super) fn shares(
        &self,
        tags: &Tags<'_>,
        highway: Option<&str>,
        oneway: Option<&str>,
        both_ways: bool,
    ) -> [f64; 2] {
        let avoid = &self.avoid;
        let mut share: f64 = tags
            .get("service")
            .and_then(|s| avoid.service.get(s))
            .copied()
            .unwrap_or(1.0);
        if let Some(known) = highway.and_then(|h| avoid.highway.get(h)) {
            share = share.min(*known);
        }
        if both_ways {
            share = share.min(self.narrowness(tags));
        }
        if oneway == Some("alternating") {
            share = share.min(avoid.alternating);
        }
        if matches!(tags.get("side_road"), Some("yes" | "rotary")) {
            share = share.min(avoid.side_road);
        }
        match tags.get("priority") {
            Some("forward") => [share, share.min(avoid.yielding_direction)],
            Some("backward") => [share.min(avoid.yielding_direction), share],
            _ => [share, share],
        }
    }

    /// Of a two-way road.
    fn narrowness(&self, tags: &Tags<'_>) -> f64 {
        let avoid = &self.avoid;
        let lanes = tags.get("lanes").and_then(measure::meters);
        if lanes.is_some_and(|lanes| lanes <= 1.0) {
            return avoid.single_lane;
        }
        let width = tags.get("width").and_then(measure::meters);
        let by_width = width.and_then(|width| {
            let mut steps = avoid.width.iter().enumerate();
            steps
                .find(|(i, [metres, _])| width < *metres || *i == 0 && width == *metres)
                .map(|(_, [_, share])| *share)
        });
        match by_width {
            Some(share) => share,
            None if tags.is("lane_markings", "no") => avoid.no_lane_markings,
            None => 1.0,
        }
    }
}
