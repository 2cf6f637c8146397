//! What can be drawn: a shape, the layer it belongs to, and what is said about it from which zoom on.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use crate::layers::LAYERS;
use crate::world::Point;

/// A layer, in the order of [`LAYERS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Layer {
    Earth,
    Landcover,
    Landuse,
    Water,
    Boundaries,
    Buildings,
    Roads,
    Pois,
    Places,
}

impl Layer {
    /// Its name in the tile.
    pub fn id(self) -> &'static str {
        LAYERS[self as usize].id
    }
}

/// The value of an attribute. Decimal numbers are kept in tenths, so that values can be compared.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Value<'a> {
    Text(Cow<'a, str>),
    Whole(i64),
    Tenths(i64),
    /// `true`; what is false is left out.
    Flag,
}

/// One thing said about a feature.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Attribute<'a> {
    pub key: &'static str,
    pub value: Value<'a>,
    /// The first zoom that says it.
    pub from: u8,
}

/// An open ring (the last point is not the first again) and the indices of its anchors, ascending.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ring {
    pub points: Vec<Point>,
    pub anchors: Vec<u32>,
}

/// An outer ring and its holes.
pub(crate) type Rings = Vec<Ring>;

/// Where it lies, in world units.
#[derive(Clone, Debug)]
pub(crate) enum Shape {
    Point(Point),
    Lines(Vec<Vec<Point>>),
    Areas(Vec<Rings>),
}

/// One thing to draw.
#[derive(Clone, Debug)]
pub(crate) struct Feature<'a> {
    pub layer: Layer,
    pub zooms: RangeInclusive<u8>,
    /// Within the layer smaller numbers are drawn first.
    pub order: i32,
    pub shape: Shape,
    pub attributes: Vec<Attribute<'a>>,
}

impl<'a> Feature<'a> {
    /// A feature of a kind, seen at all zooms from `min_zoom` on.
    pub fn new(layer: Layer, kind: &'a str, min_zoom: u8, shape: Shape) -> Self {
        Self {
            layer,
            zooms: min_zoom..=LAYERS[layer as usize].max_zoom,
            order: 0,
            shape,
            attributes: Vec::new(),
        }
        .text("kind", kind)
    }

    /// Places it in the order of drawing.
    pub fn order(mut self, order: i32) -> Self {
        self.order = order;
        self
    }

    /// Says something at all zooms.
    pub fn with(self, key: &'static str, value: Value<'a>) -> Self {
        self.with_from(0, key, value)
    }

    /// Says something from a zoom on.
    pub fn with_from(mut self, from: u8, key: &'static str, value: Value<'a>) -> Self {
        self.attributes.push(Attribute { key, value, from });
        self
    }

    /// Says a word.
    pub fn text(self, key: &'static str, text: &'a str) -> Self {
        self.with(key, Value::Text(text.into()))
    }

    /// Says a word, if there is one.
    pub fn maybe_text(self, key: &'static str, text: Option<&'a str>) -> Self {
        match text {
            Some(text) => self.text(key, text),
            None => self,
        }
    }

    /// Says a whole number.
    pub fn whole(self, key: &'static str, number: i64) -> Self {
        self.with(key, Value::Whole(number))
    }

    /// Says `true`, or nothing.
    pub fn flag(self, key: &'static str, is: bool) -> Self {
        if is { self.with(key, Value::Flag) } else { self }
    }

    /// Says its name, and its German and English name where they differ.
    pub fn names(mut self, tags: &osm::Tags<'a>) -> Self {
        let name = tags.get("name");
        self = self.maybe_text("name", name);
        for key in ["name:de", "name:en"] {
            let other = tags.get(key).filter(|other| Some(*other) != name);
            self = self.maybe_text(key, other);
        }
        self
    }

    /// What is said at a zoom.
    pub fn attributes_at(&self, zoom: u8) -> impl Iterator<Item = &Attribute<'a>> {
        self.attributes.iter().filter(move |a| a.from <= zoom)
    }
}

/// The first zoom at which an area, in squared world units, covers at least this many of a tile's
/// squared units. May be beyond the zooms that are stored.
pub(crate) fn zoom_showing(area: f64, units: f64) -> u8 {
    let at_zoom = |z: u8| area / 4f64.powi(crate::world::WORLD_BITS as i32 - 12 - i32::from(z));
    (0..20).find(|z| at_zoom(*z) >= units).unwrap_or(20)
}
