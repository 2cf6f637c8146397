//! Postcodes: where the addresses of each lie, and what shapes they have.

use std::collections::BTreeMap;

use geom::{LngLat, Meters};
use rstar::RTree;
use rstar::primitives::GeomWithData;

use super::collect::Found;
use super::places::{Places, middle};
use super::streets::Street;
use super::tables::Texts;

/// A postcode and where its addresses lie.
pub(super) struct Code {
    pub text: String,
    pub point: LngLat,
    pub reach: Meters,
    pub addresses: usize,
}

/// All postcodes of streets, houses and places of interest; of areas and of houses without a street those that are
/// not among them.
pub(super) fn postcodes(
    streets: &[Street<'_>],
    found: &Found<'_>,
    codes: &Codes<'_>,
    places: &Places,
) -> Vec<Code> {
    let mut points: BTreeMap<&str, Vec<LngLat>> = BTreeMap::new();
    for street in streets {
        for house in street.houses.iter().filter(|h| !h.postcode.is_empty()) {
            points.entry(house.postcode).or_default().push(house.point);
        }
        for code in &street.postcodes {
            points.entry(code).or_default().push(street.point);
        }
    }
    for poi in found.pois.iter().filter(|p| !p.postcode.is_empty()) {
        points.entry(poi.postcode).or_default().push(poi.point);
    }
    let houses = codes
        .iter()
        .filter_map(|at| Some((at.data, LngLat::new(at.geom()[0], at.geom()[1]).ok()?)));
    let mut others: BTreeMap<&str, Vec<LngLat>> = BTreeMap::new();
    for (code, point) in houses.chain(places.postal_areas()) {
        if !points.contains_key(code) {
            others.entry(code).or_default().push(point);
        }
    }
    points.extend(others);
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
pub(super) fn shapes(codes: &[Code], texts: &mut Texts) -> [u32; 8] {
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
