//! What tags say: house numbers, names, and what kind of thing it is.

use geom::BBox;
use osm::Tags;

/// A building that people may live or work in.
pub(super) fn is_dwelling(tags: &Tags<'_>) -> bool {
    const OTHERS: [&str; 22] = [
        "no",
        "garage",
        "garages",
        "carport",
        "shed",
        "roof",
        "hut",
        "greenhouse",
        "service",
        "transformer_tower",
        "ruins",
        "construction",
        "barn",
        "stable",
        "cowshed",
        "sty",
        "farm_auxiliary",
        "storage_tank",
        "silo",
        "toilets",
        "bunker",
        "parking",
    ];
    tags.get("building").is_some_and(|kind| !OTHERS.contains(&kind))
}

/// At least about 7 m by 9 m: smaller ones are mostly garages.
pub(super) fn is_large(bbox: BBox) -> bool {
    let plane = geom::LocalMeters::at(bbox.center());
    let corner = geom::LngLat::new(bbox.east, bbox.north).map_or([0.0; 2], |p| plane.project(p));
    let (wide, high) = (2.0 * corner[0], 2.0 * corner[1]);
    wide.min(high) >= 7.0 && wide.max(high) >= 9.0
}

pub(super) fn first_of<'a>(tags: &Tags<'a>, keys: &[&str]) -> &'a str {
    keys.iter().find_map(|k| tags.get(k)).map_or("", str::trim)
}

/// The house numbers of an object, as lists.
pub(super) struct Numbers {
    pub by_street: String,
    pub by_village: String,
}

impl Numbers {
    /// The plain number, and double ones: `addr:conscriptionnumber` 123 and `addr:streetnumber` 4 are written `123/4`.
    pub fn of(tags: &Tags<'_>) -> Option<Self> {
        let get = |key| tags.get(key).map_or("", str::trim);
        let (number, street) = (get("addr:housenumber"), get("addr:streetnumber"));
        let conscription = get("addr:conscriptionnumber");
        // For what stands only for a while, counted apart.
        let provisional = get("addr:provisionalnumber");
        let join = |parts: &[&str]| {
            let mut known: Vec<&str> = Vec::new();
            for part in parts {
                if !part.is_empty() && !known.contains(part) {
                    known.push(part);
                }
            }
            known.join(";")
        };
        let numbers = if conscription.is_empty() && provisional.is_empty() {
            Self {
                by_street: join(&[number, street]),
                by_village: String::new(),
            }
        } else {
            let provisional = match provisional {
                "" => String::new(),
                number => format!("ev.{number}"),
            };
            let whole = if number == street { "" } else { number };
            // `ev. 7` beside a provisional 7 says the same.
            let whole = if conscription.is_empty() && !whole.contains('/') {
                ""
            } else {
                whole
            };
            Self {
                by_street: street.to_owned(),
                by_village: join(&[whole, conscription, &provisional]),
            }
        };
        (!numbers.by_street.is_empty() || !numbers.by_village.is_empty()).then_some(numbers)
    }
}

/// Every name of an object, the main one first; `A / B` is two names more, `A (B)` one.
pub(super) fn names<'a>(tags: &Tags<'a>) -> Vec<&'a str> {
    let mut out: Vec<&str> = Vec::new();
    let mut add = |value: &'a str| {
        for name in value.split(';').map(str::trim) {
            if !name.is_empty() && name.len() <= 200 && !out.contains(&name) {
                out.push(name);
            }
        }
    };
    const OTHERS: [&str; 7] = [
        "alt_name",
        "official_name",
        "old_name",
        "short_name",
        "loc_name",
        "int_name",
        "reg_name",
    ];
    if let Some(name) = tags.get("name") {
        add(name);
        for part in name.split(" / ").flat_map(|half| half.split(" - ")) {
            if part.chars().filter(|c| c.is_alphabetic()).count() >= 4 {
                add(part);
            }
        }
        // `Burg (Spree)` is Burg.
        if let Some((before, _)) = name.split_once(" (") {
            add(before);
        }
    } else if tags.get("shop").is_some() || tags.get("amenity").is_some() {
        tags.get("brand")
            .or_else(|| tags.get("operator"))
            .into_iter()
            .for_each(&mut add);
    }
    for (key, value) in tags.iter() {
        let local = key.strip_prefix("name:").is_some_and(|l| {
            (2..=3).contains(&l.split(['-', '_']).next().unwrap_or("").len()) && !l.contains("pronunciation")
        });
        if local || OTHERS.contains(&key) {
            add(value);
        }
    }
    out
}

pub(super) fn is_poi(tags: &Tags<'_>) -> bool {
    const KEYS: [&str; 10] = [
        "amenity",
        "shop",
        "office",
        "tourism",
        "leisure",
        "craft",
        "healthcare",
        "historic",
        "aeroway",
        "club",
    ];
    const DULL: [&str; 12] = [
        "bench",
        "bicycle_parking",
        "waste_basket",
        "recycling",
        "parking_space",
        "parking_entrance",
        "vending_machine",
        "post_box",
        "telephone",
        "hunting_stand",
        "grit_bin",
        "picnic_table",
    ];
    KEYS.iter()
        .any(|k| tags.get(k).is_some_and(|v| !DULL.contains(&v) && v != "no"))
        || tags.is("railway", "station")
        || tags.is("railway", "halt")
        || tags.is("public_transport", "station")
        || tags.is("man_made", "works")
        || tags.is("building", "church")
        || matches!(
            tags.get("landuse"),
            Some("cemetery" | "industrial" | "commercial" | "retail" | "farmyard")
        )
        || matches!(tags.get("place"), Some("house" | "locality"))
}

/// A rough order of how likely a place of interest is meant.
pub(super) fn importance(tags: &Tags<'_>) -> u32 {
    let known = ["wikidata", "wikipedia", "website", "contact:website"]
        .iter()
        .filter(|k| tags.get(k).is_some())
        .count();
    let large = tags.is("railway", "station")
        || tags.get("aeroway").is_some()
        || matches!(tags.get("amenity"), Some("hospital" | "university" | "townhall"));
    known as u32 * 4 + u32::from(large) * 20
}
