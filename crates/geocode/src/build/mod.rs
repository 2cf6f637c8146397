//! From an extract to sections: collect, places, streets, documents, maps.

mod adopt;
mod areas;
mod beginnings;
mod cluster;
mod codes;
mod collect;
mod countries;
mod ground;
mod habits;
mod houses;
mod memory;
pub(crate) mod places;
mod pois;
mod rank;
mod shape;
mod streets;
mod tables;
mod tags;
mod write;

pub(crate) use collect::region;
pub(crate) use ground::{RUN, half_way, run_length};

use osm::Extract;
use pack::Section;

use crate::words::Words;
use crate::{BuildProgress, ExtraPoints};

/// Builds the geocoder's sections, named `geocode/…`. Same extract, same bytes.
#[must_use]
pub fn build(extract: &Extract, progress: &mut dyn FnMut(BuildProgress)) -> Vec<Section> {
    build_with(extract, &[], progress)
}

/// The same with address points of other sources beside the map's own. Where both know a house within 30 m, the
/// map's point stays; points outside of the map are left out.
#[must_use]
pub fn build_with(
    extract: &Extract,
    extra: &[ExtraPoints],
    progress: &mut dyn FnMut(BuildProgress),
) -> Vec<Section> {
    const PASSES: [&str; 4] = [
        "collect addresses",
        "find towns",
        "join streets",
        "write documents",
    ];
    let mut begin = |at: usize| {
        progress(BuildProgress {
            pass: PASSES[at],
            number: at as u32 + 1,
            of: PASSES.len() as u32,
        });
    };
    let words = Words::new();
    begin(0);
    let mut found = collect::collect(extract, extra);
    begin(1);
    let places = places::Places::new(extract, &found, &words);
    begin(2);
    let codes = codes::codes(&found);
    let streets = streets::streets(&found, &places, &codes, &words);
    begin(3);
    let countries = countries::Countries::new(&found, &places);
    let free = ground::free_buildings(&found);
    let hyphens_join = habits::Habits::of(&found).hyphens_join;
    // The streets hold the addresses now: of a whole country both together need gigabytes.
    found.addresses = Vec::new();
    let input = write::Input {
        extract,
        extra,
        found: &found,
        free: &free,
        hyphens_join,
        places: &places,
        codes: &codes,
        countries: &countries,
        words: &words,
    };
    write::write(&input, streets)
}
