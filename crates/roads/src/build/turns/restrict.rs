//! Turns at one node that restrictions forbid.

use osm::WayId;

use super::super::restrictions::{Kind, Restriction};
use super::{Changes, Junctions, Leg, Turn, Turns};
use crate::format::NONE;

impl Junctions<'_> {
    /// Takes away the turns at one node that a restriction forbids, or closes them by its schedule.
    pub(super) fn restrict(
        &self,
        node: u32,
        restriction: &Restriction,
        schedule: Option<u32>,
        turns: &mut Turns,
        changes: &mut Changes,
    ) {
        let legs = self.legs_at(node);
        let leaving = |ways: &[WayId]| -> Vec<Leg> {
            legs.iter()
                .filter(|leg| leg.leaves != NONE && ways.contains(&leg.way.way))
                .copied()
                .collect()
        };
        let to = leaving(&restriction.to);
        for from in legs
            .iter()
            .filter(|leg| leg.arrives != NONE && restriction.from.contains(&leg.way.way))
        {
            let back = from.leaves;
            let turns = &mut turns[from.arrives as usize];
            let meant = |turn: &Turn| to.iter().any(|leg| leg.leaves == turn.arc.head);
            let is_there = turns.iter().any(meant);
            let stays = |turn: &Turn| match restriction.kind {
                Kind::No => {
                    // Where a way runs through the node, `from` and `to` the same way means going on along it.
                    let same_way = legs
                        .iter()
                        .any(|l| l.leaves == turn.arc.head && l.way.way == from.way.way);
                    !meant(turn) || turn.arc.head == back && same_way && restriction.from != restriction.to
                }
                Kind::NoUTurn => {
                    let same_way = restriction.to.contains(&from.way.way);
                    !(meant(turn) && (turn.arc.head == back || !same_way))
                }
                // If the only turn is not there, the restriction cannot mean what it says.
                Kind::Only => !is_there || meant(turn),
            };
            match schedule {
                None => turns.retain(stays),
                Some(schedule) => {
                    for turn in turns.iter_mut() {
                        if !stays(turn) {
                            *turn = turn.closed(schedule, changes);
                        }
                    }
                }
            }
        }
    }
}
