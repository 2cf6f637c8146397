//! Random worlds: few words and few places, so that everything collides with everything.

use geo_types::{Coord, coord};
use geom::{LngLat, Timestamp};
use points::{Category, Change, Filter, Row, RowId, Schema, Text};
use proptest::prelude::*;

use crate::plain::{Condition, Region};

pub fn schema() -> Schema {
    Schema {
        categories: vec![
            Category::named("class"),
            Category::ordered("due", ["overdue", "today", "soon"]),
            Category::named("territory"),
        ],
        amounts: vec!["revenue".into(), "visits".into()],
        times: vec!["last visit".into()],
        texts: vec![Text::digits("phone"), Text::words("name"), Text::words("street")],
    }
}

/// Multiples of 1/1024 degree: the twin computes with them exactly.
fn step(lng: std::ops::RangeInclusive<i32>) -> impl Strategy<Value = f64> {
    lng.prop_map(|v| f64::from(v) / 1024.0)
}

/// Mostly a handful of places near each other, some on the edge of the world.
pub fn place() -> impl Strategy<Value = LngLat> {
    let near = (step(-6..=6), step(-6..=6));
    let town = (step(-3000..=3000), step(-3000..=3000));
    let far = (step(-180 * 1024..=180 * 1024), step(-90 * 1024..=90 * 1024));
    let edge = (
        prop::sample::select(vec![-180.0, 0.0, 180.0]),
        prop::sample::select(vec![-90.0, 0.0, 90.0]),
    );
    prop_oneof![4 => near, 4 => town, 1 => far, 1 => edge]
        .prop_map(|(lng, lat)| LngLat::new(lng, lat).expect("on the earth"))
}

fn text(words: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(words), 0..4).prop_map(|words| words.join(" "))
}

pub const NAMES: &[&str] = &[
    "Müller",
    "Mueller",
    "muller",
    "Bäckerei",
    "Am",
    "A",
    "Markt",
    "GmbH",
    "O'Neill",
    "Groß",
    "395",
    "北京",
    "Neue",
    "-",
];

const PHONES: &[&str] = &["+49 (0)395", "0395", "0049 395", "12-34", "77", "", "x"];

pub fn query() -> impl Strategy<Value = String> {
    let part = text(NAMES).prop_flat_map(|text| {
        let chars = text.chars().count();
        (Just(text), 0..=chars, 0..=chars).prop_map(|(text, a, b)| {
            text.chars()
                .skip(a.min(b))
                .take(a.abs_diff(b))
                .collect::<String>()
        })
    });
    let free = prop::sample::select(vec![
        "",
        " ",
        "ü",
        "ue",
        "mu",
        "b",
        "0395 12",
        "+49 395 1234",
        "(39)",
        "kt g",
        "zzz",
        "a a",
    ]);
    prop_oneof![4 => part, 2 => free.prop_map(String::from), 1 => text(PHONES)]
}

/// Few enough ids that changes meet rows, enough that large starts fill several levels of boxes.
pub fn id() -> impl Strategy<Value = RowId> {
    (0u16..900).prop_map(|i| RowId([i.to_le_bytes(); 8].as_flattened().try_into().expect("16 bytes")))
}

/// The rows that an index is built from: a few, or more than the 512 of one box of boxes.
pub fn rows() -> impl Strategy<Value = Vec<Row>> {
    prop_oneof![3 => prop::collection::vec(row(), 0..150), 1 => prop::collection::vec(row(), 800..1500)]
}

pub fn row() -> impl Strategy<Value = Row> {
    let word =
        |words: &'static [&'static str]| prop::option::of(prop::sample::select(words).prop_map(String::from));
    let categories = (
        word(&["A", "B", "C"]),
        word(&["soon", "overdue", "odd", "today"]),
        word(&["north", "south", "ost"]),
    );
    let amount = prop_oneof![4 => (-1000i64..1000).prop_map(Some), 1 => Just(None), 1 => prop::sample::select(vec![Some(i64::MAX), Some(i64::MIN)])];
    let time = prop::option::of((0i64..5).prop_map(Timestamp));
    (
        id(),
        prop::option::weighted(0.85, place()),
        categories,
        [amount.clone(), amount],
        time,
        text(PHONES),
        text(NAMES),
        text(NAMES),
    )
        .prop_map(
            |(id, place, (class, due, territory), amounts, time, phone, name, street)| Row {
                id,
                place,
                categories: vec![class, due, territory],
                amounts: amounts.to_vec(),
                times: vec![time],
                texts: vec![phone, name, street],
            },
        )
}

fn ring() -> impl Strategy<Value = Vec<Coord>> {
    let near = (step(-7..=7), step(-7..=7));
    let town = (step(-3000..=3000), step(-3000..=3000));
    let corner = prop_oneof![2 => near, 1 => town].prop_map(|(x, y)| coord! { x: x, y: y });
    prop::collection::vec(corner, 0..7)
}

pub fn region() -> impl Strategy<Value = Region> {
    let bounds = (
        step(-4000..=4000),
        step(-4000..=4000),
        step(-4000..=4000),
        step(-4000..=4000),
    );
    let polygons = prop::collection::vec(prop::collection::vec(ring(), 0..3), 0..3);
    prop_oneof![
        1 => Just(Region::Everywhere),
        1 => bounds.prop_map(|(w, s, e, n)| Region::Box([w, s, e, n])),
        4 => polygons.prop_map(Region::Polygons),
    ]
}

pub fn condition() -> impl Strategy<Value = Condition> {
    let words = |words: &'static [&'static str]| {
        prop::collection::vec(prop::sample::select(words).prop_map(String::from), 0..4)
    };
    let columns = vec!["class", "due", "revenue", "last visit", "street"];
    let number = prop::option::of(-500i64..500);
    let plain = prop_oneof![
        Just(Filter::All),
        Just(Filter::None),
        words(&["A", "B", "Z"]).prop_map(|any_of| Filter::category("class", any_of)),
        words(&["north", "south", "ost", "odd"]).prop_map(|any_of| Filter::category("territory", any_of)),
        (number.clone(), number).prop_map(|(from, to)| Filter::Range {
            column: "revenue".into(),
            from,
            to
        }),
        (0i64..5).prop_map(|t| Filter::Range {
            column: "last visit".into(),
            from: Some(t),
            to: None
        }),
        prop::sample::select(columns).prop_map(|c| Filter::Missing { column: c.into() }),
        Just(Filter::Placed),
        prop::collection::vec(id(), 0..60).prop_map(Filter::Ids),
        query().prop_map(Filter::Text),
    ];
    let leaf = prop_oneof![4 => plain.prop_map(Condition::Plain), 1 => region().prop_map(Condition::Within)];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Condition::And),
            prop::collection::vec(inner.clone(), 0..3).prop_map(Condition::Or),
            inner.prop_map(|c| Condition::Not(Box::new(c))),
        ]
    })
}

/// What happens to an index.
#[derive(Clone, Debug)]
pub enum Step {
    Apply(Vec<Change>),
    /// A merge begins on a clone.
    Compact,
    /// The merge that began last comes back.
    Install,
}

pub fn history() -> impl Strategy<Value = Vec<Step>> {
    let change = prop_oneof![3 => row().prop_map(Change::Upsert), 1 => id().prop_map(Change::Delete)];
    let step = prop_oneof![
        5 => prop::collection::vec(change, 0..12).prop_map(Step::Apply),
        1 => Just(Step::Compact),
        1 => Just(Step::Install),
    ];
    prop::collection::vec(step, 0..10)
}
