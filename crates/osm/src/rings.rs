//! Lines joined into closed rings by the nodes they share.

use std::collections::{HashMap, HashSet};

/// A member way: ids of nodes, and whether its role says that it bounds a hole.
pub(crate) struct Line<'a> {
    pub nodes: &'a [i64],
    pub inner: bool,
}

/// What came of joining.
pub(crate) struct Joined {
    /// First and last node equal, no other twice.
    pub rings: Vec<Joint>,
    /// What was left over, as long as it goes.
    pub chains: Vec<Joint>,
    /// Every line became part of a ring.
    pub all_closed: bool,
}

/// Lines joined at their ends.
pub(crate) struct Joint {
    pub nodes: Vec<i64>,
    /// Every line in it said so.
    pub inner: bool,
}

/// Walks along the lines and cuts off a ring whenever it comes back to a node it has passed, so
/// that rings which touch come out apart. A line that leads nowhere is given up.
pub(crate) fn join(lines: &[Line<'_>]) -> Joined {
    let ends = ends_of(lines, 0..lines.len());
    let mut given_up = Vec::new();
    let mut used = vec![false; lines.len()];
    let mut joined = Joined {
        rings: Vec::new(),
        chains: Vec::new(),
        all_closed: true,
    };
    for start in 0..lines.len() {
        let Some(first) = lines[start].nodes.first() else {
            continue;
        };
        if used[start] {
            continue;
        }
        let mut path = Path::from(*first);
        let mut next = Some(start);
        loop {
            match next {
                Some(line) => {
                    used[line] = true;
                    path.follow(line, &lines[line], &mut joined.rings);
                }
                None => {
                    given_up.extend(path.give_up_last_line());
                    joined.all_closed = false;
                }
            }
            let Some(inner) = path.last_line_inner() else {
                break;
            };
            // Lines of the same role belong together where more than two meet; then the order of
            // members decides.
            let at_end = ends.get(&path.end()).into_iter().flatten().copied();
            next = at_end
                .filter(|line| !used[*line])
                .min_by_key(|line| (lines[*line].inner != inner, *line));
        }
    }
    given_up.sort_unstable();
    joined.chains = chains(lines, &given_up);
    joined
}

/// Open lines by the nodes at their ends.
fn ends_of(lines: &[Line<'_>], which: impl Iterator<Item = usize>) -> HashMap<i64, Vec<usize>> {
    let mut ends: HashMap<i64, Vec<usize>> = HashMap::new();
    for index in which {
        if let [first, .., last] = lines[index].nodes
            && first != last
        {
            ends.entry(*first).or_default().push(index);
            ends.entry(*last).or_default().push(index);
        }
    }
    ends
}

/// Joins lines that form no ring, from each loose end to the next.
fn chains(lines: &[Line<'_>], which: &[usize]) -> Vec<Joint> {
    let ends = ends_of(lines, which.iter().copied());
    let mut used: HashSet<usize> = HashSet::new();
    let mut chains = Vec::new();
    for &start in which {
        let [first, .., last] = lines[start].nodes else {
            continue;
        };
        let loose = [*first, *last]
            .into_iter()
            .find(|end| ends.get(end).is_some_and(|l| l.len() == 1));
        let Some(mut end) = loose.filter(|_| !used.contains(&start)) else {
            continue;
        };
        let mut chain = Joint {
            nodes: vec![end],
            inner: true,
        };
        let mut next = Some(start);
        while let Some(index) = next {
            used.insert(index);
            let line = &lines[index];
            chain.inner &= line.inner;
            if line.nodes.first() == Some(&end) {
                chain.nodes.extend(&line.nodes[1..]);
            } else {
                chain.nodes.extend(line.nodes.iter().rev().skip(1));
            }
            end = *chain.nodes.last().expect("a chain has its first node");
            next = ends[&end].iter().copied().find(|line| !used.contains(line));
        }
        chains.push(chain);
    }
    chains
}

/// Nodes passed and not yet part of a ring. Never empty.
struct Path {
    /// The node and whether the step to it was along an inner line.
    nodes: Vec<(i64, bool)>,
    positions: HashMap<i64, usize>,
    /// The lines that it still holds a part of.
    lines: Vec<Followed>,
}

struct Followed {
    index: usize,
    inner: bool,
    /// How long the path was before what it holds of the line.
    before: usize,
    /// How long it was after.
    end: usize,
    /// No part of it has gone into a ring.
    whole: bool,
}

impl Path {
    fn from(node: i64) -> Self {
        Self {
            nodes: vec![(node, false)],
            positions: HashMap::from([(node, 0)]),
            lines: Vec::new(),
        }
    }

    fn end(&self) -> i64 {
        self.nodes.last().expect("a path keeps its first node").0
    }

    /// `None` when all of the path has become rings.
    fn last_line_inner(&self) -> Option<bool> {
        self.lines.last().map(|line| line.inner)
    }

    fn follow(&mut self, index: usize, line: &Line<'_>, rings: &mut Vec<Joint>) {
        let start = self.nodes.len();
        let mut before = start;
        let forwards = line.nodes.first() == Some(&self.end());
        for i in 1..line.nodes.len() {
            let node = line.nodes[if forwards { i } else { line.nodes.len() - 1 - i }];
            self.step(node, line.inner, rings);
            before = before.min(self.nodes.len());
        }
        // A line that went into rings altogether leaves nothing to come back to.
        if before < self.nodes.len() {
            self.lines.push(Followed {
                index,
                inner: line.inner,
                before,
                end: self.nodes.len(),
                whole: self.nodes.len() + 1 == start + line.nodes.len(),
            });
        }
    }

    fn step(&mut self, node: i64, inner: bool, rings: &mut Vec<Joint>) {
        let Some(&back) = self.positions.get(&node) else {
            self.positions.insert(node, self.nodes.len());
            self.nodes.push((node, inner));
            return;
        };
        let ring = &self.nodes[back..];
        // Two nodes there and back are a spike, one is a node written twice.
        if ring.len() >= 3 {
            rings.push(Joint {
                nodes: ring.iter().map(|n| n.0).chain([node]).collect(),
                inner: inner && ring[1..].iter().all(|n| n.1),
            });
        }
        self.shorten(back + 1);
    }

    /// Steps back; returns the line if it is left whole.
    fn give_up_last_line(&mut self) -> Option<usize> {
        let line = self.lines.pop()?;
        self.shorten(line.before);
        line.whole.then_some(line.index)
    }

    fn shorten(&mut self, length: usize) {
        for (node, _) in self.nodes.drain(length..) {
            self.positions.remove(&node);
        }
        self.lines.retain(|line| line.before < length);
        for line in &mut self.lines {
            line.whole &= line.end <= length;
        }
    }
}
