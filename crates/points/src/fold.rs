//! Texts as they are compared: case, accents, punctuation and separators taken away.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// What becomes of ä, ö and ü.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Umlaut {
    /// `Müller` → `muller`, like every other accent.
    Dropped,
    /// `Müller` → `mueller`.
    Spelled,
}

/// Folds words: compatibility forms resolved, lower case, accents dropped, ß to ss, letters and digits
/// kept, apostrophes dropped, anything else to one space. `"Bäckerei Groß-O'Neill"` → `"backerei gross oneill"`.
#[must_use]
pub fn fold_words(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    fold_into(text, Umlaut::Dropped, &mut folded);
    folded
}

/// Like [`fold_words`], with ä, ö and ü as ae, oe and ue.
pub(crate) fn fold_words_spelled(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    fold_into(text, Umlaut::Spelled, &mut folded);
    folded
}

/// Appends [`fold_words`] of a text.
pub(crate) fn fold_words_into(text: &str, folded: &mut String) {
    fold_into(text, Umlaut::Dropped, folded);
}

fn fold_into(text: &str, umlaut: Umlaut, folded: &mut String) {
    let start = folded.len();
    let mut gap = false;
    let mut push = |c: char, folded: &mut String| {
        if matches!(c, '\'' | '’' | 'ʼ' | '`' | '´') || is_combining_mark(c) {
            return;
        }
        if !c.is_alphanumeric() {
            gap = true;
            return;
        }
        if gap && folded.len() > start {
            folded.push(' ');
        }
        gap = false;
        match c {
            'ß' | 'ẞ' => folded.push_str("ss"),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'ø' => folded.push('o'),
            'ł' => folded.push('l'),
            'đ' | 'ð' => folded.push('d'),
            'þ' => folded.push_str("th"),
            'ı' => folded.push('i'),
            c => folded.push(c),
        }
    };
    for c in text.chars() {
        if c.is_ascii() {
            push(c.to_ascii_lowercase(), folded);
            continue;
        }
        if umlaut == Umlaut::Spelled
            && let Some(vowel) = spelled_vowel(c)
        {
            push(vowel, folded);
            push('e', folded);
            continue;
        }
        for part in std::iter::once(c).nfkd() {
            for lower in part.to_lowercase() {
                // Lower case of a letter may itself carry a mark (İ gives i and a dot).
                push(lower, folded);
            }
        }
    }
}

fn spelled_vowel(c: char) -> Option<char> {
    match c {
        'ä' | 'Ä' => Some('a'),
        'ö' | 'Ö' => Some('o'),
        'ü' | 'Ü' => Some('u'),
        _ => None,
    }
}

/// Folds a telephone number: the digits, without a `(0)` after the country code and without the leading
/// `00` of one. `"+49 (0)395 / 12-34"` and `"0049 395 1234"` → `"493951234"`, `"0395 1234"` → `"03951234"`.
#[must_use]
pub fn fold_digits(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    fold_digits_into(text, &mut folded);
    folded
}

/// Appends [`fold_digits`] of a text.
pub(crate) fn fold_digits_into(text: &str, folded: &mut String) {
    let start = folded.len();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("(0)") {
            rest = after;
            continue;
        }
        if c.is_ascii_digit() {
            folded.push(c);
        }
        rest = &rest[c.len_utf8()..];
    }
    if folded[start..].starts_with("00") {
        folded.replace_range(start..start + 2, "");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn folds_case_accents_and_punctuation() {
        for (text, folded) in [
            ("Bäckerei Groß-O'Neill", "backerei gross oneill"),
            ("  GmbH & Co. KG ", "gmbh co kg"),
            ("Łódź Ørsted Æther", "lodz orsted aether"),
            ("ﬁn İstanbul", "fin istanbul"),
            ("Straße 5a", "strasse 5a"),
            ("北京 Café", "北京 cafe"),
            ("…", ""),
        ] {
            assert_eq!(fold_words(text), folded);
        }
        assert_eq!(fold_words_spelled("Müller-Öl"), "mueller oel");
    }

    #[test]
    fn folds_telephone_numbers_to_digits() {
        for (text, folded) in [
            ("+49 (0)395 / 12-34", "493951234"),
            ("0049 395 1234", "493951234"),
            ("0395 1234", "03951234"),
            ("none", ""),
        ] {
            assert_eq!(fold_digits(text), folded);
        }
    }

    proptest! {
        #[test]
        fn folding_twice_changes_nothing(text in ".{0,40}") {
            let once = fold_words(&text);
            prop_assert_eq!(fold_words(&once), once.clone());
            prop_assert!(!once.starts_with(' ') && !once.ends_with(' ') && !once.contains("  "));
        }

        #[test]
        fn both_spellings_have_the_same_words(text in ".{0,40}") {
            let words = |s: String| s.split(' ').count();
            prop_assert_eq!(words(fold_words(&text)), words(fold_words_spelled(&text)));
        }
    }
}
