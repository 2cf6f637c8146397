//! Other costs on the same roads: new speeds, closed roads, roads to avoid.

use geom::{LngLat, Meters, Millis};
use rayon::prelude::*;

use crate::cost::centimeters;
use crate::format::{Edge, part_of};
use crate::hierarchy::{CLOSED, Customizer, Metric};
use crate::index::RoadIndex;
use crate::matrix::{self, Matrix};
use crate::query::Query;
use crate::road::Road;
use crate::search::Net;
use crate::snap::Snap;

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

    fn changed(&self, change: Change) -> Edge {
        let scaled = |part: u32, times: f64| part_of(f64::from(part) * times.clamp(0.001, 1000.0));
        match change {
            Change::Keep => *self.edge,
            Change::Times(times) => Edge {
                weight: scaled(self.edge.weight, times),
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

impl RoadIndex {
    /// What the roads cost after changes. Takes a fraction of a second; shared among the threads of the current
    /// `rayon` pool, and the same at any number of them.
    #[must_use]
    pub fn customize(&self, change: impl Fn(Drive<'_>) -> Change + Sync) -> Metric {
        let edges: Vec<Edge> = (0u32..)
            .zip(self.edges.iter())
            .collect::<Vec<_>>()
            .into_par_iter()
            .map(|(number, edge)| {
                let drive = Drive {
                    roads: self,
                    edge,
                    number,
                };
                drive.changed(change(drive))
            })
            .collect();
        Customizer::new(&self.hierarchy).metric(self.graph(), edges.into())
    }

    /// The same roads at other costs. The metric must come from this index.
    #[must_use]
    pub fn with<'a>(&'a self, metric: &'a Metric) -> Costed<'a> {
        Costed(Net { roads: self, metric })
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
}
