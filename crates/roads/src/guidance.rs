//! Driving instructions: what to do where a route goes from one road to another, and how to say it.

use std::ops::Range;

use geom::{LngLat, Meters, Millis};
use serde::Deserialize;

use crate::road::RoadClass;
use crate::route::{Route, Step};

/// What to do at a place of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Maneuver {
    /// Set out.
    Depart,
    /// Turn, or go on where the road's name changes.
    Turn(Turn),
    /// Drive through a roundabout and leave it by this exit, counted from 1.
    Roundabout(u32),
    /// Drive into a roundabout where the route ends.
    RoundaboutInside,
    /// Drive onto a motorway, not by a slip road.
    Motorway,
    /// Drive off a motorway, not by a slip road.
    LeaveMotorway,
    /// Drive onto a slip road that does not leave a motorway.
    Ramp(Turn),
    /// Leave a motorway by a slip road.
    Exit(Turn),
    /// Drive from a slip road onto a motorway or trunk road.
    Merge,
    /// Keep to this side where roads part.
    Fork(Turn),
    /// Drive onto a ferry.
    Ferry,
    /// The route ends.
    Arrive,
}

/// How sharply one turns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "they say it all")]
pub enum Turn {
    Straight,
    SlightRight,
    Right,
    SharpRight,
    SlightLeft,
    Left,
    SharpLeft,
    Back,
}

impl Turn {
    /// By degrees to the right, negative to the left.
    #[must_use]
    pub fn of(degrees: f64) -> Self {
        match (degrees.abs(), degrees > 0.0) {
            (a, _) if a < 20.0 => Self::Straight,
            (a, _) if a >= 165.0 => Self::Back,
            (a, true) if a < 50.0 => Self::SlightRight,
            (a, true) if a < 125.0 => Self::Right,
            (_, true) => Self::SharpRight,
            (a, false) if a < 50.0 => Self::SlightLeft,
            (a, false) if a < 125.0 => Self::Left,
            (_, false) => Self::SharpLeft,
        }
    }
}

/// What to do, where, and what comes then.
#[derive(Clone, Debug, PartialEq)]
pub struct Instruction {
    /// What to do.
    pub maneuver: Maneuver,
    /// The same in words.
    pub text: String,
    /// Where.
    pub place: LngLat,
    /// How long it takes from here to the next instruction.
    pub duration: Millis,
    /// How far it is to the next instruction.
    pub distance: Meters,
    /// The route's steps until the next instruction; none on arrival.
    pub steps: Range<usize>,
}

/// How instructions are said in a language. See `languages/en.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Language {
    name: String,
    onto: String,
    depart: String,
    depart_unnamed: String,
    arrive: String,
    roundabout: String,
    roundabout_inside: String,
    motorway: String,
    leave_motorway: String,
    towards: String,
    ramp: Sides,
    exit: Sides,
    numbered_exit: Sides,
    merge: String,
    fork: Sides,
    ferry: String,
    exits: Vec<String>,
    directions: [String; 8],
    turn: Turns,
}

/// The same to one side, to the other, and straight on.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sides {
    left: String,
    right: String,
    straight: String,
}

impl Sides {
    fn of(&self, turn: Turn) -> &str {
        match turn {
            Turn::SlightLeft | Turn::Left | Turn::SharpLeft => &self.left,
            Turn::SlightRight | Turn::Right | Turn::SharpRight => &self.right,
            Turn::Straight | Turn::Back => &self.straight,
        }
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Turns {
    straight: String,
    slight_right: String,
    right: String,
    sharp_right: String,
    slight_left: String,
    left: String,
    sharp_left: String,
    back: String,
}

/// Why a language is refused.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("driving instructions: {0}")]
pub struct LanguageError(String);

impl Language {
    /// English.
    #[must_use]
    pub fn english() -> Self {
        Self::from_toml(include_str!("../languages/en.toml")).expect("a test reads the shipped language")
    }

    /// German.
    #[must_use]
    pub fn german() -> Self {
        Self::from_toml(include_str!("../languages/de.toml")).expect("a test reads the shipped language")
    }

    /// Reads a language; every text must be there.
    pub fn from_toml(text: &str) -> Result<Self, LanguageError> {
        toml::from_str(text).map_err(|e| LanguageError(e.to_string()))
    }

    /// Its code.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// `step` is what one drives along then; nothing on arrival.
    fn say(&self, maneuver: Maneuver, heading: f64, step: Option<&Step>) -> String {
        let road = step.and_then(Step::road);
        let road = road.as_deref();
        let does = match maneuver {
            Maneuver::Arrive => return self.arrive.clone(),
            Maneuver::Depart => {
                // Eight directions of 45 degrees, the first around north.
                let eighth = ((heading.rem_euclid(360.0) + 22.5) / 45.0) as usize % 8;
                let template = if road.is_some() {
                    &self.depart
                } else {
                    &self.depart_unnamed
                };
                let text = template.replace("{direction}", &self.directions[eighth]);
                return text.replace("{road}", road.unwrap_or_default());
            }
            Maneuver::Turn(turn) => self.turn(turn).to_owned(),
            Maneuver::Roundabout(exit) => {
                let word = self.exits.get(exit.saturating_sub(1) as usize);
                let exit = word.cloned().unwrap_or_else(|| format!("{exit}."));
                self.roundabout.replace("{exit}", &exit)
            }
            Maneuver::RoundaboutInside => self.roundabout_inside.clone(),
            Maneuver::Motorway => self.motorway.clone(),
            Maneuver::LeaveMotorway => self.leave_motorway.clone(),
            Maneuver::Ramp(turn) => self.ramp.of(turn).to_owned(),
            Maneuver::Exit(turn) => match step.and_then(|step| step.exit.as_deref()) {
                Some(number) => self.numbered_exit.of(turn).replace("{exit}", number),
                None => self.exit.of(turn).to_owned(),
            },
            Maneuver::Merge => self.merge.clone(),
            Maneuver::Fork(turn) => self.fork.of(turn).to_owned(),
            Maneuver::Ferry => self.ferry.clone(),
        };
        let does = match road {
            Some(road) => self.onto.replace("{maneuver}", &does).replace("{road}", road),
            None => does,
        };
        match step.and_then(|step| step.destination.as_deref()) {
            Some(place) => self
                .towards
                .replace("{maneuver}", &does)
                .replace("{destination}", place),
            None => does,
        }
    }

    fn turn(&self, turn: Turn) -> &str {
        match turn {
            Turn::Straight => &self.turn.straight,
            Turn::SlightRight => &self.turn.slight_right,
            Turn::Right => &self.turn.right,
            Turn::SharpRight => &self.turn.sharp_right,
            Turn::SlightLeft => &self.turn.slight_left,
            Turn::Left => &self.turn.left,
            Turn::SharpLeft => &self.turn.sharp_left,
            Turn::Back => &self.turn.back,
        }
    }
}

impl Route {
    /// What to do along the way, from departure to arrival. Roundabouts are one instruction with the road they are
    /// left by; roads without a name that one drives straight on into are passed over.
    #[must_use]
    pub fn instructions(&self, language: &Language) -> Vec<Instruction> {
        let mut said: Vec<Instruction> = Vec::new();
        let mut at = 0;
        while let Some(step) = self.steps.get(at) {
            let before = at.checked_sub(1).and_then(|before| self.steps.get(before));
            let next = self.steps.get(at + 1);
            let (maneuver, count) = match (before, next) {
                (None, _) => (Maneuver::Depart, 1),
                (Some(_), Some(_)) if step.roundabout => (Maneuver::Roundabout(step.exits.max(1)), 2),
                (Some(_), None) if step.roundabout => (Maneuver::RoundaboutInside, 1),
                (Some(before), _) => (between(before, step), 1),
            };
            let steps = at..at + count;
            at += count;
            let along = &self.steps[steps.end - 1];
            let unnoticed = maneuver == Maneuver::Turn(Turn::Straight)
                && along.road().is_none()
                && along.destination.is_none();
            let (duration, distance) = self.steps[steps.clone()]
                .iter()
                .fold((Millis::ZERO, Meters::ZERO), |sum, s| {
                    (sum.0 + s.duration, sum.1 + s.distance)
                });
            match said.last_mut().filter(|_| unnoticed) {
                Some(last) => {
                    last.duration += duration;
                    last.distance = Meters(last.distance.0 + distance.0);
                    last.steps.end = steps.end;
                }
                None => said.push(Instruction {
                    maneuver,
                    text: language.say(maneuver, step.heading, Some(along)),
                    place: self.line[step.points.start],
                    duration,
                    distance,
                    steps,
                }),
            }
        }
        let end = self.steps.len();
        said.extend(self.line.last().map(|place| Instruction {
            maneuver: Maneuver::Arrive,
            text: language.say(Maneuver::Arrive, 0.0, None),
            place: *place,
            duration: Millis::ZERO,
            distance: Meters::ZERO,
            steps: end..end,
        }));
        said
    }
}

fn between(before: &Step, step: &Step) -> Maneuver {
    let motorway = |step: &Step| step.class == RoadClass::Motorway;
    let fast = |step: &Step| matches!(step.class, RoadClass::Motorway | RoadClass::Trunk);
    let turn = Turn::of(step.turn);
    // Slip roads bend little where they begin: what counts is to which side, if to any.
    let side = match (turn, step.turn) {
        (Turn::Straight, degrees) if degrees > 3.0 => Turn::SlightRight,
        (Turn::Straight, degrees) if degrees < -3.0 => Turn::SlightLeft,
        _ => turn,
    };
    match step.class {
        RoadClass::Ferry if before.class != RoadClass::Ferry => Maneuver::Ferry,
        _ if step.link && !before.link && motorway(before) => Maneuver::Exit(side),
        _ if step.link && !before.link && fast(step) => Maneuver::Ramp(side),
        _ if before.link && !step.link && fast(step) => Maneuver::Merge,
        _ if motorway(step) && !motorway(before) => Maneuver::Motorway,
        _ if motorway(before) && !motorway(step) && !before.link => Maneuver::LeaveMotorway,
        _ => step.fork.map_or(Maneuver::Turn(turn), Maneuver::Fork),
    }
}

impl Step {
    /// Name and number as people say them; `None` where the road has neither.
    fn road(&self) -> Option<String> {
        match (&self.name, &self.reference) {
            (Some(name), Some(reference)) => Some(format!("{name} ({reference})")),
            (name, reference) => name.clone().or_else(|| reference.clone()),
        }
    }
}
