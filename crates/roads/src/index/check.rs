//! Whether the sections fit together: every number that leads to another place is looked at once.

use pack::OpenError;

use super::RoadIndex;
use crate::cost::LARGEST_PART;
use crate::format::{self, CLOSED, FAN_OUT, Header, NONE};

impl RoadIndex {
    pub(super) fn check(&self, header: Header) -> Result<(), OpenError> {
        let nodes = header.nodes as usize;
        if self.edges.len() + self.copies.len() != nodes {
            return Err(refuse(
                format::COPIES,
                "does not make as many nodes as the header says",
            ));
        }
        check_starts(
            format::FIRST_POINT,
            &self.first_point,
            self.segments.len(),
            self.points.len(),
        )?;
        check_starts(format::FIRST_ARC, &self.first_arc, nodes, self.arcs.len())?;
        let texts = self.first_text.len().saturating_sub(1);
        check_starts(format::FIRST_TEXT, &self.first_text, texts, self.texts.len())?;
        if header.profile as usize >= texts {
            return Err(refuse(format::HEADER, "names a text that is not there"));
        }
        let all = |section: &str, good: bool, what: &str| match good {
            true => Ok(()),
            false => Err(refuse(section, what)),
        };
        let known = |edge: u32| edge == NONE || (edge as usize) < self.edges.len();
        all(
            format::SEGMENTS,
            self.segments
                .iter()
                .all(|s| known(s.forward) && known(s.backward) && (s.road as usize) < self.roads.len()),
            "names edges or roads that are not there",
        )?;
        all(
            format::FIRST_POINT,
            self.first_point.windows(2).all(|w| w[1] - w[0] >= 2),
            "leaves a segment with fewer than two points",
        )?;
        all(
            format::EDGES,
            self.edges.iter().all(|e| {
                e.segment() < self.segments.len()
                    && (e.component as usize) < self.components.len()
                    && may_weigh(e.weight)
                    && e.duration.max(e.distance) <= LARGEST_PART
            }),
            "names segments or components that are not there, or costs out of range",
        )?;
        all(
            format::COPIES,
            self.copies.iter().all(|e| (*e as usize) < self.edges.len()) && self.copies.is_sorted(),
            "names edges that are not there, or is out of order",
        )?;
        let good = |a: &format::Arc| (a.head as usize) < nodes && a.weight.max(a.duration) <= LARGEST_PART;
        all(
            format::ARCS,
            self.arcs.iter().all(good),
            "names nodes that are not there, or costs out of range",
        )?;
        let schedules = self.first_time.len().saturating_sub(1);
        check_starts(format::FIRST_TIME, &self.first_time, schedules, self.times.len())?;
        all(
            format::EDGE_CHANGES,
            self.edge_changes.iter().all(|change| {
                (change.edge as usize) < self.edges.len()
                    && (change.schedule as usize) < schedules
                    && may_weigh(change.weight)
                    && change.duration <= LARGEST_PART
            }),
            "names edges or schedules that are not there, or costs out of range",
        )?;
        all(
            format::TURN_CHANGES,
            self.turn_changes.iter().all(|change| {
                (change.arc as usize) < self.arcs.len()
                    && (change.schedule as usize) < schedules
                    && may_weigh(change.weight)
            }),
            "names turns or schedules that are not there, or costs out of range",
        )?;
        all(
            format::ROADS,
            self.roads.iter().all(|r| {
                [r.name, r.reference, r.destination, r.exit]
                    .iter()
                    .all(|text| (*text as usize) < texts)
            }),
            "names texts that are not there",
        )?;
        all(
            format::PIECES,
            self.pieces.iter().all(|p| {
                let segment = p.segment as usize;
                segment < self.segments.len() && (p.from as usize) + 1 < self.line(segment).len()
            }),
            "names points that are not there",
        )?;
        let boxes: usize = levels(self.pieces.len()).sum();
        all(
            format::BOXES,
            self.boxes.len() == boxes,
            "does not fit the pieces it should hold",
        )
    }
}

fn may_weigh(weight: u32) -> bool {
    weight == CLOSED || weight <= LARGEST_PART
}

/// How many boxes each level of the R-tree has, leaves first, root last.
pub(crate) fn levels(pieces: usize) -> impl Iterator<Item = usize> {
    std::iter::successors((pieces > 0).then(|| pieces.div_ceil(FAN_OUT)), |n| {
        (*n > 1).then(|| n.div_ceil(FAN_OUT))
    })
}

pub(crate) fn check_starts(section: &str, starts: &[u32], of: usize, values: usize) -> Result<(), OpenError> {
    let whole = starts.len() == of + 1
        && starts.first() == Some(&0)
        && starts.last().is_some_and(|last| *last as usize == values)
        && starts.is_sorted();
    match whole {
        true => Ok(()),
        false => Err(refuse(section, "does not divide the section it belongs to")),
    }
}

pub(crate) fn refuse(section: &str, reason: &str) -> OpenError {
    OpenError::Section {
        section: section.to_owned(),
        reason: reason.to_owned(),
    }
}
