//! What a visit wants, read from the words of its rule and not from the solver.

use plan::{Gap, Recurrence, Visit};

use super::World;

pub struct Lost {
    pub unserved: i64,
    pub prize: i64,
    pub missing: i64,
}

/// Why a visit may not come on these days, if it may not.
pub fn forbidden_days(visit: &Visit, days: &[u16]) -> Option<String> {
    match &visit.recurrence {
        Recurrence::Once => (days.len() > 1).then(|| "it comes once".to_owned()),
        Recurrence::Patterns(sets) => {
            let fits = sets.iter().any(|set| {
                let mut set = set.clone();
                set.sort_unstable();
                set.dedup();
                set == days
            });
            (!fits && !days.is_empty()).then(|| "no pattern of its".to_owned())
        }
        Recurrence::Gap(gap) => {
            let first = days.first().zip(gap.since_last).map(|(&day, since)| day + since);
            let between = days.windows(2).map(|d| d[1] - d[0]);
            let shortest = between.chain(first).min()?;
            (shortest < gap.min).then(|| format!("a gap of {shortest} days"))
        }
    }
}

/// What is lost if the visit comes on exactly these days, ascending.
pub fn lost(world: &World, index: usize, days: &[u16]) -> Lost {
    let visit = &world.visits[index];
    let prize = i64::from(visit.prize);
    let melted = |day: u16| {
        visit.urgency.map_or(0, |u| {
            (i64::from(u.per_day) * (i64::from(day) - i64::from(u.due)).max(0)).min(prize - 1)
        })
    };
    let missed = |missing: i64, unserved: i64| Lost {
        unserved,
        prize: missing * prize,
        missing,
    };
    match &visit.recurrence {
        Recurrence::Once | Recurrence::Patterns(_)
            if days.is_empty() || forbidden_days(visit, days).is_some() =>
        {
            let size = match &visit.recurrence {
                Recurrence::Patterns(sets) => sets
                    .iter()
                    .map(|set| set.iter().collect::<std::collections::BTreeSet<_>>().len())
                    .min()
                    .unwrap_or(1),
                _ => 1,
            };
            missed(size as i64, 1)
        }
        Recurrence::Once | Recurrence::Patterns(_) => Lost {
            unserved: 0,
            prize: melted(days[0]),
            missing: 0,
        },
        Recurrence::Gap(gap) => {
            let mut lost = by_gaps(gap, prize, days, world.days());
            lost.prize += days.first().map_or(0, |&day| melted(day));
            lost
        }
    }
}

fn by_gaps(gap: &Gap, prize: i64, days: &[u16], horizon: u16) -> Lost {
    // The day of the last visit before the horizon, as far as it counts for what is missing.
    let known = gap.since_last.filter(|since| *since < gap.max);
    let before = known.map_or(-1, |since| -i64::from(since));
    let mut all = vec![before];
    all.extend(days.iter().map(|&d| i64::from(d)));
    all.push(i64::from(horizon));
    // A gap of one to `max` days lacks nothing, of one more to twice `max` one visit, and so on.
    let mut missing: i64 = all
        .windows(2)
        .map(|d| (d[1] - d[0] - 1).max(0) / i64::from(gap.max))
        .sum();
    if days.is_empty() && known.is_none() {
        // Due before the horizon and not seen in it: one visit for each `max` days begun.
        missing = i64::from(horizon.div_ceil(gap.max));
    }
    let ideal = i64::from(gap.ideal);
    let mut off: i64 = days
        .windows(2)
        .map(|d| (i64::from(d[1] - d[0]) - ideal).abs())
        .sum();
    if let Some(&first) = days.first() {
        off += match gap.since_last {
            Some(since) => (i64::from(since) + i64::from(first) - ideal).abs(),
            None => i64::from(first),
        };
    }
    Lost {
        unserved: missing,
        prize: missing * prize + off * i64::from(gap.price),
        missing,
    }
}
