//! What a node does to those who pass it: bars the way, or costs time.

use osm::Tags;

use super::{Profile, has, measure};

/// What a profile makes of a node.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct NodeRule {
    /// Nobody passes; turning back is possible.
    pub blocks: bool,
    pub delays: Vec<Delay>,
}

/// Time lost at a node.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Delay {
    pub seconds: f64,
    /// Only for those who come along the way's direction (true) or against it (false).
    pub along: Option<bool>,
    pub sign: Sign,
}

/// What makes one wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sign {
    /// Signals, gates, give-way signs.
    Plain,
    /// A stop sign; without a direction it counts before a junction, not behind it.
    Stop,
    /// A stop sign for the minor road only.
    MinorStop,
}

impl NodeRule {
    pub(crate) fn is_plain(&self) -> bool {
        !self.blocks && self.delays.is_empty()
    }
}

impl Profile {
    pub(crate) fn node(&self, tags: &Tags<'_>) -> NodeRule {
        let mut rule = NodeRule::default();
        match self.access_keys.iter().find_map(|key| tags.get(key)) {
            Some(access) => {
                rule.blocks = has(&self.access_denied, access) && !has(&self.access_restricted, access);
            }
            None => self.barrier(tags, &mut rule),
        }
        let highway = tags.get("highway").unwrap_or_default();
        if let Some(seconds) = self.node.delay.get(highway) {
            let direction = match highway {
                "traffic_signals" => tags
                    .get("traffic_signals:direction")
                    .or_else(|| tags.get("direction")),
                _ => tags.get("direction"),
            };
            rule.delays.push(Delay {
                seconds: *seconds,
                along: match direction {
                    Some("forward") => Some(true),
                    Some("backward") => Some(false),
                    _ => None,
                },
                sign: match highway {
                    "stop" if tags.is("stop", "minor") => Sign::MinorStop,
                    "stop" => Sign::Stop,
                    _ => Sign::Plain,
                },
            });
        }
        rule
    }

    fn barrier(&self, tags: &Tags<'_>, rule: &mut NodeRule) {
        let Some(barrier) = tags.get("barrier") else {
            return;
        };
        let too_low = barrier == "height_restrictor"
            && tags
                .get("maxheight")
                .and_then(measure::meters)
                .is_some_and(|height| height < self.vehicle.height);
        let harmless = has(&self.node.open_barriers, barrier)
            || tags.is("bollard", "rising")
            || matches!(tags.get("kerb"), Some("lowered" | "flush"))
            || barrier == "kerb" && tags.is("highway", "crossing")
            || barrier == "fence" && matches!(tags.get("sensory"), Some("audible" | "audio"));
        let delay = self.node.barrier_delay.get(barrier);
        rule.blocks = too_low || !harmless && delay.is_none();
        if let Some(seconds) = delay {
            rule.delays.push(Delay {
                seconds: *seconds,
                along: None,
                sign: Sign::Plain,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use geom::{Fixed, LngLat};
    use osm::{Builder, NodeId};

    use super::*;

    fn rule(tags: &[(&str, &str)]) -> NodeRule {
        let mut builder = Builder::default();
        builder.node(
            NodeId(1),
            Fixed::from(LngLat::new(13.0, 53.0).unwrap()),
            tags.iter().copied(),
        );
        let extract = builder.finish();
        Profile::car().node(&extract.node_tags(NodeId(1)).unwrap())
    }

    #[test]
    fn bollards_block_gates_delay_and_cattle_grids_do_nothing() {
        assert!(rule(&[("barrier", "bollard")]).blocks);
        assert!(rule(&[("barrier", "bollard"), ("bollard", "rising")]).is_plain());
        assert!(rule(&[("barrier", "cattle_grid")]).is_plain());
        let gate = rule(&[("barrier", "gate")]);
        assert!(!gate.blocks && gate.delays[0].seconds == 60.0);
        assert!(rule(&[("barrier", "gate"), ("access", "no")]).blocks);
        assert!(rule(&[("barrier", "bollard"), ("motor_vehicle", "yes")]).is_plain());
        assert!(rule(&[("barrier", "height_restrictor"), ("maxheight", "1.8")]).blocks);
    }

    #[test]
    fn signals_may_concern_one_direction() {
        let signals = rule(&[
            ("highway", "traffic_signals"),
            ("traffic_signals:direction", "backward"),
        ]);
        assert_eq!(signals.delays[0].along, Some(false));
        assert_eq!(signals.delays[0].seconds, 2.0);
    }
}
