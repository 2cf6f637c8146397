//! How often a visit wants to come, and what is lost if it comes on given days only. Days are bits of a set.

use crate::{Gap, Recurrence, Urgency, Visit};

/// Days, when they matter, and their worth.
#[derive(Clone, Debug)]
pub(crate) struct Kind {
    rule: Rule,
    prize: i64,
    /// 0 to 3, or 4 for a suggestion.
    tier: usize,
    urgency: Option<Urgency>,
    most_calls: u32,
    days: u32,
}

#[derive(Clone, Debug)]
enum Rule {
    /// The second end of a shipment wants nothing.
    Nothing,
    Once,
    Patterns(Vec<u128>),
    Gap(Gap),
}

/// What is lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Lost {
    /// Visits (or whole patterns) that are missing, if the tier counts them.
    pub(crate) unserved: i64,
    pub(crate) prize: i64,
    /// Visits that are missing, of any tier.
    pub(crate) missing: i64,
}

pub(crate) fn bits(mut days: u128) -> impl Iterator<Item = u32> {
    std::iter::from_fn(move || {
        let day = (days != 0).then(|| days.trailing_zeros())?;
        days &= days - 1;
        Some(day)
    })
}

pub(super) fn kind(visit: &Visit, days: usize, is_delivery: bool) -> Kind {
    let (rule, most_calls) = match &visit.recurrence {
        _ if is_delivery => (Rule::Nothing, 1),
        Recurrence::Once => (Rule::Once, 1),
        Recurrence::Patterns(sets) => {
            let mut masks: Vec<u128> = sets
                .iter()
                .map(|set| set.iter().fold(0, |mask, &day| mask | 1 << day))
                .collect();
            masks.sort_unstable();
            masks.dedup();
            let most = masks.iter().map(|m| m.count_ones()).max().unwrap_or(1);
            (Rule::Patterns(masks), most)
        }
        Recurrence::Gap(gap) => (Rule::Gap(*gap), (days as u32).div_ceil(u32::from(gap.min)).max(1)),
    };
    Kind {
        rule,
        prize: if is_delivery { 0 } else { i64::from(visit.prize) },
        tier: usize::from(visit.tier),
        urgency: visit.urgency,
        most_calls,
        days: days as u32,
    }
}

impl Kind {
    pub(crate) fn most_calls(&self) -> u32 {
        self.most_calls
    }

    pub(crate) fn is_once(&self) -> bool {
        matches!(self.rule, Rule::Once | Rule::Nothing)
    }

    pub(crate) fn patterns(&self) -> Option<&[u128]> {
        match &self.rule {
            Rule::Patterns(masks) => Some(masks),
            _ => None,
        }
    }

    pub(crate) fn gap(&self) -> Option<&Gap> {
        match &self.rule {
            Rule::Gap(gap) => Some(gap),
            _ => None,
        }
    }

    pub(crate) fn tier(&self) -> usize {
        self.tier
    }

    /// The worth of one visit more, for orders of insertion.
    pub(crate) fn prize(&self) -> i64 {
        self.prize
    }

    fn count(&self, missing: i64, unserved: i64, prize: i64) -> Lost {
        Lost {
            unserved: if self.tier < 4 { unserved } else { 0 },
            prize,
            missing,
        }
    }

    /// Prize that melted away by the day of the first visit.
    pub(crate) fn melted(&self, day: u32) -> i64 {
        self.urgency.map_or(0, |u| {
            let late = (i64::from(day) - i64::from(u.due)).max(0);
            (late * i64::from(u.per_day)).min(self.prize - 1)
        })
    }

    /// What is lost if it comes on exactly these days.
    #[inline]
    pub(crate) fn lost(&self, days: u128) -> Lost {
        match &self.rule {
            Rule::Nothing => Lost::default(),
            Rule::Once if days == 0 => self.count(1, 1, self.prize),
            Rule::Once => self.count(0, 0, self.melted(days.trailing_zeros())),
            Rule::Patterns(masks) => {
                if masks.binary_search(&days).is_ok() {
                    return self.count(0, 0, self.melted(days.trailing_zeros()));
                }
                let size = masks.iter().map(|m| m.count_ones()).min().unwrap_or(1);
                self.count(i64::from(size), 1, self.prize * i64::from(size))
            }
            Rule::Gap(gap) => self.lost_by_gaps(gap, days),
        }
    }

    /// Whether the days are those that it may have, or none.
    pub(crate) fn holds(&self, days: u128) -> bool {
        match &self.rule {
            _ if days == 0 => true,
            Rule::Nothing | Rule::Once => days.count_ones() <= 1,
            Rule::Patterns(masks) => masks.binary_search(&days).is_ok(),
            Rule::Gap(gap) => {
                let mut last = None;
                bits(days).all(|day| {
                    let fine = gap.allows(last, day);
                    last = Some(day);
                    fine
                })
            }
        }
    }

    fn lost_by_gaps(&self, gap: &Gap, days: u128) -> Lost {
        let (mut missing, mut off) = (0, 0);
        let mut last = None;
        for day in bits(days) {
            let (length, off_by) = gap.between(last, day);
            missing += gap.missing(length);
            off += off_by;
            last = Some(day);
        }
        missing += self.missing_after(gap, last);
        let melted = if days == 0 {
            0
        } else {
            self.melted(days.trailing_zeros())
        };
        let prize = missing * self.prize + off * i64::from(gap.price) + melted;
        self.count(missing, missing, prize)
    }

    /// The last gap's missing visits, if the last visit is on that day.
    pub(crate) fn missing_after(&self, gap: &Gap, last: Option<u32>) -> i64 {
        let (length, _) = gap.between(last, self.days);
        // Who was due before day 0 and does not come at all lacks that visit, however short the horizon is.
        let overdue = last.is_none() && gap.since_last.is_none_or(|since| since >= gap.max);
        gap.missing(if overdue {
            length + i64::from(gap.max) - 1
        } else {
            length
        })
    }
}

impl Gap {
    /// Days since the last visit as far as they count for what is missing, and days off the ideal.
    pub(crate) fn between(&self, last: Option<u32>, day: u32) -> (i64, i64) {
        let day = i64::from(day);
        let ideal = i64::from(self.ideal);
        match (last, self.since_last) {
            (Some(last), _) => {
                let length = day - i64::from(last);
                (length, (length - ideal).abs())
            }
            (None, Some(since)) => {
                let length = i64::from(since) + day;
                let counted = if since >= self.max { day + 1 } else { length };
                (counted, (length - ideal).abs())
            }
            (None, None) => (day + 1, day),
        }
    }

    /// Visits that a gap of this length lacks.
    pub(crate) fn missing(&self, length: i64) -> i64 {
        (length - 1).max(0) / i64::from(self.max)
    }

    /// Whether a gap is not too short.
    pub(crate) fn allows(&self, last: Option<u32>, day: u32) -> bool {
        let length = match (last, self.since_last) {
            (Some(last), _) => i64::from(day) - i64::from(last),
            (None, Some(since)) => i64::from(since) + i64::from(day),
            (None, None) => return true,
        };
        length >= i64::from(self.min)
    }
}
