//! Pass 3: addresses and roads become streets, one for each name in each locality.

use std::collections::BTreeMap;

use geom::{LngLat, LocalMeters, Meters};
use rayon::prelude::*;

use super::adopt::adopt;
use super::cluster::clusters;
use super::codes::{Codes, code_near};
use super::collect::{Address, Found, Source};
use super::habits::Habits;
use super::places::{Memory, Places, middle};
use crate::line::join_lines;
use crate::number::{HouseNumber, Known};
use crate::words::Words;

/// A street of one name in one locality.
#[derive(Debug)]
pub(crate) struct Street<'a> {
    pub names: Vec<String>,
    pub town: Option<u32>,
    /// Other places around it, small to large.
    pub around: Vec<u32>,
    pub houses: Vec<BuiltHouse<'a>>,
    pub lines: Vec<Vec<LngLat>>,
    pub point: LngLat,
    pub reach: Meters,
    /// Postcodes, most frequent first.
    pub postcodes: Vec<String>,
}

/// A house of a street.
#[derive(Clone, Debug)]
pub(crate) struct BuiltHouse<'a> {
    pub number: HouseNumber,
    /// What is written behind the digits; with `=` before it, the whole number.
    pub written: String,
    pub point: LngLat,
    pub postcode: &'a str,
    pub source: Source,
    pub known: Known,
    /// The village gave it, see [`Address::by_village`].
    pub by_village: bool,
}

impl BuiltHouse<'_> {
    /// The map does not write the number but says that it is there.
    pub fn is_implied(&self) -> bool {
        self.known != Known::Written || self.source == Source::Line
    }
}

/// One thing that bears a street's name.
pub(super) enum Part<'f, 'a> {
    House(&'f Address<'a>),
    Road(usize),
}

/// Builds all streets, in order of key, town and place.
pub(crate) fn streets<'a>(
    found: &Found<'a>,
    places: &'a Places,
    codes: &Codes<'a>,
    words: &Words,
) -> Vec<Street<'a>> {
    let habits = Habits::of(found);
    let adopted = adopt(found, places, words);
    let mut groups: BTreeMap<String, Vec<Part<'_, '_>>> = BTreeMap::new();
    for (at, road) in found.roads.iter().enumerate() {
        groups
            .entry(group_key(road.names[0], words))
            .or_default()
            .push(Part::Road(at));
    }
    for address in found
        .addresses
        .iter()
        .filter(|a| !a.street.is_empty())
        .chain(&adopted)
    {
        groups
            .entry(group_key(address.street, words))
            .or_default()
            .push(Part::House(address));
    }
    groups.remove("");
    // Each name by itself, on all cores, in the order of the names.
    groups
        .into_values()
        .collect::<Vec<_>>()
        .par_iter()
        .map_init(Memory::default, |memory, parts| -> Vec<Street<'a>> {
            let built = Cluster {
                found,
                places,
                words,
                codes,
                habits,
            };
            clusters(parts, found)
                .into_iter()
                .flat_map(|cluster| {
                    let cluster: Vec<&Part<'_, '_>> = cluster.into_iter().map(|at| &parts[at]).collect();
                    built.streets(&cluster, memory)
                })
                .collect()
        })
        .flatten()
        .collect()
}

fn group_key(name: &str, words: &Words) -> String {
    words.long_words(name).concat()
}

pub(super) struct Cluster<'c, 'f, 'a> {
    pub(super) found: &'f Found<'a>,
    pub(super) places: &'a Places,
    pub(super) words: &'c Words,
    pub(super) codes: &'c Codes<'a>,
    pub(super) habits: Habits,
}

impl<'f, 'a> Cluster<'_, 'f, 'a> {
    /// Splits a cluster by town and builds a street of each.
    fn streets(&self, parts: &[&Part<'f, 'a>], memory: &mut Memory<'a>) -> Vec<Street<'a>> {
        let mut towns: Vec<(LngLat, Option<u32>)> = Vec::new();
        let mut unsure: Vec<&'f Address<'a>> = Vec::new();
        let mut by_town: BTreeMap<Option<u32>, (Vec<&'f Address<'a>>, Vec<usize>)> = BTreeMap::new();
        for part in parts {
            if let Part::House(address) = part {
                match memory.named_near(self.places, address.city, address.point, self.words) {
                    Some(town) => {
                        towns.push((address.point, Some(town)));
                        by_town.entry(Some(town)).or_default().0.push(address);
                    }
                    None => unsure.push(address),
                }
            }
        }
        let named = towns.len();
        let nearest = |towns: &[(LngLat, Option<u32>)], p: LngLat, reach: f64| {
            towns
                .iter()
                .map(|(q, town)| (q.distance(p).0 as u64, *town))
                .filter(|(distance, _)| (*distance as f64) < reach)
                .min()
                .map(|(_, town)| town)
        };
        for address in unsure {
            let town = nearest(&towns[..named], address.point, 500.0)
                .unwrap_or_else(|| self.places.town_at(address.point));
            towns.push((address.point, town));
            by_town.entry(town).or_default().0.push(address);
        }
        for part in parts {
            if let Part::Road(road) = part {
                let line = &self.found.roads[*road].line;
                let center = line[line.len() / 2];
                let town = nearest(&towns, center, 300.0)
                    .or_else(|| line.iter().find_map(|p| nearest(&towns, *p, 150.0)))
                    .unwrap_or_else(|| self.places.town_at(center));
                by_town.entry(town).or_default().1.push(*road);
            }
        }
        by_town
            .into_iter()
            .map(|(town, (addresses, roads))| self.street(town, &addresses, &roads, memory))
            .collect()
    }

    fn street(
        &self,
        town: Option<u32>,
        addresses: &[&'f Address<'a>],
        roads: &[usize],
        memory: &mut Memory<'a>,
    ) -> Street<'a> {
        let roads: Vec<_> = roads.iter().map(|at| &self.found.roads[*at]).collect();
        let lines: Vec<Vec<LngLat>> = join_lines(roads.iter().map(|r| r.line.clone()).collect());
        let houses = self.houses(addresses);
        let mut vertices: Vec<LngLat> = lines.iter().flatten().copied().collect();
        let house_points: Vec<LngLat> = houses.iter().map(|h| h.point).collect();
        let center = middle(if house_points.is_empty() {
            &vertices
        } else {
            &house_points
        });
        // On the road where there is one; else a house in the middle.
        let point = on_lines(&lines, center)
            .or_else(|| nearest_of(&house_points, center))
            .unwrap_or(center);
        vertices.extend(&house_points);
        let reach = vertices.iter().map(|p| p.distance(point).0).fold(0.0, f64::max);

        let mut around: Vec<u32> = Vec::new();
        let mut add = |ids: Vec<u32>| {
            for id in ids {
                if Some(id) != town && !around.contains(&id) {
                    around.push(id);
                }
            }
        };
        for p in [
            Some(&point),
            vertices.first(),
            vertices.last(),
            house_points.first(),
            house_points.last(),
        ]
        .into_iter()
        .flatten()
        {
            add(self.places.around(*p));
        }
        let mut suburbs: Vec<u32> = addresses
            .iter()
            .filter_map(|a| memory.named_near(self.places, a.suburb, a.point, self.words))
            .collect();
        suburbs.sort_unstable();
        suburbs.dedup();
        add(suburbs);
        around.truncate(30);

        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for code in houses
            .iter()
            .map(|h| h.postcode)
            .chain(roads.iter().map(|r| r.postcode))
        {
            if !code.is_empty() {
                *counts.entry(code).or_default() += 1;
            }
        }
        if counts.is_empty() {
            let code = code_near(self.codes, self.places, point, Meters(500.0));
            if !code.is_empty() {
                counts.insert(code, 1);
            }
        }
        let mut postcodes: Vec<(usize, &str)> = counts.into_iter().map(|(code, n)| (n, code)).collect();
        postcodes.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
        let postcodes = postcodes
            .into_iter()
            .map(|(_, code)| code.to_owned())
            .take(63)
            .collect();
        Street {
            names: self.names(addresses, &roads),
            town,
            around,
            houses,
            lines,
            point,
            reach: Meters(reach),
            postcodes,
        }
    }

    /// The most frequent spelling first, then the roads' other names.
    fn names(&self, addresses: &[&Address<'_>], roads: &[&super::collect::Road<'_>]) -> Vec<String> {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        // A road's spelling counts more: it is on the sign.
        for (name, n) in addresses
            .iter()
            .map(|a| (a.street, 1))
            .chain(roads.iter().map(|r| (r.names[0], 5)))
        {
            *counts.entry(name).or_default() += n;
        }
        let mut spellings: Vec<(usize, &str)> = counts.into_iter().map(|(name, n)| (n, name)).collect();
        spellings.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
        let mut out: Vec<String> = spellings.into_iter().take(1).map(|s| s.1.to_owned()).collect();
        for name in roads.iter().flat_map(|r| &r.names[1..]) {
            if !out.iter().any(|n| n == name) && out.len() < 12 {
                out.push((*name).to_owned());
            }
        }
        out
    }
}

/// The point of the lines nearest to `to`.
fn on_lines(lines: &[Vec<LngLat>], to: LngLat) -> Option<LngLat> {
    let plane = LocalMeters::at(to);
    lines
        .iter()
        .flat_map(|line| line.windows(2))
        .map(|w| crate::line::nearest_on_piece([plane.project(w[0]), plane.project(w[1])], [0.0, 0.0]))
        .min_by(|a, b| a.1.total_cmp(&b.1))
        .map(|(on, _)| plane.unproject(on))
}

fn nearest_of(points: &[LngLat], to: LngLat) -> Option<LngLat> {
    points
        .iter()
        .copied()
        .min_by(|a, b| a.distance(to).0.total_cmp(&b.distance(to).0))
}
