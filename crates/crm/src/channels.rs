//! What enters and leaves beside the API: mail, files, other programs. Nothing does unless somebody set it.

use std::path::PathBuf;

use mail::{Address, Seal, Server};
use records::{Db, Error, on_db};
use tokio::sync::{Notify, OnceCell};

use crate::App;
use crate::problem::Problem;

/// Which doors are open.
#[derive(Clone, Debug, Default)]
pub struct Channels {
    /// Where mail goes out.
    pub smtp: Option<Server>,
    /// A mailbox to read, and its folder (`INBOX`).
    pub imap: Option<(Server, String)>,
    /// A folder in which others lay `.eml` files.
    pub mail_folder: Option<PathBuf>,
    /// Whom mail of ours is from, where no queue's address says so.
    pub mail_from: Option<Address>,
    /// Addresses of ours at which strangers become leads, in lower case.
    pub sales_addresses: Vec<String>,
    /// Where the bytes of files lie.
    pub files: Option<PathBuf>,
    /// Hosts inside the house that webhooks may call, `*` for any.
    pub private_webhooks: Vec<String>,
    /// A folder in which orders are laid for an ERP.
    pub erp_folder: Option<PathBuf>,
    /// Certificates in PEM of further authorities to trust, beside the machine's own.
    pub authority: Option<Vec<u8>>,
    /// A proxy of our own stands before the server and says who asks.
    pub behind_proxy: bool,
}

impl Channels {
    /// Everything this program sends to, for people.
    pub(crate) fn targets(&self) -> Vec<String> {
        let smtp = self.smtp.iter().map(|s| format!("mail server {}", s.address()));
        let imap = self
            .imap
            .iter()
            .map(|(s, _)| format!("mailbox at {} (read only)", s.address()));
        let erp = self
            .erp_folder
            .iter()
            .map(|f| format!("folder for the ERP {}", f.display()));
        smtp.chain(imap).chain(erp).collect()
    }
}

/// What the doors need while the program runs.
#[derive(Default)]
pub(crate) struct Doors {
    seal: OnceCell<Seal>,
    /// Wakes whoever sends mail.
    pub mail: Notify,
    /// Wakes whoever sends to other programs.
    pub webhooks: Notify,
    /// How often forms were sent lately.
    pub forms: crate::forms::Limits,
}

impl Doors {
    /// The program's own seal, the same in every process on this database.
    pub async fn seal(&self, app: &App) -> Result<&Seal, Problem> {
        self.seal
            .get_or_try_init(|| async {
                let key = program_key(app.store.db(), "seal").await?;
                Ok(Seal::new(key))
            })
            .await
    }
}

/// A key that the program made for itself at the first need.
async fn program_key(db: &Db, name: &str) -> Result<[u8; 32], Problem> {
    let mut fresh = [0_u8; 32];
    getrandom::fill(&mut fresh).map_err(Problem::unexpected)?;
    const MAKE: &str = "insert into program_keys (name, value) values ($1, $2) on conflict (name) do nothing";
    on_db!(write db, pool => sqlx::query(MAKE).bind(name).bind(hexadecimal(&fresh)).execute(pool).await.map(|_| ()))
        .map_err(Error::from)?;
    const READ: &str = "select value from program_keys where name = $1";
    // Asked where it was written: a reader beside the writer may be a moment behind.
    let (value,): (String,) = on_db!(write db, pool => sqlx::query_as(READ).bind(name).fetch_one(pool).await)
        .map_err(Error::from)?;
    let mut key = [0_u8; 32];
    for (byte, at) in key.iter_mut().zip((0..64).step_by(2)) {
        let digits = value.get(at..at + 2).unwrap_or_default();
        *byte = u8::from_str_radix(digits, 16)
            .map_err(|_| Problem::unexpected(format!("the program's key {name} cannot be read")))?;
    }
    Ok(key)
}

/// Bytes as hexadecimal digits.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// When to try again after so many attempts, in milliseconds; `None`: no more.
pub(crate) fn back_off(waits: &[i64], attempts: i64) -> Option<i64> {
    let nth = usize::try_from(attempts.saturating_sub(1)).unwrap_or(usize::MAX);
    waits.get(nth).copied()
}
