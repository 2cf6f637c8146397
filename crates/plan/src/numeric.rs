//! Logarithm and exponential from plain arithmetic only, so that a seed gives the same plan on every machine: the system's own differ
//! in the last bit between libraries.

const LN_2: f64 = std::f64::consts::LN_2;

/// Natural logarithm of a positive, normal number; good to about 1e-13.
pub(crate) fn ln(x: f64) -> f64 {
    let bits = x.to_bits();
    let exponent = ((bits >> 52) & 0x7ff) as i64 - 1023;
    let mantissa = f64::from_bits((bits & 0x000f_ffff_ffff_ffff) | (1023 << 52));
    // ln m = 2 atanh((m - 1) / (m + 1)), and m is in 1..2, so the argument is at most 1/3.
    let z = (mantissa - 1.0) / (mantissa + 1.0);
    let square = z * z;
    let (mut term, mut sum) = (z, 0.0);
    for odd in 0..14 {
        sum += term / f64::from(2 * odd + 1);
        term *= square;
    }
    exponent as f64 * LN_2 + 2.0 * sum
}

/// The exponential of a number in −700..700; good to about 1e-13.
pub(crate) fn exp(x: f64) -> f64 {
    let twos = (x / LN_2).round();
    let rest = x - twos * LN_2;
    let (mut term, mut sum) = (1.0, 1.0);
    for n in 1..16 {
        term *= rest / f64::from(n);
        sum += term;
    }
    sum * f64::from_bits(((twos as i64 + 1023) as u64) << 52)
}

/// The numbers with the `keep` smallest keys, smallest first; the list is left in that order at its beginning.
pub(crate) fn closest(keyed: &mut Vec<(i64, u32)>, keep: usize) -> Vec<u32> {
    if keep < keyed.len() {
        keyed.select_nth_unstable(keep);
        keyed.truncate(keep);
    }
    keyed.sort_unstable();
    keyed.iter().map(|&(_, number)| number).collect()
}

#[cfg(test)]
mod tests {
    use super::{exp, ln};

    #[test]
    fn as_good_as_the_library() {
        for i in 1..2000 {
            let x = f64::from(i) * 0.37;
            assert!((ln(x) - x.ln()).abs() < 1e-12, "ln {x}");
            let y = f64::from(i - 1000) * 0.3;
            assert!((exp(y) / y.exp() - 1.0).abs() < 1e-12, "exp {y}");
        }
        assert!((ln(1e-16) - 1e-16_f64.ln()).abs() < 1e-11);
    }
}
