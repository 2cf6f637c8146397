//! Which days: given the cheapest place on each day, the cheapest set of days that keeps the visit's rule and what is planned already.

use crate::compiled::{Problem, bits};
use crate::state::Place;

/// A missing visit outweighs all driving.
const MISSING: i64 = 1 << 40;

/// The days to be added to `fixed`; `None` if no addition makes things better.
pub(crate) fn choose(
    problem: &Problem,
    visit: u32,
    fixed: u128,
    by_day: &[Option<Place>],
    prize_price: i64,
) -> Option<u128> {
    let kind = problem.kind(visit);
    if let Some(patterns) = kind.patterns() {
        let price = |days: u128| -> Option<i64> {
            let mut sum = kind.melted(days.trailing_zeros()) * prize_price;
            for day in bits(days & !fixed) {
                sum += by_day.get(day as usize).copied().flatten()?.travel;
            }
            Some(sum)
        };
        let open = patterns
            .iter()
            .filter(|&&days| days & fixed == fixed && days != fixed);
        let best = open.filter_map(|&days| price(days).map(|sum| (sum, days))).min();
        return best.map(|(_, days)| days & !fixed);
    }
    let days = by_gaps(problem, visit, fixed, by_day, prize_price)?;
    let (before, after) = (problem.lost(visit, fixed), problem.lost(visit, days));
    ((after.missing, after.prize) < (before.missing, before.prize)).then_some(days & !fixed)
}

/// The best set of days under a gap rule, by the best set that ends on each day.
fn by_gaps(
    problem: &Problem,
    visit: u32,
    fixed: u128,
    by_day: &[Option<Place>],
    prize_price: i64,
) -> Option<u128> {
    let kind = problem.kind(visit);
    let gap = kind.gap()?;
    let mut ending: Vec<(i64, u32, u128)> = Vec::new();
    let worth = |missing: i64, off: i64| {
        missing * (MISSING + kind.prize() * prize_price) + off * i64::from(gap.price) * prize_price
    };
    for day in 0..by_day.len() as u32 {
        let is_fixed = fixed >> day & 1 == 1;
        let travel = match by_day[day as usize] {
            _ if is_fixed => 0,
            Some(place) => place.travel,
            None => continue,
        };
        let earlier_fixed = fixed & ((1 << day) - 1);
        let from_start = (earlier_fixed == 0 && gap.allows(None, day)).then(|| {
            let (length, off) = gap.between(None, day);
            (
                worth(gap.missing(length), off) + kind.melted(day) * prize_price,
                0,
            )
        });
        let after = ending.iter().filter_map(|&(cost, last, days)| {
            // A fixed day between cannot be skipped.
            let skipped = earlier_fixed >> last >> 1 != 0;
            let (length, off) = gap.between(Some(last), day);
            (!skipped && gap.allows(Some(last), day)).then(|| (cost + worth(gap.missing(length), off), days))
        });
        if let Some((cost, days)) = after.chain(from_start).min() {
            ending.push((cost + travel, day, days | 1 << day));
        }
    }
    let none = (fixed == 0).then(|| (worth(kind.missing_after(gap, None), 0), 0));
    let ends = ending.iter().filter_map(|&(cost, last, days)| {
        let all = days & fixed == fixed;
        all.then(|| (cost + worth(kind.missing_after(gap, Some(last)), 0), days))
    });
    ends.chain(none).min().map(|(_, days)| days)
}
