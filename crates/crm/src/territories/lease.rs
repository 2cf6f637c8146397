//! One process at a time writes assignments: the mark of how far the feed is worked off carries a lease.

use records::{Clock as _, Error, Store, SystemClock};
use serde::{Deserialize, Serialize};

use super::store;

/// A process that does not renew its lease for so long is taken for dead.
const LEASE: i64 = 5_000;

/// How far the feed is worked off, and who is at it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Mark {
    pub seq: i64,
    pub holder: Option<String>,
    /// Milliseconds since 1970 by the machine's clock: a lease measures real time, whatever the records'
    /// clock says.
    pub until: i64,
}

impl Mark {
    pub fn text(&self) -> String {
        serde_json::json!({ "seq": self.seq, "holder": self.holder, "until": self.until }).to_string()
    }
}

/// The right to write assignments.
pub(super) struct Lease<'a> {
    pub store: &'a Store,
    pub holder: String,
    /// The mark as it was last written.
    pub text: String,
}

impl Lease<'_> {
    /// Takes or renews it, with the feed worked off up to `seq`. `false`: another process has it.
    pub async fn hold(&mut self, seq: i64) -> Result<bool, Error> {
        let until = SystemClock.now().0 + LEASE;
        self.swap(Mark {
            seq,
            holder: Some(self.holder.clone()),
            until,
        })
        .await
    }

    pub async fn release(mut self, seq: i64) -> Result<(), Error> {
        self.swap(Mark {
            seq,
            holder: None,
            until: 0,
        })
        .await
        .map(|_| ())
    }

    pub async fn swap(&mut self, mark: Mark) -> Result<bool, Error> {
        let text = mark.text();
        let swapped = store::swap_cursor(self.store.db(), &self.text, &text).await?;
        if swapped {
            self.text = text;
        }
        Ok(swapped)
    }

    pub async fn renew(&mut self, seq: i64) -> Result<(), Error> {
        if self.hold(seq).await? {
            return Ok(());
        }
        Err(Error::Schema(
            "another process took over assigning customers after a pause too long".into(),
        ))
    }
}
