//! Splits JSON text into elements, exactly and without parsing them.
//!
//! The text is taken 64 bytes at a time. Vector comparisons give one bit per byte for quotes, backslashes, brackets, colons
//! and commas; from the quotes follows what lies inside strings; what is left outside is structure. Only brackets and the
//! few scalars are then visited one by one. On the way, every place where two tokens may not stand side by side, a bracket of
//! the wrong kind, or a scalar that is none, makes the element *suspicious*: it is then read by `serde_json`, which decides.
//! A damaged element costs itself: reading goes on at the next place that looks like the beginning of an element.
//!
//! What this does not notice, in elements nobody deserialises, is a colon where a comma belongs.

mod structure;
mod token;

pub use token::first_key;

use super::lanes::{self, Lanes, STRIDE};
use crate::evidence::window::Window;
use structure::{Carry, Structure};
use token::{Verdict, last_key, last_token, next_candidate, no_scalars, value_length};

/// How elements lie in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Every value at the top: a single document, JSON Lines, or documents one after the other.
    Values,
    /// The elements of the array at the top.
    Array,
    /// The elements of the arrays that are members of the object at the top.
    Members,
}

impl Layout {
    /// Returns the nesting depth of an element.
    const fn depth(self) -> u32 {
        match self {
            Self::Values => 1,
            Self::Array => 2,
            Self::Members => 3,
        }
    }
}

/// An element of the text.
#[derive(Clone, Copy, Debug)]
pub struct Element<'a> {
    /// Its text, from `{` to `}` (or `[` to `]`).
    pub bytes: &'a [u8],
    /// The key of the list it stands in; empty where lists have none.
    pub list: &'a str,
    /// Its position in that list, from 0; for [`Layout::Values`], among all values.
    pub index: u32,
    /// Where it begins in the content.
    pub offset: u64,
    /// Where its own containers lie in `bytes`, in order, if that is known.
    pub children: Option<&'a [[u32; 2]]>,
}

/// A place where the text is no JSON.
#[derive(Debug, PartialEq, Eq)]
pub struct Damage<'a> {
    /// The list and position of the element that is lost; `None` where the text around the elements is damaged.
    pub element: Option<(&'a str, u32)>,
    /// Where it begins in the content.
    pub offset: u64,
    /// What is wrong.
    pub message: String,
}

/// What skimming gives, in the order of the text.
#[derive(Debug)]
pub enum Piece<'a> {
    /// An element.
    Element(Element<'a>),
    /// A damaged element or place.
    Damage(Damage<'a>),
}

/// Skims `window` to its end and gives every element and every damage to `visit`.
///
/// For [`Layout::Members`] it returns the object at the top with each of its arrays replaced by `null`, which holds what the
/// exporter wrote beside the lists (tokens of unfinished lists, prefixes, response metadata).
pub fn skim(window: &mut Window<'_>, layout: Layout, longest: usize, visit: &mut dyn FnMut(Piece<'_>)) -> Vec<u8> {
    let mut skimmer = Skimmer::new(layout, longest);
    loop {
        let pass = Pass { skimmer: &mut skimmer, text: window.unread(), offset: window.offset(), ended: window.ended(), visit };
        let step = lanes::with_widest(pass);
        match step {
            Step::More => {
                if window.ended() {
                    break;
                }
                let keep = skimmer.keep(window.unread());
                window.consume(keep);
                window.grow();
            }
            Step::Suspicious(start) => {
                if !skimmer.decide(window, start, visit) {
                    break;
                }
            }
        }
    }
    skimmer.end(window, visit);
    skimmer.header
}

/// Why the fast pass stopped.
enum Step {
    /// It needs more text.
    More,
    /// Something is wrong in the element that starts here, or here if there is none.
    Suspicious(usize),
}

/// One pass of the skimmer over the text that is there.
struct Pass<'a, 'v> {
    skimmer: &'a mut Skimmer,
    text: &'a [u8],
    offset: u64,
    ended: bool,
    visit: &'a mut (dyn FnMut(Piece<'_>) + 'v),
}

impl lanes::Task for Pass<'_, '_> {
    type Output = Step;

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "the vector instructions are enabled in the function this is inlined into")]
    fn run<L: Lanes>(self, lanes: L) -> Step {
        self.skimmer.run(lanes, self.text, self.offset, self.ended, self.visit)
    }
}

/// Text the last scalar of a block may reach into.
const LOOKAHEAD: usize = 40;

struct Skimmer {
    depth_of_elements: u32,
    longest: usize,
    /// Where the next block begins, in the window's bytes.
    at: usize,
    carry: Carry,
    depth: u32,
    /// One bit per open bracket, innermost lowest: set for `[`.
    kinds: u64,
    /// Where the open element begins, in the window's bytes.
    start: Option<usize>,
    /// Where the element's own containers begin and end, in turn, in its first `edge` places.
    edges: Vec<u32>,
    edge: usize,
    list: String,
    index: u32,
    /// Where text of the object at the top begins that is not in `header` yet.
    header_from: Option<usize>,
    header: Vec<u8>,
    keeps_header: bool,
    /// The first key of the last good element: what the next one probably begins with.
    first_key: Vec<u8>,
}

impl Skimmer {
    fn new(layout: Layout, longest: usize) -> Self {
        Self {
            depth_of_elements: layout.depth(),
            longest,
            at: 0,
            carry: Carry::FRESH,
            depth: 0,
            kinds: 0,
            start: None,
            edges: Vec::new(),
            edge: 0,
            list: String::new(),
            index: 0,
            header_from: (layout == Layout::Members).then_some(0),
            header: Vec::new(),
            keeps_header: layout == Layout::Members,
            first_key: Vec::new(),
        }
    }

    /// Takes blocks until the text or the trust in it ends.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "the vector instructions are enabled in the function this is inlined into")]
    fn run<L: Lanes>(&mut self, lanes: L, text: &[u8], offset: u64, ended: bool, visit: &mut dyn FnMut(Piece<'_>)) -> Step {
        let mut carry = self.carry;
        let mut at = self.at;
        let mut padded = [b' '; STRIDE];
        let step = loop {
            let left = text.len().saturating_sub(at);
            if left < STRIDE + LOOKAHEAD && (left == 0 || !ended) {
                break match self.start {
                    Some(start) if text.len() - start > self.longest => Step::Suspicious(start),
                    _ => Step::More,
                };
            }
            let stride = if let Some(stride) = text[at..].first_chunk::<STRIDE>() {
                stride
            } else {
                padded[..left].copy_from_slice(&text[at..]);
                &padded
            };
            let bits = Structure::of(lanes, lanes.masks(stride), &mut carry);
            let mut holds = bits.holds;
            while holds != 0 {
                let block = holds.trailing_zeros() as usize;
                holds &= holds - 1;
                let begin = at + 64 * block;
                let mut wrong = bits.wrong[block] | no_scalars(text, begin, bits.scalars[block]);
                if bits.unseparated[block] != 0 {
                    // At the top, values follow each other: only what stands inside a bracket is judged.
                    let inside = self.depth > 0 && (bits.close[block] == 0 || self.depth > 1);
                    wrong |= if inside { bits.unseparated[block] } else { bits.unseparated[block] & !bits.open[block] };
                }
                let before_wrong = (wrong & wrong.wrapping_neg()).wrapping_sub(1);
                let mut brackets = (bits.open[block] | bits.close[block]) & before_wrong;
                while brackets != 0 {
                    if let Some(start) = self.start {
                        brackets = self.inside(text, begin, brackets, start);
                        if brackets == 0 {
                            break;
                        }
                    }
                    let here = begin + brackets.trailing_zeros() as usize;
                    let bit = brackets & brackets.wrapping_neg();
                    brackets ^= bit;
                    let stands = if bits.open[block] & bit != 0 {
                        self.opened(text, here)
                    } else {
                        self.closed(text, here, offset, visit)
                    };
                    if !stands {
                        return Step::Suspicious(self.start.unwrap_or(here));
                    }
                }
                if wrong != 0 {
                    let here = begin + wrong.trailing_zeros() as usize;
                    return Step::Suspicious(self.start.unwrap_or(here));
                }
            }
            at += STRIDE;
        };
        self.carry = carry;
        self.at = at;
        step
    }

    /// Takes the brackets of a block that stand inside the element which begins at `start`, up to the one that closes it or may
    /// not stand; returns those that are left.
    ///
    /// Whether a bracket opens or closes cannot be foreseen, so nothing here depends on it but what is reckoned.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "measured: most brackets are of these")]
    fn inside(&mut self, text: &[u8], begin: usize, brackets: u64, start: usize) -> u64 {
        let (mut depth, mut kinds, mut edge) = (self.depth, self.kinds, self.edge);
        let mut left = brackets;
        if self.edges.len() < edge + 64 {
            self.edges.resize(2 * edge + 64, 0);
        }
        while left != 0 {
            let here = begin + left.trailing_zeros() as usize;
            let [before, bracket] = [text[here - 1], text[here]];
            // `[{` have this bit, `]}` have not; `[]` lack the other, `{}` do not.
            let opens = u32::from(bracket >> 1 & 1);
            let is_square = u64::from(!bracket >> 5 & 1);
            let may_open = u32::from(kinds & 1 == 1) | u32::from(before == b':');
            let may_close = u32::from(kinds & 1 == is_square) & u32::from(depth > self.depth_of_elements);
            if opens & may_open | (1 - opens) & may_close == 0 || depth >= 63 {
                break;
            }
            let opened = u64::from(opens).wrapping_neg();
            kinds = (kinds << 1 | is_square) & opened | kinds >> 1 & !opened;
            let after = depth + 2 * opens - 1;
            // Overwritten by the next one, where the bracket is not of one of the element's own containers.
            self.edges[edge] = narrow(here - start) + (1 - opens);
            edge += usize::from(depth.min(after) == self.depth_of_elements);
            depth = after;
            left &= left - 1;
        }
        (self.depth, self.kinds, self.edge) = (depth, kinds, edge);
        left
    }

    /// Enters a bracket; returns false where it cannot stand, or is nested beyond what is tracked here.
    #[inline(never)]
    fn opened(&mut self, text: &[u8], at: usize) -> bool {
        let in_array = self.depth == 0 || self.kinds & 1 == 1;
        // As a member of an object, a container follows its colon: `{[`, or `,{` where a `}` is missing, are wrong.
        if self.depth >= 63 || (!in_array && self.start.is_some() && last_token(&text[..at]) != Some(b':')) {
            return false;
        }
        let is_array = text[at] == b'[';
        self.depth += 1;
        self.kinds = self.kinds << 1 | u64::from(is_array);
        if self.depth == self.depth_of_elements && in_array {
            self.start = Some(at);
            self.edge = 0;
        } else if let Some(start) = self.start {
            if self.depth == self.depth_of_elements + 1 {
                self.note_edge(at - start);
            }
        } else if self.keeps_header && self.depth == 2 && is_array {
            self.list_opened(text, at);
        }
        true
    }

    /// Leaves a bracket; returns false where it is of the wrong kind.
    #[inline(never)]
    fn closed(&mut self, text: &[u8], at: usize, offset: u64, visit: &mut dyn FnMut(Piece<'_>)) -> bool {
        if self.depth == 0 || (self.kinds & 1 == 1) != (text[at] == b']') {
            return false;
        }
        if let Some(start) = self.start {
            if self.depth == self.depth_of_elements {
                let bytes = &text[start..=at];
                if self.index == 0 || self.first_key.is_empty() {
                    self.first_key = first_key(bytes).to_vec();
                }
                visit(Piece::Element(Element {
                    bytes,
                    list: &self.list,
                    index: self.index,
                    offset: offset + start as u64,
                    children: Some(self.edges[..self.edge].as_chunks().0),
                }));
                self.index += 1;
                self.start = None;
            } else if self.depth == self.depth_of_elements + 1 {
                self.note_edge(at + 1 - start);
            }
        } else if self.keeps_header && self.depth == 2 && self.kinds & 1 == 1 {
            self.header_from = Some(at + 1);
        }
        self.depth -= 1;
        self.kinds >>= 1;
        true
    }

    fn note_edge(&mut self, at: usize) {
        self.edges.truncate(self.edge);
        self.edges.push(narrow(at));
        self.edge += 1;
    }

    /// Begins a list of the object at the top: its key is the last word of the header so far. The same list of a document behind it goes
    /// on counting, so that no two elements stand at one place.
    fn list_opened(&mut self, text: &[u8], at: usize) {
        self.save_header(text, at);
        let list = last_key(&self.header);
        if list != self.list {
            self.index = 0;
        }
        self.list = list;
        self.first_key.clear();
        self.header.extend_from_slice(b"null");
        self.header_from = None;
    }

    fn save_header(&mut self, text: &[u8], until: usize) {
        if let Some(from) = self.header_from
            && self.header.len() <= self.longest
        {
            self.header.extend_from_slice(&text[from.min(until)..until]);
            self.header_from = Some(until);
        }
    }

    /// Returns how much of the window is done with, and forgets it.
    fn keep(&mut self, text: &[u8]) -> usize {
        let done = self.start.unwrap_or(self.at).min(self.at);
        if self.header_from.is_some() {
            self.save_header(text, done);
            self.header_from = Some(0);
        }
        self.at -= done;
        self.start = self.start.map(|start| start - done);
        done
    }

    /// Has `serde_json` decide about the element at `start`, and goes on after it; returns false at the end of the text.
    fn decide(&mut self, window: &mut Window<'_>, start: usize, visit: &mut dyn FnMut(Piece<'_>)) -> bool {
        let mut start = start;
        let opens_with = if self.keeps_header { b'{' } else { b'[' };
        if self.depth == 0 && self.depth_of_elements > 1 && window.unread().get(start) == Some(&opens_with) {
            // Another document begins behind a whole one: files were put one behind the other.
            self.restart(start);
            return true;
        }
        let in_element = self.start.is_some() || (self.depth + 1 == self.depth_of_elements && self.list_is_open());
        let outcome = loop {
            let text = &window.unread()[start..];
            match value_length(text) {
                Verdict::Whole(length) if in_element && matches!(text.first(), Some(b'{' | b'[')) => break Ok(length),
                Verdict::Whole(_) => break Err("text between the elements that is no JSON".to_owned()),
                Verdict::Cut(_) if !window.ended() && text.len() <= self.longest => {
                    let wanted = text.len() * 2;
                    self.at = start;
                    self.start = None;
                    let done = self.keep(window.unread());
                    window.consume(done);
                    start -= done;
                    window.at_least(start + wanted);
                }
                Verdict::Cut(_) if !window.ended() => break Err(format!("longer than {} bytes", self.longest)),
                Verdict::Cut(message) | Verdict::Wrong(message) => break Err(message),
            }
        };
        let text = window.unread();
        let offset = window.offset() + start as u64;
        match outcome {
            Ok(length) => {
                let bytes = &text[start..start + length];
                visit(Piece::Element(Element { bytes, list: &self.list, index: self.index, offset, children: None }));
                if self.first_key.is_empty() {
                    self.first_key = first_key(bytes).to_vec();
                }
                self.index += 1;
                self.restart(start + length);
                true
            }
            Err(message) => {
                let element = in_element.then_some((self.list.as_str(), self.index));
                visit(Piece::Damage(Damage { element, offset, message }));
                // Without a good neighbour, the damaged element's own first key is the best guess.
                let guess = if self.first_key.is_empty() { first_key(&text[start..]).to_vec() } else { Vec::new() };
                self.index += u32::from(in_element);
                self.find_next(window, start + 1, &guess)
            }
        }
    }

    /// Returns whether the innermost open bracket is a list of elements.
    fn list_is_open(&self) -> bool {
        self.depth == 0 || self.kinds & 1 == 1
    }

    /// Goes on at `at`, between two elements.
    fn restart(&mut self, at: usize) {
        while self.depth >= self.depth_of_elements {
            self.depth -= 1;
            self.kinds >>= 1;
        }
        self.at = at;
        self.start = None;
        self.carry = Carry::FRESH;
    }

    /// Goes on at the next place from `from` on that looks like an element; returns false if there is none.
    fn find_next(&mut self, window: &mut Window<'_>, from: usize, guess: &[u8]) -> bool {
        let mut from = from;
        loop {
            let text = window.unread();
            let with_key = |key: &[u8]| next_candidate(text, from, key, self.depth_of_elements);
            let guessed = if guess.is_empty() { None } else { with_key(guess) };
            match guessed.or_else(|| with_key(&self.first_key)) {
                Some(found) => {
                    while self.depth + 1 < self.depth_of_elements {
                        // The damage hid the brackets that lead here: they are taken as read.
                        self.depth += 1;
                        self.kinds = self.kinds << 1 | u64::from(self.depth + 1 == self.depth_of_elements);
                    }
                    self.restart(found);
                    return true;
                }
                None if window.ended() => {
                    self.restart(text.len());
                    return false;
                }
                None => {
                    let done = text.len().saturating_sub(256).max(from.min(text.len()));
                    self.header_from = self.header_from.map(|_| 0);
                    window.consume(done);
                    from = 0;
                    window.grow();
                }
            }
        }
    }

    /// Reports what the end of the text leaves open.
    fn end(&mut self, window: &Window<'_>, visit: &mut dyn FnMut(Piece<'_>)) {
        let text = window.unread();
        if let Some(start) = self.start {
            let offset = window.offset() + start as u64;
            let message = "the text ends inside this element".to_owned();
            visit(Piece::Damage(Damage { element: Some((&self.list, self.index)), offset, message }));
        } else if self.depth > 0 || self.carry.in_string != 0 {
            let offset = window.offset() + text.len() as u64;
            visit(Piece::Damage(Damage { element: None, offset, message: "the text ends before its last bracket".to_owned() }));
        }
        let until = text.len();
        self.save_header(text, until);
    }
}

/// Positions inside one element fit 32 bits, as elements are bounded far below 4 GiB.
fn narrow(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
