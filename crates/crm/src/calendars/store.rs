//! Reading calendars and absences.

use std::collections::HashMap;

use jiff::civil::Date;
use records::{Comparison, Filter, Query, Store, Viewer};

use super::{Calendar, Home};
use crate::problem::Problem;

/// A rep's calendar, if one is on record.
pub(crate) async fn calendar_of(store: &Store, user: &str) -> Result<Option<Calendar>, Problem> {
    let query = Query::of("rep_calendar")
        .filter(Filter::eq("user_id", user))
        .limit(1);
    Ok(store
        .list(&Viewer::system(), &query)
        .await?
        .records
        .first()
        .map(Calendar::of))
}

/// Where these users live, as far as their calendars say so and the viewer may see them.
pub(crate) async fn homes(
    store: &Store,
    viewer: &Viewer,
    users: &[String],
) -> Result<HashMap<String, Home>, Problem> {
    let mut homes = HashMap::new();
    for chunk in users.chunks(Query::MAX_LIMIT as usize) {
        let query = Query::of("rep_calendar")
            .filter(Filter::one_of("user_id", chunk.iter().cloned()))
            .limit(Query::MAX_LIMIT);
        let page = store.list(viewer, &query).await?;
        homes.extend(page.records.iter().filter_map(|record| {
            let user = record.text("user_id")?.to_owned();
            Some((user, Calendar::of(record).home?))
        }));
    }
    Ok(homes)
}

/// Absences that touch a span of days: (first day, last day, reason).
pub(crate) async fn absences(
    store: &Store,
    user: &str,
    from: Date,
    to: Date,
) -> Result<Vec<(Date, Date, String)>, Problem> {
    let filter = Filter::eq("user_id", user)
        .and(Filter::compare("first_day", Comparison::AtMost, to.to_string()))
        .and(Filter::compare("last_day", Comparison::AtLeast, from.to_string()));
    let page = store
        .list(
            &Viewer::system(),
            &Query::of("absence").filter(filter).limit(Query::MAX_LIMIT),
        )
        .await?;
    let day = |record: &records::Record, name: &str| record.text(name).and_then(|d| d.parse::<Date>().ok());
    Ok(page
        .records
        .iter()
        .filter_map(|r| {
            Some((
                day(r, "first_day")?,
                day(r, "last_day")?,
                r.text("reason").unwrap_or("other").to_owned(),
            ))
        })
        .collect())
}
