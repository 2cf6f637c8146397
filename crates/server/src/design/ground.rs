//! The ground of a design: blocks that stay whole, and the area that territories are cut to, from GeoJSON files.

use std::path::Path;

use anyhow::{Context as _, bail};
use geo_types::MultiPolygon;
use geojson::{Feature, GeoJson, GeometryValue};
use territory::Shape;
use territory::design::{BlockError, Blocks, Measure, Plan, Problem};

/// The polygons of each feature of a file, looked over.
fn outlines(path: &Path) -> anyhow::Result<Vec<MultiPolygon>> {
    let shown = path.display();
    let text = std::fs::read_to_string(path).with_context(|| format!("reading {shown}"))?;
    let parsed: GeoJson = text.parse().with_context(|| format!("{shown} is no GeoJSON"))?;
    let features = match parsed {
        GeoJson::FeatureCollection(all) => all.features,
        GeoJson::Feature(feature) => vec![feature],
        GeoJson::Geometry(geometry) => vec![Feature {
            geometry: Some(geometry),
            ..Feature::default()
        }],
    };
    let polygons = |(i, feature): (usize, Feature)| -> anyhow::Result<MultiPolygon> {
        let number = i + 1;
        let geometry = feature
            .geometry
            .with_context(|| format!("{shown}: feature {number} has no geometry"))?;
        let coordinates = match geometry.value {
            GeometryValue::Polygon { coordinates } => vec![coordinates],
            GeometryValue::MultiPolygon { coordinates } => coordinates,
            other => bail!(
                "{shown}: feature {number} is a {}, not a polygon",
                other.type_name()
            ),
        };
        MultiPolygon::try_from(GeometryValue::MultiPolygon { coordinates })
            .with_context(|| format!("{shown}: feature {number}"))
    };
    let outlines: Vec<MultiPolygon> = features
        .into_iter()
        .enumerate()
        .map(polygons)
        .collect::<anyhow::Result<_>>()?;
    if outlines.is_empty() {
        bail!("{shown} holds no polygons");
    }
    Ok(outlines)
}

/// One area of all the polygons of a file.
pub fn service_area(path: &Path) -> anyhow::Result<MultiPolygon> {
    let mut parts = Vec::new();
    for (i, outline) in outlines(path)?.into_iter().enumerate() {
        let shape =
            Shape::parse(outline).with_context(|| format!("{}: feature {}", path.display(), i + 1))?;
        parts.extend(shape.polygons().iter().cloned());
    }
    Ok(geo::unary_union(&parts))
}

/// Blocks, and the block of each customer.
pub struct Ground {
    blocks: Blocks,
    block_of: Vec<Option<u32>>,
    /// Customers that lie in no block and count to the nearest.
    pub outside: usize,
}

impl Ground {
    /// Reads the blocks around the customers.
    pub fn read(path: &Path, problem: &Problem) -> anyhow::Result<Self> {
        let blocks = Blocks::parse(outlines(path)?).map_err(|error| {
            let shown = path.display();
            // People count features from 1.
            match error {
                BlockError::Outline { block, why } => anyhow::anyhow!("{shown}: feature {}: {why}", block + 1),
                BlockError::Overlap {
                    blocks: [a, b],
                    square_meters,
                    lng,
                    lat,
                } => anyhow::anyhow!(
                    "{shown}: features {} and {} overlap by {square_meters:.0} m² near {lng:.6}, {lat:.6}; cut the one out of the other",
                    a + 1,
                    b + 1
                ),
            }
        })?;
        let mut block_of = blocks.members(&problem.places);
        let mut outside = 0;
        for (block, place) in block_of.iter_mut().zip(&problem.places) {
            if let (None, Some(place)) = (&block, place) {
                *block = blocks.nearest(*place);
                outside += 1;
            }
        }
        if let Some(row) = block_of.iter().position(Option::is_none) {
            bail!(
                "customer {} of the table has no place, so that it lies in no block",
                row + 1
            );
        }
        Ok(Self {
            blocks,
            block_of,
            outside,
        })
    }

    /// The same question with blocks in place of customers: what is in a block adds up, and today it is whose most of its workload is.
    pub fn by_block(&self, problem: &Problem) -> Problem {
        let count = self.blocks.places().len();
        let sum = |values: &[f64]| {
            let mut sums = vec![0.0; count];
            for (value, block) in values.iter().zip(&self.block_of) {
                if let Some(block) = block {
                    sums[*block as usize] += value;
                }
            }
            sums
        };
        let weight = &problem.measures[0].values;
        let mut places: Vec<[f64; 3]> = vec![[0.0; 3]; count];
        let mut shares: Vec<Vec<(u32, f64)>> = vec![Vec::new(); count];
        for (row, block) in self.block_of.iter().enumerate() {
            let (Some(block), Some(place)) = (block, problem.places[row]) else {
                continue;
            };
            let at = &mut places[*block as usize];
            at[0] += weight[row];
            at[1] += weight[row] * place.lng();
            at[2] += weight[row] * place.lat();
            if let Some(seat) = problem.current.get(row).copied().flatten() {
                let shares = &mut shares[*block as usize];
                match shares.iter_mut().find(|s| s.0 == seat) {
                    Some(share) => share.1 += weight[row],
                    None => shares.push((seat, weight[row])),
                }
            }
        }
        // Where the work is; where there is none, the middle of the block.
        let middles = self.blocks.places().iter().zip(&places);
        let places = middles.map(|(own, [w, x, y])| {
            let work = geom::LngLat::new(x / w, y / w).ok();
            Some(work.unwrap_or(*own))
        });
        let most = |shares: &Vec<(u32, f64)>| {
            let largest = shares
                .iter()
                .max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)));
            largest.map(|s| s.0)
        };
        Problem {
            places: places.collect(),
            measures: problem
                .measures
                .iter()
                .map(|m| Measure {
                    values: sum(&m.values),
                    ..m.clone()
                })
                .collect(),
            current: if problem.current.is_empty() {
                Vec::new()
            } else {
                shares.iter().map(most).collect()
            },
            neighbours: Some(self.blocks.neighbours().to_vec()),
            seats: problem.seats.clone(),
            ..Problem::default()
        }
    }

    /// Who has each customer, where a plan has given out the blocks.
    pub fn customers(&self, plan: &Plan) -> Vec<Option<u32>> {
        let seat = |block: &Option<u32>| plan.assignment[(*block)? as usize];
        self.block_of.iter().map(seat).collect()
    }

    /// Borders of the plan along the blocks.
    pub fn borders(&self, problem: &Problem, plan: &Plan) -> territory::design::Borders {
        let customers: Vec<geom::LngLat> = problem.places.iter().flatten().copied().collect();
        self.blocks.dissolved_around(&plan.assignment, &customers)
    }
}
