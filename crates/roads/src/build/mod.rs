//! From an extract to the sections of a pack: a pipeline of named steps.

mod chains;
mod join;
mod network;
mod order;
mod restrictions;
mod signs;
mod tree;
mod turns;

use std::collections::HashMap;

use geom::{Fixed, LngLat, TileId};
use osm::Extract;
use pack::Section;
use petgraph::visit::NodeFiltered;

use crate::format::{self, CLOSED, Edge, EdgeChange, Header, NONE, Segment, part_of};
use crate::hierarchy::{Customizer, contract};
use crate::profile::Profile;
use crate::week::Week;
use network::{Lane, Network, Stretch};
use turns::{Arcs, EdgeOf};

/// A step of the build that begins now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BuildStep {
    /// What it does, for people.
    pub name: &'static str,
    /// Its number, from 0.
    pub number: usize,
    /// How many there are.
    pub of: usize,
}

const STEPS: [&str; 8] = [
    "reading roads",
    "joining segments",
    "turns",
    "components",
    "spatial index",
    "order of contraction",
    "contraction",
    "costs",
];

/// Builds the roads of several profiles. The first is what [`crate::RoadIndex::open`] opens; the others have sections of their
/// own under the profile's name, and [`crate::RoadIndex::open_all`] opens all. Of profiles with the same name only the
/// first is built.
pub fn build_all(
    extract: &Extract,
    profiles: &[Profile],
    progress: &mut dyn FnMut(BuildStep),
) -> Vec<Section> {
    let mut names: Vec<&str> = profiles.iter().map(Profile::name).collect();
    let mut known = std::collections::HashSet::new();
    names.retain(|name| known.insert(*name));
    let mut all = Vec::new();
    for (number, name) in names.iter().enumerate() {
        let Some(profile) = profiles.iter().find(|profile| profile.name() == *name) else {
            continue;
        };
        let mut told = |step: BuildStep| {
            progress(BuildStep {
                number: number * STEPS.len() + step.number,
                of: names.len() * STEPS.len(),
                ..step
            });
        };
        let mut sections = build(extract, profile, &mut told);
        if number > 0 {
            for section in &mut sections {
                section.name = format::renamed(&section.name, &format::prefix_of(name));
            }
        }
        all.extend(sections);
    }
    all
}

/// Builds the road sections. The same extract and profile give the same bytes. Ways whose nodes are missing
/// from the extract are cut there; an extract without roads gives an index without roads.
pub fn build(extract: &Extract, profile: &Profile, progress: &mut dyn FnMut(BuildStep)) -> Vec<Section> {
    let mut step = |number: usize| {
        progress(BuildStep {
            name: STEPS[number],
            number,
            of: STEPS.len(),
        });
    };
    step(0);
    let restrictions = restrictions::read(extract, profile);
    let mut network = network::read(extract, profile, &restrictions);
    step(1);
    let mut stretches = network.stretches();
    // Neighbours on the ground become neighbours in memory.
    stretches.sort_by_cached_key(|s| TileId::at(network.place(s.nodes[0]), 18).hilbert());
    let mut roads = Roads::new(&network, &stretches);
    step(2);
    let mut schedules = std::mem::take(&mut network.schedules);
    network.schedules.clone_from(&schedules);
    let arcs = turns::build(
        &network,
        &mut schedules,
        &stretches,
        &roads.edge_of,
        &restrictions,
        profile,
    );
    step(3);
    roads.find_components(&arcs);
    step(4);
    let tree = tree::build(&roads.segments, &roads.first_point, &roads.points, |segment| {
        network.roads[segment.road as usize].kind & format::NO_SNAP == 0
    });
    step(5);
    let order = order::of_segments(&network, &stretches);
    step(6);
    let both_ways = arcs.graph(&roads.edges);
    let graph = both_ways.graph;
    let groups: Vec<Vec<u32>> = roads
        .edge_of
        .iter()
        .map(|sides| {
            let edges = sides.iter().filter(|edge| **edge != NONE);
            edges.flat_map(|edge| graph.nodes_of(*edge)).collect()
        })
        .collect();
    let nodes: Vec<u32> = order
        .iter()
        .flat_map(|segment| groups[*segment as usize].iter().copied())
        .collect();
    let hierarchy = contract(both_ways, &nodes, &groups);
    step(7);
    let metric =
        Customizer::new(&hierarchy).metric(graph, roads.edges.clone().into(), arcs.arcs.clone().into());
    let header = Header {
        layout: format::LAYOUT,
        nodes: (roads.edges.len() + arcs.copies.len()) as u32,
        profile: network.texts.number(profile.name()),
    };
    let (first_text, texts) = network.texts.finish();
    let (first_time, times) = times_of(&schedules.all);
    let mut sections = vec![
        Section::new(format::HEADER, &[header]),
        Section::new(format::SEGMENTS, &roads.segments),
        Section::new(format::FIRST_POINT, &roads.first_point),
        Section::new(format::POINTS, &roads.points),
        Section::new(format::EDGES, &roads.edges),
        Section::new(format::COPIES, &arcs.copies),
        Section::new(format::FIRST_ARC, &arcs.first),
        Section::new(format::ARCS, &arcs.arcs),
        Section::new(format::COMPONENTS, &roads.components),
        Section::new(format::ROADS, &network.roads),
        Section::new(format::FIRST_TEXT, &first_text),
        Section::new(format::TEXTS, &texts),
        Section::new(format::BOXES, &tree.boxes),
        Section::new(format::PIECES, &tree.pieces),
        Section::new(format::FIRST_TIME, &first_time),
        Section::new(format::TIMES, &times),
        Section::new(format::EDGE_CHANGES, &roads.changes),
        Section::new(format::TURN_CHANGES, &arcs.changes),
    ];
    sections.extend(hierarchy.sections());
    sections.extend(metric.sections());
    sections
}

/// Segments and edges as the pack holds them.
struct Roads {
    segments: Vec<Segment>,
    first_point: Vec<u32>,
    points: Vec<Fixed>,
    edges: Vec<Edge>,
    /// By segment: the edges of both directions.
    edge_of: Vec<EdgeOf>,
    changes: Vec<EdgeChange>,
    components: Vec<u32>,
}

impl Roads {
    fn new(network: &Network, stretches: &[Stretch]) -> Self {
        let mut roads = Self {
            segments: Vec::with_capacity(stretches.len()),
            first_point: vec![0],
            points: Vec::new(),
            edges: Vec::new(),
            edge_of: Vec::with_capacity(stretches.len()),
            changes: Vec::new(),
            components: Vec::new(),
        };
        for stretch in stretches {
            roads.add(network, stretch);
        }
        roads
    }

    fn add(&mut self, network: &Network, stretch: &Stretch) {
        let points = stretch.nodes.iter().map(|node| network.places[*node as usize]);
        self.points.extend(points);
        self.first_point.push(self.points.len() as u32);
        let meters = network.length(&stretch.nodes);
        let attributes = &network.attributes[stretch.attributes as usize];
        let length = part_of(meters.0 * 100.0);
        let number = self.segments.len() as u32;
        let variants = &network.variants.all[attributes.variants as usize];
        let costs = |lane: Lane| {
            let seconds = meters.0 / (lane.speed() / 3.6);
            [seconds / lane.share(), seconds].map(|seconds| part_of(seconds * 1000.0))
        };
        let edge_of = [0, 1].map(|side| {
            let usual = attributes.lanes()[side];
            let at_times = variants.iter().find_map(|variant| variant.lanes[side]);
            let Some(lane) = usual.or(at_times) else {
                return NONE;
            };
            let [weight, duration] = costs(lane);
            let edge = self.edges.len() as u32;
            self.edges.push(Edge {
                weight: if usual.is_some() { weight } else { CLOSED },
                duration,
                distance: length,
                segment: number * 2 + side as u32,
                component: 0,
            });
            for variant in variants.iter().filter(|variant| variant.lanes[side] != usual) {
                let [weight, duration] = variant.lanes[side].map_or([CLOSED, duration], costs);
                self.changes.push(EdgeChange {
                    edge,
                    schedule: variant.schedule,
                    weight,
                    duration,
                });
            }
            edge
        });
        self.edge_of.push(edge_of);
        self.segments.push(Segment {
            forward: edge_of[0],
            backward: edge_of[1],
            road: attributes.road,
            length,
        });
    }

    /// Strongly connected components of the search graph. Islands are kept, and known by their size.
    fn find_components(&mut self, arcs: &Arcs) {
        let both_ways = arcs.graph(&self.edges);
        let graph = both_ways.graph;
        let open = |node: u32| graph.edge(node).weight != CLOSED;
        let mut components = petgraph::algo::kosaraju_scc(&NodeFiltered::from_fn(both_ways, open));
        // What is open at some times only leads nowhere usually.
        let closed = (0..graph.nodes() as u32).filter(|node| !open(*node));
        components.extend(closed.map(|node| vec![node]));
        let mut of_node = vec![0u32; graph.nodes()];
        for (component, nodes) in (0u32..).zip(&components) {
            for node in nodes {
                of_node[*node as usize] = component;
            }
        }
        let size = |component: u32| components[component as usize].len();
        // A copy may be the only way into its edge, so the edge belongs where most of it does.
        let of_edge: Vec<u32> = (0..self.edges.len() as u32)
            .map(|edge| {
                let of_copies = graph.nodes_of(edge).map(|node| of_node[node as usize]);
                of_copies
                    .max_by_key(|c| (size(*c), std::cmp::Reverse(*c)))
                    .unwrap_or(0)
            })
            .collect();
        self.components = components.iter().map(|nodes| nodes.len() as u32).collect();
        for (edge, component) in self.edges.iter_mut().zip(of_edge) {
            edge.component = component;
        }
    }
}

/// Where each schedule's times begin, and the times of all.
fn times_of(schedules: &[Week]) -> (Vec<u32>, Vec<[u16; 2]>) {
    let (mut first, mut times) = (vec![0], Vec::new());
    for week in schedules {
        times.extend(week.times());
        first.push(times.len() as u32);
    }
    (first, times)
}

/// Values kept once each, by number.
#[derive(Clone, Debug)]
pub(crate) struct Numbered<T> {
    numbers: HashMap<T, u32>,
    pub all: Vec<T>,
}

impl<T> Default for Numbered<T> {
    fn default() -> Self {
        Self {
            numbers: HashMap::new(),
            all: Vec::new(),
        }
    }
}

impl<T: Clone + Eq + std::hash::Hash> Numbered<T> {
    /// With the value that has number 0.
    fn of(first: T) -> Self {
        let mut numbered = Self::default();
        numbered.number(first);
        numbered
    }

    fn number(&mut self, value: T) -> u32 {
        if let Some(known) = self.numbers.get(&value) {
            return *known;
        }
        let number = self.all.len() as u32;
        self.all.push(value.clone());
        self.numbers.insert(value, number);
        number
    }
}

/// Texts stored once each; number 0 is the empty one.
pub(crate) struct Texts {
    numbers: HashMap<String, u32>,
    first: Vec<u32>,
    bytes: Vec<u8>,
}

impl Texts {
    fn new() -> Self {
        let mut texts = Self {
            numbers: HashMap::new(),
            first: vec![0],
            bytes: Vec::new(),
        };
        texts.number("");
        texts
    }

    fn number(&mut self, text: &str) -> u32 {
        if let Some(known) = self.numbers.get(text) {
            return *known;
        }
        let number = self.numbers.len() as u32;
        self.bytes.extend(text.as_bytes());
        self.first.push(self.bytes.len() as u32);
        self.numbers.insert(text.to_owned(), number);
        number
    }

    fn finish(self) -> (Vec<u32>, Vec<u8>) {
        (self.first, self.bytes)
    }
}

/// Metres east and north from one place to another, good for short ways.
pub(crate) fn offset(from: LngLat, to: LngLat) -> [f64; 2] {
    geom::LocalMeters::at(from).project(to)
}
