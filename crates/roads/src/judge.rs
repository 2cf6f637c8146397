//! What speaks for a road near a place, and what against it.

use geom::{Fixed, LngLat, LocalMeters, Meters};

use crate::format::{self, NONE, Piece};
use crate::index::RoadIndex;
use crate::snap::{Approach, BACKWARD, BOTH, ComponentRule, FORWARD, Snap, SnapOptions, fold_street};

/// A road near a place, and what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// The place on that road.
    pub snap: Snap,
    /// Whether it may be taken.
    pub verdict: Verdict,
}

/// What is said of a road near a place.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// It may be taken; the lowest score wins.
    Usable {
        /// The distance, with what is added and taken away.
        score: Meters,
        /// What was added or taken away.
        notes: Vec<Note>,
    },
    /// It may not be taken.
    Skipped(Skipped),
}

/// Why a score is not the distance alone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Note {
    /// It does not connect to much: so much is added.
    OffLargeComponent(Meters),
    /// It bears the name that was asked for: so much is taken away.
    StreetMatches(Meters),
}

/// Why a road is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Skipped {
    /// It is not of the component that was asked for.
    #[error("it does not connect to the roads it must connect to")]
    NotConnected,
    /// It is not driven in the direction that was asked for.
    #[error("it is not driven in that direction")]
    WrongDirection,
}

impl RoadIndex {
    /// The `count` roads nearest to a place, each with what speaks for and against it: those that may be taken
    /// first, by score. The first is what [`RoadIndex::snap`] takes, unless a better one lies farther away than
    /// all of them.
    #[must_use]
    pub fn candidates(&self, place: LngLat, options: &SnapOptions, count: usize) -> Vec<Candidate> {
        let judge = Judge::new(self, place, options);
        let near = self.roads_near(place, options.radius).take(count);
        let mut found: Vec<Candidate> = near
            .map(|mut snap| {
                let piece = Piece {
                    segment: snap.segment,
                    from: snap.piece,
                };
                let verdict = match judge.judge(piece) {
                    Err(skipped) => Verdict::Skipped(skipped),
                    Ok(fit) => {
                        judge.complete(&mut snap);
                        Verdict::Usable {
                            score: Meters(snap.distance.0 + fit.penalty),
                            notes: judge.notes(&fit),
                        }
                    }
                };
                Candidate { snap, verdict }
            })
            .collect();
        let score = |candidate: &Candidate| match candidate.verdict {
            Verdict::Usable { score, .. } => score.0,
            Verdict::Skipped(_) => f64::INFINITY,
        };
        // Stable: of equal ones the nearest comes first.
        found.sort_by(|a, b| score(a).total_cmp(&score(b)));
        found
    }
}

/// Judges roads by the options of one question.
pub(crate) struct Judge<'a> {
    roads: &'a RoadIndex,
    options: &'a SnapOptions,
    plane: LocalMeters,
    street: Option<String>,
    /// The most that is ever taken away from a distance.
    pub bonus: f64,
}

/// What makes a road usable.
pub(crate) struct Fit {
    /// Metres added to the distance; negative if taken away.
    pub penalty: f64,
    street_matches: bool,
    on_large: bool,
    directions: u8,
}

impl<'a> Judge<'a> {
    pub(crate) fn new(roads: &'a RoadIndex, place: LngLat, options: &'a SnapOptions) -> Self {
        let street = options.street.as_deref().map(fold_street);
        Self {
            roads,
            options,
            plane: LocalMeters::at(place),
            bonus: if street.is_some() {
                options.street_detour.0.max(0.0)
            } else {
                0.0
            },
            street,
        }
    }

    pub(crate) fn judge(&self, piece: Piece) -> Result<Fit, Skipped> {
        let segment = piece.segment as usize;
        let on_large = match self.options.component {
            ComponentRule::Any => true,
            ComponentRule::PreferLarge { .. } => {
                let largest = self.roads.components_of(segment).next();
                largest.is_none_or(|component| self.roads.is_large(component))
            }
            ComponentRule::Only(wanted) => match self.roads.components_of(segment).any(|c| c == wanted) {
                true => true,
                false => return Err(Skipped::NotConnected),
            },
        };
        let directions = self.directions(piece);
        if directions == 0 {
            return Err(Skipped::WrongDirection);
        }
        let matches = |street: &String| {
            self.roads
                .road_of(segment)
                .name
                .is_some_and(|n| fold_street(n) == *street)
        };
        let street_matches = self.street.as_ref().is_some_and(matches);
        let bonus = if street_matches { self.bonus } else { 0.0 };
        Ok(Fit {
            penalty: if on_large { 0.0 } else { self.detour() } - bonus,
            street_matches,
            on_large,
            directions,
        })
    }

    fn detour(&self) -> f64 {
        match self.options.component {
            ComponentRule::PreferLarge { detour } => detour.0.max(0.0),
            ComponentRule::Any | ComponentRule::Only(_) => 0.0,
        }
    }

    /// Enters into a place on a road what was found out about it.
    pub(crate) fn complete(&self, snap: &mut Snap) {
        let piece = Piece {
            segment: snap.segment,
            from: snap.piece,
        };
        if let Ok(fit) = self.judge(piece) {
            snap.street_matches = fit.street_matches;
            snap.directions = fit.directions;
        }
        if let ComponentRule::Only(wanted) = self.options.component {
            snap.component = wanted;
            snap.on_large_component = self.roads.is_large(wanted);
        }
    }

    fn notes(&self, fit: &Fit) -> Vec<Note> {
        let off = (!fit.on_large).then(|| Note::OffLargeComponent(Meters(self.detour())));
        let street = fit
            .street_matches
            .then_some(Note::StreetMatches(Meters(self.bonus)));
        off.into_iter().chain(street).collect()
    }

    /// In which directions the road may be used; 0 for none.
    fn directions(&self, piece: Piece) -> u8 {
        if self.options.bearing.is_none() && self.options.approach == Approach::Any {
            return BOTH;
        }
        let segment = &self.roads.segments[piece.segment as usize];
        let exists = |edge: u32, direction: u8| if edge == NONE { 0 } else { direction };
        let open = exists(segment.forward, FORWARD) | exists(segment.backward, BACKWARD);
        let line = self.roads.line(piece.segment as usize);
        let [a, b] = [line[piece.from as usize], line[piece.from as usize + 1]]
            .map(|p: Fixed| self.plane.project(p.into()));
        let (east, north) = (b[0] - a[0], b[1] - a[1]);
        let mut directions = open;
        if let Some(bearing) = self.options.bearing {
            let runs = east.atan2(north).to_degrees();
            let fits = |runs: f64| {
                let off = (runs - bearing.degrees).rem_euclid(360.0);
                off.min(360.0 - off) <= bearing.tolerance
            };
            directions &= if fits(runs) { BOTH } else { BACKWARD };
            directions &= if fits(runs + 180.0) { BOTH } else { FORWARD };
        }
        // The place is the plane's origin: how many metres it lies to the right of the line.
        let right = (north * -a[0] - east * -a[1]) / east.hypot(north).max(1e-9);
        if self.options.approach != Approach::Any && open == BOTH && right.abs() > OFF_MIDDLE {
            let keeps_left = self.roads.keeps_left(piece.segment as usize);
            let curb = if (right > 0.0) != keeps_left {
                FORWARD
            } else {
                BACKWARD
            };
            directions &= match self.options.approach {
                Approach::Opposite => BOTH ^ curb,
                _ => curb,
            };
        }
        directions
    }
}

/// Nearer to the road's line than this, in metres, a place is on neither side.
const OFF_MIDDLE: f64 = 1.0;

impl RoadIndex {
    fn keeps_left(&self, segment: usize) -> bool {
        self.roads[self.segments[segment].road as usize].kind & format::LEFT_HAND != 0
    }
}
