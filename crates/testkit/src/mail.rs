//! Real mail servers on the loopback for tests: aiosmtpd takes mail in, and Dovecot shows it over IMAP.
//!
//! Both run as the current user (as nobody for root), on free ports, with a certificate of their own, and go away with the
//! process that started them. What is sent to any address lies in one mailbox afterwards, but `nobody@…` is refused for
//! good and `later@…` for now. Where they are not installed, the reason is printed and there are none, unless
//! `BAILIWICK_REQUIRE_MAIL=1` says that this must not be.

use std::fs;
use std::io::{self, Read as _};
use std::net::{TcpStream, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::ports::reserve;
use crate::postgres::{as_nobody, is_root, private_folder};

/// Set to `1` where missing mail servers are a failure.
const REQUIRE_VARIABLE: &str = "BAILIWICK_REQUIRE_MAIL";
/// Who signs in, at both servers.
pub const USER: &str = "crm";
/// With which password.
pub const PASSWORD: &str = "pass word\"\\";

/// What the SMTP server is: a few lines around the library.
const SMTP_SERVER: &str = r#"
import ssl, sys
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Mailbox
from aiosmtpd.smtp import AuthResult, LoginPassword
maildir, port, user, password, certificate, key, secret = sys.argv[1:]
class Deliver(Mailbox):
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody@"):
            return "550 5.1.1 nobody of that name"
        if address.startswith("later@"):
            return "451 4.7.1 come back later"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"
def check(server, session, envelope, mechanism, data):
    right = isinstance(data, LoginPassword) and data.login == user.encode() and data.password == password.encode()
    return AuthResult(success=right, handled=False)
tls = None
if secret == "yes":
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate, key)
Controller(Deliver(maildir), hostname="127.0.0.1", port=int(port), authenticator=check, auth_required=True,
    auth_require_tls=tls is not None, tls_context=tls, require_starttls=tls is not None, data_size_limit=100_000_000, ready_timeout=60).start()
sys.stdin.read()
"#;

/// A pair of running servers over one mailbox.
pub struct MailServers {
    /// SMTP with STARTTLS and a sign-in, both required.
    pub smtp_port: u16,
    /// SMTP in the clear, with a sign-in.
    pub plain_smtp_port: u16,
    /// IMAP, in the clear or with STARTTLS.
    pub imap_port: u16,
    /// IMAP over TLS.
    pub imaps_port: u16,
    /// The authority that vouches for `localhost`, PEM.
    pub authority: Vec<u8>,
    folder: PathBuf,
    /// Their standard input is the leash: when this process ends, it closes, and they stop.
    keeper: Child,
    /// While these are held, their ports are taken.
    _reserved: [UdpSocket; 4],
}

impl Drop for MailServers {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        // It ends by itself now; waiting only keeps it from staying a zombie.
        let _ = self.keeper.wait();
    }
}

/// Servers of one's own; `None` where they are not installed.
///
/// # Panics
/// When there are none although they are required, or when installed ones do not start.
#[must_use]
pub fn servers() -> Option<MailServers> {
    let missing = match programs() {
        Ok(programs) => {
            let mut last = String::new();
            for _ in 0..3 {
                match start(&programs) {
                    Ok(servers) => return Some(servers),
                    Err(error) => last = error.to_string(),
                }
            }
            panic!("the mail servers do not start: {last}");
        }
        Err(missing) => missing,
    };
    let reason = format!("{missing} not found (Debian: dovecot-imapd, python3-aiosmtpd, openssl)");
    assert!(std::env::var(REQUIRE_VARIABLE).as_deref() != Ok("1"), "{reason}");
    eprintln!("skipping tests with mail servers: {reason}");
    None
}

struct Programs {
    dovecot: PathBuf,
    python: String,
}

fn programs() -> Result<Programs, &'static str> {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let dovecot = std::env::split_paths(&folders)
        .chain([PathBuf::from("/usr/sbin")])
        .map(|f| f.join("dovecot"))
        .find(|p| p.is_file())
        .ok_or("Dovecot")?;
    let knows = |python: &&str| {
        let asked = Command::new(python)
            .args(["-c", "import aiosmtpd"])
            .stderr(Stdio::null())
            .status();
        asked.is_ok_and(|s| s.success())
    };
    // The system's own comes first: it has the packages of the system.
    let python = ["/usr/bin/python3", "python3"]
        .iter()
        .find(|p| knows(p))
        .ok_or("aiosmtpd")?;
    Command::new("openssl")
        .arg("version")
        .stdout(Stdio::null())
        .status()
        .map_err(|_| "openssl")?;
    Ok(Programs {
        dovecot,
        python: (*python).to_owned(),
    })
}

fn start(programs: &Programs) -> io::Result<MailServers> {
    let folder = private_folder("mail")?;
    let path = |name: &str| folder.join(name).display().to_string();
    let (certificate, key, maildir) = (path("certificate.pem"), path("key.pem"), path("Maildir"));
    let made = as_nobody(&[
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "30",
        "-subj",
        "/CN=localhost",
        "-addext",
        "subjectAltName=DNS:localhost",
        "-addext",
        "basicConstraints=critical,CA:FALSE",
        "-keyout",
        &key,
        "-out",
        &certificate,
    ])
    .current_dir(&folder)
    .output()?;
    if !made.status.success() {
        return Err(io::Error::other(
            String::from_utf8_lossy(&made.stderr).into_owned(),
        ));
    }
    let reserved = [reserve()?, reserve()?, reserve()?, reserve()?];
    let [smtp_port, plain_smtp_port, imap_port, imaps_port] = [0, 1, 2, 3].map(|i: usize| reserved[i].0);
    // Written by us, read by the servers' user: the folder is theirs alone, so the files may be readable.
    fs::write(folder.join("smtp.py"), SMTP_SERVER)?;
    fs::write(
        folder.join("dovecot.conf"),
        dovecot_settings(&folder, imap_port, imaps_port),
    )?;
    fs::write(folder.join("users"), format!("{USER}:{{PLAIN}}{PASSWORD}\n"))?;
    // The mailbox is there before the first of them: each would make it, and whoever comes second fails.
    let script = "trap '' INT\n\
        umask 077; mkdir -p \"$3/Maildir/tmp\" \"$3/Maildir/new\" \"$3/Maildir/cur\"\n\
        \"$1\" -F -c \"$3/dovecot.conf\" >\"$3/dovecot.out\" 2>&1 & imap=$!\n\
        mkfifo \"$3/leash\"\n\
        \"$2\" \"$3/smtp.py\" \"$3/Maildir\" \"$4\" \"$6\" \"$7\" \"$3/certificate.pem\" \"$3/key.pem\" yes <\"$3/leash\" >\"$3/smtp.out\" 2>&1 & one=$!\n\
        \"$2\" \"$3/smtp.py\" \"$3/Maildir\" \"$5\" \"$6\" \"$7\" \"$3/certificate.pem\" \"$3/key.pem\" no <\"$3/leash\" >>\"$3/smtp.out\" 2>&1 & two=$!\n\
        exec 3>\"$3/leash\"\n\
        cat >/dev/null; exec 3>&-; kill $imap $one $two 2>/dev/null; wait; rm -rf \"$3\"";
    let folder_text = folder.display().to_string();
    let (smtp_text, plain_text) = (smtp_port.to_string(), plain_smtp_port.to_string());
    let dovecot = programs.dovecot.display().to_string();
    let keeper = as_nobody(&[
        "sh",
        "-c",
        script,
        "sh",
        &dovecot,
        &programs.python,
        &folder_text,
        &smtp_text,
        &plain_text,
        USER,
        PASSWORD,
    ])
    .current_dir(&folder)
    .stdin(Stdio::piped())
    .stdout(Stdio::null())
    .stderr(Stdio::null())
    .spawn()?;
    let servers = MailServers {
        smtp_port,
        plain_smtp_port,
        imap_port,
        imaps_port,
        authority: fs::read(&certificate)?,
        folder,
        keeper,
        _reserved: reserved.map(|(_, mark)| mark),
    };
    let begins = [
        (smtp_port, Some("220 ")),
        (plain_smtp_port, Some("220 ")),
        (imap_port, Some("* OK")),
        (imaps_port, None),
    ];
    let patience = Instant::now();
    while patience.elapsed() < Duration::from_secs(60) {
        if begins.iter().all(|(port, begin)| answers(*port, *begin)) && Path::new(&maildir).is_dir() {
            return Ok(servers);
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let said = ["dovecot.out", "log", "smtp.out"]
        .map(|f| fs::read_to_string(servers.folder.join(f)).unwrap_or_default());
    Err(io::Error::other(format!(
        "they did not answer within a minute: {}",
        said.join("\n")
    )))
}

/// Whether a server answers, and greets as it should; one over TLS waits for the client to speak.
fn answers(port: u16, begin: Option<&str>) -> bool {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else {
        return false;
    };
    let patience = Duration::from_millis(if begin.is_some() { 2_000 } else { 500 });
    if stream.set_read_timeout(Some(patience)).is_err() {
        return false;
    }
    match begin {
        Some(begin) => {
            let mut said = vec![0; begin.len()];
            stream.read_exact(&mut said).is_ok() && said == begin.as_bytes()
        }
        None => !matches!(stream.read(&mut [0]), Ok(0)),
    }
}

fn dovecot_settings(folder: &Path, imap_port: u16, imaps_port: u16) -> String {
    let folder = folder.display();
    let user = if is_root() {
        "nobody".to_owned()
    } else {
        name_of(&["-un"])
    };
    let group = if is_root() {
        "nogroup".to_owned()
    } else {
        name_of(&["-gn"])
    };
    format!(
        "base_dir = {folder}/run\nstate_dir = {folder}/state\nlog_path = {folder}/log\nprotocols = imap\nlisten = 127.0.0.1\n\
         default_login_user = {user}\ndefault_internal_user = {user}\ndefault_internal_group = {group}\n\
         mail_location = maildir:{folder}/Maildir\nfirst_valid_uid = 1\nfirst_valid_gid = 1\ndisable_plaintext_auth = no\n\
         auth_mechanisms = plain login\n\
         ssl = yes\nssl_cert = <{folder}/certificate.pem\nssl_key = <{folder}/key.pem\n\
         passdb {{\n  driver = passwd-file\n  args = {folder}/users\n}}\n\
         userdb {{\n  driver = static\n  args = uid={user} gid={group} home={folder}/home\n}}\n\
         service anvil {{\n  chroot =\n}}\nservice stats {{\n  chroot =\n}}\n\
         service imap-login {{\n  chroot =\n  process_min_avail = 1\n  inet_listener imap {{\n    port = {imap_port}\n  }}\n  inet_listener imaps {{\n    port = {imaps_port}\n    ssl = yes\n  }}\n}}\n"
    )
}

fn name_of(arguments: &[&str]) -> String {
    let answer = Command::new("id").args(arguments).output();
    answer
        .map(|a| String::from_utf8_lossy(&a.stdout).trim().to_owned())
        .unwrap_or_default()
}
