//! Hours on the road as people accepted to drive them: what other features compare estimates with.

use std::collections::HashMap;

use jiff::civil::Date;

use super::store;
use crate::App;
use crate::problem::Problem;

/// Hours of the cycle that was accepted last.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PlannedHours {
    /// First and last day.
    pub days: [String; 2],
    /// By user, in an average week of the cycle.
    pub drive_hours_a_week: HashMap<String, f64>,
}

/// `None`: no cycle was accepted yet.
pub(crate) async fn planned_hours(app: &App) -> Result<Option<PlannedHours>, Problem> {
    let all = store::list(app.store.db()).await?;
    let Some(last) = all.into_iter().find(|cycle| cycle.state == "accepted") else {
        return Ok(None);
    };
    let day = |text: &str| text.parse::<Date>().map_err(Problem::unexpected);
    let days = (day(&last.last_day)? - day(&last.first_day)?).get_days() + 1;
    let weeks = (f64::from(days) / 7.0).max(1.0 / 7.0);
    let people = last.body()?.people.into_iter();
    let planned = people.filter(|row| row.message.is_none() && row.met > 0);
    Ok(Some(PlannedHours {
        drive_hours_a_week: planned
            .map(|row| (row.user_id, row.drive_s as f64 / 3600.0 / weeks))
            .collect(),
        days: [last.first_day, last.last_day],
    }))
}
