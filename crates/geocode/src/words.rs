//! The word tables: abbreviations, weak words, noise, countries. Data, not code: `data/words.txt`,
//! `data/countries.txt`.

use std::collections::{HashMap, HashSet};

use crate::fold::{Piece, latin, pieces};

/// How much a kind of street counts beside the proper part of a name.
const TYPE_WEIGHT: f32 = 0.35;
/// How much an article or preposition counts.
const SMALL_WEIGHT: f32 = 0.12;
/// Spellings kept of one name at most.
const MOST_KEYS: usize = 12;

/// The word tables, folded.
#[derive(Debug, Default)]
pub(crate) struct Words {
    long_forms: HashMap<String, Vec<String>>,
    droppable: HashSet<String>,
    glued: Vec<(String, String)>,
    weights: HashMap<String, f32>,
    units: HashSet<String>,
    marks: HashSet<String>,
    people: HashSet<String>,
    companies: HashSet<String>,
    countries: HashMap<String, [u8; 2]>,
}

impl Words {
    /// Reads the tables that are compiled in.
    pub fn new() -> Self {
        let mut words = Self::default();
        let mut section = "";
        for line in include_str!("../data/words.txt").lines() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if let Some(name) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
                section = name;
                continue;
            }
            words.read_line(section, line);
        }
        for line in include_str!("../data/countries.txt").lines() {
            let Some((code, names)) = line.split_once(':').filter(|(code, _)| code.len() == 2) else {
                continue;
            };
            let code = [code.as_bytes()[0], code.as_bytes()[1]];
            for name in names.split(',').chain([std::str::from_utf8(&code).unwrap_or("")]) {
                words.countries.insert(run_together(name), code);
            }
        }
        words
    }

    fn read_line(&mut self, section: &str, line: &str) {
        let (long, shorts) = line.split_once('=').unwrap_or((line, ""));
        let (long, droppable) = match long.trim().strip_suffix('?') {
            Some(long) => (run_together(long), true),
            None => (run_together(long), false),
        };
        let shorts: Vec<String> = shorts.split_whitespace().map(run_together).collect();
        let weight = match section {
            "types" => Some(TYPE_WEIGHT),
            "small" => Some(SMALL_WEIGHT),
            _ => None,
        };
        for word in shorts.iter().chain([&long]) {
            if droppable {
                self.droppable.insert(word.clone());
            }
            if let Some(weight) = weight {
                self.weights.entry(word.clone()).or_insert(weight);
            }
        }
        match section {
            "types" | "names" => {
                for short in shorts {
                    let forms = self.long_forms.entry(short).or_default();
                    if !forms.contains(&long) {
                        forms.push(long.clone());
                    }
                }
            }
            "glued" => self
                .glued
                .extend(shorts.into_iter().map(|short| (short, long.clone()))),
            "units" => {
                self.units.insert(long);
            }
            "marks" => {
                self.marks.insert(long);
            }
            "people" => {
                self.people.insert(long);
            }
            "companies" => {
                self.companies.insert(long);
            }
            _ => {}
        }
    }

    /// The words of a text. Abbreviations with a hyphen inside (`пр-т`) are one word.
    pub fn pieces(&self, text: &str) -> Vec<Piece> {
        let mut out: Vec<Piece> = Vec::new();
        for piece in pieces(text) {
            let whole = out
                .last()
                .filter(|_| piece.before == Some('-') && !piece.spaced)
                .map(|last| format!("{}{}", last.text, piece.text))
                .filter(|whole| whole.chars().count() <= 5 && self.long_forms.contains_key(whole));
            match (whole, out.last_mut()) {
                (Some(whole), Some(last)) => {
                    last.plain.clone_from(&whole);
                    last.text = whole;
                    last.dot |= piece.dot;
                }
                _ => out.push(piece),
            }
        }
        out
    }

    /// What a word of a request may stand for: itself first, then long forms. The empty word stands for
    /// leaving it out.
    pub fn readings(&self, piece: &Piece) -> Vec<String> {
        let mut out = vec![piece.text.clone()];
        if let Some(long) = self.long_forms.get(&piece.text) {
            out.extend(long.iter().cloned());
        }
        for (short, long) in &self.glued {
            let Some(stem) = piece.text.strip_suffix(short.as_str()) else {
                continue;
            };
            // One or two letters are an abbreviation only with a full stop behind them.
            if stem.chars().count() >= 3 && (piece.dot || short.len() >= 3) {
                out.push(format!("{stem}{long}"));
            }
        }
        if self.droppable.contains(&piece.text) {
            out.push(String::new());
        }
        out.dedup();
        out
    }

    /// The keys under which a name of the map is found: its words run together, abbreviations written out.
    pub fn keys(&self, name: &str) -> Vec<String> {
        let pieces = self.pieces(name);
        let mut keys = vec![String::new()];
        for piece in &pieces {
            let mut readings = self.readings(piece);
            // A single letter of the map is an initial, not an abbreviation, unless it says so.
            if piece.text.chars().count() == 1 && !piece.dot {
                readings.truncate(1);
            }
            readings.retain(|r| !r.is_empty());
            readings.truncate((MOST_KEYS / keys.len()).max(1));
            keys = keys
                .iter()
                .flat_map(|key| readings.iter().map(move |r| format!("{key}{r}")))
                .collect();
        }
        if let Some(latin) = keys.first().and_then(|k| latin(k)) {
            keys.push(latin);
        }
        keys.retain(|k| !k.is_empty());
        let mut seen = HashSet::new();
        keys.retain(|k| seen.insert(k.clone()));
        keys
    }

    /// The words of a name, each in its longest reading, for comparing word by word.
    pub fn long_words(&self, name: &str) -> Vec<String> {
        self.pieces(name)
            .into_iter()
            .map(|p| self.long_word(&p))
            .collect()
    }

    /// One word in its first long reading.
    pub fn long_word(&self, piece: &Piece) -> String {
        let mut readings = self.readings(piece);
        readings.retain(|r| !r.is_empty());
        if readings.len() > 1 {
            readings.swap_remove(1)
        } else {
            readings.pop().unwrap_or_default()
        }
    }

    /// How much a word counts in a name, 0..=1.
    pub fn weight(&self, word: &str) -> f32 {
        self.weights.get(word).copied().unwrap_or(1.0)
    }

    /// A part of a building: floor, flat, staircase.
    pub fn is_unit(&self, word: &str) -> bool {
        self.units.contains(word)
    }

    /// What stands before a house number and says that it is one.
    pub fn is_mark(&self, word: &str) -> bool {
        self.marks.contains(word)
    }

    /// What stands before a person's or department's name.
    pub fn is_person_lead(&self, words: &str) -> bool {
        self.people.contains(words)
    }

    /// A legal form.
    pub fn is_company_form(&self, words: &str) -> bool {
        self.companies.contains(words)
    }

    /// The country of this name or code, run together.
    pub fn country(&self, words: &str) -> Option<[u8; 2]> {
        self.countries.get(words).copied()
    }

    /// A country's name in the table's first language.
    pub fn country_name(code: [u8; 2]) -> Option<&'static str> {
        include_str!("../data/countries.txt").lines().find_map(|line| {
            let (known, names) = line.split_once(':')?;
            (known.as_bytes() == code).then(|| names.split(',').next().unwrap_or("").trim())
        })
    }
}

fn run_together(text: &str) -> String {
    pieces(text).into_iter().map(|p| p.text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first_key(name: &str) -> String {
        Words::new().keys(name).swap_remove(0)
    }

    #[test]
    fn spellings_of_one_name_share_a_key() {
        let words = Words::new();
        // A request's words in all readings, run together in all combinations.
        let readings = |text: &str| {
            words
                .pieces(text)
                .iter()
                .fold(vec![String::new()], |heads, piece| {
                    let tails = words.readings(piece);
                    heads
                        .iter()
                        .flat_map(|h| tails.iter().map(move |t| format!("{h}{t}")))
                        .collect()
                })
        };
        let same = |map: &str, typed: &str| {
            let (keys, read) = (words.keys(map), readings(typed));
            assert!(
                read.iter().any(|r| keys.contains(r)),
                "{map} {keys:?} and {typed} {read:?}"
            );
        };
        same("Hauptstraße", "HAUPTSTR.");
        same("Hauptstraße", "Haupt Strasse");
        same("Große Gasse", "grosse-gasse");
        same("Müllerweg", "Muellerweg");
        same("East Oak Street", "E Oak St.");
        same("Saint Mary Road", "St. Mary Rd");
        same("улица Ленина", "ул. Ленина");
        same("проспект Мира", "пр-т Мира");
        same("улица Ленина", "ulitsa Lenina");
    }

    #[test]
    fn different_names_do_not() {
        assert_ne!(first_key("Nordweg"), first_key("Südweg"));
        assert_ne!(first_key("1. Ring"), first_key("2. Ring"));
    }

    #[test]
    fn countries_are_known_by_code_and_name() {
        let words = Words::new();
        assert_eq!(words.country("deutschland"), Some(*b"DE"));
        assert_eq!(words.country(&run_together("U.S.A.")), Some(*b"US"));
        assert_eq!(Words::country_name(*b"AT"), Some("Austria"));
    }
}
