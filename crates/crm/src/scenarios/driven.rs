//! Hours on the road as they were planned: of the newest cycle that was accepted, by rep.

use std::collections::HashMap;

use records::{Error, on_db};
use serde::Deserialize;

use super::figures::owners;
use crate::App;
use crate::problem::Problem;
use crate::territories::{Layout, Standing};

/// Hours a week on the road, by user.
#[derive(Clone, Debug, Default)]
pub(super) struct Driven(HashMap<String, f64>);

/// What of a cycle's plan is looked at.
#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    people: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    user_id: String,
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    drive_s: i64,
}

impl Driven {
    /// Reads the newest accepted cycle; without one the newest that is ready.
    pub async fn load(app: &App) -> Result<Self, Problem> {
        const SQL: &str = "select first_day, last_day, body from cycles where state in ('accepted', 'ready') \
                           and parent_id is null and body is not null order by state, created_at desc, id desc limit 1";
        let row: Option<(String, String, String)> =
            on_db!(read app.store.db(), pool => sqlx::query_as(SQL).fetch_optional(pool).await)
                .map_err(Error::from)?;
        let Some((first, last, body)) = row else {
            return Ok(Self::default());
        };
        let day = |text: &str| text.parse::<jiff::civil::Date>().map_err(Problem::unexpected);
        let days = (day(&last)? - day(&first)?).get_days() + 1;
        let weeks = f64::from(days.max(1)) / 7.0;
        let body: Body = serde_json::from_str(&body).map_err(Problem::unexpected)?;
        let hours = |row: Row| {
            let planned = row.message.is_none();
            planned.then(|| (row.user_id, row.drive_s as f64 / 3600.0 / weeks))
        };
        Ok(Self(body.people.into_iter().filter_map(hours).collect()))
    }

    /// Hours a week for a territory: known where one rep owns it alone, and nothing else.
    pub fn hours(&self, layout: &Layout, standing: &Standing) -> Option<f64> {
        let [owner] = owners(standing)[..] else {
            return None;
        };
        let others = layout
            .territories
            .iter()
            .any(|t| t.id() != standing.id() && owners(t).contains(&owner));
        if others {
            return None;
        }
        self.0.get(owner).copied()
    }
}
