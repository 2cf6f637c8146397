//! What every request needs: the records, the map, the live index, the clock.

use std::sync::{Arc, RwLock};

use atlas::Atlas;
use records::Store;
use roads::Metrics;
use tokio::sync::broadcast;

use crate::accounts::Titles;
use crate::channels::{Channels, Doors};
use crate::cycles::KeptWeeks;
use crate::jobs::Jobs;
use crate::live::{Live, Shelf};
use crate::problem::Problem;
use crate::scenarios::Scenarios;
use crate::territories::Territories;
use crate::time::Zone;

/// Costs of roads kept for requests to come; each takes about as much memory as the map's own.
const METRICS_KEPT: usize = 8;

/// Settings that the features read.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The organisation's time zone: local dates become instants in it.
    pub zone: Zone,
    /// ISO 4217 code of the organisation's currency.
    pub currency: String,
    /// Who sells, on quotes and orders: name and address by lines; empty where it is not said.
    pub organisation: String,
    /// Where the server is reached from outside, for calendar addresses; no slash at the end.
    pub public_url: Option<String>,
    /// Routes, tables and addresses in other programs' forms are answered without a sign-in.
    pub open_services: bool,
    /// The password of the demo's four sign-ins; `None` outside the demo.
    pub demo_password: Option<String>,
    /// Mail, files, other programs: what enters and leaves beside the API.
    pub channels: Channels,
}

/// What is told to browsers as it happens.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    /// A job's row changed.
    Job(crate::jobs::Job),
    /// Somebody's telephone rings.
    Call {
        user_id: String,
        call: crate::service::IncomingCall,
    },
    /// Somebody has something new to read.
    Notified { user_id: String },
}

/// Shared by all handlers and workers.
pub struct App {
    pub(crate) store: Store,
    pub(crate) settings: Settings,
    pub(crate) live: Arc<Live>,
    pub(crate) territories: Territories,
    pub(crate) scenarios: Scenarios,
    pub(crate) titles: Titles,
    /// Weeks that were planned to see what they would cost.
    pub(crate) priced: KeptWeeks,
    pub(crate) jobs: Jobs,
    pub(crate) doors: Doors,
    pub(crate) events: broadcast::Sender<Event>,
    /// What the roads cost for requests that avoid some of them.
    pub(crate) metrics: Metrics,
    /// The links of campaigns.
    pub(crate) links: crate::campaigns::Links,
    /// Places that are shared by rule.
    pub(crate) shared_places: crate::live::SharedPlaces,
    /// Drive-time areas that were worked out.
    pub(crate) reaches: crate::places::Reaches,
    atlas: RwLock<Option<Arc<Atlas>>>,
}

impl App {
    /// As [`App::start_with`], keeping nothing for the next start.
    pub async fn start(
        store: Store,
        settings: Settings,
        atlas: Option<Arc<Atlas>>,
    ) -> Result<Arc<Self>, records::Error> {
        Self::start_with(store, settings, atlas, None).await
    }

    /// Puts the parts together and builds the live index, or takes it up from the shelf. Without an atlas
    /// everything works but what needs a map, which then says so.
    pub async fn start_with(
        store: Store,
        settings: Settings,
        atlas: Option<Arc<Atlas>>,
        shelf: Option<Arc<dyn Shelf>>,
    ) -> Result<Arc<Self>, records::Error> {
        crate::additions::adopt_declared(&store).await?;
        let live = Live::start(store.clone(), settings.zone.clone(), shelf).await?;
        let (events, _) = broadcast::channel(256);
        let jobs = Jobs::new();
        Ok(Arc::new(Self {
            store,
            settings,
            live,
            territories: Territories::default(),
            scenarios: Scenarios::default(),
            titles: Titles::default(),
            priced: KeptWeeks::default(),
            jobs,
            doors: Doors::default(),
            events,
            metrics: Metrics::new(METRICS_KEPT),
            links: crate::campaigns::Links::default(),
            shared_places: crate::live::SharedPlaces::default(),
            reaches: crate::places::Reaches::default(),
            atlas: RwLock::new(atlas),
        }))
    }

    /// The records.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The map in use, if one is loaded.
    #[must_use]
    pub fn atlas(&self) -> Option<Arc<Atlas>> {
        self.atlas
            .read()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .clone()
    }

    /// The map in use, or the answer that there is none.
    pub(crate) fn map(&self) -> Result<Arc<Atlas>, Problem> {
        self.atlas().ok_or_else(|| {
            Problem::new(
                axum::http::StatusCode::SERVICE_UNAVAILABLE,
                "no-map",
                "No map pack is loaded. Build one with `bailiwick map build region.osm.pbf` and start with `--map region.pack`.",
            )
        })
    }

    /// Swaps the map; requests under way keep the one they began with.
    pub fn set_atlas(&self, atlas: Arc<Atlas>) {
        *self
            .atlas
            .write()
            .unwrap_or_else(std::sync::PoisonError::into_inner) = Some(atlas);
    }

    /// Starts what runs beside the requests: following the feed, and working off jobs.
    pub fn spawn_background(self: &Arc<Self>, with_workers: bool) -> Vec<tokio::task::JoinHandle<()>> {
        let mut tasks = vec![
            tokio::spawn(self.live.clone().follow()),
            tokio::spawn(crate::territories::follow(self.clone())),
            tokio::spawn(crate::scenarios::follow(self.clone())),
            tokio::spawn(crate::accounts::read_titles(self.clone())),
            tokio::spawn(crate::additions::follow(self.clone())),
        ];
        if with_workers {
            tasks.push(tokio::spawn(crate::jobs::work(self.clone())));
            tasks.push(tokio::spawn(crate::places::follow(self.clone())));
            tasks.push(tokio::spawn(crate::service::follow(self.clone())));
            tasks.push(tokio::spawn(crate::collaboration::follow(self.clone())));
            tasks.push(tokio::spawn(crate::mails::fetch(self.clone())));
            tasks.push(tokio::spawn(crate::mails::send(self.clone())));
            tasks.push(tokio::spawn(crate::campaigns::follow(self.clone())));
            tasks.push(tokio::spawn(crate::webhooks::follow(self.clone())));
            tasks.push(tokio::spawn(crate::webhooks::deliver(self.clone())));
            tasks.push(tokio::spawn(crate::erp::follow(self.clone())));
        }
        tasks
    }
}
