//! A few days of a few reps as a problem of their own: enough to price one visit more, less or elsewhere.

use std::collections::HashMap;

use ::plan::{
    Addition, DenseTimes, LeftOut, Locks, PlaceId, Problem as Puzzle, Route, Slot, SlotId, Span, TimeOfDay,
    Visit, VisitId, Windows,
};
use atlas::Atlas;
use jiff::civil::Date;
use roads::Snap;

use super::facts::{Rep, Workday};
use crate::Zone;
use crate::plans::prepare::{Connected, table, windows_of};
use crate::problem::Problem;
use crate::visits::Candidate;
use crate::visits::hours::open_on;

/// A visit that stands, or is asked about.
#[derive(Clone, Debug)]
pub(super) struct Standing {
    pub location_id: String,
    pub service: Span,
    /// It begins exactly then.
    pub at: Option<TimeOfDay>,
}

/// A rep's day with what stands on it, in driving order.
pub(super) struct Standings<'a> {
    pub rep: &'a Rep,
    pub day: Date,
    pub stops: Vec<Standing>,
}

/// The days as a problem. Slots are numbered as the days were handed over; the visit asked about comes last.
pub(super) struct Small {
    pub puzzle: Puzzle,
    pub orders: Vec<Vec<VisitId>>,
    /// Locations by visit.
    pub locations: Vec<String>,
    /// The visit asked about.
    pub asked: VisitId,
}

impl Small {
    /// Lays the days out. `candidates` has what is known of every location; a location that is not there stays
    /// out. Fails where a rep's home is on no road.
    pub fn lay_out(
        atlas: &Atlas,
        zone: &Zone,
        days: &[Standings<'_>],
        asked: &Standing,
        candidates: &HashMap<String, Candidate>,
    ) -> Result<Self, Problem> {
        let roads = atlas.roads();
        let mut snaps: Vec<Option<Snap>> = Vec::new();
        let mut slots = Vec::new();
        let mut connected = None;
        for (number, standings) in (0u16..).zip(days) {
            let home = standings.rep.home.as_ref().ok_or_else(|| {
                Problem::conflict(
                    "no-home",
                    format!("{} has no home place yet.", standings.rep.name),
                )
            })?;
            let (snap, to_home) = Connected::to_home(roads, home.place)?;
            connected.get_or_insert(to_home);
            let place = PlaceId(u32::try_from(snaps.len()).unwrap_or(u32::MAX));
            snaps.push(Some(snap));
            slots.push(match standings.rep.on(standings.day) {
                Workday::Work { shift, lunch } => Slot {
                    lunch,
                    max_drive: standings.rep.max_drive,
                    ..Slot::new(u32::from(number), number, place, shift)
                },
                Workday::Absent { shift } => Slot {
                    absent: true,
                    ..Slot::new(u32::from(number), number, place, shift)
                },
                Workday::Off | Workday::Past | Workday::Today => {
                    return Err(Problem::conflict(
                        "no-working-day",
                        format!("{} does not work on {}.", standings.rep.name, standings.day),
                    ));
                }
            });
        }
        let Some(connected) = connected else {
            return Err(Problem::unexpected("no day to plan"));
        };
        let mut place_of: HashMap<&str, PlaceId> = HashMap::new();
        let mut visits = Vec::new();
        let mut locations = Vec::new();
        let mut orders = vec![Vec::new(); days.len()];
        let standing = days
            .iter()
            .enumerate()
            .flat_map(|(slot, d)| d.stops.iter().map(move |s| (Some(slot), s)));
        for (slot, stop) in standing.chain([(None, asked)]) {
            let Some(candidate) = candidates.get(&stop.location_id) else {
                if slot.is_none() {
                    return Err(Problem::not_found(format!("Place {}", stop.location_id)));
                }
                continue;
            };
            let place = *place_of.entry(&candidate.location_id).or_insert_with(|| {
                snaps.push(candidate.place.and_then(|p| connected.snap(p, &candidate.street)));
                PlaceId(u32::try_from(snaps.len() - 1).unwrap_or(u32::MAX))
            });
            let on_road = snaps[place.0 as usize].is_some();
            let by_day = days.iter().zip(0u16..).map(|(standings, number)| {
                let hours = open_on(
                    candidate.opening_hours.as_deref(),
                    candidate.country.as_deref(),
                    standings.day,
                );
                match windows_of(&hours, zone, standings.day, stop.service) {
                    Windows::Daily(windows) => (number, windows),
                    _ => (number, vec![::plan::Window::new(TimeOfDay(0), TimeOfDay(86_400))]),
                }
            });
            let id = VisitId(u32::try_from(visits.len()).unwrap_or(u32::MAX));
            if let Some(slot) = slot.filter(|_| on_road) {
                orders[slot].push(id);
            }
            visits.push(Visit {
                place: on_road.then_some(place),
                tier: 0,
                windows: Windows::ByDay(by_day.collect()),
                locks: Locks {
                    slot: slot.map(|s| SlotId(u32::try_from(s).unwrap_or(u32::MAX))),
                    start: stop.at,
                    ..Locks::default()
                },
                ..Visit::new(place, stop.service)
            });
            locations.push(stop.location_id.clone());
        }
        let (seconds, meters) = table(roads, &snaps).into_iter().unzip();
        let times = DenseTimes::new(snaps.len(), seconds, meters).map_err(Problem::unexpected)?;
        let asked = VisitId(u32::try_from(visits.len() - 1).unwrap_or(u32::MAX));
        let puzzle = Puzzle::new(slots, visits, &times).map_err(|e| {
            Problem::conflict("cannot-be-planned", format!("These days cannot be planned: {e}."))
        })?;
        Ok(Self {
            puzzle,
            orders,
            locations,
            asked,
        })
    }

    /// The day as it stands, or with another order.
    pub fn route(&self, slot: usize, order: &[VisitId]) -> Result<Route, Problem> {
        let slot = SlotId(u32::try_from(slot).unwrap_or(u32::MAX));
        ::plan::evaluate(&self.puzzle, slot, order).map_err(refused)
    }

    /// The cheapest plain way of each day to take the asked visit in, cheapest first.
    pub fn ways(&self) -> Result<Vec<Addition>, Problem> {
        ::plan::insertions(&self.puzzle, &self.orders, self.asked).map_err(refused)
    }

    /// What stands against the asked visit, day by day.
    pub fn why_not(&self) -> Result<LeftOut, Problem> {
        ::plan::explain(&self.puzzle, &self.orders, self.asked).map_err(refused)
    }

    /// The order of a day with the asked visit where it does the least harm: lateness first, then overtime, then
    /// driving. `None` where no road leads there.
    pub fn forced(&self, slot: usize) -> Option<Vec<VisitId>> {
        let order = &self.orders[slot];
        let harm = |at: usize| {
            let mut with = order.clone();
            with.insert(at, self.asked);
            let route = self.route(slot, &with).ok()?;
            let late: i64 = route.stops.iter().map(|s| i64::from(s.late.0)).sum();
            Some(((late, route.overtime, route.drive.time), with))
        };
        let best = (0..=order.len()).filter_map(harm).min_by_key(|(harm, _)| *harm);
        best.map(|(_, with)| with)
    }
}

fn refused(error: ::plan::OrderError) -> Problem {
    Problem::conflict(
        "cannot-be-driven",
        format!("This order cannot be driven: {error}."),
    )
}
