//! Ground, places and blocks that go to a territory or to nobody.

use std::collections::{BTreeMap, BTreeSet};

use geo_types::MultiPolygon;
use territory::Cause;

use super::change::MoveTo;
use super::draft::ground_of;
use super::effect::{Effect, Transfer};
use super::ground::{self, Ground};
use super::prepare::{Bench, Prepared};
use crate::live::{id_text, row_id};
use crate::problem::{Problem, ProblemFault};
use crate::territories::{Facts, Standing, existing, line_number, number, parse_lasso};

impl Bench<'_> {
    /// What is known of a place.
    fn facts_of(&self, location: &str, place: Option<geom::LngLat>) -> Facts {
        self.known.of(location, place).into_owned()
    }

    pub(super) async fn move_to(&self, asked: &MoveTo) -> Result<Prepared, Problem> {
        let to = match &asked.to {
            Some(id) => Some(self.unlocked(self.territory(id, "/to").await?)?),
            None => None,
        };
        for (i, id) in asked.from.iter().enumerate() {
            self.unlocked(self.territory(id, &format!("/from/{i}")).await?)?;
        }
        let line = match to {
            Some(to) => to.line().map(str::to_owned),
            None => asked.line.clone().filter(|line| !line.trim().is_empty()),
        };
        let given = [
            asked.geometry.as_ref().is_some_and(|g| !g.is_null()),
            asked.location_ids.is_some(),
            asked.boundary_ids.is_some(),
            asked.codes.is_some(),
        ];
        if given.iter().filter(|g| **g).count() != 1 {
            return Err(Problem::bad(
                "/geometry",
                "required",
                "Send one of: an area, places, blocks of the map, codes.",
            ));
        }
        let transfer = Transfer {
            to: asked.to.clone(),
            line,
            from: asked.from.clone(),
            ..Transfer::default()
        };
        if let Some(ids) = &asked.location_ids {
            return self.move_places(transfer, ids).await;
        }
        let ground = if let Some(geometry) = asked.geometry.as_ref().filter(|g| !g.is_null()) {
            parse_lasso(geometry)
                .map_err(|bad| bad.problem("/geometry"))?
                .polygons()
                .clone()
        } else {
            self.blocks(asked)?
        };
        self.move_ground(transfer, ground)
    }

    /// The ground of blocks of the map.
    fn blocks(&self, asked: &MoveTo) -> Result<MultiPolygon, Problem> {
        let mut ground = MultiPolygon::new(Vec::new());
        for id in asked.boundary_ids.iter().flatten() {
            let (_, shape) = crate::maps::boundary_shape(self.app, id)?;
            ground = ground::together(&ground, &shape);
        }
        let atlas = match &asked.codes {
            Some(_) => Some(self.app.map()?),
            None => None,
        };
        let mut unknown: Vec<ProblemFault> = Vec::new();
        for (i, code) in asked.codes.iter().flatten().enumerate() {
            let code = code.trim();
            let found = atlas.as_ref().and_then(|atlas| {
                let all = atlas.boundaries().search(code, 50);
                let mut exact = all
                    .into_iter()
                    .filter(|b| b.kind() == atlas::BoundaryKind::Postcode && b.name() == code);
                exact.next().map(|b| b.shape())
            });
            match found {
                Some(shape) => ground = ground::together(&ground, &shape),
                None => unknown.push(ProblemFault {
                    pointer: format!("/codes/{i}"),
                    code: "unknown-code".into(),
                    message: format!("The map has no postcode {code:?}."),
                }),
            }
        }
        if !unknown.is_empty() {
            let words: Vec<&str> = unknown.iter().map(|f| f.message.as_str()).take(5).collect();
            let mut problem = Problem::bad("/codes", "unknown-codes", words.join(" "));
            problem.faults = unknown;
            return Err(problem);
        }
        if ground.0.is_empty() {
            return Err(Problem::bad("/codes", "required", "Name at least one block."));
        }
        Ok(ground)
    }

    fn move_ground(&self, mut transfer: Transfer, ground: MultiPolygon) -> Result<Prepared, Problem> {
        let draft = self.branch.draft();
        let in_line = |t: &&Standing| t.line() == transfer.line.as_deref();
        let whole = ground.clone();
        let mut ground = ground;
        for locked in draft
            .territories
            .iter()
            .filter(in_line)
            .filter(|t| draft.locked.contains(t.id()))
        {
            ground = ground::without(&ground, &ground_of(locked));
        }
        if !transfer.from.is_empty() {
            // Only what those have goes; also what nobody has stays with nobody.
            let mut theirs = MultiPolygon::new(Vec::new());
            for giver in draft
                .territories
                .iter()
                .filter(|t| transfer.from.iter().any(|f| f == t.id()))
            {
                theirs = ground::together(&theirs, &ground_of(giver));
            }
            ground = ground::shared(&ground, &theirs);
        }
        let caught = self.caught(&whole)?;
        let layout = self.branch.layout();
        let mut prepared = Prepared::default();
        let named = |id: &str, by: &Standing| by.named.iter().any(|n| n == id);
        let givers: Vec<&Standing> = draft
            .territories
            .iter()
            .filter(in_line)
            .filter(|t| Some(t.id()) != transfer.to.as_deref() && !draft.locked.contains(t.id()))
            .filter(|t| transfer.from.is_empty() || transfer.from.iter().any(|f| f == t.id()))
            .collect();
        let excluded: BTreeSet<String> = transfer
            .to
            .as_deref()
            .and_then(|to| draft.get(to))
            .map(|to| to.excluded().into_iter().collect())
            .unwrap_or_default();
        for (id, place) in caught {
            let owner = layout.owner_of(&id, &self.facts_of(&id, Some(place)), transfer.line.as_deref());
            let owner = owner.and_then(|owner| layout.by_number(owner));
            if owner.is_some_and(|o| draft.locked.contains(o.id())) {
                prepared.locked_out += 1;
            } else if excluded.contains(&id) || givers.iter().any(|g| named(&id, g)) {
                transfer.release.push(id);
            }
        }
        let Some(ground) = Ground::tidy(ground)? else {
            return Err(Problem::conflict(
                "nothing-to-move",
                "Nothing of this can move: it belongs to locked territories, or to none of those named.",
            ));
        };
        transfer.ground = Some(ground.geometry);
        prepared.effects = vec![Effect::Transfer(transfer)];
        Ok(prepared)
    }

    /// Placed customers in an area: (location, place).
    pub(super) fn caught(&self, ground: &MultiPolygon) -> Result<Vec<(String, geom::LngLat)>, Problem> {
        let bad = crate::live::index_problem;
        let view = self.state.index.view(&self.filter).map_err(bad)?;
        let shape = points::Shape::polygons(ground.clone()).map_err(bad)?;
        let rows = view.rows_in(&shape);
        Ok(rows
            .iter()
            .filter_map(|row| Some((id_text(row.id()), row.place()?)))
            .collect())
    }

    pub(super) async fn move_places(
        &self,
        mut transfer: Transfer,
        ids: &[String],
    ) -> Result<Prepared, Problem> {
        if ids.is_empty() {
            return Err(Problem::bad(
                "/location_ids",
                "required",
                "Name at least one place.",
            ));
        }
        let author = self.signed.author("scenario", "Move places");
        let asked = existing(&self.app.store, &author, ids, "/location_ids").await?;
        let (draft, layout) = (self.branch.draft(), self.branch.layout());
        let mut prepared = Prepared::default();
        let mut left_out: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for id in asked {
            let place = row_id(&id).and_then(|row| self.state.index.get(row)?.place());
            let line = transfer.line.as_deref();
            let decision = layout.decide(&id, &self.facts_of(&id, place), line);
            let owner = decision.territory().and_then(|owner| layout.by_number(owner));
            if owner.is_some_and(|o| draft.locked.contains(o.id())) {
                prepared.locked_out += 1;
                continue;
            }
            let is_from = |o: &Standing| transfer.from.iter().any(|f| f == o.id());
            if owner.map(Standing::id) == transfer.to.as_deref()
                || !(transfer.from.is_empty() || owner.is_some_and(is_from))
            {
                continue;
            }
            match &transfer.to {
                Some(to) => {
                    // Where its area would have the place anyway, nobody has to hold it by name.
                    let by_area = place.and_then(|p| layout.index.owner_at(p, line.map(line_number)));
                    if by_area == Some(number(to)) {
                        transfer.release.push(id);
                    } else {
                        transfer.take.push(id);
                    }
                }
                None => {
                    let mut areas = decision.winner.iter().chain(&decision.competing);
                    if areas.all(|claim| claim.cause == Cause::Named) {
                        transfer.release.push(id.clone());
                    }
                    let claims = decision.winner.iter().chain(&decision.competing);
                    let territories: BTreeSet<&str> = claims
                        .filter_map(|claim| layout.by_number(claim.territory))
                        .map(Standing::id)
                        .collect();
                    for territory in territories {
                        left_out.entry(territory.to_owned()).or_default().push(id.clone());
                    }
                }
            }
        }
        transfer.exclude = left_out.into_iter().collect();
        if transfer.take.is_empty() && transfer.release.is_empty() && transfer.exclude.is_empty() {
            return Err(Problem::conflict(
                "nothing-to-move",
                "None of these places can move: they are there already, or belong to locked territories.",
            ));
        }
        prepared.effects = vec![Effect::Transfer(transfer)];
        Ok(prepared)
    }
}
