//! Border nodes by seat, kept while nodes change hands.

use super::draft::Draft;
use super::sweep::NOBODY;

/// Lists of nodes that may lie on a border of their seat; a superset, cleaned when asked.
pub(crate) struct Fringe {
    by_seat: Vec<Vec<u32>>,
}

impl Fringe {
    pub fn new(draft: &Draft) -> Self {
        let mut by_seat = vec![Vec::new(); draft.seats()];
        for i in draft.borders() {
            by_seat[draft.label[i as usize] as usize].push(i);
        }
        Self { by_seat }
    }

    /// Nodes of the seat that touch another, ascending.
    pub fn of(&mut self, draft: &Draft, seat: u32) -> &[u32] {
        let list = &mut self.by_seat[seat as usize];
        list.sort_unstable();
        list.dedup();
        list.retain(|i| {
            draft.label[*i as usize] == seat
                && draft
                    .terms
                    .graph
                    .around(*i)
                    .iter()
                    .any(|l| l.joined && draft.label[l.to as usize] != seat)
        });
        list
    }

    /// Seats that touch this one, ascending.
    pub fn neighbours(&mut self, draft: &Draft, seat: u32) -> Vec<u32> {
        let mut seats = Vec::new();
        for i in self.of(draft, seat) {
            for link in draft.terms.graph.around(*i) {
                let other = draft.label[link.to as usize];
                if link.joined && other != seat && other != NOBODY && !seats.contains(&other) {
                    seats.push(other);
                }
            }
        }
        seats.sort_unstable();
        seats
    }

    /// Hands the node over and keeps the lists true.
    pub fn give(&mut self, draft: &mut Draft, node: u32, seat: u32) {
        draft.give(node, seat);
        self.by_seat[seat as usize].push(node);
        for link in draft.terms.graph.around(node) {
            let label = draft.label[link.to as usize];
            if label != NOBODY {
                self.by_seat[label as usize].push(link.to);
            }
        }
    }

    /// The nodes of `from` that may go to `to`, with what each changes, cheapest for its workload first, `most` at most.
    pub fn options(&mut self, draft: &Draft, from: u32, to: u32, most: usize) -> Vec<(u32, f64)> {
        let mut options: Vec<(f64, u32, f64)> = self
            .of(draft, from)
            .iter()
            .filter(|i| draft.touches(**i, to) && draft.may(**i, to))
            .map(|i| {
                let delta = draft.delta(*i, to);
                (delta / draft.terms.measures[0][*i as usize].max(1e-9), *i, delta)
            })
            .filter(|o| o.2.is_finite())
            .collect();
        options.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        options.truncate(most);
        options.into_iter().map(|(_, i, delta)| (i, delta)).collect()
    }
}
