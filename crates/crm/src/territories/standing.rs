//! One territory at one moment: who it is, how far it reaches, who works it.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use geo_types::MultiPolygon;
use records::Record;
use serde_json::Value;
use territory::{Area, CandidateId, Extent, Shape, TerritoryId};

use super::area;
use super::claims::Claims;
use super::layout::{candidate_number, line_number, number};

/// One territory at one moment.
#[derive(Clone, Debug)]
pub(crate) struct Standing {
    /// The territory's record.
    pub record: Record,
    /// The version that holds, if it has one.
    pub version: Option<Record>,
    /// Versions on record as holding too, with lower numbers: an undo that could not take back all of a set
    /// leaves such. They do not count, and are ended as soon as somebody looks.
    pub left_over: Vec<Record>,
    /// Its drawn area.
    pub shape: Option<Shape>,
    /// Blocks, reach and rules.
    pub claims: Claims,
    /// The shapes of all it claims by ground.
    pub(crate) shapes: OnceLock<Vec<Shape>>,
    /// The same as one.
    pub(crate) ground: OnceLock<Option<MultiPolygon<f64>>>,
    /// Locations it holds by name.
    pub named: Vec<String>,
    /// Who works it: owners first, then by share.
    pub members: Vec<Record>,
}

impl Standing {
    pub fn id(&self) -> &str {
        &self.record.id
    }

    pub fn name(&self) -> &str {
        self.record.text("name").unwrap_or_default()
    }

    /// The product line; `None` for the line that everything without one is in.
    pub fn line(&self) -> Option<&str> {
        line_of(&self.record)
    }

    /// Whose it is.
    pub fn owner(&self) -> Option<&str> {
        let owner = self.members.first().filter(|m| m.text("role") == Some("owner"));
        owner.and_then(|m| m.text("user_id"))
    }

    /// The shapes of all it claims by ground.
    pub fn shapes(&self) -> &[Shape] {
        self.shapes.get_or_init(|| {
            let drawn = self.shape.iter().cloned();
            drawn.chain(self.claims.shapes()).collect()
        })
    }

    /// It claims customers by what is known of them, wherever they are: by rules, or by codes of addresses.
    pub fn reads_facts(&self) -> bool {
        !self.claims.rules.is_empty() || self.claims.blocks.iter().any(|block| block.area.is_none())
    }

    /// All the ground it claims, as one shape: drawn, blocks and reach. `None` where it claims none.
    pub fn ground(&self) -> Option<&MultiPolygon<f64>> {
        let made = self.ground.get_or_init(|| {
            let shapes = self.shapes();
            match shapes {
                [] => None,
                [one] => Some(one.polygons().clone()),
                many => Some(geo::unary_union(many.iter().map(Shape::polygons))),
            }
        });
        made.as_ref()
    }

    /// A territory with the version that holds and the people who work it.
    pub fn of(record: Record, version: Option<Record>, mut members: Vec<Record>) -> Self {
        members.sort_by(|a, b| {
            let key = |m: &Record| (m.text("role") != Some("owner"), m.id.clone());
            let share = |m: &Record| m.number("share").unwrap_or(100.0);
            key(a)
                .0
                .cmp(&key(b).0)
                .then(share(b).total_cmp(&share(a)))
                .then_with(|| key(a).1.cmp(&key(b).1))
        });
        let shape = version.as_ref().and_then(shape_of);
        let claims = version.as_ref().map(Claims::of).unwrap_or_default();
        let named = version.as_ref().map(named_of).unwrap_or_default();
        Self {
            record,
            version,
            left_over: Vec::new(),
            shape,
            claims,
            shapes: OnceLock::new(),
            ground: OnceLock::new(),
            named,
            members,
        }
    }

    /// Locations that it leaves out although its area holds them.
    pub fn excluded(&self) -> Vec<String> {
        self.version
            .as_ref()
            .map(|v| ids_in(v, "excluded_locations"))
            .unwrap_or_default()
    }

    /// What it lays claim to, as the engine takes it, each with words for it. `ground` gives the shapes of a
    /// territory and of what is below it.
    pub fn areas(&self, ground: &dyn Fn(&str) -> Vec<Shape>) -> Vec<(Area, Option<String>)> {
        let mut areas = areas_of(
            number(self.id()),
            &self.record,
            self.shape.clone(),
            self.named.iter().map(String::as_str),
            self.claims.extents(ground),
        );
        areas.extend(self.left_out().map(|area| (area, None)));
        areas
    }

    /// Whom it leaves out, as the engine takes it.
    pub(super) fn left_out(&self) -> Option<Area> {
        let excluded: BTreeSet<CandidateId> = self.excluded().iter().map(|id| candidate_number(id)).collect();
        (!excluded.is_empty()).then(|| Area {
            territory: number(self.id()),
            line: self.line().map(line_number),
            extent: Arc::new(Extent::Excluded(excluded)),
            priority: 0,
        })
    }
}

/// The product line of a territory's record.
pub(crate) fn line_of(record: &Record) -> Option<&str> {
    record.text("line").map(str::trim).filter(|line| !line.is_empty())
}

/// Claims of a territory with this area and these names.
pub(super) fn areas_of<'a>(
    territory: TerritoryId,
    record: &Record,
    shape: Option<Shape>,
    named: impl Iterator<Item = &'a str>,
    more: Vec<(Extent, Option<String>)>,
) -> Vec<(Area, Option<String>)> {
    let priority = record.integer("priority").unwrap_or(0);
    let priority = i32::try_from(priority).unwrap_or(if priority < 0 { i32::MIN } else { i32::MAX });
    let line = line_of(record).map(line_number);
    let named: BTreeSet<CandidateId> = named.map(candidate_number).collect();
    let area = |extent: Extent| Area {
        territory,
        line,
        extent: Arc::new(extent),
        priority,
    };
    let mut areas = Vec::new();
    if !named.is_empty() {
        areas.push((area(Extent::Named(named)), None));
    }
    areas.extend(shape.map(|shape| (area(Extent::Drawn(shape)), None)));
    areas.extend(more.into_iter().map(|(extent, words)| (area(extent), words)));
    areas
}

fn shape_of(version: &Record) -> Option<Shape> {
    let geometry = version.fields.get("area").filter(|g| !g.is_null())?;
    match area::parse(geometry) {
        Ok(shape) => Some(shape),
        Err(error) => {
            tracing::error!(
                version = version.id,
                error = error.message,
                "a territory's stored area cannot be read"
            );
            None
        }
    }
}

/// Ids of the locations a version holds by name.
pub(super) fn named_of(version: &Record) -> Vec<String> {
    ids_in(version, "named_locations")
}

fn ids_in(version: &Record, field: &str) -> Vec<String> {
    let list = version.fields.get(field).and_then(Value::as_array);
    list.into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}
