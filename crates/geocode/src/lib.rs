//! Where is this address; what is here?
//!
//! [`build`] reads addresses, streets, towns, postcodes and places of interest out of an extract and
//! packs them into flat sections; [`Geocoder::open`] answers from them without parsing anything.

mod build;
mod complete;
mod completed;
mod extra;
mod face;
mod fold;
mod index;
mod line;
mod near;
mod number;
mod reverse;
mod search;
mod words;

use std::sync::Arc;

use geom::LngLat;

pub use search::confidence::Doubts;

pub use face::{Answer, BuildProgress, Fields, Hit, Level, Match, Request, Reverse, Status};

pub use build::{build, build_with};
pub use extra::{BadRow, ExtraError, ExtraPoints};

/// An open index. Cheap to clone and to share between threads.
#[derive(Debug, Clone)]
pub struct Geocoder {
    pack: Arc<pack::Pack>,
    tables: Arc<Tables>,
}

/// What does not depend on the map.
#[derive(Debug)]
struct Tables {
    words: words::Words,
}

impl Geocoder {
    /// Opens the geocoder's sections of a pack; refuses damaged ones by name.
    pub fn open(pack: Arc<pack::Pack>) -> Result<Self, pack::OpenError> {
        index::Index::of(&pack)?.check()?;
        let tables = Tables {
            words: words::Words::new(),
        };
        Ok(Self {
            pack,
            tables: Arc::new(tables),
        })
    }

    fn index(&self) -> index::Index<'_> {
        index::Index::of(&self.pack).expect("the sections were checked on opening and a pack never changes")
    }

    /// Looks an address up.
    #[must_use]
    pub fn search(&self, request: &Request<'_>) -> Answer {
        search::search(&self.index(), &self.tables.words, request).0
    }

    /// What speaks against the best place found for a request, even where it is doubted so much that the answer
    /// leaves it out; `None` where nothing finer than a postcode was found. Confidence is fitted on this.
    #[must_use]
    pub fn doubts(&self, request: &Request<'_>) -> Option<Doubts> {
        search::search(&self.index(), &self.tables.words, request).1
    }

    /// Looks many addresses up on all cores. Answers are in the order of the requests and the same as
    /// [`Geocoder::search`] gives one by one. Neighbours are looked up one after the other, so that what they share
    /// is at hand, and what is asked twice only once.
    #[must_use]
    pub fn batch(&self, requests: &[Request<'_>]) -> Vec<Answer> {
        use rayon::prelude::*;
        let index = self.index();
        let words = &self.tables.words;
        let mut order: Vec<usize> = (0..requests.len()).collect();
        order.par_sort_by(|a, b| requests[*a].neighbourhood().cmp(&requests[*b].neighbourhood()));
        // Equal requests follow each other.
        let mut first_of: Vec<usize> = Vec::new();
        for (at, request) in order.iter().enumerate() {
            if at == 0 || requests[order[at - 1]] != requests[*request] {
                first_of.push(at);
            }
        }
        let found: Vec<Answer> = first_of
            .par_iter()
            .map(|at| search::search(&index, words, &requests[order[*at]]).0)
            .collect();
        let mut answers: Vec<Option<Answer>> = vec![None; requests.len()];
        let ends = first_of.iter().skip(1).copied().chain([order.len()]);
        for ((from, to), answer) in first_of.iter().zip(ends).zip(found) {
            for at in *from + 1..to {
                answers[order[at]] = Some(answer.clone());
            }
            answers[order[*from]] = Some(answer);
        }
        answers.into_iter().flatten().collect()
    }

    /// Completes what is being typed: at most `limit` (1..=20) places whose name begins so, those near
    /// `bias` first; where fewer do, a few houses of the best street behind them.
    #[must_use]
    pub fn autocomplete(&self, text: &str, bias: Option<LngLat>, limit: usize) -> Vec<Hit> {
        complete::complete(&self.index(), &self.tables.words, text, bias, limit.clamp(1, 20))
    }

    /// What is at a point: the nearest house within 100 m, else the nearest street within 500 m, else
    /// the town of the nearest street within 5 km. `None` where there is nothing near.
    #[must_use]
    pub fn reverse(&self, point: LngLat) -> Option<Reverse> {
        reverse::reverse(&self.index(), point)
    }
}
