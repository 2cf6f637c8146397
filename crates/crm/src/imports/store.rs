//! The tables of uploads and their failed rows, kept in pieces. The only writer of their table.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use records::{Db, Error, on_db};

use crate::problem::Problem;

/// Bytes in one row.
const PIECE: usize = 1024 * 1024;

/// Keeps a table of an import.
pub(super) async fn save(db: &Db, import_id: &str, part: usize, bytes: &[u8]) -> Result<(), Problem> {
    save_as(db, &format!("{import_id}/{part}"), bytes).await
}

/// Gives a table back.
pub(super) async fn load(db: &Db, import_id: &str, part: usize) -> Result<Vec<u8>, Problem> {
    let found = load_from(db, &format!("{import_id}/{part}")).await?;
    found.ok_or_else(|| Problem::not_found(format!("Table {part} of import {import_id}")))
}

/// Keeps the rows of a table that failed, as CSV.
pub(super) async fn save_failed(db: &Db, import_id: &str, part: usize, bytes: &[u8]) -> Result<(), Problem> {
    save_as(db, &format!("{import_id}/{part}/failed"), bytes).await
}

/// The rows of a table that failed; `None` if none did.
pub(super) async fn load_failed(db: &Db, import_id: &str, part: usize) -> Result<Option<Vec<u8>>, Problem> {
    load_from(db, &format!("{import_id}/{part}/failed")).await
}

async fn save_as(db: &Db, key: &str, bytes: &[u8]) -> Result<(), Problem> {
    const CLEAR: &str = "delete from import_files where import_id = $1";
    const SQL: &str = "insert into import_files (import_id, part, bytes_base64) values ($1, $2, $3)";
    on_db!(write db, pool => sqlx::query(CLEAR).bind(key).execute(pool).await.map(|_| ()))
        .map_err(Error::from)?;
    for (piece, chunk) in (0i64..).zip(bytes.chunks(PIECE)) {
        let text = STANDARD.encode(chunk);
        on_db!(write db, pool => sqlx::query(SQL).bind(key).bind(piece).bind(&text).execute(pool).await.map(|_| ()))
            .map_err(Error::from)?;
    }
    Ok(())
}

/// What is kept under a key, whichever table or failed rows those are; empty if nothing is.
pub(crate) async fn bytes_of(db: &Db, key: &str) -> Result<Vec<u8>, Problem> {
    Ok(load_from(db, key).await?.unwrap_or_default())
}

async fn load_from(db: &Db, key: &str) -> Result<Option<Vec<u8>>, Problem> {
    const SQL: &str = "select bytes_base64 from import_files where import_id = $1 order by part";
    let pieces: Vec<(String,)> =
        on_db!(read db, pool => sqlx::query_as(SQL).bind(key).fetch_all(pool).await).map_err(Error::from)?;
    if pieces.is_empty() {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    for (piece,) in pieces {
        STANDARD
            .decode_vec(piece, &mut bytes)
            .map_err(Problem::unexpected)?;
    }
    Ok(Some(bytes))
}
