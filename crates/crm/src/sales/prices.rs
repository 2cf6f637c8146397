//! What does this customer pay for it? The most particular price book that holds, and why it is that one.

use std::collections::BTreeSet;

use jiff::civil::Date;
use records::{At, Filter, Query, Record, Viewer};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::App;
use crate::opportunities::account_territory;
use crate::plans::Language;
use crate::problem::Problem;
use crate::sessions::Signed;
use crate::territories::Layout;

/// Products asked for at once.
const MOST: usize = 200;

/// A product and how much of it.
#[derive(Deserialize, ToSchema)]
pub(crate) struct WantedProduct {
    product_id: String,
    /// One unless said.
    quantity: Option<f64>,
}

#[derive(Deserialize, ToSchema)]
pub(crate) struct PriceBody {
    account_id: String,
    /// Today unless said.
    pub(super) day: Option<String>,
    products: Vec<WantedProduct>,
}

/// What a product costs this customer.
#[derive(Serialize, ToSchema)]
pub(crate) struct AskedPrice {
    product_id: String,
    text: String,
    unit: Option<String>,
    /// Minor units; null where no price book that holds has the product.
    unit_price: Option<i64>,
    currency: String,
    /// Hundredths of a percent.
    tax_rate: i64,
    price_book_id: Option<String>,
    price_book: Option<String>,
    why: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct AskedPrices {
    prices: Vec<AskedPrice>,
}

/// A price book with the conditions of it that this customer meets.
struct Holding {
    book: Record,
    conditions: Vec<String>,
}

/// Looks prices up.
///
/// # Errors
/// A customer or product that is not there, too many products.
pub(super) async fn ask(
    app: &App,
    signed: &Signed,
    body: &PriceBody,
    day: Date,
    language: Language,
) -> Result<AskedPrices, Problem> {
    if body.products.len() > MOST {
        return Err(Problem::bad(
            "/products",
            "too-many",
            format!("At most {MOST} products at once."),
        ));
    }
    let account = app
        .store
        .get(&signed.viewer, "account", &body.account_id, At::PRESENT)
        .await?;
    let account = account.ok_or_else(|| {
        Problem::bad(
            "/account_id",
            "not-found",
            "There is no such customer that you may see.",
        )
    })?;
    let currency = account
        .text("currency")
        .unwrap_or(&app.settings.currency)
        .to_owned();
    let holding = books(app, &account, &currency, day, language).await?;
    let ids: BTreeSet<&str> = body.products.iter().map(|p| p.product_id.as_str()).collect();
    let ids: Vec<String> = ids.into_iter().map(str::to_owned).collect();
    let query = Query::of("product")
        .filter(Filter::Ids(ids.clone()))
        .limit(Query::MAX_LIMIT);
    let products = app.store.list(&signed.viewer, &query).await?.records;
    let entries = Filter::In {
        field: "product_id".into(),
        values: ids.into_iter().map(Into::into).collect(),
    };
    let entries = app
        .store
        .list(
            &signed.viewer,
            &Query::of("price").filter(entries).limit(Query::MAX_LIMIT),
        )
        .await?;
    let mut prices = Vec::with_capacity(body.products.len());
    for (index, wanted) in body.products.iter().enumerate() {
        let product = products
            .iter()
            .find(|p| p.id == wanted.product_id)
            .ok_or_else(|| {
                Problem::bad(
                    &format!("/products/{index}/product_id"),
                    "not-found",
                    "There is no such product.",
                )
            })?;
        let quantity = wanted.quantity.unwrap_or(1.0);
        prices.push(price(
            product,
            quantity,
            &holding,
            &entries.records,
            &currency,
            language,
        ));
    }
    Ok(AskedPrices { prices })
}

fn price(
    product: &Record,
    quantity: f64,
    holding: &[Holding],
    entries: &[Record],
    currency: &str,
    language: Language,
) -> AskedPrice {
    let found = holding.iter().find_map(|held| {
        // Of several steps the largest that the quantity reaches.
        let entry = entries
            .iter()
            .filter(|e| {
                e.text("price_book_id") == Some(&held.book.id) && e.text("product_id") == Some(&product.id)
            })
            .filter(|e| e.number("min_quantity").unwrap_or(0.0) <= quantity)
            .max_by(|a, b| {
                let from = |e: &Record| e.number("min_quantity").unwrap_or(0.0);
                from(a).total_cmp(&from(b)).then_with(|| b.id.cmp(&a.id))
            })?;
        Some((held, entry))
    });
    let german = language == Language::German;
    let why = match &found {
        None if german => format!("Keine Preisliste in {currency}, die für diesen Kunden gilt, führt es."),
        None => format!("No price book in {currency} that holds for this customer has it."),
        Some((held, entry)) => {
            let name = held.book.text("name").unwrap_or_default();
            let step = entry.number("min_quantity").filter(|q| *q > 0.0);
            let mut parts = held.conditions.clone();
            parts.extend(step.map(|q| {
                if german {
                    format!("ab {q}")
                } else {
                    format!("from {q}")
                }
            }));
            match (parts.is_empty(), german) {
                (true, true) => format!("Preisliste {name}, gilt für alle"),
                (true, false) => format!("Price book {name}, for everybody"),
                (false, true) => format!("Preisliste {name}: {}", parts.join(", ")),
                (false, false) => format!("Price book {name}: {}", parts.join(", ")),
            }
        }
    };
    AskedPrice {
        product_id: product.id.clone(),
        text: product.text("name").unwrap_or_default().to_owned(),
        unit: product.text("unit").map(str::to_owned),
        unit_price: found.as_ref().and_then(|(_, entry)| entry.integer("amount")),
        currency: currency.to_owned(),
        tax_rate: product.integer("tax_rate").unwrap_or(0),
        price_book_id: found.as_ref().map(|(held, _)| held.book.id.clone()),
        price_book: found
            .as_ref()
            .and_then(|(held, _)| held.book.text("name").map(str::to_owned)),
        why,
    }
}

/// The price books that hold for a customer on a day: by priority, then the one with the most conditions first.
async fn books(
    app: &App,
    account: &Record,
    currency: &str,
    day: Date,
    language: Language,
) -> Result<Vec<Holding>, Problem> {
    let query = Query::of("price_book")
        .filter(Filter::eq("currency", currency))
        .limit(Query::MAX_LIMIT);
    let all = app.store.list(&Viewer::system(), &query).await?.records;
    let territory = account_territory(app, &account.id).await?;
    let layout = Layout::load(&app.store, At::PRESENT).await?;
    let day = day.to_string();
    let german = language == Language::German;
    let mut holding = Vec::new();
    for book in all {
        if book.text("from_day").is_some_and(|from| from > day.as_str())
            || book.text("to_day").is_some_and(|to| to < day.as_str())
        {
            continue;
        }
        let mut conditions = Vec::new();
        let mut holds = true;
        for (field, english, deutsch) in [("class", "class", "Klasse"), ("industry", "industry", "Branche")] {
            if let Some(wanted) = book.text(field) {
                holds &= account.text(field) == Some(wanted);
                conditions.push(format!("{} {wanted}", if german { deutsch } else { english }));
            }
        }
        if let Some(wanted) = book.text("territory_id") {
            holds &= territory
                .as_deref()
                .is_some_and(|own| layout.is_within(own, wanted));
            let name = layout
                .get(wanted)
                .map(|t| t.name().to_owned())
                .unwrap_or_default();
            conditions.push(if german {
                format!("Gebiet {name}")
            } else {
                format!("territory {name}")
            });
        }
        if holds {
            holding.push(Holding { book, conditions });
        }
    }
    holding.sort_by_key(|h| {
        let priority = h.book.integer("priority").unwrap_or(0);
        (
            std::cmp::Reverse(priority),
            std::cmp::Reverse(h.conditions.len()),
            h.book.id.clone(),
        )
    });
    Ok(holding)
}
