//! Mail, files and other programs, as the command line and the environment set them. Nothing is open unless it is named.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use clap::Args;
use crm::{Channels, MailAddress, MailServer, Secret, Tls};

/// Doors beside the API.
#[derive(Args, Clone, Default)]
pub struct ChannelArguments {
    /// The server that mail goes out by; without it none does
    #[arg(long, env = "BAILIWICK_SMTP_HOST")]
    smtp_host: Option<String>,
    /// Its port; 465 for direct TLS, 587 for STARTTLS, 25 for none unless said
    #[arg(long, env = "BAILIWICK_SMTP_PORT")]
    smtp_port: Option<u16>,
    /// direct, starttls or off
    #[arg(long, env = "BAILIWICK_SMTP_TLS", default_value = "starttls")]
    smtp_tls: String,
    /// Whom to sign in as there
    #[arg(long, env = "BAILIWICK_SMTP_USER")]
    smtp_user: Option<String>,
    /// With which password; better by the environment, where nobody lists it
    #[arg(long, env = "BAILIWICK_SMTP_PASSWORD", hide_env_values = true)]
    smtp_password: Option<String>,
    /// The server of a mailbox to read; without it none is read
    #[arg(long, env = "BAILIWICK_IMAP_HOST")]
    imap_host: Option<String>,
    /// Its port; 993 for direct TLS, 143 else
    #[arg(long, env = "BAILIWICK_IMAP_PORT")]
    imap_port: Option<u16>,
    /// direct, starttls or off
    #[arg(long, env = "BAILIWICK_IMAP_TLS", default_value = "direct")]
    imap_tls: String,
    /// Whose mailbox
    #[arg(long, env = "BAILIWICK_IMAP_USER")]
    imap_user: Option<String>,
    /// With which password
    #[arg(long, env = "BAILIWICK_IMAP_PASSWORD", hide_env_values = true)]
    imap_password: Option<String>,
    /// Its folder
    #[arg(long, env = "BAILIWICK_IMAP_FOLDER", default_value = "INBOX")]
    imap_folder: String,
    /// A folder in which others lay .eml files, to be read once
    #[arg(long, env = "BAILIWICK_MAIL_FOLDER")]
    mail_folder: Option<PathBuf>,
    /// Whom mail is from, where no queue has an address of its own: "Firm <office@firm.example>"
    #[arg(long, env = "BAILIWICK_MAIL_FROM")]
    mail_from: Option<String>,
    /// Addresses at which strangers become leads, separated by commas
    #[arg(long, env = "BAILIWICK_MAIL_SALES", default_value = "")]
    mail_sales: String,
    /// Where the bytes of files lie; beside an SQLite database unless said
    #[arg(long, env = "BAILIWICK_FILES")]
    pub files: Option<PathBuf>,
    /// Hosts inside the house that webhooks may call, separated by commas; * for any
    #[arg(long, env = "BAILIWICK_WEBHOOK_HOSTS", default_value = "")]
    webhook_hosts: String,
    /// A folder in which orders that are handed over are laid as UBL
    #[arg(long, env = "BAILIWICK_ERP_FOLDER")]
    erp_folder: Option<PathBuf>,
    /// A PEM file of certificate authorities to trust beside the machine's own
    #[arg(long, env = "BAILIWICK_AUTHORITIES")]
    authorities: Option<PathBuf>,
    /// A proxy of your own stands before the server: whom it names last in X-Forwarded-For is who asks
    #[arg(long, env = "BAILIWICK_BEHIND_PROXY")]
    behind_proxy: bool,
}

fn tls(word: &str, setting: &str) -> anyhow::Result<Tls> {
    Tls::parse(word).with_context(|| format!("{setting} is {word:?}; it is direct, starttls or off"))
}

/// User and password, which come together.
fn user(
    user: &Option<String>,
    password: &Option<String>,
    what: &str,
) -> anyhow::Result<Option<(String, Secret)>> {
    match (user, password) {
        (Some(user), Some(password)) => Ok(Some((user.clone(), Secret::new(password.clone())))),
        (None, None) => Ok(None),
        _ => anyhow::bail!(
            "BAILIWICK_{what}_USER and BAILIWICK_{what}_PASSWORD come together; one of them is missing"
        ),
    }
}

/// `Firm <office@firm.example>`, or the address alone.
fn address(text: &str) -> anyhow::Result<MailAddress> {
    let (name, address) = match text.trim().strip_suffix('>').and_then(|t| t.rsplit_once('<')) {
        Some((name, address)) => (name.trim().trim_matches('"'), address),
        None => ("", text.trim()),
    };
    let address = address.trim().to_lowercase();
    ensure!(
        address
            .split_once('@')
            .is_some_and(|(l, d)| !l.is_empty() && d.contains('.'))
            && !address.contains(' '),
        "{text:?} is no e-mail address; write it like \"Firm <office@firm.example>\""
    );
    Ok(MailAddress {
        name: name.to_owned(),
        address,
    })
}

fn list(text: &str) -> Vec<String> {
    let words = text.split(',').map(|w| w.trim().to_lowercase());
    words.filter(|w| !w.is_empty()).collect()
}

/// Beside the file of an SQLite database; a server's database has no place beside it.
fn beside(database: &str) -> Option<PathBuf> {
    if database.contains("://") && !database.starts_with("sqlite://") {
        return None;
    }
    let file = database
        .trim_start_matches("sqlite://")
        .trim_start_matches("sqlite:");
    Some(Path::new(&format!("{file}.files")).to_owned())
}

impl ChannelArguments {
    /// As the features read them.
    pub fn channels(&self, database: &str) -> anyhow::Result<Channels> {
        let authority = match &self.authorities {
            Some(path) => Some(std::fs::read(path).with_context(|| format!("reading {}", path.display()))?),
            None => None,
        };
        let smtp = match &self.smtp_host {
            None => None,
            Some(host) => {
                let tls = tls(&self.smtp_tls, "BAILIWICK_SMTP_TLS")?;
                let usual = match tls {
                    Tls::Direct => 465,
                    Tls::Upgrade => 587,
                    Tls::Off => 25,
                };
                Some(MailServer {
                    host: host.clone(),
                    port: self.smtp_port.unwrap_or(usual),
                    tls,
                    user: user(&self.smtp_user, &self.smtp_password, "SMTP")?,
                    authority: authority.clone(),
                })
            }
        };
        let imap = match &self.imap_host {
            None => None,
            Some(host) => {
                let tls = tls(&self.imap_tls, "BAILIWICK_IMAP_TLS")?;
                let server = MailServer {
                    host: host.clone(),
                    port: self
                        .imap_port
                        .unwrap_or(if tls == Tls::Direct { 993 } else { 143 }),
                    tls,
                    user: user(&self.imap_user, &self.imap_password, "IMAP")?,
                    authority: authority.clone(),
                };
                ensure!(
                    server.user.is_some(),
                    "a mailbox needs BAILIWICK_IMAP_USER and BAILIWICK_IMAP_PASSWORD"
                );
                Some((server, self.imap_folder.clone()))
            }
        };
        for folder in self.mail_folder.iter().chain(&self.erp_folder) {
            ensure!(folder.is_dir(), "{} is no folder", folder.display());
        }
        Ok(Channels {
            smtp,
            imap,
            mail_folder: self.mail_folder.clone(),
            mail_from: self.mail_from.as_deref().map(address).transpose()?,
            sales_addresses: list(&self.mail_sales),
            files: self.files.clone().or_else(|| beside(database)),
            private_webhooks: list(&self.webhook_hosts),
            erp_folder: self.erp_folder.clone(),
            authority,
            behind_proxy: self.behind_proxy,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_open_unless_it_is_named() {
        let arguments = ChannelArguments {
            imap_tls: "direct".into(),
            smtp_tls: "starttls".into(),
            ..ChannelArguments::default()
        };
        let channels = arguments.channels("data.sqlite").unwrap();
        assert!(channels.smtp.is_none() && channels.imap.is_none() && channels.mail_folder.is_none());
        assert!(channels.private_webhooks.is_empty() && channels.erp_folder.is_none());
        assert_eq!(channels.files.as_deref(), Some(Path::new("data.sqlite.files")));
        assert_eq!(arguments.channels("postgres://a@b/c").unwrap().files, None);
    }

    #[test]
    fn a_setting_that_cannot_be_right_is_told() {
        let named = |change: &dyn Fn(&mut ChannelArguments)| {
            let mut arguments = ChannelArguments {
                smtp_host: Some("mail.example".into()),
                smtp_tls: "starttls".into(),
                imap_tls: "direct".into(),
                ..ChannelArguments::default()
            };
            change(&mut arguments);
            arguments.channels("data.sqlite").map(|c| c.smtp.map(|s| s.port))
        };
        assert_eq!(named(&|_| ()).unwrap(), Some(587));
        assert_eq!(named(&|a| a.smtp_tls = "direct".into()).unwrap(), Some(465));
        assert!(named(&|a| a.smtp_tls = "yes".into()).is_err());
        assert!(named(&|a| a.smtp_user = Some("eva".into())).is_err());
        assert!(named(&|a| a.imap_host = Some("mail.example".into())).is_err());
        assert!(named(&|a| a.mail_from = Some("Firm".into())).is_err());
        assert!(named(&|a| a.erp_folder = Some("/nowhere/at/all".into())).is_err());
        let from = address("\"Firm GmbH\" <Office@Firm.example>").unwrap();
        assert_eq!(
            (from.name.as_str(), from.address.as_str()),
            ("Firm GmbH", "office@firm.example")
        );
    }
}
