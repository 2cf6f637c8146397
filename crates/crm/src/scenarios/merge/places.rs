//! Places: who has them at the base, in the scenario and now; what both changed differently.

use std::collections::{BTreeMap, BTreeSet};

use points::{Filter, Shape};
use rayon::prelude::*;
use territory::{Cause, TerritoryId};

use super::super::effect::{Effect, Transfer};
use super::{Conflict, Merging, Take, Unit};
use crate::live::{id_text, index_problem};
use crate::problem::Problem;
use crate::territories::{Facts, Layout, line_number};

/// A product line, and who is to have places in it.
type Wish = (Option<String>, Option<TerritoryId>);

impl Merging<'_> {
    /// Places: conflicts, and the effects that keep what only one side moved and what was decided.
    pub(super) fn places(
        &self,
        mine: &Layout,
        replayed: &Layout,
        conflicts: &mut Vec<Conflict>,
    ) -> Result<(Vec<Effect>, u64), Problem> {
        let view = self.state.index.view(&Filter::All).map_err(index_problem)?;
        let rows = view.rows_in(&Shape::everywhere());
        let layouts: [&Layout; 4] = [&self.branch.base, mine, self.present, replayed];
        let lines: BTreeSet<Option<String>> = layouts.iter().flat_map(|l| l.lines()).collect();
        let differing: Vec<_> = rows
            .par_iter()
            .flat_map_iter(|row| {
                let location = id_text(row.id());
                let mut found = Vec::new();
                let facts = self.known.of(&location, row.place()).into_owned();
                for line in &lines {
                    let owners = layouts.map(|l| l.owner_of(&location, &facts, line.as_deref()));
                    if owners[1..].iter().any(|o| *o != owners[0]) {
                        let name = row.text("name").unwrap_or_default().to_owned();
                        found.push((location.clone(), name, facts.clone(), line.clone(), owners));
                    }
                }
                found
            })
            .collect();
        let mut wanted: BTreeMap<Wish, Vec<(String, Facts)>> = BTreeMap::new();
        let mut clean = 0;
        for (location, name, facts, line, [base, yours, theirs, replayed]) in differing {
            let mine_changed = yours != base;
            let theirs_changed = theirs != base;
            let expected = if mine_changed && theirs_changed && yours != theirs {
                let unit = Unit::Place {
                    location_id: location.clone(),
                    line: line.clone(),
                    base,
                    yours,
                    theirs,
                };
                match self.decided(&unit) {
                    Some(Take::Yours) => yours,
                    Some(Take::Theirs) => theirs,
                    None => {
                        let by = theirs
                            .and_then(|t| self.present.by_number(t))
                            .and_then(|t| t.version.as_ref())
                            .and_then(|v| self.changed_by(v.changed_by.as_deref()));
                        conflicts.push(Conflict {
                            title: name,
                            base: self.name(base),
                            yours: self.name(yours),
                            theirs: self.name(theirs),
                            by,
                            place: facts.place.map(|p| [p.lng(), p.lat()]),
                            unit,
                        });
                        continue;
                    }
                }
            } else {
                clean += 1;
                if mine_changed { yours } else { theirs }
            };
            if replayed != expected {
                wanted
                    .entry((line, expected))
                    .or_default()
                    .push((location, facts));
            }
        }
        let effects = wanted
            .into_iter()
            .map(|((line, to), places)| Effect::Transfer(put(replayed, line, to, places)))
            .collect();
        Ok((effects, clean))
    }

    fn name(&self, number: Option<TerritoryId>) -> String {
        let Some(number) = number else {
            return "no territory".to_owned();
        };
        let layouts = [self.branch.layout(), &self.branch.base];
        let found = layouts.into_iter().find_map(|l| l.by_number(number));
        let found = found.or_else(|| self.present.by_number(number));
        found.map_or_else(|| "a territory".to_owned(), |t| t.name().to_owned())
    }
}

/// Brings places to a territory, or to nobody, whatever the areas say.
fn put(
    layout: &Layout,
    line: Option<String>,
    to: Option<TerritoryId>,
    places: Vec<(String, Facts)>,
) -> Transfer {
    let mut transfer = Transfer {
        to: to.and_then(|to| layout.by_number(to)).map(|t| t.id().to_owned()),
        line: line.clone(),
        ..Transfer::default()
    };
    let mut left_out: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (location, facts) in places {
        let (line, place) = (line.as_deref(), facts.place);
        if transfer.to.is_some() {
            let by_area = place.and_then(|p| layout.index.owner_at(p, line.map(line_number)));
            if by_area == to {
                transfer.release.push(location);
            } else {
                transfer.take.push(location);
            }
            continue;
        }
        let decision = layout.decide(&location, &facts, line);
        let claims = decision.winner.iter().chain(&decision.competing);
        let areas = claims.filter(|c| c.cause != Cause::Named);
        for standing in areas.filter_map(|c| layout.by_number(c.territory)) {
            left_out
                .entry(standing.id().to_owned())
                .or_default()
                .push(location.clone());
        }
        transfer.release.push(location);
    }
    transfer.exclude = left_out.into_iter().collect();
    transfer
}
