//! Uploaded bytes, kept in pieces. The only writer of their table.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use records::{Db, Error, on_db};

use crate::problem::Problem;

/// Bytes in one row.
const PART: usize = 1024 * 1024;

/// Keeps a file.
pub(super) async fn save(db: &Db, import_id: &str, bytes: &[u8]) -> Result<(), Problem> {
    const SQL: &str = "insert into import_files (import_id, part, bytes_base64) values ($1, $2, $3) \
                       on conflict (import_id, part) do update set bytes_base64 = $3";
    for (part, chunk) in (0i64..).zip(bytes.chunks(PART)) {
        let text = STANDARD.encode(chunk);
        on_db!(write db, pool => sqlx::query(SQL).bind(import_id).bind(part).bind(&text).execute(pool).await.map(|_| ()))
            .map_err(Error::from)?;
    }
    Ok(())
}

/// Gives a file back.
pub(crate) async fn load(db: &Db, import_id: &str) -> Result<Vec<u8>, Problem> {
    const SQL: &str = "select bytes_base64 from import_files where import_id = $1 order by part";
    let parts: Vec<(String,)> =
        on_db!(read db, pool => sqlx::query_as(SQL).bind(import_id).fetch_all(pool).await)
            .map_err(Error::from)?;
    if parts.is_empty() {
        return Err(Problem::not_found(format!("The file of import {import_id}")));
    }
    let mut bytes = Vec::new();
    for (part,) in parts {
        STANDARD
            .decode_vec(part, &mut bytes)
            .map_err(Problem::unexpected)?;
    }
    Ok(bytes)
}

/// Customers on record, for finding duplicates: (account, number, name folded, first place's street folded).
pub(super) async fn known_accounts(db: &Db) -> Result<Vec<KnownAccount>, Problem> {
    const SQL: &str = "select a.id, a.number, a.name_folded, l.id, l.street_folded from accounts a \
                       left join locations l on l.account_id = a.id \
                       and l.id = (select min(m.id) from locations m where m.account_id = a.id)";
    let rows: Vec<KnownAccount> =
        on_db!(read db, pool => sqlx::query_as(SQL).fetch_all(pool).await).map_err(Error::from)?;
    Ok(rows)
}

/// (account, number, folded name, first place, folded street)
pub(super) type KnownAccount = (
    String,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
);
