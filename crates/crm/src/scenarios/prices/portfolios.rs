//! Whom everybody has to visit, before and after.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use points::{Filter, Shape};
use territory::TerritoryId;

use crate::App;
use crate::live::{State, id_text, index_problem};
use crate::problem::Problem;
use crate::scenarios::branch::Branch;
use crate::scenarios::figures::owners;
use crate::scenarios::heirs;
use crate::territories::{Known, Layout, Standing};

/// Places by rep.
pub(in crate::scenarios) type Portfolios = BTreeMap<String, BTreeSet<String>>;

/// Whom everybody has to visit: at the base, and as the scenario would have it. A rep has the places of territories they
/// own, and those of accounts they own whoever's the territory is.
pub(in crate::scenarios) async fn portfolios(
    app: &App,
    branch: &Branch,
) -> Result<(Portfolios, Portfolios), Problem> {
    let (base, draft) = (branch.base.clone(), branch.layout().clone());
    let known = Known::load(app, base.reads_facts() || draft.reads_facts()).await?;
    let state = app.live.present();
    let work = move || -> Result<_, Problem> {
        let held = Held::find(&base, &draft, &state, &known)?;
        Ok((base, draft, state, held))
    };
    let (base, draft, state, held) = tokio::task::spawn_blocking(work)
        .await
        .map_err(Problem::unexpected)??;
    // As publishing it would pass accounts on.
    let changes: Vec<heirs::Change<'_>> = held
        .0
        .iter()
        .map(|one| (one.location.as_str(), one.of(&base, 0), one.of(&draft, 1)))
        .filter(|(_, before, after)| people(*before) != people(*after))
        .collect();
    let passing = heirs::passing(app.store.db(), &base, &changes).await?;
    let heir: HashMap<&str, &str> = passing
        .iter()
        .map(|p| (p.account.as_str(), p.to.as_str()))
        .collect();
    let places = heirs::places_of(app.store.db(), &passing).await?;
    let heir_at: HashMap<&str, &str> = places
        .iter()
        .filter_map(|(place, account)| Some((place.as_str(), *heir.get(account.as_str())?)))
        .collect();
    let nobody = HashMap::new();
    let sides = (
        held.portfolios(&base, 0, &nobody, &state)?,
        held.portfolios(&draft, 1, &heir_at, &state)?,
    );
    Ok(sides)
}

fn people(standing: Option<&Standing>) -> Vec<&str> {
    standing.map(owners).unwrap_or_default()
}

/// Whose territory every place is in, at the base and in the draft.
struct Held(Vec<HeldPlace>);

struct HeldPlace {
    location: String,
    territories: [Option<TerritoryId>; 2],
}

impl HeldPlace {
    fn of<'a>(&self, layout: &'a Layout, side: usize) -> Option<&'a Standing> {
        self.territories[side].and_then(|t| layout.by_number(t))
    }
}

impl Held {
    fn find(base: &Layout, draft: &Layout, state: &State, known: &Known) -> Result<Self, Problem> {
        let view = state.index.view(&Filter::All).map_err(index_problem)?;
        let found = view.rows_in(&Shape::everywhere()).into_iter().map(|row| {
            let location = id_text(row.id());
            let facts = known.of(&location, row.place());
            let territories = [base, draft].map(|layout| layout.owner_of(&location, &facts, None));
            HeldPlace {
                location,
                territories,
            }
        });
        Ok(Self(found.collect()))
    }

    /// Places by rep. `heir_at`: who will own the account of a place, where that is not who owns it now.
    fn portfolios(
        &self,
        layout: &Layout,
        side: usize,
        heir_at: &HashMap<&str, &str>,
        state: &State,
    ) -> Result<Portfolios, Problem> {
        let mut found = Portfolios::new();
        for user in layout.territories.iter().flat_map(owners) {
            found.entry(user.to_owned()).or_default();
        }
        for one in &self.0 {
            let row = crate::live::row_id(&one.location).and_then(|id| state.index.get(id));
            let owns_it = row.as_ref().and_then(|row| row.category("owner_id"));
            let by_account = heir_at.get(one.location.as_str()).copied().or(owns_it);
            let mut users: BTreeSet<&str> = people(one.of(layout, side)).into_iter().collect();
            users.extend(by_account);
            for user in users {
                if let Some(places) = found.get_mut(user) {
                    places.insert(one.location.clone());
                }
            }
        }
        Ok(found)
    }
}
