//! How house numbers of a map are written.

use std::collections::HashSet;

use super::collect::Found;

/// How the numbers of a map are written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Habits {
    /// More hyphenated numbers fall than rise: hyphens join (`34-10`) rather than span.
    pub hyphens_join: bool,
    /// `123/4` is number 123 of the village and 4 of the street, and not flat 4 of house 123: the first is nearly
    /// always larger, and no two houses of a street share it.
    pub slashes_join_village_and_street: bool,
}

impl Habits {
    pub fn of(found: &Found<'_>) -> Self {
        let (mut falling, mut rising) = (0usize, 0usize);
        let read = |text: &str| text.trim().parse::<u32>().ok();
        let (mut double, mut larger) = (0usize, 0usize);
        let mut firsts: HashSet<(&str, &str, u32)> = HashSet::new();
        for address in &found.addresses {
            let parts = address.numbers.split_once('-');
            match parts.and_then(|(first, second)| Some((read(first)?, read(second)?))) {
                Some((first, second)) if second > first && second - first <= 60 => rising += 1,
                Some(_) => falling += 1,
                None => {}
            }
            let parts = address.numbers.split_once('/');
            if let Some((first, second)) = parts.and_then(|(a, b)| Some((read(a)?, read(b)?))) {
                double += 1;
                larger += usize::from(first > second);
                firsts.insert((address.street, address.city, first));
            }
        }
        Self {
            hyphens_join: falling > 20 && falling > rising,
            slashes_join_village_and_street: double > 20
                && larger * 10 >= double * 9
                && firsts.len() * 20 >= double * 19,
        }
    }
}
