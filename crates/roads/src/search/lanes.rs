//! Costs from several sources side by side, so that a processor's vector unit adds and compares them at once.

use crate::cost::Packed;
use crate::hierarchy::UpArc;

/// How many sources are swept at once.
pub(crate) const LANES: usize = 16;

/// Costs by source, part by part.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub(super) struct Lanes {
    pub weight: [u32; LANES],
    pub duration: [u32; LANES],
    pub distance: [u32; LANES],
}

impl Lanes {
    pub(super) const UNREACHED: Self = Self {
        weight: [Packed::UNREACHED_WEIGHT; LANES],
        duration: [0; LANES],
        distance: [0; LANES],
    };
}

const NO_COST: UpArc = UpArc {
    head: 0,
    weight: 0,
    duration: 0,
    distance: 0,
};

/// [`Lanes`] while they are worked on.
pub(super) trait Register: Copy {
    fn load(lanes: &Lanes) -> Self;

    fn store(self) -> Lanes;

    /// For each source what is better: this, or `from` and then the arc.
    fn offer(self, from: &Lanes, arc: &UpArc) -> Self;
}

/// The best of a label and what leads there over arcs from labelled places. Two arcs at a time are compared side by
/// side, as each comparison has to wait for the one before.
#[inline(always)]
pub(super) fn best_of<R: Register>(label: &Lanes, labels: &[Lanes], arcs: &[UpArc]) -> Lanes {
    let mut best = R::load(label);
    let mut rival = R::load(&Lanes::UNREACHED);
    let mut pairs = arcs.chunks_exact(2);
    for pair in &mut pairs {
        best = best.offer(&labels[pair[0].head as usize], &pair[0]);
        rival = rival.offer(&labels[pair[1].head as usize], &pair[1]);
    }
    if let [arc] = pairs.remainder() {
        best = best.offer(&labels[arc.head as usize], arc);
    }
    if arcs.len() >= 2 {
        best = best.offer(&rival.store(), &NO_COST);
    }
    best.store()
}

/// For any processor.
#[derive(Clone, Copy)]
pub(super) struct Plain(Lanes);

impl Register for Plain {
    #[inline(always)]
    fn load(lanes: &Lanes) -> Self {
        Self(*lanes)
    }

    #[inline(always)]
    fn store(self) -> Lanes {
        self.0
    }

    #[inline(always)]
    fn offer(mut self, from: &Lanes, arc: &UpArc) -> Self {
        let best = &mut self.0;
        for k in 0..LANES {
            let weight = from.weight[k].wrapping_add(arc.weight);
            let duration = from.duration[k].wrapping_add(arc.duration);
            let distance = from.distance[k].wrapping_add(arc.distance);
            let nearer = (duration < best.duration[k])
                | ((duration == best.duration[k]) & (distance < best.distance[k]));
            let better = (weight < best.weight[k]) | ((weight == best.weight[k]) & nearer);
            // All bits or none: a mask is quicker than a choice, which would be stored piece by piece.
            let mask = 0u32.wrapping_sub(u32::from(better));
            best.weight[k] = best.weight[k].min(weight);
            best.duration[k] = duration & mask | best.duration[k] & !mask;
            best.distance[k] = distance & mask | best.distance[k] & !mask;
        }
        self
    }
}

#[cfg(target_arch = "x86_64")]
pub(super) use wide::Wide;

#[cfg(target_arch = "x86_64")]
mod wide {
    use std::arch::x86_64::{
        __m512i, _mm512_add_epi32, _mm512_cmpeq_epu32_mask, _mm512_cmplt_epu32_mask, _mm512_load_si512,
        _mm512_mask_cmpeq_epu32_mask, _mm512_mask_cmplt_epu32_mask, _mm512_mask_mov_epi32, _mm512_min_epu32,
        _mm512_set1_epi32, _mm512_store_si512,
    };

    use super::{Lanes, Register};
    use crate::hierarchy::UpArc;

    /// For processors with AVX-512: one register for each part. Only to be used where the processor has it.
    #[derive(Clone, Copy)]
    pub(in super::super) struct Wide {
        weight: __m512i,
        duration: __m512i,
        distance: __m512i,
    }

    impl Register for Wide {
        #[inline(always)]
        fn load(lanes: &Lanes) -> Self {
            // SAFETY: the arrays are as long as a register and lie at multiples of its size; the processor has AVX-512
            // where this is used.
            unsafe {
                Self {
                    weight: _mm512_load_si512(lanes.weight.as_ptr().cast()),
                    duration: _mm512_load_si512(lanes.duration.as_ptr().cast()),
                    distance: _mm512_load_si512(lanes.distance.as_ptr().cast()),
                }
            }
        }

        #[inline(always)]
        fn store(self) -> Lanes {
            let mut lanes = Lanes::UNREACHED;
            // SAFETY: as above.
            unsafe {
                _mm512_store_si512(lanes.weight.as_mut_ptr().cast(), self.weight);
                _mm512_store_si512(lanes.duration.as_mut_ptr().cast(), self.duration);
                _mm512_store_si512(lanes.distance.as_mut_ptr().cast(), self.distance);
            }
            lanes
        }

        #[inline(always)]
        fn offer(self, from: &Lanes, arc: &UpArc) -> Self {
            let from = Self::load(from);
            // SAFETY: the processor has AVX-512 where this is used.
            unsafe {
                let add = |part, number: u32| _mm512_add_epi32(part, _mm512_set1_epi32(number.cast_signed()));
                let weight = add(from.weight, arc.weight);
                let duration = add(from.duration, arc.duration);
                let distance = add(from.distance, arc.distance);
                let same = _mm512_cmpeq_epu32_mask(weight, self.weight);
                let same_time = _mm512_mask_cmpeq_epu32_mask(same, duration, self.duration);
                let better = _mm512_cmplt_epu32_mask(weight, self.weight)
                    | _mm512_mask_cmplt_epu32_mask(same, duration, self.duration)
                    | _mm512_mask_cmplt_epu32_mask(same_time, distance, self.distance);
                Self {
                    weight: _mm512_min_epu32(weight, self.weight),
                    duration: _mm512_mask_mov_epi32(self.duration, better, duration),
                    distance: _mm512_mask_mov_epi32(self.distance, better, distance),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lanes(parts: &[(u32, u32, u32)]) -> Lanes {
        let mut lanes = Lanes::UNREACHED;
        for (k, part) in parts.iter().enumerate() {
            (lanes.weight[k], lanes.duration[k], lanes.distance[k]) = *part;
        }
        lanes
    }

    proptest! {
        /// Small numbers, so that there are many draws.
        #[test]
        fn lanes_are_as_good_as_costs_one_by_one(
            labels in prop::collection::vec(prop::collection::vec((0u32..4, 0u32..4, 0u32..4), LANES), 5),
            arcs in prop::collection::vec((0u32..5, 0u32..3, 0u32..3, 0u32..3), 0..7),
        ) {
            let arcs: Vec<UpArc> = arcs
                .into_iter()
                .map(|(head, weight, duration, distance)| UpArc { head, weight, duration, distance })
                .collect();
            let all: Vec<Lanes> = labels.iter().map(|parts| lanes(parts)).collect();
            let plain = best_of::<Plain>(&all[0], &all, &arcs);
            let lane = |k: usize| (plain.weight[k], plain.duration[k], plain.distance[k]);
            for k in 0..LANES {
                let costs: Vec<Packed> = labels.iter().map(|label| Packed::new(label[k].0, label[k].1, label[k].2)).collect();
                let ways = arcs.iter().map(|arc| costs[arc.head as usize] + arc.cost());
                let expected = ways.chain([costs[0]]).min().map(Packed::parts);
                prop_assert_eq!(Some(lane(k)), expected);
            }
            #[cfg(target_arch = "x86_64")]
            if std::is_x86_feature_detected!("avx512f") {
                let wide = best_of::<Wide>(&all[0], &all, &arcs);
                prop_assert_eq!((wide.weight, wide.duration, wide.distance), (plain.weight, plain.duration, plain.distance));
            } else {
                eprintln!("not checked: this processor has no AVX-512");
            }
        }
    }
}
