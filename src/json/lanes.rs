//! One bit per byte: the vector comparisons that [`super::skim`] rests on.
//!
//! They are written for any machine, for AVX2 and for AVX-512; the widest that the processor has is chosen at run time.

#[cfg(target_arch = "x86_64")]
mod x86;

use wide::u8x16;

/// Blocks of 64 bytes that are looked at together.
pub(super) const BLOCKS: usize = 8;
/// Their bytes.
pub(super) const STRIDE: usize = 64 * BLOCKS;

/// A word for each block, a bit for each byte.
pub(super) type Words = [u64; BLOCKS];

/// Where in a stride these bytes stand.
#[derive(Clone, Copy)]
pub(super) struct Masks<W = Words> {
    /// `"`
    pub(super) quote: W,
    /// `\\`
    pub(super) backslash: W,
    /// `{` and `[`
    pub(super) open: W,
    /// `}` and `]`
    pub(super) close: W,
    /// `:` and `,`
    pub(super) separator: W,
    /// Space and below.
    pub(super) space: W,
}

/// A way to compute [`Masks`], and to reckon with the words of all blocks at once.
pub(super) trait Lanes: Copy {
    /// A word for each block.
    type Vector: Copy;

    /// Compares the bytes of a block.
    fn block(self, bytes: &[u8; 64]) -> Masks<u64>;

    fn load(self, words: &Words) -> Self::Vector;
    fn store(self, words: Self::Vector) -> Words;
    fn and(self, one: Self::Vector, other: Self::Vector) -> Self::Vector;
    fn or(self, one: Self::Vector, other: Self::Vector) -> Self::Vector;
    fn xor(self, one: Self::Vector, other: Self::Vector) -> Self::Vector;
    /// Keeps the bits of `one` that `other` lacks.
    fn without(self, one: Self::Vector, other: Self::Vector) -> Self::Vector;
    /// Moves the bits of each word up.
    fn up<const BY: u32>(self, words: Self::Vector) -> Self::Vector;
    /// Returns the highest bit of each word.
    fn tops(self, words: Self::Vector) -> u8;
    /// Returns which words are not zero.
    fn holds(self, words: Self::Vector) -> u8;
    /// Returns words of ones for the bits that are set.
    fn fill(self, bits: u8) -> Self::Vector;
    /// Returns words of 1 for the bits that are set.
    fn lowest(self, bits: u8) -> Self::Vector;

    /// Compares the bytes of a stride.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "the vector instructions are enabled in the function this is inlined into")]
    fn masks(self, stride: &[u8; STRIDE]) -> Masks {
        let [quote, backslash, open, close, separator, space] = [[0; BLOCKS]; 6];
        let mut masks = Masks { quote, backslash, open, close, separator, space };
        for (block, bytes) in stride.as_chunks().0.iter().enumerate() {
            let found = self.block(bytes);
            masks.quote[block] = found.quote;
            masks.backslash[block] = found.backslash;
            masks.open[block] = found.open;
            masks.close[block] = found.close;
            masks.separator[block] = found.separator;
            masks.space[block] = found.space;
        }
        masks
    }

    /// Moves every bit up by one, from word to word, and `carried` in; returns the bit that is moved out, too.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "the vector instructions are enabled in the function this is inlined into")]
    fn next(self, words: Self::Vector, carried: u8) -> (Self::Vector, u8) {
        let tops = self.tops(words);
        (self.or(self.up::<1>(words), self.lowest(tops << 1 | carried)), tops >> 7)
    }

    /// Sets each bit to the parity of the bits up to it, through all words; `carried` is the parity of those before, of which
    /// that of the whole is returned too.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "the vector instructions are enabled in the function this is inlined into")]
    fn parity(self, words: Self::Vector, carried: u8) -> (Self::Vector, u8) {
        let words = self.xor(words, self.up::<1>(words));
        let words = self.xor(words, self.up::<2>(words));
        let words = self.xor(words, self.up::<4>(words));
        let words = self.xor(words, self.up::<8>(words));
        let words = self.xor(words, self.up::<16>(words));
        let words = self.xor(words, self.up::<32>(words));
        // The words before a word count as one bit each.
        let mut before = self.tops(words) << 1 | carried;
        let last = self.tops(words) >> 7;
        before ^= before << 1;
        before ^= before << 2;
        before ^= before << 4;
        (self.xor(words, self.fill(before)), before >> 7 ^ last)
    }
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
        return simd.vectorize(x86::Vectorized { task, simd });
    }
    #[cfg(target_arch = "x86_64")]
    if let Some(simd) = pulp::x86::V3::try_new() {
        return simd.vectorize(x86::Vectorized { task, simd });
    }
    task.run(Portable)
}

/// Sixteen bytes at a time, on any machine.
#[derive(Clone, Copy)]
struct Portable;

impl Lanes for Portable {
    type Vector = Words;

    fn block(self, block: &[u8; 64]) -> Masks<u64> {
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

    fn load(self, words: &Words) -> Words {
        *words
    }

    fn store(self, words: Words) -> Words {
        words
    }

    fn and(self, one: Words, other: Words) -> Words {
        std::array::from_fn(|block| one[block] & other[block])
    }

    fn or(self, one: Words, other: Words) -> Words {
        std::array::from_fn(|block| one[block] | other[block])
    }

    fn xor(self, one: Words, other: Words) -> Words {
        std::array::from_fn(|block| one[block] ^ other[block])
    }

    fn without(self, one: Words, other: Words) -> Words {
        std::array::from_fn(|block| one[block] & !other[block])
    }

    fn up<const BY: u32>(self, words: Words) -> Words {
        words.map(|word| word << BY)
    }

    fn tops(self, words: Words) -> u8 {
        words.iter().rev().fold(0, |bits, word| bits << 1 | u8::from(word >> 63 == 1))
    }

    fn holds(self, words: Words) -> u8 {
        words.iter().rev().fold(0, |bits, word| bits << 1 | u8::from(*word != 0))
    }

    fn fill(self, bits: u8) -> Words {
        self.lowest(bits).map(u64::wrapping_neg)
    }

    fn lowest(self, bits: u8) -> Words {
        std::array::from_fn(|block| u64::from(bits >> block & 1))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Everything that lanes reckon, of one stride and one bit carried in.
    struct Reckon<'a>(&'a [u8; STRIDE], u8);

    impl Task for Reckon<'_> {
        type Output = Vec<Words>;

        fn run<L: Lanes>(self, lanes: L) -> Vec<Words> {
            let masks = lanes.masks(self.0);
            let all = [masks.quote, masks.backslash, masks.open, masks.close, masks.separator, masks.space];
            let mut reckoned = all.to_vec();
            for (one, other) in all.iter().zip(all.iter().skip(1)) {
                let (one, other) = (lanes.load(one), lanes.load(other));
                let (next, out) = lanes.next(one, self.1);
                let (parity, odd) = lanes.parity(one, self.1);
                let of_two = [lanes.and(one, next), lanes.or(one, other), lanes.xor(one, parity), lanes.without(next, other)];
                reckoned.extend(
                    [next, parity, lanes.fill(lanes.holds(one))].into_iter().chain(of_two).map(|words| lanes.store(words)),
                );
                reckoned.push(lanes.store(lanes.lowest(lanes.tops(parity))));
                reckoned.push([u64::from(out), u64::from(odd), u64::from(lanes.holds(one)), 0, 0, 0, 0, 0]);
            }
            reckoned
        }
    }

    proptest! {
        #[test]
        fn all_ways_agree(bytes in prop::collection::vec(any::<u8>(), STRIDE), structural in any::<bool>(), carried in 0..2_u8) {
            let bytes = bytes.into_iter().map(|byte| if structural { b"\"\\{[]}:, a"[usize::from(byte) % 10] } else { byte });
            let stride: [u8; STRIDE] = bytes.collect::<Vec<u8>>().try_into().unwrap();
            let portable = Reckon(&stride, carried).run(Portable);
            prop_assert_eq!(&with_widest(Reckon(&stride, carried)), &portable);
            #[cfg(target_arch = "x86_64")]
            if let Some(simd) = pulp::x86::V3::try_new() {
                prop_assert_eq!(&simd.vectorize(x86::Vectorized { task: Reckon(&stride, carried), simd }), &portable);
            }
        }

        #[test]
        fn bits_go_from_word_to_word(words in any::<Words>(), carried in 0..2_u8) {
            let bit = |words: &Words, at: usize| words[at / 64] >> (at % 64) & 1;
            let (next, out) = Portable.next(words, carried);
            let (parity, odd) = Portable.parity(words, carried);
            let mut before = u64::from(carried);
            let mut sum = u64::from(carried);
            for at in 0..STRIDE {
                prop_assert_eq!(bit(&next, at), before);
                before = bit(&words, at);
                sum ^= before;
                prop_assert_eq!(bit(&parity, at), sum);
            }
            prop_assert_eq!((u64::from(out), u64::from(odd)), (before, sum));
        }
    }
}
