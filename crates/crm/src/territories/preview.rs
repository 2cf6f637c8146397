//! What a change of territories would do, on both sides, before anything is written; and what a lasso holds.

use std::collections::{BTreeMap, HashMap};

use geo::{BooleanOps, GeodesicArea};
use points::{Filter, Found, Shape as Points};
use territory::{Shape, TerritoryId};

use super::edit::unborn;
use super::holdings::{Holdings, rows_of, territory_of};
use super::layout::{Layout, areas_of, candidate_number, line_number, number};
use super::totals::Sums;
use crate::live::{State, id_text};

/// The change asked about.
#[derive(Clone, Debug)]
pub(super) enum Change {
    /// A territory (`None`: a new one) gets this area.
    Area(Option<String>, Shape),
    /// A territory (`None`: a new one) takes these locations by name.
    Names(Option<String>, Vec<String>),
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
    pub overlaps: Vec<Shared>,
}

/// Moves that are listed one by one.
const LISTED: usize = 200;
/// Shared ground smaller than this, in square metres, is rounding along a border.
const LEAST_SHARED: f64 = 1.0;

/// Works it out. `filter` is what the viewer may see.
pub(super) fn preview(
    layout: &Layout,
    state: &State,
    filter: &Filter,
    holdings: &Holdings,
    in_lines: &[(String, String)],
    change: &Change,
) -> Result<Preview, points::Error> {
    let view = state.index.view(filter)?;
    let (target, rows) = match change {
        Change::Area(id, shape) => {
            let old = id
                .as_deref()
                .and_then(|id| layout.get(id))
                .and_then(|t| t.shape.as_ref());
            let mut rows = view.rows_in(&Points::bbox(*shape.bbox()));
            if let Some(old) = old {
                let again = |row: &Found<'_>| row.place().is_some_and(|p| shape.bbox().contains(p));
                rows.extend(
                    view.rows_in(&Points::bbox(*old.bbox()))
                        .into_iter()
                        .filter(|row| !again(row)),
                );
            }
            (id.as_deref().map_or_else(unborn, number), rows)
        }
        Change::Names(id, locations) => (
            id.as_deref().map_or_else(unborn, number),
            rows_of(&state.index, &view, locations),
        ),
    };
    let territory = layout.by_number(target);
    let line = territory.and_then(|t| t.line());
    let index = match change {
        Change::Area(_, shape) => Some(layout.index.with(target, areas_after(layout, target, shape))),
        Change::Names(..) => None,
    };
    let line_holder: HashMap<&str, &str> = match line {
        Some(_) => in_lines
            .iter()
            .filter(|(_, t)| layout.get(t).is_some_and(|t| t.line() == line))
            .map(|(location, t)| (location.as_str(), t.as_str()))
            .collect(),
        None => HashMap::new(),
    };

    let mut moved: Vec<Moved> = Vec::new();
    let mut gains: BTreeMap<Option<TerritoryId>, (Sums, Sums, u64)> = BTreeMap::new();
    for row in &rows {
        let location = id_text(row.id());
        let from = match line {
            None => territory_of(row, layout),
            Some(_) => line_holder.get(location.as_str()).copied(),
        };
        let from = from.map(number);
        let candidate = candidate_number(&location);
        let to = match (&index, row.place()) {
            // What is taken by name is had: names come before all other rules, and whoever named it gives it up.
            (None, _) => Some(target),
            (Some(index), Some(place)) if !layout.is_named(candidate) => {
                index.owner_at(place, line.map(line_number))
            }
            (Some(index), place) => {
                let candidate = territory::Candidate {
                    id: candidate,
                    place,
                    attributes: BTreeMap::new(),
                };
                index.decide(&candidate, line.map(line_number)).territory()
            }
        };
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
    moved.sort_by(|a, b| (&a.name, &a.location_id).cmp(&(&b.name, &b.location_id)));
    moved.truncate(LISTED);
    let overlaps = match change {
        Change::Area(id, shape) => shared(layout, &view, id.as_deref(), line, shape)?,
        Change::Names(..) => Vec::new(),
    };
    Ok(Preview {
        sides: sides.into_iter().map(|s| s.1).collect(),
        moved,
        moved_count,
        overlaps,
    })
}

/// The claims of the territory with another shape.
fn areas_after(layout: &Layout, target: TerritoryId, shape: &Shape) -> Vec<territory::Area> {
    let standing = layout.by_number(target);
    let record = standing.map(|t| t.record.clone()).unwrap_or_else(nameless);
    let named = standing.map(|t| t.named.as_slice()).unwrap_or_default().iter();
    let mut areas = areas_of(target, &record, Some(shape.clone()), named.map(String::as_str));
    areas.extend(standing.and_then(|t| t.left_out()));
    areas
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
        if ground.geodesic_area_unsigned() < LEAST_SHARED {
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
