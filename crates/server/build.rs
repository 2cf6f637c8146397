//! The front end is built by `make`, never from here: `cargo check` needs no Node. Where it has not been
//! built yet, the program carries a page that says so.

use std::path::Path;

fn main() {
    let dist = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web/dist");
    if !dist.join("index.html").exists() {
        let notice = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Bailiwick</title>\
                      <p>The front end is not built yet. Run <code>make run</code> in the project's folder.</p></html>";
        let written =
            std::fs::create_dir_all(&dist).and_then(|()| std::fs::write(dist.join("index.html"), notice));
        if let Err(error) = written {
            println!("cargo::error={}: {error}", dist.display());
        }
    }
    println!("cargo::rerun-if-changed=../../web/dist/index.html");
}
