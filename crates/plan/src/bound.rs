//! What no plan can do: how many visits are left out at least, whatever the search, as there is not time enough for all. Beside what a plan
//! leaves out this is the gap that a longer search could close at best.

use crate::compiled::{NEVER, Problem};

/// At least so many visits are left out by any plan, or planned only in part; visits by a rule for gaps are not counted.
///
/// Counted as if all slots were one, visits had no windows, and each stop was driven to from the place nearest to it: those that take least
/// time first, until the time of all slots is used. 0 where slots are frozen, as those keep stops that may not fit. Takes time with the
/// square of the number of places, or of those in a block.
#[must_use]
pub fn least_left_out(problem: &Problem) -> usize {
    if problem.slots().iter().any(|slot| slot.frozen) {
        return 0;
    }
    let mut room: i64 = (0..problem.slots().len())
        .map(|slot| time_in(problem, slot))
        .sum();
    let mut impossible = 0;
    let mut needs = Vec::new();
    let by_place = ByPlace::new(problem);
    for visit in 0..problem.visits().len() as u32 {
        let kind = problem.kind(visit);
        if problem.is_delivery(visit) || kind.gap().is_some() {
            continue;
        }
        let placed = problem.visits()[visit as usize].place.is_some();
        if !placed || !(0..problem.slots().len()).any(|slot| problem.may_be(visit, slot)) {
            impossible += 1;
            continue;
        }
        let fewest = |masks: &[u128]| masks.iter().map(|mask| mask.count_ones()).min();
        let calls = kind.patterns().and_then(fewest).unwrap_or(1);
        let service = i64::from(problem.service(problem.calls_of(visit).start));
        needs.push(i64::from(calls) * (service + by_place.drive_to(problem, visit)));
    }
    needs.sort_unstable();
    let served = needs.iter().take_while(|&&need| {
        room -= need;
        room >= 0
    });
    impossible + needs.len() - served.count()
}

/// Seconds of a slot in which a rep can drive or work.
fn time_in(problem: &Problem, slot: usize) -> i64 {
    let slot = &problem.slots()[slot];
    if slot.absent {
        return 0;
    }
    // A pause that may begin before the shift takes none of it.
    let pause = slot.lunch.filter(|lunch| lunch.within.from >= slot.shift.from);
    let overtime = slot.overtime.map_or(0, |overtime| overtime.at_most.0);
    let length = slot.shift.to.0 - slot.shift.from.0 + overtime - pause.map_or(0, |lunch| lunch.length.0);
    i64::from(length.max(0))
}

/// Where someone may come from.
struct ByPlace {
    /// How many visits there are at each place, starts and beds counting as two.
    count: Vec<u32>,
    places: Vec<usize>,
}

impl ByPlace {
    fn new(problem: &Problem) -> Self {
        let beds = |slot: &crate::Slot| {
            slot.overnight
                .iter()
                .flat_map(|o| o.places.clone())
                .collect::<Vec<_>>()
        };
        let starts = problem
            .slots()
            .iter()
            .flat_map(|slot| [slot.start, slot.end].into_iter().chain(beds(slot)));
        let starts = starts.flat_map(|place| [place, place]);
        let visits = problem.visits().iter().filter_map(|visit| visit.place);
        let all: Vec<usize> = starts.chain(visits).map(|place| place.0 as usize).collect();
        let mut count = vec![0; all.iter().max().map_or(0, |most| most + 1)];
        all.iter().for_each(|&place| count[place] += 1);
        let places = (0..count.len()).filter(|&place| count[place] > 0).collect();
        Self { count, places }
    }

    /// The shortest drive to a visit from anywhere but itself.
    fn drive_to(&self, problem: &Problem, visit: u32) -> i64 {
        let here = problem.place(problem.calls_of(visit).start);
        if self.count[here] > 1 {
            return 0;
        }
        let rows = problem.rows(here);
        let around = problem.around(here).map(|places| {
            let all = places.iter().map(|place| place.0 as usize);
            all.collect::<Vec<usize>>()
        });
        let places = around.as_ref().unwrap_or(&self.places);
        let others = places
            .iter()
            .filter(|&&p| p != here && self.count.get(p).is_some_and(|&c| c > 0));
        let nearest = others.map(|&place| rows.drive_to(place)).min();
        i64::from(nearest.unwrap_or(0).min(NEVER))
    }
}

#[cfg(test)]
mod tests {
    use super::least_left_out;
    use crate::{DenseTimes, PlaceId, Problem, Recurrence, Slot, Span, TimeOfDay, Visit, Window};

    /// Visits of an hour, ten minutes from each other and from home, in one day of four hours and another: 4 × 60 / 70 = 3.4, together
    /// 6.9, so six of ten can be seen; a visit for both days counts twice.
    #[test]
    fn as_many_as_there_is_time_for() {
        let places = 11;
        let table: Vec<u32> = (0..places * places)
            .map(|at| if at % (places + 1) == 0 { 0 } else { 600 })
            .collect();
        let times = DenseTimes::new(places, table.clone(), table).expect("square tables");
        let shift = Window::new(TimeOfDay::hm(8, 0), TimeOfDay::hm(12, 0));
        let slots: Vec<Slot> = (0..2).map(|day| Slot::new(1, day, PlaceId(0), shift)).collect();
        let mut visits: Vec<Visit> = (1..places as u32)
            .map(|place| Visit::new(PlaceId(place), Span::minutes(60)))
            .collect();
        let left_out = |visits: &[Visit]| {
            let problem =
                Problem::new(slots.clone(), visits.to_vec(), &times).expect("days that can be planned");
            least_left_out(&problem)
        };
        assert_eq!(left_out(&visits), 4);
        assert_eq!(left_out(&visits[..6]), 0);
        visits.truncate(6);
        visits[0].recurrence = Recurrence::Patterns(vec![vec![0, 1]]);
        // 5 × 70 + 140 = 490 of 480 minutes.
        assert_eq!(left_out(&visits), 1);
        visits[1].allowed = Some(Vec::new());
        assert_eq!(
            left_out(&visits),
            1,
            "who can come on no day leaves time to the others"
        );
    }
}
