//! What chance alone would do: intervals around rates, differences of rates and differences of means.
//!
//! Rates: E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", JASA 22 (1927). Differences
//! of rates: R. G. Newcombe, "Interval Estimation for the Difference between Independent Proportions", Statistics in
//! Medicine 17 (1998), method 10. Differences of means: B. L. Welch, "The generalization of 'Student's' problem when
//! several different population variances are involved", Biometrika 34 (1947).

/// The 97.5 % point of the normal distribution: intervals of 95 %.
const Z: f64 = 1.959_963_984_540_054;

/// A figure with the interval that covers the truth in 95 of 100 such campaigns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Estimate {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

/// The share of `hits` among `of` with Wilson's score interval; `None` for none at all.
pub(super) fn rate(hits: u64, of: u64) -> Option<Estimate> {
    if of == 0 {
        return None;
    }
    let (n, p) = (of as f64, hits as f64 / of as f64);
    let middle = p + Z * Z / (2.0 * n);
    let spread = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + Z * Z / n;
    Some(Estimate {
        value: p,
        low: ((middle - spread) / scale).max(0.0),
        high: ((middle + spread) / scale).min(1.0),
    })
}

/// How much larger the first share is than the second, with Newcombe's hybrid score interval.
pub(super) fn rate_difference(first: (u64, u64), second: (u64, u64)) -> Option<Estimate> {
    let (a, b) = (rate(first.0, first.1)?, rate(second.0, second.1)?);
    let value = a.value - b.value;
    let below = ((a.value - a.low).powi(2) + (b.high - b.value).powi(2)).sqrt();
    let above = ((a.high - a.value).powi(2) + (b.value - b.low).powi(2)).sqrt();
    Some(Estimate {
        value,
        low: value - below,
        high: value + above,
    })
}

/// Count, mean and variance of amounts, those of nothing among them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Amounts {
    pub count: u64,
    sum: f64,
    squares: f64,
}

impl Amounts {
    pub fn add(&mut self, amount: f64) {
        self.count += 1;
        self.sum += amount;
        self.squares += amount * amount;
    }

    pub fn sum(&self) -> f64 {
        self.sum
    }

    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum / self.count as f64)
    }

    /// Of the sample, `n - 1` below; `None` for fewer than two.
    fn variance(&self) -> Option<f64> {
        let n = self.count as f64;
        (self.count > 1).then(|| ((self.squares - self.sum * self.sum / n) / (n - 1.0)).max(0.0))
    }
}

/// How much larger the first mean is than the second, with Welch's interval; `None` where one side has fewer than two.
pub(super) fn mean_difference(first: &Amounts, second: &Amounts) -> Option<Estimate> {
    let value = first.mean()? - second.mean()?;
    let (n, m) = (first.count as f64, second.count as f64);
    let (a, b) = (first.variance()? / n, second.variance()? / m);
    if a + b <= 0.0 {
        // All alike on both sides: there is nothing to estimate from.
        return Some(Estimate {
            value,
            low: value,
            high: value,
        });
    }
    let freedom = (a + b).powi(2) / (a * a / (n - 1.0) + b * b / (m - 1.0));
    let spread = student(freedom) * (a + b).sqrt();
    Some(Estimate {
        value,
        low: value - spread,
        high: value + spread,
    })
}

/// The 97.5 % point of Student's distribution with `freedom` degrees, at least 1.
fn student(freedom: f64) -> f64 {
    let (mut low, mut high) = (Z, 13.0);
    // The tail beyond t, both sides, is the incomplete beta function of n / (n + t²) with n/2 and 1/2.
    let tail = |t: f64| incomplete_beta(freedom / (freedom + t * t), freedom / 2.0, 0.5);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if tail(middle) > 0.05 {
            low = middle
        } else {
            high = middle
        }
    }
    f64::midpoint(low, high)
}

/// The regularised incomplete beta function by its continued fraction (DLMF 8.17.22), for `0 < x < 1`.
fn incomplete_beta(x: f64, a: f64, b: f64) -> f64 {
    // The fraction converges fast on one side of its turning point; the other side is its mirror.
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - incomplete_beta(1.0 - x, b, a);
    }
    let front = (ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * x.ln() + b * (1.0 - x).ln()).exp() / a;
    let safe = |v: f64| if v.abs() < 1e-300 { 1e-300 } else { v };
    let (mut c, mut d) = (1.0, 1.0 / safe(1.0 - (a + b) * x / (a + 1.0)));
    let mut fraction = d;
    for m in 1..300 {
        let m = f64::from(m);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let before = fraction;
        for step in [even, odd] {
            d = 1.0 / safe(1.0 + step * d);
            c = safe(1.0 + step / c);
            fraction *= c * d;
        }
        if (fraction - before).abs() < 1e-14 * fraction.abs() {
            break;
        }
    }
    front * fraction
}

/// The logarithm of the gamma function for positive numbers: Stirling's series, after stepping up to where it is good.
fn ln_gamma(mut x: f64) -> f64 {
    let mut shift = 0.0;
    while x < 10.0 {
        shift -= x.ln();
        x += 1.0;
    }
    let r = 1.0 / x;
    let series = r / 12.0 - r.powi(3) / 360.0 + r.powi(5) / 1260.0 - r.powi(7) / 1680.0;
    shift + (x - 0.5) * x.ln() - x + 0.5 * (2.0 * std::f64::consts::PI).ln() + series
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: f64, b: f64, by: f64) {
        assert!((a - b).abs() <= by, "{a} is not {b}");
    }

    #[test]
    fn newcombes_own_examples() {
        // Table II of the paper, method 10: 56/70 - 48/80, 9/10 - 3/10, 10/10 - 0/10.
        for (first, second, low, high) in [
            ((56, 70), (48, 80), 0.0524, 0.3339),
            ((9, 10), (3, 10), 0.1705, 0.8090),
            ((6, 7), (2, 7), 0.0582, 0.8062),
            ((5, 56), (0, 29), -0.0381, 0.1926),
            ((10, 10), (0, 10), 0.6075, 1.0),
        ] {
            let found = rate_difference(first, second).unwrap();
            near(found.low, low, 0.00006);
            near(found.high, high, 0.00006);
        }
        assert_eq!(rate_difference((1, 2), (0, 0)), None);
    }

    #[test]
    fn wilsons_interval_stays_between_nothing_and_everything() {
        let none = rate(0, 20).unwrap();
        assert_eq!(none.low, 0.0);
        near(none.high, 0.1611, 0.0001);
        assert_eq!(rate(20, 20).unwrap().high, 1.0);
        assert_eq!(rate(0, 0), None);
    }

    #[test]
    fn students_points_are_those_of_the_tables() {
        for (freedom, point) in [
            (1.0, 12.706),
            (2.0, 4.3027),
            (5.0, 2.5706),
            (10.0, 2.2281),
            (30.0, 2.0423),
            (120.0, 1.9799),
            (1e6, 1.96),
        ] {
            near(student(freedom), point, 0.0006);
        }
    }

    #[test]
    fn welchs_interval_worked_by_hand() {
        // 10, 12, 14 against 1, 2, 3, 4: means 12 and 2.5, variances 4 and 5/3. Standard error sqrt(4/3 + 5/12) = 1.3229;
        // degrees 1.75² / ((4/3)²/2 + (5/12)²/3) = 3.235; their point is 3.0574.
        let of = |amounts: &[f64]| {
            let mut sum = Amounts::default();
            amounts.iter().for_each(|a| sum.add(*a));
            sum
        };
        let found = mean_difference(&of(&[10.0, 12.0, 14.0]), &of(&[1.0, 2.0, 3.0, 4.0])).unwrap();
        near(found.value, 9.5, 1e-12);
        near(found.high - found.value, 1.3229 * student(3.2352), 0.001);
        assert!(student(3.0) > student(3.2352) && student(3.2352) > student(4.0));
        assert_eq!(mean_difference(&of(&[1.0]), &of(&[1.0, 2.0])), None);
    }
}
