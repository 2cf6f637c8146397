//! What is asked: slots (a rep's day), visits, drive times; checked once, then trusted.

use serde::{Deserialize, Serialize};

use crate::{ProblemError, Span, TimeOfDay};

/// A slot's place in [`Problem::slots`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SlotId(pub u32);

/// A visit's place in [`Problem::visits`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct VisitId(pub u32);

/// A row and column of the drive times. Several visits may share one place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PlaceId(pub u32);

impl SlotId {
    pub(crate) fn at(self) -> usize {
        self.0 as usize
    }
}
impl VisitId {
    pub(crate) fn at(self) -> usize {
        self.0 as usize
    }
}

/// From one time to another, both included; `from <= to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Window {
    /// The earliest moment.
    pub from: TimeOfDay,
    /// The latest moment.
    pub to: TimeOfDay,
}

impl Window {
    /// Any order of ends is taken as it is; [`Problem::new`] refuses windows that end before they begin.
    #[must_use]
    pub const fn new(from: TimeOfDay, to: TimeOfDay) -> Self {
        Self { from, to }
    }

    /// The moments at which a visit of length `service` can begin so that it lies wholly inside `self`. `None` if it never does.
    #[must_use]
    pub fn starts_of(self, service: Span) -> Option<Self> {
        let to = self.to - service;
        (to >= self.from).then_some(Self { from: self.from, to })
    }
}

/// When a visit may begin. Overlapping or unordered windows are merged.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Windows {
    /// At any time of any day.
    #[default]
    Any,
    /// The same windows on every day; an empty list means never.
    Daily(Vec<Window>),
    /// By [`Slot::day`]. A day that is not listed is closed.
    ByDay(Vec<(u16, Vec<Window>)>),
}

/// A pause that the solver places: wholly inside `within`, before a drive or after one, never inside a visit.
/// A slot without a stop needs none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lunch {
    /// How long it takes, at least one second.
    pub length: Span,
    /// It begins and ends in here.
    pub within: Window,
}

/// Work after the shift's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overtime {
    /// At most this much.
    pub at_most: Span,
    /// One second of overtime weighs as much as this many seconds of driving, 0 or more.
    pub price: u32,
}

/// Skills, one per bit, numbered by the caller.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Skills(pub u64);

impl Skills {
    /// Those of `self` that `have` lacks.
    #[must_use]
    pub fn missing_from(self, have: Self) -> Self {
        Self(self.0 & !have.0)
    }
}

/// One rep on one day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slot {
    /// The rep, numbered by the caller.
    pub rep: u32,
    /// The day, counted from the first day of the horizon.
    pub day: u16,
    /// Where the day begins.
    pub start: PlaceId,
    /// Where it ends.
    pub end: PlaceId,
    /// The rep leaves `start` and is back at `end` in here.
    pub shift: Window,
    /// The pause to be placed, if any.
    pub lunch: Option<Lunch>,
    /// At most this much driving, if limited.
    pub max_drive: Option<Span>,
    /// Work past the shift's end, if allowed.
    pub overtime: Option<Overtime>,
    /// What this rep can do.
    pub skills: Skills,
    /// The rep is away: nothing is planned here and the reason says so. The rest is then not checked.
    pub absent: bool,
}

impl Slot {
    /// A day from `place` back to `place`, with no lunch and no limits beyond the shift.
    #[must_use]
    pub fn new(rep: u32, day: u16, place: PlaceId, shift: Window) -> Self {
        Self {
            rep,
            day,
            start: place,
            end: place,
            shift,
            lunch: None,
            max_drive: None,
            overtime: None,
            skills: Skills::default(),
            absent: false,
        }
    }
}

/// Where in a slot's order a locked visit stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Order {
    /// Nothing comes before it.
    First,
    /// Ranked visits of a slot come in ascending rank; unranked ones may stand between them.
    Rank(u16),
    /// Nothing comes after it.
    Last,
}

/// What a person has fixed about a visit. A lock says where and when the visit may be, not that it must be planned: for a promise also set
/// `tier` to 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Locks {
    /// Only in this slot.
    pub slot: Option<SlotId>,
    /// Begins exactly then, whatever the windows say.
    pub start: Option<TimeOfDay>,
    /// Where in the order.
    pub order: Option<Order>,
    /// On each day not before this time.
    pub not_before: Option<TimeOfDay>,
}

/// Someone to be seen, once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visit {
    /// Where; `None` if the customer has no coordinates yet: then it is left out for that reason.
    pub place: Option<PlaceId>,
    /// How long it takes, 0 or more.
    pub service: Span,
    /// When it may begin.
    pub windows: Windows,
    /// 0 a promise, 1 to 3 in falling importance, 4 a suggestion. One visit more of a lower tier outweighs everything after it.
    pub tier: u8,
    /// Worth among visits of all tiers, urgency included, 1 to 1,000,000. Whatever fits is planned, so a visit that is worth no drive
    /// should not be asked for.
    pub prize: u32,
    /// What a person has fixed.
    pub locks: Locks,
    /// Only these slots; `None` for any.
    pub allowed: Option<Vec<SlotId>>,
    /// What the rep must be able to do.
    pub skills: Skills,
    /// Carried through to the stop or the left-out visit unread, such as "9 days overdue".
    pub label: Option<String>,
}

impl Visit {
    /// A suggestion worth 1 that may be planned at any time in any slot.
    #[must_use]
    pub fn new(place: PlaceId, service: Span) -> Self {
        Self {
            place: Some(place),
            service,
            windows: Windows::Any,
            tier: 4,
            prize: 1,
            locks: Locks::default(),
            allowed: None,
            skills: Skills::default(),
            label: None,
        }
    }
}

/// There is no way from one place to the other.
pub const UNREACHABLE: u32 = u32::MAX;

/// Drive times and lengths between places, in both directions. The caller has them from a road map.
pub trait DriveTimes {
    /// How many places there are; [`PlaceId`]s are below this.
    fn places(&self) -> usize;
    /// Whole seconds of driving, or [`UNREACHABLE`].
    fn seconds(&self, from: PlaceId, to: PlaceId) -> u32;
    /// Whole metres of that drive; any value where the seconds say unreachable.
    fn meters(&self, from: PlaceId, to: PlaceId) -> u32;
}

/// Drive times as two square tables, row by row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DenseTimes {
    places: usize,
    seconds: Vec<u32>,
    meters: Vec<u32>,
}

impl DenseTimes {
    /// Both tables are row-major: from `row` to `column`. Refuses tables that are not `places` × `places`.
    pub fn new(places: usize, seconds: Vec<u32>, meters: Vec<u32>) -> Result<Self, ProblemError> {
        for (what, found) in [("seconds", seconds.len()), ("meters", meters.len())] {
            if found != places * places {
                return Err(ProblemError::TableSize { what, found, places });
            }
        }
        Ok(Self {
            places,
            seconds,
            meters,
        })
    }
}

impl DriveTimes for DenseTimes {
    fn places(&self) -> usize {
        self.places
    }
    fn seconds(&self, from: PlaceId, to: PlaceId) -> u32 {
        self.seconds[from.0 as usize * self.places + to.0 as usize]
    }
    fn meters(&self, from: PlaceId, to: PlaceId) -> u32 {
        self.meters[from.0 as usize * self.places + to.0 as usize]
    }
}
