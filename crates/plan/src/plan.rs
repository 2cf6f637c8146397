//! What is answered: routes with times, visits left out with reasons and prices, and a cost that is compared level by level.

use serde::{Deserialize, Serialize};

use crate::{PlaceId, Skills, SlotId, Span, TimeOfDay, VisitId};

/// A finished plan. A visit is planned as often as it asked for, or it is in a [`LeftOut`], or, if it comes again and again, in both.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// One per slot of the problem, in that order; without stops the rep stays at home.
    pub routes: Vec<Route>,
    /// Visits of which something is missing, in ascending order.
    pub left_out: Vec<LeftOut>,
    /// What the plan costs; the smaller the better.
    pub cost: Cost,
    /// What [`Cost::travel`] is made of.
    #[serde(default)]
    pub parts: Parts,
}

/// What [`Cost::travel`] is made of, in seconds of driving or what weighs as much.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parts {
    /// Driving.
    pub drive: i64,
    /// Overtime and lateness at their prices.
    pub overtime_and_lateness: i64,
    /// Nights away at theirs.
    pub nights: i64,
    /// Leaving the earlier plan.
    pub changes: i64,
    /// Imbalance between reps.
    pub balance: i64,
}

/// Cost levels, compared in order: a difference in an earlier one outweighs all later ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Cost {
    /// Visits left out of tier 0, 1, 2 and 3; a visit with patterns counts once, one with a gap rule as often as it is missing.
    pub unserved: [i64; 4],
    /// Prizes of all that is missing, summed, what melted by urgency, and days off the ideal gap at their price.
    pub prize_lost: i64,
    /// Seconds of driving, plus what weighs as much: overtime, lateness, nights away, changes against an earlier plan, imbalance.
    pub travel: i64,
}

/// One slot's day.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// The visits in driving order.
    pub stops: Vec<Stop>,
    /// When the pause begins, and after how many stops: `(1, false)` means after the first stop and before the drive to the second.
    pub lunch: Option<LunchBreak>,
    /// Driving off from the start, as late as the first stop's beginning allows; a pause at the start comes before it.
    pub leave: TimeOfDay,
    /// Reaching the end, a pause there included.
    pub back: TimeOfDay,
    /// The last drive, home.
    pub drive_back: Drive,
    /// All drives together.
    pub drive: Drive,
    /// Work past the shift's end.
    pub overtime: Span,
    /// The day begins there.
    #[serde(default)]
    pub start: PlaceId,
    /// It ends there: the slot's end, or where the rep sleeps.
    #[serde(default)]
    pub end: PlaceId,
    /// The rep sleeps away after this day.
    #[serde(default)]
    pub night_away: bool,
}

/// A drive's time and length.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drive {
    /// Seconds at the wheel.
    pub time: Span,
    /// Metres of road.
    pub meters: u64,
}

/// Where the pause was placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LunchBreak {
    /// It begins then.
    pub from: TimeOfDay,
    /// It ends then.
    pub to: TimeOfDay,
    /// How many stops are done before it.
    pub after_stops: u32,
    /// `true`: at the place of the next stop (or the end of the day), having driven there; `false`: before that drive.
    pub on_arrival: bool,
}

/// One visit in a route.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stop {
    /// Which visit.
    pub visit: VisitId,
    /// The drive to it.
    pub drive: Drive,
    /// Getting there.
    pub arrive: TimeOfDay,
    /// Idle time before it begins; a pause taken here is not counted.
    pub wait: Span,
    /// The visit begins.
    pub start: TimeOfDay,
    /// The visit ends.
    pub depart: TimeOfDay,
    /// How long it begins after its window; above zero in a plan that was solved only where the visit allows it, but anything in one
    /// evaluated as a person ordered it.
    pub late: Span,
    /// How much later it could begin with all the rest still in time.
    pub slack: Span,
    /// Why it is here.
    pub why: Vec<WhyPlanned>,
    /// The visit's label, unread.
    pub label: Option<String>,
}

/// Why a visit is in the plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum WhyPlanned {
    /// It is of tier 0.
    KeptPromise,
    /// A person fixed its slot, time or order.
    Locked,
    /// Driving by costs this much more than driving past.
    OnTheWay {
        /// Extra driving; may be negative where drive times break the triangle inequality.
        extra: Span,
    },
    /// Its pattern or gap rule wants these days.
    Days {
        /// All days of the visit, ascending.
        days: Vec<u16>,
    },
    /// The next best slot, or slot of that day if it comes again and again, would cost this much more.
    NextBestSlot {
        /// That slot.
        slot: SlotId,
        /// Seconds of driving, or what weighs as much; below 0 where something else speaks against it (urgency, the gap).
        dearer: Span,
    },
    /// It fits into no other slot (of that day).
    OnlySlot,
    /// The next best position in the same slot would cost this much more.
    NextBestPosition {
        /// Before this stop of those left if it were taken out.
        position: u32,
        /// Seconds of driving, or what weighs as much.
        dearer: Span,
    },
    /// It fits into no other position.
    OnlyPosition,
}

/// Why a visit cannot be in a slot as the plan stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Reason {
    /// The visit has no place.
    NoCoordinates,
    /// The rep is away.
    RepAbsent,
    /// The visit is not allowed in this slot, by list or by a lock on another slot.
    NotAllowed,
    /// The rep lacks skills.
    NeedsSkill {
        /// Those missing.
        missing: Skills,
    },
    /// No window on that day.
    ClosedThatDay,
    /// All its windows end before the time a person fixed as the earliest.
    NotBefore {
        /// That time.
        time: TimeOfDay,
    },
    /// There is no way there, or none back.
    Unreachable,
    /// Even alone it does not fit: too much driving, or the day ends too late.
    TooFar {
        /// By this much.
        over: Span,
    },
    /// Even alone and with no driving at all it would not fit: the visit takes too long, or opens too late.
    TooLong {
        /// By this much, the driving included.
        over: Span,
    },
    /// Someone would be visited too late: the visit itself, or a planned one.
    WindowMissed {
        /// Who.
        of: VisitId,
        /// At least by this much, wherever it is inserted.
        late: Span,
    },
    /// The day would end too late.
    NoTimeLeft {
        /// At least by this much.
        short: Span,
    },
    /// More driving than the slot allows.
    DriveLimit {
        /// At least by this much.
        over: Span,
    },
    /// The pause would no longer fit.
    NoRoomForLunch,
    /// A locked order leaves no position.
    OrderLocked,
    /// The slot is frozen.
    Frozen,
    /// It comes on that day already.
    ComesThatDay,
    /// It may not meet this visit.
    ConflictsWith {
        /// Who is planned in the slot, or on that day.
        visit: VisitId,
    },
    /// Too much would be in the car.
    CarFull {
        /// Which dimension of the load.
        dimension: u32,
        /// At least by this much.
        over: u32,
    },
    /// It would fit here, but none of its patterns has room on all its days: on these there is none.
    PatternIncomplete {
        /// Days without room, of the pattern that lacks fewest.
        days: Vec<u16>,
    },
    /// It would fit here, but too close to another day of the same visit, or it would not make the gaps better.
    GapBroken {
        /// The fewest days there may be between.
        min: u16,
    },
    /// It goes where its pickup goes.
    WithPickup {
        /// That visit.
        visit: VisitId,
    },
    /// These together cannot be kept, whatever else is given up; without any one of them the others can.
    Clash {
        /// The smallest such set, this visit among them, ascending.
        visits: Vec<VisitId>,
    },
    /// It would fit without these, which are worth more.
    LowerPriorityThan {
        /// Them.
        visits: Vec<VisitId>,
    },
    /// It would fit only without these, and at least one of them is promised or locked.
    BlockedByLock {
        /// Them.
        visits: Vec<VisitId>,
    },
}

/// A visit that is not planned, or not as often as it asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// Which.
    pub visit: VisitId,
    /// How many visits are missing.
    #[serde(default)]
    pub missing: u32,
    /// The slots in which it is planned all the same, if it comes again and again.
    #[serde(default)]
    pub planned: Vec<SlotId>,
    /// What stands against it (or against one visit more), slot by slot.
    pub reasons: Vec<SlotReasons>,
    /// The cheapest way to have it after all, if there is one: exactly what [`crate::add_anyway`] does.
    pub cheapest: Option<Addition>,
    /// The visit's label, unread.
    pub label: Option<String>,
}

/// What stands against a visit in one slot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlotReasons {
    /// The slot.
    pub slot: SlotId,
    /// The first rule it meets, then what giving way would take.
    pub reasons: Vec<Reason>,
}

/// A way to put a visit into a plan, and its price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Addition {
    /// Into this slot …
    pub slot: SlotId,
    /// … before this stop, counted after `drops` are gone; the number of stops means last.
    pub position: u32,
    /// Driving afterwards less driving before.
    pub extra_drive: Span,
    /// Length of the working days afterwards less before.
    pub extra_time: Span,
    /// Planned visits that have to go, in ascending order; empty for a plain insertion. A visit with patterns goes from all its slots, one
    /// with a gap rule from this slot only.
    pub drops: Vec<VisitId>,
    /// Where the delivery stands once the pickup does, if it is shipped.
    #[serde(default)]
    pub delivery: Option<u32>,
    /// Further slots and positions, for the other days of a pattern.
    #[serde(default)]
    pub also: Vec<(SlotId, u32)>,
}

impl Plan {
    /// The (first) slot and position of a visit, `None` if it is left out.
    #[must_use]
    pub fn find(&self, visit: VisitId) -> Option<(SlotId, usize)> {
        self.routes.iter().enumerate().find_map(|(slot, route)| {
            let at = route.stops.iter().position(|stop| stop.visit == visit)?;
            Some((SlotId(slot as u32), at))
        })
    }

    /// The visits of each slot in driving order.
    #[must_use]
    pub fn orders(&self) -> Vec<Vec<VisitId>> {
        self.routes
            .iter()
            .map(|route| route.stops.iter().map(|stop| stop.visit).collect())
            .collect()
    }
}
