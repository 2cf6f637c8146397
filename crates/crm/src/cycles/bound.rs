//! At most how many visits there is time for: with what is ruled out, the bound behind the live gap.
//!
//! A visit takes its own time and at least the shortest drive that leads to it; drives home count for nothing. With the
//! short ones first, no plan gets more visits into the working time than that. Reps who share visits share their time.

use ::plan::{DriveTimes, PlaceId, UNREACHABLE};

use super::layout::Layout;

/// With more places than this the shortest drives are not looked for, and count as none.
const MOST_PLACES: usize = 4_000;

/// The time there is and the time that visits take.
pub(super) struct Room {
    /// By rep: those that share visits have the same number.
    pool_of: Vec<usize>,
    /// Working seconds, by pool.
    seconds: Vec<i64>,
    /// Pool and least seconds of each visit; none for one that nobody may do.
    visits: Vec<Option<(usize, i64)>>,
}

impl Room {
    pub fn of(layout: &Layout, reps: usize) -> Self {
        let mut pool_of: Vec<usize> = (0..reps).collect();
        for visit in &layout.visits {
            let mut shared = visit.reps.iter().flatten().map(|rep| *rep as usize);
            let Some(first) = shared.next() else { continue };
            for other in shared {
                let (from, to) = (pool_of[other], pool_of[first]);
                for pool in pool_of.iter_mut().filter(|pool| **pool == from) {
                    *pool = to;
                }
            }
        }
        let mut seconds = vec![0; reps];
        for slot in layout.slots.iter().filter(|slot| !slot.absent) {
            let pause = slot.lunch.map_or(0, |lunch| lunch.length.0);
            let works = slot.shift.to.0 - slot.shift.from.0 - pause;
            seconds[pool_of[slot.rep as usize]] += i64::from(works.max(0));
        }
        let mut at_place = vec![0u32; layout.times.places()];
        for place in layout.visits.iter().filter_map(|visit| visit.place) {
            at_place[place.0 as usize] += 1;
        }
        let visits = layout.visits.iter().map(|visit| {
            let rep = *visit.reps.iter().flatten().next()?;
            let drive = shortest(layout, visit.place?, &at_place);
            Some((pool_of[rep as usize], i64::from(visit.service.0) + drive))
        });
        Self {
            visits: visits.collect(),
            pool_of,
            seconds,
        }
    }

    /// How many visits could be met at most, by pool, if so many of each are asked for.
    fn most(&self, asked: &[i64]) -> Vec<i64> {
        let mut all: Vec<(i64, usize, i64)> = self
            .visits
            .iter()
            .zip(asked)
            .filter_map(|(visit, count)| visit.map(|(pool, takes)| (takes, pool, *count)))
            .collect();
        all.sort_unstable();
        let mut left = self.seconds.clone();
        let mut most = vec![0; left.len()];
        for (takes, pool, count) in all {
            let fit = if takes > 0 {
                count.min(left[pool] / takes)
            } else {
                count
            };
            left[pool] -= fit * takes;
            most[pool] += fit;
        }
        most
    }

    /// How many visits more could be met at most: `open` by rep as far as no rule stands against them, and no more than
    /// there is time for beside those that are met, by rep too.
    pub fn more(&self, asked: &[i64], met: &[i64], open: &[i64]) -> i64 {
        let by_pool = |of: &[i64]| {
            let mut sums = vec![0; self.seconds.len()];
            for (pool, count) in self.pool_of.iter().zip(of) {
                sums[*pool] += count;
            }
            sums
        };
        let most = self.most(asked).into_iter();
        let both = by_pool(met).into_iter().zip(by_pool(open));
        most.zip(both)
            .map(|(most, (met, open))| open.min(most - met).max(0))
            .sum()
    }
}

/// The shortest drive to a place, in seconds: none where another visit is at the same place.
fn shortest(layout: &Layout, to: PlaceId, at_place: &[u32]) -> i64 {
    let places = layout.times.places();
    if places > MOST_PLACES || at_place[to.0 as usize] > 1 {
        return 0;
    }
    let others = (0u32..).map(PlaceId).take(places).filter(|from| *from != to);
    let drives = others
        .map(|from| layout.times.seconds(from, to))
        .filter(|s| *s != UNREACHABLE);
    drives.min().map_or(0, i64::from)
}

#[cfg(test)]
mod tests {
    use ::plan::{BlockTimes, Lunch, Slot, Span, TimeOfDay, Visit, Window};

    use super::*;

    /// Two reps with a day of eight hours and half an hour of lunch each, and ten visits of an hour, ten minutes apart; the
    /// visits from `shared` on may be done by both.
    fn layout(shared: usize) -> Layout {
        let hours = |from, to| Window::new(TimeOfDay::hm(from, 0), TimeOfDay::hm(to, 0));
        let slot = |rep: u32| Slot {
            lunch: Some(Lunch {
                length: Span::minutes(30),
                within: hours(11, 14),
            }),
            ..Slot::new(rep, 0, PlaceId(rep), hours(8, 16))
        };
        let visits = (0..10u32).map(|n| Visit {
            reps: Some(if n as usize >= shared { vec![0, 1] } else { vec![0] }),
            ..Visit::new(PlaceId(2 + n), Span::minutes(60))
        });
        let mut times = BlockTimes::new(12);
        let table = (0..144).map(|cell| {
            if cell / 12 == cell % 12 {
                (0, 0)
            } else {
                (600, 5_000)
            }
        });
        times
            .add((0..12).map(PlaceId).collect(), table.collect())
            .unwrap();
        Layout {
            slots: vec![slot(0), slot(1)],
            slot_of: vec![(0, 0), (1, 0)],
            visits: visits.collect(),
            origins: Vec::new(),
            times,
        }
    }

    #[test]
    fn no_more_than_there_is_time_for() {
        let asked = [1; 10];
        // 7.5 hours for visits of 70 minutes: six, and one of the other four is ruled out.
        let alone = Room::of(&layout(10), 2);
        assert_eq!(alone.more(&asked, &[5, 0], &[4, 0]), 1);
        assert_eq!(alone.more(&asked, &[6, 0], &[3, 0]), 0);
        // With a second rep for some of them there is time for twelve, so that rules alone count.
        let both = Room::of(&layout(5), 2);
        assert_eq!(both.more(&asked, &[5, 1], &[3, 0]), 3);
        // Four times each at once are forty visits, and twelve fit.
        assert_eq!(both.more(&[4; 10], &[6, 3], &[31, 0]), 3);
    }
}
