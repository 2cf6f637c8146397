//! What stands there twice? Pairs of customers by telephone, e-mail and domain, and by like names in one place.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use geom::LngLat;
use rayon::prelude::*;
use records::{Error, Store, on_db};

use super::known::NEAR_METERS;
use super::names::{ALIKE, Names};

/// Of a value that more than so many share nothing follows: a switchboard's number, a shopping centre's domain.
const COMMON: usize = 6;
/// Squares of the grid, in degrees of latitude: no smaller than the distance asked for.
const SQUARE: f64 = 0.001_5;

/// Why two customers may be one, the strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sign {
    Phone,
    Email,
    NameAndPlace,
    Domain,
}

impl Sign {
    pub fn code(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::Email => "email",
            Self::NameAndPlace => "name-and-place",
            Self::Domain => "domain",
        }
    }
}

/// Pairs of accounts with the signs they share; the smaller id first, in the order of ids.
pub(super) async fn pairs(store: &Store) -> Result<BTreeMap<(String, String), BTreeSet<Sign>>, Error> {
    const KEYS: &str = "select id, phone_key, email_folded, domain from accounts \
                        where phone_key is not null or email_folded is not null or domain is not null";
    const PLACES: &str = "select a.id, a.name, l.lng, l.lat from locations l join accounts a on a.id = l.account_id \
                          where l.lng is not null and l.lat is not null";
    type Keys = (String, Option<String>, Option<String>, Option<String>);
    let keys: Vec<Keys> = on_db!(read store.db(), pool => sqlx::query_as(KEYS).fetch_all(pool).await)?;
    let places: Vec<(String, String, f64, f64)> =
        on_db!(read store.db(), pool => sqlx::query_as(PLACES).fetch_all(pool).await)?;
    let found = tokio::task::spawn_blocking(move || {
        let mut pairs = BTreeMap::new();
        for (sign, key) in [(Sign::Phone, 0), (Sign::Email, 1), (Sign::Domain, 2)] {
            let values = keys.iter().filter_map(|(id, phone, email, domain)| {
                let value = [phone, email, domain][key].as_deref()?;
                Some((value, id.as_str()))
            });
            by_value(sign, values, &mut pairs);
        }
        by_place(&places, &mut pairs);
        pairs
    });
    found.await.map_err(|e| Error::Schema(e.to_string()))
}

type Pairs = BTreeMap<(String, String), BTreeSet<Sign>>;

fn add(pairs: &mut Pairs, a: &str, b: &str, sign: Sign) {
    if a != b {
        let pair = if a < b {
            (a.to_owned(), b.to_owned())
        } else {
            (b.to_owned(), a.to_owned())
        };
        pairs.entry(pair).or_default().insert(sign);
    }
}

fn by_value<'a>(sign: Sign, values: impl Iterator<Item = (&'a str, &'a str)>, pairs: &mut Pairs) {
    let mut holders: HashMap<&str, Vec<&str>> = HashMap::new();
    for (value, id) in values.filter(|(value, _)| !value.is_empty()) {
        holders.entry(value).or_default().push(id);
    }
    for ids in holders
        .into_values()
        .filter(|ids| (2..=COMMON).contains(&ids.len()))
    {
        for (n, a) in ids.iter().enumerate() {
            ids[n + 1..].iter().for_each(|b| add(pairs, a, b, sign));
        }
    }
}

/// Every place is compared with those near it in its own row of squares and in the row above.
fn by_place(places: &[(String, String, f64, f64)], pairs: &mut Pairs) {
    let row_of = |lat: f64| (lat / SQUARE).floor() as i64;
    // A degree of longitude is shorter away from the equator: the squares of a row are as many times wider.
    let wide = |row: i64| {
        let lat = (row as f64 * SQUARE).abs().max(((row + 1) as f64 * SQUARE).abs());
        SQUARE / lat.to_radians().cos().max(0.001)
    };
    let column = |lng: f64, row: i64| (lng / wide(row)).floor() as i64;
    // Places in the order of their squares, row after row: those near each other are read one after another.
    let mut squares: Vec<((i64, i64), u32, LngLat)> = Vec::with_capacity(places.len());
    for (n, (_, _, lng, lat)) in (0..).zip(places) {
        let Ok(point) = LngLat::new(*lng, *lat) else {
            continue;
        };
        let row = row_of(*lat);
        squares.push(((row, column(*lng, row)), n, point));
    }
    squares.sort_unstable_by_key(|(square, n, _)| (*square, *n));
    let mut names = Names::default();
    for (_, n, _) in &squares {
        names.add(&places[*n as usize].1);
    }
    let of = |square: (i64, i64)| squares.partition_point(|(other, ..)| *other < square);
    let like_it = |n: usize| -> Vec<usize> {
        let ((row, _), _, here) = squares[n];
        let mut found = Vec::new();
        for near in [row, row + 1] {
            // A square is wider than the distance asked for, wherever it is measured in its row.
            let reach = wide(near).max(wide(row));
            let west = of((near, column(here.lng() - reach, near)));
            let east = of((near, column(here.lng() + reach, near) + 1));
            // Those of its own row that come before have looked here themselves.
            let first = if near > row { west } else { n + 1 };
            found.extend(names.might_be_alike(n, first..east.max(first)).filter(|other| {
                here.distance(squares[*other].2).0 <= NEAR_METERS && names.likeness(n, *other) >= ALIKE
            }));
        }
        found
    };
    let found: Vec<Vec<usize>> = (0..squares.len()).into_par_iter().map(like_it).collect();
    let id = |n: usize| places[squares[n].1 as usize].0.as_str();
    for (n, others) in found.into_iter().enumerate() {
        for other in others {
            add(pairs, id(n), id(other), Sign::NameAndPlace);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::duplicates::likeness;

    /// The slow twin: everything with everything.
    fn slowly(places: &[(String, String, f64, f64)]) -> Pairs {
        let mut pairs = Pairs::new();
        for (n, a) in places.iter().enumerate() {
            for b in &places[n + 1..] {
                let here = LngLat::new(a.2, a.3).unwrap();
                let near = here.distance(LngLat::new(b.2, b.3).unwrap()).0 <= NEAR_METERS;
                if near && likeness(&a.1, &b.1) >= ALIKE {
                    add(&mut pairs, &a.0, &b.0, Sign::NameAndPlace);
                }
            }
        }
        pairs
    }

    #[test]
    fn the_grid_finds_what_comparing_all_finds() {
        let mut dice = testkit::Dice::seeded(7);
        let mut random = move || dice.between(0.0, 1.0);
        let names = [
            "Bäckerei Müller",
            "Baeckerei Mueller",
            "Müller Bäckerei GmbH",
            "Schulz",
            "Schultz KG",
            "Apotheke",
        ];
        for middle in [
            (13.0, 53.5),
            (-70.0, -33.0),
            (0.0, 0.0),
            (179.9, 70.0),
            (-179.9, -60.0),
        ] {
            let places: Vec<(String, String, f64, f64)> = (0..300)
                .map(|n| {
                    let name = names[(random() * names.len() as f64) as usize].to_owned();
                    (
                        format!("{n:03}"),
                        name,
                        middle.0 + random() * 0.02,
                        middle.1 + random() * 0.01,
                    )
                })
                .collect();
            let mut fast = Pairs::new();
            by_place(&places, &mut fast);
            let slow = slowly(&places);
            assert!(!slow.is_empty());
            assert_eq!(fast, slow, "around {middle:?}");
        }
    }

    #[test]
    fn what_many_share_tells_nothing() {
        let ids: Vec<String> = (0..10).map(|n| n.to_string()).collect();
        let mut pairs = Pairs::new();
        by_value(
            Sign::Phone,
            ids.iter().map(|id| ("123456", id.as_str())),
            &mut pairs,
        );
        by_value(
            Sign::Email,
            ids[..3].iter().map(|id| ("a@b.example", id.as_str())),
            &mut pairs,
        );
        assert_eq!(pairs.len(), 3);
    }
}
