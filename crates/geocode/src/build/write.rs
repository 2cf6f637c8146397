//! Pass 4: documents, texts, name and word maps, columns sorted by cell.

use std::collections::{BTreeMap, HashMap};

use geom::{BBox, Fixed, LngLat, LocalMeters, Meters, cell_of};
use osm::Extract;
use pack::Section;

use super::beginnings::beginnings;
use super::collect::{Found, Poi, region};
use super::countries::Countries;
use super::places::{Memory, Places, middle};
use super::streets::{Codes, Street, code_near, hyphens_join};
use crate::ExtraPoints;
use crate::fold::{latin, pieces};
use crate::index::{Doc, House, HouseFlags, Kind, LAYOUT, Meta, pack_run, section};
use crate::line::length;
use crate::words::Words;

/// Pieces of street lines are at most this long, so that the nearest is found by its middle.
pub(crate) const LONGEST_PIECE: Meters = Meters(200.0);
/// Two places of interest of one name this near are one.
const SAME_POI: Meters = Meters(60.0);

/// What the passes before have found.
pub(crate) struct Input<'i, 'a> {
    pub extract: &'a Extract,
    pub extra: &'i [ExtraPoints],
    pub found: &'i Found<'a>,
    pub places: &'i Places,
    pub streets: &'i [Street],
    pub codes: &'i Codes<'a>,
    pub countries: &'i Countries,
    pub words: &'i Words,
}

/// Flat arrays under construction.
#[derive(Default)]
struct Columns {
    texts: Texts,
    lists: Lists,
    docs: Vec<Doc>,
    names: BTreeMap<Vec<u8>, Vec<u32>>,
    words: BTreeMap<String, Vec<u32>>,
    houses: Vec<House>,
    flags: Vec<HouseFlags>,
    /// Houses of other sources than the map: house, source.
    extra_houses: Vec<[u32; 2]>,
    lines: Vec<u32>,
    line_points: Vec<Fixed>,
}

/// Writes all sections.
pub(crate) fn write(input: &Input<'_, '_>) -> Vec<Section> {
    let mut columns = Columns::default();
    columns.texts.id("");
    columns.lists.id(&[]);
    let street_count = input.streets.len() as u32;
    let place_count = input.places.list.len() as u32;
    let codes = postcodes(input);
    let code_ids: HashMap<&str, u32> = (street_count + place_count..)
        .zip(&codes)
        .map(|(id, code)| (code.text.as_str(), id))
        .collect();
    for street in input.streets {
        columns.street(street, input, street_count, &code_ids);
    }
    columns.lines.push(columns.line_points.len() as u32);
    columns.places(input, street_count);
    for code in &codes {
        columns.postcode(code, input);
    }
    columns.pois(input, street_count, &code_ids);
    columns.finish(input, &codes)
}

impl Columns {
    fn street(
        &mut self,
        street: &Street,
        input: &Input<'_, '_>,
        places_from: u32,
        code_ids: &HashMap<&str, u32>,
    ) {
        let id = self.docs.len() as u32;
        let mut around: Vec<u32> = Vec::new();
        around.extend(street.town.map(|t| t + places_from));
        around.extend(street.around.iter().map(|p| p + places_from));
        let mut holders: Vec<u32> = street.around.clone();
        holders.extend(street.town);
        let country = input.countries.at(street.point, &holders, input.places);
        let codes: Vec<u32> = street
            .postcodes
            .iter()
            .filter_map(|c| code_ids.get(c.as_str()).copied())
            .collect();
        let (first, line) = (self.houses.len() as u32, self.lines.len() as u32);
        for house in &street.houses {
            let code = street
                .postcodes
                .iter()
                .position(|c| *c == house.postcode)
                .map_or(0, |at| at as u8 + 1);
            let mut flags = code.min(0x3f);
            if house.implied {
                flags |= HouseFlags::IMPLIED;
            }
            if house.source == super::collect::Source::Line {
                flags |= HouseFlags::LINE;
            }
            if let super::collect::Source::Extra(at) = house.source {
                self.extra_houses.push([self.houses.len() as u32, u32::from(at)]);
            }
            self.flags.push(HouseFlags(flags));
            self.houses.push(House {
                number: house.number.number,
                suffix: self.texts.id(&house.written),
                point: house.point.into(),
            });
        }
        let mut metres = 0.0;
        for points in &street.lines {
            self.lines.push(self.line_points.len() as u32);
            metres += self.line(points);
        }
        self.index(
            Kind::Street,
            id,
            street.names.iter().map(String::as_str),
            input.words,
            true,
        );
        let doc = Doc {
            name: self.texts.id(&street.names[0]),
            other_names: self.texts.list(&street.names[1..], &mut self.lists),
            around: self.lists.id(&around),
            postcodes: self.lists.id(&codes),
            point: street.point.into(),
            first,
            count: self.houses.len() as u32 - first,
            line,
            lines: self.lines.len() as u32 - line,
            reach: street.reach.0.ceil() as u32,
            importance: street.houses.len() as u32 * 10 + (metres / 50.0) as u32,
            kind: Kind::Street.byte(),
            rank: 0,
            country,
        };
        self.docs.push(doc);
    }

    /// Adds a line's points, long pieces cut; its length in metres.
    fn line(&mut self, points: &[LngLat]) -> f64 {
        let mut metres = 0.0;
        for w in points.windows(2) {
            let plane = LocalMeters::at(w[0]);
            let to = plane.project(w[1]);
            let step = length([0.0, 0.0], to);
            metres += step;
            let cuts = (step / LONGEST_PIECE.0).ceil().clamp(1.0, 10_000.0) as u32;
            for k in 0..cuts {
                let share = f64::from(k) / f64::from(cuts);
                self.line_points
                    .push(plane.unproject([to[0] * share, to[1] * share]).into());
            }
        }
        self.line_points.extend(points.last().map(|p| Fixed::from(*p)));
        metres
    }

    fn places(&mut self, input: &Input<'_, '_>, places_from: u32) {
        for place in &input.places.list {
            let id = self.docs.len() as u32;
            let holders = input.places.around(place.point);
            let country = input.countries.at(place.point, &holders, input.places);
            let around: Vec<u32> = holders
                .into_iter()
                .map(|p| p + places_from)
                .filter(|p| *p != id)
                .take(30)
                .collect();
            self.index(
                Kind::Place,
                id,
                place.names.iter().map(String::as_str),
                input.words,
                false,
            );
            let doc = Doc {
                name: self.texts.id(&place.names[0]),
                other_names: self.texts.list(&place.names[1..], &mut self.lists),
                around: self.lists.id(&around),
                postcodes: 0,
                point: place.point.into(),
                first: 0,
                count: 0,
                line: 0,
                lines: 0,
                reach: place.reach.0.min(1e9) as u32,
                importance: (12 - place.rank as u32) * 1000 + place.population / 100 + place.addresses as u32,
                kind: Kind::Place.byte(),
                rank: place.rank as u8,
                country,
            };
            self.docs.push(doc);
        }
    }

    fn postcode(&mut self, code: &Code, input: &Input<'_, '_>) {
        let id = self.docs.len() as u32;
        let country = input
            .countries
            .at(code.point, &input.places.around(code.point), input.places);
        self.index(Kind::Postcode, id, [code.text.as_str()], input.words, false);
        let doc = Doc {
            name: self.texts.id(&code.text),
            other_names: 0,
            around: 0,
            postcodes: 0,
            point: code.point.into(),
            first: 0,
            count: 0,
            line: 0,
            lines: 0,
            reach: code.reach.0 as u32,
            importance: code.addresses as u32,
            kind: Kind::Postcode.byte(),
            rank: 0,
            country,
        };
        self.docs.push(doc);
    }

    fn pois(&mut self, input: &Input<'_, '_>, places_from: u32, code_ids: &HashMap<&str, u32>) {
        let mut memory = Memory::default();
        for poi in distinct_pois(input) {
            let id = self.docs.len() as u32;
            let town = memory
                .named_near(input.places, poi.city, poi.point, input.words)
                .or_else(|| input.places.town_at(poi.point));
            let mut around: Vec<u32> = town.into_iter().collect();
            around.extend(
                input
                    .places
                    .around(poi.point)
                    .into_iter()
                    .filter(|p| Some(*p) != town),
            );
            around.truncate(30);
            let country = input.countries.at(poi.point, &around, input.places);
            let around: Vec<u32> = around.into_iter().map(|p| p + places_from).collect();
            let code = match poi.postcode {
                "" => code_near(input.codes, input.places, poi.point, Meters(200.0)),
                code => code,
            };
            let codes: Vec<u32> = code_ids.get(code).copied().into_iter().collect();
            self.index(Kind::Poi, id, poi.names.iter().copied(), input.words, true);
            let others: Vec<String> = poi.names[1..].iter().map(|n| (*n).to_owned()).collect();
            let doc = Doc {
                name: self.texts.id(poi.names[0]),
                other_names: self.texts.list(&others, &mut self.lists),
                around: self.lists.id(&around),
                postcodes: self.lists.id(&codes),
                point: poi.point.into(),
                first: self.texts.id(poi.street),
                count: self.texts.id(poi.number),
                line: 0,
                lines: 0,
                reach: 0,
                importance: poi.importance,
                kind: Kind::Poi.byte(),
                rank: 0,
                country,
            };
            self.docs.push(doc);
        }
    }

    /// Enters a document under all keys of its names, and under their words.
    fn index<'n>(
        &mut self,
        kind: Kind,
        id: u32,
        names: impl IntoIterator<Item = &'n str>,
        words: &Words,
        by_word: bool,
    ) {
        for name in names {
            for key in words.keys(name) {
                push_once(self.names.entry(kind.key(&key)).or_default(), id);
            }
            if !by_word {
                continue;
            }
            for piece in words.pieces(name) {
                let word = words.long_word(&piece);
                // Weak words would name half of the map.
                if word.is_empty() || words.weight(&word) < 1.0 {
                    continue;
                }
                if let Some(latin) = latin(&word) {
                    push_once(self.words.entry(latin).or_default(), id);
                }
                push_once(self.words.entry(word).or_default(), id);
            }
        }
    }

    fn finish(mut self, input: &Input<'_, '_>, codes: &[Code]) -> Vec<Section> {
        let (names, name_docs) = word_map(&self.names);
        let (beginnings, beginning_docs) = word_map(&beginnings(&self.names, &self.docs));
        let (words, word_docs) = word_map(&self.words);
        let sources: Vec<u32> = input.extra.iter().map(|e| self.texts.id(&e.told())).collect();
        let meta = Meta {
            layout: LAYOUT,
            docs: self.docs.len() as u32,
            houses: self.houses.len() as u32,
            country: input.countries.only,
            hyphens_join: u8::from(hyphens_join(input.found)),
            unused: 0,
            bounds: region(input.extract).map_or([0; 4], fixed_bounds),
            shapes: shapes(codes, &mut self.texts),
        };
        let mut houses_by_cell: Vec<u32> = (0..self.houses.len() as u32).collect();
        houses_by_cell.sort_by_key(|at| (cell_of(self.houses[*at as usize].point.into()), *at));
        let mut pieces: Vec<(i64, u32)> = Vec::new();
        for line in self.lines.windows(2) {
            for at in line[0]..line[1].saturating_sub(1) {
                let (a, b) = (self.line_points[at as usize], self.line_points[at as usize + 1]);
                pieces.push((cell_of(half_way(a, b)), at));
            }
        }
        pieces.sort_unstable();
        let pieces: Vec<u32> = pieces.into_iter().map(|p| p.1).collect();
        let free = free_buildings(input.found);
        let bytes = |name: &str, bytes: Vec<u8>| Section {
            name: name.to_owned(),
            bytes,
        };
        vec![
            Section::new(section::META, &[meta]),
            bytes(section::TEXT, self.texts.bytes),
            Section::new(section::TEXT_AT, &self.texts.at),
            bytes(section::NAMES, names),
            Section::new(section::NAME_DOCS, &name_docs),
            bytes(section::BEGINNINGS, beginnings),
            Section::new(section::BEGINNING_DOCS, &beginning_docs),
            bytes(section::WORDS, words),
            Section::new(section::WORD_DOCS, &word_docs),
            Section::new(section::DOCS, &self.docs),
            Section::new(section::LISTS, &self.lists.values),
            Section::new(section::HOUSES, &self.houses),
            Section::new(section::HOUSE_FLAGS, &self.flags),
            Section::new(section::EXTRA_HOUSES, &self.extra_houses),
            Section::new(section::SOURCES, &sources),
            Section::new(section::HOUSES_BY_CELL, &houses_by_cell),
            Section::new(section::LINES, &self.lines),
            Section::new(section::LINE_POINTS, &self.line_points),
            Section::new(section::PIECES_BY_CELL, &pieces),
            Section::new(section::FREE, &free),
        ]
    }
}

/// The middle of a piece of line.
pub(crate) fn half_way(a: Fixed, b: Fixed) -> LngLat {
    let mean = |a: i32, b: i32| ((i64::from(a) + i64::from(b)) / 2) as i32;
    Fixed {
        lng: mean(a.lng, b.lng),
        lat: mean(a.lat, b.lat),
    }
    .into()
}

fn fixed_bounds(bbox: BBox) -> [i32; 4] {
    [bbox.west, bbox.south, bbox.east, bbox.north].map(|v| (v * 1e7) as i32)
}

fn push_once(ids: &mut Vec<u32>, id: u32) {
    if ids.last() != Some(&id) {
        ids.push(id);
    }
}

/// A word map and its runs of documents.
fn word_map<K: AsRef<[u8]> + Ord>(entries: &BTreeMap<K, Vec<u32>>) -> (Vec<u8>, Vec<u32>) {
    let mut docs: Vec<u32> = Vec::new();
    let mut map = fst::MapBuilder::memory();
    for (key, ids) in entries {
        let run = pack_run(docs.len(), ids.len());
        docs.extend(ids);
        map.insert(key, run)
            .expect("keys of a BTreeMap are sorted and memory does not fail");
    }
    (map.into_inner().expect("memory does not fail"), docs)
}

/// Texts, each once.
#[derive(Default)]
struct Texts {
    bytes: Vec<u8>,
    /// Where each begins, and the end of the last.
    at: Vec<u32>,
    known: HashMap<String, u32>,
}

impl Texts {
    fn id(&mut self, text: &str) -> u32 {
        if let Some(id) = self.known.get(text) {
            return *id;
        }
        if self.at.is_empty() {
            self.at.push(0);
        }
        let id = self.at.len() as u32 - 1;
        self.bytes.extend(text.as_bytes());
        self.at.push(self.bytes.len() as u32);
        self.known.insert(text.to_owned(), id);
        id
    }

    fn list(&mut self, texts: &[String], lists: &mut Lists) -> u32 {
        let ids: Vec<u32> = texts.iter().map(|t| self.id(t)).collect();
        lists.id(&ids)
    }
}

/// Lists of numbers, each once: length, then values.
#[derive(Default)]
struct Lists {
    values: Vec<u32>,
    known: HashMap<Vec<u32>, u32>,
}

impl Lists {
    fn id(&mut self, list: &[u32]) -> u32 {
        if let Some(id) = self.known.get(list) {
            return *id;
        }
        let id = self.values.len() as u32;
        self.values.push(list.len() as u32);
        self.values.extend(list);
        self.known.insert(list.to_vec(), id);
        id
    }
}

/// A postcode and where its addresses lie.
struct Code {
    text: String,
    point: LngLat,
    reach: Meters,
    addresses: usize,
}

fn postcodes(input: &Input<'_, '_>) -> Vec<Code> {
    let mut points: BTreeMap<&str, Vec<LngLat>> = BTreeMap::new();
    for street in input.streets {
        for house in street.houses.iter().filter(|h| !h.postcode.is_empty()) {
            points.entry(&house.postcode).or_default().push(house.point);
        }
        for code in &street.postcodes {
            points.entry(code).or_default().push(street.point);
        }
    }
    for poi in input.found.pois.iter().filter(|p| !p.postcode.is_empty()) {
        points.entry(poi.postcode).or_default().push(poi.point);
    }
    points
        .into_iter()
        .filter(|(text, _)| text.len() <= 12 && text.chars().any(|c| c.is_ascii_digit()))
        .map(|(text, points)| {
            let point = middle(&points);
            let mut distances: Vec<f64> = points.iter().map(|p| p.distance(point).0).collect();
            distances.sort_by(f64::total_cmp);
            let reach = Meters(distances[(distances.len() - 1) * 9 / 10].max(300.0));
            Code {
                text: text.to_owned(),
                point,
                reach,
                addresses: points.len(),
            }
        })
        .collect()
}

/// The most frequent shapes of postcodes: `99999`, `9999 aa`, run together.
fn shapes(codes: &[Code], texts: &mut Texts) -> [u32; 8] {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for code in codes {
        *counts.entry(crate::search::lex::shape(&code.text)).or_default() += code.addresses;
    }
    let total: usize = counts.values().sum();
    let mut shapes: Vec<(usize, String)> = counts.into_iter().map(|(shape, n)| (n, shape)).collect();
    shapes.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    let mut out = [0; 8];
    for (slot, (n, shape)) in out.iter_mut().zip(shapes) {
        // A shape that hardly any address has is a typing error.
        if n * 200 >= total {
            *slot = texts.id(&shape);
        }
    }
    out
}

/// Middles of buildings that hold no address, sorted by cell.
fn free_buildings(found: &Found<'_>) -> Vec<Fixed> {
    let addresses = rstar::RTree::bulk_load(
        found
            .addresses
            .iter()
            .filter(|a| a.source != super::collect::Source::Line)
            .map(|a| [a.point.lng(), a.point.lat()])
            .collect(),
    );
    let mut free: Vec<(i64, Fixed)> = found
        .buildings
        .iter()
        .map(|building| building.bbox)
        .filter(|b| {
            let envelope = rstar::AABB::from_corners([b.west, b.south], [b.east, b.north]);
            addresses.locate_in_envelope(envelope).next().is_none()
        })
        .map(|b| (cell_of(b.center()), b.center().into()))
        .collect();
    free.sort_by_key(|(cell, at)| (*cell, at.lng, at.lat));
    free.into_iter().map(|f| f.1).collect()
}

/// Places of interest, one of each name and place, the better known first.
fn distinct_pois<'i, 'a>(input: &'i Input<'_, 'a>) -> Vec<&'i Poi<'a>> {
    let mut by_name: BTreeMap<String, Vec<&Poi<'a>>> = BTreeMap::new();
    for poi in &input.found.pois {
        let key: String = pieces(poi.names[0]).into_iter().map(|p| p.text).collect();
        if !key.is_empty() {
            by_name.entry(key).or_default().push(poi);
        }
    }
    let mut out: Vec<&Poi<'a>> = Vec::new();
    for mut same in by_name.into_values() {
        same.sort_by_key(|p| {
            let at = Fixed::from(p.point);
            (
                std::cmp::Reverse(p.importance),
                p.street.is_empty(),
                at.lng,
                at.lat,
            )
        });
        let mut kept: Vec<&Poi<'a>> = Vec::new();
        for poi in same {
            if kept.iter().all(|k| k.point.distance(poi.point) > SAME_POI) {
                kept.push(poi);
            }
        }
        out.extend(kept);
    }
    out
}
