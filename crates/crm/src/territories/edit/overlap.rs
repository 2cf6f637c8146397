//! Two territories of one line claim the same ground: a rule is chosen, and each customer has one owner again.

use geo::{BooleanOps, Centroid, GeodesicArea};
use geo_types::{Coord, LineString, MultiPolygon, Polygon};
use records::{At, Author, Op, Store, Written, fields};
use serde::{Deserialize, Serialize};
use territory::Shape;
use utoipa::ToSchema;

use super::super::layout::{Layout, Standing};
use super::super::present::present;
use super::next::{Next, geometry_value, next_version};
use super::seen;
use crate::problem::Problem;

/// How an overlap is settled.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(tag = "rule", rename_all = "snake_case")]
pub(crate) enum OverlapRule {
    /// The winner gets the higher priority; both borders stay.
    Priority { winner: String },
    /// The territory goes to a product line of its own: both have the customers, each for its line.
    Line { territory: String, line: String },
    /// The ground is cut out of the other's drawn area.
    Cut { winner: String },
    /// The ground is divided along the line that is equally far from both middles.
    Split,
}

/// Settles what two territories both claim.
///
/// # Errors
/// They do not overlap, or are not of one line; a rule that needs drawn areas meets one that is made otherwise.
pub(crate) async fn settle_overlap(
    store: &Store,
    author: &Author,
    (a, b): (&str, &str),
    rule: &OverlapRule,
) -> Result<Written, Problem> {
    let layout = Layout::load(store, At::PRESENT).await?;
    let (a, b) = (
        seen(store, author, &layout, a).await?,
        seen(store, author, &layout, b).await?,
    );
    let none = || {
        Problem::conflict(
            "no-overlap",
            format!("{} and {} claim no ground both.", a.name(), b.name()),
        )
    };
    if a.line() != b.line() {
        return Err(none());
    }
    let shared = match (a.ground(), b.ground()) {
        (Some(a), Some(b)) => a.intersection(b),
        _ => return Err(none()),
    };
    if shared.geodesic_area_signed().abs() < 1.0 {
        return Err(none());
    }
    let one_of = |id: &str| match id {
        id if id == a.id() => Ok((a, b)),
        id if id == b.id() => Ok((b, a)),
        _ => Err(Problem::bad(
            "/rule",
            "not-concerned",
            "The rule names neither of the two territories.",
        )),
    };
    let at = present(store).await?;
    let ops = match rule {
        OverlapRule::Priority { winner } => {
            let (winner, other) = one_of(winner)?;
            let priority = |t: &Standing| t.record.integer("priority").unwrap_or(0);
            if priority(winner) > priority(other) {
                Vec::new()
            } else {
                vec![update(
                    winner,
                    "priority",
                    (priority(other).saturating_add(1)).into(),
                )]
            }
        }
        OverlapRule::Line { territory, line } => {
            let (territory, _) = one_of(territory)?;
            let line = line.trim();
            if line.is_empty() || Some(line) == territory.line() {
                return Err(Problem::bad(
                    "/rule/line",
                    "required",
                    "Name another product line.",
                ));
            }
            vec![update(territory, "line", line.into())]
        }
        OverlapRule::Cut { winner } => {
            let (winner, other) = one_of(winner)?;
            let rest = drawn(other)?.difference(winner.ground().unwrap_or(&MultiPolygon(Vec::new())));
            redrawn(store, author, other, &rest, at).await?
        }
        OverlapRule::Split => {
            let (of_a, of_b) = (drawn(a)?, drawn(b)?);
            let [half_a, half_b] = halves(&of_a.difference(of_b), &of_b.difference(of_a), &shared);
            let mut ops = redrawn(
                store,
                author,
                a,
                &of_a.difference(&shared.intersection(&half_b)),
                at,
            )
            .await?;
            ops.extend(
                redrawn(
                    store,
                    author,
                    b,
                    &of_b.difference(&shared.intersection(&half_a)),
                    at,
                )
                .await?,
            );
            ops.sort_by_key(|op| !matches!(op, Op::Update { .. }));
            ops
        }
    };
    Ok(store.write(author, ops).await?)
}

fn update(territory: &Standing, field: &str, value: serde_json::Value) -> Op {
    Op::Update {
        type_name: "territory".into(),
        id: territory.id().to_owned(),
        version: Some(territory.record.version),
        patch: fields([(field, value)]),
    }
}

fn drawn(territory: &Standing) -> Result<&MultiPolygon<f64>, Problem> {
    let shape = territory.shape.as_ref().ok_or_else(|| {
        Problem::conflict(
            "not-drawn",
            format!(
                "{} is made of blocks or of a reach, which are not cut. Choose a priority, or edit its border first.",
                territory.name()
            ),
        )
    })?;
    Ok(shape.polygons())
}

async fn redrawn(
    store: &Store,
    author: &Author,
    territory: &Standing,
    area: &MultiPolygon<f64>,
    at: geom::Timestamp,
) -> Result<Vec<Op>, Problem> {
    // What is left over in slivers along the cut is no area.
    let parts: Vec<Polygon<f64>> = area
        .iter()
        .filter(|p| p.geodesic_area_signed().abs() >= 1.0)
        .cloned()
        .collect();
    let shape = Shape::parse(MultiPolygon(parts.clone())).or_else(|_| Shape::mended(MultiPolygon(parts)));
    let shape = shape.map_err(|_| {
        Problem::conflict(
            "nothing-left",
            format!(
                "Nothing would be left of {}: it lies within the other. Choose a priority instead.",
                territory.name()
            ),
        )
    })?;
    let next = Next {
        geometry: Some(geometry_value(&shape)?),
        ..Next::default()
    };
    next_version(store, territory, author, "Overlap settled", next, at).await
}

/// Two halves of the plane, the first on the side of `a`: the line between is equally far from the middles of what
/// each has alone.
fn halves(
    a: &MultiPolygon<f64>,
    b: &MultiPolygon<f64>,
    shared: &MultiPolygon<f64>,
) -> [MultiPolygon<f64>; 2] {
    let middle = |ground: &MultiPolygon<f64>| ground.centroid().map(Coord::from);
    let centre = middle(shared).unwrap_or(Coord { x: 0.0, y: 0.0 });
    // Degrees east are shorter than degrees north: a plane in which they are equally long.
    let narrow = centre.y.to_radians().cos().max(0.01);
    let flat = |c: Coord<f64>| ((c.x - centre.x) * narrow, c.y - centre.y);
    let (ax, ay) = flat(middle(a).unwrap_or(Coord {
        x: centre.x - 1.0,
        y: centre.y,
    }));
    let (bx, by) = flat(middle(b).unwrap_or(Coord {
        x: centre.x + 1.0,
        y: centre.y,
    }));
    let length = (bx - ax).hypot(by - ay);
    let (dx, dy) = if length > 1e-12 {
        ((bx - ax) / length, (by - ay) / length)
    } else {
        (1.0, 0.0)
    };
    // The middle between the two may lie off the shared ground; then the line goes through the ground's own middle.
    let (mx, my) = ((ax + bx) / 2.0, (ay + by) / 2.0);
    let far = 20.0;
    let side = |sign: f64| {
        let corner = |along: f64, across: f64| Coord {
            x: centre.x + (mx + along * dx * sign - across * dy) / narrow,
            y: centre.y + my + along * dy * sign + across * dx,
        };
        let ring = vec![
            corner(0.0, -far),
            corner(far, -far),
            corner(far, far),
            corner(0.0, far),
        ];
        MultiPolygon(vec![Polygon::new(LineString(ring), Vec::new())])
    };
    let sides = [side(-1.0), side(1.0)];
    let halved = sides
        .iter()
        .all(|half| shared.intersection(half).geodesic_area_signed().abs() >= 1.0);
    if halved {
        return sides;
    }
    let through = |sign: f64| {
        let corner = |along: f64, across: f64| Coord {
            x: centre.x + (along * dx * sign - across * dy) / narrow,
            y: centre.y + along * dy * sign + across * dx,
        };
        let ring = vec![
            corner(0.0, -far),
            corner(far, -far),
            corner(far, far),
            corner(0.0, far),
        ];
        MultiPolygon(vec![Polygon::new(LineString(ring), Vec::new())])
    };
    [through(-1.0), through(1.0)]
}
