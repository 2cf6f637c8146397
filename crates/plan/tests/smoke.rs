//! One day by hand.

use std::ops::ControlFlow;

use plan::{
    DenseTimes, Lunch, Options, PlaceId, Problem, Slot, Span, TimeOfDay, Visit, Window, Windows, solve,
};

#[test]
fn a_day_with_lunch() {
    // Home 0 and four customers on a line, ten minutes apart.
    let n = 5;
    let seconds = (0..n * n).map(|i| (i / n).abs_diff(i % n) as u32 * 600).collect();
    let meters = (0..n * n)
        .map(|i| (i / n).abs_diff(i % n) as u32 * 10_000)
        .collect();
    let times = DenseTimes::new(n, seconds, meters).unwrap();
    let hours = Window::new(TimeOfDay::hm(8, 0), TimeOfDay::hm(16, 0));
    let mut slot = Slot::new(1, 0, PlaceId(0), hours);
    slot.lunch = Some(Lunch {
        length: Span::minutes(30),
        within: Window::new(TimeOfDay::hm(11, 30), TimeOfDay::hm(13, 30)),
    });
    let mut visits: Vec<Visit> = (1..5)
        .map(|p| Visit::new(PlaceId(p), Span::minutes(60)))
        .collect();
    visits[0].windows = Windows::Daily(vec![Window::new(TimeOfDay::hm(13, 0), TimeOfDay::hm(15, 0))]);
    visits.push(Visit::new(PlaceId(3), Span::minutes(300)));
    let problem = Problem::new(vec![slot], visits, &times).unwrap();
    let plan = solve(&problem, &Options::default(), &mut |_| ControlFlow::Continue(()));
    println!("{}", serde_json::to_string_pretty(&plan).unwrap());
    assert_eq!(plan.routes[0].stops.len(), 4);
    assert_eq!(plan.left_out.len(), 1);
    // Out to the fourth and back: 8 legs of 600 s.
    assert_eq!(plan.routes[0].drive.time, Span(4800));
}
