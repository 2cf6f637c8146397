//! Walking the name map word by word: exact spans, abbreviated ones, and ones with a letter or two wrong.

use fst::raw::{CompiledAddr, Fst};
use fst::{Automaton, IntoStreamer, Streamer};

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
            let may_cut =
                gaps && token.piece.dot && !token.has_digit() && (token.letters() >= 2 || end > start);
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

/// Edits allowed in a word or name of so many letters: one in four, two at most.
pub(crate) fn edits_allowed(letters: usize) -> u8 {
    match letters {
        0..4 => 0,
        4..8 => 1,
        _ => 2,
    }
}

/// Names of these kinds within `edits` of `text`: calls `found` with kind, documents and edits. Digits must agree.
pub(crate) fn similar_names(
    text: &str,
    edits: u8,
    kinds: &[Kind],
    index: &Index<'_>,
    found: &mut dyn FnMut(Kind, u64, u8),
) {
    let similar = Similar::new(text, edits);
    let mut stream = index
        .names()
        .search_with_state(OfKinds {
            similar: &similar,
            kinds,
        })
        .into_stream();
    while let Some((key, run, state)) = stream.next() {
        let kind = kinds.iter().find(|k| key.first() == Some(&k.byte()));
        let edits = state.and_then(|s| similar.distance(&s));
        if let (Some(kind), Some(edits), true) = (kind, edits, same_digits(&key[1..], text.as_bytes())) {
            found(*kind, run.value(), edits);
        }
    }
}

/// Words within `edits` of `text`.
pub(crate) fn similar_words(text: &str, edits: u8, index: &Index<'_>, found: &mut dyn FnMut(u64, u8)) {
    let similar = Similar::new(text, edits);
    let mut stream = index.words().search_with_state(&similar).into_stream();
    while let Some((key, run, state)) = stream.next() {
        if let (Some(edits), true) = (similar.distance(&state), same_digits(key, text.as_bytes())) {
            found(run.value(), edits);
        }
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

/// Most edits an automaton counts.
const MOST_EDITS: usize = 2;
/// Cells of a table row that can hold so few edits.
const BAND: usize = 2 * MOST_EDITS + 1;
/// More edits than any limit.
const TOO_MANY: u8 = 100;

/// Accepts texts within a few edits of one: the table of [`edits`], row by row, only its middle cells.
/// Where two edits are allowed, the first letter may differ in one only.
struct Similar {
    letters: Vec<char>,
    most: u8,
}

/// A row of the table and the one before it.
#[derive(Clone, Copy)]
struct Row {
    /// Letters of the key read.
    depth: u16,
    /// Edits for the prefixes of the text that are `depth - 2 ..= depth + 2` long.
    cells: [u8; BAND],
    before: [u8; BAND],
    last: char,
    /// Bytes of an unfinished letter.
    bytes: [u8; 4],
    open: u8,
    most: u8,
}

impl Similar {
    fn new(text: &str, most: u8) -> Self {
        Self {
            letters: text.chars().collect(),
            most: most.min(MOST_EDITS as u8),
        }
    }

    fn first_row(&self) -> Row {
        let mut cells = [TOO_MANY; BAND];
        for (edits, cell) in cells[MOST_EDITS..].iter_mut().enumerate() {
            *cell = edits as u8;
        }
        Row {
            depth: 0,
            cells,
            before: [TOO_MANY; BAND],
            last: '\0',
            bytes: [0; 4],
            open: 0,
            most: self.most,
        }
    }

    fn next_row(&self, row: &Row, letter: char) -> Row {
        let depth = usize::from(row.depth) + 1;
        let mut cells = [TOO_MANY; BAND];
        for k in 0..BAND {
            // How long the prefix of the text is.
            let Some(length) = (depth + k)
                .checked_sub(MOST_EDITS)
                .filter(|l| *l <= self.letters.len())
            else {
                continue;
            };
            let above = row.cells.get(k + 1).map_or(TOO_MANY, |c| c + 1);
            if length == 0 {
                cells[k] = above;
                continue;
            }
            let own = self.letters[length - 1];
            let mut best = (row.cells[k] + u8::from(own != letter)).min(above);
            if k > 0 {
                best = best.min(cells[k - 1] + 1);
            }
            if length >= 2 && depth >= 2 && self.letters[length - 2] == letter && own == row.last {
                best = best.min(row.before[k] + 1);
            }
            cells[k] = best.min(TOO_MANY);
        }
        let first_differs = depth == 1 && self.letters.first() != Some(&letter);
        Row {
            depth: depth as u16,
            cells,
            before: row.cells,
            last: letter,
            bytes: [0; 4],
            open: 0,
            most: if first_differs { row.most.min(1) } else { row.most },
        }
    }

    /// Edits between the text and what was read; `None` if too many.
    fn distance(&self, row: &Row) -> Option<u8> {
        let k = (self.letters.len() + MOST_EDITS).checked_sub(usize::from(row.depth))?;
        row.cells
            .get(k)
            .copied()
            .filter(|edits| *edits <= row.most && row.open == 0)
    }

    fn read(&self, row: &Row, byte: u8) -> Row {
        if byte < 0x80 {
            return self.next_row(row, char::from(byte));
        }
        let mut row = *row;
        let open = usize::from(row.open).min(3);
        row.bytes[open] = byte;
        match std::str::from_utf8(&row.bytes[..=open])
            .ok()
            .and_then(|s| s.chars().next())
        {
            Some(letter) => self.next_row(&row, letter),
            None => {
                row.open = open as u8 + 1;
                row
            }
        }
    }

    fn is_alive(&self, row: &Row) -> bool {
        row.cells.iter().any(|c| *c <= row.most)
    }
}

impl Automaton for Similar {
    type State = Row;
    fn start(&self) -> Row {
        self.first_row()
    }
    fn is_match(&self, row: &Row) -> bool {
        self.distance(row).is_some()
    }
    fn can_match(&self, row: &Row) -> bool {
        self.is_alive(row)
    }
    fn accept(&self, row: &Row, byte: u8) -> Row {
        self.read(row, byte)
    }
}

/// Accepts a kind's byte, then similar names. No state before it, or behind a wrong one.
struct OfKinds<'s> {
    similar: &'s Similar,
    kinds: &'s [Kind],
}

#[derive(Clone, Copy)]
enum Behind {
    Nothing,
    WrongKind,
    Kind(Row),
}

impl Behind {
    fn and_then<T>(self, f: impl FnOnce(Row) -> Option<T>) -> Option<T> {
        match self {
            Self::Kind(row) => f(row),
            _ => None,
        }
    }
}

impl Automaton for OfKinds<'_> {
    type State = Behind;
    fn start(&self) -> Behind {
        Behind::Nothing
    }
    fn is_match(&self, state: &Behind) -> bool {
        matches!(state, Behind::Kind(row) if self.similar.distance(row).is_some())
    }
    fn can_match(&self, state: &Behind) -> bool {
        match state {
            Behind::Nothing => true,
            Behind::WrongKind => false,
            Behind::Kind(row) => self.similar.is_alive(row),
        }
    }
    fn accept(&self, state: &Behind, byte: u8) -> Behind {
        match state {
            Behind::Kind(row) => Behind::Kind(self.similar.read(row, byte)),
            Behind::Nothing if self.kinds.iter().any(|k| k.byte() == byte) => {
                Behind::Kind(self.similar.first_row())
            }
            _ => Behind::WrongKind,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn by_automaton(text: &str, key: &str, most: u8) -> Option<u8> {
        let similar = Similar::new(text, most);
        let row = key
            .bytes()
            .fold(similar.first_row(), |row, byte| similar.read(&row, byte));
        similar.distance(&row)
    }

    proptest! {
        #[test]
        fn the_automaton_and_the_table_agree(text in "[a-cä]{1,9}", key in "[a-cä]{0,9}", most in 0u8..=2) {
            let table = edits(&text, &key);
            let same_start = key.is_empty() || text.chars().next() == key.chars().next();
            let allowed = usize::from(if same_start { most } else { most.min(1) });
            let expected = (table <= allowed).then_some(table as u8);
            prop_assert_eq!(by_automaton(&text, &key, most), expected);
        }
    }
}
