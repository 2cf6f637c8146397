//! Which roads a recorded drive followed (Newson, Krumm: Hidden Markov Map Matching Through Noise and Sparseness, 2009).

use geom::{LngLat, Meters};

use crate::query::Query;
use crate::route::Route;
use crate::snap::{BACKWARD, FORWARD, Snap};

/// How a recorded drive is put on roads.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TraceOptions {
    /// How far a recorded place is usually off, one standard deviation; 1 to 100 m, by default 5 m.
    pub accuracy: Meters,
    /// No road farther away from a recorded place is taken; by default 50 m.
    pub radius: Meters,
    /// How many roads near each place are tried; 1 to 20, by default 5.
    pub candidates: usize,
    /// How much the way along roads usually differs from the straight line between two places; by default 10 m.
    pub detour: Meters,
}

impl Default for TraceOptions {
    fn default() -> Self {
        Self {
            accuracy: Meters(5.0),
            radius: Meters(50.0),
            candidates: 5,
            detour: Meters(10.0),
        }
    }
}

/// A recorded drive on roads.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    /// In order of time; a new part begins where no likely way leads on.
    pub parts: Vec<TracePart>,
}

/// A piece of a drive without gaps.
#[derive(Clone, Debug, PartialEq)]
pub struct TracePart {
    /// Number of the recorded place, and where it was put. Places too near the one before to tell anything, and
    /// those without a road near them, are left out.
    pub points: Vec<(usize, Snap)>,
    /// From each of these places to the next; one fewer than places.
    pub legs: Vec<Route>,
}

/// A place on a road in one direction, and how likely the drive came there.
struct State {
    snap: Snap,
    /// Logarithm of the likelihood of the best way here.
    score: f64,
    /// The state of the place before that this one follows.
    before: Option<usize>,
}

/// A way along roads that is longer than the straight line by more than this is no way between two recorded places.
const LONGEST_DETOUR: f64 = 2000.0;

impl Query<'_> {
    /// Puts a recorded drive on roads: of all ways past roads near the recorded places the most likely one.
    pub fn follow(&mut self, places: &[LngLat], options: &TraceOptions) -> Trace {
        let accuracy = options.accuracy.0.clamp(1.0, 100.0);
        let mut parts = Vec::new();
        // By place of the part: its number and its states.
        let mut columns: Vec<(usize, Vec<State>)> = Vec::new();
        for (number, place) in places.iter().enumerate() {
            let known = columns.last().map(|(before, _)| places[*before]);
            if known.is_some_and(|before| before.distance(*place).0 < 2.0 * accuracy) {
                continue;
            }
            let mut states = self.states(*place, options, accuracy);
            if states.is_empty() {
                continue;
            }
            if let (Some((_, earlier)), Some(before)) = (columns.last(), known) {
                let straight = before.distance(*place).0;
                for state in &mut states {
                    self.connect(earlier, state, straight, options, accuracy);
                }
                let connected = states.iter().any(|state| state.before.is_some());
                match connected {
                    true => states.retain(|state| state.before.is_some()),
                    false => parts.extend(self.part(&std::mem::take(&mut columns), accuracy)),
                }
            }
            columns.push((number, states));
        }
        parts.extend(self.part(&columns, accuracy));
        Trace { parts }
    }

    /// The directions of the roads near a place, scored by how far it is off.
    fn states(&self, place: LngLat, options: &TraceOptions, accuracy: f64) -> Vec<State> {
        let net = self.net();
        let near = net
            .roads
            .roads_near(place, options.radius)
            .take(options.candidates.clamp(1, 20));
        let directed =
            near.flat_map(|snap| [FORWARD, BACKWARD].map(|directions| Snap { directions, ..snap }));
        directed
            .filter(|snap| snap.sides(net).next().is_some())
            .map(|snap| State {
                score: -0.5 * (snap.distance.0 / accuracy).powi(2),
                snap,
                before: None,
            })
            .collect()
    }

    /// Lets a state follow the best of those before.
    fn connect(
        &mut self,
        earlier: &[State],
        state: &mut State,
        straight: f64,
        options: &TraceOptions,
        accuracy: f64,
    ) {
        let detour = options.detour.0.max(0.1);
        let here = state.score;
        let mut best: Option<(f64, usize)> = None;
        for (i, from) in earlier.iter().enumerate() {
            let Some(driven) = self.driven(&from.snap, &state.snap, accuracy) else {
                continue;
            };
            if driven - straight > LONGEST_DETOUR {
                continue;
            }
            let score = from.score - (driven - straight).abs() / detour;
            if best.is_none_or(|(known, _)| score > known) {
                best = Some((score, i));
            }
        }
        if let Some((score, i)) = best {
            state.score = here + score;
            state.before = Some(i);
        }
    }

    /// Metres along roads; none where one seems to have gone back a little because places are not exact.
    fn driven(&mut self, from: &Snap, to: &Snap, accuracy: f64) -> Option<f64> {
        match from.is_just_ahead_of(to, accuracy) {
            true => Some(0.0),
            false => self.trip(from, to).map(|trip| trip.distance.0),
        }
    }

    /// The most likely way through all columns, with its legs.
    fn part(&mut self, columns: &[(usize, Vec<State>)], accuracy: f64) -> Option<TracePart> {
        let (_, last) = columns.last()?;
        let best = (0..last.len()).max_by(|a, b| last[*a].score.total_cmp(&last[*b].score).then(b.cmp(a)));
        let mut points: Vec<(usize, Snap)> = Vec::with_capacity(columns.len());
        let mut at = best;
        for (number, states) in columns.iter().rev() {
            let state = &states[at?];
            points.push((*number, state.snap));
            at = state.before;
        }
        points.reverse();
        let mut legs = Vec::with_capacity(points.len().saturating_sub(1));
        for i in 1..points.len() {
            let from = points[i - 1].1;
            if from.is_just_ahead_of(&points[i].1, accuracy) {
                points[i].1 = Snap {
                    place: points[i].1.place,
                    ..from
                };
            }
            legs.extend(self.route(&from, &points[i].1));
        }
        Some(TracePart { points, legs })
    }
}

impl Snap {
    /// The other place lies behind on the same road in the same direction, but not farther than such places are off.
    fn is_just_ahead_of(&self, other: &Self, accuracy: f64) -> bool {
        let behind = match self.directions {
            FORWARD => self.along.checked_sub(other.along),
            _ => other.along.checked_sub(self.along),
        };
        let same = (self.segment, self.directions) == (other.segment, other.directions);
        same && behind.is_some_and(|cm| cm > 0 && f64::from(cm) <= 400.0 * accuracy)
    }
}
