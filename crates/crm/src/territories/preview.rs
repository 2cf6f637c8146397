//! What a change of territories would do, on both sides, before anything is written; and what a lasso holds.

use std::collections::{BTreeMap, HashMap};

use geo::{BooleanOps, GeodesicArea};
use geom::BBox;
use points::{Filter, Found, Shape as Points};
use territory::{Area, Shape, TerritoryId, TerritoryIndex};

use super::claims::Claims;
use super::edit::unborn;
use super::facts::Known;
use super::holdings::{Holdings, rows_of, territory_of};
use super::layout::{Layout, Standing, candidate, candidate_number, line_number, number};
use super::standing::areas_of;
use super::totals::Sums;
use crate::live::{State, id_text};

/// The change asked about.
#[derive(Clone, Debug)]
pub(super) enum Change {
    /// A territory (`None`: a new one) gets this drawn area, these blocks, this reach and these rules.
    Extent(Option<String>, Option<Shape>, Box<Claims>),
    /// A territory (`None`: a new one) takes these locations by name.
    Names(Option<String>, Vec<String>),
}

impl Change {
    /// A territory gets another drawn area: blocks and reach go, rules stay.
    pub fn area(layout: &Layout, territory: Option<String>, shape: Shape) -> Self {
        let standing = territory.as_deref().and_then(|id| layout.get(id));
        let claims = Claims {
            rules: standing.map(|t| t.claims.rules.clone()).unwrap_or_default(),
            ..Claims::default()
        };
        Self::Extent(territory, Some(shape), Box::new(claims))
    }

    fn territory(&self) -> Option<&str> {
        match self {
            Self::Extent(id, ..) | Self::Names(id, _) => id.as_deref(),
        }
    }

    /// To answer, facts of customers are needed beside their places.
    pub fn reads_facts(&self, layout: &Layout) -> bool {
        let asks = |claims: &Claims| {
            !claims.rules.is_empty() || claims.blocks.iter().any(|block| block.area.is_none())
        };
        layout.reads_facts() || matches!(self, Self::Extent(_, _, claims) if asks(claims))
    }
}

/// One territory before and after; `None` is whoever has none.
#[derive(Clone, Copy, Debug)]
pub(super) struct Side {
    pub territory: Option<TerritoryId>,
    pub before: Sums,
    pub after: Sums,
}

/// A location that would change hands.
#[derive(Clone, Debug)]
pub(super) struct Moved {
    pub location_id: String,
    pub name: String,
    pub from: Option<TerritoryId>,
    pub to: Option<TerritoryId>,
}

/// A location, who has it and who would have it.
pub(super) type Transfer = (String, Option<TerritoryId>, Option<TerritoryId>);

/// Ground that the new area shares with another territory.
#[derive(Clone, Debug)]
pub(super) struct Shared {
    pub territory: TerritoryId,
    pub locations: u64,
}

/// What the change would do.
#[derive(Clone, Debug, Default)]
pub(super) struct Preview {
    /// The changed territory first, then the others by how much moves.
    pub sides: Vec<Side>,
    /// The first of those that move, by name.
    pub moved: Vec<Moved>,
    pub moved_count: u64,
    /// Whom all of them pass from and to; of the common line only, as those of others change no account.
    pub transfers: Vec<Transfer>,
    /// Locations on the ground asked about that stay with others, whose claims are stronger.
    pub stay_count: u64,
    pub overlaps: Vec<Shared>,
}

/// Moves that are listed one by one.
const LISTED: usize = 200;
/// Shared ground smaller than this, in square metres, is rounding along a border.
const LEAST_SHARED: f64 = 1.0;

/// Works it out. `filter` is what the viewer may see; `known` is loaded where
/// [`Change::reads_facts`] says so.
pub(super) fn preview(
    layout: &Layout,
    state: &State,
    filter: &Filter,
    holdings: &Holdings,
    in_lines: &[(String, String)],
    known: &Known,
    change: &Change,
) -> Result<Preview, points::Error> {
    let view = state.index.view(filter)?;
    let target = change.territory().map_or_else(unborn, number);
    let rows = match change {
        // Rules and codes concern whoever meets them, wherever that is.
        Change::Extent(..) if change.reads_facts(layout) => view.rows_in(&Points::everywhere()),
        Change::Extent(id, shape, claims) => {
            let old = id.as_deref().and_then(|id| layout.get(id));
            let old = old.map(Standing::shapes).unwrap_or_default();
            let new = claims.shapes();
            let boxes: Vec<BBox> = shape.iter().chain(&new).chain(old).map(|s| *s.bbox()).collect();
            let mut rows = Vec::new();
            for (i, within) in boxes.iter().enumerate() {
                let again = |row: &Found<'_>| {
                    row.place()
                        .is_some_and(|p| boxes[..i].iter().any(|b| b.contains(p)))
                };
                let found = view.rows_in(&Points::bbox(*within)).into_iter();
                rows.extend(found.filter(|row| !again(row)));
            }
            rows
        }
        Change::Names(_, locations) => rows_of(&state.index, &view, locations),
    };
    let territory = layout.by_number(target);
    let line = territory.and_then(|t| t.line());
    let index = match change {
        Change::Extent(_, shape, claims) => Some(index_after(layout, target, shape.as_ref(), claims)),
        Change::Names(..) => None,
    };
    let bare = !change.reads_facts(layout);
    let line_holder: HashMap<&str, &str> = match line {
        Some(_) => in_lines
            .iter()
            .filter(|(_, t)| layout.get(t).is_some_and(|t| t.line() == line))
            .map(|(location, t)| (location.as_str(), t.as_str()))
            .collect(),
        None => HashMap::new(),
    };

    let ground: Vec<Shape> = match change {
        Change::Extent(_, shape, claims) => shape.iter().cloned().chain(claims.shapes()).collect(),
        Change::Names(..) => Vec::new(),
    };
    let mut stay_count = 0;
    let mut moved: Vec<Moved> = Vec::new();
    let mut gains: BTreeMap<Option<TerritoryId>, (Sums, Sums, u64)> = BTreeMap::new();
    for row in &rows {
        let location = id_text(row.id());
        let from = match line {
            None => territory_of(row, layout),
            Some(_) => line_holder.get(location.as_str()).copied(),
        };
        let from = from.map(number);
        let number_of = candidate_number(&location);
        let to = match (&index, row.place()) {
            // What is taken by name is had: names come before all other rules, and whoever named it gives it up.
            (None, _) => Some(target),
            (Some(index), Some(place)) if bare && !layout.is_named(number_of) => {
                index.owner_at(place, line.map(line_number))
            }
            (Some(index), place) => {
                let candidate = candidate(&location, &known.of(&location, place));
                index.decide(&candidate, line.map(line_number)).territory()
            }
        };
        if to != Some(target) && row.place().is_some_and(|p| ground.iter().any(|s| s.contains(p))) {
            stay_count += 1;
        }
        if from == to {
            continue;
        }
        let sums = Sums::of(row);
        let giver = gains.entry(from).or_default();
        giver.1 += sums;
        giver.2 += 1;
        let taker = gains.entry(to).or_default();
        taker.0 += sums;
        taker.2 += 1;
        moved.push(Moved {
            location_id: location,
            name: row.text("name").unwrap_or_default().to_owned(),
            from,
            to,
        });
    }
    gains.entry(Some(target)).or_default();
    let mut sides: Vec<(u64, Side)> = gains
        .into_iter()
        .map(|(territory, (gain, loss, count))| {
            let before = match territory.map(|t| layout.by_number(t)) {
                Some(Some(standing)) => holdings.of(standing.id()),
                Some(None) => Sums::default(),
                // In a line of its own nobody counts whom it leaves out.
                None if line.is_some() => Sums::default(),
                None => holdings.without(),
            };
            let mut after = before;
            after += gain;
            after -= loss;
            (
                count,
                Side {
                    territory,
                    before,
                    after,
                },
            )
        })
        .collect();
    sides.sort_by_key(|(count, side)| {
        (
            side.territory != Some(target),
            std::cmp::Reverse(*count),
            side.territory,
        )
    });
    let moved_count = moved.len() as u64;
    let transfers = match line {
        None => moved
            .iter()
            .map(|m| (m.location_id.clone(), m.from, m.to))
            .collect(),
        Some(_) => Vec::new(),
    };
    moved.sort_by(|a, b| (&a.name, &a.location_id).cmp(&(&b.name, &b.location_id)));
    moved.truncate(LISTED);
    let overlaps = match change {
        Change::Extent(id, Some(shape), _) => shared(layout, &view, id.as_deref(), line, shape)?,
        _ => Vec::new(),
    };
    Ok(Preview {
        sides: sides.into_iter().map(|s| s.1).collect(),
        moved,
        moved_count,
        transfers,
        stay_count,
        overlaps,
    })
}

/// A territory that would be made, with its owner.
pub(super) fn thought_of(owner: Option<&str>) -> Standing {
    let member = |user: &str| records::Record {
        type_name: "territory_member".into(),
        fields: records::fields([("user_id", user.into()), ("role", "owner".into())]),
        ..nameless()
    };
    Standing::of(nameless(), None, owner.map(member).into_iter().collect())
}

/// All claims, with the territory's own changed, and those of rules that hold within it.
fn index_after(
    layout: &Layout,
    target: TerritoryId,
    shape: Option<&Shape>,
    claims: &Claims,
) -> TerritoryIndex {
    let standing = layout.by_number(target);
    let id = standing.map(Standing::id);
    let ground = |of: &str| -> Vec<Shape> {
        let branch = layout.branch(of).into_iter().filter(|t| Some(t.id()) != id);
        let mut shapes: Vec<Shape> = branch.flat_map(Standing::shapes).cloned().collect();
        if id.is_some_and(|id| layout.is_within(id, of)) {
            shapes.extend(shape.cloned());
            shapes.extend(claims.shapes());
        }
        shapes
    };
    let record = standing.map(|t| t.record.clone()).unwrap_or_else(nameless);
    let named = standing.map(|t| t.named.as_slice()).unwrap_or_default().iter();
    let plain = |areas: Vec<(Area, Option<String>)>| areas.into_iter().map(|(area, _)| area).collect();
    let mut own = areas_of(
        target,
        &record,
        shape.cloned(),
        named.map(String::as_str),
        claims.extents(&ground),
    );
    own.extend(standing.and_then(Standing::left_out).map(|area| (area, None)));
    let mut index = layout.index.with(target, plain(own));
    for other in layout.ruled_within().filter(|t| Some(t.id()) != id) {
        index = index.with(number(other.id()), plain(other.areas(&ground)));
    }
    index
}

/// A territory that is only a question: no line, no priority.
fn nameless() -> records::Record {
    records::Record {
        type_name: "territory".into(),
        id: String::new(),
        version: 0,
        recorded_at: geom::Timestamp(0),
        changed_by: None,
        change_set: String::new(),
        fields: serde_json::Map::new(),
    }
}

/// Other territories of the line whose drawn areas share ground with the shape, but for kin in the tree.
fn shared(
    layout: &Layout,
    view: &points::View<'_>,
    target: Option<&str>,
    line: Option<&str>,
    shape: &Shape,
) -> Result<Vec<Shared>, points::Error> {
    let mut found = Vec::new();
    for other in &layout.territories {
        let Some(theirs) = &other.shape else { continue };
        let kin =
            target.is_some_and(|id| layout.is_within(id, other.id()) || layout.is_within(other.id(), id));
        if kin || other.line() != line || !theirs.bbox().intersects(shape.bbox()) {
            continue;
        }
        let ground = shape.polygons().intersection(theirs.polygons());
        if ground.geodesic_area_signed().abs() < LEAST_SHARED {
            continue;
        }
        let locations = view.count_in(&Points::polygons(ground)?);
        found.push(Shared {
            territory: number(other.id()),
            locations,
        });
    }
    found.sort_by_key(|s| std::cmp::Reverse(s.locations));
    Ok(found)
}
