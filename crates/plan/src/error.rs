//! What can be wrong with a question: always names the thing and the way out.

use crate::{Order, SlotId, Span, TimeOfDay, VisitId, Window};

/// A problem that cannot be planned as it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProblemError {
    /// A table of the wrong size.
    #[error("the table of {what} has {found} values, but {places} places need {}", places * places)]
    TableSize {
        /// `seconds` or `meters`.
        what: &'static str,
        /// Its length.
        found: usize,
        /// The number of places.
        places: usize,
    },
    /// More slots, visits or places than an index can count.
    #[error("{count} {what} are more than the {limit} that can be planned at once; split the horizon")]
    TooMany {
        /// `slots`, `visits` or `places`.
        what: &'static str,
        /// How many.
        count: usize,
        /// At most.
        limit: usize,
    },
    /// A shift that ends before or when it begins.
    #[error("rep {rep} has no working hours on day {day}: {} to {}; give a shift that ends after it begins, or mark the rep absent", shift.from, shift.to)]
    NoWorkingHours {
        /// The slot.
        slot: SlotId,
        /// Its rep.
        rep: u32,
        /// Its day.
        day: u16,
        /// What was given.
        shift: Window,
    },
    /// A pause that cannot be taken even on an empty day.
    #[error("the lunch of rep {rep} on day {day} ({length} between {} and {}) does not fit the shift", within.from, within.to)]
    LunchImpossible {
        /// The slot.
        slot: SlotId,
        /// Its rep.
        rep: u32,
        /// Its day.
        day: u16,
        /// What was given.
        length: Span,
        /// What was given.
        within: Window,
    },
    /// A time that no slot can hold.
    #[error("{what} {time} is not within a day before and a year after midnight")]
    TimeOutOfRange {
        /// Such as `visit 3: window`.
        what: String,
        /// What was given.
        time: TimeOfDay,
    },
    /// A length of time below zero or above a year.
    #[error("{what} {length} is not between 0 s and 365 days")]
    SpanOutOfRange {
        /// Such as `visit 3: service`.
        what: String,
        /// What was given.
        length: Span,
    },
    /// A window that ends before it begins.
    #[error("visit {}: window {} to {} ends before it begins", visit.0, window.from, window.to)]
    WindowBackwards {
        /// The visit.
        visit: VisitId,
        /// What was given.
        window: Window,
    },
    /// A place the drive times do not know.
    #[error("{what}: place {place}, but the drive times have {places} places")]
    NoSuchPlace {
        /// Such as `slot 0: start`.
        what: String,
        /// What was given.
        place: u32,
        /// How many there are.
        places: usize,
    },
    /// A slot that is not in the problem.
    #[error("visit {}: slot {}, but there are {slots} slots", visit.0, slot.0)]
    NoSuchSlot {
        /// The visit.
        visit: VisitId,
        /// What was given.
        slot: SlotId,
        /// How many there are.
        slots: usize,
    },
    /// A tier above 4, or a prize of 0 or above 1,000,000.
    #[error("visit {}: {what} {value} is not between {least} and {most}", visit.0)]
    OutOfRange {
        /// The visit.
        visit: VisitId,
        /// `tier` or `prize`.
        what: &'static str,
        /// What was given.
        value: u32,
        /// The smallest allowed.
        least: u32,
        /// The largest allowed.
        most: u32,
    },
    /// Locks of one visit that exclude each other.
    #[error("visit {}: its locks contradict each other: {why}", visit.0)]
    LocksContradict {
        /// The visit.
        visit: VisitId,
        /// Which, in words.
        why: String,
    },
    /// Days that cannot be kept.
    #[error("visit {}: how often it comes makes no sense: {why}", visit.0)]
    RecurrenceImpossible {
        /// The visit.
        visit: VisitId,
        /// What, in words.
        why: String,
    },
    /// A conflict, shipment or balance that makes no sense.
    #[error("a rule makes no sense: {why}")]
    RuleImpossible {
        /// What, in words.
        why: String,
    },
    /// Two visits that want the same end of the same slot.
    #[error("visits {} and {} are both locked as {order:?} of slot {}", visits.0.0, visits.1.0, slot.0)]
    SameOrder {
        /// The two.
        visits: (VisitId, VisitId),
        /// `First` or `Last`.
        order: Order,
        /// The slot.
        slot: SlotId,
    },
}

/// An order, plan or addition that does not belong to the problem it was handed in with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OrderError {
    /// No such visit.
    #[error("visit {} is not one of the problem's {visits}", visit.0)]
    NoSuchVisit {
        /// What was given.
        visit: VisitId,
        /// How many there are.
        visits: usize,
    },
    /// No such slot.
    #[error("slot {slot} is not one of the problem's {slots}")]
    NoSuchSlot {
        /// What was given.
        slot: usize,
        /// How many there are.
        slots: usize,
    },
    /// The same visit twice.
    #[error("visit {} is in the order twice", visit.0)]
    Twice {
        /// Which.
        visit: VisitId,
    },
    /// A visit without coordinates cannot be driven to.
    #[error("visit {} has no place; give it coordinates first", visit.0)]
    NoPlace {
        /// Which.
        visit: VisitId,
    },
    /// A drive that does not exist.
    #[error("there is no way to or from visit {}", visit.0)]
    Unreachable {
        /// Which.
        visit: VisitId,
    },
    /// An addition made for another plan.
    #[error("visit {} cannot be added to slot {} that way any more; ask for insertions of this plan", visit.0, slot.0)]
    Stale {
        /// Which.
        visit: VisitId,
        /// Where.
        slot: SlotId,
    },
}
