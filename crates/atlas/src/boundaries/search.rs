//! Comparing names as people type them.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// How well a name fits, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    Same,
    Begins,
    WordBegins,
    Holds,
}

/// A name in lower case, without accents, and with one spelling of umlauts: `Groß Müritz`,
/// `gross mueritz` and `GROSS MURITZ` are one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folded(String);

impl Folded {
    pub fn new(text: &str) -> Self {
        let plain: String = text
            .trim()
            .to_lowercase()
            .replace('ß', "ss")
            .nfd()
            .filter(|c| !is_combining_mark(*c))
            .collect();
        Self(plain.replace("ae", "a").replace("oe", "o").replace("ue", "u"))
    }

    pub fn rank(&self, wanted: &Self) -> Option<Rank> {
        let (name, text) = (self.0.as_str(), wanted.0.as_str());
        let at_word = |at: usize| !name[..at].ends_with(char::is_alphanumeric);
        if text.is_empty() {
            return None;
        }
        if name == text {
            return Some(Rank::Same);
        }
        if name.starts_with(text) {
            return Some(Rank::Begins);
        }
        let mut places = name.match_indices(text).map(|(at, _)| at).peekable();
        places.peek()?;
        Some(if places.any(at_word) {
            Rank::WordBegins
        } else {
            Rank::Holds
        })
    }
}

/// Postcodes are compared as they are written, from the beginning.
pub fn rank_code(wanted: &str, code: &str) -> Option<Rank> {
    if wanted.is_empty() || !code.starts_with(wanted) {
        return None;
    }
    Some(if code == wanted { Rank::Same } else { Rank::Begins })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rank(wanted: &str, name: &str) -> Option<Rank> {
        Folded::new(name).rank(&Folded::new(wanted))
    }

    #[test]
    fn case_accents_and_umlauts_do_not_matter() {
        for wanted in ["Groß Müritz", "gross mueritz", "GROSS MURITZ", " groß müritz "] {
            assert_eq!(rank(wanted, "Groß Müritz"), Some(Rank::Same), "{wanted}");
        }
        assert_eq!(rank("malar", "Mälaröarna"), Some(Rank::Begins));
        assert_eq!(rank("sao", "São Paulo"), Some(Rank::Begins));
    }

    #[test]
    fn the_better_a_name_fits_the_earlier_it_comes() {
        assert_eq!(rank("nemerow", "Nemerow"), Some(Rank::Same));
        assert_eq!(rank("nem", "Nemerow"), Some(Rank::Begins));
        assert_eq!(rank("nem", "Groß Nemerow"), Some(Rank::WordBegins));
        assert_eq!(rank("brand", "Neubrandenburg"), Some(Rank::Holds));
        assert_eq!(rank("stargard", "Neubrandenburg"), None);
        assert_eq!(rank("  ", "Neubrandenburg"), None);
        assert!(Rank::Same < Rank::Begins && Rank::WordBegins < Rank::Holds);
        assert_eq!(rank_code("1703", "17034"), Some(Rank::Begins));
        assert_eq!(rank_code("7034", "17034"), None);
    }
}
