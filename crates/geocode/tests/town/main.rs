//! Two small towns, drawn: what is found, how finely, and what is refused.

mod asking;
#[path = "../common/mod.rs"]
mod common;
mod here;
mod many;
mod names;
mod numbers;
mod typing;

use common::{Opened, Town, metres};
use geocode::{Level, Request};

/// Altdorf (12345) around the origin and Neudorf (12399) 12 km to the east share a street name.
pub(crate) fn towns() -> Town {
    let mut town = Town::new();
    town.place(0.0, 0.0, "town", "Altdorf");
    town.place(12_000.0, 0.0, "town", "Neudorf");
    // 6 and 7 are missing between their neighbours; 1 to 12.
    town.street(
        [0.0, 0.0],
        "Lange Straße",
        &[1, 2, 3, 4, 5, 8, 9, 10, 11, 12],
        "12345",
        "Altdorf",
    );
    town.street(
        [0.0, 300.0],
        "Große Mühlengasse",
        &[1, 2, 3, 4],
        "12345",
        "Altdorf",
    );
    town.street(
        [0.0, 600.0],
        "Sankt-Georg-Ring",
        &[1, 2, 3, 4],
        "12345",
        "Altdorf",
    );
    town.street(
        [12_000.0, 0.0],
        "Lange Straße",
        &[1, 2, 3, 4, 20],
        "12399",
        "Neudorf",
    );
    town.street([12_000.0, 300.0], "Am Wehr", &[1, 2], "12399", "Neudorf");
    town.node(
        200.0,
        100.0,
        &[
            ("amenity", "cafe"),
            ("name", "Zur Alten Mühle"),
            ("addr:city", "Altdorf"),
        ],
    );
    town
}

pub(crate) struct Case {
    pub query: &'static str,
    pub level: Option<Level>,
    /// Metres east and north of the origin.
    pub near: [f64; 2],
}

pub(crate) fn check(map: &Opened, town: &Town, cases: &[Case]) {
    for case in cases {
        let answer = map.search(&Request::text(case.query));
        let level = answer.hits.first().map(|h| h.level);
        assert_eq!(level, case.level, "{}: {answer:#?}", case.query);
        if let (Some(hit), Some(_)) = (answer.hits.first(), case.level) {
            let far = metres(hit.point, town.at(case.near[0], case.near[1]));
            assert!(far < 5.0, "{}: {far:.0} m off: {hit:#?}", case.query);
        }
    }
}

pub(crate) fn found(query: &'static str, level: Level, near: [f64; 2]) -> Case {
    Case {
        query,
        level: Some(level),
        near,
    }
}

pub(crate) fn refused(query: &'static str) -> Case {
    Case {
        query,
        level: None,
        near: [0.0, 0.0],
    }
}
