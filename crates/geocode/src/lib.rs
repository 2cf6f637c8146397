//! Where is this address; what is here?
//!
//! [`build`] reads addresses, streets, towns, postcodes and places of interest out of an extract and
//! packs them into flat sections; [`Geocoder::open`] answers from them without parsing anything.

mod face;

use std::sync::Arc;

use geom::LngLat;

pub use face::{Answer, BuildProgress, Fields, Hit, Level, Match, Request, Reverse, Status};

/// Builds the geocoder's sections, named `geocode/…`. Same extract, same bytes.
#[must_use]
pub fn build(extract: &osm::Extract, progress: &mut dyn FnMut(BuildProgress)) -> Vec<pack::Section> {
    let _ = extract;
    progress(BuildProgress {
        pass: "write",
        number: 1,
        of: 1,
    });
    Vec::new()
}

/// An open index. Cheap to share between threads.
#[derive(Debug, Clone)]
pub struct Geocoder {
    pack: Arc<pack::Pack>,
}

impl Geocoder {
    /// Opens the geocoder's sections of a pack; refuses damaged ones by name.
    pub fn open(pack: Arc<pack::Pack>) -> Result<Self, pack::OpenError> {
        Ok(Self { pack })
    }

    /// Looks an address up.
    #[must_use]
    pub fn search(&self, request: &Request<'_>) -> Answer {
        let _ = (request, &self.pack);
        Answer {
            status: Status::Failed,
            hits: Vec::new(),
            ambiguous: false,
            why: String::from("The index is empty."),
        }
    }

    /// Looks many addresses up on all cores. Answers are in the order of the requests and the same as
    /// [`Geocoder::search`] gives one by one.
    #[must_use]
    pub fn batch(&self, requests: &[Request<'_>]) -> Vec<Answer> {
        use rayon::prelude::*;
        requests.par_iter().map(|r| self.search(r)).collect()
    }

    /// Completes what is being typed: at most `limit` (1..=20) places whose name begins so, those near
    /// `bias` first.
    #[must_use]
    pub fn autocomplete(&self, text: &str, bias: Option<LngLat>, limit: usize) -> Vec<Hit> {
        let _ = (text, bias, limit);
        Vec::new()
    }

    /// What is at a point: the nearest house within 100 m, else the nearest street within 500 m, else
    /// the town. `None` outside of the map.
    #[must_use]
    pub fn reverse(&self, point: LngLat) -> Option<Reverse> {
        let _ = point;
        None
    }
}
