//! What stands outside strings, and where tokens stand side by side that may not.

use crate::json::lanes::{BLOCKS, Lanes, Masks, Words};

/// What is carried from one stride to the next, a bit each.
#[derive(Clone, Copy)]
pub(super) struct Carry {
    /// The last byte lay inside a string.
    pub(super) in_string: u8,
    /// The first byte is escaped.
    pub(super) escaped: bool,
    /// A value may begin at the first byte.
    pub(super) may_begin: u8,
    /// A value ended at the last byte, or before the spaces that reach up to it.
    pub(super) value_ended: u64,
    /// The last byte was a separator.
    pub(super) separator: u8,
    /// The last byte belonged to a scalar.
    pub(super) scalar: u8,
}

impl Carry {
    pub(super) const FRESH: Self = Self { in_string: 0, escaped: false, may_begin: 1, value_ended: 0, separator: 0, scalar: 0 };
}

/// What a stride holds outside strings, and where it is wrong.
pub(super) struct Structure {
    /// The blocks that hold any of what follows.
    pub(super) holds: u8,
    /// Opening brackets.
    pub(super) open: Words,
    /// Closing brackets.
    pub(super) close: Words,
    /// First bytes of scalars.
    pub(super) scalars: Words,
    /// Places where tokens stand side by side that may not.
    pub(super) wrong: Words,
    /// Values that only spaces set apart from the value before them: wrong but at the top.
    pub(super) unseparated: Words,
}

impl Structure {
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "the vector instructions are enabled in the function this is inlined into")]
    pub(super) fn of<L: Lanes>(lanes: L, mut masks: Masks, carry: &mut Carry) -> Self {
        if carry.escaped || lanes.holds(lanes.load(&masks.backslash)) != 0 {
            for (quote, backslash) in masks.quote.iter_mut().zip(masks.backslash) {
                let escaped;
                (escaped, carry.escaped) = escapes(backslash, carry.escaped);
                *quote &= !escaped;
            }
        }
        let quote = lanes.load(&masks.quote);
        let (string, in_string) = lanes.parity(quote, carry.in_string);
        carry.in_string = in_string;
        let inside = lanes.or(string, quote);
        let open = lanes.without(lanes.load(&masks.open), inside);
        let close = lanes.without(lanes.load(&masks.close), inside);
        let separator = lanes.without(lanes.load(&masks.separator), inside);
        let space = lanes.without(lanes.load(&masks.space), inside);
        let may_begin = lanes.or(lanes.or(open, separator), space);
        let scalar = lanes.without(lanes.without(lanes.fill(u8::MAX), inside), lanes.or(close, may_begin));

        // A value begins only after an opening bracket, a separator or a space; no separator or closing bracket follows a
        // separator. (What may follow a string or a closing bracket is thereby settled too.)
        let after_begin;
        (after_begin, carry.may_begin) = lanes.next(may_begin, carry.may_begin);
        let after_scalar;
        (after_scalar, carry.scalar) = lanes.next(scalar, carry.scalar);
        let after_separator;
        (after_separator, carry.separator) = lanes.next(separator, carry.separator);
        let scalars = lanes.without(scalar, after_scalar);
        let begins = lanes.or(lanes.or(lanes.and(quote, string), open), scalars);
        let wrong = lanes.or(lanes.without(begins, after_begin), lanes.and(after_separator, lanes.or(separator, close)));
        let value = lanes.without(lanes.without(lanes.fill(u8::MAX), string), may_begin);
        let mut unseparated = [0; BLOCKS];
        let mut holds = lanes.holds(lanes.or(lanes.or(open, close), lanes.or(scalars, wrong)));
        // Between two values stands a separator, also across spaces.
        if lanes.holds(space) == 0 {
            unseparated[0] = carry.value_ended & lanes.store(begins)[0];
            holds |= u8::from(unseparated[0] != 0);
            carry.value_ended = u64::from(lanes.tops(value) >> 7);
        } else {
            let (spaces, values, begins) = (lanes.store(space), lanes.store(value), lanes.store(begins));
            for (block, unseparated) in unseparated.iter_mut().enumerate() {
                let (space, value) = (spaces[block], values[block]);
                let (skipped, reaches) = ((value << 1 | carry.value_ended) & space).overflowing_add(space);
                *unseparated = (skipped | carry.value_ended) & !space & begins[block];
                carry.value_ended = value >> 63 | u64::from(reaches);
            }
            holds |= lanes.holds(lanes.load(&unseparated));
        }
        Self {
            holds,
            open: lanes.store(open),
            close: lanes.store(close),
            scalars: lanes.store(scalars),
            wrong: lanes.store(wrong),
            unseparated,
        }
    }
}

/// Returns the bits that a backslash before them escapes, and whether the next block's first byte is.
fn escapes(backslashes: u64, carried: bool) -> (u64, bool) {
    let mut escaped = u64::from(carried);
    let mut left = backslashes & !escaped;
    let mut next = false;
    while left != 0 {
        let at = left.trailing_zeros();
        left &= left - 1;
        if at == 63 {
            next = true;
        } else {
            escaped |= 2 << at;
            left &= !(2 << at);
        }
    }
    (escaped, next)
}
