//! The order in which segments are contracted, from the network they belong to.

use super::network::{Network, Stretch};
use crate::order::{Link, order};

/// All segments, the first to be contracted first.
pub(super) fn of_segments(network: &Network, stretches: &[Stretch]) -> Vec<u32> {
    let mut junctions: Vec<u32> = stretches.iter().flat_map(|s| [s.first(), s.last()]).collect();
    junctions.sort_unstable();
    junctions.dedup();
    let mut number = vec![0u32; network.places.len()];
    for (i, junction) in (0u32..).zip(&junctions) {
        number[*junction as usize] = i;
    }
    let links: Vec<Link> = stretches
        .iter()
        .map(|stretch| {
            let attributes = &network.attributes[stretch.attributes as usize];
            let directions = [attributes.forward, attributes.backward];
            Link {
                ends: [stretch.first(), stretch.last()].map(|end| number[end as usize]),
                nodes: directions.iter().flatten().count() as u8,
            }
        })
        .collect();
    order(&plane(network, &junctions), &links)
}

/// Coordinates in which directions are about right: degrees, those of longitude shortened as in the map's middle.
fn plane(network: &Network, junctions: &[u32]) -> Vec<[f32; 2]> {
    let place = |junction: &u32| network.place(*junction);
    let middle = junctions.iter().map(|j| place(j).lat()).sum::<f64>() / junctions.len().max(1) as f64;
    let narrow = middle.to_radians().cos();
    junctions
        .iter()
        .map(|junction| {
            let place = place(junction);
            [(place.lng() * narrow) as f32, place.lat() as f32]
        })
        .collect()
}
