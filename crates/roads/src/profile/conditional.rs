//! Conditional tags: `no @ (Mo-Fr 07:00-09:00)`, and what of it holds when.

use osm::Tags;

use super::{Profile, Vehicle, WayRule, measure, way};
use crate::week::{DAYS, Week};

/// How a way is driven at some times other than usual.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Variant {
    pub week: Week,
    /// In the way's direction and against it.
    pub lanes: [Option<way::Lane>; 2],
}

const SUFFIX: &str = ":conditional";

impl Profile {
    /// What it makes of a way, with its conditional tags: usually, and at which times otherwise. `None` for ways this
    /// vehicle can never use. A way that is closed but at some times has no lanes, and nobody starts there.
    pub(crate) fn way_by_time(&self, tags: &Tags<'_>) -> Option<(WayRule, Vec<Variant>)> {
        let usual = self.way(tags);
        let is_road = tags.get("highway").is_some() || tags.get("route").is_some();
        if !is_road || !tags.iter().any(|(key, _)| key.ends_with(SUFFIX)) {
            return usual.map(|rule| (rule, Vec::new()));
        }
        let conditions = self.conditions(tags);
        let lanes = |rule: Option<&WayRule>| rule.map_or([None; 2], |rule| [rule.forward, rule.backward]);
        let mut variants: Vec<Variant> = Vec::new();
        let mut known = usual;
        for [from, to] in moments(&conditions) {
            // The last of several that hold counts.
            let holding = conditions.iter().rev().filter(|c| c.week.holds(from));
            let instead: Vec<(&str, &str)> = holding.map(|c| (c.key, c.value)).collect();
            let rule = self.way(&tags.with(&instead));
            if lanes(rule.as_ref()) == lanes(usual.as_ref()) {
                continue;
            }
            let lanes = lanes(rule.as_ref());
            let at = variants.iter().position(|v| v.lanes == lanes).unwrap_or_else(|| {
                variants.push(Variant {
                    week: Week::NEVER,
                    lanes,
                });
                variants.len() - 1
            });
            variants[at].week.put(usize::from(from), usize::from(to), true);
            known = known.or(rule.map(|rule| WayRule {
                forward: None,
                backward: None,
                may_snap: false,
                ..rule
            }));
        }
        known.map(|rule| (rule, variants))
    }

    /// The conditional values of keys that count for this vehicle, in order.
    fn conditions<'t>(&self, tags: &Tags<'t>) -> Vec<Condition<'t>> {
        let mut found = Vec::new();
        for (key, text) in tags.iter() {
            let Some(key) = key.strip_suffix(SUFFIX).filter(|key| self.reads(key)) else {
                continue;
            };
            for (value, week) in clauses(text, &self.vehicle) {
                found.push(Condition { key, value, week });
            }
        }
        found
    }

    fn reads(&self, key: &str) -> bool {
        let one_way = key.strip_prefix("oneway");
        let sided = key
            .strip_suffix(":forward")
            .or_else(|| key.strip_suffix(":backward"));
        let plain = sided.unwrap_or(key);
        plain == "maxspeed"
            || self.access_keys.iter().any(|known| known == plain)
            || one_way.is_some_and(|of| {
                of.is_empty()
                    || self
                        .restriction_keys
                        .iter()
                        .any(|known| of.strip_prefix(':') == Some(known))
            })
    }

    /// When a conditional turn restriction holds, and which one it is; the last of several counts.
    pub(crate) fn restrictions_by_time<'t>(&self, text: &'t str) -> Vec<(&'t str, Week)> {
        clauses(text, &self.vehicle)
    }
}

/// A value that a key has at some times.
struct Condition<'t> {
    key: &'t str,
    value: &'t str,
    week: Week,
}

/// The times between which nothing changes, all of the week.
fn moments(conditions: &[Condition<'_>]) -> Vec<[u16; 2]> {
    let [mut bounds, ends] = [0, 1].map(|end| -> Vec<u16> {
        let times = conditions.iter().flat_map(|c| c.week.times());
        times.map(|time| time[end]).collect()
    });
    bounds.extend(ends);
    bounds.extend(Week::always().times().concat());
    bounds.sort_unstable();
    bounds.dedup();
    bounds.windows(2).map(|w| [w[0], w[1]]).collect()
}

/// Values with the times at which they hold. What cannot be told by the week (dates, holidays, weather, who one is) is
/// left out.
fn clauses<'t>(text: &'t str, vehicle: &Vehicle) -> Vec<(&'t str, Week)> {
    let mut found: Vec<(&str, String)> = Vec::new();
    for part in split_outside(text) {
        match part.split_once('@') {
            Some((value, condition)) => found.push((value.trim(), condition.trim().to_owned())),
            // Without brackets, what follows a semicolon may be more opening hours.
            None => {
                if let Some((_, condition)) = found.last_mut() {
                    condition.push(';');
                    condition.push_str(part);
                }
            }
        }
    }
    let known = found
        .into_iter()
        .filter_map(|(value, condition)| Some((value, holds(&condition, vehicle)?)));
    known.filter(|(_, week)| !week.is_never()).collect()
}

/// The parts between semicolons that are not in brackets.
fn split_outside(text: &str) -> Vec<&str> {
    let mut depth = 0;
    text.split(|c: char| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        c == ';' && depth <= 0
    })
    .collect()
}

/// When a condition holds; `None` where the week does not say.
fn holds(condition: &str, vehicle: &Vehicle) -> Option<Week> {
    let inner = condition.trim().trim_start_matches('(').trim_end_matches(')');
    let upper = inner.to_ascii_uppercase();
    let mut week = Week::always();
    let mut start = 0;
    for end in upper
        .match_indices(" AND ")
        .map(|(at, _)| at)
        .chain([inner.len()])
    {
        let part = inner.get(start..end)?.trim();
        start = end + " AND ".len();
        week = match sized(part, vehicle) {
            Some(true) => week,
            Some(false) => Week::NEVER,
            None => week.and(&hours(part)?),
        };
    }
    Some(week)
}

/// `weight>3.5` and the like, of this vehicle; `None` for other conditions.
fn sized(condition: &str, vehicle: &Vehicle) -> Option<bool> {
    let at = condition.find(['<', '>', '='])?;
    let (what, rest) = condition.split_at(at);
    let number = rest.trim_start_matches(['<', '>', '=']);
    let compared = &rest[..rest.len() - number.len()];
    let (ours, limit) = match what.trim() {
        "weight" | "maxweight" | "maxweightrating" => (vehicle.weight, measure::kilograms(number)?),
        "height" => (vehicle.height, measure::meters(number)?),
        "width" => (vehicle.width, measure::meters(number)?),
        "length" => (vehicle.length, measure::meters(number)?),
        _ => return None,
    };
    match compared {
        ">" => Some(ours > limit),
        ">=" => Some(ours >= limit),
        "<" => Some(ours < limit),
        "<=" => Some(ours <= limit),
        "=" | "==" => Some(ours == limit),
        _ => None,
    }
}

/// Opening hours that name days of the week and times: `Mo-Fr 07:00-09:00,16:00-18:00; Sa off`.
fn hours(text: &str) -> Option<Week> {
    let mut week = Week::NEVER;
    for (number, rule) in text.split(';').enumerate() {
        add_rule(rule, number > 0, &mut week)?;
    }
    Some(week)
}

/// Adds a rule; one after another rule replaces what was said of its days.
fn add_rule(rule: &str, replaces: bool, week: &mut Week) -> Option<()> {
    let tight = tighten(rule);
    let mut items = tight.split([' ', ',']).filter(|item| !item.is_empty()).peekable();
    items.peek()?;
    let mut replaces = replaces;
    let mut put = |days: [bool; 7], span: Option<(usize, usize)>| {
        if std::mem::take(&mut replaces) || span.is_none() {
            week.clear(days);
        }
        if let Some((from, to)) = span {
            week.put_daily(days, from, to);
        }
    };
    let mut days = [true; 7];
    // Days were named, and no times yet.
    let mut open = false;
    for item in items {
        if let Some(named) = named_days(item) {
            for (day, named) in days.iter_mut().zip(named) {
                *day = named || open && *day;
            }
            open = true;
            continue;
        }
        open = false;
        match item {
            "off" | "closed" => put(days, None),
            "24/7" => put([true; 7], Some((0, 24 * 60))),
            _ => put(days, Some(span(item)?)),
        }
    }
    if open {
        put(days, Some((0, 24 * 60)));
    }
    Some(())
}

/// Without spaces around dashes, in lower case.
fn tighten(text: &str) -> String {
    let mut tight = text.trim().to_lowercase().replace('–', "-");
    for (loose, close) in [(" -", "-"), ("- ", "-")] {
        while tight.contains(loose) {
            tight = tight.replace(loose, close);
        }
    }
    tight
}

/// `mo`, `mo-fr`; public and school holidays are no days of the week, so they name none.
fn named_days(item: &str) -> Option<[bool; 7]> {
    if matches!(item, "ph" | "sh") {
        return Some([false; 7]);
    }
    let day = |name: &str| DAYS.iter().position(|known| *known == name);
    let (first, last) = match item.split_once('-') {
        Some((first, last)) => (day(first)?, day(last)?),
        None => (day(item)?, day(item)?),
    };
    let mut days = [false; 7];
    let count = (last + 7 - first) % 7;
    (0..=count).for_each(|n| days[(first + n) % 7] = true);
    Some(days)
}

/// `22:00-06:00` in minutes of the day, the end after the beginning.
fn span(item: &str) -> Option<(usize, usize)> {
    let time = |text: &str| {
        let (hour, minute) = text.split_once(':')?;
        let [hour, minute] = [hour, minute].map(|n| n.parse::<usize>().ok());
        let (hour, minute) = (hour?, minute?);
        (hour <= 48 && minute < 60).then_some(hour * 60 + minute)
    };
    let (from, to) = item.split_once('-')?;
    let (from, to) = (time(from)?, time(to)?);
    Some((from, if to > from { to } else { to + 24 * 60 }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn van() -> Vehicle {
        Profile::van().vehicle
    }

    /// Day 0 is Monday.
    fn time(day: usize, from: usize, to: usize) -> [u16; 2] {
        [from, to].map(|hour| ((day * 24 + hour) * 60) as u16)
    }

    #[test]
    fn opening_hours_of_the_week_are_read() {
        let read = |text| hours(text).expect("opening hours").times();
        let workdays = |from, to| (0..5).map(|day| time(day, from, to)).collect::<Vec<_>>();
        assert_eq!(read("Mo-Fr 07:00-09:00"), workdays(7, 9));
        assert_eq!(read("Mo - Fr 7:00 - 9:00"), workdays(7, 9));
        assert_eq!(read("Sa,Su 10:00-12:00"), [time(5, 10, 12), time(6, 10, 12)]);
        assert_eq!(read("Sa 22:00-06:00"), [[5 * 1440 + 1320, 6 * 1440 + 360]]);
        assert_eq!(read("Fr-Mo"), [time(0, 0, 24), time(4, 0, 72)]);
        assert_eq!(
            read("Mo 07:00-09:00,16:00-18:00"),
            [time(0, 7, 9), time(0, 16, 18)]
        );
        assert_eq!(
            read("Mo 07:00-09:00, Tu 10:00-11:00"),
            [time(0, 7, 9), time(1, 10, 11)]
        );
        assert_eq!(read("Mo-Tu 07:00-09:00; Tu off"), [time(0, 7, 9)]);
        assert_eq!(
            read("Mo-Tu 07:00-09:00; Tu 08:00-09:00"),
            [time(0, 7, 9), time(1, 8, 9)]
        );
        assert_eq!(read("22:00-24:00, 0:00-06:00").len(), 8);
        assert_eq!(read("24/7"), [[0, 10_080]]);
        // Holidays are not told by the week.
        assert_eq!(read("Mo,PH 07:00-09:00"), [time(0, 7, 9)]);
        for unknown in [
            "",
            "Mar 15-Sep 15",
            "sunrise-sunset",
            "wet",
            "Mo 7-9",
            "Mo 25:99-26:00",
        ] {
            assert_eq!(hours(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn clauses_hold_at_their_times_and_for_vehicles_of_that_size() {
        let read = |text| -> Vec<(&str, usize)> {
            let found = clauses(text, &van());
            found
                .into_iter()
                .map(|(value, week)| (value, week.times().len()))
                .collect()
        };
        assert_eq!(read("no @ (Mo-Fr 07:00-09:00)"), [("no", 5)]);
        assert_eq!(
            read("destination @ (06:30-08:30);destination @ (16:30-18:30)"),
            [("destination", 7), ("destination", 7)]
        );
        assert_eq!(read("yes @ (Mo-Fr 16:00-17:00;Sa 00:00-11:00)"), [("yes", 6)]);
        assert_eq!(read("no @ Mo 07:00-08:00; Sa 09:00-10:00"), [("no", 2)]);
        // A van of 3.5 t is not heavier than 3.5 t.
        assert_eq!(read("no @ 18:00-07:30 AND weight>3.5"), []);
        assert_eq!(read("no @ (weight>=3.5 AND Mo 18:00-19:00)"), [("no", 1)]);
        assert_eq!(read("no @ (2016 Apr 25 - 2016 Sep 26); 80 @ wet; x"), []);
    }
}
