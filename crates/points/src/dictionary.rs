//! The words of a category as small numbers.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

/// A word's number. 0 stands for a missing value, the first word is 1.
pub(crate) type Code = u32;

/// The code of a missing value.
pub(crate) const MISSING: Code = 0;

/// Words and their codes. Only ever grows, so that a code keeps its meaning in every part of an index and
/// in every later version of it. Cloning costs only what was added since the last [`Dictionary::settle`].
#[derive(Clone, Debug, Default)]
pub(crate) struct Dictionary {
    settled: Arc<Words>,
    added: Words,
    /// What [`Dictionary::places`] found, until there is a new word.
    places: OnceLock<Arc<[u32]>>,
}

#[derive(Clone, Debug, Default)]
struct Words {
    values: Vec<Arc<str>>,
    codes: HashMap<Arc<str>, Code>,
}

impl Words {
    fn push(&mut self, value: Arc<str>, code: Code) {
        self.values.push(Arc::clone(&value));
        self.codes.insert(value, code);
    }
}

impl Dictionary {
    /// Words in the order of their codes, each once.
    pub fn from_values(values: impl IntoIterator<Item = Arc<str>>) -> Self {
        let mut settled = Words::default();
        for (code, value) in (1..).zip(values) {
            settled.push(value, code);
        }
        Self {
            settled: Arc::new(settled),
            added: Words::default(),
            places: OnceLock::new(),
        }
    }

    /// How many codes there are, that of a missing value included.
    pub fn codes(&self) -> usize {
        self.settled.values.len() + self.added.values.len() + 1
    }

    /// The code of a word, if it is known.
    pub fn code(&self, value: &str) -> Option<Code> {
        let settled = self.settled.codes.get(value);
        settled.or_else(|| self.added.codes.get(value)).copied()
    }

    /// The code of a word, which is added if it is new.
    pub fn intern(&mut self, value: &str) -> Code {
        self.code(value).unwrap_or_else(|| {
            // There are fewer words than rows, and those are counted in 32 bits.
            let code = self.codes() as Code;
            self.added.push(value.into(), code);
            self.places = OnceLock::new();
            code
        })
    }

    /// The word of a code; `None` for a missing value.
    pub fn value(&self, code: Code) -> Option<&str> {
        let index = (code as usize).checked_sub(1)?;
        let settled = &self.settled.values;
        let value = settled
            .get(index)
            .or_else(|| self.added.values.get(index - settled.len()))?;
        Some(value)
    }

    /// All words with their codes, in order of codes.
    pub fn iter(&self) -> impl Iterator<Item = (Code, &str)> {
        let values = self.settled.values.iter().chain(&self.added.values);
        (1..).zip(values.map(|value| &**value))
    }

    /// For each code its place in order of urgency, then alphabet; that of a missing value last. A
    /// dictionary is always asked with the same urgency, that of its column.
    pub fn places(&self, urgency: &[String]) -> Arc<[u32]> {
        Arc::clone(self.places.get_or_init(|| self.sorted_places(urgency)))
    }

    fn sorted_places(&self, urgency: &[String]) -> Arc<[u32]> {
        let mut codes: Vec<(usize, &str, Code)> = self
            .iter()
            .map(|(code, value)| {
                let place = urgency.iter().position(|u| u == value);
                (place.unwrap_or(urgency.len()), value, code)
            })
            .collect();
        codes.sort_unstable();
        let mut places = vec![codes.len() as u32; codes.len() + 1];
        for (place, (_, _, code)) in codes.into_iter().enumerate() {
            places[code as usize] = place as u32;
        }
        places.into()
    }

    /// Makes clones cheap again.
    pub fn settle(&mut self) {
        if self.added.values.is_empty() {
            return;
        }
        let settled = Arc::make_mut(&mut self.settled);
        for value in std::mem::take(&mut self.added).values {
            let code = settled.values.len() as Code + 1;
            settled.push(value, code);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_keep_their_meaning_and_places_follow_urgency() {
        let mut words = Dictionary::default();
        let codes: Vec<Code> = ["later", "due", "odd", "overdue", "due"]
            .map(|w| words.intern(w))
            .into();
        assert_eq!(codes, [1, 2, 3, 4, 2]);
        words.settle();
        assert_eq!(
            (words.intern("even"), words.code("due"), words.value(5)),
            (5, Some(2), Some("even"))
        );
        assert_eq!(words.value(MISSING), None);
        // overdue, due, later as listed, then even and odd, then nothing.
        let urgency = ["overdue", "due", "later"].map(String::from);
        assert_eq!(*words.places(&urgency), [5, 2, 1, 4, 0, 3]);
    }
}
