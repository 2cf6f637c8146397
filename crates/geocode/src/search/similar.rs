//! Names and words with a letter or two wrong: an automaton and the name map walked in step.

use fst::raw::{CompiledAddr, Fst};

use super::walk::{State, step};
use crate::index::{Index, Kind};

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
    let names = index.names();
    for kind in kinds {
        let root = State {
            node: names.root().addr(),
            output: 0,
            kind: *kind,
        };
        if let Some(state) = step(names, root, &[kind.byte()]) {
            let row = similar.first_row();
            similar.descend(
                names,
                state.node,
                state.output,
                &row,
                &mut Vec::new(),
                &mut |run, edits| {
                    found(*kind, run, edits);
                },
            );
        }
    }
}

/// Words within `edits` of `text`. Digits must agree.
pub(crate) fn similar_words(text: &str, edits: u8, index: &Index<'_>, found: &mut dyn FnMut(u64, u8)) {
    let similar = Similar::new(text, edits);
    let words = index.words();
    similar.descend(
        words,
        words.root().addr(),
        0,
        &similar.first_row(),
        &mut Vec::new(),
        found,
    );
}

/// Edits between two short texts, a swap of neighbours counting as one (restricted Damerau–Levenshtein).
pub(crate) fn edits(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let width = b.len() + 1;
    // Three rows, used in turn.
    let mut rows = vec![0; 3 * width];
    for (j, cell) in rows[..width].iter_mut().enumerate() {
        *cell = j;
    }
    for i in 1..=a.len() {
        let (older, old, new) = ((i + 1) % 3 * width, (i - 1) % 3 * width, i % 3 * width);
        rows[new] = i;
        for j in 1..=b.len() {
            let differ = usize::from(a[i - 1] != b[j - 1]);
            let mut best = (rows[old + j - 1] + differ)
                .min(rows[old + j] + 1)
                .min(rows[new + j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[older + j - 2] + 1);
            }
            rows[new + j] = best;
        }
    }
    rows[a.len() % 3 * width + b.len()]
}

/// A typed letter behind this letter of the map that folding has dropped there: a wrong letter between the two
/// (`strasxse`, `avenxe`) must not count twice.
fn folds_away(letter: char, typed: char) -> bool {
    matches!((letter, typed), ('s', 's') | ('a' | 'o' | 'u', 'e'))
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
    /// The text between zeros, which are no letters: [`LEAD`] before it and [`BAND`] behind.
    padded: Vec<char>,
    digits: Vec<u8>,
    most: u8,
    /// For each depth the bytes that a row without edits left can go on with.
    ways_on: Vec<[u64; 4]>,
}

/// Zeros before the text: with them the letter of cell `k` of a row is that many places behind its depth.
const LEAD: usize = MOST_EDITS + 1;

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
        let zeros = |count| std::iter::repeat_n('\0', count);
        let padded: Vec<char> = zeros(LEAD).chain(text.chars()).chain(zeros(BAND)).collect();
        // The row at a depth reads the next letter: it must be one of the band's, or the one before where two are swapped.
        let ways_on = padded.windows(BAND + 1).map(|letters| {
            // Half of a letter of several bytes may become any.
            let mut bytes = [0, 0, u64::MAX, u64::MAX];
            for letter in letters.iter().filter(|l| l.is_ascii() && **l != '\0') {
                let byte = usize::from(*letter as u8);
                bytes[byte / 64] |= 1 << (byte % 64);
            }
            bytes
        });
        Self {
            ways_on: ways_on.collect(),
            padded,
            digits: text.bytes().filter(u8::is_ascii_digit).collect(),
            most: most.min(MOST_EDITS as u8),
        }
    }

    /// How many letters the text has.
    fn letters(&self) -> usize {
        self.padded.len() - LEAD - BAND
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
        // The letters that cells compare with, and the one before each. Beyond the text stands a zero, which no key has,
        // so that what is outside the table needs no asking: it never reaches back into it.
        let letters = self.padded.get(depth - 1..depth + BAND).unwrap_or(&[]);
        if let Ok(letters) = <&[char; BAND + 1]>::try_from(letters) {
            for k in 0..BAND {
                let (own, before) = (letters[k + 1], letters[k]);
                let mut best = row.cells[k] + u8::from(own != letter);
                if k + 1 < BAND {
                    best = best.min(row.cells[k + 1] + 1);
                }
                if k > 0 {
                    best = best.min(cells[k - 1] + u8::from(!folds_away(letter, own)));
                }
                if before == letter && own == row.last {
                    best = best.min(row.before[k] + 1);
                }
                cells[k] = best.min(TOO_MANY);
            }
        }
        let first_differs = depth == 1 && self.padded[LEAD] != letter;
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
        let k = (self.letters() + MOST_EDITS).checked_sub(usize::from(row.depth))?;
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

    /// Follows all keys that are still alive: the automaton and the map in step.
    fn descend(
        &self,
        map: &Fst<&[u8]>,
        node: CompiledAddr,
        output: u64,
        row: &Row,
        digits: &mut Vec<u8>,
        found: &mut dyn FnMut(u64, u8),
    ) {
        let node = map.node(node);
        let edits = self
            .distance(row)
            .filter(|_| node.is_final() && *digits == self.digits);
        if let Some(edits) = edits {
            found(output + node.final_output().value(), edits);
        }
        let spent = row.cells.iter().all(|cell| *cell >= row.most) && row.open == 0;
        let ways_on = match self.ways_on.get(usize::from(row.depth)) {
            Some(bytes) if spent => *bytes,
            _ => [u64::MAX; 4],
        };
        for transition in node.transitions() {
            let byte = usize::from(transition.inp);
            if ways_on[byte / 64] & 1 << (byte % 64) == 0 {
                continue;
            }
            let next = self.read(row, transition.inp);
            if !self.is_alive(&next) {
                continue;
            }
            let is_digit = transition.inp.is_ascii_digit();
            if is_digit {
                digits.push(transition.inp);
            }
            self.descend(
                map,
                transition.addr,
                output + transition.out.value(),
                &next,
                digits,
                found,
            );
            if is_digit {
                digits.pop();
            }
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

    /// The whole table for a key and a text, with what folding drops for nothing, as far as the automaton's
    /// cells reach.
    fn by_table(key: &str, text: &str) -> usize {
        let (key, text): (Vec<char>, Vec<char>) = (key.chars().collect(), text.chars().collect());
        let far = usize::from(TOO_MANY);
        let mut table = vec![vec![far; text.len() + 1]; key.len() + 1];
        for i in 0..=key.len() {
            for j in 0..=text.len() {
                if i.abs_diff(j) > MOST_EDITS {
                    continue;
                }
                let mut best = if i == 0 { j } else { far };
                if i > 0 {
                    best = best.min(table[i - 1][j] + 1);
                }
                if i > 0 && j > 0 {
                    best = best.min(table[i - 1][j - 1] + usize::from(key[i - 1] != text[j - 1]));
                    let free = folds_away(key[i - 1], text[j - 1]);
                    best = best.min(table[i][j - 1] + usize::from(!free));
                }
                if i > 1 && j > 1 && key[i - 1] == text[j - 2] && key[i - 2] == text[j - 1] {
                    best = best.min(table[i - 2][j - 2] + 1);
                }
                table[i][j] = best;
            }
        }
        table[key.len()][text.len()]
    }

    #[test]
    fn a_letter_between_two_that_fold_counts_once() {
        // The map folds `strasse` to `strase` and `avenue` to `avenu`.
        assert_eq!(by_automaton("strasxse", "strase", 2), Some(1));
        assert_eq!(by_automaton("avenxe", "avenu", 2), Some(1));
        assert_eq!(by_automaton("strasxe", "strase", 2), Some(1));
    }

    proptest! {
        #[test]
        fn what_folds_costs_the_same_in_both(text in "[aesk]{1,8}", key in "[aesk]{0,8}", most in 0u8..=2) {
            let table = by_table(&key, &text);
            let same_start = key.is_empty() || text.chars().next() == key.chars().next();
            let allowed = usize::from(if same_start { most } else { most.min(1) });
            let expected = (table <= allowed).then_some(table as u8);
            prop_assert_eq!(by_automaton(&text, &key, most), expected);
        }

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
