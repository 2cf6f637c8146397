//! What is asked, the customers' side: who is to be seen, when, how often, by whom, and what it is worth.

use serde::{Deserialize, Serialize};

use crate::{PlaceId, Skills, SlotId, Span, TimeOfDay, Windows};

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
    /// Only this rep.
    #[serde(default)]
    pub rep: Option<u32>,
    /// Only on this day.
    #[serde(default)]
    pub day: Option<u16>,
}

/// How often within the horizon. A visit that comes more than once stands in several slots, each on another day.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Recurrence {
    /// Once, on any day.
    #[default]
    Once,
    /// Exactly on the days ([`crate::Slot::day`]) of one of these sets, or not at all. Each set is not empty; order and doubles do not
    /// matter.
    Patterns(Vec<Vec<u16>>),
    /// Again and again, with a rule for the days between.
    Gap(Gap),
}

/// Days between visits. Days are those of [`crate::Slot::day`]: number them by the calendar if gaps count week-ends.
///
/// A gap shorter than `min` is never planned. A gap longer than `max` counts as missing visits: as many as would have been needed to
/// fill it. The last gap runs to the day after the horizon and only counts for what is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// At least so many days, 1 or more.
    pub min: u16,
    /// Best so many; `min <= ideal <= max`.
    pub ideal: u16,
    /// At most so many.
    pub max: u16,
    /// Days from the last visit to day 0, 1 or more; `None` if there never was one. Who was last seen longer ago than `max`, or never, is
    /// due on day 0 at the latest; no visit counts as missing for the time before, but not coming at all lacks at least one.
    pub since_last: Option<u16>,
    /// Prize lost for every day that a gap between two visits is shorter or longer than ideal.
    pub price: u32,
}

/// A prize that melts: planned after `due`, the (first) visit loses `per_day` of its prize for each day, down to 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Urgency {
    /// The last day at the full prize; below 0 if it is past.
    pub due: i32,
    /// Prize lost a day.
    pub per_day: u32,
}

/// A window that may be overstepped at a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lateness {
    /// The visit may begin at most so long after a window's end.
    pub at_most: Span,
    /// One second late weighs as much as this many seconds of driving.
    pub price: u32,
}

/// What a visit does to the load of the car, by dimension.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loads {
    /// In the car from the start of the day, left here.
    pub delivered: Vec<u32>,
    /// Taken here, in the car to the end of the day.
    pub collected: Vec<u32>,
}

/// Someone to be seen, once or again and again.
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
    /// Only these reps; `None` for any.
    #[serde(default)]
    pub reps: Option<Vec<u32>>,
    /// How often.
    #[serde(default)]
    pub recurrence: Recurrence,
    /// What planning it late in the horizon costs, if anything.
    #[serde(default)]
    pub urgency: Option<Urgency>,
    /// Whether it may begin late on its day, and at what price. Not for a locked start.
    #[serde(default)]
    pub lateness: Option<Lateness>,
    /// Goods.
    #[serde(default)]
    pub loads: Loads,
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
            reps: None,
            recurrence: Recurrence::Once,
            urgency: None,
            lateness: None,
            loads: Loads::default(),
            label: None,
        }
    }
}
