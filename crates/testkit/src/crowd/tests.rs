//! The crowd is the same for a seed, in bounds and in order.

use std::collections::HashSet;

use super::*;
use crate::Sketch;

fn crowd(seed: u64) -> Crowd {
    let map = Sketch::new(
        geom::Meters(300.0),
        "
        a   b   c
        d   e   f
    ",
    )
    .node(
        "a",
        &[
            ("addr:street", "Ringstraße"),
            ("addr:housenumber", "1"),
            ("addr:city", "Neubrandenburg"),
        ],
    )
    .address("e", "Ringstraße", "2")
    .address("f", "Torweg", "7b");
    Crowd::around(&map.extract(), CrowdSize::of(2_000), seed)
}

#[test]
fn the_same_seed_gives_the_same_crowd_in_bounds_and_in_order() {
    let (a, b, other) = (crowd(7), crowd(7), crowd(8));
    assert_eq!(
        a.size(),
        CrowdSize {
            customers: 2_000,
            opportunities: 600,
            visits: 4_000
        }
    );
    let customers: Vec<Customer> = (0..2_000).map(|n| a.customer(n)).collect();
    assert!(
        customers
            .iter()
            .enumerate()
            .all(|(n, c)| *c == b.customer(n as u32))
    );
    assert!(
        customers
            .iter()
            .enumerate()
            .any(|(n, c)| *c != other.customer(n as u32))
    );
    assert!(customers.iter().all(|c| a.bounds.contains(c.place)));
    assert!(customers.windows(2).all(|w| w[0].joined <= w[1].joined));
    assert!(customers.iter().all(|c| (c.owner as usize) < a.patches().len()));
    let names: HashSet<&str> = customers.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names.len(), 2_000);
}

#[test]
fn visits_deals_and_changes_come_after_their_customer() {
    let crowd = crowd(7);
    let joined = |n: u32| crowd.customer(n).joined;
    let visits: Vec<Visit> = (0..4_000).map(|n| crowd.visit(n)).collect();
    assert!(visits.windows(2).all(|w| w[0].day <= w[1].day));
    assert!(
        visits.iter().all(|v| v.day >= joined(v.customer)),
        "nobody is seen before it came"
    );
    // One in fifty of 4,000.
    assert_eq!(visits.iter().filter(|v| v.day > DAYS).count(), 80);
    assert!(
        visits
            .iter()
            .filter(|v| v.day > DAYS)
            .all(|v| v.planned_before.is_some_and(|d| v.day - d <= DAYS))
    );
    let deals: Vec<Deal> = (0..600).map(|n| crowd.deal(n)).collect();
    assert!(
        deals
            .iter()
            .all(|d| d.day >= joined(d.customer) && d.moved.is_none_or(|m| m.1 > d.stage && m.1 <= 5))
    );
    let later: Vec<(u32, u16)> = (0..2_000).filter_map(|n| Some((n, crowd.later(n)?.0))).collect();
    assert!(
        (300..500).contains(&later.len()),
        "about one in five changes: {}",
        later.len()
    );
    assert!(later.iter().all(|&(n, day)| day > joined(n) && day <= DAYS));
}
