//! The people of the demo: who signs in, who works where and when.

use geom::LngLat;
use jiff::ToSpan as _;
use records::{Op, fields};
use serde_json::{Value, json};

use super::store::Customer;
use super::{Stage, author};
use crate::calendars::{WEEKDAYS, weekday_index};
use crate::problem::Problem;
use crate::sessions::set_password;
use crate::users::DEMO_PASSWORD;

/// Name, e-mail address, role. The first four sign in on the page.
const PEOPLE: [(&str, &str, &str); 7] = [
    ("Mona Brandt", "manager@demo.example", "manager"),
    ("Anna Kern", "rep@demo.example", "rep"),
    ("Lena Haas", "analyst@demo.example", "analyst"),
    ("Max Winter", "admin@demo.example", "admin"),
    ("Ben Roth", "ben@demo.example", "rep"),
    ("Carla Vogt", "carla@demo.example", "rep"),
    ("David Lenz", "david@demo.example", "rep"),
];

/// Everybody by id.
pub(super) struct People {
    pub manager: String,
    pub admin: String,
    /// The four reps; the first is the one who signs in.
    pub reps: Vec<String>,
}

/// Makes team and people, with their password.
pub(super) async fn hire(stage: &Stage) -> Result<People, Problem> {
    let team = records::new_id();
    let mut ops = vec![Op::Create {
        type_name: "team".into(),
        id: Some(team.clone()),
        fields: fields([("name", "Field team".into())]),
    }];
    let ids: Vec<String> = PEOPLE.iter().map(|_| records::new_id()).collect();
    for ((name, email, role), id) in PEOPLE.iter().zip(&ids) {
        let mut user = fields([
            ("name", (*name).into()),
            ("email", (*email).into()),
            ("role", (*role).into()),
            ("language", "en".into()),
            ("active", true.into()),
        ]);
        if matches!(*role, "rep" | "manager") {
            user.insert("team_id".into(), team.clone().into());
        }
        ops.push(Op::Create {
            type_name: "user".into(),
            id: Some(id.clone()),
            fields: user,
        });
    }
    stage
        .store()
        .write(&records::Author::system("demo", "The team"), ops)
        .await?;
    for id in &ids {
        set_password(stage.store().db(), id, DEMO_PASSWORD, stage.store().now()).await?;
    }
    let of = |role: &str| -> Vec<String> {
        PEOPLE
            .iter()
            .zip(&ids)
            .filter(|(p, _)| p.2 == role)
            .map(|(_, id)| id.clone())
            .collect()
    };
    let one = |role: &str| of(role).into_iter().next().unwrap_or_default();
    Ok(People {
        manager: one("manager"),
        admin: one("admin"),
        reps: of("rep"),
    })
}

/// Sales stages, visit rhythms.
pub(super) async fn set_up(stage: &Stage, people: &People) -> Result<Vec<String>, Problem> {
    let stages: [(&str, i64, bool, bool); 6] = [
        ("Qualified", 10, false, false),
        ("Needs known", 25, false, false),
        ("Offer", 50, false, false),
        ("Negotiation", 75, false, false),
        ("Won", 100, true, true),
        ("Lost", 0, false, true),
    ];
    let ids: Vec<String> = stages.iter().map(|_| records::new_id()).collect();
    let mut ops: Vec<Op> = Vec::new();
    for ((position, (name, probability, is_won, is_closed)), id) in stages.iter().enumerate().zip(&ids) {
        let record = json!({
            "name": name, "position": position + 1, "probability": probability, "is_won": is_won, "is_closed": is_closed,
        });
        ops.push(create("stage", Some(id.clone()), record));
    }
    for (class, days, minutes) in [("A", 14, 45), ("B", 28, 30), ("C", 56, 20)] {
        let record = json!({ "class": class, "days": days, "duration_minutes": minutes });
        ops.push(create("visit_frequency", None, record));
    }
    stage
        .write(&people.admin, "Stages and visit rhythms", ops)
        .await?;
    Ok(ids)
}

/// Homes on real streets in the middle of each rep's quarter of the customers, working hours, and time off.
pub(super) async fn settle_in(
    stage: &Stage,
    people: &People,
    quarters: &[Vec<Customer>],
) -> Result<(), Problem> {
    let atlas = stage.atlas()?;
    let mut shifts = serde_json::Map::new();
    for (day, name) in WEEKDAYS.iter().enumerate() {
        let shift = match day {
            0..=3 => json!(["08:00", "16:30"]),
            4 => json!(["08:00", "15:00"]),
            _ => Value::Null,
        };
        shifts.insert((*name).to_owned(), shift);
    }
    // Whoever looks at the demo on a weekend finds a day that can be planned.
    let today = weekday_index(stage.today.weekday());
    if today > 4 {
        shifts.insert(WEEKDAYS[today].to_owned(), json!(["09:00", "15:00"]));
    }
    let mut ops = Vec::new();
    for (rep, quarter) in people.reps.iter().zip(quarters) {
        let Some(middle) = middle(quarter) else { continue };
        let home = atlas.geocoder().reverse(middle);
        let (place, label) = home.map_or((middle, "Home".to_owned()), |home| (home.point, home.label));
        let record = json!({
            "user_id": rep, "time_zone": stage.app.settings.zone.name(), "shifts": shifts, "lunch_minutes": 30,
            "holidays": "DE", "lunch_from": "11:30", "lunch_to": "13:30", "home_label": label, "lng": place.lng(), "lat": place.lat(),
        });
        ops.push(create("rep_calendar", None, record));
    }
    stage
        .store()
        .write(&author(&people.manager, "Working hours"), ops)
        .await?;
    Ok(())
}

/// The days on which a rep is away, as numbers of days: two weeks each summer, and for the one who signs in two
/// weeks that ended a few days ago.
pub(super) fn away(rep: usize, days: i64) -> Vec<(i64, i64)> {
    let summer = 60 + 21 * rep as i64;
    let mut spans = vec![(summer, summer + 13), (summer + 365, summer + 378)];
    if rep == 0 {
        spans.push((days - 18, days - 5));
    }
    spans
}

/// Absences on record.
pub(super) async fn take_leave(stage: &Stage, people: &People, days: i64) -> Result<(), Problem> {
    let mut ops = Vec::new();
    for (number, rep) in people.reps.iter().enumerate() {
        for (first, last) in away(number, days) {
            let record = json!({
                "user_id": rep, "first_day": stage.day(first).to_string(), "last_day": stage.day(last).to_string(),
                "reason": "vacation",
            });
            ops.push(create("absence", None, record));
        }
    }
    // And one ahead, so that the calendar shows it.
    if let Some(rep) = people.reps.get(1) {
        let first = stage.today.saturating_add(20.days());
        let record = json!({
            "user_id": rep, "first_day": first.to_string(), "last_day": first.saturating_add(4.days()).to_string(),
            "reason": "training",
        });
        ops.push(create("absence", None, record));
    }
    stage.write(&people.manager, "Time off", ops).await?;
    Ok(())
}

/// The customer in the middle of some, by both coordinates.
fn middle(customers: &[Customer]) -> Option<LngLat> {
    let mut lng: Vec<f64> = customers
        .iter()
        .filter_map(|c| c.place)
        .map(LngLat::lng)
        .collect();
    let mut lat: Vec<f64> = customers
        .iter()
        .filter_map(|c| c.place)
        .map(LngLat::lat)
        .collect();
    lng.sort_by(f64::total_cmp);
    lat.sort_by(f64::total_cmp);
    LngLat::new(*lng.get(lng.len() / 2)?, *lat.get(lat.len() / 2)?).ok()
}

pub(super) fn create(type_name: &str, id: Option<String>, record: Value) -> Op {
    Op::Create {
        type_name: type_name.to_owned(),
        id,
        fields: record.as_object().cloned().unwrap_or_default(),
    }
}
