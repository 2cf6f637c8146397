//! Pass 3: addresses and roads become streets, one for each name in each locality.

use std::collections::{BTreeMap, HashMap, HashSet};

use geom::{LngLat, LocalMeters, Meters};
use rayon::prelude::*;
use rstar::RTree;
use rstar::primitives::{GeomWithData, Line};

use super::collect::{Address, Found, Source};
use super::places::{Memory, Places, middle};
use crate::line::{length, simplify};
use crate::number::{HouseNumber, Known, Member, members};
use crate::words::Words;

/// Parts of a street of one name further apart than this are two streets.
const LINK: Meters = Meters(400.0);
/// A house without a street belongs to a road this near, if no other is nearly as near.
const NEAR_ROAD: Meters = Meters(50.0);

/// A street of one name in one locality.
#[derive(Debug)]
pub(crate) struct Street {
    pub names: Vec<String>,
    pub town: Option<u32>,
    /// Other places around it, small to large.
    pub around: Vec<u32>,
    pub houses: Vec<BuiltHouse>,
    pub lines: Vec<Vec<LngLat>>,
    pub point: LngLat,
    pub reach: Meters,
    /// Postcodes, most frequent first.
    pub postcodes: Vec<String>,
}

/// A house of a street.
#[derive(Clone, Debug)]
pub(crate) struct BuiltHouse {
    pub number: HouseNumber,
    /// What is written behind the digits; with `=` before it, the whole number.
    pub written: String,
    pub point: LngLat,
    pub postcode: String,
    pub source: Source,
    pub known: Known,
    /// The village gave it, see [`Address::by_village`].
    pub by_village: bool,
}

impl BuiltHouse {
    /// The map does not write the number but says that it is there.
    pub fn is_implied(&self) -> bool {
        self.known != Known::Written || self.source == Source::Line
    }
}

/// One thing that bears a street's name.
enum Part<'f, 'a> {
    House(&'f Address<'a>),
    Road(usize),
}

/// Builds all streets, in order of key, town and place.
pub(crate) fn streets<'a>(
    found: &Found<'a>,
    places: &'a Places,
    codes: &Codes<'a>,
    words: &Words,
) -> Vec<Street> {
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
        .map_init(Memory::default, |memory, parts| -> Vec<Street> {
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

/// How the numbers of a map are written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Habits {
    /// More hyphenated numbers fall than rise: hyphens join (`34-10`) rather than span.
    pub hyphens_join: bool,
    /// `123/4` is number 123 of the village and 4 of the street, and not flat 4 of house 123: the first is nearly
    /// always larger, and no two houses of a street share it.
    pub slashes_join_village_and_street: bool,
}

impl Habits {
    pub fn of(found: &Found<'_>) -> Self {
        let (mut falling, mut rising) = (0usize, 0usize);
        let read = |text: &str| text.trim().parse::<u32>().ok();
        let (mut double, mut larger) = (0usize, 0usize);
        let mut firsts: HashSet<(&str, &str, u32)> = HashSet::new();
        for address in &found.addresses {
            let parts = address.numbers.split_once('-');
            match parts.and_then(|(first, second)| Some((read(first)?, read(second)?))) {
                Some((first, second)) if second > first && second - first <= 60 => rising += 1,
                Some(_) => falling += 1,
                None => {}
            }
            let parts = address.numbers.split_once('/');
            if let Some((first, second)) = parts.and_then(|(a, b)| Some((read(a)?, read(b)?))) {
                double += 1;
                larger += usize::from(first > second);
                firsts.insert((address.street, address.city, first));
            }
        }
        Self {
            hyphens_join: falling > 20 && falling > rising,
            slashes_join_village_and_street: double > 20
                && larger * 10 >= double * 9
                && firsts.len() * 20 >= double * 19,
        }
    }
}

/// Gives houses without a street the road beside them, or the town's own name.
fn adopt<'a>(found: &Found<'a>, places: &'a Places, words: &Words) -> Vec<Address<'a>> {
    let homeless: Vec<&Address<'a>> = found.addresses.iter().filter(|a| a.street.is_empty()).collect();
    if homeless.is_empty() {
        return Vec::new();
    }
    let roads = RTree::bulk_load(
        found
            .roads
            .iter()
            .enumerate()
            .flat_map(|(at, road)| {
                road.line.windows(2).map(move |w| {
                    GeomWithData::new(Line::new([w[0].lng(), w[0].lat()], [w[1].lng(), w[1].lat()]), at)
                })
            })
            .collect(),
    );
    let mut memory = Memory::default();
    homeless
        .into_iter()
        .filter_map(|address| {
            let p = address.point;
            // Villages without street names: the village is the street.
            let village = match (address.city, address.suburb) {
                ("", "") => memory.village_at(places, p),
                ("", suburb) => memory.named_near(places, suburb, p, words),
                (city, _) => memory.named_near(places, city, p, words),
            };
            let village = village.map(|id| &places.list[id as usize]);
            if let Some(village) = village.filter(|v| v.numbers_its_houses()) {
                return Some(Address {
                    street: &village.names[0],
                    ..address.clone()
                });
            }
            let plane = LocalMeters::at(p);
            // Nearest in degrees is not nearest in metres, but among the first few it is.
            let mut near: Vec<(f64, &'a str)> = roads
                .nearest_neighbor_iter([p.lng(), p.lat()])
                .take(12)
                .map(|piece| {
                    let ends = [piece.geom().from, piece.geom().to].map(|[lng, lat]| {
                        LngLat::new(lng, lat).map_or([f64::MAX; 2], |end| plane.project(end))
                    });
                    let (_, distance) = crate::line::nearest_on_piece(ends, [0.0, 0.0]);
                    (distance, found.roads[piece.data].names[0])
                })
                .collect();
            near.sort_by(|a, b| a.0.total_cmp(&b.0));
            let (distance, name) = near.first().copied().unwrap_or((f64::MAX, ""));
            let second = near.iter().find(|n| n.1 != name).map_or(f64::MAX, |n| n.0);
            if distance <= NEAR_ROAD.0 && second > distance * 1.5 + 10.0 {
                return Some(Address {
                    street: name,
                    ..address.clone()
                });
            }
            let village = match (address.city, address.suburb) {
                ("", suburb) => suburb,
                (city, _) if village.is_some_and(|v| v.with_street * 5 < v.addresses) => city,
                _ => "",
            };
            (!village.is_empty()).then(|| Address {
                street: village,
                ..address.clone()
            })
        })
        .collect()
}

/// Points with postcodes.
pub(crate) type Codes<'a> = RTree<GeomWithData<[f64; 2], &'a str>>;

/// All addresses with a postcode, for those without.
pub(crate) fn codes<'a>(found: &Found<'a>) -> Codes<'a> {
    RTree::bulk_load(
        found
            .addresses
            .iter()
            .filter(|a| !a.postcode.is_empty())
            .map(|a| GeomWithData::new([a.point.lng(), a.point.lat()], a.postcode))
            .collect(),
    )
}

/// The postcode at a point: of the nearest address within `reach`, else of the postal area.
pub(crate) fn code_near<'r, 'a: 'r>(
    codes: &Codes<'a>,
    places: &'r Places,
    p: LngLat,
    reach: Meters,
) -> &'r str {
    let here = [p.lng(), p.lat()];
    places.postcode_at(p).unwrap_or_else(|| {
        codes
            .nearest_neighbor(here)
            .filter(|n| LngLat::new(n.geom()[0], n.geom()[1]).is_ok_and(|at| at.distance(p) <= reach))
            .map_or("", |n| n.data)
    })
}

/// Groups parts that lie together: houses and road vertices linked by at most [`LINK`].
fn clusters(parts: &[Part<'_, '_>], found: &Found<'_>) -> Vec<Vec<usize>> {
    let mut points: Vec<([f64; 2], usize)> = Vec::new();
    let mut plane = None;
    for (at, part) in parts.iter().enumerate() {
        let line = match part {
            Part::House(address) => std::slice::from_ref(&address.point),
            Part::Road(road) => &found.roads[*road].line,
        };
        let plane = plane.get_or_insert_with(|| LocalMeters::at(line[0]));
        let mut last: Option<[f64; 2]> = None;
        for p in line {
            let p = plane.project(*p);
            if let Some(last) = last {
                let steps = (length(last, p) / (LINK.0 / 2.0)).ceil().min(1e4) as usize;
                for k in 1..steps {
                    let share = k as f64 / steps as f64;
                    points.push((
                        [
                            last[0] + (p[0] - last[0]) * share,
                            last[1] + (p[1] - last[1]) * share,
                        ],
                        at,
                    ));
                }
            }
            points.push((p, at));
            last = Some(p);
        }
    }
    let mut union = Union::new(parts.len());
    let cell = |p: [f64; 2]| ((p[0] / LINK.0).floor() as i64, (p[1] / LINK.0).floor() as i64);
    type Cell = Vec<([f64; 2], usize)>;
    let mut grid: HashMap<(i64, i64), Cell> = HashMap::new();
    for (p, at) in points {
        let (x, y) = cell(p);
        for key in (x - 1..=x + 1).flat_map(|x| (y - 1..=y + 1).map(move |y| (x, y))) {
            for (q, other) in grid.get(&key).into_iter().flatten() {
                if union.find(*other) != union.find(at) && length(p, *q) <= LINK.0 {
                    union.join(at, *other);
                }
            }
        }
        let here = grid.entry((x, y)).or_default();
        // A cell full of houses of one part needs none of them twice.
        if here.len() < 200 || !here.iter().any(|(_, other)| *other == at) {
            here.push((p, at));
        }
    }
    let mut out: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for at in 0..parts.len() {
        out.entry(union.find(at)).or_default().push(at);
    }
    out.into_values().collect()
}

struct Union(Vec<usize>);

impl Union {
    fn new(len: usize) -> Self {
        Self((0..len).collect())
    }
    fn find(&mut self, mut at: usize) -> usize {
        while self.0[at] != at {
            self.0[at] = self.0[self.0[at]];
            at = self.0[at];
        }
        at
    }
    /// The smaller becomes the root, so that order of joining does not show.
    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.find(a), self.find(b));
        self.0[a.max(b)] = a.min(b);
    }
}

struct Cluster<'c, 'f, 'a> {
    found: &'f Found<'a>,
    places: &'c Places,
    words: &'c Words,
    codes: &'c Codes<'a>,
    habits: Habits,
}

impl<'f, 'a> Cluster<'_, 'f, 'a> {
    /// Splits a cluster by town and builds a street of each.
    fn streets(&self, parts: &[&Part<'f, 'a>], memory: &mut Memory<'a>) -> Vec<Street> {
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
    ) -> Street {
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
            .map(|h| h.postcode.as_str())
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

    /// Houses by number: one of each place, the best known first; implied numbers only where no real one is.
    fn houses(&self, addresses: &[&Address<'_>]) -> Vec<BuiltHouse> {
        let mut houses: Vec<BuiltHouse> = Vec::new();
        for address in addresses {
            let mut add = |list: &str, member: Member, by_village| {
                houses.push(BuiltHouse {
                    written: written(list, &member.number, member.known),
                    number: member.number,
                    point: address.point,
                    postcode: address.postcode.to_owned(),
                    source: address.source,
                    known: member.known,
                    by_village,
                });
            };
            for member in members(&address.numbers, self.habits.hyphens_join) {
                let street_number = member.number.behind_slash();
                match street_number.filter(|_| self.habits.slashes_join_village_and_street) {
                    Some(number) => {
                        for part in [member.number.before_slash(), member.number] {
                            let known = Known::Written;
                            add(&address.numbers, Member { number: part, known }, true);
                        }
                        let known = member.known;
                        add(&address.numbers, Member { number, known }, false);
                    }
                    None => add(&address.numbers, member, false),
                }
            }
            for member in members(&address.by_village, self.habits.hyphens_join) {
                add(&address.by_village, member, true);
            }
        }
        houses.sort_by(|a, b| {
            let order = |h: &BuiltHouse| {
                let at = geom::Fixed::from(h.point);
                let known = match h.known {
                    Known::Written if h.source == Source::Line => Known::Part,
                    known => known,
                };
                (h.by_village, known, h.source, at.lng, at.lat)
            };
            a.number.cmp(&b.number).then_with(|| order(a).cmp(&order(b)))
        });
        let real: Vec<(u32, LngLat)> = houses
            .iter()
            .filter(|h| h.known == Known::Written && h.source != Source::Line && !h.by_village)
            .map(|h| (h.number.number, h.point))
            .collect();
        let mut kept: Vec<BuiltHouse> = Vec::new();
        for house in houses {
            if let Known::Within(first, last) = house.known {
                // Another house between the ends, and elsewhere: the range names a block, and not one house.
                let from = real.partition_point(|r| r.0 <= first);
                let inside = real[from..].iter().take_while(|r| r.0 < last);
                let mut apart = inside.filter(|r| r.0 % 2 == house.number.number % 2);
                if apart.any(|r| r.1.distance(house.point) > Meters(30.0)) {
                    continue;
                }
            }
            let same = kept
                .iter_mut()
                .rev()
                .take_while(|k| k.number == house.number && k.by_village == house.by_village);
            let mut seen = false;
            for known in same {
                if house.is_implied() || known.point.distance(house.point) < Meters(30.0) {
                    seen = true;
                    if known.postcode.is_empty() {
                        known.postcode.clone_from(&house.postcode);
                    }
                }
            }
            if !seen {
                kept.push(house);
            }
        }
        self.fill_postcodes(&mut kept);
        kept
    }

    fn fill_postcodes(&self, houses: &mut [BuiltHouse]) {
        let known: Vec<(LngLat, String)> = houses
            .iter()
            .filter(|h| !h.postcode.is_empty())
            .map(|h| (h.point, h.postcode.clone()))
            .collect();
        for house in houses.iter_mut().filter(|h| h.postcode.is_empty()) {
            let nearest = known
                .iter()
                .map(|(p, code)| (p.distance(house.point).0 as u64, code))
                .filter(|(distance, _)| *distance < 300)
                .min();
            house.postcode = match nearest {
                Some((_, code)) => code.clone(),
                None => code_near(self.codes, self.places, house.point, Meters(300.0)).to_owned(),
            };
        }
    }
}

/// How the map writes this number, behind its digits.
fn written(numbers: &str, number: &HouseNumber, known: Known) -> String {
    if number.suffix.is_empty() {
        return String::new();
    }
    let original = numbers
        .split([';', ',', '+', '&'])
        .map(str::trim)
        .find(|part| known == Known::Written && HouseNumber::read(part).as_ref() == Some(number));
    let digits = number.number.to_string();
    match original {
        Some(text) if text.len() <= 20 => match text.strip_prefix(digits.as_str()) {
            Some(rest) => rest.to_owned(),
            None => format!("={text}"),
        },
        _ => match number.suffix.contains('#') {
            true => format!("={}", number.display()),
            false => number.suffix.clone(),
        },
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

/// Joins lines that continue each other and drops vertices that hardly bend (2 m).
fn join_lines(mut lines: Vec<Vec<LngLat>>) -> Vec<Vec<LngLat>> {
    let key = |p: LngLat| {
        let f = geom::Fixed::from(p);
        (f.lng, f.lat)
    };
    lines.sort_by_key(|l| (key(l[0]), l.len()));
    let mut out: Vec<Vec<LngLat>> = Vec::new();
    let mut starts: HashMap<(i32, i32), Vec<usize>> = HashMap::new();
    for (at, line) in lines.iter().enumerate() {
        starts.entry(key(line[0])).or_default().push(at);
    }
    let ends: std::collections::HashSet<_> = lines.iter().map(|l| key(l[l.len() - 1])).collect();
    let mut used = vec![false; lines.len()];
    // First those that nothing leads into, then what is left of rings.
    let mut order: Vec<usize> = (0..lines.len()).collect();
    order.sort_by_key(|at| ends.contains(&key(lines[*at][0])));
    for at in order {
        if std::mem::replace(&mut used[at], true) {
            continue;
        }
        let mut line = lines[at].clone();
        loop {
            let end = key(line[line.len() - 1]);
            let next = starts
                .get(&end)
                .and_then(|s| s.iter().copied().find(|next| !used[*next]));
            let Some(next) = next else { break };
            used[next] = true;
            line.extend_from_slice(&lines[next][1..]);
        }
        out.push(simplify(&line, 2.0));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_continue_each_other_become_one() {
        let at = |x: f64| LngLat::new(x / 1e3, 0.0).unwrap();
        let lines = vec![
            vec![at(1.0), at(2.0)],
            vec![at(0.0), at(1.0)],
            vec![at(5.0), at(6.0)],
        ];
        let joined = join_lines(lines);
        // The vertex at 1 does not bend and is dropped.
        assert_eq!(joined, [vec![at(0.0), at(2.0)], vec![at(5.0), at(6.0)]]);
    }

    #[test]
    fn numbers_are_shown_as_the_map_writes_them() {
        let number = |text| HouseNumber::read(text).unwrap();
        assert_eq!(written("12 A", &number("12a"), Known::Written), " A");
        assert_eq!(written("2;4 B", &number("4b"), Known::Written), " B");
        assert_eq!(written("B-7", &number("b7"), Known::Written), "=B-7");
        assert_eq!(written("7", &number("7"), Known::Written), "");
    }
}
