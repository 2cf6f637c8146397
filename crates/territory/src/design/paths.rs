//! Balance by successive shortest paths: exact to one node, for tests of the dual and where it stalls.
//!
//! The graph has the seats as nodes; an edge from a to b costs what the cheapest node of a would cost more in b (Ahuja, Magnanti and Orlin 1993,
//! section 9.7, on the bipartite transportation problem with its many nodes folded into the edges).

/// Moves whole nodes along cheapest paths from seats that are over their target to seats that are under, as long as that brings the loads
/// nearer to the targets. `cost` is what a node costs in a seat per unit of mass. Returns how many paths were taken.
pub(crate) fn even_out(
    label: &mut [u32],
    mass: &[f64],
    targets: &[f64],
    cost: &dyn Fn(u32, u32) -> f64,
    most: usize,
) -> usize {
    let k = targets.len();
    let mut load = vec![0.0; k];
    for (i, seat) in label.iter().enumerate() {
        load[*seat as usize] += mass[i];
    }
    let mut edges = vec![None; k * k];
    (0..k).for_each(|a| cheapest_from(a as u32, label, mass, k, cost, &mut edges));
    for taken in 0..most {
        let Some(path) = shortest(&load, targets, &edges, k) else {
            return taken;
        };
        let from = path[0] as usize;
        let to = path[path.len() - 1] as usize;
        // What arrives at the end is what the first hop hands on, give or take the sizes of the nodes on the way.
        let nodes: Vec<u32> = path
            .windows(2)
            .map(|w| edges[w[0] as usize * k + w[1] as usize].map_or(0, |e: Edge| e.node))
            .collect();
        let mut after = load.clone();
        for (hop, node) in path.windows(2).zip(&nodes) {
            after[hop[0] as usize] -= mass[*node as usize];
            after[hop[1] as usize] += mass[*node as usize];
        }
        let off = |load: &[f64]| -> f64 {
            path.iter()
                .map(|s| (load[*s as usize] - targets[*s as usize]).powi(2))
                .sum()
        };
        if off(&after) >= off(&load) || from == to {
            return taken;
        }
        for (hop, node) in path.windows(2).zip(&nodes) {
            label[*node as usize] = hop[1];
        }
        load = after;
        path.iter()
            .for_each(|s| cheapest_from(*s, label, mass, k, cost, &mut edges));
    }
    most
}

/// The cheapest hand-over from one seat to another.
#[derive(Clone, Copy)]
struct Edge {
    node: u32,
    cost: f64,
}

fn cheapest_from(
    from: u32,
    label: &[u32],
    mass: &[f64],
    k: usize,
    cost: &dyn Fn(u32, u32) -> f64,
    edges: &mut [Option<Edge>],
) {
    let row = &mut edges[from as usize * k..(from as usize + 1) * k];
    row.fill(None);
    for (i, seat) in label.iter().enumerate() {
        if *seat != from || mass[i] <= 0.0 {
            continue;
        }
        let here = cost(i as u32, from);
        for (to, edge) in row.iter_mut().enumerate() {
            let more = cost(i as u32, to as u32) - here;
            if to != from as usize && more.is_finite() && edge.is_none_or(|e| more < e.cost) {
                *edge = Some(Edge {
                    node: i as u32,
                    cost: more,
                });
            }
        }
    }
}

/// The cheapest path from the seat furthest over its target to any that is under (Bellman and Ford: edges may cost less than nothing).
fn shortest(load: &[f64], targets: &[f64], edges: &[Option<Edge>], k: usize) -> Option<Vec<u32>> {
    let over = (0..k).max_by(|a, b| (load[*a] - targets[*a]).total_cmp(&(load[*b] - targets[*b])))?;
    if load[over] <= targets[over] {
        return None;
    }
    let mut reach = vec![f64::INFINITY; k];
    let mut before = vec![usize::MAX; k];
    reach[over] = 0.0;
    for _ in 0..k {
        let mut changed = false;
        for a in 0..k {
            for b in 0..k {
                let Some(edge) = edges[a * k + b] else { continue };
                if b != over && reach[a] + edge.cost < reach[b] - 1e-12 && !on_way(&before, a, b) {
                    reach[b] = reach[a] + edge.cost;
                    before[b] = a;
                    changed = true;
                }
            }
        }
        if !changed {
            break;
        }
    }
    let end = (0..k)
        .filter(|s| *s != over && load[*s] < targets[*s] && reach[*s].is_finite())
        .min_by(|a, b| reach[*a].total_cmp(&reach[*b]))?;
    let mut path = vec![end as u32];
    while path[path.len() - 1] as usize != over {
        path.push(before[path[path.len() - 1] as usize] as u32);
    }
    path.reverse();
    Some(path)
}

/// Whether `b` lies on the way to `a`: then going on to it would be a circle.
fn on_way(before: &[usize], mut a: usize, b: usize) -> bool {
    while a != usize::MAX {
        if a == b {
            return true;
        }
        a = before[a];
    }
    false
}
