//! What is asked, the working side: ids, windows, slots (a rep's day) and the rules that hold over all of them.

use serde::{Deserialize, Serialize};

use crate::{Span, TimeOfDay};

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
    /// What fits into the car, by dimension (samples, goods, …); empty for no limit. Dimensions beyond the list are not limited.
    #[serde(default)]
    pub capacity: Vec<u32>,
    /// Where the rep may sleep after this day instead of going to `end`, if anywhere.
    #[serde(default)]
    pub overnight: Option<Overnight>,
    /// The slot is past or fixed: its stops in the earlier plan stay as they are, whether they fit or not, and nothing joins them.
    #[serde(default)]
    pub frozen: bool,
}

/// A night away: the day ends at one of these places, and the same rep's next slot (the next higher day) begins there. The solver takes
/// it where it saves more driving than its price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overnight {
    /// Where one may sleep.
    pub places: Vec<PlaceId>,
    /// A night weighs as much as this many seconds of driving.
    pub price: u32,
}

/// What must not come together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conflict {
    /// The two.
    pub visits: (VisitId, VisitId),
    /// Where they exclude each other.
    pub within: Within,
}

/// The reach of a [`Conflict`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Within {
    /// Not in the same slot.
    Slot,
    /// Not on the same day, whoever comes.
    Day,
}

/// Goods that are fetched at one visit and brought to another: both in one slot, the pickup first, both or neither.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shipment {
    /// Where it is fetched. Once only, with no other shipment.
    pub pickup: VisitId,
    /// Where it is brought to; the same holds. Its tier and prize count for nothing: the pickup's stand for both.
    pub delivery: VisitId,
    /// How much, by dimension.
    pub amount: Vec<u32>,
}

/// What holds between visits and between reps. The default is nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    /// Pairs that exclude each other.
    pub conflicts: Vec<Conflict>,
    /// Pairs that belong together.
    pub shipments: Vec<Shipment>,
    /// Balance across reps: each second that a rep drives and visits above the mean of all reps weighs as much as this many hundredths of
    /// a second of driving, 0 to 10,000. Reps without a slot that they could work in do not count.
    pub balance: u32,
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
            capacity: Vec::new(),
            overnight: None,
            frozen: false,
        }
    }
}
