//! In which order segments are contracted: nested dissection of the road network by small cuts.
//!
//! Directed segments are the nodes of the search graph, so segments whose removal parts the junctions into two
//! sides separate the search graph too (Buchhold, Wagner, Zeitz, Zündorf: Customizable Contraction Hierarchies
//! with Turn Costs, 2020). Dead ends and chains come first; then the segments of the smallest cut found by
//! inertial flow (Schild, Sommer: On Balanced Separators in Road Networks, 2015) come last, after both sides,
//! and so on within each side. The order knows nothing of speeds or turns: it holds for all of them.

mod cell;
mod flow;
mod reduce;

use cell::Cell;
use flow::Flow;

/// A segment as the order sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    /// Numbers of the junctions at both ends.
    pub ends: [u32; 2],
    /// How many nodes of the search graph stand for it: what it costs to cut it.
    pub nodes: u8,
}

/// All segments, the first to be contracted first. `places` are the junctions' plane coordinates.
pub(crate) fn order(places: &[[f32; 2]], links: &[Link]) -> Vec<u32> {
    let reduced = reduce::reduce(places.len(), links);
    let mut order = reduced.first;
    let cell = Cell::new(&reduced.links);
    order.extend(dissect(places, cell));
    order
}

/// Below this many junctions a cell is not worth a thread of its own.
const ALONE: usize = 1000;

/// The segments of a cell; depends on the cell alone, so not on how threads share the work.
fn dissect(places: &[[f32; 2]], cell: Cell) -> Vec<u32> {
    if cell.len() < 2 {
        return cell.loops;
    }
    let parts = cell.len() >= ALONE;
    let mut cell = cell;
    let side = Flow::new(&cell).best_cut(places, &cell);
    let mut order = std::mem::take(&mut cell.loops);
    let (sides, cut) = cell.split(&side);
    drop(cell);
    let [a, b] = sides;
    let (a, b) = match parts {
        true => rayon::join(|| dissect(places, a), || dissect(places, b)),
        false => (dissect(places, a), dissect(places, b)),
    };
    order.extend(a);
    order.extend(b);
    order.extend(cut);
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(side: u32) -> (Vec<[f32; 2]>, Vec<Link>) {
        let places = (0..side * side)
            .map(|i| [(i % side) as f32, (i / side) as f32])
            .collect();
        let mut links = Vec::new();
        for i in 0..side * side {
            if i % side + 1 < side {
                links.push(Link {
                    ends: [i, i + 1],
                    nodes: 2,
                });
            }
            if i + side < side * side {
                links.push(Link {
                    ends: [i, i + side],
                    nodes: 2,
                });
            }
        }
        (places, links)
    }

    #[test]
    fn every_segment_comes_once_and_the_last_ones_part_the_rest() {
        let (places, links) = grid(12);
        let order = order(&places, &links);
        let mut sorted = order.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, (0..links.len() as u32).collect::<Vec<_>>());
        // Cutting a grid of 12 × 12 across takes 12 segments; without the last 12 it falls apart.
        let rest = &order[..order.len() - 12];
        let mut groups: Vec<usize> = (0..places.len()).collect();
        for segment in rest {
            let [a, b] = links[*segment as usize].ends.map(|end| groups[end as usize]);
            groups.iter_mut().filter(|g| **g == a).for_each(|g| *g = b);
        }
        groups.sort_unstable();
        groups.dedup();
        assert_eq!(groups.len(), 2);
    }

    #[test]
    fn any_number_of_threads_gives_the_same_order() {
        let (places, links) = grid(50);
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
            pool.expect("a pool of threads")
                .install(|| order(&places, &links))
        };
        assert_eq!(with(1), with(4));
    }

    #[test]
    fn loops_twins_and_loose_ends_are_ordered_too() {
        let places = vec![[0.0, 0.0]; 4];
        let links = [[0, 0], [0, 1], [0, 1], [2, 3]].map(|ends| Link { ends, nodes: 2 });
        let mut order = order(&places, &links);
        order.sort_unstable();
        assert_eq!(order, [0, 1, 2, 3]);
        assert_eq!(super::order(&[], &[]), [0u32; 0]);
    }
}
