//! An upload of accounts and their contacts as Salesforce exports them: how long until each is on record, with its place?

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use serde_json::{Value, json};
use testkit::crowd::Crowd;

use crate::fill::contact;
use crate::program::{Client, Program, folder};

/// Seconds that it may take.
const MOST: f64 = 60.0;

/// The map that addresses are looked up in, built once.
pub fn map(extract: &Path) -> anyhow::Result<PathBuf> {
    let pack = folder("desk")?.join("bench.pack");
    if !pack.exists() {
        let status = std::process::Command::new(env!("CARGO_BIN_EXE_bailiwick"))
            .args(["map", "build", "--quiet", "--out"])
            .args([&pack, extract])
            .status()?;
        anyhow::ensure!(status.success(), "the map could not be built: {status}");
    }
    Ok(pack)
}

/// Brings `accounts` more of the crowd's with a contact each, by address, and takes them back.
pub async fn import(program: &Program, manager: &Client, crowd: &Crowd, accounts: u32) -> anyhow::Result<()> {
    let first = crowd.size().customers;
    let (mut of_accounts, mut of_contacts) = (
        "Account ID,Account Name,Phone,Type,Billing Street,Billing Zip/Postal Code,Billing City\n".to_owned(),
        "Contact ID,First Name,Last Name,Email,Phone,Account ID\n".to_owned(),
    );
    for n in first..first + accounts {
        let c = crowd.customer(n);
        let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
        let street = quoted(&format!("{} {}", c.street, c.house_number));
        writeln!(
            of_accounts,
            "A-{n},{},{},Customer,{street},{},{}",
            quoted(&c.name),
            c.phone,
            c.postal_code.as_deref().unwrap_or_default(),
            quoted(c.city.as_deref().unwrap_or_default())
        )?;
        let (name, email, phone) = contact(n * crate::fill::CONTACTS);
        let (given, family) = name.split_once(' ').context("a given name and a family name")?;
        writeln!(of_contacts, "C-{n},{given},{family},{email},{phone},A-{n}")?;
    }
    let before = [
        counted(manager, "accounts").await?,
        counted(manager, "contacts").await?,
    ];
    let began = Instant::now();
    let before_all = cpu(program)?;
    let files = [("accounts.csv", of_accounts), ("contacts.csv", of_contacts)];
    let form = files
        .into_iter()
        .fold(reqwest::multipart::Form::new(), |form, (name, text)| {
            form.part("file", reqwest::multipart::Part::text(text).file_name(name))
        });
    let request = manager.http.post(format!("{}/api/v1/imports", manager.address));
    let import = Client::answer(request.multipart(form), "an upload").await?.json();
    let address = format!("/api/v1/imports/{}", import["id"].as_str().context("an id")?);
    println!(
        "  uploaded and recognised after {:.1} s",
        began.elapsed().as_secs_f64()
    );
    for (step, most) in [("check", None), ("run", Some(MOST))] {
        let (began, cpu_before) = (Instant::now(), cpu(program)?);
        let job = manager
            .post(&format!("{address}/{step}"), &json!({}))
            .await?
            .json();
        ended(manager, &job).await?;
        let took = began.elapsed().as_secs_f64();
        println!(
            "| import of {accounts} accounts and contacts: {step} | 1 | {took:.1} s | processor {:.1} s |",
            cpu(program)? - cpu_before
        );
        if most.is_some_and(|most| took > most) {
            eprintln!("  {took:.0} s instead of {MOST}");
        }
    }
    println!(
        "  all of it: {:.1} s, processor {:.1} s",
        began.elapsed().as_secs_f64(),
        cpu(program)? - before_all
    );
    let done = manager.get(&address).await?.json();
    let summary = &done["summary"];
    println!("  {summary}");
    assert_eq!(summary["created"], 2 * accounts, "{summary}");
    for (plural, before) in ["accounts", "contacts"].into_iter().zip(before) {
        assert_eq!(
            counted(manager, plural).await?,
            before + i64::from(accounts),
            "{plural}"
        );
    }
    let began = Instant::now();
    manager.post(&format!("{address}/undo"), &json!({})).await?;
    println!("| taken back | 1 | {:.1} s |", began.elapsed().as_secs_f64());
    for (plural, before) in ["accounts", "contacts"].into_iter().zip(before) {
        assert_eq!(counted(manager, plural).await?, before, "{plural} after the undo");
    }
    Ok(())
}

async fn counted(manager: &Client, plural: &str) -> anyhow::Result<i64> {
    let answer = manager.get(&format!("/api/v1/{plural}/count")).await?.json();
    answer["count"]
        .as_i64()
        .with_context(|| format!("a count of {plural}, not {answer}"))
}

/// Waits for a job to be done.
async fn ended(manager: &Client, job: &Value) -> anyhow::Result<()> {
    let address = format!("/api/v1/jobs/{}", job["id"].as_str().context("a job's id")?);
    loop {
        let now = manager.get(&address).await?.json();
        match now["state"].as_str() {
            Some("done") => return Ok(()),
            Some("failed" | "cancelled") => anyhow::bail!("the job ended: {now}"),
            _ => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

/// Seconds of processor time that the program has had until now, all its threads together.
fn cpu(program: &Program) -> anyhow::Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", program.child.id()))?;
    // Behind the name in brackets: the state, ten more, then the time in user and kernel mode, in hundredths.
    let (_, behind) = stat.rsplit_once(')').context("a process's figures")?;
    let ticks = behind.split_whitespace().skip(11).take(2);
    Ok(ticks.filter_map(|t| t.parse::<f64>().ok()).sum::<f64>() / 100.0)
}
