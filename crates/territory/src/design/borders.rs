//! Shapes of territories that agree with who has whom: neighbours share their borders, and every customer lies inside its own.
//!
//! The corridor between two territories' customers is the strip of Delaunay triangles with corners on both sides. Any line that keeps to the
//! strip parts the customers as the plan does, so the border may be straightened or laid on a street or river inside it.

use std::collections::HashMap;

use geo::orient::Direction;
use geo::{BooleanOps, Orient};
use geo_types::{Coord, LineString, MultiPolygon, Polygon};
use geom::LngLat;

use super::arcs::{Arc, OUTSIDE, Segment, join, rings};
use super::graph::mesh;
use super::plan::Plan;
use super::problem::Problem;
use super::projection::EqualArea;
use super::simplify::straighten;
use super::snap::lay;

/// Borders of a plan.
#[derive(Clone, Debug)]
pub struct Borders {
    pub(crate) map: EqualArea,
    pub(crate) arcs: Vec<Arc>,
    /// Points of each arc, km.
    pub(crate) lines: Vec<Vec<[f64; 2]>>,
    /// For each point of each arc, the two customers between whom it passes; none at corners where three meet.
    pub(crate) between: Vec<Vec<Option<[u32; 2]>>>,
    /// Whether the point lies on a line that the border was laid on.
    pub(crate) fixed: Vec<Vec<bool>>,
    /// Customers, then sites of the rim around all.
    pub(crate) sites: Vec<[f64; 2]>,
    /// Seat of each site; [`OUTSIDE`] for the rim.
    pub(crate) label: Vec<u32>,
    /// Corners of triangles with more than one label.
    pub(crate) strip: Vec<[u32; 3]>,
}

impl Borders {
    /// Halfway between neighbouring customers of different seats, and at some distance around all. Units without a place or a seat have no part in
    /// it.
    #[must_use]
    pub fn around(problem: &Problem, plan: &Plan) -> Self {
        let map = EqualArea::around(problem.places.iter().flatten().copied());
        let mut at = Vec::new();
        let mut label = Vec::new();
        for (place, seat) in problem.places.iter().zip(&plan.assignment) {
            if let (Some(place), Some(seat)) = (place, seat) {
                at.push(map.project(*place));
                label.push(*seat);
            }
        }
        Self::of_points(map, &at, label)
    }

    pub(crate) fn of_points(map: EqualArea, at: &[[f64; 2]], mut label: Vec<u32>) -> Self {
        let nothing = Self {
            map,
            arcs: Vec::new(),
            lines: Vec::new(),
            between: Vec::new(),
            fixed: Vec::new(),
            sites: Vec::new(),
            label: Vec::new(),
            strip: Vec::new(),
        };
        let Some(mesh) = mesh(at) else { return nothing };
        label.resize(mesh.at.len(), OUTSIDE);
        let mut points: Vec<[f64; 2]> = Vec::new();
        let mut pairs: Vec<Option<[u32; 2]>> = Vec::new();
        let mut number: HashMap<[u32; 2], u32> = HashMap::new();
        let mut segments = Vec::new();
        let mut strip = Vec::new();
        for corners in &mesh.triangles {
            let labels = corners.map(|c| label[c as usize]);
            if labels[0] == labels[1] && labels[1] == labels[2] {
                continue;
            }
            strip.push(*corners);
            // Middles of the mixed sides, in the triangle's (counter-clockwise) order: (point, label before, label after).
            let mut mixed = Vec::new();
            for side in 0..3 {
                let (a, b) = (corners[side], corners[(side + 1) % 3]);
                if label[a as usize] != label[b as usize] {
                    let key = [a.min(b), a.max(b)];
                    let p = *number.entry(key).or_insert_with(|| {
                        let (p, q) = (mesh.at[a as usize], mesh.at[b as usize]);
                        points.push([(p[0] + q[0]) / 2.0, (p[1] + q[1]) / 2.0]);
                        pairs.push(Some(key));
                        points.len() as u32 - 1
                    });
                    mixed.push((p, label[a as usize], label[b as usize]));
                }
            }
            if let [first, second] = mixed[..] {
                // Leaving by a side that goes from label x to y counter-clockwise has y on the left.
                segments.push(Segment {
                    from: first.0,
                    to: second.0,
                    left: second.2,
                    right: second.1,
                });
            } else {
                let [a, b, c] = corners.map(|c| mesh.at[c as usize]);
                points.push([(a[0] + b[0] + c[0]) / 3.0, (a[1] + b[1] + c[1]) / 3.0]);
                pairs.push(None);
                let middle = points.len() as u32 - 1;
                for (p, before, after) in mixed {
                    segments.push(Segment {
                        from: middle,
                        to: p,
                        left: after,
                        right: before,
                    });
                }
            }
        }
        let arcs = join(points.len(), &segments);
        let of = |arc: &Arc| -> Vec<[f64; 2]> { arc.points.iter().map(|p| points[*p as usize]).collect() };
        Self {
            lines: arcs.iter().map(of).collect(),
            between: arcs
                .iter()
                .map(|a| a.points.iter().map(|p| pairs[*p as usize]).collect())
                .collect(),
            fixed: arcs.iter().map(|a| vec![false; a.points.len()]).collect(),
            arcs,
            sites: mesh.at,
            label,
            strip,
            ..nothing
        }
    }

    /// Straightened as far as no customer changes hands and no two borders touch; what lies on lines stays.
    #[must_use]
    pub fn simplified(&self) -> Self {
        straighten(self)
    }

    /// Laid on the lines (streets, rivers, administrative borders) wherever they run along a corridor between two territories' customers. To be
    /// asked before [`simplified`](Self::simplified), which takes corridors away.
    #[must_use]
    pub fn snapped(&self, lines: &[Vec<LngLat>]) -> Self {
        lay(self, lines)
    }

    /// The borders of what is above: regions of territories, `upper` having the region of each seat. What remains are the very same lines, so
    /// that borders nest to the last digit; seats without a region are left out. To be asked last, after lines are laid and straightened.
    #[must_use]
    pub fn grouped(&self, upper: &[Option<u32>]) -> Self {
        let above = |label: u32| upper.get(label as usize).copied().flatten().unwrap_or(OUTSIDE);
        let mut out = Self {
            arcs: Vec::new(),
            lines: Vec::new(),
            between: Vec::new(),
            fixed: Vec::new(),
            label: self.label.iter().map(|l| above(*l)).collect(),
            ..self.clone()
        };
        for (i, arc) in self.arcs.iter().enumerate() {
            let (left, right) = (above(arc.left), above(arc.right));
            if left != right {
                out.arcs.push(Arc {
                    left,
                    right,
                    ..arc.clone()
                });
                out.lines.push(self.lines[i].clone());
                out.between.push(self.between[i].clone());
                out.fixed.push(self.fixed[i].clone());
            }
        }
        out
    }

    /// As [`shapes`](Self::shapes), cut to a service area (which may have holes where nobody goes). A seat with nothing inside has no shape. Where
    /// a shared border meets the edge of the area, its two sides end at the same place to within about a millimetre.
    #[must_use]
    pub fn shapes_within(&self, area: &MultiPolygon) -> Vec<(u32, MultiPolygon)> {
        self.shapes()
            .into_iter()
            .map(|(seat, shape)| (seat, shape.intersection(area).orient(Direction::Default)))
            .filter(|(_, shape)| !shape.0.is_empty())
            .collect()
    }

    /// Points on all borders; each shared one counts once.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lines.iter().map(Vec::len).sum()
    }

    /// Whether there are no borders, for want of customers.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The shape of every seat that has a customer, by seat; exteriors counter-clockwise, in degrees.
    #[must_use]
    pub fn shapes(&self) -> Vec<(u32, MultiPolygon)> {
        let mut shapes: Vec<(u32, MultiPolygon)> = rings(&self.arcs, &self.lines)
            .into_iter()
            .map(|(label, rings)| (label, self.polygons(rings)))
            .collect();
        shapes.sort_by_key(|s| s.0);
        shapes
    }

    fn polygons(&self, rings: Vec<Vec<[f64; 2]>>) -> MultiPolygon {
        let (mut outer, inner): (Vec<_>, Vec<_>) = rings.into_iter().partition(|r| area(r) > 0.0);
        // Smallest first, so that a hole goes to the innermost ring around it.
        outer.sort_by(|a, b| area(a).total_cmp(&area(b)));
        let mut holes: Vec<Vec<LineString>> = vec![Vec::new(); outer.len()];
        for hole in inner {
            let middle = [0, 1].map(|d| (hole[0][d] + hole[1][d]) / 2.0);
            if let Some(around) = outer.iter().position(|ring| inside(ring, middle)) {
                holes[around].push(self.degrees(&hole));
            }
        }
        outer
            .iter()
            .zip(holes)
            .map(|(ring, holes)| Polygon::new(self.degrees(ring), holes))
            .collect()
    }

    fn degrees(&self, ring: &[[f64; 2]]) -> LineString {
        ring.iter()
            .map(|p| {
                let place = self.map.unproject(*p);
                Coord {
                    x: place.lng(),
                    y: place.lat(),
                }
            })
            .collect()
    }
}

/// Of a closed ring, positive counter-clockwise.
pub(crate) fn area(ring: &[[f64; 2]]) -> f64 {
    ring.windows(2)
        .map(|w| w[0][0] * w[1][1] - w[1][0] * w[0][1])
        .sum::<f64>()
        / 2.0
}

/// Whether the point is inside a closed ring.
pub(crate) fn inside(ring: &[[f64; 2]], p: [f64; 2]) -> bool {
    ring.windows(2)
        .filter(|w| {
            (w[0][1] > p[1]) != (w[1][1] > p[1])
                && p[0] < (w[1][0] - w[0][0]) * (p[1] - w[0][1]) / (w[1][1] - w[0][1]) + w[0][0]
        })
        .count()
        % 2
        == 1
}
