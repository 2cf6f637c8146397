//! One spelling for everything: the function that names of the map and words of a request both go through.
//!
//! Case, marks and ligatures are folded, `ä`, `ae` and `a` become one, `ß`, `ss` and `s` too, digits of any
//! script become ASCII, apostrophes vanish, everything else that is no letter or digit separates words.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// A word of a text, folded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    /// Folded letters and digits, never empty.
    pub text: String,
    /// The same without folding `ae` and `ss`: what a person would call the same spelling.
    pub plain: String,
    /// What stood before it, if anything but spaces: `,` for a comma, semicolon or line end, else the character.
    pub before: Option<char>,
    /// Spaces stood before it.
    pub spaced: bool,
    /// A full stop follows directly.
    pub dot: bool,
    /// Written in capitals only, and has letters.
    pub capitals: bool,
}

/// The words of a text, folded.
pub(crate) fn pieces(text: &str) -> Vec<Piece> {
    let mut out: Vec<Piece> = Vec::new();
    let mut open = false;
    let mut before = None;
    let mut spaced = false;
    for raw in text.chars() {
        if is_apostrophe(raw) {
            continue;
        }
        let letters = unfold(raw);
        if !letters.is_empty() {
            if !open {
                out.push(Piece {
                    text: String::new(),
                    plain: String::new(),
                    before,
                    spaced,
                    dot: false,
                    capitals: true,
                });
                (before, spaced, open) = (None, false, true);
            }
            let piece = out.last_mut().expect("pushed when opened");
            piece.capitals &= !raw.is_lowercase();
            for c in letters.chars() {
                push_folded(&mut piece.text, c);
                piece.plain.push(c);
            }
            continue;
        }
        // A combining mark that was written apart from its letter.
        if is_combining_mark(raw) {
            continue;
        }
        if matches!(raw, '.' | 'º' | 'ª' | '°') && open {
            out.last_mut().expect("open piece").dot = true;
        }
        // ½ and its like: a fraction after the number.
        if let Some(fraction) = fraction(raw) {
            if !open && out.is_empty() {
                before = Some(' ');
            }
            out.push(Piece {
                text: fraction.into(),
                plain: fraction.into(),
                before: Some('½'),
                spaced: true,
                dot: false,
                capitals: false,
            });
            open = false;
            continue;
        }
        open = false;
        match raw {
            ',' | ';' | '\n' | '\r' | '|' | '，' | '、' | '،' => before = Some(','),
            c if c.is_whitespace() => spaced = true,
            'º' | 'ª' | '°' => {}
            '\u{2010}'..='\u{2015}' | '\u{2212}' | '-' => before = before.or(Some('-')),
            c => before = before.or(Some(c)),
        }
    }
    for piece in &mut out {
        piece.capitals &= piece.text.chars().any(char::is_alphabetic);
    }
    out.retain(|p| !p.text.is_empty());
    out
}

/// Folded letters that have no ASCII form, in ASCII; `None` where the text is ASCII already.
pub(crate) fn latin(folded: &str) -> Option<String> {
    if folded.is_ascii() {
        return None;
    }
    let mut out = String::with_capacity(folded.len() * 2);
    for c in folded.chars() {
        for letter in any_ascii::any_ascii_char(c).chars() {
            if letter.is_ascii_alphanumeric() {
                push_folded(&mut out, letter.to_ascii_lowercase());
            }
        }
    }
    (!out.is_empty()).then_some(out)
}

/// Adds a letter, folding `ae`, `oe`, `ue` to their first vowel, as `ä`, `ö`, `ü` have been, and `ss` to `s`.
fn push_folded(text: &mut String, c: char) {
    match (text.as_bytes().last(), c) {
        (Some(b'a' | b'o' | b'u'), 'e') | (Some(b's'), 's') => {}
        _ => text.push(c),
    }
}

/// The folded letters or digits of one character; empty where it is neither.
fn unfold(c: char) -> Letters {
    let mut out = Letters::default();
    if c.is_ascii() {
        if c.is_ascii_alphanumeric() {
            out.push(c.to_ascii_lowercase());
        }
        return out;
    }
    if matches!(c, 'º' | 'ª' | '°' | '¼' | '½' | '¾') {
        return out;
    }
    if let Some(digit) = digit(c) {
        out.push(digit);
        return out;
    }
    let lower = std::iter::once(c).nfkd().flat_map(char::to_lowercase);
    for part in lower.nfkd() {
        if is_dropped_mark(part) || is_apostrophe(part) {
            continue;
        }
        let ascii = match part {
            'ß' => "ss",
            'æ' => "a",
            'œ' | 'ø' => "o",
            'ł' => "l",
            'đ' | 'ð' => "d",
            'þ' => "th",
            'ħ' => "h",
            'ı' => "i",
            _ => "",
        };
        if !ascii.is_empty() {
            ascii.chars().for_each(|c| out.push(c));
            continue;
        }
        // A vowel sign of an Indic script is part of the word.
        if part.is_alphanumeric() || is_combining_mark(part) {
            out.push(match part {
                'ς' => 'σ',
                other => other,
            });
        }
    }
    out
}

/// Marks that are ornament in their script (Latin, Greek, Cyrillic, Hebrew, Arabic), not letters.
fn is_dropped_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{591}'..='\u{5c7}' | '\u{610}'..='\u{61a}' | '\u{640}' | '\u{64b}'..='\u{65f}' | '\u{670}')
}

fn is_apostrophe(c: char) -> bool {
    matches!(
        c,
        '\'' | '’' | '‘' | 'ʼ' | 'ʹ' | '`' | '´' | '\u{200b}'..='\u{200f}' | '\u{feff}' | '\u{ad}'
    )
}

fn fraction(c: char) -> Option<&'static str> {
    match c {
        '½' => Some("1/2"),
        '¼' => Some("1/4"),
        '¾' => Some("3/4"),
        _ => None,
    }
}

/// Zeros of all scripts that have decimal digits of their own (Unicode's class Nd; nine more follow each).
const ZEROS: [u32; 58] = [
    0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6, 0xe50, 0xed0,
    0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40, 0x1c50,
    0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0x104a0, 0x10d30, 0x11066, 0x110f0, 0x11136,
    0x111d0, 0x112f0, 0x11450, 0x114d0, 0x11650, 0x116c0, 0x11730, 0x118e0, 0x11950, 0x11c50, 0x11d50,
    0x11da0, 0x16a60, 0x16ac0, 0x16b50, 0x1e140, 0x1e2f0, 0x1e950,
];

/// A decimal digit of any script, in ASCII.
fn digit(c: char) -> Option<char> {
    let code = u32::from(c);
    let zero = *ZEROS.get(ZEROS.partition_point(|zero| *zero <= code).checked_sub(1)?)?;
    char::from_digit(code - zero, 10)
}

/// A few characters without a heap.
#[derive(Default)]
struct Letters {
    text: [char; 6],
    len: usize,
}

impl Letters {
    fn push(&mut self, c: char) {
        // Compatibility forms can be long (ﷺ); what lies behind six letters is dropped on both sides.
        if let Some(slot) = self.text.get_mut(self.len) {
            *slot = c;
            self.len += 1;
        }
    }
    fn is_empty(&self) -> bool {
        self.len == 0
    }
    fn chars(&self) -> impl Iterator<Item = char> + '_ {
        self.text[..self.len].iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Each line of the golden file: a text, and its words folded. To change it on purpose, edit it.
    #[test]
    fn folding_is_as_written_down() {
        let golden = include_str!("../tests/golden/fold.txt");
        let mut wrong = Vec::new();
        for line in golden.lines().filter(|l| !l.is_empty() && !l.starts_with('#')) {
            let (text, expected) = line.split_once(" => ").expect("`text => words`");
            let found: Vec<String> = pieces(text).into_iter().map(|p| p.text).collect();
            if found.join(" ") != expected {
                wrong.push(format!("{text} => {}", found.join(" ")));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    proptest! {
        #[test]
        fn folding_again_changes_nothing(text in "\\PC{0,40}") {
            // A fraction is written with a stroke.
            prop_assume!(!text.contains(['½', '¼', '¾']));
            for piece in pieces(&text) {
                let again: Vec<String> = pieces(&piece.text).into_iter().map(|p| p.text).collect();
                prop_assert_eq!(again, vec![piece.text]);
            }
        }
    }
}
