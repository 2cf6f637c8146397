//! A rep's day as a table of text, for the command line.

use geom::Timestamp;

use super::words::clock;
use super::{DayPlan, day, replan, store};
use crate::App;
use crate::problem::Problem;
use crate::sessions;

/// A rep's day as a table: the accepted plan if there is one, else a new draft, which is kept like one made in
/// the browser. `day` is a local day like `2026-02-28`.
pub async fn plan_text(app: &App, user_id: &str, day: &str) -> Result<String, Problem> {
    let date = crate::time::parse_day(day, "day")?;
    let signed = sessions::load(app, user_id).await?;
    let signed = signed.ok_or_else(|| Problem::not_found(format!("User {user_id}")))?;
    let plan = match store::current(app, user_id, date)
        .await?
        .filter(store::Stored::is_accepted)
    {
        Some(stored) => stored.plan,
        None => {
            let person = day::person(app, &signed, None).await?;
            replan::plan(app, &signed, person, date, None).await?
        }
    };
    Ok(table(app, &signed.name, &plan))
}

fn table(app: &App, name: &str, plan: &DayPlan) -> String {
    let at = |ms: i64| clock(app.settings.zone.time(Timestamp(ms)));
    let minutes = |seconds: i64| (seconds + 30) / 60;
    let mut out = format!(
        "{name}, {} ({}): {} stops, {:.1} km, {} min driving, {}–{}\n",
        plan.date,
        plan.status,
        plan.stops.len(),
        plan.totals.meters as f64 / 1000.0,
        minutes(plan.totals.drive_s),
        at(plan.start.at),
        at(plan.end.at)
    );
    let reasons = |reasons: &[super::Reason]| {
        reasons
            .iter()
            .map(|r| r.text.as_str())
            .collect::<Vec<_>>()
            .join(", ")
    };
    for stop in &plan.stops {
        let late = if stop.late_s > 0 {
            format!(" LATE {} min", minutes(stop.late_s))
        } else {
            String::new()
        };
        out.push_str(&format!(
            "{:>3}  {}–{}  {:>3} min  {}, {}{late}\n               {}\n",
            stop.seq,
            at(stop.start),
            at(stop.depart),
            minutes(stop.leg.seconds),
            stop.name,
            stop.address,
            reasons(&stop.reasons)
        ));
        if let Some(lunch) = plan.lunch.filter(|l| l.after_seq == stop.seq) {
            out.push_str(&format!("     {}–{}  lunch\n", at(lunch.start), at(lunch.end)));
        }
    }
    if !plan.left_out.is_empty() {
        out.push_str(&format!("Not on this day ({}):\n", plan.left_out.len()));
        for left in &plan.left_out {
            out.push_str(&format!("     {}: {}", left.name, reasons(&left.reasons)));
            if let Some(price) = left.price_minutes {
                out.push_str(&format!("; adding it {}", driving(price)));
                if !left.displaces.is_empty() {
                    out.push_str(&format!(", and drops {}", left.displaces.join(", ")));
                }
            }
            if let Some(best) = &left.best_day {
                out.push_str(&format!("; on {} it {}", best.date, driving(best.minutes)));
            }
            out.push('\n');
        }
    }
    out
}

/// What a change does to the driving; it can save some when it pushes another visit out.
fn driving(minutes: i64) -> String {
    match minutes {
        0 => "costs no extra driving".to_owned(),
        1.. => format!("costs {minutes} min of driving"),
        _ => format!("saves {} min of driving", minutes.unsigned_abs()),
    }
}
