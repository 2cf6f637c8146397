//! How long does it take to say whose a million points are, with 200 areas of some 500 corners that share their borders?

use std::sync::Arc;

use geo::{Coord, LineString, MultiPolygon, Polygon};
use geom::LngLat;
use territory::{Area, Extent, Shape, TerritoryId, TerritoryIndex};

const COLUMNS: usize = 20;
const ROWS: usize = 10;
/// Corners of one side of an area.
const STEPS: usize = 125;
const POINTS: usize = 1_000_000;

fn main() {
    divan::main();
}

/// A number in 0..1 from a counter (SplitMix64).
fn noise(seed: u64) -> f64 {
    let mut z = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
}

/// The wiggly border from lattice point to lattice point; both neighbours get the same numbers.
fn border(from: (usize, usize), to: (usize, usize)) -> Vec<Coord> {
    let along_x = from.0 != to.0;
    (0..=STEPS)
        .map(|step| {
            let t = step as f64 / STEPS as f64;
            let seed = ((from.0 * 1000 + from.1) * 2 + usize::from(along_x)) * 1000 + step;
            let inner = step > 0 && step < STEPS;
            let wiggle = if inner {
                (noise(seed as u64) - 0.5) * 0.1 * (t * (1.0 - t))
            } else {
                0.0
            };
            let (x, y) = (from.0 as f64, from.1 as f64);
            if along_x {
                Coord {
                    x: x + t,
                    y: y + wiggle,
                }
            } else {
                Coord {
                    x: x + wiggle,
                    y: y + t,
                }
            }
        })
        .collect()
}

fn areas() -> Vec<Area> {
    let mut areas = Vec::new();
    for j in 0..ROWS {
        for i in 0..COLUMNS {
            let mut ring = border((i, j), (i + 1, j));
            ring.extend(border((i + 1, j), (i + 1, j + 1)));
            ring.extend(border((i, j + 1), (i + 1, j + 1)).into_iter().rev());
            ring.extend(border((i, j), (i, j + 1)).into_iter().rev());
            let polygon = Polygon::new(LineString::new(ring), vec![]);
            let shape =
                Shape::parse(MultiPolygon::new(vec![polygon])).expect("wiggles are too small to cross");
            areas.push(Area {
                territory: TerritoryId((j * COLUMNS + i) as u128),
                line: None,
                extent: Arc::new(Extent::Drawn(shape)),
                priority: 0,
            });
        }
    }
    areas
}

fn points() -> Vec<LngLat> {
    (0..POINTS as u64)
        .map(|i| {
            // Inside the whole, away from its outer wiggles.
            let (x, y) = (
                0.2 + noise(2 * i) * (COLUMNS as f64 - 0.4),
                0.2 + noise(2 * i + 1) * (ROWS as f64 - 0.4),
            );
            LngLat::new(x, y).expect("small degrees")
        })
        .collect()
}

#[divan::bench(sample_count = 5, sample_size = 1)]
fn owners_of_a_million_points(bencher: divan::Bencher) {
    let areas = areas();
    let points = points();
    let index = TerritoryIndex::build(areas.clone());
    // The slow twin on every 500th point: exactly one shape has it, and the index names that one.
    for place in points.iter().step_by(500) {
        let owners: Vec<TerritoryId> = areas
            .iter()
            .filter(|area| area.extent.shapes().any(|shape| shape.contains(*place)))
            .map(|area| area.territory)
            .collect();
        assert_eq!(owners.len(), 1);
        assert_eq!(index.owner_at(*place, None), Some(owners[0]));
    }
    bencher
        .counter(divan::counter::ItemsCount::new(POINTS))
        .bench_local(|| {
            let mut counts = vec![0usize; COLUMNS * ROWS];
            for place in &points {
                let owner = index.owner_at(*place, None).expect("the areas cover all points");
                counts[owner.0 as usize] += 1;
            }
            assert_eq!(counts.iter().sum::<usize>(), POINTS);
            counts
        });
}
