//! What is not right with the territories: ground that two claim, places that none has, places on no map.

use geo_types::MultiPolygon;
use geom::{BBox, LngLat, LocalMeters};
use points::{Filter, Shape as Points};
use territory::{Shape, TerritoryId};

use super::claims::Claims;
use super::layout::{Layout, Standing};
use crate::live::{State, id_text};

/// A place that an issue is about.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub location_id: String,
    pub name: String,
    pub place: Option<LngLat>,
}

/// Ground that two territories of one line claim.
#[derive(Clone, Debug)]
pub(super) struct Overlap {
    /// The one that has it first.
    pub territories: (TerritoryId, TerritoryId),
    pub ground: MultiPolygon<f64>,
    pub places: Vec<Place>,
}

/// A place without a territory.
#[derive(Clone, Debug)]
pub(super) struct Gap {
    pub place: Place,
    /// Id of the territory whose border is nearest.
    pub nearest: Option<String>,
}

/// All of it; lists are cut, counts are not.
#[derive(Clone, Debug, Default)]
pub(super) struct Issues {
    pub overlaps: Vec<Overlap>,
    pub gaps: Vec<Gap>,
    pub gap_count: u64,
    pub not_placed: Vec<Place>,
    pub not_placed_count: u64,
}

/// Places listed of each kind.
const LISTED: usize = 1_000;

fn gap_filter(filter: &Filter) -> Filter {
    filter.clone().and(Filter::Placed).and(Filter::Missing {
        column: "territory_id".into(),
    })
}

fn not_placed_filter(filter: &Filter) -> Filter {
    filter.clone().and(Filter::Not(Box::new(Filter::Placed)))
}

/// Somebody has laid claim to something: before that, everything would be a gap.
fn any_claim(layout: &Layout) -> bool {
    layout
        .territories
        .iter()
        .any(|t| t.shape.is_some() || !t.named.is_empty() || t.claims != Claims::default())
}

/// How many issues there are.
pub(super) fn count(layout: &Layout, state: &State, filter: &Filter) -> Result<u64, points::Error> {
    if !any_claim(layout) {
        return Ok(0);
    }
    let gaps = state.index.view(&gap_filter(filter))?.count();
    let not_placed = state.index.view(&not_placed_filter(filter))?.count();
    Ok(layout.overlaps().len() as u64 + gaps + not_placed)
}

/// Finds them. `filter` is what the viewer may see.
pub(super) fn find(layout: &Layout, state: &State, filter: &Filter) -> Result<Issues, points::Error> {
    if !any_claim(layout) {
        return Ok(Issues::default());
    }
    let view = state.index.view(filter)?;
    let mut issues = Issues::default();
    for overlap in layout.overlaps() {
        let places = places(view.rows_in(&Points::polygons(overlap.shape.clone())?));
        issues.overlaps.push(Overlap {
            territories: overlap.territories,
            ground: overlap.shape.clone(),
            places,
        });
    }
    // Where customers are concerned comes first; equal ones stay in the order of the layout.
    issues
        .overlaps
        .sort_by_key(|overlap| std::cmp::Reverse(overlap.places.len()));
    let gaps = state.index.view(&gap_filter(filter))?;
    issues.gap_count = gaps.count();
    issues.gaps = places(gaps.rows_in(&Points::everywhere()))
        .into_iter()
        .map(|place| Gap {
            nearest: place.place.and_then(|p| nearest(layout, p)),
            place,
        })
        .collect();
    let not_placed = state.index.view(&not_placed_filter(filter))?;
    issues.not_placed_count = not_placed.count();
    issues.not_placed = places(not_placed.rows_in(&Points::everywhere()));
    Ok(issues)
}

/// The first by name.
fn places(rows: Vec<points::Found<'_>>) -> Vec<Place> {
    let mut places: Vec<Place> = rows
        .into_iter()
        .map(|row| Place {
            location_id: id_text(row.id()),
            name: row.text("name").unwrap_or_default().to_owned(),
            place: row.place(),
        })
        .collect();
    places.sort_by(|a, b| (&a.name, &a.location_id).cmp(&(&b.name, &b.location_id)));
    places.truncate(LISTED);
    places
}

/// The territory of the common line whose border is nearest to a place outside all of them.
fn nearest(layout: &Layout, place: LngLat) -> Option<String> {
    let plane = &LocalMeters::at(place);
    let shaped = layout.territories.iter().filter(|t| t.line().is_none());
    let mut boxes: Vec<(f64, &Standing, &Shape)> = shaped
        .flat_map(|t| {
            let shapes = t.shapes().iter();
            shapes.map(move |shape| (to_box(plane, shape.bbox(), place), t, shape))
        })
        .collect();
    boxes.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| a.1.id().cmp(b.1.id())));
    let mut best: Option<(f64, &Standing)> = None;
    for (least, territory, shape) in boxes {
        if best.is_some_and(|(distance, _)| least > distance) {
            break;
        }
        let distance = to_border(plane, shape.polygons());
        if best.is_none_or(|(known, _)| distance < known) {
            best = Some((distance, territory));
        }
    }
    best.map(|(_, territory)| territory.id().to_owned())
}

/// Metres to the nearest point of a box: no border inside it is nearer.
fn to_box(plane: &LocalMeters, b: &BBox, place: LngLat) -> f64 {
    let (lng, lat) = (
        place.lng().clamp(b.west, b.east),
        place.lat().clamp(b.south, b.north),
    );
    LngLat::new(lng, lat).map_or(0.0, |p| {
        let [x, y] = plane.project(p);
        x.hypot(y)
    })
}

/// Metres from the plane's origin to the nearest border.
fn to_border(plane: &LocalMeters, polygons: &MultiPolygon<f64>) -> f64 {
    let rings = polygons
        .iter()
        .flat_map(|p| std::iter::once(p.exterior()).chain(p.interiors()));
    let corner =
        |c: geo_types::Coord<f64>| LngLat::new(c.x, c.y).map_or([f64::INFINITY; 2], |p| plane.project(p));
    rings
        .flat_map(|ring| ring.lines())
        .map(|edge| {
            let ([ax, ay], [bx, by]) = (corner(edge.start), corner(edge.end));
            let (dx, dy) = (bx - ax, by - ay);
            let length = dx * dx + dy * dy;
            let along = if length > 0.0 {
                (-(ax * dx + ay * dy) / length).clamp(0.0, 1.0)
            } else {
                0.0
            };
            (ax + along * dx).hypot(ay + along * dy)
        })
        .fold(f64::INFINITY, f64::min)
}
