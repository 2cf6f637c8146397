//! Two months of a small firm, made up.

use std::collections::BTreeSet;

use records::{Op, fields};
use serde_json::json;
use testkit::Dice;

use crate::test_world::{DAY, MONDAY, World, customer, square};

const STAGES: [(&str, &str, bool); 3] = [
    ("open", "Open", false),
    ("offer", "Offer", false),
    ("won", "Won", true),
];

/// Two months of a small firm: customers come, move, grow, and go; gives the moments to ask about.
pub(super) async fn two_months(world: &World, dice: &mut Dice) -> Vec<i64> {
    let mut ops: Vec<Op> = Vec::new();
    for (position, (id, name, closed)) in STAGES.into_iter().enumerate() {
        let values = fields([
            ("name", name.into()),
            ("position", position.into()),
            ("is_closed", closed.into()),
        ]);
        ops.push(Op::Create {
            type_name: "stage".into(),
            id: Some(id.into()),
            fields: values,
        });
    }
    world.write(ops).await;
    for (name, west) in [("West", 13.0), ("East", 13.25)] {
        let body = json!({ "name": name, "geometry": square(west, 53.3, west + 0.25, 53.7) });
        world.post("max", "/api/v1/territories/draw", body).await;
    }
    let mut alive: Vec<(String, String)> = Vec::new();
    let mut moments = Vec::new();
    for step in 0..12 {
        world.set_time(MONDAY + step * 5 * DAY);
        let mut new: Vec<Op> = Vec::new();
        for i in 0..12 {
            let (account, location) = (records::new_id(), records::new_id());
            let place = (dice.below(10) > 0).then(|| (dice.between(13.0, 13.6), dice.between(53.3, 53.8)));
            let mut more = json!({ "type": dice.pick(&["customer", "customer", "prospect", "partner"]) });
            for (field, choices) in [
                ("class", ["A", "B", "C"]),
                ("industry", ["Bakery", "Bank", "Bar"]),
                ("owner_id", ["rita", "rolf", "max"]),
            ] {
                if dice.below(5) > 0 {
                    more[field] = dice.pick(&choices).into();
                }
            }
            if dice.below(4) > 0 {
                more["annual_revenue"] = (dice.below(1_000_000) as i64).into();
            }
            new.extend(customer(
                &account,
                &location,
                &format!("C {step} {i}"),
                place,
                more,
            ));
            if dice.below(4) == 0 {
                // A second place, sometimes with a smaller id than the first.
                let second = fields([
                    ("account_id", account.as_str().into()),
                    ("lng", dice.between(13.0, 13.6).into()),
                    ("lat", dice.between(53.3, 53.8).into()),
                ]);
                let id = if dice.below(2) == 0 {
                    Some(format!("00000000{}", &records::new_id()[8..]))
                } else {
                    None
                };
                new.push(Op::Create {
                    type_name: "location".into(),
                    id,
                    fields: second,
                });
            }
            alive.push((account, location));
        }
        new.sort_by_key(|op| op.type_name().to_owned());
        world.write(new).await;
        let mut changes: Vec<Op> = Vec::new();
        let mut touched = BTreeSet::new();
        for _ in 0..40 {
            let (account, location) = alive[dice.below(alive.len() as u64) as usize].clone();
            if !touched.insert(account.clone()) {
                continue;
            }
            match dice.below(9) {
                0 | 6.. => changes.push(Op::update(
                    "account",
                    account,
                    fields([("annual_revenue", (dice.below(1_000_000) as i64).into())]),
                )),
                1 => changes.push(Op::update(
                    "account",
                    account,
                    fields([("type", "customer".into()), ("class", "A".into())]),
                )),
                2 => {
                    let to = fields([
                        ("lng", dice.between(13.0, 13.6).into()),
                        ("lat", dice.between(53.3, 53.8).into()),
                    ]);
                    changes.push(Op::update("location", location, to));
                }
                3 => {
                    let mut deal = fields([
                        ("name", "Deal".into()),
                        ("account_id", account.into()),
                        ("stage_id", dice.pick(&["open", "offer"]).into()),
                        ("amount", (dice.below(90_000) as i64).into()),
                    ]);
                    if dice.below(2) == 0 {
                        deal.insert("location_id".into(), location.into());
                    }
                    changes.push(Op::create("opportunity", deal));
                }
                4 => {
                    let at = MONDAY + step * 5 * DAY - dice.below(120) as i64 * DAY;
                    let visit = fields([
                        ("account_id", account.into()),
                        ("location_id", location.into()),
                        ("status", "done".into()),
                        ("check_in_at", at.into()),
                    ]);
                    changes.push(Op::create("visit", visit));
                }
                5 => {
                    alive.retain(|a| a.0 != account);
                    changes.push(Op::delete("account", account));
                }
            }
        }
        changes.sort_by_key(|op| op.type_name().to_owned());
        world.write(changes).await;
        moments.push(MONDAY + step * 5 * DAY + 2 * DAY);
    }
    moments
}
