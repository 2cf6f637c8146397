//! Customers, visits, territories, plans, imports: the features, on declared records, over HTTP.
//!
//! Each folder is a feature: what it keeps on record (`*.toml`), its rules, its own SQL, its routes. This
//! crate knows HTTP and SQL; it does not know the command line, and it opens no files but those that lie with records
//! and those it lays down for an ERP.

mod app;
mod catalog;
mod channels;
mod problem;
mod queue;
mod rejections;
mod time;

mod sales;
mod service;
mod services;
mod sessions;
mod sharing;
mod spreadsheet;
mod users;

mod crud;
mod duplicates;
mod erp;
mod events;
mod files;
mod forms;
mod jobs;
mod leads;
mod live;
mod mails;
mod maps;
mod mileage;

mod accounts;
mod additions;
mod calendars;
mod campaigns;
mod collaboration;
mod consent;
mod cycles;
mod exports;
mod imports;
mod locations;
mod ogc;
mod opportunities;
mod places;
mod plans;
mod privacy;
mod regions;
mod scenarios;
mod segments;
pub mod territories;
mod visits;
mod webhooks;
mod xml;

mod demo;

mod api;
mod commands;

#[cfg(test)]
mod catalog_tests;
#[cfg(test)]
mod testing;

#[cfg(test)]
mod test_world;

use std::sync::Arc;

pub use api::{openapi, router};
pub use app::{App, Settings};
pub use catalog::{catalog, rules};
pub use channels::Channels;
pub use commands::{gunzip, import_file, parse_moment, report_metrics};
pub use demo::seed_demo;
pub use live::{Shelf, Stored};
pub use mail::{Address as MailAddress, Secret, Server as MailServer, Tls};
pub use plans::plan_text;
pub use problem::{Problem, ProblemFault};
pub use sessions::{create_token, set_password};
pub use time::Zone;
pub use users::{DEMO_EMAILS, DEMO_PASSWORD, Role};

/// What handlers share.
pub(crate) type Shared = Arc<App>;
