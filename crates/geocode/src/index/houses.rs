//! The houses of a street, unpacked one by one.

use geom::{Fixed, LngLat};

use super::{Doc, Ending, GROUP_SIZE, HouseFlags, HouseGroup, Index, Kind, RARE, RareEnding, StoredHouse};

/// A house, unpacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct House {
    /// Its number.
    pub number: u32,
    /// Text of the suffix; 0 is empty.
    pub suffix: u32,
    /// Where it is.
    pub point: Fixed,
    /// The village gave the number and not the street: it says nothing about what stands beside it.
    pub by_village: bool,
}

/// A street's houses, by number and suffix.
#[derive(Clone, Copy)]
pub(crate) struct Houses<'a> {
    stored: &'a [StoredHouse],
    endings: &'a [Ending],
    rare: &'a [RareEnding],
    first: u32,
    from: Fixed,
    shift: u8,
}

impl<'a> Houses<'a> {
    pub fn len(&self) -> usize {
        self.stored.len()
    }

    fn ending(&self, at: usize) -> Ending {
        let id = self.stored[at].ending;
        if id != RARE {
            return self.endings.get(usize::from(id)).copied().unwrap_or_default();
        }
        let house = self.first + at as u32;
        let found = self.rare.binary_search_by_key(&house, |r| r.house);
        found.map_or(Ending::default(), |at| self.rare[at].ending)
    }

    /// The number alone.
    pub fn number(&self, at: usize) -> u32 {
        let number = u32::from(self.stored[at].number);
        match self.stored[at].ending {
            0 => number,
            _ => number | (self.ending(at).high & !Ending::BY_VILLAGE) << 16,
        }
    }

    /// One of them; `at` counts from the street's first.
    pub fn at(&self, at: usize) -> House {
        let [east, north] = self.stored[at].off;
        let moved = |from: i32, off: i16| {
            let to = i64::from(from) + (i64::from(off) << self.shift);
            to.clamp(i32::MIN.into(), i32::MAX.into()) as i32
        };
        let ending = self.ending(at);
        House {
            number: self.number(at),
            by_village: ending.high & Ending::BY_VILLAGE != 0,
            suffix: ending.suffix,
            point: Fixed {
                lng: moved(self.from.lng, east),
                lat: moved(self.from.lat, north),
            },
        }
    }

    pub fn iter(self) -> impl DoubleEndedIterator<Item = House> + use<'a> {
        (0..self.len()).map(move |at| self.at(at))
    }

    /// How many have a number that `before` accepts; it must accept small ones first.
    pub fn partition_point(&self, before: impl Fn(u32) -> bool) -> usize {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low + (high - low) / 2;
            if before(self.number(middle)) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }
}

/// How far steps must be so that sixteen bits reach `farthest` ten-millionths of a degree.
pub(crate) fn shift_for(farthest: u64) -> u8 {
    let mut shift = 0;
    while (farthest >> shift) + 1 > i16::MAX as u64 {
        shift += 1;
    }
    shift
}

impl<'a> Index<'a> {
    /// A street's houses, by number and suffix.
    pub fn houses(&self, doc: &Doc) -> Houses<'a> {
        let range = match doc.kind == Kind::Street.byte() {
            true => doc.first as usize..(doc.first as usize).saturating_add(doc.count as usize),
            false => 0..0,
        };
        Houses {
            stored: self.houses.get(range).unwrap_or(&[]),
            endings: self.endings,
            rare: self.rare_endings,
            first: doc.first,
            from: doc.point,
            shift: doc.rank.min(31),
        }
    }

    /// A house and the street that owns it.
    pub fn house(&self, house: u32) -> Option<(House, &'a Doc)> {
        let doc = self.doc(self.street_of_house(house)?)?;
        let houses = self.houses(doc);
        let at = house.checked_sub(doc.first)? as usize;
        (at < houses.len()).then(|| (houses.at(at), doc))
    }

    /// The houses of a group and where they are.
    pub fn places_of(&self, group: HouseGroup) -> impl Iterator<Item = (u32, LngLat)> + use<'a> {
        let doc = self.street_of_house(group.first).and_then(|id| self.doc(id));
        let houses = doc.map(|doc| (doc.first, self.houses(doc)));
        let range = group.first..group.first.saturating_add(group.count.min(GROUP_SIZE as u32));
        houses.into_iter().flat_map(move |(first, houses)| {
            let at = range
                .clone()
                .filter_map(move |h| Some((h, h.checked_sub(first)? as usize)));
            at.filter(move |(_, at)| *at < houses.len())
                .map(move |(h, at)| (h, houses.at(at).point.into()))
        })
    }

    /// How a house is known.
    pub fn flags(&self, house: u32) -> HouseFlags {
        self.house_flags
            .get(house as usize)
            .copied()
            .unwrap_or(HouseFlags(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// What is unpacked is within half a step of what was packed.
        #[test]
        fn sixteen_bits_reach_every_house(far in 0u64..3_000_000_000) {
            let shift = shift_for(far);
            let off = (far + (1 << shift >> 1)) >> shift;
            prop_assert!(off <= i16::MAX as u64);
            prop_assert!((off << shift).abs_diff(far) <= 1 << shift >> 1);
            prop_assert!(shift == 0 || far >> (shift - 1) >= i16::MAX as u64 - 1);
        }
    }
}
