//! What lies beside the records and is no plain text: mails as they were sent, uploaded files, bytes of attachments.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use records::{Error, Words, on_db};

use crate::App;
use crate::files::Vault;
use crate::problem::Problem;

/// Tables that are handled here, and those that hold keys only.
pub(super) const OWN_WAY: [&str; 8] = [
    "outgoing_mails",
    "import_files",
    "credentials",
    "sessions",
    "api_tokens",
    "program_keys",
    "marketing_keys",
    "webhook_keys",
];

/// Bytes as text: uploads of other programs are not always UTF-8, but their letters are then these.
fn read(bytes: &[u8]) -> String {
    std::str::from_utf8(bytes).map_or_else(
        |_| encoding_rs::WINDOWS_1252.decode(bytes).0.into_owned(),
        str::to_owned,
    )
}

/// Outgoing mails that belong to these activities, or hold the words.
pub(super) async fn mails(
    app: &App,
    activities: &[String],
    words: &dyn Words,
) -> Result<Vec<String>, Problem> {
    const SQL: &str = "select id, activity_id, sender, recipients, message_base64 from outgoing_mails where id > $1 order by id limit 100";
    let mut found = Vec::new();
    let mut after = String::new();
    loop {
        let rows: Vec<(String, String, String, String, String)> =
            on_db!(read app.store.db(), pool => sqlx::query_as(SQL).bind(&after).fetch_all(pool).await)
                .map_err(Error::from)?;
        let Some(last) = rows.last() else {
            return Ok(found);
        };
        after.clone_from(&last.0);
        for (id, activity, sender, recipients, message) in rows {
            let holds = |text: &str| words.without(text).is_some();
            if activities.contains(&activity)
                || holds(&sender)
                || holds(&recipients)
                || STANDARD
                    .decode(message)
                    .is_ok_and(|bytes| holds_in_mail(&bytes, words))
            {
                found.push(id);
            }
        }
    }
}

/// In the head or in a part of the text; parts are encoded.
fn holds_in_mail(bytes: &[u8], words: &dyn Words) -> bool {
    if words.without(&read(bytes)).is_some() {
        return true;
    }
    mail::parse(bytes)
        .is_ok_and(|parsed| words.without(&parsed.text).is_some() || words.without(&parsed.subject).is_some())
}

/// Keys of uploaded tables that hold the words, or cannot be looked into.
pub(super) async fn uploads(app: &App, words: &dyn Words) -> Result<Vec<String>, Problem> {
    const IDS: &str = "select distinct import_id from import_files order by import_id";
    let ids: Vec<(String,)> = on_db!(read app.store.db(), pool => sqlx::query_as(IDS).fetch_all(pool).await)
        .map_err(Error::from)?;
    let mut found = Vec::new();
    for (id,) in ids {
        let bytes = crate::imports::bytes_of(app.store.db(), &id).await?;
        // A workbook is a packed folder: whom it names cannot be seen, so it goes.
        if bytes.starts_with(b"PK") || words.without(&read(&bytes)).is_some() {
            found.push(id);
        }
    }
    Ok(found)
}

/// Digests of the bytes of these files, in every version.
pub(super) async fn bytes(app: &App, files: &[String]) -> Result<BTreeSet<String>, Problem> {
    let mut digests = BTreeSet::new();
    for file in files {
        let history = app
            .store
            .history(&records::Viewer::system(), "file", file)
            .await?;
        digests.extend(
            history
                .iter()
                .filter_map(|r| r.record.text("digest").map(str::to_owned)),
        );
    }
    Ok(digests)
}

/// Takes mails and uploads away.
pub(super) async fn forget(app: &App, mails: &[String], uploads: &[String]) -> Result<(), Problem> {
    const MAIL: &str = "delete from outgoing_mails where id = $1";
    const UPLOAD: &str = "delete from import_files where import_id = $1";
    for (sql, ids) in [(MAIL, mails), (UPLOAD, uploads)] {
        for id in ids {
            on_db!(write app.store.db(), pool => sqlx::query(sql).bind(id).execute(pool).await.map(|_| ()))
                .map_err(Error::from)?;
        }
    }
    Ok(())
}

/// What came with a mail by its activity: address and subject of the letter's own entry.
pub(super) async fn forget_received(app: &App, activities: &[String]) -> Result<(), Problem> {
    const SQL: &str =
        "update incoming_mails set from_address = '', subject = '', message_id = null where activity_id = $1";
    for id in activities {
        on_db!(write app.store.db(), pool => sqlx::query(SQL).bind(id).execute(pool).await.map(|_| ()))
            .map_err(Error::from)?;
    }
    Ok(())
}

/// Takes bytes away that no file on record speaks of any more; gives how many.
pub(super) async fn forget_bytes(app: &App, digests: &BTreeSet<String>) -> Result<u64, Problem> {
    let mut gone = 0;
    for digest in digests {
        if app
            .store
            .linked_ever("file", "digest", std::slice::from_ref(digest))
            .await?
            .is_empty()
        {
            let (vault, digest) = (Vault::of(app)?, digest.clone());
            let removed = tokio::task::spawn_blocking(move || vault.remove(&digest)).await;
            gone += u64::from(
                removed
                    .map_err(Problem::unexpected)?
                    .map_err(Problem::unexpected)?,
            );
        }
    }
    Ok(gone)
}
