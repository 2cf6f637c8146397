//! A throwaway PostgreSQL for tests: one cluster a process, one database a test.
//!
//! The cluster lives in a temporary folder, listens on a free loopback port, forgets to sync, and goes away
//! with the process that started it, even when that is killed. Where no PostgreSQL is installed, the reason
//! is printed and there is none, unless `BAILIWICK_REQUIRE_POSTGRES=1` says that this must not be.

use std::fs;
use std::io::{self, Read, Write};
use std::net::{TcpStream, UdpSocket};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use crate::ports::reserve;

/// A running server.
pub struct Cluster {
    port: u16,
    databases: AtomicU32,
    /// Its standard input is the leash: when this process ends, it closes, and the server stops.
    _keeper: Child,
    /// While it is held, the port is nobody else's.
    _reserved: UdpSocket,
}

/// Where to look before the search path: a folder with `initdb` and `postgres`.
const PROGRAMS_VARIABLE: &str = "BAILIWICK_POSTGRES_BIN";
/// Set to `1` where a missing PostgreSQL is a failure.
const REQUIRE_VARIABLE: &str = "BAILIWICK_REQUIRE_POSTGRES";

/// The cluster of this process, started at the first call; `None` without PostgreSQL.
///
/// # Panics
/// When there is none although it is required, or when an installed one does not start.
pub fn cluster() -> Option<&'static Cluster> {
    static CLUSTER: OnceLock<Option<Cluster>> = OnceLock::new();
    CLUSTER
        .get_or_init(|| {
            let Some(programs) = find_programs() else {
                let reason = format!(
                    "no PostgreSQL found (looked in ${PROGRAMS_VARIABLE}, the search path and /usr/lib/postgresql/*/bin)"
                );
                assert!(std::env::var(REQUIRE_VARIABLE).as_deref() != Ok("1"), "{reason}");
                eprintln!("skipping tests on PostgreSQL: {reason}");
                return None;
            };
            // A slow machine, or a port that somebody took who does not reserve.
            let mut last = String::new();
            for _ in 0..3 {
                match start(&programs) {
                    Ok(cluster) => return Some(cluster),
                    Err(error) => last = error.to_string(),
                }
            }
            panic!("PostgreSQL in {} does not start: {last}", programs.display());
        })
        .as_ref()
}

impl Cluster {
    /// A new, empty database; its url.
    ///
    /// # Panics
    /// When it cannot be made.
    pub fn database(&self) -> String {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::SeqCst));
        if let Err(error) = ask(self.port, &format!("create database {name}")) {
            panic!("cannot make the database {name}: {error}");
        }
        self.url(&name)
    }

    /// A new database with all that is in another one of this cluster, to which nobody may be connected.
    ///
    /// # Panics
    /// When it cannot be made.
    pub fn copy_of(&self, url: &str) -> String {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::SeqCst));
        let template = url.rsplit('/').next().unwrap_or_default();
        if let Err(error) = ask(self.port, &format!("create database {name} template {template}")) {
            panic!("cannot copy the database {template} to {name}: {error}");
        }
        self.url(&name)
    }

    fn url(&self, name: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{name}", self.port)
    }
}

fn find_programs() -> Option<PathBuf> {
    let mut folders: Vec<PathBuf> = std::env::var_os(PROGRAMS_VARIABLE)
        .map(PathBuf::from)
        .into_iter()
        .collect();
    folders.extend(std::env::var_os("PATH").iter().flat_map(std::env::split_paths));
    let mut installed: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path().join("bin"))
        .collect();
    installed.sort();
    folders.extend(installed.into_iter().rev());
    folders
        .into_iter()
        .find(|folder| folder.join("initdb").is_file() && folder.join("postgres").is_file())
}

fn start(programs: &Path) -> io::Result<Cluster> {
    let folder = private_folder("postgres")?;
    let data = folder.join("data");
    // ICU's order differs from byte order, so a query that forgets `collate "C"` shows itself.
    let icu = ["--locale-provider=icu", "--icu-locale=en", "--locale=C"];
    if initdb(programs, &folder, &data, &icu).is_err() {
        let _ = fs::remove_dir_all(&data);
        initdb(programs, &folder, &data, &["--locale=C"])?;
    }
    let (port, mark) = reserve()?;
    let script = format!(
        "trap '' INT; '{postgres}' -D '{data}' -k '{folder}' -h 127.0.0.1 -p {port} -c fsync=off -c synchronous_commit=off \
         -c full_page_writes=off -c max_connections=400 -c shared_buffers=64MB >'{folder}/log' 2>&1 & \
         server=$!; cat >/dev/null; kill -INT $server; wait $server; rm -rf '{folder}'",
        postgres = programs.join("postgres").display(),
        data = data.display(),
        folder = folder.display(),
    );
    let keeper = as_nobody(&["sh", "-c", &script])
        .current_dir(&folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let cluster = Cluster {
        port,
        databases: AtomicU32::new(0),
        _keeper: keeper,
        _reserved: mark,
    };
    let patience = Instant::now();
    while patience.elapsed() < Duration::from_secs(60) {
        if ask(port, "select 1").is_ok() {
            return Ok(cluster);
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let mut log = String::new();
    if let Ok(mut file) = fs::File::open(folder.join("log")) {
        file.read_to_string(&mut log)?;
    }
    Err(io::Error::other(format!(
        "it did not answer within a minute: {log}"
    )))
}

fn initdb(programs: &Path, folder: &Path, data: &Path, locale: &[&str]) -> io::Result<()> {
    let program = programs.join("initdb").display().to_string();
    let data = data.display().to_string();
    let mut arguments = vec![
        program.as_str(),
        "-D",
        &data,
        "-U",
        "postgres",
        "--auth=trust",
        "--no-sync",
        "--encoding=UTF8",
    ];
    arguments.extend(locale);
    let made = as_nobody(&arguments).current_dir(folder).output()?;
    if made.status.success() {
        return Ok(());
    }
    Err(io::Error::other(
        String::from_utf8_lossy(&made.stderr).into_owned(),
    ))
}

/// Sends one statement, over the wire protocol in its simplest form: not every installation has `psql` or
/// `createdb`, and this crate has no database library.
fn ask(port: u16, sql: &str) -> io::Result<()> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    let startup = b"\0\x03\0\0user\0postgres\0database\0postgres\0\0";
    stream.write_all(&(startup.len() as u32 + 4).to_be_bytes())?;
    stream.write_all(startup)?;
    let mut asked = false;
    loop {
        let mut head = [0u8; 5];
        stream.read_exact(&mut head)?;
        let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]).saturating_sub(4);
        let mut body = vec![0u8; length as usize];
        stream.read_exact(&mut body)?;
        match head[0] {
            b'E' => {
                return Err(io::Error::other(
                    String::from_utf8_lossy(&body).replace('\0', " "),
                ));
            }
            // Ready for a query: the first time to ask it, the second time it is done.
            b'Z' if asked => return Ok(()),
            b'Z' => {
                asked = true;
                stream.write_all(b"Q")?;
                stream.write_all(&(sql.len() as u32 + 5).to_be_bytes())?;
                stream.write_all(sql.as_bytes())?;
                stream.write_all(b"\0")?;
            }
            _ => {}
        }
    }
}

/// PostgreSQL refuses to run as root.
pub(crate) fn as_nobody(arguments: &[&str]) -> Command {
    let mut command;
    if is_root() {
        command = Command::new("runuser");
        command.args(["-u", "nobody", "--"]).args(arguments);
    } else {
        command = Command::new(arguments[0]);
        command.args(&arguments[1..]);
    }
    command
}

pub(crate) fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

/// A new folder that only the server's user may enter.
pub(crate) fn private_folder(what: &str) -> io::Result<PathBuf> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let name = format!(
        "bailiwick-{what}-{}-{}",
        std::process::id(),
        NUMBER.fetch_add(1, Ordering::SeqCst)
    );
    let folder = std::env::temp_dir().join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir(&folder)?;
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o700))?;
    if is_root() {
        let id = |what: &str| -> io::Result<u32> {
            let answer = Command::new("id").args([what, "nobody"]).output()?;
            String::from_utf8_lossy(&answer.stdout)
                .trim()
                .parse()
                .map_err(|_| io::Error::other("there is no user nobody to run servers as"))
        };
        chown(&folder, Some(id("-u")?), Some(id("-g")?))?;
    }
    Ok(folder)
}
