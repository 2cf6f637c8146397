//! House numbers: `12`, `12a`, `12 A`, `12-14`, `2;4;12`, `12/3`, `B7`, `12½`, `34-10`, `12 корп. 3`.

use crate::fold::{Piece, pieces};

/// A house number taken apart: the number houses are sorted by, and what else belongs to it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct HouseNumber {
    /// At most nine digits.
    pub number: u32,
    /// Empty for a plain number; `a` for `12a`, `-14` for `12-14`, `/3` for `12/3`, `b#` for `B12`.
    pub suffix: String,
}

/// One number that an object of the map stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    /// The number.
    pub number: HouseNumber,
    /// How the map knows it.
    pub known: Known,
}

/// How a value knows one of its numbers, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Known {
    /// Written out.
    Written,
    /// An end of a range that is written, or a letter beside another: `39` and `45` of `39-45`.
    Part,
    /// Between the ends of such a range, first and last number.
    Within(u32, u32),
}

/// Longest suffix kept.
const LONGEST_SUFFIX: usize = 16;
/// The widest range that is read as one building.
const WIDEST_RANGE: u32 = 60;

impl HouseNumber {
    /// Reads one number (no list). `None` without digits, or with too many.
    pub fn read(text: &str) -> Option<Self> {
        Self::of_pieces(&pieces(text))
    }

    /// Reads one number from words.
    pub fn of_pieces(pieces: &[Piece]) -> Option<Self> {
        let mut text = String::new();
        for piece in pieces {
            match piece.before {
                Some(sign @ ('/' | '-')) if !text.is_empty() => text.push(sign),
                Some('½') if !text.is_empty() => text.push(' '),
                _ => {
                    let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
                    if digit(text.chars().last()) && digit(piece.plain.chars().next()) {
                        text.push(' ');
                    }
                }
            }
            text.push_str(match piece.plain.as_str() {
                "корп" | "корпус" => "к",
                "стр" | "строение" => "с",
                other => other,
            });
        }
        let start = text.find(|c: char| c.is_ascii_digit())?;
        let digits = text[start..]
            .find(|c: char| !c.is_ascii_digit())
            .map_or(text.len(), |end| start + end);
        if digits - start > 9 {
            return None;
        }
        let number = text[start..digits].parse().ok()?;
        let prefix = text[..start].trim_end_matches('-');
        let rest = &text[digits..];
        let rest = match rest.strip_prefix('-') {
            Some(letters) if letters.starts_with(char::is_alphabetic) => letters,
            _ => rest,
        };
        let suffix = if prefix.is_empty() {
            rest.to_owned()
        } else {
            format!("{prefix}#{rest}")
        };
        (suffix.len() <= LONGEST_SUFFIX).then_some(Self { number, suffix })
    }

    /// How it is written where nobody wrote it.
    pub fn display(&self) -> String {
        match self.suffix.split_once('#') {
            Some((prefix, rest)) => format!("{}{}{rest}", prefix.to_uppercase(), self.number),
            None => format!("{}{}", self.number, self.suffix),
        }
    }

    /// A number without a suffix.
    pub fn plain(number: u32) -> Self {
        Self {
            number,
            suffix: String::new(),
        }
    }

    /// The plain number behind a slash: 4 of `123/4`.
    pub fn behind_slash(&self) -> Option<Self> {
        self.suffix.strip_prefix('/')?.parse().ok().map(Self::plain)
    }

    /// The plain number before it.
    pub fn before_slash(&self) -> Self {
        Self::plain(self.number)
    }

    /// The upper end where this is a rising range of numbers.
    fn range_end(&self) -> Option<u32> {
        let end: u32 = self.suffix.strip_prefix('-')?.parse().ok()?;
        (end > self.number && end - self.number <= WIDEST_RANGE).then_some(end)
    }
}

/// All numbers that a tag's value stands for: lists and ranges written out. With `hyphens_join`, as in
/// `34-10`, a hyphen is part of the number and spans no range.
pub(crate) fn members(text: &str, hyphens_join: bool) -> Vec<Member> {
    let mut out: Vec<Member> = Vec::new();
    for part in text.split([';', ',', '+', '&']) {
        let Some(main) = HouseNumber::read(part) else {
            continue;
        };
        let mut more = Vec::new();
        if let Some(end) = main.range_end().filter(|_| !hyphens_join) {
            let step = if (end - main.number).is_multiple_of(2) {
                2
            } else {
                1
            };
            more.extend((main.number..=end).step_by(step).map(|number| Member {
                number: HouseNumber::plain(number),
                known: match number == main.number || number == end {
                    true => Known::Part,
                    false => Known::Within(main.number, end),
                },
            }));
        }
        more.extend(letters_of(&main.suffix).into_iter().map(|suffix| Member {
            number: HouseNumber {
                number: main.number,
                suffix,
            },
            known: Known::Part,
        }));
        out.push(Member {
            number: main,
            known: Known::Written,
        });
        out.extend(more);
    }
    let mut seen = std::collections::HashSet::new();
    out.retain(|m| seen.insert(m.number.clone()));
    out
}

/// `a-c` and `a/b` are the letters between or beside.
fn letters_of(suffix: &str) -> Vec<String> {
    let letters: Vec<char> = suffix.chars().collect();
    match letters[..] {
        [first, '-', last] if first.is_ascii_lowercase() && last.is_ascii_lowercase() && first < last => {
            (first..=last).map(String::from).collect()
        }
        [first, '/', second] if first.is_alphabetic() && second.is_alphabetic() => {
            vec![first.to_string(), second.to_string()]
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(u32, String)> {
        HouseNumber::read(text).map(|n| (n.number, n.suffix))
    }

    #[test]
    fn numbers_are_taken_apart() {
        for (text, number, suffix) in [
            ("12", 12, ""),
            ("12a", 12, "a"),
            ("12 A", 12, "a"),
            ("12-a", 12, "a"),
            ("12-14", 12, "-14"),
            ("12 – 14", 12, "-14"),
            ("12/3", 12, "/3"),
            ("B7", 7, "b#"),
            ("B-7", 7, "b#"),
            ("12½", 12, " 1/2"),
            ("12 1/2", 12, " 1/2"),
            ("34-10", 34, "-10"),
            ("0", 0, ""),
            ("１２", 12, ""),
            ("12 корп. 3", 12, "к3"),
            ("12к3", 12, "к3"),
        ] {
            assert_eq!(read(text), Some((number, suffix.to_owned())), "{text}");
        }
        assert_eq!(read("no number"), None);
        assert_eq!(read("1234567890"), None);
    }

    #[test]
    fn lists_and_ranges_are_written_out() {
        let numbers = |text, hyphens| -> Vec<String> {
            members(text, hyphens)
                .iter()
                .map(|m| m.number.display())
                .collect()
        };
        assert_eq!(numbers("2;4;12", false), ["2", "4", "12"]);
        assert_eq!(numbers("19+21", false), ["19", "21"]);
        assert_eq!(numbers("39-45", false), ["39-45", "39", "41", "43", "45"]);
        assert_eq!(numbers("7-8", false), ["7-8", "7", "8"]);
        assert_eq!(numbers("34-40", true), ["34-40"]);
        assert_eq!(numbers("12a-c", false), ["12a-c", "12a", "12b", "12c"]);
        assert_eq!(numbers("39A/B", false), ["39a/b", "39a", "39b"]);
        // A range of thousands is a typing error.
        assert_eq!(numbers("1-9999", false), ["1-9999"]);
    }
}
