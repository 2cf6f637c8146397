//! Who was left out how often while everyone is to be planned.

use crate::compiled::Problem;

/// How often each visit was left out so far: one that seldom is, is easier to place, so that plans which leave out such ones are worth
/// going on from (the fleet minimisation of the string removal paper).
#[derive(Clone, Default)]
pub(crate) struct Absences {
    by_visit: Vec<u64>,
    total: u64,
    /// What each visit is worth, within bounds; the mean is about 1.
    worth: Vec<f64>,
}

impl Absences {
    pub(crate) fn new(problem: &Problem) -> Self {
        let visits = problem.visits();
        let lost = |v: usize| problem.lost(v as u32, 0).prize as f64;
        let mean = (0..visits.len()).map(lost).sum::<f64>() / visits.len().max(1) as f64;
        let worth = |v: usize| {
            let tiers = f64::from(1 << (2 * (4 - u32::from(visits[v].tier))));
            tiers
                * if mean > 0.0 {
                    (lost(v) / mean).clamp(0.25, 4.0)
                } else {
                    1.0
                }
        };
        let uniform = visits
            .iter()
            .all(|v| (v.tier, v.prize) == (visits[0].tier, visits[0].prize));
        Self {
            by_visit: vec![0; visits.len()],
            total: 0,
            worth: (0..visits.len())
                .map(|v| if uniform { 1.0 } else { worth(v) })
                .collect(),
        }
    }

    /// What some visits are worth and how often they were left out, sums over them, the mean over all being 1.
    pub(crate) fn of(&self, absent: &[u32]) -> (f64, f64) {
        let worth: f64 = absent.iter().map(|&v| self.worth[v as usize]).sum();
        let often: u64 = absent.iter().map(|&v| self.by_visit[v as usize]).sum();
        let mean = self.total.max(1) as f64 / self.by_visit.len() as f64;
        (worth, often as f64 / mean)
    }

    /// Counts those of them that are to be planned here (`mine` by visit, empty for all): others may be planned elsewhere by now.
    pub(crate) fn count(&mut self, absent: &[u32], mine: &[bool]) {
        for &visit in absent {
            if mine.is_empty() || mine[visit as usize] {
                self.by_visit[visit as usize] += 1;
                self.total += 1;
            }
        }
    }

    pub(crate) fn forget(&mut self) {
        self.by_visit.fill(0);
        self.total = 0;
    }

    /// Takes over what others counted, who began from here and each looked after other visits.
    pub(crate) fn join(&mut self, others: &[Self]) {
        for (visit, count) in self.by_visit.iter_mut().enumerate() {
            *count = others.iter().map(|o| o.by_visit[visit]).fold(*count, u64::max);
        }
        self.total = self.by_visit.iter().sum();
    }
}
