//! Times of answers, and a line of the table.

use crate::program::Answer;

/// Times of one sort of question, in milliseconds, and the largest answer.
#[derive(Default)]
pub struct Times {
    millis: Vec<f64>,
    wire: usize,
    plain: usize,
}

impl Times {
    pub fn add(&mut self, answer: &Answer) {
        self.millis.push(answer.millis());
        self.wire = self.wire.max(answer.wire);
        self.plain = self.plain.max(answer.body.len());
    }

    /// One line of the table: question, number, median, 95 %, most, largest answer.
    pub fn print(mut self, what: &str) {
        if self.millis.is_empty() {
            println!("| {what} | 0 | | | | |");
            return;
        }
        self.millis.sort_by(f64::total_cmp);
        let at = |share: f64| self.millis[((self.millis.len() - 1) as f64 * share).round() as usize];
        println!(
            "| {what} | {} | {:.1} | {:.1} | {:.1} | {:.0} / {:.0} |",
            self.millis.len(),
            at(0.5),
            at(0.95),
            at(1.0),
            self.wire as f64 / 1000.0,
            self.plain as f64 / 1000.0
        );
    }
}
