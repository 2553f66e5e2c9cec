//! One bit per byte: the vector comparisons that [`super::skim`] rests on.
//!
//! They are written for any machine, for AVX2 and for AVX-512; the widest that the processor has is chosen at run time.

use wide::u8x16;

/// Bits of one block of 64 bytes.
pub(super) struct Masks {
    /// `"`
    pub(super) quote: u64,
    /// `\\`
    pub(super) backslash: u64,
    /// `{` and `[`
    pub(super) open: u64,
    /// `}` and `]`
    pub(super) close: u64,
    /// `:` and `,`
    pub(super) separator: u64,
    /// Space and below.
    pub(super) space: u64,
}

/// A way to compute [`Masks`].
pub(super) trait Lanes: Copy {
    fn masks(self, block: &[u8; 64]) -> Masks;
}

/// Work that wants the widest lanes there are.
pub(super) trait Task {
    type Output;

    fn run<L: Lanes>(self, lanes: L) -> Self::Output;
}

/// Runs the task with the widest lanes of this processor.
pub(super) fn with_widest<T: Task>(task: T) -> T::Output {
    #[cfg(target_arch = "x86_64")]
    if let Some(simd) = pulp::x86::V4::try_new() {
        return simd.vectorize(Vectorized { task, simd });
    }
    #[cfg(target_arch = "x86_64")]
    if let Some(simd) = pulp::x86::V3::try_new() {
        return simd.vectorize(Vectorized { task, simd });
    }
    task.run(Portable)
}

/// Sixteen bytes at a time, on any machine.
#[derive(Clone, Copy)]
struct Portable;

impl Lanes for Portable {
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "measured: the masks stay in registers only when inlined into the loop")]
    fn masks(self, block: &[u8; 64]) -> Masks {
        let mut masks = Masks { quote: 0, backslash: 0, open: 0, close: 0, separator: 0, space: 0 };
        let (lanes, _) = block.as_chunks::<16>();
        for (lane, bytes) in lanes.iter().enumerate() {
            let bytes = u8x16::new(*bytes);
            let bits = |found: u8x16| u64::from(found.to_bitmask() & 0xffff) << (16 * lane);
            // `[` and `{` differ in one bit, so do `]` and `}`.
            let folded = bytes | u8x16::splat(0x20);
            masks.quote |= bits(bytes.simd_eq(u8x16::splat(b'"')));
            masks.backslash |= bits(bytes.simd_eq(u8x16::splat(b'\\')));
            masks.open |= bits(folded.simd_eq(u8x16::splat(b'{')));
            masks.close |= bits(folded.simd_eq(u8x16::splat(b'}')));
            masks.separator |= bits(bytes.simd_eq(u8x16::splat(b':')) | bytes.simd_eq(u8x16::splat(b',')));
            masks.space |= bits(bytes.min(u8x16::splat(b' ')).simd_eq(bytes));
        }
        masks
    }
}

#[cfg(target_arch = "x86_64")]
struct Vectorized<T, S> {
    task: T,
    simd: S,
}

#[cfg(target_arch = "x86_64")]
impl<T: Task, S: Lanes> pulp::NullaryFnOnce for Vectorized<T, S> {
    type Output = T::Output;

    #[expect(clippy::inline_always, reason = "only then is the task compiled for the vectors at hand")]
    #[inline(always)]
    fn call(self) -> T::Output {
        self.task.run(self.simd)
    }
}

#[cfg(target_arch = "x86_64")]
impl Lanes for pulp::x86::V4 {
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "measured: the masks stay in registers only when inlined into the loop")]
    fn masks(self, block: &[u8; 64]) -> Masks {
        let avx512 = self.avx512bw;
        let all = |byte: u8| self.avx512f._mm512_set1_epi8(byte.cast_signed());
        let bytes: std::arch::x86_64::__m512i = pulp::cast(*block);
        let folded = self.avx512f._mm512_or_si512(bytes, all(0x20));
        let equal = |byte: u8| avx512._mm512_cmpeq_epi8_mask(bytes, all(byte));
        Masks {
            quote: equal(b'"'),
            backslash: equal(b'\\'),
            open: avx512._mm512_cmpeq_epi8_mask(folded, all(b'{')),
            close: avx512._mm512_cmpeq_epi8_mask(folded, all(b'}')),
            separator: equal(b':') | equal(b','),
            space: avx512._mm512_cmple_epu8_mask(bytes, all(b' ')),
        }
    }
}

#[cfg(target_arch = "x86_64")]
impl Lanes for pulp::x86::V3 {
    #[inline(always)]
    fn masks(self, block: &[u8; 64]) -> Masks {
        use std::arch::x86_64::__m256i;

        let (avx, avx2) = (self.avx, self.avx2);
        let all = |byte: u8| avx._mm256_set1_epi8(byte.cast_signed());
        let bits = |low: __m256i, high: __m256i| {
            let low = u64::from(avx2._mm256_movemask_epi8(low).cast_unsigned());
            low | u64::from(avx2._mm256_movemask_epi8(high).cast_unsigned()) << 32
        };
        let [low, high]: [__m256i; 2] = pulp::cast(*block);
        let equal = |byte: u8| bits(avx2._mm256_cmpeq_epi8(low, all(byte)), avx2._mm256_cmpeq_epi8(high, all(byte)));
        let (low_folded, high_folded) = (avx2._mm256_or_si256(low, all(0x20)), avx2._mm256_or_si256(high, all(0x20)));
        let folded =
            |byte: u8| bits(avx2._mm256_cmpeq_epi8(low_folded, all(byte)), avx2._mm256_cmpeq_epi8(high_folded, all(byte)));
        let either = |lane: __m256i, one: u8, other: u8| {
            avx2._mm256_or_si256(avx2._mm256_cmpeq_epi8(lane, all(one)), avx2._mm256_cmpeq_epi8(lane, all(other)))
        };
        let at_most = |lane: __m256i, byte: u8| avx2._mm256_cmpeq_epi8(avx2._mm256_min_epu8(lane, all(byte)), lane);
        Masks {
            quote: equal(b'"'),
            backslash: equal(b'\\'),
            open: folded(b'{'),
            close: folded(b'}'),
            separator: bits(either(low, b':', b','), either(high, b':', b',')),
            space: bits(at_most(low, b' '), at_most(high, b' ')),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_ways_agree_on_every_byte() {
        struct All(Vec<u64>);
        impl Task for &mut All {
            type Output = ();
            fn run<L: Lanes>(self, lanes: L) {
                for shift in 0..4 {
                    let block: [u8; 64] = std::array::from_fn(|at| u8::try_from(at + 64 * shift).unwrap());
                    let masks = lanes.masks(&block);
                    self.0.extend([masks.quote, masks.backslash, masks.open, masks.close, masks.separator, masks.space]);
                }
            }
        }
        let [mut widest, mut portable] = [const { All(Vec::new()) }; 2];
        with_widest(&mut widest);
        (&mut portable).run(Portable);
        assert_eq!(widest.0, portable.0);
        #[cfg(target_arch = "x86_64")]
        if let Some(simd) = pulp::x86::V3::try_new() {
            let mut narrower = All(Vec::new());
            simd.vectorize(Vectorized { task: &mut narrower, simd });
            assert_eq!(narrower.0, portable.0);
        }
    }
}
