//! The rows of one moment, worked out from the ledger.

use std::collections::{HashMap, HashSet};

use geom::LngLat;
use points::{Columns, RowId};
use rayon::prelude::*;

use super::{Ledger, NOBODY, NONE, Word};
use crate::live::columns::{AMOUNTS, CATEGORIES, DUE_STATES, TEXTS, TIMES};
use crate::live::due::{Due, Frequencies, Frequency, Seen};
use crate::live::rows::Moment;

/// The rows of some places, in order: what [`Columns`] holds, by number.
struct Part {
    ids: Vec<RowId>,
    places: Vec<Option<LngLat>>,
    categories: Vec<Vec<u32>>,
    amounts: Vec<Vec<i64>>,
    times: [Vec<i64>; TIMES.len()],
    texts: [Vec<u32>; TEXTS.len()],
}

/// What is the same for all places.
struct Question<'a> {
    ledger: &'a Ledger,
    moment: Moment,
    /// What was recorded then counts.
    recorded: i64,
    /// The first place of each account.
    first: Vec<u32>,
    by_class: Vec<Option<Frequency>>,
    by_place: HashMap<RowId, Frequency>,
    /// Positions of stages by their numbers.
    positions: Vec<Option<usize>>,
    stages: usize,
    except: &'a HashSet<RowId>,
}

/// Places worked out by one thread at a time.
const TOGETHER: usize = 8_192;

impl Ledger {
    /// The rows of a moment that is in the ledger, but for some places, in order of ids.
    pub(in crate::live) fn columns(
        &self,
        moment: Moment,
        stages: &[String],
        frequencies: &Frequencies,
        except: &HashSet<RowId>,
    ) -> Columns<'_> {
        // What stands has no end.
        let recorded = moment.as_of.map_or(i64::MAX - 1, |t| t.0);
        let positions: HashMap<&str, usize> = stages
            .iter()
            .enumerate()
            .map(|(at, id)| (id.as_str(), at))
            .collect();
        let position = |id: &str| positions.get(id).copied();
        let by_place = frequencies.by_place.iter();
        let question = Question {
            ledger: self,
            moment,
            recorded,
            first: self.first_places(recorded),
            by_class: self
                .words(Word::Class)
                .iter()
                .map(|class| frequencies.by_class.get(class).copied())
                .collect(),
            by_place: by_place
                .filter_map(|(id, f)| Some((crate::live::row_id(id)?, *f)))
                .collect(),
            positions: self.words(Word::Stage).iter().map(position).collect(),
            stages: stages.len(),
            except,
        };
        let parts: Vec<Part> = (0..self.ids.len().div_ceil(TOGETHER))
            .into_par_iter()
            .map(|part| question.part(part * TOGETHER..self.ids.len().min((part + 1) * TOGETHER)))
            .collect();
        self.joined(parts, stages.len())
    }

    /// For each account its place with the lowest id; [`NOBODY`] where it has none.
    fn first_places(&self, recorded: i64) -> Vec<u32> {
        let mut first = vec![NOBODY; self.accounts.starts.len() - 1];
        for place in (0..self.ids.len()).rev() {
            if let Some(version) = self.places.of(place).iter().find(|p| p.recorded.holds(recorded)) {
                first[version.account as usize] = place as u32;
            }
        }
        first
    }

    /// One column after the other, each taken out of the parts: there is never much more than all of it once.
    fn joined(&self, mut parts: Vec<Part>, stages: usize) -> Columns<'_> {
        fn all<T: Copy>(parts: &mut [Part], rows: usize, of: impl Fn(&mut Part) -> &mut Vec<T>) -> Vec<T> {
            let mut all = Vec::with_capacity(rows);
            for part in parts {
                all.append(&mut std::mem::take(of(part)));
            }
            all
        }
        let rows = parts.iter().map(|part| part.ids.len()).sum();
        let words = [
            Word::Kind,
            Word::Class,
            Word::Industry,
            Word::Owner,
            Word::Territory,
            Word::City,
            Word::PostalCode,
            Word::GeocodeStatus,
        ];
        let mut words: Vec<Vec<&str>> = words.map(|word| self.words(word).iter().collect()).into();
        words.push(DUE_STATES.to_vec());
        words.extend(self.added.iter().map(|column| column.words.iter().collect()));
        let numbers = self
            .added
            .iter()
            .filter(|column| column.field.is_number())
            .count();
        let parts = &mut parts[..];
        Columns {
            ids: all(parts, rows, |part| &mut part.ids),
            places: all(parts, rows, |part| &mut part.places),
            categories: words
                .into_iter()
                .enumerate()
                .map(|(at, words)| (words, all(parts, rows, |part| &mut part.categories[at])))
                .collect(),
            amounts: (0..AMOUNTS.len() + 2 * stages + numbers)
                .map(|at| all(parts, rows, |part| &mut part.amounts[at]))
                .collect(),
            times: (0..TIMES.len())
                .map(|at| all(parts, rows, |part| &mut part.times[at]))
                .collect(),
            texts: (0..TEXTS.len())
                .map(|at| {
                    let numbers = all(parts, rows, |part| &mut part.texts[at]);
                    numbers.into_iter().map(|number| self.texts.get(number)).collect()
                })
                .collect(),
        }
    }
}

impl Question<'_> {
    fn part(&self, places: std::ops::Range<usize>) -> Part {
        let added = &self.ledger.added;
        let numbers = added.iter().filter(|column| column.field.is_number()).count();
        let columns = |count: usize| (0..count).map(|_| Vec::with_capacity(places.len())).collect();
        let mut part = Part {
            ids: Vec::with_capacity(places.len()),
            places: Vec::with_capacity(places.len()),
            categories: columns(CATEGORIES.len() + added.len()),
            amounts: vec![Vec::with_capacity(places.len()); AMOUNTS.len() + 2 * self.stages + numbers],
            times: std::array::from_fn(|_| Vec::with_capacity(places.len())),
            texts: std::array::from_fn(|_| Vec::with_capacity(places.len())),
        };
        for place in places {
            self.row(place, &mut part);
        }
        part
    }

    /// Adds the row of a place, if it was there.
    fn row(&self, number: usize, part: &mut Part) {
        let ledger = self.ledger;
        let id = ledger.ids[number];
        let Some(place) = ledger
            .places
            .of(number)
            .iter()
            .find(|p| p.recorded.holds(self.recorded))
        else {
            return;
        };
        let accounts = ledger.accounts.of(place.account as usize);
        let Some(account) = accounts.iter().find(|a| a.recorded.holds(self.recorded)) else {
            return;
        };
        if self.except.contains(&id) {
            return;
        }
        let seen = self.seen(number);
        let kind = ledger.words(Word::Kind).get(account.kind);
        let by_class = || {
            (account.class as usize)
                .checked_sub(1)
                .and_then(|class| self.by_class[class])
        };
        let frequency = self
            .by_place
            .get(&id)
            .copied()
            .or_else(|| by_class().filter(|_| kind == "customer"));
        let minutes = Some(place.visit_minutes).filter(|&m| m != NONE);
        let due = Due::of(&seen, frequency, minutes, self.moment.day_start);
        let valid = |a: &&super::Assignment| a.valid.holds(self.moment.now.0);
        let territory = ledger.assignments.of(number).iter().rev().find(valid);
        let is_first = self.first[place.account as usize] == number as u32;

        part.ids.push(id);
        part.places.push(LngLat::new(place.lng, place.lat).ok());
        let categories = [
            account.kind,
            account.class,
            account.industry,
            account.owner,
            territory.map_or(0, |a| a.territory as u32),
            place.city,
            place.postal_code,
            place.geocode_status,
            DUE_STATES
                .iter()
                .position(|state| *state == due.state)
                .map_or(0, |at| at as u32 + 1),
        ];
        for (column, word) in part.categories.iter_mut().zip(categories) {
            column.push(word);
        }
        let known = |number: Option<i64>| number.unwrap_or(NONE);
        let amounts = [
            if is_first { account.revenue } else { NONE },
            NONE,
            seen.recent,
            known(due.minutes_year),
            i64::from(is_first),
            known(due.visits_10_years),
        ];
        let row = part.ids.len() - 1;
        for (column, amount) in part
            .amounts
            .iter_mut()
            .zip(amounts.into_iter().chain(std::iter::repeat(NONE)))
        {
            column.push(amount);
        }
        self.added(place.account as usize, row, part);
        part.times[0].push(known(seen.last));
        part.times[1].push(known(due.at));
        for (column, text) in part
            .texts
            .iter_mut()
            .zip([account.name, place.street, account.phone])
        {
            column.push(text);
        }
        self.pipeline(place.account, number, is_first, row, part);
    }

    /// What the account had in the added fields.
    fn added(&self, account: usize, row: usize, part: &mut Part) {
        let mut amount = AMOUNTS.len() + 2 * self.stages;
        for (at, column) in self.ledger.added.iter().enumerate() {
            let values = column.values.of(account).iter();
            let value = values.copied().find(|v| v.recorded.holds(self.recorded));
            part.categories[CATEGORIES.len() + at].push(value.map_or(0, |v| v.word));
            if column.field.is_number() {
                part.amounts[amount][row] = value.map_or(NONE, |v| v.number);
                amount += 1;
            }
        }
    }

    /// Open opportunities for this place, and for the account in general where it is the first.
    fn pipeline(&self, account: u32, number: usize, is_first: bool, row: usize, part: &mut Part) {
        let mut pipeline = 0;
        for deal in self.ledger.deals.of(account as usize) {
            let counts = deal.place == number as u32 || (deal.place == NOBODY && is_first);
            let position = (deal.stage as usize)
                .checked_sub(1)
                .and_then(|stage| self.positions[stage]);
            let (true, Some(stage)) = (counts && deal.recorded.holds(self.recorded), position) else {
                continue;
            };
            pipeline += deal.amount;
            for (column, more) in [
                (AMOUNTS.len() + stage, deal.amount),
                (AMOUNTS.len() + self.stages + stage, 1),
            ] {
                let amount = &mut part.amounts[column][row];
                *amount = if *amount == NONE { more } else { *amount + more };
            }
        }
        if pipeline > 0 {
            part.amounts[1][row] = pipeline;
        }
    }

    fn seen(&self, number: usize) -> Seen {
        let mut seen = Seen::default();
        let visits = self.ledger.visits.of(number);
        for visit in visits.iter().filter(|v| v.recorded.holds(self.recorded)) {
            let next = Some(visit.next).filter(|&next| next != NONE);
            if visit.is_done == 1 {
                seen.add_done(visit.at, next, self.moment);
            } else {
                seen.appointment |= visit.at >= self.moment.day_start.0;
            }
        }
        seen
    }
}
