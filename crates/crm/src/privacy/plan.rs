//! What an erasure would do, worked out before anything is done: this is what the dialog shows.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use records::{At, Erasure, Found, Record, Viewer, Words};

use super::person::{Key, PEOPLE, Person};
use super::words::{Mark, Marks, identity};
use super::{beside, person};
use crate::App;
use crate::problem::Problem;

/// Somebody or something else that bears the same name, address or number, and keeps it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Bearer {
    pub type_name: String,
    pub id: String,
    pub title: String,
    /// name, email, phone.
    pub kinds: BTreeSet<&'static str>,
}

/// All that would go.
pub(super) struct Plan {
    pub person: Person,
    /// What is sought everywhere: the person's marks without those that others bear as well.
    pub far: Marks,
    /// Records elsewhere whose texts hold them.
    pub elsewhere: Vec<Found>,
    /// Others that bear the same, and keep it.
    pub kept: BTreeSet<Bearer>,
    /// Customers of the person that bear the same: erased there too if that was asked.
    pub customers: BTreeSet<Bearer>,
    /// Rows of other tables that hold them.
    pub tables: BTreeMap<String, u64>,
    /// Mails that lie there to be sent, or as they were sent.
    pub mails: Vec<String>,
    /// Uploads whose file holds them.
    pub uploads: Vec<String>,
    /// Bytes of the person's files, by digest.
    pub bytes: BTreeSet<String>,
}

/// Works it out. `customers`: the person's customer loses name, address and number too, where they are the person's.
pub(super) async fn plan(
    app: &App,
    type_name: &str,
    id: &str,
    customers: bool,
) -> Result<Option<Plan>, Problem> {
    let Some(person) = person::gather(app, type_name, id).await? else {
        return Ok(None);
    };
    let mut far = person.far.clone();
    let mut found = app.store.find_words(&far).await?;
    let mut plan_kept = BTreeSet::new();
    let mut plan_customers = BTreeSet::new();
    let mut shared: BTreeSet<Mark> = BTreeSet::new();
    for hit in found.iter().filter(|hit| hit.present && may_bear(&hit.type_name)) {
        let key = (hit.type_name.clone(), hit.id.clone());
        if person.own.get(&key) == Some(&true) {
            continue;
        }
        let Some(record) = app
            .store
            .get(&Viewer::system(), &hit.type_name, &hit.id, At::PRESENT)
            .await?
        else {
            continue;
        };
        let borne = far.among(identity(&record));
        if borne.is_empty() {
            continue;
        }
        let bearer = bearer(&record, &borne);
        let own_customer = hit.type_name == "account" && person.accounts.contains(&hit.id);
        if own_customer {
            plan_customers.insert(bearer.clone());
        }
        if !(own_customer && customers) {
            shared.extend(borne);
            plan_kept.insert(bearer);
        }
    }
    if !shared.is_empty() {
        far.marks.retain(|mark| !shared.contains(mark));
        found = app.store.find_words(&far).await?;
    }
    let elsewhere = found
        .into_iter()
        .filter(|hit| !person.own.contains_key(&(hit.type_name.clone(), hit.id.clone())))
        .collect();
    let activities = person.whole("activity");
    Ok(Some(Plan {
        tables: app.store.sweep_words(&far, &beside::OWN_WAY, false).await?,
        mails: beside::mails(app, &activities, &far).await?,
        uploads: beside::uploads(app, &far).await?,
        bytes: beside::bytes(app, &person.whole("file")).await?,
        person,
        far,
        elsewhere,
        kept: plan_kept,
        customers: plan_customers,
    }))
}

/// Types whose records have a name, an address, a number of their own.
fn may_bear(type_name: &str) -> bool {
    PEOPLE.contains(&type_name) || ["user", "account"].contains(&type_name)
}

fn bearer(record: &Record, borne: &BTreeSet<Mark>) -> Bearer {
    Bearer {
        type_name: record.type_name.clone(),
        id: record.id.clone(),
        title: record.text("name").unwrap_or_default().to_owned(),
        kinds: borne.iter().map(Mark::kind).collect(),
    }
}

impl Plan {
    /// What to do with each record.
    pub fn erasures(&self) -> Vec<Erasure> {
        let near: Arc<dyn Words> = Arc::new(self.person.near.clone());
        let far: Arc<dyn Words> = Arc::new(self.far.clone());
        let own = self.person.own.iter().map(|((type_name, id), whole)| Erasure {
            type_name: type_name.clone(),
            id: id.clone(),
            whole: *whole,
            words: Some(near.clone()),
        });
        let elsewhere = self.elsewhere.iter().map(|hit| Erasure {
            type_name: hit.type_name.clone(),
            id: hit.id.clone(),
            // A contact that was deleted under this name was this person, merged into another or thrown away.
            whole: !hit.present && PEOPLE.contains(&hit.type_name.as_str()),
            words: Some(far.clone()),
        });
        own.chain(elsewhere).collect()
    }

    /// How many of each type.
    pub fn counted(keys: impl Iterator<Item = Key>) -> BTreeMap<String, u64> {
        let mut counts = BTreeMap::new();
        for (type_name, _) in keys {
            *counts.entry(type_name).or_default() += 1;
        }
        counts
    }
}
