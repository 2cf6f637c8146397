//! A running server: started on a free port, watched, and ended with its story.

use std::io::{BufRead, BufReader, Read as _};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use super::program::{map_pack, program};

/// How long a start may take before it counts as hung; not a measure of speed.
const HUNG_AFTER: Duration = Duration::from_secs(120);

pub struct Server {
    child: Child,
    /// `http://127.0.0.1:…`
    pub address: String,
}

impl Server {
    /// Starts on a database; returns when it says that it serves.
    pub async fn start(database: &str) -> Self {
        Self::run(Command::new(program()), database, &[]).await
    }

    /// Starts with more on its command line.
    pub async fn start_with(database: &str, arguments: &[&str]) -> Self {
        Self::run(Command::new(program()), database, arguments).await
    }

    /// Starts where no file may grow beyond so many bytes: writes are refused as on a full disk.
    pub async fn start_on_a_small_disk(database: &str, bytes: u64) -> Self {
        let mut shell = Command::new("sh");
        // The limit is counted in blocks of 512 bytes. Without the trap the first write beyond it is a signal
        // that ends the program.
        let limits = format!("trap '' XFSZ; ulimit -f {}; exec \"$@\"", bytes / 512);
        shell.args(["-c", &limits, "sh"]).arg(program());
        Self::run(shell, database, &[]).await
    }

    async fn run(mut command: Command, database: &str, arguments: &[&str]) -> Self {
        let mut child = command
            .args([
                "serve",
                "--listen",
                "127.0.0.1:0",
                "--database",
                database,
                "--map",
            ])
            .arg(map_pack())
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|e| panic!("{} does not start: {e}", program().display()));
        let output = child.stdout.take().expect("its output is a pipe");
        let mut log = child.stderr.take().expect("its log is a pipe");
        let (tell, hear) = mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if let Some((_, address)) = line.split_once("serves at ") {
                    // The story may have ended already.
                    let _ = tell.send(address.trim().to_owned());
                }
            }
        });
        // The log shows beside a failing test; read it always, so that the program never waits for us.
        std::thread::spawn(move || {
            let mut text = String::new();
            let _ = log.read_to_string(&mut text);
            eprint!("{text}");
        });
        let address = tokio::task::spawn_blocking(move || hear.recv_timeout(HUNG_AFTER))
            .await
            .expect("no panic in waiting");
        let Ok(address) = address else {
            // Ends the child, so that its log is printed.
            let _ = child.kill();
            panic!("the server on {database} did not say where it serves");
        };
        Self { child, address }
    }

    /// SIGKILL: nothing in the program gets a chance to tidy up.
    pub fn kill(&mut self) {
        self.child.kill().expect("a running server can be killed");
        self.child.wait().expect("a killed server ends");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
