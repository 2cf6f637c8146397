//! Ruin and recreate by what vehicles really cost, for vehicles that differ.

use super::Settling;
use crate::services::vroom::tasks::Kind;

/// So many tasks are taken out at once, at most.
const MOST_OUT: usize = 8;

/// The fewer the better: priorities and tasks left out, then what it costs.
type Value = (i64, i64, i64);

impl Settling<'_> {
    fn value(&self) -> Value {
        let planned = self.routes.iter().flatten();
        let tasks = &self.fleet.asking.tasks;
        let (mut priorities, mut count) = (0, 0);
        for task in planned {
            priorities -= i64::from(tasks[*task].priority);
            count -= 1;
        }
        (priorities, count, self.costs.iter().sum())
    }

    /// Takes neighbours or a whole route out and puts them back where it is cheapest, again and again (ruin and recreate);
    /// what is a little dearer is taken too at first, and the best is kept.
    pub(super) fn shake(&mut self) {
        let tasks = &self.fleet.asking.tasks;
        let units: Vec<usize> = (0..tasks.len())
            .filter(|task| tasks[*task].kind != Kind::Delivery)
            .collect();
        let mut random = Random(1);
        let mut best = (self.value(), self.routes.clone(), self.costs.clone());
        let (begun, budget) = (self.work, (self.most_work - self.work).max(1));
        while !self.is_over() {
            let (routes, costs) = (self.routes.clone(), self.costs.clone());
            self.work += units.len() as u64 + 1;
            let out = self.chosen(&units, &mut random);
            if !self.take_out(&out) {
                (self.routes, self.costs) = (routes, costs);
                continue;
            }
            for task in out {
                if let Some(placed) = self.place_anywhere(&self.unit(task), None) {
                    self.take(placed);
                }
            }
            let value = self.value();
            // At most two hundredths dearer at the beginning, nothing at the end.
            let left = 1.0 - ((self.work - begun) as f64 / budget as f64).min(1.0);
            let allowed = (best.0.2 as f64 / 50.0 * left) as i64;
            if value < best.0 {
                best = (value, self.routes.clone(), self.costs.clone());
            } else if (value.0, value.1) > (best.0.0, best.0.1) || value.2 > best.0.2 + allowed {
                (self.routes, self.costs) = (routes, costs);
            }
        }
        (_, self.routes, self.costs) = best;
    }

    /// What is taken out, in the order in which it is put back: those near one of them, or one vehicle's, and somebody
    /// who is in none.
    fn chosen(&self, units: &[usize], random: &mut Random) -> Vec<usize> {
        let tasks = &self.fleet.asking.tasks;
        let mut out: Vec<usize> = if random.below(4) == 0 {
            let route = &self.routes[random.below(self.routes.len())];
            route
                .iter()
                .copied()
                .filter(|task| tasks[*task].kind != Kind::Delivery)
                .collect()
        } else {
            let middle = tasks[units[random.below(units.len())]].place;
            let tables = self.fleet.tables(random.below(self.routes.len()));
            let mut near = units.to_vec();
            near.sort_by_key(|task| (tables.seconds(middle, tasks[*task].place), *task));
            near.truncate(2 + random.below(MOST_OUT - 1));
            near
        };
        let mut planned = vec![false; tasks.len()];
        self.routes
            .iter()
            .flatten()
            .for_each(|task| planned[*task] = true);
        let absent: Vec<usize> = units
            .iter()
            .copied()
            .filter(|task| !planned[*task] && !out.contains(task))
            .collect();
        if !absent.is_empty() {
            out.push(absent[random.below(absent.len())]);
        }
        for last in (1..out.len()).rev() {
            out.swap(last, random.below(last + 1));
        }
        out
    }

    /// Whether the routes can be driven without these.
    fn take_out(&mut self, out: &[usize]) -> bool {
        let mut gone = vec![false; self.fleet.asking.tasks.len()];
        out.iter()
            .flat_map(|task| self.unit(*task))
            .for_each(|task| gone[task] = true);
        for vehicle in 0..self.routes.len() {
            if self.routes[vehicle].iter().any(|task| gone[*task]) {
                self.routes[vehicle].retain(|task| !gone[*task]);
                let rest = self.routes[vehicle].clone();
                let Some(cost) = self.cost(vehicle, &rest) else {
                    return false;
                };
                self.costs[vehicle] = cost;
            }
        }
        true
    }
}

/// The same numbers every time (SplitMix64, Steele, Lea and Flood 2014).
struct Random(u64);

impl Random {
    /// A number below `count`, which is not 0.
    fn below(&mut self, count: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        (mixed % count as u64) as usize
    }
}
