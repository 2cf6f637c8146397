//! The checked problem, laid out for the search: start windows by visit and slot with locks worked in, drive times in one table, and
//! each visit's calls, one for each time it may come.

mod allowed;
mod check;
mod demand;
mod layout;
mod lookup;

use std::sync::Arc;

pub(crate) use allowed::forbidden;
pub(crate) use demand::{Kind, Lost, bits};

use crate::{
    DriveTimes, PlaceId, ProblemError, Recurrence, Rules, Slot, SlotId, UNREACHABLE, Visit, VisitId, Within,
};

/// Later than any time of any day. Sums of two such values and a service still fit an `i32`.
pub(crate) const NEVER: i32 = 1 << 28;
/// Drives longer than a year are as good as none.
const LONGEST_DRIVE: u32 = 365 * 86_400;
/// No visit.
pub(crate) const NOBODY: u32 = u32::MAX;

/// What is to be planned. Checked when made, then trusted.
#[derive(Clone, Debug)]
pub struct Problem {
    slots: Vec<Slot>,
    visits: Vec<Visit>,
    rules: Rules,
    drives: Drives,
    /// Calls of visit `v` are `first_call[v]..first_call[v + 1]`.
    first_call: Vec<u32>,
    /// By call.
    visit_of: Vec<u32>,
    place_of: Vec<u32>,
    service: Vec<i32>,
    /// Days and what they are worth, by visit.
    kinds: Vec<Kind>,
    /// By visit and slot, a number in `sets`; 0 where the visit cannot be.
    set_of: Vec<u32>,
    /// Each a range of `windows`.
    sets: Vec<(u32, u32)>,
    windows: Vec<(i32, i32)>,
    /// By window, its end without lateness.
    dues: Vec<i32>,
    /// By slot: the rep, counted from 0, and the next slot of that rep.
    rep_of: Vec<u32>,
    next_of: Vec<u32>,
    reps: usize,
    days: usize,
    /// By slot.
    day_of: Vec<u16>,
    /// Dimensions of loads; by slot and dimension what fits; by call and dimension what is in the car from the start and what changes.
    dimensions: usize,
    capacity: Vec<i32>,
    from_start: Vec<i32>,
    change: Vec<i32>,
    /// The other end of a shipment, by visit, and whether this is the delivery.
    partner: Vec<u32>,
    is_delivery: Vec<bool>,
    /// By visit, who it conflicts with.
    conflicts: Vec<Vec<(u32, Within)>>,
    has: Has,
}

/// What this problem has at all, so that the search does not ask in vain.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Has {
    pub(crate) locked_orders: bool,
    pub(crate) lateness: bool,
    pub(crate) conflicts: bool,
    pub(crate) shipments: bool,
    /// Loads both delivered and collected, so that the order matters.
    pub(crate) mixed_loads: bool,
    pub(crate) nights: bool,
    pub(crate) recurrences: bool,
    pub(crate) urgency: bool,
}

#[derive(Clone)]
enum Drives {
    /// Drives by origin, then destination, and the other way round; the second table is empty where it would be the same.
    Table {
        places: usize,
        drive: Vec<i32>,
        back: Vec<i32>,
        meters: Vec<u32>,
    },
    Shared(Arc<dyn DriveTimes + Send + Sync>),
}

impl std::fmt::Debug for Drives {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Table { places, .. } => write!(f, "table of {places} places"),
            Self::Shared(times) => write!(f, "shared, {} places", times.places()),
        }
    }
}

/// Drives to and from one place.
#[derive(Clone, Copy)]
pub(crate) enum Rows<'p> {
    Table(&'p [i32], &'p [i32]),
    Shared(&'p Problem, usize),
}

impl Rows<'_> {
    #[inline]
    pub(crate) fn drive_to(self, from: usize) -> i32 {
        match self {
            Self::Table(to, _) => to[from],
            Self::Shared(problem, place) => problem.drive(from, place),
        }
    }
    #[inline]
    pub(crate) fn drive_from(self, to: usize) -> i32 {
        match self {
            Self::Table(_, from) => from[to],
            Self::Shared(problem, place) => problem.drive(place, to),
        }
    }
}

fn seconds(times: &dyn DriveTimes, from: usize, to: usize) -> i32 {
    match times.seconds(PlaceId(from as u32), PlaceId(to as u32)) {
        far if far == UNREACHABLE || far > LONGEST_DRIVE => NEVER,
        seconds => seconds as i32,
    }
}

impl Drives {
    fn table(times: &dyn DriveTimes) -> Self {
        let places = times.places();
        let mut drive = Vec::with_capacity(places * places);
        let mut meters = Vec::with_capacity(places * places);
        for from in 0..places {
            for to in 0..places {
                drive.push(seconds(times, from, to));
                meters.push(times.meters(PlaceId(from as u32), PlaceId(to as u32)));
            }
        }
        let mut back = vec![0; places * places];
        for from in 0..places {
            for to in 0..places {
                back[to * places + from] = drive[from * places + to];
            }
        }
        if back == drive {
            // One table is half as far from the processor as two.
            back = Vec::new();
        }
        Self::Table {
            places,
            drive,
            back,
            meters,
        }
    }
}

impl Problem {
    /// Checks everything that can be checked before planning and copies the drive times.
    ///
    /// Times count as in [`crate::TimeOfDay`]. Drives longer than a year count as unreachable.
    pub fn new(slots: Vec<Slot>, visits: Vec<Visit>, times: &dyn DriveTimes) -> Result<Self, ProblemError> {
        Self::with_rules(slots, visits, Rules::default(), times)
    }

    /// The same, with rules that hold between visits.
    pub fn with_rules(
        slots: Vec<Slot>,
        visits: Vec<Visit>,
        rules: Rules,
        times: &dyn DriveTimes,
    ) -> Result<Self, ProblemError> {
        check_count("places", times.places(), 1 << 15)?;
        check(&slots, &visits, &rules, times.places())?;
        Ok(Self::laid_out(slots, visits, rules, Drives::table(times)))
    }

    /// The same, with drive times that are asked for one by one and not copied, for problems too large for one table
    /// ([`crate::BlockTimes`]).
    pub fn with_shared_times(
        slots: Vec<Slot>,
        visits: Vec<Visit>,
        rules: Rules,
        times: Arc<dyn DriveTimes + Send + Sync>,
    ) -> Result<Self, ProblemError> {
        check_count("places", times.places(), 1 << 24)?;
        check(&slots, &visits, &rules, times.places())?;
        Ok(Self::laid_out(slots, visits, rules, Drives::Shared(times)))
    }

    fn laid_out(slots: Vec<Slot>, visits: Vec<Visit>, rules: Rules, drives: Drives) -> Self {
        let days = slots.iter().map(|s| usize::from(s.day) + 1).max().unwrap_or(0);
        let mut this = Self {
            first_call: vec![0],
            visit_of: Vec::new(),
            place_of: Vec::new(),
            service: Vec::new(),
            kinds: Vec::with_capacity(visits.len()),
            set_of: Vec::with_capacity(visits.len() * slots.len()),
            sets: vec![(0, 0)],
            windows: Vec::new(),
            dues: Vec::new(),
            rep_of: Vec::new(),
            next_of: Vec::new(),
            reps: 0,
            days,
            day_of: slots.iter().map(|s| s.day).collect(),
            dimensions: 0,
            capacity: Vec::new(),
            from_start: Vec::new(),
            change: Vec::new(),
            partner: vec![NOBODY; visits.len()],
            is_delivery: vec![false; visits.len()],
            conflicts: vec![Vec::new(); visits.len()],
            has: Has::default(),
            drives,
            slots,
            visits,
            rules,
        };
        this.lay_out_rules();
        this.lay_out_slots();
        this.lay_out_windows();
        for visit in 0..this.visits.len() {
            let kind = demand::kind(&this.visits[visit], days, this.is_delivery[visit]);
            let details = &this.visits[visit];
            for _ in 0..kind.most_calls() {
                this.visit_of.push(visit as u32);
                this.place_of.push(details.place.map_or(u32::MAX, |p| p.0));
                this.service.push(details.service.0);
            }
            this.first_call.push(this.visit_of.len() as u32);
            this.kinds.push(kind);
        }
        this.lay_out_loads();
        let visits = &this.visits;
        this.has.locked_orders = visits.iter().any(|v| v.locks.order.is_some());
        this.has.lateness = visits.iter().any(|v| v.lateness.is_some());
        this.has.urgency = visits.iter().any(|v| v.urgency.is_some());
        this.has.recurrences = visits.iter().any(|v| v.recurrence != Recurrence::Once);
        this.has.nights = this.slots.iter().any(|s| s.overnight.is_some());
        this
    }

    /// The slots, indexed by [`SlotId`].
    #[must_use]
    pub fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// The visits, indexed by [`VisitId`].
    #[must_use]
    pub fn visits(&self) -> &[Visit] {
        &self.visits
    }

    /// What holds between visits.
    #[must_use]
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    pub(crate) fn slot(&self, slot: SlotId) -> &Slot {
        &self.slots[slot.at()]
    }

    pub(crate) fn visit(&self, visit: VisitId) -> &Visit {
        &self.visits[visit.at()]
    }
}

fn check_count(what: &'static str, count: usize, limit: usize) -> Result<(), ProblemError> {
    if count > limit {
        return Err(ProblemError::TooMany { what, count, limit });
    }
    Ok(())
}

fn check(slots: &[Slot], visits: &[Visit], rules: &Rules, places: usize) -> Result<(), ProblemError> {
    check_count("slots", slots.len(), 1 << 16)?;
    check_count("visits", visits.len(), 1 << 20)?;
    let days = slots.iter().map(|s| usize::from(s.day) + 1).max().unwrap_or(0);
    check_count("days", days, usize::from(check::MOST_DAYS))?;
    for (index, slot) in slots.iter().enumerate() {
        check::check_slot(SlotId(index as u32), slot, places)?;
    }
    for (index, visit) in visits.iter().enumerate() {
        check::check_visit(VisitId(index as u32), visit, slots, places)?;
    }
    check::check_ends(visits)?;
    check::check_rules(rules, visits)
}
