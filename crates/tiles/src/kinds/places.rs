//! Names of countries, towns and quarters.

use osm::Tags;

use crate::feature::{Feature, Layer, Shape};
use crate::world::Point;

/// Upper ends of the steps of `population_rank`, after Tilezen: below 1 it is 0, below 200 it is 1, ….
const RANKS: [i64; 18] = [
    1,
    200,
    1_000,
    2_000,
    5_000,
    10_000,
    20_000,
    50_000,
    100_000,
    200_000,
    500_000,
    1_000_000,
    5_000_000,
    10_000_000,
    20_000_000,
    50_000_000,
    100_000_000,
    1_000_000_000,
];

pub(super) fn point<'a>(tags: &Tags<'a>, point: Point) -> Option<Feature<'a>> {
    tags.get("name")?;
    let place = tags.get("place")?;
    let population = tags.get("population").and_then(people);
    let capital = tags.is("capital", "yes") || tags.is("capital", "2");
    let (kind, detail, min_zoom, typical): (_, _, u8, i64) = match place {
        "country" => ("country", None, 0, 10_000_000),
        "state" | "province" | "region" => ("region", None, 4, 1_000_000),
        "city" => ("locality", Some("city"), 5, 200_000),
        "town" => ("locality", Some("town"), 7, 10_000),
        "village" => ("locality", Some("village"), 9, 500),
        "hamlet" => ("locality", Some("hamlet"), 11, 50),
        "isolated_dwelling" => ("locality", Some("isolated_dwelling"), 13, 5),
        "farm" => ("locality", Some("farm"), 13, 5),
        "borough" => ("macrohood", Some("borough"), 11, 0),
        "suburb" => ("macrohood", Some("suburb"), 11, 0),
        "quarter" => ("neighbourhood", Some("quarter"), 12, 0),
        "neighbourhood" => ("neighbourhood", Some("neighbourhood"), 13, 0),
        _ => return None,
    };
    let inhabitants = population.unwrap_or(typical);
    let min_zoom = match detail {
        Some("city") if capital || inhabitants >= 1_000_000 => 3,
        Some("city") if inhabitants >= 300_000 => 4,
        Some("town") if inhabitants < 5_000 => 8,
        Some("village") if inhabitants < 1_000 => 10,
        _ => min_zoom,
    };
    let rank = RANKS.iter().take_while(|step| inhabitants >= **step).count() as i64;
    // First come, first placed: by zoom, then by people, as many as fit below the next zoom's thousand.
    let sort_key = i64::from(min_zoom) * 1000 + 999 - (inhabitants / 1000).min(999);
    let mut feature = Feature::new(Layer::Places, kind, min_zoom, Shape::Point(point))
        .order(sort_key as i32)
        .maybe_text("kind_detail", detail)
        .whole("min_zoom", min_zoom.into())
        .whole("population_rank", rank)
        .whole("sort_key", sort_key)
        .maybe_text("capital", capital.then_some("yes"))
        .names(tags);
    if let Some(population) = population {
        feature = feature.whole("population", population);
    }
    if kind == "region" {
        feature = feature.maybe_text("ref", tags.get("ref").or_else(|| iso_tail(tags)));
    }
    Some(feature)
}

/// `64 000`, `64,000`, `64.000` and `64000` are all the same number of people.
fn people(text: &str) -> Option<i64> {
    let digits: String = text
        .chars()
        .filter(|c| !matches!(c, ' ' | ',' | '.' | '\''))
        .collect();
    let people: i64 = digits.parse().ok()?;
    (0..10_000_000_000).contains(&people).then_some(people)
}

/// `MV` of `DE-MV`.
fn iso_tail<'a>(tags: &Tags<'a>) -> Option<&'a str> {
    let code = tags.get("ISO3166-2")?;
    code.split_once('-').map(|(_, tail)| tail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_counted_in_many_ways() {
        for text in ["64000", "64 000", "64,000", "64.000"] {
            assert_eq!(people(text), Some(64_000));
        }
        assert_eq!(people("many"), None);
    }
}
