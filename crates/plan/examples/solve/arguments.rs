//! The command line.

use std::path::PathBuf;

use crate::Result;

pub struct Arguments {
    pub format: String,
    pub instance: PathBuf,
    pub fleet: Option<usize>,
    pub routes: usize,
    pub cpu_seconds: Option<f64>,
    pub steps: u64,
    pub seed: u64,
    pub threads: usize,
    pub out: Option<PathBuf>,
    /// Routes to stay near.
    pub previous: Option<PathBuf>,
    /// What another day or rep than in those weighs, in the instance's units of distance; a fifth of their mean drive if not said.
    pub price: Option<f64>,
    /// Every better plan's cost to stderr.
    pub trace: bool,
}

impl Arguments {
    pub fn from_command_line() -> Result<Self> {
        let mut found = Self {
            format: String::new(),
            instance: PathBuf::new(),
            fleet: None,
            routes: 1,
            cpu_seconds: None,
            steps: 10_000,
            seed: 1,
            threads: 1,
            out: None,
            previous: None,
            price: None,
            trace: false,
        };
        let mut words = std::env::args().skip(1);
        while let Some(name) = words.next() {
            if name == "--trace" {
                found.trace = true;
                continue;
            }
            let value = words.next().ok_or(format!("{name} needs a value"))?;
            match name.as_str() {
                "--format" => found.format = value,
                "--instance" => found.instance = value.into(),
                "--fleet" => found.fleet = Some(value.parse()?),
                "--routes" => found.routes = value.parse()?,
                "--cpu-seconds" => found.cpu_seconds = Some(value.parse()?),
                "--steps" => found.steps = value.parse()?,
                "--seed" => found.seed = value.parse()?,
                "--threads" => found.threads = value.parse::<usize>()?.max(1),
                "--previous" => found.previous = Some(value.into()),
                "--price" => found.price = Some(value.parse()?),
                "--out" => found.out = Some(value.into()),
                _ => return Err(format!("{name} is not known; see the head of this program").into()),
            }
        }
        Ok(found)
    }
}
