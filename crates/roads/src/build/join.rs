//! Joining pieces of ways into segments from junction to junction.

use super::network::{Network, Stretch};
use crate::format::NONE;

/// Joins pieces where two meet and nothing else happens.
pub(super) struct Joiner {
    pieces: Vec<Stretch>,
    /// By attributes: the same seen from the other direction.
    reversed: Vec<u32>,
    /// By node: the two pieces that end there; [`NONE`] for fewer, or for a junction.
    touching: Vec<[u32; 2]>,
    used: Vec<bool>,
}

impl Joiner {
    pub(super) fn new(network: &Network, pieces: Vec<Stretch>, reversed: Vec<u32>) -> Self {
        let mut count = vec![0u8; network.places.len()];
        let mut touching = vec![[NONE; 2]; network.places.len()];
        for (number, piece) in (0u32..).zip(&pieces) {
            for node in [piece.first(), piece.last()] {
                let met = &mut count[node as usize];
                if let Some(place) = touching[node as usize].get_mut(usize::from(*met)) {
                    *place = number;
                }
                *met = met.saturating_add(1);
            }
        }
        for (node, touching) in touching.iter_mut().enumerate() {
            // A piece that ends where it begins cannot be joined to itself.
            if count[node] != 2 || network.fixed[node] || touching[0] == touching[1] {
                *touching = [NONE; 2];
            }
        }
        Self {
            used: vec![false; pieces.len()],
            pieces,
            reversed,
            touching,
        }
    }

    pub(super) fn join(mut self) -> Vec<Stretch> {
        let mut stretches = Vec::new();
        let numbers = 0..self.pieces.len() as u32;
        for number in numbers.clone() {
            for backward in [false, true] {
                if !self.used[number as usize] && self.before(number, backward).is_none() {
                    stretches.push(self.walk(number, backward));
                }
            }
        }
        // What is left are rings without any junction.
        for number in numbers {
            if !self.used[number as usize] {
                stretches.push(self.walk(number, false));
            }
        }
        stretches
    }

    fn walk(&mut self, number: u32, backward: bool) -> Stretch {
        self.used[number as usize] = true;
        let mut stretch = self.seen(number, backward);
        let mut at = (number, backward);
        while let Some(next) = self.after(at.0, at.1).filter(|next| !self.used[next.0 as usize]) {
            self.used[next.0 as usize] = true;
            let more = self.seen(next.0, next.1);
            stretch.nodes.extend(&more.nodes[1..]);
            stretch.ends[1] = more.ends[1];
            at = next;
        }
        stretch
    }

    /// A piece as seen in one direction.
    fn seen(&self, number: u32, backward: bool) -> Stretch {
        let mut piece = self.pieces[number as usize].clone();
        if backward {
            piece.nodes.reverse();
            piece.attributes = self.reversed[piece.attributes as usize];
            piece.ends.reverse();
            for end in &mut piece.ends {
                end.along = !end.along;
            }
        }
        piece
    }

    /// The piece that goes on where this one ends, and the direction it is seen in.
    fn after(&self, number: u32, backward: bool) -> Option<(u32, bool)> {
        let piece = &self.pieces[number as usize];
        let node = if backward { piece.first() } else { piece.last() };
        let other = *self.touching[node as usize]
            .iter()
            .find(|other| **other != number)?;
        if other == NONE {
            return None;
        }
        let next = &self.pieces[other as usize];
        let next_backward = next.first() != node;
        let attributes = |piece: &Stretch, backward: bool| match backward {
            true => self.reversed[piece.attributes as usize],
            false => piece.attributes,
        };
        (attributes(piece, backward) == attributes(next, next_backward)).then_some((other, next_backward))
    }

    fn before(&self, number: u32, backward: bool) -> Option<(u32, bool)> {
        self.after(number, !backward)
    }
}
