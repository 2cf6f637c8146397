//! Where the reps of some territories live today, and whose homes are kept where there are to be fewer reps.

use std::collections::BTreeSet;

use geom::LngLat;
use territory::design::EqualArea;

use super::prepare::Bench;
use crate::calendars;
use crate::crud::user_names;
use crate::problem::Problem;
use crate::territories::Standing;

/// A rep at home.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Resident {
    pub user_id: String,
    pub name: String,
    pub place: LngLat,
}

/// The owners of these territories whose calendars say where they live, each once, by the order of the territories.
pub(super) async fn residents(bench: &Bench<'_>, seats: &[Standing]) -> Result<Vec<Resident>, Problem> {
    let members = seats.iter().flat_map(|t| &t.members);
    let owners = members.filter(|m| m.text("role").is_none_or(|role| role == "owner"));
    let mut once = BTreeSet::new();
    let users: Vec<String> = owners
        .filter_map(|m| m.text("user_id"))
        .filter(|user| once.insert((*user).to_owned()))
        .map(str::to_owned)
        .collect();
    let homes = calendars::homes(&bench.app.store, &bench.signed.viewer, &users).await?;
    let names = user_names(bench.app).await?;
    let resident = |user: &String| {
        Some(Resident {
            user_id: user.clone(),
            name: names.get(user).cloned().unwrap_or_default(),
            place: homes.get(user)?.place,
        })
    };
    Ok(users.iter().filter_map(resident).collect())
}

/// In which order homes would be given up: each time the one without which the way of all work to its nearest home (squared, by workload) grows
/// least. Numbers of residents, all of them.
pub(super) fn given_up(residents: &[Resident], work: &[(LngLat, f64)]) -> Vec<usize> {
    let map = EqualArea::around(residents.iter().map(|r| r.place).chain(work.iter().map(|w| w.0)));
    let homes: Vec<[f64; 2]> = residents.iter().map(|r| map.project(r.place)).collect();
    let away = |p: [f64; 2], home: usize| {
        let h = homes[home];
        (p[0] - h[0]).powi(2) + (p[1] - h[1]).powi(2)
    };
    let mut left: Vec<usize> = (0..homes.len()).collect();
    // The nearest home and how far it and the second-nearest are.
    let two = |left: &[usize], p: [f64; 2]| {
        let mut nearest = (usize::MAX, f64::INFINITY, f64::INFINITY);
        for home in left {
            let away = away(p, *home);
            if away < nearest.1 {
                nearest = (*home, away, nearest.1);
            } else if away < nearest.2 {
                nearest.2 = away;
            }
        }
        nearest
    };
    let places: Vec<[f64; 2]> = work.iter().map(|w| map.project(w.0)).collect();
    let mut nearest: Vec<_> = places.iter().map(|p| two(&left, *p)).collect();
    let mut order = Vec::with_capacity(homes.len());
    while left.len() > 1 {
        let mut loss = vec![0.0; homes.len()];
        for ((home, first, second), (_, weight)) in nearest.iter().zip(work) {
            loss[*home] += weight * (second - first);
        }
        // Of equals the last goes.
        let Some(least) = left
            .iter()
            .copied()
            .min_by(|a, b| loss[*a].total_cmp(&loss[*b]).then(b.cmp(a)))
        else {
            break;
        };
        left.retain(|home| *home != least);
        order.push(least);
        for (p, known) in places.iter().zip(&mut nearest) {
            if known.0 == least || away(*p, least) <= known.2 {
                *known = two(&left, *p);
            }
        }
    }
    order.extend(left);
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(lng: f64) -> LngLat {
        LngLat::new(lng, 50.0).unwrap()
    }

    #[test]
    fn who_lives_beside_a_colleague_or_far_from_work_goes_first() {
        let resident = |lng: f64| Resident {
            user_id: format!("{lng}"),
            name: String::new(),
            place: at(lng),
        };
        let residents = [9.0, 9.01, 10.0, 12.0].map(resident);
        // All work is between 9 and 10, most of it in the west.
        let work: Vec<(LngLat, f64)> = (0..=10)
            .map(|i| (at(9.0 + 0.1 * f64::from(i)), f64::from(11 - i)))
            .collect();
        let order = given_up(&residents, &work);
        // 12 serves nobody; of the two neighbours in the west the outer one is a little further from work; then 10 against 9.01.
        assert_eq!(order, [3, 0, 2, 1]);

        // Against a plain look at what is left each time.
        let cost = |kept: &[usize]| -> f64 {
            work.iter()
                .map(|(p, w)| {
                    let near = kept.iter().map(|h| (p.lng() - residents[*h].place.lng()).powi(2));
                    w * near.fold(f64::INFINITY, f64::min)
                })
                .sum()
        };
        for gone in 0..3 {
            let kept = &order[gone..];
            let without = |h: usize| -> Vec<usize> { kept.iter().copied().filter(|k| *k != h).collect() };
            let best = kept
                .iter()
                .map(|h| cost(&without(*h)))
                .fold(f64::INFINITY, f64::min);
            assert!((cost(&order[gone + 1..]) - best).abs() < 1e-9, "step {gone}");
        }
        assert_eq!(given_up(&[], &work), Vec::<usize>::new());
        assert_eq!(given_up(&residents[..1], &[]), [0]);
    }
}
