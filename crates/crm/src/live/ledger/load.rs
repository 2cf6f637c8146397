//! Reads the ledger from the records, row by row.

use std::collections::HashMap;

use futures::TryStreamExt as _;
use geom::LngLat;
use points::RowId;
use records::{Db, on_db};
use sha2::{Digest as _, Sha256};
use sqlx::AssertSqlSafe;

use super::{
    Account, AddedColumn, AddedValue, Assignment, Deal, Grouped, Ledger, NOBODY, NONE, Place, Span, Texts,
    Visit, WORDS, Word,
};
use crate::live::added::Added;
use crate::live::columns;
use crate::live::rows::{next_visit, street_of};

/// Words that are numbered while rows are read.
#[derive(Default)]
struct Numbers {
    known: HashMap<Box<str>, u32>,
    texts: Texts,
}

impl Numbers {
    /// 0 for no word.
    fn of(&mut self, word: Option<&str>) -> u32 {
        let Some(word) = word else { return 0 };
        if let Some(number) = self.known.get(word) {
            return *number;
        }
        // An empty word is a word, unlike an empty text.
        let number = self.texts.append(word);
        self.known.insert(word.into(), number);
        number
    }

    /// 0 for an empty text.
    fn text(&mut self, text: &str) -> u32 {
        self.of(Some(text).filter(|text| !text.is_empty()))
    }
}

/// An id as a number: ids are UUIDs as a rule.
fn key(id: &str) -> u128 {
    uuid::Uuid::parse_str(id).map_or_else(
        |_| {
            let digest = Sha256::digest(id.as_bytes());
            digest
                .iter()
                .take(16)
                .fold(0, |key, byte| key << 8 | u128::from(*byte))
        },
        |id| id.as_u128(),
    )
}

/// Reads everything. `seq` is the feed's last number, read before.
pub(in crate::live) async fn load(db: &Db, seq: i64, added: Vec<Added>) -> Result<Ledger, sqlx::Error> {
    let mut reader = Reader {
        db,
        words: std::array::from_fn(|_| Numbers::default()),
        texts: Numbers::default(),
    };
    let mut accounts = HashMap::new();
    let mut places = HashMap::new();
    let mut place_rows = reader.places(&mut places, &mut accounts).await?;
    // Places are numbered in order of ids, so that the first of an account has the lowest number.
    let mut ids: Vec<(RowId, u32)> = places
        .iter()
        .map(|(id, number)| (RowId(u128::to_be_bytes(*id)), *number))
        .collect();
    ids.sort_unstable();
    let mut number_of = vec![0; ids.len()];
    for (number, (_, met)) in ids.iter().enumerate() {
        number_of[*met as usize] = number as u32;
    }
    places
        .values_mut()
        .for_each(|number| *number = number_of[*number as usize]);
    place_rows
        .iter_mut()
        .for_each(|row| row.0 = number_of[row.0 as usize]);
    let places_count = ids.len();
    let place_rows = Grouped::new(places_count, place_rows);
    let account_rows = reader.accounts(&mut accounts).await?;
    let visits = Grouped::new(places_count, reader.visits(&places).await?);
    let assignments = Grouped::new(places_count, reader.assignments(&places).await?);
    let deals = reader.deals(&places, &mut accounts).await?;
    let mut added_values = Vec::with_capacity(added.len());
    for field in &added {
        added_values.push(reader.added(field, &mut accounts).await?);
    }
    // Only now every account has its number.
    let owners = accounts.len();
    let columns = added.into_iter().zip(added_values);
    let added = columns.map(|(field, (words, values))| AddedColumn {
        field,
        words,
        values: Grouped::new(owners, values),
    });
    Ok(Ledger {
        seq,
        added: added.collect(),
        ids: ids.into_iter().map(|(id, _)| id).collect(),
        places: place_rows,
        accounts: Grouped::new(accounts.len(), account_rows),
        visits,
        deals: Grouped::new(accounts.len(), deals),
        assignments,
        texts: reader.texts.texts,
        words: reader.words.map(|numbers| numbers.texts),
    })
}

struct Reader<'a> {
    db: &'a Db,
    words: [Numbers; WORDS],
    texts: Numbers,
}

/// Numbers by id, with a new one for an id that was not met.
fn number(numbers: &mut HashMap<u128, u32>, id: &str) -> u32 {
    let next = numbers.len() as u32;
    *numbers.entry(key(id)).or_insert(next)
}

/// Runs over the rows of a query.
async fn each<T>(db: &Db, sql: String, mut take: impl FnMut(T)) -> Result<(), sqlx::Error>
where
    T: Send + Unpin + for<'r> sqlx::FromRow<'r, sqlx::sqlite::SqliteRow>,
    T: for<'r> sqlx::FromRow<'r, sqlx::postgres::PgRow>,
{
    let sql = AssertSqlSafe(sql);
    on_db!(read db, pool => {
        let mut rows = sqlx::query_as::<_, T>(sql).fetch(pool);
        while let Some(row) = rows.try_next().await? {
            take(row);
        }
        Ok(())
    })
}

/// The versions that stand, and those that were superseded; the last two columns are the span in which each
/// was what was recorded.
fn versions(table: &str, columns: &str, condition: &str) -> [String; 2] {
    [
        format!("select {columns}, recorded_at, 9223372036854775807 from {table} where {condition}"),
        format!("select {columns}, recorded_at, superseded_at from {table}_history where {condition}"),
    ]
}

impl Reader<'_> {
    fn word(&mut self, of: Word, word: Option<&str>) -> u32 {
        self.words[of as usize].of(word)
    }

    async fn places(
        &mut self,
        places: &mut HashMap<u128, u32>,
        accounts: &mut HashMap<u128, u32>,
    ) -> Result<Vec<(u32, Place)>, sqlx::Error> {
        type Texts = (Option<String>, Option<String>, Option<String>);
        type Row = (
            String,
            String,
            Option<String>,
            Option<String>,
            Option<String>,
            Option<String>,
            Option<String>,
            Option<String>,
            Option<f64>,
            Option<f64>,
            Option<i64>,
            i64,
            i64,
        );
        const COLUMNS: &str = "id, account_id, street, house_number, source_text, city, postal_code, \
                               geocode_status, lng, lat, visit_minutes";
        let mut read = Vec::new();
        for sql in versions("locations", COLUMNS, "1 = 1") {
            each(self.db, sql, |row: Row| {
                let (
                    id,
                    account,
                    street,
                    number_in_street,
                    source,
                    city,
                    postal_code,
                    status,
                    lng,
                    lat,
                    minutes,
                    from,
                    to,
                ) = row;
                if columns::row_id(&id).is_none() {
                    return;
                }
                let address: Texts = (street, number_in_street, source);
                let point = lng.zip(lat).and_then(|(lng, lat)| LngLat::new(lng, lat).ok());
                let place = Place {
                    recorded: Span { from, to },
                    lng: point.map_or(f64::NAN, LngLat::lng),
                    lat: point.map_or(f64::NAN, LngLat::lat),
                    visit_minutes: minutes.unwrap_or(NONE),
                    account: number(accounts, &account),
                    street: self.texts.text(&street_of(address.0, address.1, address.2)),
                    city: self.word(Word::City, city.as_deref()),
                    postal_code: self.word(Word::PostalCode, postal_code.as_deref()),
                    geocode_status: self.word(Word::GeocodeStatus, status.as_deref()),
                    unused: 0,
                };
                read.push((number(places, &id), place));
            })
            .await?;
        }
        Ok(read)
    }

    async fn accounts(
        &mut self,
        accounts: &mut HashMap<u128, u32>,
    ) -> Result<Vec<(u32, Account)>, sqlx::Error> {
        type Row = (
            String,
            String,
            Option<String>,
            Option<String>,
            Option<String>,
            Option<String>,
            Option<String>,
            Option<i64>,
            i64,
            i64,
        );
        const COLUMNS: &str = "id, name, phone, type, class, industry, owner_id, annual_revenue";
        let mut read = Vec::new();
        for sql in versions("accounts", COLUMNS, "1 = 1") {
            each(
                self.db,
                sql,
                |(id, name, phone, kind, class, industry, owner, revenue, from, to): Row| {
                    let account = Account {
                        recorded: Span { from, to },
                        revenue: revenue.unwrap_or(NONE),
                        // Names and telephone numbers are seldom the same.
                        name: self.texts.texts.push(&name),
                        phone: self.texts.texts.push(phone.as_deref().unwrap_or_default()),
                        kind: self.word(Word::Kind, kind.as_deref()),
                        class: self.word(Word::Class, class.as_deref()),
                        industry: self.word(Word::Industry, industry.as_deref()),
                        owner: self.word(Word::Owner, owner.as_deref()),
                    };
                    read.push((number(accounts, &id), account));
                },
            )
            .await?;
        }
        Ok(read)
    }

    /// The words of an added field, and its values by account.
    async fn added(
        &self,
        field: &Added,
        accounts: &mut HashMap<u128, u32>,
    ) -> Result<(Texts, Vec<(u32, AddedValue)>), sqlx::Error> {
        type Row = (String, Option<String>, Option<f64>, i64, i64);
        let mut words = Numbers::default();
        let mut read = Vec::new();
        let columns = format!("id, {}", field.columns());
        for sql in versions("accounts", &columns, &format!("{} is not null", field.name)) {
            each(self.db, sql, |(id, text, value, from, to): Row| {
                let Some(value) = field.value(text, value) else {
                    return;
                };
                let value = AddedValue {
                    recorded: Span { from, to },
                    number: value.number.unwrap_or(NONE),
                    word: words.of(Some(&value.word)),
                    unused: 0,
                };
                read.push((number(accounts, &id), value));
            })
            .await?;
        }
        Ok((words.texts, read))
    }

    async fn visits(&mut self, places: &HashMap<u128, u32>) -> Result<Vec<(u32, Visit)>, sqlx::Error> {
        type Row = (String, String, Option<i64>, Option<i64>, Option<String>, i64, i64);
        const COLUMNS: &str = "location_id, status, check_in_at, planned_start, next_date";
        const COUNTED: &str = "(status = 'done' and check_in_at is not null) or \
                               (status in ('planned', 'confirmed') and promised_at is not null and planned_start is not null)";
        let mut read = Vec::new();
        for sql in versions("visits", COLUMNS, COUNTED) {
            each(
                self.db,
                sql,
                |(place, status, done_at, planned, next, from, to): Row| {
                    let Some(&place) = places.get(&key(&place)) else {
                        return;
                    };
                    let is_done = status == "done";
                    let visit = Visit {
                        recorded: Span { from, to },
                        at: if is_done { done_at } else { planned }.unwrap_or(NONE),
                        next: next.as_deref().and_then(next_visit).unwrap_or(NONE),
                        is_done: u64::from(is_done),
                    };
                    read.push((place, visit));
                },
            )
            .await?;
        }
        Ok(read)
    }

    async fn assignments(
        &mut self,
        places: &HashMap<u128, u32>,
    ) -> Result<Vec<(u32, Assignment)>, sqlx::Error> {
        type Row = (String, String, i64, i64);
        const SQL: &str = "select location_id, territory_id, valid_from, valid_to from assignments where line is null order by id";
        let mut read = Vec::new();
        each(self.db, SQL.to_owned(), |(place, territory, from, to): Row| {
            let Some(&place) = places.get(&key(&place)) else {
                return;
            };
            let territory = u64::from(self.word(Word::Territory, Some(&territory)));
            read.push((
                place,
                Assignment {
                    valid: Span { from, to },
                    territory,
                },
            ));
        })
        .await?;
        Ok(read)
    }

    async fn deals(
        &mut self,
        places: &HashMap<u128, u32>,
        accounts: &mut HashMap<u128, u32>,
    ) -> Result<Vec<(u32, Deal)>, sqlx::Error> {
        type Row = (String, Option<String>, String, Option<i64>, i64, i64);
        const OPEN: &str = "is_closed is null or is_closed = false";
        // A place that was never on record is nobody's, which is not the same as the account in general.
        const NOWHERE: u32 = NOBODY - 1;
        let mut read = Vec::new();
        for sql in versions("opportunities", "account_id, location_id, stage_id, amount", OPEN) {
            each(self.db, sql, |(account, place, stage, amount, from, to): Row| {
                let place = place.map_or(NOBODY, |id| places.get(&key(&id)).copied().unwrap_or(NOWHERE));
                let deal = Deal {
                    recorded: Span { from, to },
                    amount: amount.unwrap_or(0),
                    place,
                    stage: self.word(Word::Stage, Some(&stage)),
                };
                read.push((number(accounts, &account), deal));
            })
            .await?;
        }
        Ok(read)
    }
}
