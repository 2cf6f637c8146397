//! The lot: who is left out for comparison, and which variant each of the others gets.
//!
//! A person's place in the draw is a number made of the seed and their own id, so that the same people are drawn whatever
//! order they come in, and the draw can be repeated by anyone. Within each stratum the share is kept as well as whole
//! people allow (stratified randomisation; the rests go by largest remainder, so that the total is right as well).

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

/// Somebody in the draw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unit {
    /// Those of one key are drawn together: contacts of one customer.
    pub key: String,
    pub stratum: String,
}

fn number(seed: u64, what: &str, key: &str) -> u64 {
    let digest = Sha256::digest(format!("{what}/{seed}/{key}"));
    digest
        .iter()
        .take(8)
        .fold(0, |sum, byte| (sum << 8) | u64::from(*byte))
}

/// Keys in the order of the draw, by stratum; each key once, in the stratum it was met in first.
fn drawn<'a>(units: &'a [Unit], seed: u64, what: &str) -> BTreeMap<&'a str, Vec<&'a str>> {
    let mut strata_of: BTreeMap<&str, &str> = BTreeMap::new();
    for unit in units {
        strata_of.entry(&unit.key).or_insert(&unit.stratum);
    }
    let mut strata: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (key, stratum) in strata_of {
        strata.entry(stratum).or_default().push(key);
    }
    for keys in strata.values_mut() {
        keys.sort_by_key(|key| (number(seed, what, key), *key));
    }
    strata
}

/// How `total` is shared out by weights: whole numbers that sum to it, the rests by largest remainder, then as listed.
fn shared(total: u64, weights: &[u64]) -> Vec<u64> {
    let sum: u64 = weights.iter().sum();
    if sum == 0 {
        return vec![0; weights.len()];
    }
    let mut shares: Vec<u64> = weights.iter().map(|w| total * w / sum).collect();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by_key(|at| (std::cmp::Reverse(total * weights[*at] % sum), *at));
    let rest = total - shares.iter().sum::<u64>();
    for at in order.into_iter().take(usize::try_from(rest).unwrap_or(0)) {
        shares[at] += 1;
    }
    shares
}

/// Who is left out: `percent` of all keys, rounded half up, spread over the strata by their size. One answer a unit.
pub(super) fn left_out(units: &[Unit], percent: u32, seed: u64) -> Vec<bool> {
    let strata = drawn(units, seed, "control");
    let keys: u64 = strata.values().map(|keys| keys.len() as u64).sum();
    let total = (keys * u64::from(percent) + 50) / 100;
    let sizes: Vec<u64> = strata.values().map(|keys| keys.len() as u64).collect();
    let mut out = std::collections::BTreeSet::new();
    for (keys, share) in strata.values().zip(shared(total, &sizes)) {
        out.extend(keys.iter().take(usize::try_from(share).unwrap_or(0)).copied());
    }
    units.iter().map(|unit| out.contains(unit.key.as_str())).collect()
}

/// Which variant each gets, by its number; within each stratum the weights are kept as well as whole people allow.
pub(super) fn variants(units: &[Unit], weights: &[u32], seed: u64) -> Vec<usize> {
    let strata = drawn(units, seed, "variant");
    let weights: Vec<u64> = weights.iter().map(|w| u64::from(*w)).collect();
    let mut given: BTreeMap<&str, usize> = BTreeMap::new();
    // What whole people leave over in one stratum is made up for in the next.
    let mut owed: Vec<u64> = vec![0; weights.len()];
    let mut so_far = 0u64;
    for keys in strata.values() {
        so_far += keys.len() as u64;
        let wanted = shared(so_far, &weights);
        let mut at = 0;
        for (variant, wanted) in wanted.iter().enumerate() {
            let count = wanted.saturating_sub(owed[variant]);
            for key in keys.iter().skip(at).take(usize::try_from(count).unwrap_or(0)) {
                given.insert(key, variant);
            }
            at += usize::try_from(count).unwrap_or(0);
            owed[variant] = owed[variant].max(*wanted);
        }
        // Largest remainder may ask for one fewer than were given before; the last of a stratum then get the first variant.
        for key in keys.iter().skip(at.min(keys.len())) {
            given.insert(key, 0);
        }
    }
    units
        .iter()
        .map(|unit| given.get(unit.key.as_str()).copied().unwrap_or(0))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units(count: usize, strata: usize) -> Vec<Unit> {
        (0..count)
            .map(|n| Unit {
                key: format!("k{n}"),
                stratum: format!("s{}", n % strata),
            })
            .collect()
    }

    #[test]
    fn the_share_is_kept_in_all_and_in_each_stratum() {
        let units = units(205, 4);
        let out = left_out(&units, 10, 7);
        // 10 % of 205 is 20.5, rounded up.
        assert_eq!(out.iter().filter(|o| **o).count(), 21);
        for stratum in 0..4 {
            let of = |n: &usize| n % 4 == stratum;
            let count = (0..205).filter(of).filter(|n| out[*n]).count();
            assert!((5..=6).contains(&count), "{count} of some 51");
        }
        assert_eq!(left_out(&units, 0, 7).iter().filter(|o| **o).count(), 0);
    }

    #[test]
    fn the_draw_depends_on_the_seed_and_not_on_the_order() {
        let units = units(100, 3);
        let out = left_out(&units, 20, 1);
        assert_eq!(out, left_out(&units, 20, 1));
        assert_ne!(out, left_out(&units, 20, 2));
        let backwards: Vec<Unit> = units.iter().rev().cloned().collect();
        let mut again = left_out(&backwards, 20, 1);
        again.reverse();
        assert_eq!(out, again);
        // Who is left out says nothing about who gets which variant.
        let variant = variants(&units, &[1, 1], 1);
        let both = (0..100).filter(|n| out[*n] && variant[*n] == 0).count();
        assert!((4..=16).contains(&both), "{both} of 20");
    }

    #[test]
    fn those_of_one_key_stay_together() {
        let mut units = units(40, 1);
        for n in 0..20 {
            units[2 * n + 1].key = units[2 * n].key.clone();
        }
        let out = left_out(&units, 25, 3);
        assert_eq!(out.iter().filter(|o| **o).count(), 10);
        assert!((0..20).all(|n| out[2 * n] == out[2 * n + 1]));
    }

    #[test]
    fn variants_keep_their_weights() {
        for (count, strata) in [(100, 1), (101, 7), (9, 9), (1, 1)] {
            let units = units(count, strata);
            let given = variants(&units, &[3, 1], 11);
            let first = given.iter().filter(|v| **v == 0).count();
            let exact = count as f64 * 0.75;
            assert!(
                (first as f64 - exact).abs() <= 1.0,
                "{first} of {count} in {strata}"
            );
        }
    }

    #[test]
    fn chances_are_even() {
        // Over many seeds everybody is left out about as often as the share says.
        let units = units(50, 5);
        let mut times = [0u32; 50];
        for seed in 0..400 {
            for (n, out) in left_out(&units, 20, seed).into_iter().enumerate() {
                times[n] += u32::from(out);
            }
        }
        // 80 expected, standard deviation 8: six of them either way.
        assert!(times.iter().all(|t| (32..=128).contains(t)), "{times:?}");
    }
}
