//! Other costs on the same roads: new speeds, closed roads, roads to avoid.

use std::ops::ControlFlow;

use geom::{LngLat, Meters, Millis};
use rayon::prelude::*;

use crate::array::Array;
use crate::cost::centimeters;
use crate::format::{Arc, CLOSED, Edge, part_of};
use crate::graph::RoadGraph;
use crate::hierarchy::{Live, Metric};
use crate::index::RoadIndex;
use crate::matrix::{self, Matrix, MatrixTooLarge};
use crate::query::Query;
use crate::road::Road;
use crate::search::Net;
use crate::snap::Snap;
use crate::wishes::Wishes;

/// A stretch of road between two junctions as driven in one direction.
#[derive(Clone, Copy)]
pub struct Drive<'a> {
    roads: &'a RoadIndex,
    pub(crate) edge: &'a Edge,
    number: u32,
}

/// What becomes of a [`Drive`] when costs change.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Change {
    /// Nothing.
    Keep,
    /// It takes so many times as long; 0.001 to 1,000, others are taken as the nearest of these.
    Times(f64),
    /// Nobody drives it. Who is on it can leave it neither ahead nor back.
    Close,
}

impl<'a> Drive<'a> {
    /// Its number, from 0; the same as long as the pack is.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.number
    }

    /// What the road is called, and its kind.
    #[must_use]
    pub fn road(&self) -> Road<'a> {
        self.roads.road_of(self.edge.segment())
    }

    /// How long it takes by the profile the roads were built with, without turns.
    #[must_use]
    pub fn duration(&self) -> Millis {
        Millis(i64::from(self.edge.duration))
    }

    /// Its length.
    #[must_use]
    pub fn length(&self) -> Meters {
        centimeters(u64::from(self.edge.distance))
    }

    /// Its line, in the direction it is driven.
    #[must_use]
    pub fn line(&self) -> Vec<LngLat> {
        let mut line: Vec<LngLat> = self.roads.places(self.edge.segment()).collect();
        if self.edge.is_backward() {
            line.reverse();
        }
        line
    }

    /// The edge after a change; what is closed stays closed.
    pub(crate) fn changed(&self, change: Change) -> Edge {
        let scaled = |part: u32, times: f64| part_of(f64::from(part) * times.clamp(0.001, 1000.0));
        let weight = self.edge.weight;
        match change {
            Change::Keep => *self.edge,
            Change::Times(_) if weight == CLOSED => *self.edge,
            Change::Times(times) => Edge {
                weight: scaled(weight, times),
                duration: scaled(self.edge.duration, times),
                ..*self.edge
            },
            Change::Close => Edge {
                weight: CLOSED,
                ..*self.edge
            },
        }
    }
}

/// Edges and turns that other costs begin with.
pub(crate) struct Base {
    pub edges: Vec<Edge>,
    pub turns: Array<Arc>,
}

impl RoadIndex {
    /// What the roads cost after changes. Takes a fraction of a second; shared among the threads of the current
    /// `rayon` pool, and the same at any number of them.
    #[must_use]
    pub fn customize(&self, change: impl Fn(Drive<'_>) -> Change + Sync) -> Metric {
        self.customize_from(&self.at(None), change)
    }

    pub(crate) fn customize_from(&self, base: &Base, change: impl Fn(Drive<'_>) -> Change + Sync) -> Metric {
        let edges: Vec<Edge> = base
            .edges
            .par_iter()
            .enumerate()
            .map(|(number, edge)| {
                let drive = self.drive(number as u32, edge);
                drive.changed(change(drive))
            })
            .collect();
        self.customizer()
            .metric(self.graph(), edges.into(), base.turns.clone())
    }

    pub(crate) fn drive<'a>(&'a self, number: u32, edge: &'a Edge) -> Drive<'a> {
        Drive {
            roads: self,
            edge,
            number,
        }
    }

    /// The same roads at other costs. The metric must come from this index.
    #[must_use]
    pub fn with<'a>(&'a self, metric: &'a Metric) -> Costed<'a> {
        Costed(Net { roads: self, metric })
    }
}

/// Costs that change in a few places at a time, as with live speeds: what customization knows is kept, so that only what
/// depends on a change is worked out again. Takes a few times the memory of a [`Metric`].
pub struct LiveCosts {
    base: Base,
    edges: Vec<Edge>,
    live: Live,
}

impl LiveCosts {
    /// Bytes of memory.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.live.bytes() + 2 * size_of_val(&*self.edges)
    }
}

impl RoadIndex {
    /// Costs by those wishes that are to change in a few places at a time.
    #[must_use]
    pub fn live(&self, wishes: &Wishes) -> LiveCosts {
        let base = self.base(wishes);
        let graph = RoadGraph {
            edges: &base.edges,
            arcs: &base.turns,
            ..self.graph()
        };
        LiveCosts {
            live: Live::new(self.customizer(), graph),
            edges: base.edges.clone(),
            base,
        }
    }

    /// The live costs as they are now: equal to customizing everything with all changes made so far.
    #[must_use]
    pub fn metric_now(&self, live: &LiveCosts) -> Metric {
        let edges = live.edges.clone().into();
        live.live
            .metric(self.customizer(), edges, live.base.turns.clone())
    }

    /// Changes what some drives cost: by number, each compared with what it costs by the wishes the live costs were begun
    /// with, whatever it was changed to before. [`Change::Keep`] takes changes back. Numbers that there are not are passed
    /// over. The live costs must come from this index.
    pub fn update(&self, live: &mut LiveCosts, changes: &[(u32, Change)]) {
        let mut changed = Vec::new();
        for (number, change) in changes {
            let Some(base) = live.base.edges.get(*number as usize) else {
                continue;
            };
            let edge = self.drive(*number, base).changed(*change);
            if std::mem::replace(&mut live.edges[*number as usize], edge) != edge {
                changed.push(*number);
            }
        }
        changed.sort_unstable();
        changed.dedup();
        let graph = RoadGraph {
            edges: &live.edges,
            arcs: &live.base.turns,
            ..self.graph()
        };
        live.live.update(self.customizer(), graph, &changed);
    }
}

/// Roads at the costs of a [`Metric`]: what [`RoadIndex`] answers at its own.
#[derive(Clone, Copy)]
pub struct Costed<'a>(Net<'a>);

impl<'a> Costed<'a> {
    /// A query with its own scratch memory; keep one per thread.
    #[must_use]
    pub fn query(&self) -> Query<'a> {
        Query::new(self.0)
    }

    /// The trip from each source to each target, as [`RoadIndex::matrix`].
    #[must_use]
    pub fn matrix(&self, sources: &[Snap], targets: &[Snap]) -> Matrix {
        matrix::matrix(self.0, sources, targets)
    }

    /// As [`RoadIndex::matrix_within`].
    pub fn matrix_within(
        &self,
        sources: &[Snap],
        targets: &[Snap],
        most: u64,
    ) -> Result<Matrix, MatrixTooLarge> {
        matrix::matrix_within(self.0, sources, targets, most)
    }

    /// As [`RoadIndex::matrix_blocks`].
    pub fn matrix_blocks<B>(
        &self,
        sources: &[Snap],
        targets: &[Snap],
        rows: usize,
        tell: &mut dyn FnMut(usize, Matrix) -> ControlFlow<B>,
    ) -> ControlFlow<B> {
        matrix::matrix_blocks(self.0, sources, targets, rows, tell)
    }
}
