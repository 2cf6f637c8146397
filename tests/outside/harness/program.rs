//! The program under test, and the demo map it is tested on: both made once a run.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use tempfile::TempDir;

/// A built program to test instead of building one.
const PROGRAM_VARIABLE: &str = "BAILIWICK_PROGRAM";

/// The root of the working tree.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the tests are a folder of the repository")
}

/// The program's file, built by cargo unless `BAILIWICK_PROGRAM` names one.
pub fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| match std::env::var_os(PROGRAM_VARIABLE) {
        Some(given) => PathBuf::from(given),
        None => build(),
    })
}

/// Builds it in the profile and target folder of this very test, together with it, so that both share their
/// dependencies.
fn build() -> PathBuf {
    let own = std::env::current_exe().expect("a running test has a file");
    let profile = own
        .ancestors()
        .nth(2)
        .expect("target/<profile>/deps/<test>")
        .to_owned();
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args([
        "build",
        "--locked",
        "--workspace",
        "--bin",
        "bailiwick",
        "--test",
        "outside",
    ]);
    if profile.ends_with("release") {
        cargo.arg("--release");
    }
    cargo
        .arg("--target-dir")
        .arg(profile.parent().expect("the target folder"));
    let status = cargo.current_dir(repository()).status().expect("cargo runs");
    assert!(
        status.success(),
        "the program does not build, so there is nothing to test"
    );
    profile.join("bailiwick")
}

/// The demo's map pack, built from the extract.
pub fn map_pack() -> &'static Path {
    static PACK: OnceLock<(TempDir, PathBuf)> = OnceLock::new();
    let (_, pack) = PACK.get_or_init(|| {
        let folder = TempDir::with_prefix("bailiwick-map-").expect("a temporary folder");
        let pack = folder.path().join("demo.pack");
        let extract = repository().join("data/neubrandenburg.osm.pbf");
        run(
            &[
                "map",
                "build",
                &extract.to_string_lossy(),
                "--quiet",
                "--out",
                &pack.to_string_lossy(),
            ],
            "",
        )
        .ok();
        (folder, pack)
    });
    pack
}

/// What a command printed and how it ended.
pub struct Ran {
    pub code: Option<i32>,
    pub output: String,
    pub errors: String,
    what: String,
}

impl Ran {
    /// It succeeded; gives its output.
    #[track_caller]
    pub fn ok(&self) -> &str {
        assert_eq!(
            self.code,
            Some(0),
            "{}: {}{}",
            self.what,
            self.output,
            self.errors
        );
        &self.output
    }

    /// It failed, with one line that says why; gives that line.
    #[track_caller]
    pub fn refused(&self) -> &str {
        assert!(
            self.code.is_some_and(|code| code != 0),
            "{} ended with {:?}: {}",
            self.what,
            self.code,
            self.output
        );
        let line = self.errors.trim_end();
        assert!(
            !line.is_empty() && !line.contains('\n'),
            "{}: not one line: {:?}",
            self.what,
            self.errors
        );
        line
    }
}

/// Runs the program to its end, with text on its standard input.
pub fn run(arguments: &[&str], input: &str) -> Ran {
    let mut child = Command::new(program())
        .args(arguments)
        .current_dir(std::env::temp_dir())
        .env_remove("BAILIWICK_DATABASE")
        .env_remove("BAILIWICK_MAP")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|e| panic!("{} does not start: {e}", program().display()));
    // A command that reads nothing may be gone before it is told anything.
    let _ = child
        .stdin
        .take()
        .expect("its input is a pipe")
        .write_all(input.as_bytes());
    let done = child.wait_with_output().expect("its end can be awaited");
    Ran {
        code: done.status.code(),
        output: String::from_utf8_lossy(&done.stdout).into_owned(),
        errors: String::from_utf8_lossy(&done.stderr).into_owned(),
        what: format!("bailiwick {}", arguments.join(" ")),
    }
}
