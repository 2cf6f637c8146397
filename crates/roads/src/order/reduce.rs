//! Dead ends and chains, which are contracted first: what is left has at least three segments at every junction.

use std::collections::VecDeque;

use super::Link;

/// What dissection has still to order.
pub(super) struct Reduced {
    /// Contracted first, in this order.
    pub first: Vec<u32>,
    /// The other segments with their numbers; chains are one of theirs, from end to end.
    pub links: Vec<(u32, Link)>,
}

pub(super) fn reduce(junctions: usize, links: &[Link]) -> Reduced {
    let mut state = State {
        links: links.to_vec(),
        gone: vec![false; links.len()],
        at: vec![Vec::new(); junctions],
        first: Vec::new(),
    };
    for (number, link) in (0u32..).zip(links) {
        let [a, b] = link.ends;
        if a == b {
            state.take(number);
        } else {
            state.at[a as usize].push(number);
            state.at[b as usize].push(number);
        }
    }
    let mut open: VecDeque<u32> = (0..junctions as u32).collect();
    while let Some(junction) = open.pop_front() {
        state.simplify(junction, &mut open);
    }
    let left = (0u32..)
        .zip(&state.links)
        .filter(|(i, _)| !state.gone[*i as usize]);
    Reduced {
        links: left.map(|(i, link)| (i, *link)).collect(),
        first: state.first,
    }
}

struct State {
    links: Vec<Link>,
    gone: Vec<bool>,
    /// By junction: its segments, some of them gone.
    at: Vec<Vec<u32>>,
    first: Vec<u32>,
}

impl State {
    fn take(&mut self, link: u32) {
        self.gone[link as usize] = true;
        self.first.push(link);
    }

    /// Takes a dead end's segment, or one of two that meet; the junctions this concerns are looked at again.
    fn simplify(&mut self, junction: u32, open: &mut VecDeque<u32>) {
        let mut here = std::mem::take(&mut self.at[junction as usize]);
        here.retain(|link| !self.gone[*link as usize]);
        let other = |link: &Link| {
            if link.ends[0] == junction {
                link.ends[1]
            } else {
                link.ends[0]
            }
        };
        match here[..] {
            [only] => {
                let end = other(&self.links[only as usize]);
                self.take(only);
                open.push_back(end);
                here.clear();
            }
            [x, y] => {
                // The one that costs less stays, so that cuts through the chain are counted right.
                let costs = |link: u32| self.links[link as usize].nodes;
                let (stays, goes) = if costs(y) < costs(x) { (y, x) } else { (x, y) };
                let ends = [stays, goes].map(|link| other(&self.links[link as usize]));
                self.take(goes);
                self.links[stays as usize].ends = ends;
                if ends[0] == ends[1] {
                    // A ring that hangs on one junction.
                    self.take(stays);
                } else {
                    self.at[ends[1] as usize].push(stays);
                }
                open.extend(ends);
                here.clear();
            }
            _ => {}
        }
        self.at[junction as usize] = here;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trees_and_rings_are_gone_and_crossings_stay() {
        let link = |a, b| Link {
            ends: [a, b],
            nodes: 2,
        };
        // A ring with a tail is all order and no crossing.
        let all = reduce(4, &[link(0, 1), link(1, 2), link(2, 0), link(2, 3)]);
        assert_eq!((all.links.len(), all.first.len()), (0, 4));
        // Four junctions each joined to each, one road of them in two parts.
        let six = [
            link(0, 1),
            link(0, 2),
            link(0, 3),
            link(1, 2),
            link(1, 3),
            link(2, 4),
            link(4, 3),
        ];
        let core = reduce(5, &six);
        assert_eq!((core.links.len(), core.first.len()), (6, 1));
        assert!(core.links.iter().all(|(_, l)| l.ends.iter().all(|e| *e < 4)));
    }
}
