//! What if: a rep is ill, one more rep comes, a promise is given up. Each question is answered by planning again near the plan there is,
//! and by saying what that changes.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};

use crate::plan::{Cost, Plan};
use crate::{Options, OrderError, Problem, SlotId, VisitId, resolve};

/// What differs between two plans of the same visits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changes {
    /// Visits that are in one more slot than before, or in another, with the slots they left and the slots they joined.
    pub moved: Vec<Moved>,
    /// Visits that came in, with their slots.
    pub added: Vec<(VisitId, Vec<SlotId>)>,
    /// Visits that went out, with the slots they left.
    pub dropped: Vec<(VisitId, Vec<SlotId>)>,
    /// Visits planned in both that stayed in all their slots.
    pub stayed: usize,
}

/// A visit that changed slots.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    /// Which.
    pub visit: VisitId,
    /// Slots it is no longer in.
    pub from: Vec<SlotId>,
    /// Slots it is newly in.
    pub to: Vec<SlotId>,
}

/// Another plan, and what it changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The plan as it would then be.
    pub plan: Plan,
    /// Against the plan there is.
    pub changes: Changes,
    /// The plan there is costs this.
    pub before: Cost,
    /// Driving, in seconds, more (or less) than before.
    pub extra_drive: i64,
    /// Prize more (or less) than before.
    pub extra_prize: i64,
}

/// What differs between two sets of orders of the same problem.
#[must_use]
pub fn changes(before: &[Vec<VisitId>], after: &[Vec<VisitId>]) -> Changes {
    let slots = |orders: &[Vec<VisitId>]| {
        let mut all: BTreeSet<(VisitId, SlotId)> = BTreeSet::new();
        for (slot, order) in orders.iter().enumerate() {
            all.extend(order.iter().map(|&v| (v, SlotId(slot as u32))));
        }
        all
    };
    let (old, new) = (slots(before), slots(after));
    let visits: BTreeSet<VisitId> = old.iter().chain(&new).map(|&(v, _)| v).collect();
    let mut found = Changes::default();
    for visit in visits {
        let of = |set: &BTreeSet<(VisitId, SlotId)>| -> Vec<SlotId> {
            let range = (visit, SlotId(0))..=(visit, SlotId(u32::MAX));
            set.range(range).map(|&(_, s)| s).collect()
        };
        let (was, is) = (of(&old), of(&new));
        let from: Vec<SlotId> = was.iter().copied().filter(|s| !is.contains(s)).collect();
        let to: Vec<SlotId> = is.iter().copied().filter(|s| !was.contains(s)).collect();
        match (was.is_empty(), is.is_empty()) {
            (true, _) => found.added.push((visit, to)),
            (_, true) => found.dropped.push((visit, from)),
            _ if from.is_empty() && to.is_empty() => found.stayed += 1,
            _ => found.moved.push(Moved { visit, from, to }),
        }
    }
    found
}

/// The plan if these slots fall away (a rep is ill tomorrow): their visits go elsewhere as far as they fit, with as little change to the
/// others as [`Options::change`] asks for.
///
/// `problem` is the one in which those slots are marked [`crate::Slot::absent`]; `plan` is the plan as it was with them.
pub fn what_if(problem: &Problem, plan: &Plan, options: &Options) -> Result<Answer, OrderError> {
    let orders = plan.orders();
    let after = resolve(problem, &orders, options, &mut |_| ControlFlow::Continue(()))?;
    let drive = |p: &Plan| p.routes.iter().map(|r| i64::from(r.drive.time.0)).sum::<i64>();
    Ok(Answer {
        changes: changes(&orders, &after.orders()),
        before: plan.cost,
        extra_drive: drive(&after) - drive(plan),
        extra_prize: plan.cost.prize_lost - after.cost.prize_lost,
        plan: after,
    })
}
