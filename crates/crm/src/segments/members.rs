//! Members of a segment as lists, pages and points on the map.

use std::collections::BTreeMap;
use std::sync::Arc;

use points::{Found, RowId};
use records::{At, Filter, Query};
use serde::Serialize;
use utoipa::ToSchema;

use super::ask::Members;
use super::definition::Subject;
use crate::App;
use crate::live::{State, accounts_of, customer_rows, id_text, sort_page};
use crate::problem::Problem;
use crate::sessions::Signed;

/// Somebody in a segment.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct SegmentRow {
    /// account, contact or lead.
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub id: String,
    pub name: String,
    /// Street and town, or the firm.
    pub detail: String,
    pub account_id: Option<String>,
    pub location_id: Option<String>,
    pub class: Option<String>,
    pub territory_name: Option<String>,
    /// Minor units, of 12 months.
    pub revenue: Option<i64>,
    /// Milliseconds since 1970.
    pub last_visit: Option<i64>,
    pub lng: Option<f64>,
    pub lat: Option<f64>,
}

impl Members {
    /// Customers, contacts or leads.
    pub fn count(&self) -> usize {
        match self.subject {
            Subject::Account => self.places.len(),
            Subject::Contact | Subject::Lead => self.ids.len(),
        }
    }

    /// Ids of customers with their place, in the order of the customers' ids; of a segment of customers.
    pub async fn customers(&self, app: &App) -> Result<BTreeMap<String, String>, Problem> {
        let ids: Vec<String> = self.places.iter().map(|id| id_text(*id)).collect();
        Ok(accounts_of(app, &ids)
            .await?
            .into_iter()
            .map(|(place, account)| (account, place))
            .collect())
    }

    /// Ids of contacts or leads, in order.
    pub fn people(&self) -> &[String] {
        &self.ids
    }

    /// The index that was asked.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Places on the map, at most `limit`: longitude, latitude. Leads and contacts have none here.
    pub fn points(&self, limit: usize) -> Vec<[f64; 2]> {
        let rows = self.places.iter().filter_map(|id| self.state.index.get(*id));
        let placed = rows.filter_map(|row| row.place());
        placed.take(limit).map(|p| [p.lng(), p.lat()]).collect()
    }

    /// A page of members by name, and whether there are more.
    pub async fn page(
        &self,
        app: &App,
        signed: &Signed,
        skip: usize,
        limit: usize,
    ) -> Result<(Vec<SegmentRow>, bool), Problem> {
        if self.subject == Subject::Account {
            let state = Arc::clone(&self.state);
            let ids = self.places.clone();
            let page: Vec<RowId> = tokio::task::spawn_blocking(move || {
                let mut found: Vec<Found<'_>> = ids.iter().filter_map(|id| state.index.get(*id)).collect();
                sort_page(&mut found, "name", skip.saturating_add(limit))?;
                Ok::<_, Problem>(found.iter().skip(skip).take(limit).map(Found::id).collect())
            })
            .await
            .map_err(Problem::unexpected)??;
            let found: Vec<Found<'_>> = page.iter().filter_map(|id| self.state.index.get(*id)).collect();
            let rows = customer_rows(app, &self.state, &found).await?;
            let more = skip.saturating_add(rows.len()) < self.places.len();
            let rows = rows.into_iter().map(|row| SegmentRow {
                kind: "account",
                id: row.account_id.clone(),
                name: row.name,
                detail: [row.street, row.city.unwrap_or_default()]
                    .into_iter()
                    .filter(|t| !t.is_empty())
                    .collect::<Vec<_>>()
                    .join(", "),
                account_id: Some(row.account_id),
                location_id: Some(row.location_id),
                class: row.class,
                territory_name: row.territory_name,
                revenue: row.revenue,
                last_visit: row.last_visit,
                lng: row.lng,
                lat: row.lat,
            });
            return Ok((rows.collect(), more));
        }
        // By name among the first hundred thousand: nobody turns more pages.
        let some: Vec<String> = self.ids.iter().take(Filter::MAX_LIST).cloned().collect();
        let wanted = skip.saturating_add(limit);
        let mut query = Query::of(self.subject.as_str())
            .filter(Filter::in_ids(some))
            .sort("name", false)
            .limit(
                u32::try_from(wanted)
                    .unwrap_or(u32::MAX)
                    .clamp(1, Query::MAX_LIMIT),
            )
            .at(self.as_of.map_or(At::PRESENT, At::as_of));
        let mut found = Vec::new();
        while found.len() < wanted {
            let page = app.store.list(&signed.viewer, &query).await?;
            found.extend(page.records);
            match page.next_cursor {
                Some(cursor) => query = query.cursor(Some(cursor)),
                None => break,
            }
        }
        let kind = self.subject.as_str();
        let rows = found.iter().skip(skip).take(limit).map(|r| {
            let place = r.place();
            SegmentRow {
                kind,
                id: r.id.clone(),
                name: r.text("name").unwrap_or_default().to_owned(),
                detail: r
                    .text("company")
                    .or(r.text("title"))
                    .unwrap_or_default()
                    .to_owned(),
                account_id: r.text("account_id").map(str::to_owned),
                location_id: None,
                class: None,
                territory_name: None,
                revenue: None,
                last_visit: None,
                lng: place.map(geom::LngLat::lng),
                lat: place.map(geom::LngLat::lat),
            }
        });
        Ok((rows.collect(), wanted < self.ids.len()))
    }
}
