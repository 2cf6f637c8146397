//! Damaged sections are refused by name, or read as less; nothing panics.

mod common;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use common::{Town, write};
use geocode::{Geocoder, Request};
use geom::LngLat;
use pack::{OpenError, Section};

fn sections() -> Vec<Section> {
    let mut town = Town::new();
    town.place(0.0, 0.0, "town", "Altdorf");
    town.street([0.0, 0.0], "Lange Straße", &[1, 2, 3, 4], "12345", "Altdorf");
    geocode::build(&town.finish(), &mut |_| {})
}

fn open(sections: &[Section]) -> Result<Geocoder, OpenError> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("map.pack");
    write(sections, &path);
    Geocoder::open(Arc::new(
        pack::Pack::open(&path).expect("the pack itself is whole"),
    ))
}

#[test]
fn a_missing_section_is_named() {
    let all = sections();
    for missing in &all {
        let rest: Vec<Section> = all.iter().filter(|s| s.name != missing.name).cloned().collect();
        let error = open(&rest).expect_err("a section is missing").to_string();
        assert!(
            error.contains(&missing.name) && error.contains("rebuild"),
            "{error}"
        );
    }
}

#[test]
fn a_section_cut_short_is_refused() {
    let all = sections();
    for at in 0..all.len() {
        let mut cut = all.clone();
        let half = cut[at].bytes.len() / 2;
        cut[at].bytes.truncate(half / 16 * 16);
        if cut[at].bytes.len() == all[at].bytes.len() {
            continue;
        }
        match open(&cut) {
            Err(error) => assert!(error.to_string().contains("geocode/"), "{error}"),
            // Lists of references may be shorter: what they no longer name is not found.
            Ok(geocoder) => ask(&geocoder),
        }
    }
}

#[test]
fn another_layout_is_refused() {
    let mut all = sections();
    let meta = all
        .iter_mut()
        .find(|s| s.name == "geocode/meta")
        .expect("there is a meta section");
    meta.bytes[0] ^= 0x40;
    let error = open(&all).expect_err("another layout").to_string();
    assert!(error.contains("layout"), "{error}");
}

#[test]
fn a_flipped_byte_never_panics() {
    let all = sections();
    for at in 0..all.len() {
        let len = all[at].bytes.len();
        // Each byte of small sections, some of large ones.
        for byte in (0..len).step_by((len / 20).max(1)) {
            let mut flipped = all.clone();
            flipped[at].bytes[byte] ^= 0xff;
            let survived = catch_unwind(AssertUnwindSafe(|| {
                if let Ok(geocoder) = open(&flipped) {
                    ask(&geocoder);
                }
            }));
            assert!(survived.is_ok(), "byte {byte} of {}", all[at].name);
        }
    }
}

fn ask(geocoder: &Geocoder) {
    for text in [
        "Lange Straße 4, 12345 Altdorf",
        "Lnage Str. 3",
        "Altdorf",
        "12345",
    ] {
        let _ = geocoder.search(&Request::text(text));
        let _ = geocoder.autocomplete(text, None, 5);
    }
    let _ = geocoder.reverse(LngLat::new(13.26, 53.55).expect("on earth"));
}
