//! A change that somebody asks for becomes effects: looked over against the scenario as it stands, with what it is to
//! mean written down once and for all.

use std::sync::Arc;

use geo_types::MultiPolygon;
use points::Filter;
use serde_json::{Map, Value};

use super::branch::{Branch, Drafted};
use super::change::{Change, Neighbours, NewTerritory, Reshape};
use super::draft::{area_of, ground_of};
use super::driven::{Driven, Replanned, Roads};
use super::effect::{Add, Areas, Effect, Lock, Member, Patch, Transfer};
use super::fields::{checked_capacity, checked_colour, checked_name, is_owner};
use super::ground::{self, Ground};
use super::outcome::evaluate;
use super::ring::Ring;
use crate::App;
use crate::live::{State, index_problem, sight};
use crate::problem::Problem;
use crate::sessions::Signed;
use crate::territories::{Known, Standing, free_colour, number, parse_area};

/// A change that can be done.
#[derive(Clone, Debug, Default)]
pub(super) struct Prepared {
    pub effects: Vec<Effect>,
    /// Places of locked territories that were left out.
    pub locked_out: u64,
    /// Words for the list of steps; made of what moves unless said.
    pub title: Option<String>,
}

/// What changes are looked over against.
#[derive(Clone)]
pub(super) struct Bench<'a> {
    pub app: &'a App,
    pub signed: &'a Signed,
    pub branch: &'a Branch,
    pub state: Arc<State>,
    /// What the viewer may see of the index.
    pub filter: Filter,
    /// What rules look at, where the scenario's territories have any.
    pub known: Known,
    /// Hours on the road that were planned.
    pub driven: Arc<Driven>,
}

impl<'a> Bench<'a> {
    /// Everything as it is now.
    pub async fn load(app: &'a App, signed: &'a Signed, branch: &'a Branch) -> Result<Self, Problem> {
        let sight = sight(app, &signed.viewer).await?;
        Ok(Self {
            app,
            signed,
            branch,
            state: app.live.present(),
            filter: sight.filter,
            known: Known::load(app, branch.layout().reads_facts()).await?,
            driven: Driven::load(app).await?,
        })
    }

    /// Looks a change over.
    pub async fn prepare(&self, change: &mut Change) -> Result<Prepared, Problem> {
        match change {
            Change::Move(asked) => self.move_to(asked).await,
            Change::Reshape(asked) => self.reshape(asked).await,
            Change::Add(asked) => self.add(asked).await,
            Change::Set(asked) => self.set(asked).await,
            Change::Remove(asked) => self.remove(asked).await,
            Change::Members(asked) => self.members(asked).await,
            Change::Lock(asked) => {
                let standing = self.territory(&asked.territory_id, "/territory_id").await?;
                let verb = if asked.locked { "Lock" } else { "Unlock" };
                Ok(Prepared {
                    title: Some(format!("{verb} {}", standing.name())),
                    effects: vec![Effect::Lock(Lock {
                        territory_id: asked.territory_id.clone(),
                        locked: asked.locked,
                    })],
                    ..Prepared::default()
                })
            }
            Change::Leave(asked) => super::staff::leave(self, asked).await,
            Change::Join(asked) => super::staff::join(self, asked).await,
            Change::Balance(asked) => super::balance::kept(self, &asked.balance_id).await,
        }
    }

    /// A territory of the scenario that the viewer may change.
    pub async fn territory(&self, id: &str, pointer: &str) -> Result<&Standing, Problem> {
        if let Some(standing) = self.branch.draft().get(id) {
            self.may_change(standing).await?;
            return Ok(standing);
        }
        if let Some(gone) = self.branch.base.get(id) {
            return Err(Problem::bad(
                pointer,
                "removed-territory",
                format!(
                    "{} was removed earlier in this scenario. Take that step back first.",
                    gone.name()
                ),
            ));
        }
        Err(Problem::bad(
            pointer,
            "no-such-record",
            format!("Territory {id} is not in this scenario. Nothing was changed."),
        ))
    }

    /// Rights are asked of what is on record; what the scenario itself made is the scenario's.
    async fn may_change(&self, standing: &Standing) -> Result<(), Problem> {
        let viewer = &self.signed.viewer;
        let sees_all = viewer.grant("territory").write == records::Scope::All;
        if viewer.is_system || sees_all || self.branch.base.get(standing.id()).is_none() {
            return Ok(());
        }
        let what = format!("Change {}", standing.name());
        self.signed
            .program_on(self.app, "territory", standing.id(), "scenario", &what)
            .await
            .map(|_| ())
    }

    pub fn unlocked<'s>(&self, standing: &'s Standing) -> Result<&'s Standing, Problem> {
        if self.branch.draft().locked.contains(standing.id()) {
            return Err(Problem::conflict(
                "locked",
                format!(
                    "{} is locked in this scenario and neither gives nor takes. Unlock it first.",
                    standing.name()
                ),
            ));
        }
        Ok(standing)
    }

    /// Everybody whom these territories have in the scenario.
    pub async fn ring(&self, seats: Vec<Standing>) -> Result<Ring, Problem> {
        let (base, layout) = (self.branch.base.clone(), self.branch.layout().clone());
        let (state, filter) = (self.state.clone(), self.filter.clone());
        let (known, driven) = (self.known.clone(), self.driven.clone());
        let work = move || {
            let mut ring = Ring::of(&layout, seats, &state, &filter, &known)?;
            if !driven.is_empty() {
                let outcome = evaluate(&base, &layout, &state, &filter, &known).map_err(index_problem)?;
                let roads = Roads::of(&driven, &base, &layout, &outcome, &Replanned::default());
                let road = |t: &Standing| roads.after(Some(number(t.id())));
                ring.roads = ring.seats.iter().map(road).collect();
            }
            Ok(ring)
        };
        tokio::task::spawn_blocking(work)
            .await
            .map_err(Problem::unexpected)?
    }

    async fn reshape(&self, asked: &Reshape) -> Result<Prepared, Problem> {
        let standing = self.territory(&asked.territory_id, "/territory_id").await?;
        let standing = self.unlocked(standing)?;
        let shape = parse_area(&asked.geometry).map_err(|bad| bad.problem("/geometry"))?;
        let wanted = shape.polygons().clone();
        let (patch, locked_out) = self.patch(standing, wanted, asked.neighbours)?;
        Ok(Prepared {
            effects: vec![Effect::Areas(Areas {
                patches: vec![patch],
                cut: asked.neighbours == Neighbours::Cut,
                within: false,
            })],
            locked_out,
            title: None,
        })
    }

    /// A new area for a territory, without what locked ones have; and how many of their places that leaves out.
    pub fn patch(
        &self,
        standing: &Standing,
        wanted: MultiPolygon,
        neighbours: Neighbours,
    ) -> Result<(Patch, u64), Problem> {
        let draft = self.branch.draft();
        let mut area = wanted.clone();
        let mut locked_out = 0;
        if neighbours == Neighbours::Cut {
            for locked in draft.territories.iter().filter(|t| {
                t.line() == standing.line()
                    && draft.locked.contains(t.id())
                    && !draft.are_kin(t.id(), standing.id())
            }) {
                let theirs = ground_of(locked);
                let both = ground::shared(&area, &theirs);
                if !both.0.is_empty() {
                    locked_out += self.caught(&both)?.len() as u64;
                    area = ground::without(&area, &theirs);
                }
            }
        }
        let Some(ground) = Ground::tidy(area)? else {
            return Err(Problem::conflict(
                "locked",
                "All of this area belongs to locked territories. Unlock one, or draw elsewhere.",
            ));
        };
        let old = ground_of(standing);
        let new = ground.shape.polygons();
        let part = |polygons: MultiPolygon| -> Result<Option<Value>, Problem> {
            Ok(Ground::tidy(polygons)?.map(|g| g.geometry))
        };
        let patch = Patch {
            territory_id: standing.id().to_owned(),
            before: ground::mark(area_of(standing)),
            gained: part(ground::without(new, &old))?,
            lost: part(ground::without(&old, new))?,
            geometry: Some(ground.geometry),
        };
        Ok((patch, locked_out))
    }

    async fn add(&self, asked: &mut NewTerritory) -> Result<Prepared, Problem> {
        let name = checked_name(&asked.name)?;
        if let Some(parent) = &asked.parent_id {
            self.territory(parent, "/parent_id").await?;
        }
        let mut members = asked.members.clone();
        if let Some(owner) = &asked.owner_id
            && !members.iter().any(|m| &m.user_id == owner && is_owner(m))
        {
            members.insert(
                0,
                Member {
                    user_id: owner.clone(),
                    role: "owner".into(),
                    share: None,
                },
            );
        }
        let members = self.checked_members(members).await?;
        let shape = match asked.geometry.as_ref().filter(|g| !g.is_null()) {
            Some(geometry) => Some(parse_area(geometry).map_err(|bad| bad.problem("/geometry"))?),
            None => None,
        };
        let id = asked.territory_id.clone().unwrap_or_else(records::new_id);
        asked.territory_id = Some(id.clone());
        let colour = asked
            .colour
            .unwrap_or_else(|| free_colour(self.branch.layout(), shape.as_ref().map(|s| *s.bbox())));
        let mut fields = Map::new();
        fields.insert("name".into(), name.into());
        fields.insert("colour".into(), checked_colour(colour)?.into());
        let line = asked.line.as_deref().map(str::trim).filter(|l| !l.is_empty());
        fields.insert("line".into(), line.map_or(Value::Null, Value::from));
        let parent = asked.parent_id.as_deref();
        fields.insert("parent_id".into(), parent.map_or(Value::Null, Value::from));
        fields.insert("priority".into(), asked.priority.map_or(Value::Null, Value::from));
        let capacity = asked.capacity_hours.map(checked_capacity).transpose()?;
        fields.insert("capacity_hours".into(), capacity.map_or(Value::Null, Value::from));
        let add = Add {
            territory_id: id.clone(),
            fields,
            members,
        };
        // The rest is looked over as if it were there already.
        let mut draft = self.branch.draft().clone();
        draft.apply(&Effect::Add(add.clone()))?;
        let layout = Arc::new(draft.layout());
        let mut branch = self.branch.clone();
        branch.drafted = Arc::new(Drafted { draft, layout });
        let bench = Bench {
            branch: &branch,
            ..self.clone()
        };
        let mut prepared = Prepared {
            effects: vec![Effect::Add(add)],
            title: Some(format!("New territory {}", asked.name.trim())),
            locked_out: 0,
        };
        if let (Some(shape), Some(standing)) = (shape, branch.draft().get(&id)) {
            let (patch, locked_out) = bench.patch(standing, shape.polygons().clone(), asked.neighbours)?;
            prepared.locked_out += locked_out;
            prepared.effects.push(Effect::Areas(Areas {
                patches: vec![patch],
                cut: asked.neighbours == Neighbours::Cut,
                within: false,
            }));
        }
        if !asked.location_ids.is_empty() {
            let transfer = Transfer {
                to: Some(id),
                line: line.map(str::to_owned),
                ..Transfer::default()
            };
            let places = bench.move_places(transfer, &asked.location_ids).await?;
            prepared.locked_out += places.locked_out;
            prepared.effects.extend(places.effects);
        }
        Ok(prepared)
    }
}
