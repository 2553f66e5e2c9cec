//! The lanes of x86-64: AVX2 and AVX-512.
#![expect(clippy::inline_always, reason = "the vector instructions are enabled in the function all this is inlined into")]

use std::arch::x86_64::{__m256i, __m512i};

use super::{Lanes, Masks, Task, Words};

pub(super) struct Vectorized<T, S> {
    pub(super) task: T,
    pub(super) simd: S,
}

impl<T: Task, S: Lanes> pulp::NullaryFnOnce for Vectorized<T, S> {
    type Output = T::Output;

    #[inline(always)]
    fn call(self) -> T::Output {
        self.task.run(self.simd)
    }
}

impl Lanes for pulp::x86::V4 {
    type Vector = __m512i;

    #[inline(always)]
    fn block(self, block: &[u8; 64]) -> Masks<u64> {
        let avx512 = self.avx512bw;
        let all = |byte: u8| self.avx512f._mm512_set1_epi8(byte.cast_signed());
        let bytes: __m512i = pulp::cast(*block);
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

    #[inline(always)]
    fn load(self, words: &Words) -> Self::Vector {
        pulp::cast(*words)
    }

    #[inline(always)]
    fn store(self, words: Self::Vector) -> Words {
        pulp::cast(words)
    }

    #[inline(always)]
    fn and(self, one: Self::Vector, other: Self::Vector) -> Self::Vector {
        self.avx512f._mm512_and_si512(one, other)
    }

    #[inline(always)]
    fn or(self, one: Self::Vector, other: Self::Vector) -> Self::Vector {
        self.avx512f._mm512_or_si512(one, other)
    }

    #[inline(always)]
    fn xor(self, one: Self::Vector, other: Self::Vector) -> Self::Vector {
        self.avx512f._mm512_xor_si512(one, other)
    }

    #[inline(always)]
    fn without(self, one: Self::Vector, other: Self::Vector) -> Self::Vector {
        self.avx512f._mm512_andnot_si512(other, one)
    }

    #[inline(always)]
    fn up<const BY: u32>(self, words: Self::Vector) -> Self::Vector {
        self.avx512f._mm512_slli_epi64::<BY>(words)
    }

    #[inline(always)]
    fn tops(self, words: Self::Vector) -> u8 {
        self.avx512f._mm512_cmplt_epi64_mask(words, self.avx512f._mm512_setzero_si512())
    }

    #[inline(always)]
    fn holds(self, words: Self::Vector) -> u8 {
        self.avx512f._mm512_test_epi64_mask(words, words)
    }

    #[inline(always)]
    fn fill(self, bits: u8) -> Self::Vector {
        self.avx512f._mm512_maskz_set1_epi64(bits, -1)
    }

    #[inline(always)]
    fn lowest(self, bits: u8) -> Self::Vector {
        self.avx512f._mm512_maskz_set1_epi64(bits, 1)
    }
}

impl Lanes for pulp::x86::V3 {
    type Vector = [__m256i; 2];

    #[inline(always)]
    fn block(self, block: &[u8; 64]) -> Masks<u64> {
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

    #[inline(always)]
    fn load(self, words: &Words) -> Self::Vector {
        pulp::cast(*words)
    }

    #[inline(always)]
    fn store(self, words: Self::Vector) -> Words {
        pulp::cast(words)
    }

    #[inline(always)]
    fn and(self, one: Self::Vector, other: Self::Vector) -> Self::Vector {
        [self.avx2._mm256_and_si256(one[0], other[0]), self.avx2._mm256_and_si256(one[1], other[1])]
    }

    #[inline(always)]
    fn or(self, one: Self::Vector, other: Self::Vector) -> Self::Vector {
        [self.avx2._mm256_or_si256(one[0], other[0]), self.avx2._mm256_or_si256(one[1], other[1])]
    }

    #[inline(always)]
    fn xor(self, one: Self::Vector, other: Self::Vector) -> Self::Vector {
        [self.avx2._mm256_xor_si256(one[0], other[0]), self.avx2._mm256_xor_si256(one[1], other[1])]
    }

    #[inline(always)]
    fn without(self, one: Self::Vector, other: Self::Vector) -> Self::Vector {
        [self.avx2._mm256_andnot_si256(other[0], one[0]), self.avx2._mm256_andnot_si256(other[1], one[1])]
    }

    #[inline(always)]
    fn up<const BY: u32>(self, words: Self::Vector) -> Self::Vector {
        let by = pulp::cast([u64::from(BY), 0]);
        words.map(|words| self.avx2._mm256_sll_epi64(words, by))
    }

    #[inline(always)]
    fn tops(self, words: Self::Vector) -> u8 {
        let tops = |words| self.avx._mm256_movemask_pd(pulp::cast(words)).to_le_bytes()[0];
        tops(words[0]) | tops(words[1]) << 4
    }

    #[inline(always)]
    fn holds(self, words: Self::Vector) -> u8 {
        let zero = self.avx._mm256_setzero_si256();
        !self.tops(words.map(|words| self.avx2._mm256_cmpeq_epi64(words, zero)))
    }

    #[inline(always)]
    fn fill(self, bits: u8) -> Self::Vector {
        let all = self.avx._mm256_set1_epi64x(i64::from(bits));
        [[1_u64, 2, 4, 8], [16, 32, 64, 128]].map(|bits| {
            let bits = pulp::cast(bits);
            self.avx2._mm256_cmpeq_epi64(self.avx2._mm256_and_si256(all, bits), bits)
        })
    }

    #[inline(always)]
    fn lowest(self, bits: u8) -> Self::Vector {
        self.fill(bits).map(|words| self.avx2._mm256_srli_epi64::<63>(words))
    }
}
