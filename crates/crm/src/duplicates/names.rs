//! How alike are two names? One pair is compared letter by letter; a million names are read once and compared by what
//! was kept of each.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

/// So alike are two spellings of one word at least.
const SAME_WORD: f64 = 0.65;
/// So alike are two names at least that mean the same firm.
pub(crate) const ALIKE: f64 = 0.5;

/// Words that say how a firm is made up, not which it is.
const FORMS: [&str; 20] = [
    "gmbh", "mbh", "ag", "kg", "ohg", "gbr", "ug", "ev", "eg", "se", "co", "inc", "ltd", "llc", "plc",
    "corp", "sa", "sarl", "bv", "und",
];

/// Two letters that follow each other.
type Letters = (char, char);

/// The words of a name that say which it is, without case and accents.
pub(super) fn words(name: &str) -> Vec<String> {
    records::fold(name)
        .split(|c: char| !c.is_alphanumeric())
        .filter(|w| !w.is_empty() && !FORMS.contains(w))
        .map(str::to_owned)
        .collect()
}

/// A word's letters in pairs, its ends included.
fn pairs(word: &str) -> BTreeSet<Letters> {
    let letters: Vec<char> = std::iter::once(' ').chain(word.chars()).chain([' ']).collect();
    letters.windows(2).map(|w| (w[0], w[1])).collect()
}

/// Dice's coefficient of two sets of which so many are in both (L. R. Dice, 1945); 0 where one is empty.
fn dice(both: usize, a: usize, b: usize) -> f64 {
    if a == 0 || b == 0 {
        return 0.0;
    }
    2.0 * both as f64 / (a + b) as f64
}

/// How alike two names are, 0..=1, by their pairs of letters; 0 if a word of the shorter name has nothing like it in
/// the longer: two bakeries in one street are not one because both are called bakery.
pub(crate) fn likeness(a: &str, b: &str) -> f64 {
    let mut names = Names::default();
    let (a, b) = (names.add(a), names.add(b));
    names.likeness(a, b)
}

/// Names that are compared with each other many times.
#[derive(Default)]
pub(crate) struct Names {
    codes: HashMap<Letters, u32>,
    by_word: HashMap<String, u32>,
    /// Each word's pairs of letters by code, in order.
    words: Vec<Vec<u32>>,
    names: Vec<Name>,
    /// One for each name, apart from what is long: most pairs of names are told apart by these alone, one after another.
    signs: Vec<Sign>,
}

struct Name {
    words: Vec<u32>,
    /// The pairs of letters of all words by code, in order.
    letters: Vec<u32>,
}

/// A bit for each pair of letters; several may share one.
#[derive(Clone, Copy, Default)]
struct Sign {
    bits: [u64; 4],
    /// How many of the pairs have no bit of their own.
    shared: u32,
    /// How many pairs of letters there are.
    letters: u32,
}

impl Sign {
    fn of(letters: &[u32]) -> Self {
        let mut bits = [0u64; 4];
        for code in letters {
            // Fibonacci hashing: codes are small and follow each other.
            let bit = code.wrapping_mul(2_654_435_769) >> 24;
            bits[(bit >> 6) as usize] |= 1 << (bit & 63);
        }
        let set: u32 = bits.iter().map(|b| b.count_ones()).sum();
        Self {
            bits,
            shared: letters.len() as u32 - set,
            letters: letters.len() as u32,
        }
    }

    /// No more than so many pairs of letters are in both.
    fn in_both(&self, other: &Self) -> u32 {
        let bits = self.bits.iter().zip(&other.bits);
        let same: u32 = bits.map(|(a, b)| (a & b).count_ones()).sum();
        same + self.shared.min(other.shared)
    }

    /// Whether [`dice`] of their pairs of letters can reach [`ALIKE`].
    fn might_be_alike(&self, other: &Self) -> bool {
        2.0 * f64::from(self.in_both(other)) >= ALIKE * f64::from(self.letters + other.letters)
    }
}

impl Names {
    /// Reads a name; gives its number.
    pub fn add(&mut self, name: &str) -> usize {
        let words: Vec<u32> = words(name).into_iter().map(|word| self.word(word)).collect();
        let mut letters: Vec<u32> = words
            .iter()
            .flat_map(|w| &self.words[*w as usize])
            .copied()
            .collect();
        letters.sort_unstable();
        letters.dedup();
        self.signs.push(Sign::of(&letters));
        self.names.push(Name { words, letters });
        self.names.len() - 1
    }

    fn word(&mut self, word: String) -> u32 {
        if let Some(known) = self.by_word.get(&word) {
            return *known;
        }
        let mut codes: Vec<u32> = Vec::new();
        for letters in pairs(&word) {
            let next = self.codes.len() as u32;
            codes.push(*self.codes.entry(letters).or_insert(next));
        }
        codes.sort_unstable();
        let number = self.words.len() as u32;
        self.words.push(codes);
        self.by_word.insert(word, number);
        number
    }

    /// Which of some names might be like one, by a glance at their signs: none whose likeness reaches [`ALIKE`] is missed,
    /// and most that do not are told apart.
    pub fn might_be_alike(&self, name: usize, others: Range<usize>) -> impl Iterator<Item = usize> {
        let (sign, first) = (self.signs[name], others.start);
        let signs = self.signs[others].iter().enumerate();
        signs
            .filter(move |(_, other)| sign.might_be_alike(other))
            .map(move |(n, _)| first + n)
    }

    /// [`likeness`] of two of them.
    pub fn likeness(&self, a: usize, b: usize) -> f64 {
        let (a, b) = (&self.names[a], &self.names[b]);
        let (short, long) = if a.words.len() <= b.words.len() {
            (a, b)
        } else {
            (b, a)
        };
        let has_like = |word: &u32| long.words.iter().any(|other| self.are_one_word(*word, *other));
        if short.words.is_empty() || !short.words.iter().all(has_like) {
            return 0.0;
        }
        dice(in_both(&a.letters, &b.letters), a.letters.len(), b.letters.len())
    }

    fn are_one_word(&self, a: u32, b: u32) -> bool {
        let (one, other) = (&self.words[a as usize], &self.words[b as usize]);
        a == b || dice(in_both(one, other), one.len(), other.len()) >= SAME_WORD
    }
}

/// How many of two ascending lists are in both.
fn in_both(a: &[u32], b: &[u32]) -> usize {
    let (mut at, mut both) = (0, 0);
    for x in a {
        while b.get(at).is_some_and(|y| y < x) {
            at += 1;
        }
        both += usize::from(b.get(at) == Some(x));
    }
    both
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn legal_forms_case_and_accents_make_no_difference() {
        for (a, b) in [
            ("Bäckerei Müller GmbH", "backerei muller"),
            ("Acme Ltd.", "ACME"),
            ("Schmidt & Söhne GmbH & Co. KG", "Schmidt und Söhne"),
        ] {
            assert!(likeness(a, b) > 0.99, "{a} and {b}: {}", likeness(a, b));
        }
        assert!(likeness("Bäckerei Müller", "Bäckerei Mueller") >= ALIKE);
        for (a, b) in [
            ("Bäckerei Müller", "Fleischerei Schulz"),
            ("", "Acme"),
            ("GmbH", "GmbH"),
        ] {
            assert!(likeness(a, b) < ALIKE, "{a} and {b}: {}", likeness(a, b));
        }
    }

    /// The slow twin: sets of letters, made anew for each pair of names.
    fn slowly(a: &str, b: &str) -> f64 {
        let dice_of =
            |a: &BTreeSet<Letters>, b: &BTreeSet<Letters>| dice(a.intersection(b).count(), a.len(), b.len());
        let of = |name: &str| -> Vec<BTreeSet<Letters>> { words(name).iter().map(|w| pairs(w)).collect() };
        let (a, b) = (of(a), of(b));
        let (short, long) = if a.len() <= b.len() { (&a, &b) } else { (&b, &a) };
        let has_like = |word: &BTreeSet<Letters>| long.iter().any(|other| dice_of(word, other) >= SAME_WORD);
        if short.is_empty() || !short.iter().all(has_like) {
            return 0.0;
        }
        let all = |words: &[BTreeSet<Letters>]| words.iter().flatten().copied().collect();
        dice_of(&all(&a), &all(&b))
    }

    #[test]
    fn what_is_kept_of_names_says_what_the_letters_say() {
        let seed = 20_261_122;
        let mut random = testkit::Dice::seeded(seed);
        // Spellings that are nearly the same, and words that have nothing to do with each other.
        let words = [
            "müller",
            "mueller",
            "muler",
            "schulz",
            "schultz",
            "bäckerei",
            "baeckerei",
            "backerei",
            "4711",
            "4712",
            "478047",
            "478048",
            "x",
            "gmbh",
            "straße",
            "strasse",
        ];
        let mut name = || -> String {
            let count = random.index(5);
            (0..count)
                .map(|_| random.pick(&words))
                .collect::<Vec<_>>()
                .join(" ")
        };
        let all: Vec<String> = (0..400).map(|_| name()).collect();
        let mut names = Names::default();
        let numbers: Vec<usize> = all.iter().map(|name| names.add(name)).collect();
        let (mut alike, mut told_apart) = (0, 0);
        for (a, x) in all.iter().zip(&numbers) {
            for (b, y) in all.iter().zip(&numbers) {
                let slow = slowly(a, b);
                assert_eq!(names.likeness(*x, *y), slow, "seed {seed}: {a:?} and {b:?}");
                let might = names.might_be_alike(*x, *y..*y + 1).next().is_some();
                assert!(might || slow < ALIKE, "seed {seed}: {a:?} and {b:?}");
                (alike, told_apart) = (
                    alike + usize::from(slow >= ALIKE),
                    told_apart + usize::from(!might),
                );
            }
        }
        assert!(
            alike > 500 && told_apart > 50_000,
            "seed {seed}: {alike} pairs alike, {told_apart} told apart"
        );
    }
}
