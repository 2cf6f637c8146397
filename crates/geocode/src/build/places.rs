//! Pass 2: towns, suburbs, regions and postcodes; which of them lie around a point.

use std::collections::{BTreeMap, HashMap, HashSet};

use geom::{BBox, LngLat, Meters};
use osm::Extract;
use rstar::{
    AABB, RTree,
    primitives::{GeomWithData, Rectangle},
};

use super::areas::{add_borderless, add_nodes, from_areas};
use super::collect::{Found, region};
pub(crate) use super::memory::Memory;
pub(crate) use super::rank::Rank;
use super::shape::Shape;
use crate::words::Words;

/// A place, as the builder knows it.
#[derive(Debug)]
pub(crate) struct Place {
    pub names: Vec<String>,
    pub rank: Rank,
    pub point: LngLat,
    pub reach: Meters,
    pub population: u32,
    pub(super) extent: Extent,
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
pub(super) enum Extent {
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

    /// All postcode areas and their middles.
    pub fn postal_areas(&self) -> impl Iterator<Item = (&str, LngLat)> {
        let areas = self.postal.iter();
        areas.map(|(code, shape)| (code.as_str(), shape.bbox.center()))
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
    pub(super) fn village_at(&self, p: LngLat) -> Option<u32> {
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
    /// Its houses are numbered through, without streets: few have one, and hardly a number comes twice. A single
    /// house says nothing.
    pub fn numbers_its_houses(&self) -> bool {
        let without = self.addresses - self.with_street;
        without > 1 && self.with_street * 5 < self.addresses && self.distinct_numbers * 20 >= without * 17
    }
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
