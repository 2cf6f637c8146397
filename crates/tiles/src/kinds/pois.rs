//! Points of interest.

use osm::Tags;

use super::{one_of, plain_word};
use crate::feature::{Feature, Layer, Shape, zoom_showing};
use crate::world::Point;

/// What a place is to a visitor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kind<'a> {
    kind: &'static str,
    detail: Option<&'a str>,
    /// From which zoom on a point of this kind is worth its room.
    min_zoom: u8,
    /// Shown even without a name.
    nameless: bool,
}

/// Kinds by the zoom they are shown from.
const AMENITIES: &[(u8, &[&str])] = &[
    (13, &["hospital", "university", "ferry_terminal"]),
    (
        14,
        &[
            "college",
            "townhall",
            "theatre",
            "prison",
            "bus_station",
            "exhibition_centre",
            "conference_centre",
        ],
    ),
    (
        15,
        &[
            "school",
            "library",
            "courthouse",
            "police",
            "fire_station",
            "post_office",
            "cinema",
            "arts_centre",
            "place_of_worship",
            "marketplace",
            "clinic",
            "fuel",
            "nursing_home",
            "research_institute",
        ],
    ),
    (
        16,
        &[
            "kindergarten",
            "community_centre",
            "bank",
            "pharmacy",
            "doctors",
            "dentist",
            "veterinary",
            "restaurant",
            "cafe",
            "bar",
            "pub",
            "biergarten",
            "fast_food",
            "food_court",
            "nightclub",
            "car_rental",
            "car_wash",
            "driving_school",
            "embassy",
            "social_facility",
            "social_centre",
            "events_venue",
            "casino",
            "studio",
            "vehicle_inspection",
            "animal_shelter",
            "crematorium",
        ],
    ),
    (
        17,
        &[
            "ice_cream",
            "charging_station",
            "bicycle_rental",
            "parking",
            "toilets",
            "drinking_water",
            "atm",
            "taxi",
            "childcare",
            "music_school",
            "language_school",
            "training",
            "coworking_space",
        ],
    ),
];

const SHOPS: &[(u8, &[&str])] = &[
    (14, &["mall", "department_store"]),
    (15, &["supermarket"]),
    (
        16,
        &[
            "convenience",
            "bakery",
            "butcher",
            "chemist",
            "doityourself",
            "furniture",
            "garden_centre",
            "car",
            "car_repair",
            "electronics",
            "hardware",
            "beverages",
        ],
    ),
    (
        17,
        &[
            "clothes",
            "shoes",
            "books",
            "beauty",
            "hairdresser",
            "optician",
            "jewelry",
            "florist",
            "gift",
            "toys",
            "sports",
            "bicycle",
            "mobile_phone",
            "computer",
            "kiosk",
            "newsagent",
            "stationery",
            "laundry",
            "dry_cleaning",
            "travel_agency",
            "pet",
            "greengrocer",
            "alcohol",
            "confectionery",
            "tailor",
            "hearing_aids",
            "medical_supply",
            "tobacco",
            "variety_store",
            "second_hand",
            "tyres",
            "motorcycle",
        ],
    ),
];

const TOURISM: &[(u8, &[&str])] = &[
    (12, &["zoo", "theme_park"]),
    (
        14,
        &["museum", "attraction", "aquarium", "camp_site", "caravan_site"],
    ),
    (15, &["hotel", "gallery", "viewpoint", "hostel", "motel"]),
    (
        16,
        &["guest_house", "apartment", "chalet", "alpine_hut", "picnic_site"],
    ),
    (17, &["artwork"]),
];

const LEISURE: &[(u8, &[&str])] = &[
    (13, &["stadium", "nature_reserve", "golf_course", "water_park"]),
    (14, &["park", "marina", "ice_rink"]),
    (
        15,
        &[
            "sports_centre",
            "garden",
            "swimming_area",
            "horse_riding",
            "beach_resort",
        ],
    ),
    (
        16,
        &[
            "fitness_centre",
            "bowling_alley",
            "dance",
            "miniature_golf",
            "sauna",
        ],
    ),
    (17, &["playground"]),
];

const HISTORIC: &[(u8, &[&str])] = &[
    (14, &["castle", "fort"]),
    (
        15,
        &[
            "monument",
            "ruins",
            "archaeological_site",
            "manor",
            "city_gate",
            "tower",
        ],
    ),
    (17, &["memorial"]),
];

/// Kinds that help even when nobody gave them a name.
const NAMELESS: &[&str] = &[
    "bus_stop",
    "tram_stop",
    "toilets",
    "drinking_water",
    "playground",
    "fuel",
    "charging_station",
    "viewpoint",
    "atm",
    "peak",
    "post_office",
    "pharmacy",
    "supermarket",
    "bicycle_rental",
    "taxi",
];

pub(super) fn kind<'a>(tags: &Tags<'a>) -> Option<Kind<'a>> {
    let get = |key| tags.get(key).unwrap_or("");
    let found = |kind: &'static str, min_zoom| {
        Some(Kind {
            kind,
            detail: None,
            min_zoom,
            nameless: NAMELESS.contains(&kind),
        })
    };
    let listed = |key, list: &'static [(u8, &[&'static str])]| {
        let value = tags.get(key)?;
        list.iter()
            .find_map(|(zoom, kinds)| found(one_of(value, kinds)?, *zoom))
    };
    let grouped = |key, kind, min_zoom| {
        let value = tags
            .get(key)
            .filter(|v| !matches!(*v, "no" | "vacant" | "disused"))?;
        found(kind, min_zoom).map(|k| Kind {
            detail: plain_word(value),
            ..k
        })
    };
    let transport = match (get("railway"), get("highway"), get("aeroway")) {
        ("station" | "halt", _, _) if get("station") != "subway" => found("station", 12),
        ("station" | "halt", _, _) => found("station", 13),
        ("tram_stop", _, _) => found("tram_stop", 16),
        (_, "bus_stop", _) => found("bus_stop", 17),
        (_, _, "aerodrome") => found("aerodrome", 10),
        _ => None,
    };
    let nature = || match (get("natural"), get("landuse")) {
        ("peak", _) => found("peak", 13),
        ("beach", _) => found("beach", 14),
        ("wood", _) | (_, "forest") => found("forest", 20),
        (_, "cemetery") => found("cemetery", 14),
        _ => None,
    };
    let built = || match get("man_made") {
        "lighthouse" => found("lighthouse", 15),
        "windmill" | "watermill" => found("mill", 16),
        "water_tower" => found("water_tower", 17),
        _ => None,
    };
    transport
        .or_else(|| listed("amenity", AMENITIES))
        .or_else(|| listed("shop", SHOPS))
        .or_else(|| listed("tourism", TOURISM))
        .or_else(|| listed("leisure", LEISURE))
        .or_else(|| listed("historic", HISTORIC))
        .or_else(nature)
        .or_else(built)
        .or_else(|| grouped("shop", "shop", 17))
        .or_else(|| grouped("office", "office", 17))
        .or_else(|| grouped("craft", "craft", 17))
        .or_else(|| grouped("healthcare", "healthcare", 17))
}

/// A place to go to. Large areas show earlier than points of their kind.
pub(super) fn point<'a>(tags: &Tags<'a>, point: Point, size: Option<f64>) -> Option<Feature<'a>> {
    let Kind {
        kind,
        detail,
        min_zoom,
        nameless,
    } = kind(tags)?;
    if tags.get("name").is_none() && !nameless {
        return None;
    }
    // Room for its name inside: about 40 × 20 of the browser's pixels.
    let by_size = size.map_or(20, |size| zoom_showing(size, 50_000.0).max(10));
    let min_zoom = min_zoom.min(by_size);
    if min_zoom > 17 {
        return None;
    }
    let feature = Feature::new(Layer::Pois, kind, min_zoom.min(14), Shape::Point(point));
    let feature = feature
        .maybe_text("kind_detail", detail)
        .whole("min_zoom", min_zoom.into());
    Some(feature.names(tags).order(min_zoom.into()))
}
