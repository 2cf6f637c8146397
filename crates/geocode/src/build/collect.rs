//! Pass 1: everything in the extract that has an address, is a street, or has a name worth finding.

use std::collections::HashMap;

use geom::{BBox, LngLat, Meters};
use osm::{Extract, MemberKind, Tags, WayId};

use super::tags::{Numbers, first_of, importance, is_dwelling, is_large, is_poi, names};
use crate::ExtraPoints;

/// Where an address was found: the smaller, the better its point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Source {
    /// An address or entrance node.
    Node,
    /// A building.
    Building,
    /// A shop, office or the like.
    Poi,
    /// One of the sources beside the map.
    Extra(u16),
    /// Set along an interpolation line.
    Line,
}

/// An object with a house number.
#[derive(Clone, Debug)]
pub(crate) struct Address<'a> {
    /// Street, or what stands for one; empty where the tags do not say.
    pub street: &'a str,
    pub numbers: String,
    /// Numbers that the village gives in the order of building, and not the street along its line: Czech and Slovak
    /// conscription numbers and the like.
    pub by_village: String,
    pub postcode: &'a str,
    pub city: &'a str,
    pub suburb: &'a str,
    pub point: LngLat,
    pub source: Source,
}

/// A named road.
#[derive(Clone, Debug)]
pub(crate) struct Road<'a> {
    pub names: Vec<&'a str>,
    pub line: Vec<LngLat>,
    pub postcode: &'a str,
}

/// A named place of interest.
#[derive(Clone, Debug)]
pub(crate) struct Poi<'a> {
    pub names: Vec<&'a str>,
    pub street: &'a str,
    pub number: &'a str,
    pub postcode: &'a str,
    pub city: &'a str,
    pub point: LngLat,
    pub importance: u32,
}

/// A building: one that carries an address, or one without where a missing number may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Building {
    pub bbox: BBox,
    pub way: WayId,
    pub addressed: bool,
}

/// What the first pass finds.
#[derive(Debug, Default)]
pub(crate) struct Found<'a> {
    pub addresses: Vec<Address<'a>>,
    pub roads: Vec<Road<'a>>,
    pub pois: Vec<Poi<'a>>,
    pub buildings: Vec<Building>,
    /// Where `addr:country` says which country it is.
    pub countries: Vec<(LngLat, [u8; 2])>,
}

/// The region that is indexed: the extract's bounds and a little more, for what lies on the border.
pub(crate) fn region(extract: &Extract) -> Option<BBox> {
    extract.bounds().map(|b| b.grown(Meters(200.0)))
}

/// Reads all elements once.
pub(crate) fn collect<'a>(extract: &'a Extract, extra: &'a [ExtraPoints]) -> Found<'a> {
    let mut found = Found::default();
    let Some(region) = region(extract) else {
        return found;
    };
    let streets = street_of_members(extract);
    for node in extract.tagged_nodes() {
        if region.contains(node.place) {
            let street = streets.get(&(MemberKind::Node, node.id.0)).copied();
            found.object(node.tags, node.place, Source::Node, street);
        }
    }
    for way in extract.ways() {
        if way.tags.is_empty() {
            continue;
        }
        let line = extract.line(&way);
        let Some(bbox) = BBox::around(line.iter().copied()) else {
            continue;
        };
        if !region.contains(bbox.center()) && !line.iter().any(|p| region.contains(*p)) {
            continue;
        }
        if way.tags.get("addr:interpolation").is_some() && !way.is_closed() {
            found.interpolation(extract, &way.tags, way.id);
            continue;
        }
        found.road(way.tags, &line);
        let addressed = Numbers::of(&way.tags).is_some();
        let is_building = addressed && way.tags.get("building").is_some() || is_dwelling(&way.tags);
        if is_building && way.is_closed() && is_large(bbox) {
            found.buildings.push(Building {
                bbox,
                way: way.id,
                addressed,
            });
        }
        let street = streets.get(&(MemberKind::Way, way.id.0)).copied();
        found.object(way.tags, bbox.center(), Source::Building, street);
    }
    for relation in extract.relations() {
        let wanted = Numbers::of(&relation.tags).is_some();
        let is_named_poi = is_poi(&relation.tags) && relation.tags.get("name").is_some();
        if !(wanted || is_named_poi) {
            continue;
        }
        let outline = relation
            .members()
            .filter(|m| m.kind == MemberKind::Way && m.role != "inner")
            .filter_map(|m| extract.way(WayId(m.id)))
            .flat_map(|w| extract.line(&w));
        if let Some(center) = BBox::around(outline)
            .map(|b| b.center())
            .filter(|c| region.contains(*c))
        {
            let street = streets.get(&(MemberKind::Relation, relation.id.0)).copied();
            found.object(relation.tags, center, Source::Building, street);
        }
    }
    for (at, set) in (0..u16::MAX).zip(extra) {
        for extra in set.points().iter().filter(|p| region.contains(p.point)) {
            found.addresses.push(Address {
                street: &extra.street,
                numbers: extra.number.clone(),
                by_village: String::new(),
                postcode: &extra.postcode,
                city: &extra.city,
                suburb: &extra.district,
                point: extra.point,
                source: Source::Extra(at),
            });
        }
    }
    found
}

/// The street of each house that is a member of an `associatedStreet` or `street` relation, or a node of an
/// interpolation line that names its street.
fn street_of_members(extract: &Extract) -> HashMap<(MemberKind, i64), &str> {
    let mut out = HashMap::new();
    for relation in extract.relations() {
        if !matches!(relation.tags.get("type"), Some("associatedStreet" | "street")) {
            continue;
        }
        let name = relation.tags.get("name").or_else(|| {
            let mut streets = relation
                .members()
                .filter(|m| m.kind == MemberKind::Way && m.role == "street");
            streets.find_map(|m| extract.way(WayId(m.id))?.tags.get("name"))
        });
        let Some(name) = name else { continue };
        for member in relation
            .members()
            .filter(|m| matches!(m.role, "house" | "address" | "addr" | ""))
        {
            out.insert((member.kind, member.id), name);
        }
    }
    for way in extract.ways() {
        if way.tags.get("addr:interpolation").is_some()
            && let Some(street) = way.tags.get("addr:street")
        {
            for node in way.nodes() {
                out.entry((MemberKind::Node, node.0)).or_insert(street);
            }
        }
    }
    out
}

impl<'a> Found<'a> {
    fn object(&mut self, tags: Tags<'a>, point: LngLat, source: Source, relation_street: Option<&'a str>) {
        let poi = is_poi(&tags).then(|| names(&tags)).filter(|n| !n.is_empty());
        let get = |key: &str| tags.get(key).map_or("", str::trim);
        let street = match (get("addr:street"), relation_street) {
            ("", Some(street)) => street,
            ("", None) => "",
            (street, _) => street,
        };
        let street = if street.is_empty() {
            get("addr:place")
        } else {
            street
        };
        let city = first_of(&tags, &["addr:city", "addr:town", "addr:village", "addr:hamlet"]);
        if let Some(country) = tags.get("addr:country").and_then(super::countries::code_of) {
            self.countries.push((point, country));
        }
        if let Some(numbers) = Numbers::of(&tags) {
            let source = match source {
                Source::Node if poi.is_some() => Source::Poi,
                other => other,
            };
            let place = get("addr:place");
            let address = Address {
                street,
                numbers: numbers.by_street,
                by_village: numbers.by_village,
                postcode: get("addr:postcode"),
                city,
                suburb: first_of(&tags, &["addr:suburb", "addr:district", "addr:quarter"]),
                point,
                source,
            };
            // The village's number is written behind the village's name, too.
            if !address.by_village.is_empty() && !place.is_empty() && place != street {
                self.addresses.push(Address {
                    street: place,
                    numbers: String::new(),
                    ..address.clone()
                });
            }
            self.addresses.push(address);
        }
        if let Some(names) = poi {
            self.pois.push(Poi {
                names,
                street,
                number: get("addr:housenumber"),
                postcode: get("addr:postcode"),
                city,
                point,
                importance: importance(&tags),
            });
        }
    }

    fn road(&mut self, tags: Tags<'a>, line: &[LngLat]) {
        let is_road = tags.get("highway").is_some_and(|h| {
            !matches!(
                h,
                "bus_stop"
                    | "platform"
                    | "proposed"
                    | "construction"
                    | "razed"
                    | "abandoned"
                    | "elevator"
                    | "rest_area"
                    | "services"
            )
        });
        let is_square = tags.is("place", "square");
        if !(is_road || is_square) || line.len() < 2 {
            return;
        }
        let names = names(&tags);
        if names.is_empty() {
            return;
        }
        let postcode = first_of(&tags, &["postal_code", "addr:postcode"]);
        self.roads.push(Road {
            names,
            line: line.to_vec(),
            postcode,
        });
    }

    /// Numbers along an `addr:interpolation` way: its numbered nodes are ends of exact ranges.
    fn interpolation(&mut self, extract: &'a Extract, tags: &Tags<'a>, way: WayId) {
        let Some(way) = extract.way(way) else { return };
        let step = match tags.get("addr:interpolation") {
            Some("even" | "odd") => 2,
            Some("all") => 1,
            Some(number) => match number.trim().parse::<u32>() {
                Ok(step @ 1..=100) => step,
                // Letters are too few to matter; the ends stay addresses of their own.
                _ => return,
            },
            None => return,
        };
        let points: Vec<(LngLat, Option<Tags<'a>>)> = way
            .nodes()
            .filter_map(|id| Some((extract.place(id)?, extract.node_tags(id))))
            .collect();
        let numbered: Vec<(usize, u32, Tags<'a>)> = points
            .iter()
            .enumerate()
            .filter_map(|(at, (_, tags))| {
                let tags = (*tags)?;
                let number = tags.get("addr:housenumber")?.trim().parse().ok()?;
                Some((at, number, tags))
            })
            .collect();
        for pair in numbered.windows(2) {
            let [(from, low, first), (to, high, second)] = pair else {
                continue;
            };
            let steps = low.abs_diff(*high) / step;
            if !(2..=500).contains(&steps) {
                continue;
            }
            let line: Vec<LngLat> = points[*from..=*to].iter().map(|p| p.0).collect();
            let get = |key: &str| {
                [tags, first, second]
                    .into_iter()
                    .find_map(|t| t.get(key))
                    .map_or("", str::trim)
            };
            let street = get("addr:street");
            let place = get("addr:place");
            for k in 1..steps {
                let number = if low < high {
                    low + k * step
                } else {
                    low - k * step
                };
                let share = f64::from(k * step) / f64::from(low.abs_diff(*high));
                let Some(point) = crate::line::at_share(&line, share) else {
                    continue;
                };
                self.addresses.push(Address {
                    street: if street.is_empty() { place } else { street },
                    numbers: number.to_string(),
                    by_village: String::new(),
                    postcode: get("addr:postcode"),
                    city: get("addr:city"),
                    suburb: "",
                    point,
                    source: Source::Line,
                });
            }
        }
    }
}
