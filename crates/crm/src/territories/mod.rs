//! Territories: drawn areas and named customers, who works them, and whose each place is.
//!
//! A territory is a record with a life of its own; how far it reaches is a *version*, which is never
//! edited: a change ends it and begins the next. Whose a place is (an *assignment*) is never said by hand:
//! it follows from the versions by the order of rules in the crate `territory`, is worked out for the places
//! that a change concerns ([`settle`]), and is kept with the reason. As versions, members and assignments
//! have a validity, every question can be asked as of a past date.

mod area;
mod claims;
mod codes;
pub(crate) mod facts;
pub(crate) mod heirs;
mod reach;

mod alternatives;
mod clashes;
mod edit;
mod exchange;
mod fairness;
mod holdings;
mod issues;
mod layout;
mod lease;
mod ownership;
mod planner;
mod present;
mod preview;
mod settle;
mod standing;
mod totals;

mod answers;
mod answers_extent;
mod http;
pub(crate) mod store;

#[cfg(test)]
mod tests;

pub use edit::{NewTerritory, draw, give, release, reshape, take};
pub use settle::settle;

pub(crate) use answers::MemberJson;
pub(crate) use area::{parse as parse_area, parse_lasso, to_geojson};
pub(crate) use clashes::Clash;
pub(crate) use edit::{existing, free_colour, may_be_undone, places as places_words};
pub(crate) use facts::{Facts, Known, of_locations as facts_of};
pub(crate) use http::{ownership_for_card, router};
pub(crate) use layout::{Layout, Standing, line_number, number};
pub(crate) use ownership::Ownership;
pub(crate) use planner::{HOLDOVER, Move, Open, plan as plan_moves};
pub(crate) use present::{Branches, branches, present};
pub(crate) use settle::{WorkedOut, follow, settled, worked_off};
pub(crate) use store::{json_list, listed};
pub(crate) use totals::Sums;

use std::sync::PoisonError;

use geom::Timestamp;
use records::{Fault, Record, Rules};
use serde_json::{Map, Value};

/// What handlers keep between requests.
#[derive(Default)]
pub(crate) struct Territories {
    pub layout: present::PresentLayout,
    pub holdings: holdings::PresentHoldings,
    pub facts: facts::KeptFacts,
    /// Held while assignments are written.
    pub assigning: tokio::sync::Mutex<()>,
    worked_out: std::sync::Mutex<Option<WorkedOut>>,
}

impl Territories {
    /// The last set of changes that this process writes, or wrote, together with its consequences.
    pub fn worked_out(&self) -> Option<WorkedOut> {
        self.worked_out
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Says what is about to be written together with its consequences, before it is: the follower may see it at once.
    pub fn set_worked_out(&self, set: Option<WorkedOut>) {
        *self.worked_out.lock().unwrap_or_else(PoisonError::into_inner) = set;
    }
}

pub(crate) fn rules(rules: Rules) -> Rules {
    rules.on("territory_version", versions_are_kept)
}

/// A version's area is one that can be used; once written, only its dates may be set.
fn versions_are_kept(
    before: Option<&Record>,
    after: &mut Map<String, Value>,
    _: Timestamp,
) -> Result<(), Vec<Fault>> {
    if let Some(before) = before {
        let changed = after.iter().find(|(name, value)| {
            !matches!(name.as_str(), "valid_from" | "valid_to" | "custom")
                && before.fields.get(*name) != Some(*value)
        });
        return match changed {
            None => Ok(()),
            Some((name, _)) => Err(vec![Fault::of(
                name,
                "fixed",
                "A version of a territory is never edited. Change the territory's border: that begins a new one.",
            )]),
        };
    }
    match after.get("area").filter(|g| !g.is_null()) {
        None => Ok(()),
        Some(geometry) => match area::parse(geometry) {
            Ok(_) => Ok(()),
            Err(bad) => Err(vec![Fault::of("area", bad.code, bad.message)]),
        },
    }
}
