//! Which place a name meant in a neighbourhood: addresses repeat themselves.

use std::collections::HashMap;

use geom::LngLat;

use super::places::Places;
use crate::words::Words;

/// Remembers which place a name meant in a neighbourhood: addresses repeat themselves.
#[derive(Default)]
pub(crate) struct Memory<'a> {
    known: HashMap<(&'a str, i32, i32), Option<u32>>,
    villages: HashMap<(i32, i32), Option<u32>>,
}

/// Neighbourhoods a degree of longitude and of latitude: about 500 m wide in middle latitudes.
const NEIGHBOURHOODS: [f64; 2] = [150.0, 200.0];

impl<'a> Memory<'a> {
    /// The place of this name for an address. It is found for the middle of the neighbourhood and not for the
    /// address that asks first: which one that is depends on how threads share the work.
    pub fn named_near(&mut self, places: &Places, name: &'a str, p: LngLat, words: &Words) -> Option<u32> {
        if name.is_empty() {
            return None;
        }
        let (x, y, middle) = neighbourhood(p);
        *self
            .known
            .entry((name, x, y))
            .or_insert_with(|| places.named_near(name, middle, words))
    }

    /// The village around an address that names none.
    pub fn village_at(&mut self, places: &Places, p: LngLat) -> Option<u32> {
        let (x, y, middle) = neighbourhood(p);
        *self
            .villages
            .entry((x, y))
            .or_insert_with(|| places.village_at(middle))
    }
}

/// A point's neighbourhood: column, row and middle.
fn neighbourhood(p: LngLat) -> (i32, i32, LngLat) {
    let [across, up] = NEIGHBOURHOODS;
    let (x, y) = ((p.lng() * across).floor(), (p.lat() * up).floor());
    let middle = LngLat::new((x + 0.5) / across, (y + 0.5) / up);
    (x as i32, y as i32, middle.unwrap_or(p))
}
