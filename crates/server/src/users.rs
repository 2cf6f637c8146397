//! `bailiwick user`: people who sign in.

use std::io::{BufRead as _, IsTerminal as _, Write as _};

use anyhow::{Context as _, bail};
use clap::Subcommand;
use crm::Role;
use records::{At, Author, Filter, Op, Query, Record, Store, Viewer, fields};

use crate::cli::Database;
use crate::open;

/// What to do with users.
#[derive(Subcommand)]
pub enum UserCommand {
    /// Make a user; the password is read from standard input
    Add {
        #[command(flatten)]
        database: Database,
        /// Their e-mail address: what they sign in with
        email: String,
        /// Their name
        #[arg(long)]
        name: String,
        /// manager, rep, analyst or admin
        #[arg(long)]
        role: String,
    },
    /// Set a user's password; it is read from standard input
    Password {
        #[command(flatten)]
        database: Database,
        /// Their e-mail address
        email: String,
    },
    /// Print a new API token for a user; it is shown this once
    Token {
        #[command(flatten)]
        database: Database,
        /// Their e-mail address
        email: String,
        /// What the token is for
        #[arg(long, default_value = "command line")]
        name: String,
        /// May it write? Without this it only reads
        #[arg(long)]
        write: bool,
        /// For how many days, 1 to 3650
        #[arg(long, default_value_t = 90)]
        days: i64,
    },
    /// List the users
    List {
        #[command(flatten)]
        database: Database,
    },
}

/// Does it.
pub async fn run(command: UserCommand) -> anyhow::Result<()> {
    match command {
        UserCommand::Add {
            database,
            email,
            name,
            role,
        } => {
            let store = store(&database).await?;
            if Role::parse(&role).is_none() {
                bail!("there is no role {role}; it is manager, rep, analyst or admin");
            }
            let password = read_password()?;
            let email = email.trim().to_lowercase();
            let fields = fields([
                ("name", name.into()),
                ("email", email.clone().into()),
                ("role", role.into()),
                ("active", true.into()),
            ]);
            let author = Author::system("command", format!("Add user {email}"));
            let written = store.write(&author, vec![Op::create("user", fields)]).await?;
            let id = &written.records.first().context("the user was not written")?.id;
            crm::set_password(store.db(), id, &password, store.now()).await?;
            println!("{email} can sign in");
        }
        UserCommand::Password { database, email } => {
            let store = store(&database).await?;
            let user = find(&store, &email).await?;
            let password = read_password()?;
            crm::set_password(store.db(), &user.id, &password, store.now()).await?;
            println!("The password of {email} is set; their sessions are ended");
        }
        UserCommand::Token {
            database,
            email,
            name,
            write,
            days,
        } => {
            let store = store(&database).await?;
            let user = find(&store, &email).await?;
            println!(
                "{}",
                crm::create_token(store.db(), &user.id, &name, write, days, store.now()).await?
            );
        }
        UserCommand::List { database } => {
            let store = store(&database).await?;
            let query = Query::of("user").sort("name", false).limit(Query::MAX_LIMIT);
            for user in store.list(&Viewer::system(), &query).await?.records {
                let text = |field| user.text(field).unwrap_or_default();
                println!("{:<32} {:<10} {}", text("email"), text("role"), text("name"));
            }
        }
    }
    Ok(())
}

async fn store(database: &Database) -> anyhow::Result<Store> {
    open::store(&database.database, std::sync::Arc::new(records::SystemClock)).await
}

/// A user by e-mail address.
pub async fn find(store: &Store, email: &str) -> anyhow::Result<Record> {
    let email = email.trim().to_lowercase();
    let query = Query::of("user")
        .filter(Filter::eq("email", email.as_str()))
        .limit(1)
        .at(At::PRESENT);
    let page = store.list(&Viewer::system(), &query).await?;
    page.records
        .into_iter()
        .next()
        .with_context(|| format!("there is no user {email}; see `bailiwick user list`"))
}

fn read_password() -> anyhow::Result<String> {
    if std::io::stdin().is_terminal() {
        print!("Password (is shown while you type): ");
        std::io::stdout().flush()?;
    }
    let mut line = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut line)
        .context("reading the password from standard input")?;
    let password = line.trim_end_matches(['\r', '\n']).to_owned();
    if password.is_empty() {
        bail!("no password on standard input");
    }
    Ok(password)
}
