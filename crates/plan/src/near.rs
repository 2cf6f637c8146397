//! An earlier plan, and what it costs to leave it.

use serde::{Deserialize, Serialize};

use crate::compiled::Problem;

/// What moving a visit away from the earlier plan weighs, in seconds of driving. Visits that were not in it cost nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangePrice {
    /// Another day than before.
    pub day: u32,
    /// Another rep than before.
    pub rep: u32,
}

/// The slots of each visit in the earlier plan.
#[derive(Clone, Debug)]
pub(crate) struct Earlier {
    slots: Vec<Vec<u32>>,
    price: ChangePrice,
}

impl Earlier {
    /// `None` if changes cost nothing.
    pub(crate) fn new(problem: &Problem, orders: &[Vec<u32>], price: ChangePrice) -> Option<Self> {
        if price == ChangePrice::default() {
            return None;
        }
        let mut slots = vec![Vec::new(); problem.visits().len()];
        for (slot, order) in orders.iter().enumerate() {
            for &call in order {
                slots[problem.visit_of(call) as usize].push(slot as u32);
            }
        }
        Some(Self { slots, price })
    }

    /// What it costs to have the visit in that slot: the cheapest change from one of its earlier slots.
    #[inline]
    pub(crate) fn price(&self, problem: &Problem, visit: u32, slot: usize) -> i64 {
        let here = &problem.slots()[slot];
        let costs = self.slots[visit as usize].iter().map(|&before| {
            let there = &problem.slots()[before as usize];
            let day = if there.day == here.day {
                0
            } else {
                i64::from(self.price.day)
            };
            let rep = if there.rep == here.rep {
                0
            } else {
                i64::from(self.price.rep)
            };
            day + rep
        });
        costs.min().unwrap_or(0)
    }
}
