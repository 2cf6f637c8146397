//! Points with properties as a Mapbox Vector Tile.

use fast_mvt::{MvtCoord, MvtGeomType, MvtLayerBuilder, MvtResult, MvtValueRef};

/// One property of a point.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value<'a> {
    Text(&'a str),
    Owned(String),
    Whole(i64),
    Flag(bool),
}

/// One point of a tile.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Point<'a> {
    pub number: u64,
    pub x: i32,
    pub y: i32,
    pub properties: Vec<(&'a str, Value<'a>)>,
}

/// Encodes one layer with a name.
pub(crate) fn encode(layer: &str, points: &[Point<'_>]) -> Vec<u8> {
    try_encode(layer, points).expect("the layer has a name, and a tile has fewer than 2^32 keys and values")
}

fn try_encode(layer: &str, points: &[Point<'_>]) -> MvtResult<Vec<u8>> {
    let mut layer = MvtLayerBuilder::new(layer)?;
    for point in points {
        let mut feature = layer.feature_of(MvtGeomType::Point);
        feature.id(Some(point.number));
        feature.points([MvtCoord {
            x: point.x,
            y: point.y,
        }])?;
        for (key, value) in &point.properties {
            let value = match value {
                Value::Text(text) => MvtValueRef::String(text),
                Value::Owned(text) => MvtValueRef::String(text),
                Value::Whole(whole) if *whole >= 0 => MvtValueRef::UInt(*whole as u64),
                Value::Whole(whole) => MvtValueRef::SInt(*whole),
                Value::Flag(flag) => MvtValueRef::Bool(*flag),
            };
            feature.tag_ref(key, value)?;
        }
        layer = feature.end();
    }
    Ok(layer.encode())
}
