//! What the layers and their attributes are called, for TileJSON and for whoever writes a style.

/// One layer of the tiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LayerInfo {
    /// Its name in the tile, `vector_layers[].id` of TileJSON.
    pub id: &'static str,
    /// What it holds, in a sentence.
    pub description: &'static str,
    /// The first zoom that may hold it.
    pub min_zoom: u8,
    /// The last zoom that may hold it.
    pub max_zoom: u8,
    /// Its attributes; no feature has others.
    pub fields: &'static [Field],
}

/// One attribute of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its key in the tile.
    pub name: &'static str,
    /// What its values are.
    pub kind: FieldKind,
}

/// The values of an attribute, named as TileJSON names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// Text.
    String,
    /// An integer or a decimal number.
    Number,
    /// `true`; where it is false the attribute is left out.
    Boolean,
}

impl FieldKind {
    /// `String`, `Number` or `Boolean`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::String => "String",
            Self::Number => "Number",
            Self::Boolean => "Boolean",
        }
    }
}

const fn text(name: &'static str) -> Field {
    let kind = FieldKind::String;
    Field { name, kind }
}

const fn number(name: &'static str) -> Field {
    let kind = FieldKind::Number;
    Field { name, kind }
}

const fn flag(name: &'static str) -> Field {
    let kind = FieldKind::Boolean;
    Field { name, kind }
}

const NAME: Field = text("name");
const NAME_DE: Field = text("name:de");
const NAME_EN: Field = text("name:en");

/// All layers, in the order they stand in a tile, which is the order to draw them in.
pub const LAYERS: &[LayerInfo] = &[
    LayerInfo {
        id: "earth",
        description: "Land within the extract's box, and label points of islands.",
        min_zoom: 0,
        max_zoom: 14,
        fields: &[text("kind"), number("min_zoom"), NAME, NAME_DE, NAME_EN],
    },
    LayerInfo {
        id: "landcover",
        description: "Coarse cover of the ground at small zooms.",
        min_zoom: 0,
        max_zoom: 7,
        fields: &[text("kind")],
    },
    LayerInfo {
        id: "landuse",
        description: "Woods, parks, fields, built-up and special areas, larger ones first.",
        min_zoom: 4,
        max_zoom: 14,
        fields: &[text("kind")],
    },
    LayerInfo {
        id: "water",
        description: "Areas of water without names, waterway lines and label points with names.",
        min_zoom: 0,
        max_zoom: 14,
        fields: &[
            text("kind"),
            text("kind_detail"),
            number("min_zoom"),
            flag("intermittent"),
            NAME,
            NAME_DE,
            NAME_EN,
        ],
    },
    LayerInfo {
        id: "boundaries",
        description: "Lines of administrative boundaries, each once, with its highest level.",
        min_zoom: 0,
        max_zoom: 14,
        fields: &[text("kind"), number("kind_detail"), flag("disputed")],
    },
    LayerInfo {
        id: "buildings",
        description: "Buildings and their parts as areas; house numbers as points at zoom 14.",
        min_zoom: 13,
        max_zoom: 14,
        fields: &[
            text("kind"),
            number("height"),
            number("min_height"),
            text("addr_housenumber"),
        ],
    },
    LayerInfo {
        id: "roads",
        description: "Roads, paths, railways, ferries and runways as lines, joined where they look alike.",
        min_zoom: 4,
        max_zoom: 14,
        fields: &[
            text("kind"),
            text("kind_detail"),
            number("min_zoom"),
            text("name"),
            text("ref"),
            text("shield_text"),
            text("oneway"),
            text("access"),
            text("service"),
            flag("is_link"),
            flag("is_bridge"),
            flag("is_tunnel"),
        ],
    },
    LayerInfo {
        id: "pois",
        description: "Points of interest; `min_zoom` says from which zoom on to show one.",
        min_zoom: 10,
        max_zoom: 14,
        fields: &[
            text("kind"),
            text("kind_detail"),
            number("min_zoom"),
            NAME,
            NAME_DE,
            NAME_EN,
        ],
    },
    LayerInfo {
        id: "places",
        description: "Label points of countries, regions, towns, villages and quarters.",
        min_zoom: 0,
        max_zoom: 14,
        fields: &[
            text("kind"),
            text("kind_detail"),
            number("min_zoom"),
            number("population"),
            number("population_rank"),
            number("sort_key"),
            text("capital"),
            text("ref"),
            NAME,
            NAME_DE,
            NAME_EN,
        ],
    },
];
