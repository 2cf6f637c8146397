//! Walking the name map word by word: exact spans, abbreviated ones, and ones with a letter or two wrong.

use fst::raw::{CompiledAddr, Fst};
use fst::{Automaton, IntoStreamer, Streamer};
use levenshtein_automata::{DFA, Distance, LevenshteinAutomatonBuilder, SINK_STATE};

use super::lex::Token;
use crate::index::{Index, Kind};

/// The longest name, in words.
const MOST_WORDS: usize = 9;
/// Nodes looked at behind an abbreviation.
const GAP_NODES: usize = 600;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct State {
    node: CompiledAddr,
    output: u64,
    kind: Kind,
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
        for (state, gap) in &states {
            for reading in &token.readings {
                let Some(reached) = step(names, *state, reading.as_bytes()) else {
                    continue;
                };
                if !next.contains(&(reached, *gap)) {
                    next.push((reached, *gap));
                }
            }
            let may_cut = gaps && token.piece.dot && !token.has_digit() && token.letters() >= 2;
            if let (true, Some(reached)) = (may_cut, step(names, *state, token.text().as_bytes())) {
                let mut budget = GAP_NODES;
                beyond(names, reached, 12, &mut budget, &mut |s| next.push((s, true)));
            }
        }
        next.truncate(4 * GAP_NODES);
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

fn step(names: &Fst<&[u8]>, mut state: State, bytes: &[u8]) -> Option<State> {
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

/// Builds automata for words with a letter or two wrong; expensive to make, so made once.
pub(crate) struct Typos {
    one: LevenshteinAutomatonBuilder,
    two: LevenshteinAutomatonBuilder,
}

impl Typos {
    pub fn new() -> Self {
        Self {
            one: LevenshteinAutomatonBuilder::new(1, true),
            two: LevenshteinAutomatonBuilder::new(2, true),
        }
    }

    /// Edits allowed in a word or name of so many letters: one in four, two at most.
    pub fn allowed(letters: usize) -> u8 {
        match letters {
            0..4 => 0,
            4..8 => 1,
            _ => 2,
        }
    }

    fn automaton(&self, word: &str, edits: u8) -> DFA {
        match edits {
            0 | 1 => self.one.build_dfa(word),
            _ => self.two.build_dfa(word),
        }
    }

    /// Names of these kinds within `edits` of `text`: calls `found` with kind, documents and edits. Digits must agree.
    pub fn names(
        &self,
        text: &str,
        edits: u8,
        kinds: &[Kind],
        index: &Index<'_>,
        found: &mut dyn FnMut(Kind, u64, u8),
    ) {
        let dfa = self.automaton(text, edits);
        let automaton = OfKinds { dfa: &dfa, kinds };
        let mut stream = index.names().search(automaton).into_stream();
        while let Some((key, run)) = stream.next() {
            let Some(kind) = kinds.iter().find(|k| key.first() == Some(&k.byte())) else {
                continue;
            };
            if let (Distance::Exact(edits), true) =
                (dfa.eval(&key[1..]), same_digits(&key[1..], text.as_bytes()))
            {
                found(*kind, run.value(), edits);
            }
        }
    }

    /// Words within `edits` of `text`.
    pub fn words(&self, text: &str, edits: u8, index: &Index<'_>, found: &mut dyn FnMut(&[u8], u64, u8)) {
        let dfa = self.automaton(text, edits);
        let mut stream = index.words().search(Whole { dfa: &dfa }).into_stream();
        while let Some((key, run)) = stream.next() {
            if let (Distance::Exact(edits), true) = (dfa.eval(key), same_digits(key, text.as_bytes())) {
                found(key, run.value(), edits);
            }
        }
    }
}

impl std::fmt::Debug for Typos {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Typos")
    }
}

fn same_digits(a: &[u8], b: &[u8]) -> bool {
    let digits = |bytes: &[u8]| {
        bytes
            .iter()
            .copied()
            .filter(u8::is_ascii_digit)
            .collect::<Vec<u8>>()
    };
    digits(a) == digits(b)
}

/// Edits between two short texts, a swap of neighbours counting as one (restricted Damerau–Levenshtein).
pub(crate) fn edits(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut older: Vec<usize> = Vec::new();
    let mut old: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut new = vec![i];
        for j in 1..=b.len() {
            let same = usize::from(a[i - 1] != b[j - 1]);
            let mut best = (old[j - 1] + same).min(old[j] + 1).min(new[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(older[j - 2] + 1);
            }
            new.push(best);
        }
        older = std::mem::replace(&mut old, new);
    }
    old[b.len()]
}

/// Accepts a kind's byte, then what the automaton accepts.
struct OfKinds<'d> {
    dfa: &'d DFA,
    kinds: &'d [Kind],
}

impl Automaton for OfKinds<'_> {
    type State = Option<u32>;
    fn start(&self) -> Self::State {
        None
    }
    fn is_match(&self, state: &Self::State) -> bool {
        state.is_some_and(|s| matches!(self.dfa.distance(s), Distance::Exact(_)))
    }
    fn can_match(&self, state: &Self::State) -> bool {
        *state != Some(SINK_STATE)
    }
    fn accept(&self, state: &Self::State, byte: u8) -> Self::State {
        Some(match state {
            Some(state) => self.dfa.transition(*state, byte),
            None if self.kinds.iter().any(|k| k.byte() == byte) => self.dfa.initial_state(),
            None => SINK_STATE,
        })
    }
}

struct Whole<'d> {
    dfa: &'d DFA,
}

impl Automaton for Whole<'_> {
    type State = u32;
    fn start(&self) -> u32 {
        self.dfa.initial_state()
    }
    fn is_match(&self, state: &u32) -> bool {
        matches!(self.dfa.distance(*state), Distance::Exact(_))
    }
    fn can_match(&self, state: &u32) -> bool {
        *state != SINK_STATE
    }
    fn accept(&self, state: &u32, byte: u8) -> u32 {
        self.dfa.transition(*state, byte)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_automaton_and_the_table_agree(a in "[a-d]{4,9}", b in "[a-d]{3,9}") {
            let typos = Typos::new();
            let table = edits(&a, &b);
            match typos.automaton(&a, 2).eval(&b) {
                Distance::Exact(n) => prop_assert_eq!(usize::from(n), table),
                Distance::AtLeast(_) => prop_assert!(table > 2),
            }
        }
    }
}
