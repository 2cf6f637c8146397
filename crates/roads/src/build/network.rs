//! Roads as a network: ways cut at junctions, then joined again where nothing happens at a node.

use std::collections::HashMap;

use geom::{Fixed, LngLat, Meters};
use osm::{Extract, NodeId, Way, WayId};

use super::join::Joiner;
use super::restrictions::Restriction;
use super::signs::{destination, exit};
use super::{Numbered, Texts};
use crate::format::{LEFT_HAND, LINK, NO_SNAP, ROUNDABOUT, Road, TOLL, TUNNEL, UNPAVED};
use crate::profile::{self, NodeRule, Profile, WayRule};
use crate::week::Week;

/// The part of an extract that a vehicle uses. Nodes are numbered in order of their ids.
pub(crate) struct Network {
    pub places: Vec<Fixed>,
    ids: Vec<i64>,
    /// Nodes that bar the way or cost time.
    pub rules: HashMap<u32, NodeRule>,
    pub attributes: Vec<Attributes>,
    attribute_numbers: HashMap<Attributes, u32>,
    pub variants: Numbered<Vec<Variant>>,
    pub schedules: Numbered<Week>,
    pub roads: Vec<Road>,
    road_numbers: HashMap<Road, u32>,
    pub texts: Texts,
    /// Ways cut at every node that may matter.
    pieces: Vec<Stretch>,
    /// By node: something happens here, so that segments end.
    pub fixed: Vec<bool>,
}

/// A run of nodes with the same rules all along.
#[derive(Clone, Debug)]
pub(crate) struct Stretch {
    /// At least two.
    pub nodes: Vec<u32>,
    pub attributes: u32,
    /// Where it begins and where it ends.
    pub ends: [End; 2],
}

/// The way at an end of a stretch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct End {
    pub way: WayId,
    /// The stretch runs in the way's direction here.
    pub along: bool,
}

/// What all nodes of a stretch have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Attributes {
    pub road: u32,
    pub forward: Option<Lane>,
    pub backward: Option<Lane>,
    pub ferry: bool,
    pub left_hand: bool,
    /// Number of a list of [`Variant`]s; 0 is empty.
    pub variants: u32,
}

/// How both directions are driven at some times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Variant {
    /// Number of the schedule.
    pub schedule: u32,
    pub lanes: [Option<Lane>; 2],
}

/// How one direction is driven; floats by their bits, so that equal rules are found equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Lane {
    speed: u64,
    share: u64,
    pub restricted: bool,
}

impl Lane {
    fn new(lane: profile::Lane) -> Self {
        Self {
            speed: lane.speed.to_bits(),
            share: lane.share.to_bits(),
            restricted: lane.restricted,
        }
    }

    /// km/h.
    pub(crate) fn speed(self) -> f64 {
        f64::from_bits(self.speed)
    }

    pub(crate) fn share(self) -> f64 {
        f64::from_bits(self.share)
    }
}

impl Attributes {
    /// By direction.
    pub(crate) fn lanes(&self) -> [Option<Lane>; 2] {
        [self.forward, self.backward]
    }
}

/// A way with what the profile makes of it.
struct KnownWay<'a> {
    way: Way<'a>,
    rule: WayRule,
    variants: Vec<profile::Variant>,
    /// The number of the exit it begins at.
    exit: Option<String>,
}

/// Reads the ways a profile can use.
pub(crate) fn read(extract: &Extract, profile: &Profile, restrictions: &[Restriction]) -> Network {
    let ways: Vec<KnownWay<'_>> = extract
        .ways()
        .filter_map(|way| {
            let (rule, variants) = profile.way_by_time(&way.tags)?;
            Some(KnownWay {
                exit: exit(extract, &way),
                way,
                rule,
                variants,
            })
        })
        .collect();
    let mut ids: Vec<i64> = ways
        .iter()
        .flat_map(|known| known.way.nodes())
        .map(|id| id.0)
        .collect();
    ids.sort_unstable();
    ids.dedup();
    let places: Vec<Option<Fixed>> = ids
        .iter()
        .map(|id| extract.place(NodeId(*id)).map(Fixed::from))
        .collect();
    // Nodes that a clipped extract lacks are forgotten.
    let known: Vec<(i64, Fixed)> = ids
        .into_iter()
        .zip(places)
        .filter_map(|(id, p)| p.map(|p| (id, p)))
        .collect();
    let mut network = Network {
        ids: known.iter().map(|(id, _)| *id).collect(),
        fixed: vec![false; known.len()],
        places: known.into_iter().map(|(_, place)| place).collect(),
        rules: HashMap::new(),
        attributes: Vec::new(),
        attribute_numbers: HashMap::new(),
        variants: Numbered::of(Vec::new()),
        schedules: Numbered::default(),
        roads: Vec::new(),
        road_numbers: HashMap::new(),
        texts: Texts::new(),
        pieces: Vec::new(),
    };
    network.read_rules(extract, profile);
    network.fix_restrictions(extract, restrictions);
    let runs: Vec<(usize, Vec<u32>)> = ways
        .iter()
        .enumerate()
        .flat_map(|(i, known)| network.runs(&known.way).into_iter().map(move |run| (i, run)))
        .collect();
    network.cut(&ways, &runs);
    network
}

impl Network {
    pub(crate) fn place(&self, node: u32) -> LngLat {
        self.places[node as usize].into()
    }

    pub(crate) fn length(&self, nodes: &[u32]) -> Meters {
        nodes
            .windows(2)
            .map(|w| self.place(w[0]).distance(self.place(w[1])))
            .sum()
    }

    pub(crate) fn node(&self, id: NodeId) -> Option<u32> {
        self.ids.binary_search(&id.0).ok().map(|at| at as u32)
    }

    fn read_rules(&mut self, extract: &Extract, profile: &Profile) {
        for node in extract.tagged_nodes() {
            let Some(number) = self.node(node.id) else {
                continue;
            };
            let rule = profile.node(&node.tags);
            if !rule.is_plain() {
                self.fixed[number as usize] = true;
                self.rules.insert(number, rule);
            }
        }
    }

    fn fix_restrictions(&mut self, extract: &Extract, restrictions: &[Restriction]) {
        for restriction in restrictions {
            let ways = restriction.via_ways.iter().filter_map(|way| extract.way(*way));
            let ends = ways
                .flat_map(|way| [way.nodes().next(), way.nodes().next_back()])
                .flatten();
            for id in restriction.via_node.into_iter().chain(ends) {
                if let Some(node) = self.node(id) {
                    self.fixed[node as usize] = true;
                }
            }
        }
    }

    /// The runs of known nodes in a way, no node twice in a row.
    fn runs(&self, way: &Way<'_>) -> Vec<Vec<u32>> {
        let mut runs = vec![Vec::new()];
        for id in way.nodes() {
            match (self.node(id), runs.last_mut()) {
                (Some(node), Some(run)) if run.last() != Some(&node) => run.push(node),
                (Some(_), _) => {}
                (None, _) => runs.push(Vec::new()),
            }
        }
        runs.retain(|run| run.len() >= 2);
        runs
    }

    /// Nodes where ways are cut: the fixed ones, and all that are passed more than once.
    fn stops(&self, runs: &[(usize, Vec<u32>)]) -> Vec<bool> {
        let mut seen = vec![false; self.places.len()];
        let mut stops = self.fixed.clone();
        for node in runs.iter().flat_map(|(_, run)| run) {
            if std::mem::replace(&mut seen[*node as usize], true) {
                stops[*node as usize] = true;
            }
        }
        stops
    }

    fn cut(&mut self, ways: &[KnownWay<'_>], runs: &[(usize, Vec<u32>)]) {
        let stops = self.stops(runs);
        let mut lengths = vec![Meters::ZERO; ways.len()];
        for (way, run) in runs {
            lengths[*way] += self.length(run);
        }
        for (number, run) in runs {
            let known = &ways[*number];
            let attributes = self.attributes_of(known, lengths[*number]);
            let end = End {
                way: known.way.id,
                along: true,
            };
            let mut nodes = vec![run[0]];
            for node in &run[1..] {
                nodes.push(*node);
                if stops[*node as usize] || Some(node) == run.last() {
                    self.pieces.push(Stretch {
                        nodes: std::mem::replace(&mut nodes, vec![*node]),
                        attributes,
                        ends: [end; 2],
                    });
                }
            }
        }
    }

    fn attributes_of(&mut self, known: &KnownWay<'_>, length: Meters) -> u32 {
        let KnownWay {
            way,
            rule,
            variants,
            exit,
        } = known;
        let highway = way.tags.get("highway");
        let mut kind = rule.class.number();
        if !rule.may_snap {
            kind |= NO_SNAP;
        }
        for (is_so, flag) in [
            (rule.roundabout, ROUNDABOUT),
            (rule.toll, TOLL),
            (rule.tunnel, TUNNEL),
            (rule.unpaved, UNPAVED),
            (rule.left_hand, LEFT_HAND),
            (highway.is_some_and(|h| h.ends_with("_link")), LINK),
        ] {
            kind |= if is_so { flag } else { 0 };
        }
        let road = Road {
            name: self.texts.number(way.tags.get("name").unwrap_or_default()),
            reference: self.texts.number(way.tags.get("ref").unwrap_or_default()),
            destination: self.texts.number(&destination(&way.tags, rule)),
            exit: self.texts.number(exit.as_deref().unwrap_or_default()),
            kind,
        };
        let next = self.roads.len() as u32;
        let road_number = *self.road_numbers.entry(road).or_insert(next);
        if road_number == next {
            self.roads.push(road);
        }
        // A passage's duration is for the whole way, so it sets the speed. Speeds too low to matter are not divided by.
        let speed = rule.passage.map(|seconds| (length.0 / seconds * 3.6).max(0.01));
        let lane = |lane: Option<profile::Lane>| {
            lane.map(|lane| {
                Lane::new(profile::Lane {
                    speed: speed.unwrap_or(lane.speed),
                    ..lane
                })
            })
        };
        let variants = variants.iter().map(|variant| Variant {
            schedule: self.schedules.number(variant.week.clone()),
            lanes: variant.lanes.map(lane),
        });
        let variants = variants.collect();
        let variants = self.variants.number(variants);
        self.attribute_number(Attributes {
            road: road_number,
            forward: lane(rule.forward),
            backward: lane(rule.backward),
            ferry: rule.ferry,
            left_hand: rule.left_hand,
            variants,
        })
    }

    fn attribute_number(&mut self, attributes: Attributes) -> u32 {
        let next = self.attributes.len() as u32;
        let number = *self.attribute_numbers.entry(attributes).or_insert(next);
        if number == next {
            self.attributes.push(attributes);
        }
        number
    }

    fn reversed(&mut self, attributes: Attributes) -> Attributes {
        let variants = self.variants.all[attributes.variants as usize].iter();
        let variants = variants.map(|variant| Variant {
            lanes: [variant.lanes[1], variant.lanes[0]],
            ..*variant
        });
        let variants = variants.collect();
        Attributes {
            forward: attributes.backward,
            backward: attributes.forward,
            variants: self.variants.number(variants),
            ..attributes
        }
    }

    /// The times at which a direction (0 is forward) of these attributes is as the condition says.
    pub(crate) fn times(
        &self,
        attributes: &Attributes,
        side: usize,
        is_so: impl Fn(Option<Lane>) -> bool,
    ) -> Week {
        let mut usual = Week::always();
        let mut times = Week::NEVER;
        for variant in &self.variants.all[attributes.variants as usize] {
            let week = &self.schedules.all[variant.schedule as usize];
            usual = usual.except(week);
            if is_so(variant.lanes[side]) {
                times = times.or(week);
            }
        }
        match is_so(attributes.lanes()[side]) {
            true => times.or(&usual),
            false => times,
        }
    }

    /// Joins the pieces into stretches from junction to junction. Done once: it takes the pieces.
    pub(crate) fn stretches(&mut self) -> Vec<Stretch> {
        let pieces = std::mem::take(&mut self.pieces);
        let reversed = (0..self.attributes.len())
            .map(|i| {
                let reversed = self.reversed(self.attributes[i]);
                self.attribute_number(reversed)
            })
            .collect();
        Joiner::new(self, pieces, reversed).join()
    }
}

impl Stretch {
    pub(crate) fn first(&self) -> u32 {
        self.nodes[0]
    }

    pub(crate) fn last(&self) -> u32 {
        self.nodes[self.nodes.len() - 1]
    }
}
