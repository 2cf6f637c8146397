//! Pass 2: towns, suburbs, regions and postcodes; which of them lie around a point.

use std::collections::{BTreeMap, HashMap, HashSet};

use geo::Centroid;
use geom::{BBox, LngLat, Meters};
use osm::{AreaSource, Extract, Tags};
use rstar::{
    AABB, RTree,
    primitives::{GeomWithData, Rectangle},
};

use super::collect::{Found, names, region};
use super::shape::Shape;
use crate::words::Words;

/// What kind of place, the largest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Rank {
    Country,
    State,
    County,
    District,
    Municipality,
    City,
    Town,
    Village,
    Suburb,
    Quarter,
    Hamlet,
    Dwelling,
}

impl Rank {
    fn of_tag(place: &str) -> Option<Self> {
        Some(match place {
            "country" => Self::Country,
            "state" | "province" | "region" => Self::State,
            "county" => Self::County,
            "district" | "island" => Self::District,
            "municipality" => Self::Municipality,
            "city" => Self::City,
            "town" => Self::Town,
            "village" => Self::Village,
            "borough" | "suburb" => Self::Suburb,
            "quarter" | "neighbourhood" | "city_block" => Self::Quarter,
            "hamlet" | "islet" => Self::Hamlet,
            "isolated_dwelling" | "farm" | "allotments" => Self::Dwelling,
            _ => return None,
        })
    }

    fn of_level(level: &str) -> Option<Self> {
        Some(match level.trim() {
            "2" => Self::Country,
            "3" | "4" => Self::State,
            "5" | "6" => Self::County,
            "7" => Self::District,
            "8" => Self::Municipality,
            "9" => Self::Suburb,
            "10" | "11" => Self::Quarter,
            _ => return None,
        })
    }

    /// How far such a place reaches where no boundary says it.
    pub fn reach(self) -> Meters {
        Meters(match self {
            Self::Country => 500_000.0,
            Self::State => 150_000.0,
            Self::County => 40_000.0,
            Self::District => 20_000.0,
            Self::Municipality | Self::City => 10_000.0,
            Self::Town => 5_000.0,
            Self::Village => 2_000.0,
            Self::Suburb => 2_000.0,
            Self::Quarter | Self::Hamlet => 800.0,
            Self::Dwelling => 400.0,
        })
    }

    /// [`Rank::is_town`] of a rank as stored.
    pub fn is_town_number(rank: u8) -> bool {
        (Self::Municipality as u8..=Self::Village as u8).contains(&rank)
    }

    /// What a letter may be addressed to.
    pub fn is_town(self) -> bool {
        matches!(self, Self::Municipality | Self::City | Self::Town | Self::Village)
    }
}

/// A place, as the builder knows it.
#[derive(Debug)]
pub(crate) struct Place {
    pub names: Vec<String>,
    pub rank: Rank,
    pub point: LngLat,
    pub reach: Meters,
    pub population: u32,
    extent: Extent,
    /// Addresses that name it as their town.
    pub addresses: usize,
    /// Those of them that have a street.
    pub with_street: usize,
    /// Different numbers among those without.
    pub distinct_numbers: usize,
    /// Countries: their code.
    pub country: Option<[u8; 2]>,
}

#[derive(Debug)]
enum Extent {
    Around,
    Within(Shape),
    /// The only one of its level, with its border outside of the extract.
    Everywhere,
}

/// All places and postcodes.
#[derive(Debug)]
pub(crate) struct Places {
    pub list: Vec<Place>,
    by_key: HashMap<String, Vec<u32>>,
    boxes: RTree<GeomWithData<Rectangle<[f64; 2]>, u32>>,
    everywhere: Vec<u32>,
    postal: Vec<(String, Shape)>,
}

impl Places {
    /// Reads places from the extract, and towns that only addresses know.
    pub fn new(extract: &Extract, found: &Found<'_>, words: &Words) -> Self {
        let Some(region) = region(extract) else {
            return Self::index(Vec::new(), Vec::new(), words);
        };
        let (mut list, postal) = from_areas(extract, region);
        add_nodes(extract, region, &mut list, words);
        add_borderless(extract, region, &mut list);
        let mut places = Self::index(list, postal, words);
        let missing = places.towns_of_addresses(found, words);
        if !missing.is_empty() {
            let Self { mut list, postal, .. } = places;
            list.extend(missing);
            places = Self::index(list, postal, words);
        }
        places.count_addresses(found, words);
        places
    }

    fn index(list: Vec<Place>, postal: Vec<(String, Shape)>, words: &Words) -> Self {
        let mut by_key: HashMap<String, Vec<u32>> = HashMap::new();
        let mut everywhere = Vec::new();
        let mut boxes = Vec::new();
        for (id, place) in (0u32..).zip(&list) {
            for name in &place.names {
                for key in words.keys(name) {
                    let ids = by_key.entry(key).or_default();
                    if !ids.contains(&id) {
                        ids.push(id);
                    }
                }
            }
            let bbox = match &place.extent {
                Extent::Everywhere => {
                    everywhere.push(id);
                    continue;
                }
                Extent::Within(shape) => shape.bbox,
                Extent::Around => BBox::around([place.point])
                    .unwrap_or(BBox::EMPTY)
                    .grown(place.reach),
            };
            boxes.push(GeomWithData::new(
                Rectangle::from_corners([bbox.west, bbox.south], [bbox.east, bbox.north]),
                id,
            ));
        }
        Self {
            list,
            by_key,
            boxes: RTree::bulk_load(boxes),
            everywhere,
            postal,
        }
    }

    /// Places around a point, small to large.
    pub fn around(&self, p: LngLat) -> Vec<u32> {
        let mut out: Vec<u32> = self
            .boxes
            .locate_in_envelope_intersecting(AABB::from_point([p.lng(), p.lat()]))
            .map(|b| b.data)
            .filter(|id| self.holds(*id, p))
            .chain(self.everywhere.iter().copied())
            .collect();
        out.sort_by_key(|id| {
            let place = &self.list[*id as usize];
            (std::cmp::Reverse(place.rank), place.reach.0 as u64, *id)
        });
        out
    }

    fn holds(&self, id: u32, p: LngLat) -> bool {
        let place = &self.list[id as usize];
        match &place.extent {
            Extent::Around => place.point.distance(p) <= place.reach,
            Extent::Within(shape) => shape.contains(p),
            Extent::Everywhere => true,
        }
    }

    /// The place of this name that holds the point, else the nearest one within 40 km.
    pub fn named_near(&self, name: &str, p: LngLat, words: &Words) -> Option<u32> {
        let keys = words.keys(name);
        let candidates = keys.iter().filter_map(|k| self.by_key.get(k)).flatten();
        let is_main = |place: &Place| words.keys(&place.names[0]).iter().any(|k| keys.contains(k));
        candidates
            .map(|id| {
                let place = &self.list[*id as usize];
                // A town before a county of the same name, both before a hamlet.
                let town = if place.rank.is_town() { 0 } else { 1 };
                let distance = place.point.distance(p).0;
                let outside = u8::from(!self.holds(*id, p));
                // `Alpha - Beta` is also Beta, but Beta itself is more so.
                (outside, u8::from(!is_main(place)), town, distance as u64, *id)
            })
            .filter(|c| c.3 < 40_000 || c.0 == 0)
            .min()
            .map(|c| c.4)
    }

    /// The town that a letter to this point would go to, where its address does not say.
    pub fn town_at(&self, p: LngLat) -> Option<u32> {
        let around = self.around(p);
        let within = around
            .iter()
            .copied()
            .filter(|id| {
                let place = &self.list[*id as usize];
                place.rank.is_town() && matches!(place.extent, Extent::Within(_))
            })
            // What addresses call their town; else the smallest.
            .max_by_key(|id| {
                let place = &self.list[*id as usize];
                (
                    place.addresses > 0,
                    std::cmp::Reverse(place.reach.0 as u64),
                    std::cmp::Reverse(*id),
                )
            });
        if within.is_some() {
            return within;
        }
        let share = |id: u32| {
            let place = &self.list[id as usize];
            place.point.distance(p).0 / place.reach.0.max(1.0)
        };
        let near = around.into_iter().filter(|id| {
            let rank = self.list[*id as usize].rank;
            rank.is_town() || rank == Rank::Hamlet
        });
        near.min_by(|a, b| share(*a).total_cmp(&share(*b)).then(a.cmp(b)))
            .or_else(|| {
                let towns = (0u32..).zip(&self.list).filter(|(_, place)| place.rank.is_town());
                towns
                    .map(|(id, place)| (place.point.distance(p).0 as u64, id))
                    .filter(|(distance, _)| *distance < 20_000)
                    .min()
                    .map(|(_, id)| id)
            })
    }

    /// The postcode area around a point.
    pub fn postcode_at(&self, p: LngLat) -> Option<&str> {
        self.postal
            .iter()
            .find(|(_, shape)| shape.contains(p))
            .map(|(code, _)| code.as_str())
    }

    /// Towns that addresses name and no element of the map does: one for each cluster of such addresses.
    fn towns_of_addresses(&self, found: &Found<'_>, words: &Words) -> Vec<Place> {
        let mut unknown: BTreeMap<&str, Vec<LngLat>> = BTreeMap::new();
        let named = found
            .addresses
            .iter()
            .flat_map(|a| [(a.city, a.point), (a.suburb, a.point)])
            .chain(found.pois.iter().map(|p| (p.city, p.point)));
        for (name, point) in named {
            // Some write the postcode there.
            let is_name = name.chars().any(char::is_alphabetic) && name.len() < 100;
            if is_name && self.named_near(name, point, words).is_none() {
                unknown.entry(name).or_default().push(point);
            }
        }
        let mut out = Vec::new();
        for (name, mut points) in unknown {
            while let Some(seed) = points.first().copied() {
                let (near, far): (Vec<LngLat>, Vec<LngLat>) = points
                    .into_iter()
                    .partition(|p| p.distance(seed) < Meters(20_000.0));
                points = far;
                let point = middle(&near);
                let mut distances: Vec<f64> = near.iter().map(|p| p.distance(point).0).collect();
                distances.sort_by(f64::total_cmp);
                let reach = distances[distances.len() * 9 / 10].clamp(500.0, 10_000.0);
                out.push(Place {
                    names: vec![name.to_owned()],
                    rank: Rank::Village,
                    point,
                    reach: Meters(reach),
                    population: 0,
                    extent: Extent::Around,
                    addresses: 0,
                    with_street: 0,
                    distinct_numbers: 0,
                    country: None,
                });
            }
        }
        out
    }

    fn count_addresses(&mut self, found: &Found<'_>, words: &Words) {
        let mut memory = Memory::default();
        let mut numbers: HashMap<u32, HashSet<&str>> = HashMap::new();
        for address in &found.addresses {
            let id = match address.city {
                "" => memory.village_at(self, address.point),
                city => memory.named_near(self, city, address.point, words),
            };
            let Some(id) = id else { continue };
            let place = &mut self.list[id as usize];
            place.addresses += 1;
            if !address.street.is_empty() {
                place.with_street += 1;
            } else if numbers.entry(id).or_default().insert(&address.numbers) {
                place.distinct_numbers += 1;
            }
        }
    }

    /// The smallest village, hamlet or town around a point; of equals the one nearest for its size.
    fn village_at(&self, p: LngLat) -> Option<u32> {
        let around = self.around(p).into_iter();
        let share = |id: u32| {
            let place = &self.list[id as usize];
            place.point.distance(p).0 / place.reach.0.max(1.0)
        };
        around
            .filter(|id| {
                let rank = self.list[*id as usize].rank;
                rank.is_town() || matches!(rank, Rank::Hamlet | Rank::Dwelling)
            })
            .min_by(|a, b| {
                let rank = |id: &u32| std::cmp::Reverse(self.list[*id as usize].rank);
                let order = rank(a).cmp(&rank(b));
                order.then_with(|| share(*a).total_cmp(&share(*b))).then(a.cmp(b))
            })
    }
}

impl Place {
    /// Its houses are numbered through, without streets: few have one, and hardly a number comes twice.
    pub fn numbers_its_houses(&self) -> bool {
        let without = self.addresses - self.with_street;
        self.with_street * 5 < self.addresses && self.distinct_numbers * 20 >= without * 17
    }
}

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

/// The point with the median longitude and latitude.
pub(crate) fn middle(points: &[LngLat]) -> LngLat {
    let median = |of: fn(LngLat) -> f64| {
        let mut values: Vec<f64> = points.iter().map(|p| of(*p)).collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or(0.0)
    };
    LngLat::new(median(LngLat::lng), median(LngLat::lat)).unwrap_or_else(|_| BBox::EMPTY.center())
}

fn from_areas(extract: &Extract, region: BBox) -> (Vec<Place>, Vec<(String, Shape)>) {
    let wanted = |tags: &Tags<'_>| {
        tags.is("boundary", "postal_code")
            || tags.is("boundary", "administrative") && tags.get("name").is_some()
            || tags.get("place").and_then(Rank::of_tag).is_some() && tags.get("name").is_some()
    };
    let mut list = Vec::new();
    let mut postal = Vec::new();
    for area in extract.areas(wanted) {
        let tags = &area.tags;
        let Some(shape) = Shape::new(&area.shape).filter(|s| s.bbox.intersects(&region)) else {
            continue;
        };
        if tags.is("boundary", "postal_code") {
            let code = tags
                .get("postal_code")
                .or_else(|| tags.get("ref"))
                .or_else(|| tags.get("name"));
            if let Some(code) = code {
                postal.push((code.trim().to_owned(), shape));
            }
            continue;
        }
        // An area cut by the extract's edge is closed outside of it: right for every point inside.
        let Some(rank) = rank_of(tags) else { continue };
        if is_line_only(area.source, tags) {
            continue;
        }
        let code = tags
            .get("postal_code")
            .filter(|code| rank >= Rank::Municipality && !code.contains([';', ',', '-']));
        if let (Some(code), Some(own)) = (code, Shape::new(&area.shape)) {
            postal.push((code.trim().to_owned(), own));
        }
        let Some(center) = area.shape.centroid() else {
            continue;
        };
        let Ok(point) = LngLat::new(center.x(), center.y()) else {
            continue;
        };
        let corner = LngLat::new(shape.bbox.west, shape.bbox.south).unwrap_or(point);
        list.push(Place {
            names: names(tags).into_iter().map(str::to_owned).collect(),
            rank,
            point,
            reach: corner.distance(shape.bbox.center()),
            population: population(tags),
            extent: Extent::Within(shape),
            addresses: 0,
            with_street: 0,
            distinct_numbers: 0,
            country: country_code(tags),
        });
    }
    list.retain(|p: &Place| !p.names.is_empty());
    // The smallest postal area wins where they overlap.
    postal.sort_by(|a, b| {
        let size = |s: &Shape| (s.bbox.east - s.bbox.west) * (s.bbox.north - s.bbox.south);
        size(&a.1).total_cmp(&size(&b.1)).then_with(|| a.0.cmp(&b.0))
    });
    (list, postal)
}

fn rank_of(tags: &Tags<'_>) -> Option<Rank> {
    let place = tags.get("place").and_then(Rank::of_tag);
    if tags.is("boundary", "administrative") {
        return place.or_else(|| tags.get("admin_level").and_then(Rank::of_level));
    }
    place
}

/// A way that is a piece of an administrative border carries its tags but is no area.
fn is_line_only(source: AreaSource, tags: &Tags<'_>) -> bool {
    matches!(source, AreaSource::Way(_))
        && tags.is("boundary", "administrative")
        && tags.get("place").is_none()
}

/// A country's code, of its border.
fn country_code(tags: &Tags<'_>) -> Option<[u8; 2]> {
    let code = tags.get("ISO3166-1:alpha2").or_else(|| tags.get("ISO3166-1"))?;
    super::countries::code_of(code).filter(|_| tags.is("admin_level", "2"))
}

fn population(tags: &Tags<'_>) -> u32 {
    let digits: String = tags
        .get("population")
        .unwrap_or("")
        .chars()
        .filter(char::is_ascii_digit)
        .collect();
    digits.parse().unwrap_or(0)
}

/// Place nodes: the centre and rank of an area of the same name, or a place of their own.
fn add_nodes(extract: &Extract, region: BBox, list: &mut Vec<Place>, words: &Words) {
    let mut areas: HashMap<String, Vec<usize>> = HashMap::new();
    for (at, place) in list.iter().enumerate() {
        for key in place.names.iter().flat_map(|n| words.keys(n)) {
            areas.entry(key).or_default().push(at);
        }
    }
    for node in extract.tagged_nodes() {
        let Some(rank) = node.tags.get("place").and_then(Rank::of_tag) else {
            continue;
        };
        if !region.contains(node.place) {
            continue;
        }
        let names = names(&node.tags);
        let Some(main) = names.first() else { continue };
        let same = words
            .keys(main)
            .into_iter()
            .filter_map(|k| areas.get(&k))
            .flatten()
            .copied();
        // The smallest area of that name around the node that could be it.
        let area = same
            .filter(|at| matches!(&list[*at].extent, Extent::Within(s) if s.contains(node.place)))
            .filter(|at| (list[*at].rank as i8 - rank as i8).abs() <= 4)
            .min_by_key(|at| (list[*at].reach.0 as u64, *at));
        if let Some(at) = area {
            let place = &mut list[at];
            place.point = node.place;
            if rank.is_town() || !place.rank.is_town() {
                place.rank = rank;
            }
            place.population = place.population.max(population(&node.tags));
            for name in names {
                if !place.names.iter().any(|n| n == name) {
                    place.names.push(name.to_owned());
                }
            }
            continue;
        }
        list.push(Place {
            names: names.into_iter().map(str::to_owned).collect(),
            rank,
            point: node.place,
            reach: rank.reach(),
            population: population(&node.tags),
            extent: Extent::Around,
            addresses: 0,
            with_street: 0,
            distinct_numbers: 0,
            country: None,
        });
    }
}

/// Countries, states and counties whose border lies outside: the only one of its level holds everything.
fn add_borderless(extract: &Extract, region: BBox, list: &mut Vec<Place>) {
    type Border<'t> = (Vec<&'t str>, Option<[u8; 2]>);
    let mut levels: BTreeMap<&str, Vec<Border<'_>>> = BTreeMap::new();
    for relation in extract.relations() {
        let tags = relation.tags;
        let level = tags
            .get("admin_level")
            .filter(|l| matches!(*l, "2" | "3" | "4" | "5" | "6"));
        if let (true, Some(level)) = (tags.is("boundary", "administrative"), level) {
            let names = names(&tags);
            if !names.is_empty() {
                levels
                    .entry(level)
                    .or_default()
                    .push((names, country_code(&tags)));
            }
        }
    }
    for (level, all) in levels {
        let (Some(rank), [(only, country)]) = (Rank::of_level(level), &all[..]) else {
            continue;
        };
        if list.iter().any(|p| p.names[0] == only[0] && p.rank <= Rank::City) {
            continue;
        }
        list.push(Place {
            names: only.iter().map(|n| (*n).to_owned()).collect(),
            rank,
            point: region.center(),
            reach: rank.reach(),
            population: 0,
            extent: Extent::Everywhere,
            addresses: 0,
            with_street: 0,
            distinct_numbers: 0,
            country: *country,
        });
    }
}
