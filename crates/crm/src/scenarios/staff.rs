//! A rep leaves, or one more joins.

use std::collections::{BTreeMap, BTreeSet};

use geo_types::MultiPolygon;
use geom::LngLat;
use serde_json::{Map, Value};
use territory::design::{DesignError, Measure, Settings, join as design_join, leave as design_leave};

use super::change::{Joining, Leaving};
use super::draft::ground_of;
use super::effect::{Add, Effect, Member, Remove, Transfer};
use super::fields::checked_name;
use super::ground;
use super::prepare::{Bench, Prepared};
use super::ring::{Ring, claimed, patch, within};
use super::sharing::Sharing;
use crate::problem::Problem;
use crate::territories::{Standing, free_colour};

/// What is evened out when people come and go: hours, or places where nobody has a rhythm of visits.
pub(super) fn workload(ring: &Ring) -> Measure {
    let today = ring.today();
    let hours = ring.values("hours", &today);
    let (name, values) = if hours.iter().sum::<f64>() > 0.0 {
        ("hours", hours)
    } else {
        ("places", ring.values("places", &today))
    };
    Measure {
        name: name.to_owned(),
        values,
        tolerance: None,
    }
}

pub(super) fn refused(error: &DesignError) -> Problem {
    let code = match error {
        DesignError::Impossible { .. } => "impossible-range",
        _ => "cannot-be-designed",
    };
    let mut words = error.to_string();
    if let Some(first) = words.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    Problem::bad("", code, format!("{words}."))
}

impl Bench<'_> {
    /// Unlocked territories of a line that have ground.
    pub fn unlocked_with_ground(&self, line: Option<&str>) -> Vec<Standing> {
        let draft = self.branch.draft();
        draft
            .territories
            .iter()
            .filter(|t| t.line() == line && !draft.locked.contains(t.id()) && t.shape.is_some())
            // What stands above others in the tree shares nobody out: its branches do.
            .filter(|t| {
                !draft
                    .territories
                    .iter()
                    .any(|o| o.record.text("parent_id") == Some(t.id()))
            })
            .cloned()
            .collect()
    }
}

/// What becomes of the ground of a territory that goes: each neighbour gets what lies around its new customers, and ground
/// in which there is nobody goes along with what it borders on; beside nobody, to `most`.
fn heirs(
    ring: &Ring,
    shapes: &BTreeMap<u32, MultiPolygon>,
    customers: &[Vec<LngLat>],
    leaver: usize,
    most: Option<usize>,
) -> Vec<(usize, MultiPolygon)> {
    let ground = claimed(&ring.seats[leaver]);
    let mut sharing = Sharing::default();
    let mut left = ground.clone();
    for (seat, standing) in (0..)
        .zip(&ring.seats)
        .filter(|(seat, _)| *seat as usize != leaver)
    {
        sharing.keep(seat, ground_of(standing));
        let part = shapes.get(&seat).map(|shape| ground::shared(shape, &ground));
        if let Some(part) = part.filter(|p| !p.0.is_empty())
            && sharing.give(seat, &part, &customers[seat as usize])
        {
            left = ground::without(&left, &part);
        }
    }
    let most = most.and_then(|seat| u32::try_from(seat).ok());
    sharing.open(most, ground::without_slivers(left));
    let changed = |(seat, area): (u32, MultiPolygon)| {
        let old = ground_of(&ring.seats[seat as usize]);
        let more = ground::without_slivers(ground::without(&area, &old));
        (!more.0.is_empty()).then_some((seat as usize, area))
    };
    sharing.done().into_iter().filter_map(changed).collect()
}

/// The ground of a newcomer, cut out of that of its surroundings: everybody keeps what lies around their customers.
fn parted(
    ring: &Ring,
    shapes: &BTreeMap<u32, MultiPolygon>,
    customers: &[Vec<LngLat>],
    newcomer: u32,
) -> BTreeMap<u32, MultiPolygon> {
    let mut sharing = Sharing::default();
    let Some(shape) = shapes.get(&newcomer).filter(|s| !s.0.is_empty()) else {
        return BTreeMap::new();
    };
    if !sharing.give(newcomer, shape, &customers[newcomer as usize]) {
        sharing.keep(newcomer, shape.clone());
    }
    let mut touched = BTreeSet::from([newcomer]);
    for (seat, standing) in (0..).zip(&ring.seats) {
        let old = ground_of(standing);
        if ground::shared(&old, shape).0.is_empty() {
            sharing.keep(seat, old);
            continue;
        }
        touched.insert(seat);
        let left = ground::without_slivers(ground::without(&old, shape));
        if !sharing.give(seat, &left, &customers[seat as usize]) {
            sharing.keep(seat, left);
        }
    }
    let mut areas = sharing.done();
    let is_changed = |seat: u32, area: &MultiPolygon| {
        let old = ring.seats.get(seat as usize).map(ground_of);
        old.is_none_or(|old| !ground::without_slivers(ground::without(area, &old)).0.is_empty())
    };
    areas.retain(|seat, area| touched.contains(seat) || is_changed(*seat, area));
    areas
}

/// The customers of a territory go to its neighbours, evenly; the territory goes.
pub(super) async fn leave(bench: &Bench<'_>, asked: &Leaving) -> Result<Prepared, Problem> {
    let standing = bench.territory(&asked.territory_id, "/territory_id").await?;
    let standing = bench.unlocked(standing)?.clone();
    let mut seats = bench.unlocked_with_ground(standing.line());
    let leaver = match seats.iter().position(|t| t.id() == standing.id()) {
        Some(position) => position,
        None => {
            seats.push(standing.clone());
            seats.len() - 1
        }
    };
    if seats.len() < 2 {
        return Err(Problem::conflict(
            "nobody-left",
            "There is no other unlocked territory that could take over.",
        ));
    }
    let ring = bench.ring(seats).await?;
    let draft = bench.branch.draft().clone();
    let name = standing.name().to_owned();
    let work = move || {
        let leaver_seat = leaver as u32;
        let theirs = ring.units.iter().filter(|u| u.seat == leaver_seat).count();
        let mut effects: Vec<Effect> = Vec::new();
        let mut wanted: Vec<Option<String>> = vec![None; ring.units.len()];
        if theirs > 0 {
            let problem = ring.problem(vec![workload(&ring)], Some(leaver_seat), 0);
            let plan = design_leave(&problem, leaver_seat, &Settings::default()).map_err(|e| refused(&e))?;
            let mut gains = vec![0usize; ring.seats.len()];
            for (unit, seat) in ring.units.iter().zip(&plan.assignment) {
                if unit.seat == leaver_seat
                    && let Some(seat) = seat
                {
                    gains[*seat as usize] += 1;
                }
            }
            let most = (0..gains.len())
                .filter(|s| *s != leaver)
                .max_by_key(|s| gains[*s]);
            let mut patches = vec![patch(&standing, MultiPolygon::new(Vec::new()))?];
            for (seat, area) in heirs(
                &ring,
                &ring.shapes(&problem, &plan),
                &ring.customers(&plan),
                leaver,
                most,
            ) {
                patches.push(patch(&ring.seats[seat], area)?);
            }
            effects.push(within(patches));
            for (i, unit) in ring.units.iter().enumerate() {
                if unit.seat == leaver_seat {
                    let seat = plan.assignment[i].map(|s| s as usize).or(most);
                    wanted[i] = seat.map(|s| ring.seats[s].id().to_owned());
                }
            }
        }
        effects.push(Effect::Remove(Remove {
            territory_id: standing.id().to_owned(),
            to: None,
        }));
        effects.extend(ring.corrections(&draft, &effects, &wanted)?);
        Ok::<_, Problem>(effects)
    };
    let effects = tokio::task::spawn_blocking(work)
        .await
        .map_err(Problem::unexpected)??;
    Ok(Prepared {
        effects,
        title: Some(format!("{name} is given up, its customers go to the neighbours")),
        ..Prepared::default()
    })
}

/// One territory more, taken from its surroundings.
pub(super) async fn join(bench: &Bench<'_>, asked: &mut Joining) -> Result<Prepared, Problem> {
    let name = checked_name(&asked.name)?;
    let mut seats: Vec<Standing> = Vec::new();
    for (i, id) in asked.among.iter().enumerate() {
        let standing = bench.territory(id, &format!("/among/{i}")).await?;
        seats.push(bench.unlocked(standing)?.clone());
    }
    if seats.is_empty() {
        seats = bench.unlocked_with_ground(None);
    }
    let line = seats.first().and_then(|t| t.line()).map(str::to_owned);
    if seats.is_empty() || seats.iter().any(|t| t.line() != line.as_deref()) {
        return Err(Problem::bad(
            "/among",
            "no-surroundings",
            "A new territory is taken from unlocked territories of one product line. Name at least one.",
        ));
    }
    let home = match (asked.lng, asked.lat) {
        (Some(lng), Some(lat)) => Some(
            LngLat::new(lng, lat)
                .map_err(|error| Problem::bad("/lng", "not-on-earth", format!("{error}.")))?,
        ),
        _ => None,
    };
    let owner = asked.owner_id.iter().map(|user| Member {
        user_id: user.clone(),
        role: "owner".into(),
        share: None,
    });
    let members = bench.checked_members(owner.collect()).await?;
    let id = asked.territory_id.clone().unwrap_or_else(records::new_id);
    asked.territory_id = Some(id.clone());
    let mut fields: Map<String, Value> = Map::new();
    fields.insert("name".into(), name.as_str().into());
    let around = seats.first().and_then(|t| t.shape.clone());
    let colour = free_colour(bench.branch.layout(), around.as_ref().map(|s| *s.bbox()));
    fields.insert("colour".into(), colour.into());
    fields.insert("line".into(), line.map_or(Value::Null, Value::from));
    let parents: BTreeSet<_> = seats.iter().map(|t| t.record.text("parent_id")).collect();
    if let [Some(parent)] = parents.into_iter().collect::<Vec<_>>()[..] {
        fields.insert("parent_id".into(), parent.into());
    }
    let add = Effect::Add(Add {
        territory_id: id.clone(),
        fields,
        members,
    });
    let ring = bench.ring(seats).await?;
    let draft = bench.branch.draft().clone();
    let work = move || {
        let problem = ring.problem(vec![workload(&ring)], None, 1);
        let plan = design_join(&problem, home, &Settings::default()).map_err(|e| refused(&e))?;
        let new_seat = ring.seats.len() as u32;
        let mut areas = parted(
            &ring,
            &ring.shapes(&problem, &plan),
            &ring.customers(&plan),
            new_seat,
        );
        let taken = areas
            .remove(&new_seat)
            .unwrap_or_else(|| MultiPolygon::new(Vec::new()));
        let mut with_new = draft.clone();
        with_new.apply(&add)?;
        let newcomer = with_new
            .get(&id)
            .ok_or_else(|| Problem::unexpected("a new territory is gone"))?;
        let mut patches = vec![patch(newcomer, taken)?];
        for (seat, left) in areas {
            patches.push(patch(&ring.seats[seat as usize], left)?);
        }
        let mut effects = vec![add, within(patches)];
        let owner = |seat: &Option<u32>| {
            let seat = *seat.as_ref()?;
            Some(
                ring.seats
                    .get(seat as usize)
                    .map_or_else(|| id.clone(), |t| t.id().to_owned()),
            )
        };
        let wanted: Vec<Option<String>> = plan.assignment.iter().map(owner).collect();
        let mut transfers = ring.corrections(&draft, &effects, &wanted)?;
        transfers.retain(|e| !matches!(e, Effect::Transfer(Transfer { take, .. }) if take.is_empty()));
        effects.extend(transfers);
        Ok::<_, Problem>(effects)
    };
    let effects = tokio::task::spawn_blocking(work)
        .await
        .map_err(Problem::unexpected)??;
    Ok(Prepared {
        effects,
        title: Some(format!("One territory more: {name}")),
        ..Prepared::default()
    })
}
