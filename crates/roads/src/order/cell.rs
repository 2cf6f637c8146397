//! A part of the road network that is still to be cut.

use super::Link;

/// Junctions and the segments between them.
pub(super) struct Cell {
    /// Their numbers in the whole network.
    pub junctions: Vec<u32>,
    /// By junction of the cell: where its half segments begin; one more than junctions.
    pub first: Vec<u32>,
    pub halves: Vec<Half>,
    /// Segments that begin and end in the same junction: no cut parts them.
    pub loops: Vec<u32>,
}

/// A segment seen from one of its ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Half {
    /// The junction at its other end, by its place in the cell.
    pub head: u32,
    /// The same segment seen from there.
    pub twin: u32,
    pub segment: u32,
    pub capacity: u8,
}

impl Cell {
    pub(super) fn new(links: &[(u32, Link)]) -> Self {
        let mut junctions: Vec<u32> = links.iter().flat_map(|(_, link)| link.ends).collect();
        junctions.sort_unstable();
        junctions.dedup();
        let largest = junctions.last().map_or(0, |j| *j as usize + 1);
        let mut local = vec![0u32; largest];
        for (i, junction) in (0u32..).zip(&junctions) {
            local[*junction as usize] = i;
        }
        let ends = |link: &Link| link.ends.map(|end| local[end as usize]);
        let links: Vec<([u32; 2], u32, u8)> = links
            .iter()
            .map(|(i, link)| (ends(link), *i, link.nodes))
            .collect();
        Self::of(junctions, &links)
    }

    /// Ends are places in `junctions`.
    fn of(junctions: Vec<u32>, links: &[([u32; 2], u32, u8)]) -> Self {
        let mut first = vec![0u32; junctions.len() + 1];
        let mut loops = Vec::new();
        for ([a, b], segment, _) in links {
            if a == b {
                loops.push(*segment);
                continue;
            }
            first[*a as usize + 1] += 1;
            first[*b as usize + 1] += 1;
        }
        for i in 1..first.len() {
            first[i] += first[i - 1];
        }
        let mut free = first.clone();
        let none = Half {
            head: 0,
            twin: 0,
            segment: 0,
            capacity: 0,
        };
        let mut halves = vec![none; first[junctions.len()] as usize];
        for ([a, b], segment, capacity) in links.iter().filter(|(ends, ..)| ends[0] != ends[1]) {
            let places = [*a, *b].map(|end| {
                free[end as usize] += 1;
                free[end as usize] - 1
            });
            for (place, twin, head) in [(places[0], places[1], *b), (places[1], places[0], *a)] {
                halves[place as usize] = Half {
                    head,
                    twin,
                    segment: *segment,
                    capacity: *capacity,
                };
            }
        }
        Self {
            junctions,
            first,
            halves,
            loops,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.junctions.len()
    }

    pub(super) fn halves_at(&self, junction: u32) -> std::ops::Range<usize> {
        self.first[junction as usize] as usize..self.first[junction as usize + 1] as usize
    }

    /// The cells on both sides of a cut, and the segments of the cut.
    pub(super) fn split(&self, side: &[bool]) -> ([Self; 2], Vec<u32>) {
        let mut junctions = [Vec::new(), Vec::new()];
        let mut local = vec![0u32; self.len()];
        for (i, junction) in self.junctions.iter().enumerate() {
            let mine = &mut junctions[usize::from(side[i])];
            local[i] = mine.len() as u32;
            mine.push(*junction);
        }
        let mut links = [Vec::new(), Vec::new()];
        let mut cut = Vec::new();
        for tail in 0..self.len() as u32 {
            for half in &self.halves[self.halves_at(tail)] {
                if half.head < tail {
                    continue;
                }
                let (t, h) = (tail as usize, half.head as usize);
                match side[t] == side[h] {
                    true => {
                        links[usize::from(side[t])].push(([local[t], local[h]], half.segment, half.capacity))
                    }
                    false => cut.push(half.segment),
                }
            }
        }
        let [a, b] = junctions;
        ([Self::of(a, &links[0]), Self::of(b, &links[1])], cut)
    }
}
