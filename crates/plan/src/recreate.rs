//! Recreate: the absent visits, in a random kind of order, each into its cheapest place, overlooking one place in twenty.

use crate::compiled::Problem;
use crate::random::Random;
use crate::state::{ABSENT, Place, State};

/// One place in this many is overlooked. (The paper says 100, for hundreds of visits; a rep's day is small and its valleys are deep.)
const BLINK: usize = 20;
/// So many absent visits near the ruin are tried, or all if there are no more.
const FEW: usize = 40;
/// Once in so many steps all are tried all the same.
const ALL: usize = 10;

pub(crate) struct Recreate {
    /// Worth of a visit, its tier included.
    worth: Vec<f64>,
    /// Drive from the nearest day's start and back.
    far: Vec<f64>,
    /// Worth of a visit and its two nearest per second of going round them.
    density: Vec<f64>,
    /// Width, begin and end of all the time in which it may begin.
    width: Vec<f64>,
    opens: Vec<f64>,
    closes: Vec<f64>,
    pool: Vec<u32>,
    order: Vec<(f64, u32)>,
}

/// The kinds of order and how often each comes, as in the orienteering paper.
const KINDS: [(Kind, usize); 7] = [
    (Kind::Random, 4),
    (Kind::Worth, 4),
    (Kind::NearStart, 1),
    (Kind::Density, 2),
    (Kind::Narrow, 1),
    (Kind::Opens, 1),
    (Kind::Closes, 1),
];

#[derive(Clone, Copy)]
enum Kind {
    Random,
    Worth,
    NearStart,
    Density,
    Narrow,
    Opens,
    Closes,
}

impl Recreate {
    pub(crate) fn new(problem: &Problem) -> Self {
        let visits = problem.visits();
        let largest = visits.iter().map(|v| f64::from(v.prize)).fold(1.0, f64::max);
        let worth: Vec<f64> = visits
            .iter()
            .map(|v| {
                f64::from(v.prize)
                    + if v.tier < 4 {
                        largest * f64::from(1 << (2 * (4 - u32::from(v.tier))))
                    } else {
                        0.0
                    }
            })
            .collect();
        let placed: Vec<u32> = (0..visits.len() as u32)
            .filter(|&v| visits[v as usize].place.is_some())
            .collect();
        let mut this = Self {
            far: vec![0.0; visits.len()],
            density: worth.clone(),
            width: vec![0.0; visits.len()],
            opens: vec![0.0; visits.len()],
            closes: vec![0.0; visits.len()],
            worth,
            pool: Vec::new(),
            order: Vec::new(),
        };
        for &visit in &placed {
            let here = problem.place(visit);
            let round = |p: usize| f64::from(problem.drive(here, p)) + f64::from(problem.drive(p, here));
            let homes = problem
                .slots()
                .iter()
                .filter(|s| !s.absent)
                .map(|s| round(s.start.0 as usize));
            this.far[visit as usize] = homes.fold(f64::MAX, f64::min);
            let mut near: Vec<(f64, u32)> = placed
                .iter()
                .filter(|&&o| o != visit)
                .map(|&o| (round(problem.place(o)), o))
                .collect();
            near.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            near.truncate(3);
            let around: f64 = near
                .iter()
                .map(|n| n.0 + f64::from(visits[n.1 as usize].service.0))
                .sum();
            let gained: f64 = near.iter().map(|n| this.worth[n.1 as usize]).sum();
            this.density[visit as usize] = (this.worth[visit as usize] + gained)
                / (around + f64::from(visits[visit as usize].service.0) + 1.0);
            let all: Vec<(i32, i32)> = (0..problem.slots().len())
                .flat_map(|s| problem.windows(visit, s).iter().copied())
                .collect();
            this.width[visit as usize] = all.iter().map(|w| f64::from(w.1 - w.0)).sum();
            this.opens[visit as usize] = all.iter().map(|w| f64::from(w.0)).fold(f64::MAX, f64::min);
            this.closes[visit as usize] = all.iter().map(|w| f64::from(w.1)).fold(f64::MIN, f64::max);
        }
        this
    }

    /// Tries the visits that were taken out (the absent from `taken` on) and absent ones: all if they are few, else mostly those of `near`.
    pub(crate) fn run(&mut self, state: &mut State, taken: usize, near: &[u32], random: &mut Random) {
        let kind = pick(random);
        self.order.clear();
        self.pool.clear();
        if state.absent.len() <= FEW || random.below(ALL) == 0 {
            self.pool.extend_from_slice(&state.absent);
        } else {
            self.pool.extend_from_slice(&state.absent[taken..]);
            let others = near
                .iter()
                .filter(|&&v| state.slot_of[v as usize] == ABSENT && !self.pool.contains(&v));
            let others: Vec<u32> = others.copied().take(FEW).collect();
            self.pool.extend(others);
        }
        for &visit in &self.pool {
            let v = visit as usize;
            let key = match kind {
                Kind::Random => random.unit(),
                Kind::Worth => -self.worth[v],
                Kind::NearStart => self.far[v],
                Kind::Density => -self.density[v],
                Kind::Narrow => self.width[v],
                Kind::Opens => self.opens[v],
                Kind::Closes => self.closes[v],
            };
            self.order.push((key, visit));
        }
        self.order
            .sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        for index in 0..self.order.len() {
            let visit = self.order[index].1;
            if let Some(place) = cheapest_with_blinks(state, visit, random) {
                state.insert(visit, place.slot, place.at);
            }
        }
    }
}

fn pick(random: &mut Random) -> Kind {
    let total = KINDS.iter().map(|(_, times)| times).sum();
    let mut at = random.below(total);
    for (kind, times) in KINDS {
        if at < times {
            return kind;
        }
        at -= times;
    }
    Kind::Random
}

fn cheapest_with_blinks(state: &State, visit: u32, random: &mut Random) -> Option<Place> {
    let mut best: Option<Place> = None;
    for slot in 0..state.routes.len() {
        let below = best.map_or(i64::MAX, |b| b.travel);
        best = state
            .cheaper_in(slot, visit, below, || random.below(BLINK) != 0)
            .or(best);
    }
    best
}
