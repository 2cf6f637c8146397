//! Problems that are refused, with which words; and odd ones that are divided all the same.

mod world;

use geom::LngLat;
use territory::design::{Borders, DesignError, Lock, Price, Problem, Range, Seat, Settings, design, leave};
use world::{check, country};

#[test]
fn bad_input_is_named() {
    let refused = |change: &dyn Fn(&mut Problem)| {
        let mut problem = country(9, 40, 4);
        change(&mut problem);
        design(&problem, &Settings::default())
            .expect_err("refused")
            .to_string()
    };
    assert_eq!(
        refused(&|p| p.seats = vec![Seat::default(); 41]),
        "41 territories for 40 customers: ask for at most 40"
    );
    assert_eq!(
        refused(&|p| p.seats.clear()),
        "there is no territory to design; ask for at least one"
    );
    assert_eq!(
        refused(&|p| *p = Problem {
            seats: p.seats.clone(),
            ..Problem::default()
        }),
        "there are no customers to divide"
    );
    assert!(refused(&|p| p.places[3] = None).contains("1 customers have no place, the first is number 3"));
    assert!(
        refused(&|p| p.measures[0].values[5] = f64::NAN).contains("workload of customer number 5 is NaN")
    );
    assert!(refused(&|p| p.measures[0].values[5] = -1.0).contains("workload of customer number 5 is -1"));
    assert!(refused(&|p| p.measures[0].values.fill(0.0)).contains("the workload of all customers is 0"));
    assert!(
        refused(&|p| p.demands.locks.push(Lock { unit: 99, seat: 0 }))
            .contains("customer 99 does not exist; there are 40")
    );
    assert!(
        refused(&|p| p.demands.locks = vec![Lock { unit: 1, seat: 0 }, Lock { unit: 1, seat: 2 }])
            .contains("locked to two territories")
    );
    let lock_all = |p: &mut Problem| {
        p.demands.locks = (0..20).map(|unit| Lock { unit, seat: 1 }).collect();
        p.demands.ranges = vec![Range {
            measure: 0,
            seat: Some(1),
            low: 0.0,
            high: 5.0,
        }];
    };
    assert!(refused(&lock_all).contains("what is locked to it sums to"));
    let too_much = |p: &mut Problem| {
        p.demands.ranges = vec![Range {
            measure: 1,
            seat: None,
            low: 1e6,
            high: 2e6,
        }]
    };
    let words = refused(&too_much);
    assert!(
        words.starts_with("revenue from 1000000 to 2000000 for every territory cannot be met"),
        "{words}"
    );
    assert!(matches!(
        design(
            &country(9, 40, 4),
            &Settings {
                price: Price::AtMost(0.1),
                ..Settings::default()
            }
        ),
        Err(DesignError::NoCurrent(_))
    ));
}

#[test]
fn odd_input_is_divided_all_the_same() {
    let settings = Settings::default();
    let one = country(10, 50, 1);
    let plan = design(&one, &settings).expect("a plan");
    assert!(plan.assignment.iter().all(|s| *s == Some(0)));
    assert!(
        leave(
            &Problem {
                current: plan.assignment,
                ..one
            },
            0,
            &settings
        )
        .is_err()
    );

    let all = country(11, 12, 12);
    let plan = design(&all, &settings).expect("a plan");
    check(&all, &plan);

    // All workload in one customer: nothing can be balanced, and the plan says so.
    let mut heavy = country(12, 60, 5);
    heavy.measures[0].values.fill(0.0);
    heavy.measures[0].values[17] = 100.0;
    let plan = design(&heavy, &settings).expect("a plan");
    check(&heavy, &plan);
    assert!(!plan.unmet.is_empty() && plan.imbalance > 1.0);

    // Everybody at one place, and on a line.
    let mut same = country(13, 200, 6);
    same.places.fill(LngLat::new(9.0, 50.0).ok());
    check(&same, &design(&same, &settings).expect("a plan"));
    let mut line = country(14, 200, 6);
    line.places = (0..200)
        .map(|i| LngLat::new(9.0 + f64::from(i) * 0.01, 50.0).ok())
        .collect();
    let plan = design(&line, &settings).expect("a plan");
    check(&line, &plan);
    assert_eq!(Borders::around(&line, &plan).simplified().shapes().len(), 6);
}
