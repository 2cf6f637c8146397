//! Places of interest as documents.

use std::collections::{BTreeMap, HashMap};

use geom::{Fixed, Meters};

use super::codes::code_near;
use super::collect::Poi;
use super::places::Memory;
use super::write::{Columns, Input};
use crate::fold::pieces;
use crate::index::{Doc, Kind, Tens};

/// Two places of interest of one name this near are one.
const SAME_POI: Meters = Meters(60.0);

impl Columns {
    pub(super) fn pois(&mut self, input: &Input<'_, '_>, places_from: u32, code_ids: &HashMap<&str, u32>) {
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
                reach: Tens::of(0.0),
                importance: poi.importance,
                kind: Kind::Poi.byte(),
                rank: 0,
                country,
            };
            self.docs.push(doc);
        }
    }
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
