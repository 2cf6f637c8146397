//! Solves published instances, so that the planner can be measured beside others.
//!
//! ```text
//! cargo run --release -p plan --example solve -- --format solomon|homberger|cvrplib|toptw|pvrp|cycle --instance FILE
//!     [--fleet K] [--routes M] (--cpu-seconds T | --steps N) [--seed S] [--threads N] [--out FILE] [--previous FILE [--price P]]
//! ```
//!
//! `--previous` takes the routes that an earlier run wrote, of this instance or of one that was a little different, and plans again near
//! them; who is in none of them is new. `--price` is what another slot for a visit weighs, in the instance's units of distance (for the day
//! and for the rep, each), a fifth of a mean drive if not given. Another line of JSON then says how many stayed,
//! moved, left or came.
//!
//! Writes one line a route, `R <day> <c1> <c2> …`: day from 0, customers by row, the first after the depot being 1; for `cycle` the number
//! is day × reps + rep. To stderr goes a line of JSON with cost, what is left out, steps and CPU seconds.

mod arguments;
mod previous;
mod read;

use std::error::Error;
use std::fmt::Write as _;
use std::ops::ControlFlow;

use arguments::Arguments;
use plan::{ChangePrice, Options, VisitId, changes, resolve, resolve_within, solve_within};
use previous::Previous;
use read::Instance;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let arguments = Arguments::from_command_line()?;
    let instance = Instance::read(&arguments)?;
    let problem = &instance.problem;
    let previous = match &arguments.previous {
        None => None,
        Some(path) => Some(Previous::read(path, &instance, arguments.price)?),
    };
    let options = Options {
        seed: arguments.seed,
        steps: arguments.steps,
        threads: arguments.threads,
        reasons: false,
        change: previous.as_ref().map_or(ChangePrice::default(), |p| p.price),
    };
    let mut steps = 0;
    let mut trace = String::new();
    let mut on = |progress: &plan::Progress| {
        steps = progress.step;
        if arguments.trace {
            let _ = writeln!(
                trace,
                "{} {:.3} {:?}",
                progress.step, progress.fraction, progress.cost
            );
        }
        ControlFlow::Continue(())
    };
    let plan = match arguments.cpu_seconds {
        None => resolve_or_solve(problem, &options, previous.as_ref(), &mut on)?,
        Some(seconds) => {
            let threads = arguments.threads;
            // The end of a search (the proof that nothing more fits) takes a little time too.
            let usable = seconds * 0.97 - instance.ending_seconds;
            let mut clock = || cpu_seconds(threads).map_or(1.0, |now| now / usable);
            match &previous {
                Some(previous) => resolve_within(problem, &previous.orders, &options, &mut clock, &mut on)?,
                None => solve_within(problem, &options, &mut clock, &mut on),
            }
        }
    };
    let mut text = String::new();
    for (slot, order) in plan.orders().iter().enumerate() {
        if !order.is_empty() {
            write!(text, "R {}", instance.number_of(slot))?;
            for VisitId(visit) in order {
                write!(text, " {}", instance.rows[*visit as usize])?;
            }
            writeln!(text)?;
        }
    }
    match arguments.out {
        Some(path) => std::fs::write(path, text)?,
        None => print!("{text}"),
    }
    eprint!("{trace}");
    if let Some(previous) = &previous {
        let changes = changes(&previous.orders, &plan.orders());
        eprintln!(
            "{{\"previous\": {}, \"stayed\": {}, \"moved\": {}, \"dropped\": {}, \"new\": {}}}",
            previous.orders.iter().map(Vec::len).sum::<usize>(),
            changes.stayed,
            changes.moved.len(),
            changes.dropped.len(),
            changes.added.len(),
        );
    }
    let all: i64 = problem.visits().iter().map(|v| i64::from(v.prize)).sum();
    eprintln!(
        "{{\"travel\": {:.3}, \"left_out\": {}, \"score\": {}, \"prize_lost\": {}, \"steps\": {steps}, \"cpu_s\": {:.3}}}",
        plan.cost.travel as f64 / instance.scale,
        plan.left_out.len(),
        all - plan.cost.prize_lost,
        plan.cost.prize_lost,
        cpu_seconds(arguments.threads)?
    );
    Ok(())
}

fn resolve_or_solve(
    problem: &plan::Problem,
    options: &Options,
    previous: Option<&Previous>,
    on: &mut dyn FnMut(&plan::Progress) -> ControlFlow<()>,
) -> Result<plan::Plan> {
    if let Some(previous) = previous {
        return Ok(resolve(problem, &previous.orders, options, on)?);
    }
    if options.steps == 0 {
        // The first plan and nothing else.
        return Ok(resolve(problem, &[], options, on)?);
    }
    Ok(plan::solve(problem, options, on))
}

/// CPU seconds of this process so far, shared out over its threads.
fn cpu_seconds(threads: usize) -> Result<f64> {
    if threads == 1 {
        let line = std::fs::read_to_string("/proc/self/schedstat")?;
        let nanoseconds: u64 = line.split_whitespace().next().ok_or("empty schedstat")?.parse()?;
        return Ok(nanoseconds as f64 / 1e9);
    }
    let mut nanoseconds = 0;
    for task in std::fs::read_dir("/proc/self/task")? {
        let line = std::fs::read_to_string(task?.path().join("schedstat"))?;
        nanoseconds += line
            .split_whitespace()
            .next()
            .ok_or("empty schedstat")?
            .parse::<u64>()?;
    }
    Ok(nanoseconds as f64 / 1e9 / threads as f64)
}
