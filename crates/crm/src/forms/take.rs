//! What was sent becomes a lead or a case, and is kept as it was sent.

use std::collections::BTreeMap;
use std::sync::Arc;

use records::{Author, Error, Op, Record, Viewer, fields, on_db};
use serde_json::{Map, Value, json};

use super::page::CONSENT;
use super::{Asked, may_ask};
use crate::App;
use crate::leads;
use crate::problem::Problem;
use crate::service::{self, Sender};

/// Pages are remembered for so long after they were sent; longer than a page is good.
const REMEMBERED: i64 = 2 * 86_400_000;

/// Takes a page's number; false when it was sent before.
pub(super) async fn take_page(app: &App, number: &str) -> Result<bool, Problem> {
    let (db, now) = (app.store.db(), app.store.now().0);
    const SWEEP: &str = "delete from form_pages where at < $1";
    on_db!(write db, pool => sqlx::query(SWEEP).bind(now - REMEMBERED).execute(pool).await.map(|_| ()))
        .map_err(Error::from)?;
    const TAKE: &str = "insert into form_pages (number, at) values ($1, $2) on conflict (number) do nothing";
    let rows = on_db!(write db, pool => sqlx::query(TAKE).bind(number).bind(now).execute(pool).await.map(|r| r.rows_affected()))
        .map_err(Error::from)?;
    Ok(rows > 0)
}

/// Gives a page's number back: what was on it could not be taken.
pub(super) async fn give_back(app: &App, number: &str) -> Result<(), Problem> {
    const SQL: &str = "delete from form_pages where number = $1";
    on_db!(write app.store.db(), pool => sqlx::query(SQL).bind(number).execute(pool).await.map(|_| ()))
        .map_err(Error::from)?;
    Ok(())
}

/// Puts on record what was sent; gives the change set.
///
/// # Errors
/// What the records find wrong with it, by field.
pub(super) async fn take(
    app: &Arc<App>,
    form: &Record,
    asked: &[Asked],
    given: &BTreeMap<String, String>,
) -> Result<String, Problem> {
    let name = form.text("name").unwrap_or_default();
    let is_case = form.text("target") == Some("case");
    let mut sent = Map::new();
    for field in asked
        .iter()
        .filter(|f| may_ask(form.text("target").unwrap_or_default(), &f.name))
    {
        if let Some(value) = given.get(&field.name).map(|v| v.trim()).filter(|v| !v.is_empty()) {
            sent.insert(field.name.clone(), value.into());
        }
    }
    let record_id = records::new_id();
    let main = if is_case {
        case(app, form, &record_id, &sent).await?
    } else {
        lead(app, name, &sent).await?
    };
    let main_id = match &main {
        Op::Create { id: Some(id), .. } => id.clone(),
        _ => return Err(Problem::unexpected("what a form makes has an id")),
    };
    let entry = fields([
        ("form_id", form.id.as_str().into()),
        ("form_name", name.into()),
        ("submitted_at", app.store.now().0.into()),
        ("given", Value::Object(sent)),
        (if is_case { "case_id" } else { "lead_id" }, main_id.into()),
        ("consent", given.contains_key(CONSENT).into()),
        ("consent_text", form.text("consent_text").into()),
        ("purpose", form.text("purpose").into()),
    ]);
    let author = Author::system("form", format!("Form {name}"));
    let written = app
        .store
        .write(&author, vec![main, Op::create("form_submission", entry)])
        .await?;
    app.live.wait_for(written.last_seq).await;
    Ok(written.change_set)
}

async fn lead(app: &Arc<App>, form: &str, sent: &Map<String, Value>) -> Result<Op, Problem> {
    let mut values = Map::new();
    let mut custom = Map::new();
    for (name, value) in sent {
        match name.strip_prefix("custom.") {
            Some(own) => {
                custom.insert(own.to_owned(), value.clone());
            }
            None if name == "employees" => {
                let number = value.as_str().and_then(|v| v.parse::<i64>().ok());
                let number = number
                    .ok_or_else(|| Problem::bad("/employees", "not-a-number", "This is no whole number."))?;
                values.insert(name.clone(), number.into());
            }
            None => {
                values.insert(name.clone(), value.clone());
            }
        }
    }
    if !custom.is_empty() {
        values.insert("custom".into(), Value::Object(custom));
    }
    values.insert(
        "source".into(),
        mail::header_text(&format!("web form {form}"), 120).into(),
    );
    leads::looked_at(app, &Viewer::system(), values).await
}

async fn case(app: &App, form: &Record, id: &str, sent: &Map<String, Value>) -> Result<Op, Problem> {
    let text = |name: &str| sent.get(name).and_then(Value::as_str).map(str::to_owned);
    let sender = Sender {
        email: text("email"),
        phone: text("phone"),
    };
    // Who asks stands in the case: they need not be on record.
    let who: Vec<String> = ["name", "email", "phone"]
        .iter()
        .filter_map(|n| text(n))
        .collect();
    let mut description = text("description").unwrap_or_default();
    if !who.is_empty() {
        description = format!("{description}\n\n{}", who.join(", ")).trim().to_owned();
    }
    let subject = text("subject").or_else(|| form.text("title").map(str::to_owned));
    let subject = subject
        .or_else(|| form.text("name").map(str::to_owned))
        .unwrap_or_default();
    let Value::Object(mut values) = json!({
        "subject": mail::header_text(&subject, 300), "description": description, "channel": "web",
    }) else {
        return Err(Problem::unexpected("an object is an object"));
    };
    for (name, value) in [
        ("kind", text("kind")),
        ("queue_id", form.text("queue_id").map(str::to_owned)),
    ] {
        if let Some(value) = value {
            values.insert(name.into(), value.into());
        }
    }
    let values = service::filled_in(app, &sender, values).await?;
    // The faults of the case's own fields are told before anything is written.
    app.store
        .validate(&Viewer::system(), "case", None, values.clone())?;
    Ok(Op::Create {
        type_name: "case".into(),
        id: Some(id.to_owned()),
        fields: values,
    })
}
