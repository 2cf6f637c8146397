//! Numbers that look random and are the same for the same seed.

/// A linear congruential generator (Knuth's constants, as in MMIX); its high bits are used. Good enough to make up a
/// world, and it needs nothing.
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// Prints the seed, so that a failing test tells how to repeat it.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        eprintln!("seed {seed}");
        Self(seed)
    }

    /// A whole number below `end`, which is 1 or more.
    pub fn below(&mut self, end: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }

    /// A place in a list of `count`, which is 1 or more.
    pub fn index(&mut self, count: usize) -> usize {
        usize::try_from(self.below(count as u64)).unwrap_or_default()
    }

    /// A number from `from` up to, not including, `to`.
    pub fn between(&mut self, from: f64, to: f64) -> f64 {
        from + (to - from) * (self.below(1 << 30) as f64 / f64::from(1 << 30))
    }

    /// One of these.
    pub fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.index(from.len())]
    }
}

#[cfg(test)]
mod tests {
    use super::Dice;

    #[test]
    fn the_same_seed_gives_the_same_numbers_within_their_bounds() {
        let (mut a, mut b) = (Dice::seeded(7), Dice::seeded(7));
        let mut seen = [0; 6];
        for _ in 0..600 {
            let face = a.below(6);
            assert_eq!(face, b.below(6));
            seen[face as usize] += 1;
            let between = a.between(-1.0, 2.0);
            assert!((-1.0..2.0).contains(&between));
            assert_eq!(between, b.between(-1.0, 2.0));
        }
        assert!(seen.iter().all(|n| (60..140).contains(n)), "{seen:?}");
    }
}
