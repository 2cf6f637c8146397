//! An order as it is driven, step by step.

use super::schedule::{Fit, Fleet, Leg, next_start};
use super::tasks::Item;

/// One step as it is driven.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step {
    /// None for the start and the end.
    pub item: Option<Item>,
    pub arrival: i64,
    pub wait: i64,
    pub setup: i64,
    pub service: i64,
    /// Seconds and metres of driving so far.
    pub driven: i64,
    pub meters: i64,
    /// Begins so long after its windows, or before them.
    pub late: i64,
    pub early: i64,
}

impl Fleet<'_> {
    /// The order as it is driven: back as early as can be, off as late as that allows, and otherwise at once.
    pub fn steps(&self, vehicle: usize, order: &[usize], fit: &Fit) -> Vec<Step> {
        let drive = |leave: i64| self.drive(vehicle, order, &fit.taken, leave);
        let in_time =
            |leave: i64| drive(leave).filter(|steps| steps.last().is_some_and(|end| end.arrival <= fit.back));
        let first = self.vehicle(vehicle).window.0;
        let (mut possible, mut latest) = (first, fit.back);
        while possible < latest {
            let middle = possible + (latest - possible + 1) / 2;
            if in_time(middle).is_some() {
                possible = middle;
            } else {
                latest = middle - 1;
            }
        }
        in_time(possible).unwrap_or_default()
    }

    /// One pass with the breaks in their places; nothing where a window is missed.
    fn drive(&self, vehicle: usize, order: &[usize], taken: &[usize], leave: i64) -> Option<Vec<Step>> {
        let asked = self.vehicle(vehicle);
        let mut steps = vec![Step::at(None, leave, 0, 0)];
        let (mut time, mut driven, mut meters) = (leave, 0, 0);
        let mut pauses = asked.pauses.iter().enumerate();
        for (at, leg) in self.legs(vehicle, order).into_iter().enumerate() {
            let mut left = leg.seconds;
            for (number, pause) in pauses.by_ref().take(taken[at]) {
                let start = next_start(&pause.windows, time)?;
                let on_the_way = left.min(start - time);
                left -= on_the_way;
                let mut step = Step::at(
                    Some(Item::Pause(number)),
                    time + on_the_way,
                    driven + leg.seconds - left,
                    meters + leg.share(left),
                );
                step.wait = start - step.arrival;
                step.service = pause.service;
                steps.push(step);
                time = start + pause.service;
            }
            time += left;
            driven += leg.seconds;
            meters += leg.meters;
            let mut step = Step::at(None, time, driven, meters);
            if let Some(&task) = order.get(at) {
                let start = next_start(&self.asking.tasks[task].windows, time)?;
                (step.setup, step.service) = self.action(vehicle, order, at);
                step.item = Some(Item::Task(task));
                step.wait = start - time;
                time = start + step.setup + step.service;
            }
            steps.push(step);
        }
        Some(steps)
    }
}

impl Leg {
    /// Metres driven with so many seconds left.
    pub fn share(&self, left: i64) -> i64 {
        if self.seconds == 0 {
            return 0;
        }
        self.meters * (self.seconds - left) / self.seconds
    }
}

impl Step {
    pub fn at(item: Option<Item>, arrival: i64, driven: i64, meters: i64) -> Self {
        Self {
            item,
            arrival,
            wait: 0,
            setup: 0,
            service: 0,
            driven,
            meters,
            late: 0,
            early: 0,
        }
    }
}
