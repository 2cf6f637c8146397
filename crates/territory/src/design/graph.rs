//! Who is beside whom: the Delaunay graph of the points with the lengths of the Voronoi borders, or a graph the caller gives.

use spade::{DelaunayTriangulation, HasPosition, Point2, Triangulation};

use super::noise::Noise;

/// An edge longer than this many times what is usual around its ends crosses water or wilderness; it joins nothing, unless nothing else does.
const LONG: f64 = 20.0;

/// One neighbour.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Link {
    pub to: u32,
    /// Length of the common border, km.
    pub border: f32,
    /// Whether the two are next to each other on the ground; long edges have a border but do not join.
    pub joined: bool,
}

/// Neighbours of every node.
#[derive(Clone, Debug, Default)]
pub(crate) struct Graph {
    start: Vec<u32>,
    links: Vec<Link>,
}

/// Three corners of a triangle; numbers from the count of points on are sites of the rim.
pub(crate) type Corner = [u32; 3];

/// The triangulation itself, for borders.
pub(crate) struct Mesh {
    /// Points, then sites of the rim.
    pub at: Vec<[f64; 2]>,
    pub triangles: Vec<Corner>,
}

struct Site {
    at: Point2<f64>,
    number: u32,
}

impl HasPosition for Site {
    type Scalar = f64;
    fn position(&self) -> Point2<f64> {
        self.at
    }
}

impl Graph {
    /// From pairs of neighbours, each once; `border` is the length of what they share.
    pub fn from_edges(nodes: usize, edges: &[(u32, u32, f32, bool)]) -> Self {
        let mut start = vec![0u32; nodes + 1];
        for (a, b, ..) in edges {
            start[*a as usize + 1] += 1;
            start[*b as usize + 1] += 1;
        }
        for i in 0..nodes {
            start[i + 1] += start[i];
        }
        let nothing = Link {
            to: 0,
            border: 0.0,
            joined: false,
        };
        let mut links = vec![nothing; start[nodes] as usize];
        let mut next = start.clone();
        for (a, b, border, joined) in edges {
            for (from, to) in [(*a, *b), (*b, *a)] {
                links[next[from as usize] as usize] = Link {
                    to,
                    border: *border,
                    joined: *joined,
                };
                next[from as usize] += 1;
            }
        }
        Self { start, links }
    }

    /// Of points; coincident ones are spread by less than a metre, so that each has neighbours.
    pub fn delaunay(points: &[[f64; 2]]) -> Self {
        let sites = spread(points);
        let rim = rim(points);
        let n = points.len() as u32;
        let Some(net) = triangulate(&sites, &rim) else {
            return Self::from_edges(points.len(), &[]);
        };
        let mut edges = Vec::with_capacity(points.len() * 3);
        for edge in net.undirected_edges() {
            let [a, b] = edge.vertices().map(|v| v.data().number);
            if a >= n || b >= n {
                continue;
            }
            let directed = edge.as_directed();
            let side = |e: spade::handles::DirectedEdgeHandle<'_, Site, (), (), ()>| {
                e.face().as_inner().map(|f| f.circumcenter())
            };
            let border = match (side(directed), side(directed.rev())) {
                (Some(p), Some(q)) => p.distance_2(q).sqrt(),
                _ => 0.0,
            };
            edges.push((a, b, border as f32, true));
        }
        drop(net);
        // The triangulation's own order is of no use to anyone; this one is local.
        edges.sort_unstable_by_key(|e| (e.0.min(e.1), e.0.max(e.1)));
        unjoin_long(&sites, &mut edges);
        Self::from_edges(points.len(), &edges)
    }

    /// How many nodes there are.
    pub fn len(&self) -> usize {
        self.start.len().saturating_sub(1)
    }

    /// Everyone beside the node.
    #[inline]
    pub fn around(&self, node: u32) -> &[Link] {
        &self.links[self.start[node as usize] as usize..self.start[node as usize + 1] as usize]
    }

    /// Whether the two are joined.
    pub fn joins(&self, a: u32, b: u32) -> bool {
        self.around(a).iter().any(|l| l.to == b && l.joined)
    }

    /// For every node a piece: the first node of those with its label that it is joined to.
    pub fn pieces(&self, label: &[u32]) -> Vec<u32> {
        let mut piece = vec![u32::MAX; self.len()];
        let mut open = Vec::new();
        for first in 0..self.len() as u32 {
            if piece[first as usize] != u32::MAX {
                continue;
            }
            piece[first as usize] = first;
            open.push(first);
            while let Some(node) = open.pop() {
                for link in self.around(node).iter().filter(|l| l.joined) {
                    if piece[link.to as usize] == u32::MAX && label[link.to as usize] == label[first as usize]
                    {
                        piece[link.to as usize] = first;
                        open.push(link.to);
                    }
                }
            }
        }
        piece
    }
}

/// Points and rim triangulated, for drawing borders.
pub(crate) fn mesh(points: &[[f64; 2]]) -> Option<Mesh> {
    let mut at = spread(points);
    let rim = rim(points);
    let net = triangulate(&at, &rim)?;
    let triangles = net
        .inner_faces()
        .map(|f| f.vertices().map(|v| v.data().number))
        .collect();
    at.extend(rim);
    Some(Mesh { at, triangles })
}

fn triangulate(sites: &[[f64; 2]], rim: &[[f64; 2]]) -> Option<DelaunayTriangulation<Site>> {
    // Coordinates next to nothing are refused by the triangulation.
    let clean = |v: f64| if v.abs() < 1e-12 { 0.0 } else { v };
    let all = sites
        .iter()
        .chain(rim)
        .enumerate()
        .map(|(number, p)| Site {
            at: Point2::new(clean(p[0]), clean(p[1])),
            number: number as u32,
        })
        .collect();
    DelaunayTriangulation::bulk_load(all).ok()
}

/// The points, with those that coincide moved apart by up to 0.3 m.
fn spread(points: &[[f64; 2]]) -> Vec<[f64; 2]> {
    let mut order: Vec<u32> = (0..points.len() as u32).collect();
    let key = |i: u32| points[i as usize];
    order.sort_unstable_by(|a, b| {
        let (p, q) = (key(*a), key(*b));
        p[0].total_cmp(&q[0]).then(p[1].total_cmp(&q[1])).then(a.cmp(b))
    });
    let mut out = points.to_vec();
    for pair in order.windows(2) {
        if key(pair[0]) == key(pair[1]) {
            let mut noise = Noise::new(u64::from(pair[1]));
            let at = &mut out[pair[1] as usize];
            at[0] += (noise.unit() - 0.5) * 6e-4;
            at[1] += (noise.unit() - 0.5) * 6e-4;
        }
    }
    out
}

/// Sites around the convex hull, 3 % of the map's size away, so that every cell ends somewhere.
pub(crate) fn rim(points: &[[f64; 2]]) -> Vec<[f64; 2]> {
    let hull = hull(points);
    let Some(first) = hull.first() else {
        return Vec::new();
    };
    let mut low = *first;
    let mut high = *first;
    for p in &hull {
        for d in 0..2 {
            low[d] = low[d].min(p[d]);
            high[d] = high[d].max(p[d]);
        }
    }
    let span = (high[0] - low[0]).max(high[1] - low[1]).max(0.1);
    let (away, step) = (0.03 * span, 0.01 * span);
    let mut rim = Vec::new();
    for i in 0..hull.len() {
        let (p, q) = (hull[i], hull[(i + 1) % hull.len()]);
        let before = hull[(i + hull.len() - 1) % hull.len()];
        let heading = |a: [f64; 2], b: [f64; 2]| (b[1] - a[1]).atan2(b[0] - a[0]);
        // Round the corner from the side before to this one, then along this one.
        let (mut from, to) = if hull.len() == 1 {
            (0.0, std::f64::consts::TAU)
        } else {
            (heading(before, p), heading(p, q))
        };
        while from > to {
            from -= std::f64::consts::TAU;
        }
        let corners = (((to - from) * away / step).ceil() as usize).max(1);
        for c in 0..corners {
            let angle = from + (to - from) * c as f64 / corners as f64 - std::f64::consts::FRAC_PI_2;
            rim.push([p[0] + away * angle.cos(), p[1] + away * angle.sin()]);
        }
        let length = (q[0] - p[0]).hypot(q[1] - p[1]);
        if length > 0.0 {
            let angle = to - std::f64::consts::FRAC_PI_2;
            let steps = (length / step).ceil() as usize;
            for s in 0..steps {
                let t = s as f64 / steps as f64;
                rim.push([
                    p[0] + (q[0] - p[0]) * t + away * angle.cos(),
                    p[1] + (q[1] - p[1]) * t + away * angle.sin(),
                ]);
            }
        }
    }
    rim
}

/// Corners of the convex hull, counter-clockwise (Andrew's monotone chain).
fn hull(points: &[[f64; 2]]) -> Vec<[f64; 2]> {
    let mut sorted = points.to_vec();
    sorted.sort_unstable_by(|a, b| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1])));
    sorted.dedup();
    if sorted.len() < 3 {
        return sorted;
    }
    let turn =
        |a: [f64; 2], b: [f64; 2], c: [f64; 2]| (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
    let half = |way: &mut dyn Iterator<Item = &[f64; 2]>| {
        let mut chain: Vec<[f64; 2]> = Vec::new();
        for p in way {
            while chain.len() > 1 && turn(chain[chain.len() - 2], chain[chain.len() - 1], *p) <= 0.0 {
                chain.pop();
            }
            chain.push(*p);
        }
        chain.pop();
        chain
    };
    let mut lower = half(&mut sorted.iter());
    lower.extend(half(&mut sorted.iter().rev()));
    lower
}

/// Long edges join nothing, except the shortest that hold the map together.
fn unjoin_long(at: &[[f64; 2]], edges: &mut [(u32, u32, f32, bool)]) {
    let length = |e: &(u32, u32, f32, bool)| {
        let (p, q) = (at[e.0 as usize], at[e.1 as usize]);
        (p[0] - q[0]).hypot(p[1] - q[1])
    };
    let mut sorted: Vec<f64> = edges.iter().map(length).collect();
    if sorted.is_empty() {
        return;
    }
    let middle = sorted.len() / 2;
    let usual = *sorted.select_nth_unstable_by(middle, f64::total_cmp).1;
    drop(sorted);
    let mut around = vec![(0.0, 0u32); at.len()];
    for e in edges.iter() {
        let d = length(e).min(20.0 * usual);
        for i in [e.0, e.1] {
            around[i as usize].0 += d;
            around[i as usize].1 += 1;
        }
    }
    let local = |i: u32| around[i as usize].0 / f64::from(around[i as usize].1.max(1));
    let mut root: Vec<u32> = (0..at.len() as u32).collect();
    let mut long = Vec::new();
    for (i, e) in edges.iter().enumerate() {
        let d = length(e);
        if d > LONG * local(e.0).max(local(e.1)) {
            long.push((d, i));
        } else {
            unite(&mut root, e.0, e.1);
        }
    }
    long.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    for (_, i) in long {
        edges[i].3 = unite(&mut root, edges[i].0, edges[i].1);
    }
}

fn find(root: &mut [u32], mut i: u32) -> u32 {
    while root[i as usize] != i {
        root[i as usize] = root[root[i as usize] as usize];
        i = root[i as usize];
    }
    i
}

/// Whether the two were apart.
fn unite(root: &mut [u32], a: u32, b: u32) -> bool {
    let (a, b) = (find(root, a), find(root, b));
    root[a.max(b) as usize] = a.min(b);
    a != b
}
