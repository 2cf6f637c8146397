//! Streets for houses that name none: the village that numbers them, or the road beside them.

use geom::{LngLat, LocalMeters, Meters};
use rstar::RTree;
use rstar::primitives::{GeomWithData, Line};

use super::collect::{Address, Found};
use super::places::{Memory, Places};
use crate::words::Words;

/// A house without a street belongs to a road this near, if no other is nearly as near.
const NEAR_ROAD: Meters = Meters(50.0);

/// Gives houses without a street the road beside them, or the town's own name.
pub(super) fn adopt<'a>(found: &Found<'a>, places: &'a Places, words: &Words) -> Vec<Address<'a>> {
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
