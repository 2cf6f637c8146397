//! Customers come by import, most of them at the beginning; some come later, change, or leave.

use records::{Op, fields};
use serde_json::json;

use super::Stage;
use super::people::{People, create};
use super::random::Random;
use super::store::{self, Customer};
use super::words::{FAMILY_NAMES, GIVEN_NAMES, TITLES};
use crate::commands::import_file;
use crate::problem::Problem;
use crate::territories;

/// The list cut into the files that arrive one after the other: the share of rows that is known from the
/// beginning, then equal parts.
pub(super) fn files(customers: &[u8], later: usize) -> Result<Vec<Vec<u8>>, Problem> {
    let broken = |e: csv::Error| {
        Problem::bad(
            "customers",
            "bad-csv",
            format!("The demo's customer list cannot be read: {e}."),
        )
    };
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(customers);
    let header = reader.headers().map_err(broken)?.clone();
    let rows: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().map_err(broken)?;
    // Rows are dealt out evenly over the list, so that every part has all sorts.
    let part_of = |row: usize| {
        if row % 5 == 4 {
            1 + row / 5 % later.max(1)
        } else {
            0
        }
    };
    (0..=later)
        .map(|part| {
            let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
            writer.write_record(&header).map_err(broken)?;
            for (_, row) in rows
                .iter()
                .enumerate()
                .filter(|(number, _)| part_of(*number) == part)
            {
                writer.write_record(row).map_err(broken)?;
            }
            writer.into_inner().map_err(Problem::unexpected)
        })
        .collect()
}

/// Imports a file as the admin does, and lets assignments follow.
pub(super) async fn import(stage: &Stage, people: &People, name: &str, file: &[u8]) -> Result<(), Problem> {
    import_file(
        &stage.app,
        &people.admin,
        name,
        file,
        "skip",
        true,
        &mut |_, _| {},
    )
    .await?;
    territories::settle(stage.store()).await?;
    Ok(())
}

/// The account's owner becomes whoever works its place; places on no map go round the team. Customers named
/// `left` keep theirs.
pub(super) async fn hand_over(stage: &Stage, people: &People) -> Result<Vec<Customer>, Problem> {
    let mut customers = store::customers(stage.store().db()).await?;
    let owners = store::owners(stage.store().db(), stage.store().now()).await?;
    let mut ops = Vec::new();
    for (number, customer) in customers.iter_mut().enumerate() {
        let owner = match owners.get(&customer.location) {
            Some((_, user)) => user.clone(),
            None if customer.place.is_none() => people.reps[number % people.reps.len()].clone(),
            None => people.manager.clone(),
        };
        if customer.owner.as_ref() != Some(&owner) {
            ops.push(Op::update(
                "account",
                customer.account.clone(),
                fields([("owner_id", owner.clone().into())]),
            ));
            customer.owner = Some(owner);
        }
    }
    stage.write(&people.manager, "Owners by territory", ops).await?;
    Ok(customers)
}

/// A contact for most customers that have none.
pub(super) async fn meet(
    stage: &Stage,
    people: &People,
    customers: &[Customer],
    random: &mut Random,
) -> Result<(), Problem> {
    let mut ops = Vec::new();
    for customer in customers {
        if !random.chance(0.6) {
            continue;
        }
        let (given, family) = (*random.pick(&GIVEN_NAMES), *random.pick(&FAMILY_NAMES));
        let record = json!({
            "account_id": customer.account, "name": format!("{given} {family}"), "given_name": given, "family_name": family,
            "title": random.pick(&TITLES), "phone": format!("0395 {} {}", random.between(400, 999), random.between(1000, 9999)),
            "language": "de",
        });
        ops.push(create("contact", None, record));
    }
    stage.write(&people.admin, "Contacts", ops).await?;
    Ok(())
}

/// The books of a quarter: some sell more, some less.
pub(super) async fn close_books(
    stage: &Stage,
    people: &People,
    customers: &mut [Customer],
    random: &mut Random,
) -> Result<(), Problem> {
    let mut ops = Vec::new();
    for customer in customers.iter_mut().filter(|c| c.kind == "customer") {
        let Some(revenue) = customer.revenue.filter(|_| random.chance(0.3)) else {
            continue;
        };
        let grown = (revenue as f64 * (0.8 + 0.45 * random.unit()) / 100.0).round() as i64 * 100;
        customer.revenue = Some(grown);
        ops.push(Op::update(
            "account",
            customer.account.clone(),
            fields([("annual_revenue", grown.into())]),
        ));
    }
    stage.write(&people.admin, "Revenue of the quarter", ops).await?;
    Ok(())
}

/// A prospect buys for the first time.
pub(super) async fn win(
    stage: &Stage,
    customers: &mut [Customer],
    random: &mut Random,
) -> Result<(), Problem> {
    let prospects: Vec<usize> = (0..customers.len())
        .filter(|i| customers[*i].kind == "prospect" && customers[*i].owner.is_some())
        .collect();
    if prospects.is_empty() {
        return Ok(());
    }
    let customer = &mut customers[*random.pick(&prospects)];
    customer.kind = "customer".into();
    let op = Op::update(
        "account",
        customer.account.clone(),
        fields([("type", "customer".into())]),
    );
    let owner = customer.owner.clone().unwrap_or_default();
    stage
        .write(&owner, &format!("{} is a customer now", customer.name), vec![op])
        .await?;
    Ok(())
}

/// A C customer closes its doors, or a prospect moves away and is deleted.
pub(super) async fn lose(
    stage: &Stage,
    people: &People,
    customers: &mut Vec<Customer>,
    random: &mut Random,
) -> Result<(), Problem> {
    let gone = random.chance(0.4);
    let kind = if gone { "prospect" } else { "customer" };
    let of_kind: Vec<usize> = (0..customers.len())
        .filter(|i| customers[*i].kind == kind && customers[*i].class == "C")
        .collect();
    if of_kind.is_empty() {
        return Ok(());
    }
    let customer = customers.remove(*random.pick(&of_kind));
    let ops = if gone {
        vec![
            Op::delete("location", customer.location),
            Op::delete("account", customer.account),
        ]
    } else {
        vec![
            Op::update("account", customer.account, fields([("status", "closed".into())])),
            Op::update("location", customer.location, fields([("active", false.into())])),
        ]
    };
    let label = if gone {
        format!("{} moved away", customer.name)
    } else {
        format!("{} has closed", customer.name)
    };
    stage.write(&people.manager, &label, ops).await?;
    Ok(())
}
