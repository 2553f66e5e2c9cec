//! JSON text as elements: splitting it without building it, and reading one element with types.
//!
//! Most evidence is a long list of small objects of which few matter. [`skim`] finds where each element begins and ends at a
//! third of the cost of parsing it; [`element`] lets a reader look at an element's own members and then deserialise what it
//! needs. [`members`] makes one type fit both spellings AWS uses (`TrainingJobName`, `trainingJobName`).

pub mod element;
mod lanes;
pub mod members;
pub mod scalar;
pub mod skim;
