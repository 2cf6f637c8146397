//! The checked problem, laid out for the search: start windows by visit and slot with locks worked in, drive times in one table.

use crate::{
    DriveTimes, Lunch, Order, PlaceId, ProblemError, Slot, SlotId, Span, TimeOfDay, UNREACHABLE, Visit,
    VisitId, Window, Windows,
};

/// Later than any time of any day. Sums of two such values and a service still fit an `i32`.
pub(crate) const NEVER: i32 = 1 << 28;
/// Drives longer than a week are as good as none.
const LONGEST_DRIVE: u32 = 7 * 86_400;
const LONGEST_SPAN: i32 = 3 * 86_400;

/// What is to be planned. Checked when made, then trusted.
#[derive(Clone, Debug)]
pub struct Problem {
    slots: Vec<Slot>,
    visits: Vec<Visit>,
    places: usize,
    /// Drives by origin, then destination, and the other way round.
    drive: Vec<i32>,
    drive_back: Vec<i32>,
    meters: Vec<u32>,
    place_of: Vec<u32>,
    service: Vec<i32>,
    /// Windows of visit `v` in slot `s` are `windows[bounds[v * slots + s]..bounds[v * slots + s + 1]]`.
    bounds: Vec<u32>,
    windows: Vec<(i32, i32)>,
    orders_locked: bool,
}

impl Problem {
    /// Checks everything that can be checked before planning and copies the drive times.
    ///
    /// Times count as in [`TimeOfDay`]. Drives longer than a week count as unreachable.
    pub fn new(slots: Vec<Slot>, visits: Vec<Visit>, times: &dyn DriveTimes) -> Result<Self, ProblemError> {
        let places = times.places();
        for (what, count, limit) in [
            ("slots", slots.len(), 1 << 16),
            ("visits", visits.len(), 1 << 20),
            ("places", places, 1 << 15),
        ] {
            if count > limit {
                return Err(ProblemError::TooMany { what, count, limit });
            }
        }
        for (index, slot) in slots.iter().enumerate() {
            check_slot(SlotId(index as u32), slot, places)?;
        }
        for (index, visit) in visits.iter().enumerate() {
            check_visit(VisitId(index as u32), visit, &slots, places)?;
        }
        check_ends(&visits)?;

        let mut drive = Vec::with_capacity(places * places);
        let mut meters = Vec::with_capacity(places * places);
        for from in 0..places as u32 {
            for to in 0..places as u32 {
                let seconds = times.seconds(PlaceId(from), PlaceId(to));
                drive.push(if seconds == UNREACHABLE || seconds > LONGEST_DRIVE {
                    NEVER
                } else {
                    seconds as i32
                });
                meters.push(times.meters(PlaceId(from), PlaceId(to)));
            }
        }
        let drive_back = (0..places * places)
            .map(|i| drive[i % places.max(1) * places + i / places.max(1)])
            .collect();
        let mut bounds = vec![0];
        let mut windows = Vec::new();
        for visit in &visits {
            for (index, slot) in slots.iter().enumerate() {
                if forbidden(visit, SlotId(index as u32), slot).is_none() {
                    windows.extend(starts(visit, slot).iter().map(|w| (w.from.0, w.to.0)));
                }
                bounds.push(windows.len() as u32);
            }
        }
        Ok(Self {
            place_of: visits.iter().map(|v| v.place.map_or(u32::MAX, |p| p.0)).collect(),
            orders_locked: visits.iter().any(|v| v.locks.order.is_some()),
            service: visits.iter().map(|v| v.service.0).collect(),
            slots,
            visits,
            places,
            drive,
            drive_back,
            meters,
            bounds,
            windows,
        })
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

    pub(crate) fn slot(&self, slot: SlotId) -> &Slot {
        &self.slots[slot.at()]
    }

    pub(crate) fn visit(&self, visit: VisitId) -> &Visit {
        &self.visits[visit.at()]
    }

    /// The place's row; only for visits that have a place, which is every visit a route can hold.
    #[inline]
    pub(crate) fn place(&self, visit: u32) -> usize {
        self.place_of[visit as usize] as usize
    }

    /// Seconds from place to place, `NEVER` if there is no way.
    #[inline]
    pub(crate) fn drive(&self, from: usize, to: usize) -> i32 {
        self.drive[from * self.places + to]
    }

    /// Seconds to that place, by origin.
    #[inline]
    pub(crate) fn drives_to(&self, place: usize) -> &[i32] {
        &self.drive_back[place * self.places..(place + 1) * self.places]
    }

    /// Seconds from that place, by destination.
    #[inline]
    pub(crate) fn drives_from(&self, place: usize) -> &[i32] {
        &self.drive[place * self.places..(place + 1) * self.places]
    }

    #[inline]
    pub(crate) fn service(&self, visit: u32) -> i32 {
        self.service[visit as usize]
    }

    pub(crate) fn meters(&self, from: usize, to: usize) -> u64 {
        u64::from(self.meters[from * self.places + to])
    }

    /// Start windows in ascending order, apart from each other; empty where the visit cannot be in the slot.
    #[inline]
    pub(crate) fn windows(&self, visit: u32, slot: usize) -> &[(i32, i32)] {
        let at = visit as usize * self.slots.len() + slot;
        &self.windows[self.bounds[at] as usize..self.bounds[at + 1] as usize]
    }

    pub(crate) fn orders_locked(&self) -> bool {
        self.orders_locked
    }
}

/// Why a visit may not be in a slot at all, before any driving is thought of.
pub(crate) fn forbidden(visit: &Visit, id: SlotId, slot: &Slot) -> Option<crate::Reason> {
    use crate::Reason;
    if visit.place.is_none() {
        return Some(Reason::NoCoordinates);
    }
    if visit.locks.slot.is_some_and(|locked| locked != id)
        || visit.allowed.as_ref().is_some_and(|list| !list.contains(&id))
    {
        return Some(Reason::NotAllowed);
    }
    if slot.absent {
        return Some(Reason::RepAbsent);
    }
    let missing = visit.skills.missing_from(slot.skills);
    if missing.0 != 0 {
        return Some(Reason::NeedsSkill { missing });
    }
    let open = open_on(visit, slot.day);
    if visit.locks.start.is_none() && open.is_empty() {
        return Some(Reason::ClosedThatDay);
    }
    if starts(visit, slot).is_empty() {
        return visit.locks.not_before.map(|time| Reason::NotBefore { time });
    }
    None
}

fn open_on(visit: &Visit, day: u16) -> Vec<Window> {
    match &visit.windows {
        Windows::Any => vec![Window::new(TimeOfDay(-86_400), TimeOfDay(LONGEST_SPAN))],
        Windows::Daily(list) => list.clone(),
        Windows::ByDay(days) => days
            .iter()
            .filter(|(d, _)| *d == day)
            .flat_map(|(_, list)| list.iter().copied())
            .collect(),
    }
}

/// The visit's start windows on the slot's day with locks worked in, merged and ascending.
fn starts(visit: &Visit, slot: &Slot) -> Vec<Window> {
    if let Some(time) = visit.locks.start {
        return vec![Window::new(time, time)];
    }
    let mut open = open_on(visit, slot.day);
    if let Some(time) = visit.locks.not_before {
        open.retain_mut(|w| {
            w.from = w.from.max(time);
            w.from <= w.to
        });
    }
    open.sort();
    let mut merged: Vec<Window> = Vec::with_capacity(open.len());
    for w in open {
        match merged.last_mut() {
            Some(last) if w.from <= last.to => last.to = last.to.max(w.to),
            _ => merged.push(w),
        }
    }
    merged
}

fn check_time(what: impl FnOnce() -> String, time: TimeOfDay) -> Result<(), ProblemError> {
    if (-86_400..=LONGEST_SPAN).contains(&time.0) {
        Ok(())
    } else {
        Err(ProblemError::TimeOutOfRange { what: what(), time })
    }
}

fn check_span(what: impl FnOnce() -> String, length: Span) -> Result<(), ProblemError> {
    if (0..=LONGEST_SPAN).contains(&length.0) {
        Ok(())
    } else {
        Err(ProblemError::SpanOutOfRange { what: what(), length })
    }
}

fn check_slot(id: SlotId, slot: &Slot, places: usize) -> Result<(), ProblemError> {
    if slot.absent {
        return Ok(());
    }
    for (name, place) in [("start", slot.start), ("end", slot.end)] {
        if place.0 as usize >= places {
            return Err(ProblemError::NoSuchPlace {
                what: format!("slot {}: {name}", id.0),
                place: place.0,
                places,
            });
        }
    }
    for time in [slot.shift.from, slot.shift.to] {
        check_time(|| format!("slot {}: shift", id.0), time)?;
    }
    if slot.shift.from >= slot.shift.to {
        return Err(ProblemError::NoWorkingHours {
            slot: id,
            rep: slot.rep,
            day: slot.day,
            shift: slot.shift,
        });
    }
    if let Some(limit) = slot.max_drive {
        check_span(|| format!("slot {}: most driving", id.0), limit)?;
    }
    let mut end = slot.shift.to;
    if let Some(overtime) = slot.overtime {
        check_span(|| format!("slot {}: overtime", id.0), overtime.at_most)?;
        end = end + overtime.at_most;
    }
    if let Some(Lunch { length, within }) = slot.lunch {
        check_span(|| format!("slot {}: lunch", id.0), length)?;
        for time in [within.from, within.to] {
            check_time(|| format!("slot {}: lunch", id.0), time)?;
        }
        if length.0 == 0 || within.from.max(slot.shift.from) + length > within.to.min(end) {
            return Err(ProblemError::LunchImpossible {
                slot: id,
                rep: slot.rep,
                day: slot.day,
                length,
                within,
            });
        }
    }
    Ok(())
}

fn check_visit(id: VisitId, visit: &Visit, slots: &[Slot], places: usize) -> Result<(), ProblemError> {
    if let Some(place) = visit.place.filter(|p| p.0 as usize >= places) {
        return Err(ProblemError::NoSuchPlace {
            what: format!("visit {}", id.0),
            place: place.0,
            places,
        });
    }
    check_span(|| format!("visit {}: service", id.0), visit.service)?;
    for (what, value, least, most) in [
        ("tier", u32::from(visit.tier), 0, 4),
        ("prize", visit.prize, 1, 1_000_000),
    ] {
        if !(least..=most).contains(&value) {
            return Err(ProblemError::OutOfRange {
                visit: id,
                what,
                value,
                least,
                most,
            });
        }
    }
    let lists: Vec<&Vec<Window>> = match &visit.windows {
        Windows::Any => Vec::new(),
        Windows::Daily(list) => vec![list],
        Windows::ByDay(days) => days.iter().map(|(_, list)| list).collect(),
    };
    for window in lists.into_iter().flatten() {
        check_time(|| format!("visit {}: window", id.0), window.from)?;
        check_time(|| format!("visit {}: window", id.0), window.to)?;
        if window.from > window.to {
            return Err(ProblemError::WindowBackwards {
                visit: id,
                window: *window,
            });
        }
    }
    for slot in visit.allowed.iter().flatten().chain(&visit.locks.slot) {
        if slot.at() >= slots.len() {
            return Err(ProblemError::NoSuchSlot {
                visit: id,
                slot: *slot,
                slots: slots.len(),
            });
        }
    }
    for time in visit.locks.start.iter().chain(&visit.locks.not_before) {
        check_time(|| format!("visit {}: lock", id.0), *time)?;
    }
    let contradiction = |why| Err(ProblemError::LocksContradict { visit: id, why });
    if let (Some(start), Some(not_before)) = (visit.locks.start, visit.locks.not_before)
        && start < not_before
    {
        return contradiction(format!("it begins at {start}, but not before {not_before}"));
    }
    if let (Some(slot), Some(allowed)) = (visit.locks.slot, &visit.allowed)
        && !allowed.contains(&slot)
    {
        return contradiction(format!(
            "it is locked to slot {}, which is not among those allowed",
            slot.0
        ));
    }
    if let (Some(slot), Some(start)) = (visit.locks.slot, visit.locks.start) {
        let at = &slots[slot.at()];
        let end = at.shift.to + at.overtime.map_or(Span::ZERO, |o| o.at_most);
        if !at.absent && (start < at.shift.from || start + visit.service > end) {
            return contradiction(format!(
                "it begins at {start} and takes {}, but the shift of slot {} is {} to {}",
                visit.service, slot.0, at.shift.from, at.shift.to
            ));
        }
    }
    Ok(())
}

/// Two visits cannot both be the first, or both the last, of one slot they are locked to.
fn check_ends(visits: &[Visit]) -> Result<(), ProblemError> {
    let mut ends: Vec<(SlotId, Order, VisitId)> = Vec::new();
    for (index, visit) in visits.iter().enumerate() {
        let (Some(slot), Some(order @ (Order::First | Order::Last))) = (visit.locks.slot, visit.locks.order)
        else {
            continue;
        };
        let id = VisitId(index as u32);
        if let Some(&(_, _, other)) = ends.iter().find(|(s, o, _)| *s == slot && *o == order) {
            return Err(ProblemError::SameOrder {
                visits: (other, id),
                order,
                slot,
            });
        }
        ends.push((slot, order, id));
    }
    Ok(())
}
