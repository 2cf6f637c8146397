//! Run it: settings, wiring, listening. The command line does what the API does.

mod channels;
mod cli;
mod data;
mod demo;
mod design;
mod listen;
mod map;
mod open;
mod pages;
mod places;
mod progress;
mod shelf;
mod users;

use clap::Parser;

// Records are many small texts and maps: a third of an import's time was the C library's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    let arguments = cli::Arguments::parse();
    match cli::run(arguments) {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            // One line: what failed, and in the causes what to do.
            eprintln!("bailiwick: {error:#}");
            std::process::ExitCode::FAILURE
        }
    }
}
