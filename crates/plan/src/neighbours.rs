//! Who is near whom, worked out once: by the drive there and back for taking out, by drive, wait and lateness for putting in.

use crate::compiled::{NEVER, Problem};
use crate::numeric::closest;

/// How many near visits are kept for taking out.
const NEAR: usize = 100;
/// How many for putting in: a visit goes next to one of these, into an empty slot, or next to a start or end that is as near.
const BESIDE: usize = 30;

pub(crate) struct Neighbours {
    /// By visit, the visits near it, itself first.
    near: Vec<Vec<u32>>,
    beside: Vec<Vec<u32>>,
    /// The drives from each of those and to it.
    drives_beside: Vec<Vec<(i32, i32)>>,
    /// By visit, slots whose start or end is as near as the last of `beside`.
    homes: Vec<Vec<u32>>,
    /// By home, its slots.
    slots_of_home: Vec<Vec<u32>>,
    /// By slot, a number that slots share which are alike for everyone; the day and the rep count where visits look at them.
    class_of: Vec<u32>,
}

impl Neighbours {
    pub(crate) fn new(problem: &Problem) -> Self {
        let visits = problem.visits();
        let placed: Vec<u32> = (0..visits.len() as u32)
            .filter(|&v| visits[v as usize].place.is_some())
            .collect();
        let hulls: Vec<(i32, i32, i32)> = (0..visits.len() as u32).map(|v| problem.hull(v)).collect();
        let at_place = visits_by_place(problem, &placed);
        let (homes, slots_of_home) = homes(problem);
        let mut this = Self {
            near: vec![Vec::new(); visits.len()],
            beside: vec![Vec::new(); visits.len()],
            drives_beside: vec![Vec::new(); visits.len()],
            homes: vec![Vec::new(); visits.len()],
            slots_of_home,
            class_of: classes(problem),
        };
        let mut drives: Vec<(i64, u32)> = Vec::new();
        let mut gaps: Vec<(i64, u32)> = Vec::new();
        for &visit in &placed {
            let here = problem.place(problem.calls_of(visit).start);
            let rows = problem.rows(here);
            drives.clear();
            gaps.clear();
            let around: Option<Vec<u32>> = problem.around(here).map(|places| {
                let all = places.iter().flat_map(|p| at_place[p.0 as usize].iter().copied());
                all.collect()
            });
            for &other in around.as_ref().unwrap_or(&placed) {
                let there = problem.place(problem.calls_of(other).start);
                let (out, back) = (rows.drive_from(there), rows.drive_to(there));
                if other == visit {
                    drives.push((-1, visit));
                } else if i64::from(out) + i64::from(back) < i64::from(NEVER) {
                    drives.push((i64::from(out) + i64::from(back), other));
                }
                if other != visit && out.min(back) < NEVER {
                    let (service, other_service) =
                        (visits[visit as usize].service.0, visits[other as usize].service.0);
                    let (mine, theirs) = (hulls[visit as usize], hulls[other as usize]);
                    let gap = gap(mine, service, out, theirs).min(gap(theirs, other_service, back, mine));
                    gaps.push((gap, other));
                }
            }
            this.near[visit as usize] = closest(&mut drives, NEAR);
            let radius = {
                let list = closest(&mut gaps, BESIDE);
                let radius = gaps.iter().take(BESIDE).map(|g| g.0).max().unwrap_or(i64::MAX);
                let drives = list.iter().map(|&other| {
                    let there = problem.place(problem.calls_of(other).start);
                    (rows.drive_to(there), rows.drive_from(there))
                });
                this.drives_beside[visit as usize] = drives.collect();
                this.beside[visit as usize] = list;
                radius
            };
            this.homes[visit as usize] = (0..homes.len() as u32)
                .filter(|&h| {
                    let home = homes[h as usize];
                    5 * i64::from(rows.drive_from(home).min(rows.drive_to(home))) <= radius
                })
                .collect();
        }
        this
    }

    pub(crate) fn near(&self, visit: u32) -> &[u32] {
        &self.near[visit as usize]
    }

    pub(crate) fn beside(&self, visit: u32) -> &[u32] {
        &self.beside[visit as usize]
    }

    /// The same, each with the drive from there and the drive there.
    pub(crate) fn drives_beside(&self, visit: u32) -> impl Iterator<Item = (u32, (i32, i32))> {
        let (beside, drives) = (&self.beside[visit as usize], &self.drives_beside[visit as usize]);
        beside.iter().copied().zip(drives.iter().copied())
    }

    /// Slots that begin or end near the visit.
    pub(crate) fn slots_near(&self, visit: u32) -> impl Iterator<Item = u32> {
        let homes = self.homes[visit as usize].iter();
        homes.flat_map(|&home| self.slots_of_home[home as usize].iter().copied())
    }

    pub(crate) fn class_of(&self, slot: usize) -> u32 {
        self.class_of[slot]
    }
}

/// From one visit to the other: the drive, a fifth of the wait that cannot be avoided, and lateness that cannot (Vidal et al. 2013). In
/// fifths of seconds.
fn gap(from: (i32, i32, i32), service: i32, drive: i32, to: (i32, i32, i32)) -> i64 {
    let drive = i64::from(drive);
    let done = i64::from(service) + drive;
    let wait = (i64::from(to.0) - i64::from(from.1) - done).max(0);
    let late = (i64::from(from.0) + done - i64::from(to.1)).max(0);
    5 * drive + wait + 5 * late
}

fn visits_by_place(problem: &Problem, placed: &[u32]) -> Vec<Vec<u32>> {
    let places = placed.iter().map(|&v| problem.place(problem.calls_of(v).start));
    let mut at_place = vec![Vec::new(); places.max().map_or(0, |p| p + 1)];
    for slot in problem.slots().iter().filter(|s| !s.absent) {
        let most = slot.start.0.max(slot.end.0) as usize;
        if most >= at_place.len() {
            at_place.resize(most + 1, Vec::new());
        }
    }
    for &visit in placed {
        at_place[problem.place(problem.calls_of(visit).start)].push(visit);
    }
    at_place
}

fn homes(problem: &Problem) -> (Vec<usize>, Vec<Vec<u32>>) {
    let (mut homes, mut slots_of): (Vec<usize>, Vec<Vec<u32>>) = (Vec::new(), Vec::new());
    for (slot, s) in problem.slots().iter().enumerate().filter(|(_, s)| !s.absent) {
        let ends = [Some(s.start), (s.end != s.start).then_some(s.end)];
        for place in ends.into_iter().flatten() {
            let place = place.0 as usize;
            let at = homes.iter().position(|&h| h == place).unwrap_or_else(|| {
                homes.push(place);
                slots_of.push(Vec::new());
                homes.len() - 1
            });
            slots_of[at].push(slot as u32);
        }
    }
    (homes, slots_of)
}

fn classes(problem: &Problem) -> Vec<u32> {
    // Allowed slots and locked ones make each slot its own class; so does an earlier plan, whose prices look at rep and day.
    let visits = problem.visits();
    let by_slot = visits
        .iter()
        .any(|v| v.allowed.is_some() || v.locks.slot.is_some());
    let by_rep = visits.iter().any(|v| v.reps.is_some() || v.locks.rep.is_some());
    let slots = problem.slots();
    let mut firsts: Vec<usize> = Vec::new();
    (0..slots.len())
        .map(|slot| {
            let alike = |&other: &usize| {
                let mut same = slots[other].clone();
                if by_slot {
                    return false;
                }
                if !by_rep {
                    same.rep = slots[slot].rep;
                }
                same == slots[slot]
            };
            firsts.iter().position(alike).unwrap_or_else(|| {
                firsts.push(slot);
                firsts.len() - 1
            }) as u32
        })
        .collect()
}
