//! From a tile's pieces to its bytes.

use std::io::Write;

use fast_mvt::{MvtCoord, MvtGeomType, MvtLayerBuilder, MvtResult, MvtTileBuilder, MvtValueRef};
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::cut::{Group, Part, Piece};
use crate::feature::{Feature, Layer, Value};
use crate::world::Point;

/// A tile of more bytes than this, before compression, loses things of less use until it fits.
pub(crate) const LARGEST_TILE: usize = 500_000;

/// What is left out of a tile that would be too large, step by step.
const LAST_STEP: u8 = 6;

/// A tile as it is stored. Pieces come in the order of drawing.
pub(crate) fn tile(groups: &[Group], pieces: &[Piece], z: u8, largest: usize) -> Vec<u8> {
    let mut bytes = raw_tile(groups, pieces, z, 0);
    for left_out in 1..=LAST_STEP {
        if bytes.len() <= largest {
            break;
        }
        bytes = raw_tile(groups, pieces, z, left_out);
    }
    gzip(&bytes)
}

/// When a feature is left out of a tile that is too large; [`LAST_STEP`] + 1 is never.
fn step(feature: &Feature) -> u8 {
    let says = |text: &str| {
        feature
            .attributes
            .iter()
            .any(|a| matches!(&a.value, Value::Text(t) if t == text))
    };
    match feature.layer {
        Layer::Buildings if says("address") => 1,
        Layer::Pois => 2,
        Layer::Roads if says("path") || says("service") => 3,
        Layer::Buildings => 4,
        Layer::Landuse | Layer::Landcover => 5,
        Layer::Roads if says("minor_road") => 6,
        _ => LAST_STEP + 1,
    }
}

fn raw_tile(groups: &[Group], pieces: &[Piece], z: u8, left_out: u8) -> Vec<u8> {
    let sample = |piece: &Piece| groups[piece.group as usize].sample;
    let kept: Vec<&Piece> = pieces
        .iter()
        .filter(|p| left_out == 0 || step(sample(p)) > left_out)
        .collect();
    let mut tile = MvtTileBuilder::new();
    for pieces in kept.chunk_by(|a, b| sample(a).layer == sample(b).layer) {
        let id = sample(pieces[0]).layer.id();
        // The encoder refuses unnamed layers, empty parts and more than 2²⁹ points, and there are none.
        tile = layer(tile, id, groups, pieces, z).expect("layers have names and parts have points");
    }
    tile.encode()
}

fn layer(
    tile: MvtTileBuilder,
    id: &str,
    groups: &[Group],
    pieces: &[&Piece],
    z: u8,
) -> MvtResult<MvtTileBuilder> {
    let mut layer = tile.layer(id)?;
    // Lines and areas that look alike are one feature. Points stay apart: they are what one clicks on.
    let one = |a: &&Piece, b: &&Piece| a.group == b.group && !matches!(a.part, Part::Point(_));
    for alike in pieces.chunk_by(one) {
        layer = feature(layer, groups[alike[0].group as usize].sample, alike, z)?;
    }
    Ok(layer.end())
}

fn feature(layer: MvtLayerBuilder, sample: &Feature, pieces: &[&Piece], z: u8) -> MvtResult<MvtLayerBuilder> {
    let kind = match pieces[0].part {
        Part::Point(_) => MvtGeomType::Point,
        Part::Line(_) => MvtGeomType::LineString,
        Part::Area(_) => MvtGeomType::Polygon,
    };
    let mut feature = layer.feature_of(kind);
    for piece in pieces {
        match &piece.part {
            Part::Point(point) => {
                feature.points([coord(point)])?;
            }
            Part::Line(line) => {
                feature.line(line.iter().map(coord))?;
            }
            Part::Area(rings) => {
                for (i, ring) in rings.iter().enumerate() {
                    feature.ring(ring.iter().map(coord), i == 0)?;
                }
            }
        }
    }
    for attribute in sample.attributes_at(z) {
        let value = match &attribute.value {
            Value::Text(text) => MvtValueRef::String(text),
            Value::Whole(number) => match u64::try_from(*number) {
                Ok(number) => MvtValueRef::UInt(number),
                Err(_) => MvtValueRef::SInt(*number),
            },
            Value::Tenths(tenths) => MvtValueRef::Float((*tenths as f64 / 10.0) as f32),
            Value::Flag => MvtValueRef::Bool(true),
        };
        feature.tag_ref(attribute.key, value)?;
    }
    Ok(feature.end())
}

fn coord(p: &Point) -> MvtCoord {
    MvtCoord { x: p.x, y: p.y }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    // The header carries no time and no name, so the same tile is the same bytes.
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    let written = encoder.write_all(bytes).and_then(|()| encoder.finish());
    written.expect("writing to memory does not fail")
}
