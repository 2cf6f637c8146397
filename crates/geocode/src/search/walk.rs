//! Walking the name map word by word: exact spans and abbreviated ones.

use fst::raw::{CompiledAddr, Fst};

use super::lex::Token;
use crate::index::{Index, Kind};

/// The longest name, in words.
const MOST_WORDS: usize = 9;
/// Nodes looked at behind an abbreviation.
const GAP_NODES: usize = 1_500;
/// The same behind a second one.
const NEXT_GAP_NODES: usize = 60;
/// Places in the map followed at the same time.
const MOST_STATES: usize = 3_000;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct State {
    pub node: CompiledAddr,
    pub output: u64,
    pub kind: Kind,
}

/// Calls `found` with end, kind and documents of every name that the words from `start` on spell exactly.
pub(crate) fn spans(
    tokens: &[Token],
    start: usize,
    kinds: &[Kind],
    index: &Index<'_>,
    found: &mut dyn FnMut(usize, Kind, u64),
) {
    walk(tokens, start, kinds, index, false, &mut |end, kind, run, _| {
        found(end, kind, run)
    });
}

/// The same with words before a full stop cut short anywhere (`Oberbadg.`). Only names that need it.
pub(crate) fn short_spans(
    tokens: &[Token],
    start: usize,
    kinds: &[Kind],
    index: &Index<'_>,
    found: &mut dyn FnMut(usize, Kind, u64),
) {
    walk(tokens, start, kinds, index, true, &mut |end, kind, run, gap| {
        if gap {
            found(end, kind, run);
        }
    });
}

fn walk(
    tokens: &[Token],
    start: usize,
    kinds: &[Kind],
    index: &Index<'_>,
    gaps: bool,
    found: &mut dyn FnMut(usize, Kind, u64, bool),
) {
    let names = index.names();
    let root = State {
        node: names.root().addr(),
        output: 0,
        kind: Kind::Place,
    };
    let mut states: Vec<(State, bool)> = kinds
        .iter()
        .filter_map(|kind| {
            let state = State { kind: *kind, ..root };
            step(names, state, &[kind.byte()]).map(|s| (s, false))
        })
        .collect();
    for (end, token) in tokens.iter().enumerate().skip(start).take(MOST_WORDS) {
        if token.field != tokens[start].field {
            break;
        }
        let mut next: Vec<(State, bool)> = Vec::new();
        let may_cut = gaps && token.piece.dot && !token.has_digit() && (token.letters() >= 2 || end > start);
        for (state, gap) in &states {
            for reading in &token.readings {
                next.extend(step(names, *state, reading.as_bytes()).map(|reached| (reached, *gap)));
            }
            // One word cut short leaves few names, two leave few more, three could be anything.
            let cut =
                (may_cut && next.len() < MOST_STATES).then(|| step(names, *state, token.text().as_bytes()));
            if let Some(reached) = cut.flatten() {
                let mut budget = if *gap { NEXT_GAP_NODES } else { GAP_NODES };
                beyond(names, reached, 12, &mut budget, &mut |s| next.push((s, true)));
            }
        }
        if next.len() > 1 {
            next.sort_unstable_by_key(|(s, gap)| (s.node, s.output, s.kind, *gap));
            next.dedup();
        }
        next.truncate(MOST_STATES);
        for (state, gap) in &next {
            let node = names.node(state.node);
            if node.is_final() {
                found(
                    end + 1,
                    state.kind,
                    state.output + node.final_output().value(),
                    *gap,
                );
            }
        }
        if next.is_empty() {
            break;
        }
        states = next;
    }
}

pub(crate) fn step(names: &Fst<&[u8]>, mut state: State, bytes: &[u8]) -> Option<State> {
    let mut node = names.node(state.node);
    for byte in bytes {
        let transition = node.transition(node.find_input(*byte)?);
        state.output += transition.out.value();
        state.node = transition.addr;
        node = names.node(state.node);
    }
    Some(state)
}

/// All states at most `depth` bytes further.
fn beyond(names: &Fst<&[u8]>, state: State, depth: usize, budget: &mut usize, visit: &mut dyn FnMut(State)) {
    if depth == 0 {
        return;
    }
    for transition in names.node(state.node).transitions() {
        if *budget == 0 {
            return;
        }
        *budget -= 1;
        let next = State {
            node: transition.addr,
            output: state.output + transition.out.value(),
            kind: state.kind,
        };
        visit(next);
        beyond(names, next, depth - 1, budget, visit);
    }
}
