//! On the demo extract: addresses find themselves, back and forth, and nothing depends on chance.

mod common;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use common::{Opened, demo_extract, metres, open};
use geocode::{Level, Request};
use geom::LngLat;
use osm::Extract;
use proptest::prelude::*;

static DEMO: LazyLock<(Extract, Opened)> = LazyLock::new(|| {
    let extract = demo_extract();
    let opened = open(&extract);
    (extract, opened)
});

struct Truth {
    street: String,
    number: String,
    postcode: String,
    city: String,
    point: LngLat,
}

/// All fully tagged addresses, by an own scan of the extract.
fn truths() -> Vec<Truth> {
    let extract = &DEMO.0;
    let bounds = extract.bounds().expect("the demo extract has bounds");
    let nodes = extract.tagged_nodes().map(|n| (n.tags, Some(n.place)));
    let ways = extract.ways().map(|w| {
        let line = extract.line(&w);
        (w.tags, geom::BBox::around(line).map(|b| b.center()))
    });
    nodes
        .chain(ways)
        .filter_map(|(tags, point)| {
            let get = |key: &str| tags.get(key).map(|v| v.trim().to_owned());
            let point = point.filter(|p| bounds.contains(*p))?;
            let plain = tags.get("addr:interpolation").is_none();
            plain.then_some(())?;
            Some(Truth {
                street: get("addr:street")?,
                number: get("addr:housenumber").filter(|n| !n.contains([';', ',']))?,
                postcode: get("addr:postcode")?,
                city: get("addr:city")?,
                point,
            })
        })
        .collect()
}

#[test]
fn every_address_finds_itself() {
    let truths = truths();
    assert!(truths.len() > 5_000, "{}", truths.len());
    // What a linear scan finds: all places of exactly this address.
    let mut same: BTreeMap<(&str, String, &str), Vec<LngLat>> = BTreeMap::new();
    let number = |t: &Truth| t.number.replace(' ', "").to_lowercase();
    for truth in &truths {
        same.entry((&truth.street, number(truth), &truth.city))
            .or_default()
            .push(truth.point);
    }
    // All of them take a minute unoptimised; every eleventh meets every street.
    let sample = truths.iter().step_by(if cfg!(debug_assertions) { 11 } else { 1 });
    let mut failures = Vec::new();
    let mut asked = 0;
    for truth in sample {
        asked += 1;
        let query = format!(
            "{} {}, {} {}",
            truth.street, truth.number, truth.postcode, truth.city
        );
        let answer = DEMO.1.search(&Request::text(&query));
        let expected = &same[&(truth.street.as_str(), number(truth), truth.city.as_str())];
        let good = answer.hits.first().is_some_and(|hit| {
            hit.level == Level::House && expected.iter().any(|p| metres(*p, hit.point) <= 50.0)
        });
        if !good {
            failures.push(format!(
                "{query}: {:?}",
                answer.hits.first().map(|h| (&h.label, h.level, &h.why))
            ));
        }
    }
    assert!(
        failures.is_empty(),
        "{} of {asked}: {failures:#?}",
        failures.len()
    );
}

#[test]
fn every_house_is_found_where_it_stands() {
    let mut wrong = Vec::new();
    let truths = truths();
    let sample: Vec<&Truth> = truths
        .iter()
        .step_by(if cfg!(debug_assertions) { 23 } else { 3 })
        .collect();
    for truth in &sample {
        let found = DEMO.1.reverse(truth.point).expect("something is here");
        let same = |a: &str, b: &str| a.replace(' ', "").to_lowercase() == b.replace(' ', "").to_lowercase();
        if found.level != Level::House
            || !same(&found.street, &truth.street)
            || !same(&found.house_number, &truth.number)
        {
            wrong.push(format!("{} {} is {}", truth.street, truth.number, found.label));
        }
    }
    // Two houses on one spot, or a shop that lies in its neighbour: the map's own contradictions.
    assert!(
        wrong.len() * 50 <= sample.len(),
        "{} of {}: {wrong:#?}",
        wrong.len(),
        sample.len()
    );
}

#[test]
fn two_builds_give_the_same_bytes() {
    let again = geocode::build(&DEMO.0, &mut |_| {});
    let first = geocode::build(&DEMO.0, &mut |_| {});
    for (a, b) in first.iter().zip(&again) {
        assert_eq!(a.name, b.name);
        assert!(a.bytes == b.bytes, "{} differs", a.name);
    }
    assert_eq!(first.len(), again.len());
}

#[test]
fn the_passes_are_reported_in_order() {
    let mut seen = Vec::new();
    let _ = geocode::build(&osm::Builder::default().finish(), &mut |p| {
        seen.push((p.number, p.of))
    });
    assert_eq!(seen, [(1, 4), (2, 4), (3, 4), (4, 4)]);
}

#[test]
fn an_empty_extract_answers_nothing() {
    let empty = open(&osm::Builder::default().finish());
    assert!(empty.search(&Request::text("Hauptstraße 5")).hits.is_empty());
    assert!(empty.autocomplete("ha", None, 5).is_empty());
    assert_eq!(empty.reverse(LngLat::new(0.0, 0.0).expect("on earth")), None);
}

#[test]
fn a_street_that_begins_with_a_number_may_be_misspelt_too() {
    for (query, street) in [
        ("3. Rinstraße 23, 17033 Neubrandenburg", "3.Ringstraße"),
        ("3.iRngstraße 23, 17033 Neubrandenburg", "3.Ringstraße"),
    ] {
        let answer = DEMO.1.search(&Request::text(query));
        assert_eq!(
            answer.hits.first().map(|h| h.street.as_str()),
            Some(street),
            "{query}: {}",
            answer.why
        );
    }
}

#[test]
fn a_typing_error_may_look_like_an_abbreviation() {
    let map = open(&demo_extract());
    let answer = map.search(&Request::text("Wolgastr Straße 5, Neubrandenburg"));
    assert_eq!(answer.hits[0].street, "Wolgaster Straße", "{}", answer.why);
}

#[test]
fn a_typed_address_is_offered_before_it_is_whole() {
    let truths = truths();
    for truth in truths.iter().step_by(997) {
        let text = format!("{} {}, {}", truth.street, truth.number, truth.city);
        let hits = DEMO.1.autocomplete(&text, Some(truth.point), 5);
        let near = hits.iter().any(|h| metres(h.point, truth.point) <= 50.0);
        assert!(
            near,
            "{text}: {:?}",
            hits.iter().map(|h| &h.label).collect::<Vec<_>>()
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn nothing_that_is_typed_panics(text in "\\PC{0,80}", street in ".{0,40}", lng in -180.0..180.0f64, lat in -90.0..90.0f64) {
        let request = Request { text: &text, street: &street, limit: 3, ..Request::default() };
        let answer = DEMO.1.search(&request);
        prop_assert!(answer.hits.len() <= 3 && !answer.why.is_empty());
        prop_assert!(DEMO.1.autocomplete(&text, None, 7).len() <= 7);
        let _ = DEMO.1.reverse(LngLat::new(lng, lat).expect("in range"));
    }
}

/// A letter swapped, dropped or doubled in a long word of a street's name is still the same house. Not always: a
/// letter lost may make another word (`Wolgastr Straße`), so a share is asked for.
#[test]
fn one_typing_error_is_forgiven() {
    let truths = truths();
    let (mut asked, mut lost) = (0usize, Vec::new());
    for (number, truth) in truths.iter().step_by(7).enumerate() {
        let letters: Vec<char> = truth.street.chars().collect();
        let word = |c: &&char| c.is_alphabetic();
        let at = 1 + number * 5 % letters.len().max(2);
        let Some(pair) = letters.get(at..at + 2) else {
            continue;
        };
        let around = letters[..at].iter().rev().take_while(word).count()
            + letters[at..].iter().take_while(word).count();
        // A misplaced ß is two letters out of place.
        if letters.len() < 9 || around < 6 || !pair.iter().all(|c| c.is_alphabetic() && *c != 'ß') {
            continue;
        }
        let mut typed = letters.clone();
        match number % 3 {
            0 => typed.swap(at, at + 1),
            1 => drop(typed.remove(at)),
            _ => typed.insert(at, letters[at]),
        }
        let street: String = typed.into_iter().collect();
        let query = format!("{street} {}, {} {}", truth.number, truth.postcode, truth.city);
        let answer = DEMO.1.search(&Request::text(&query));
        asked += 1;
        // Another street may be as near to the misspelt name: then one of the alternatives is right.
        let right = |h: &geocode::Hit| metres(h.point, truth.point) <= 250.0 || h.street == truth.street;
        if !answer.hits.iter().any(right) {
            lost.push(query);
        }
    }
    assert!(asked > 500, "only {asked} addresses have a word long enough");
    assert!(
        lost.len() * 200 <= asked,
        "{} of {asked} are lost: {lost:?}",
        lost.len()
    );
}
