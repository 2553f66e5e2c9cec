//! Cells and their storage, held against plain counts.

use proptest::prelude::*;

use super::*;

fn lattice(values: &[f64], ends: &[f64]) -> Cells {
    let mut keys: Vec<u64> = values.iter().map(|value| key_of_real(*value)).collect();
    keys.sort_unstable();
    let ends: Vec<u64> = ends.iter().map(|end| key_of_real(*end)).collect();
    Cells::Lattice(Lattice::build(&keys, keys[0], keys[keys.len() - 1], &ends))
}

fn value() -> impl Strategy<Value = f64> {
    prop_oneof![-10.0..10.0, -1e9..1e9, Just(0.0), Just(f64::INFINITY), proptest::num::f64::NORMAL, (0_u8..5).prop_map(f64::from)]
}

proptest! {
    #[test]
    fn each_value_lies_in_its_cell(values in proptest::collection::vec(value(), 1..300), others in proptest::collection::vec(value(), 1..50)) {
        let cells = lattice(&values, &values[..1]);
        for other in values.iter().chain(&others) {
            let key = key_of_real(*other);
            let (cell, offset) = cells.find(key);
            prop_assert!(cells.low(cell) <= key && key <= cells.high(cell));
            prop_assert_eq!(cells.low(cell) + offset, key);
            // Sums of offsets are sums of values.
            let low = real_of_key(cells.start(cell));
            let step = cells.step(cell, Axis::Binary(super::super::axis::Unit::One));
            if other.is_finite() {
                prop_assert_eq!((low + step * offset as f64).to_bits(), (other + 0.0).to_bits());
            }
        }
        let edge = key_of_real(values[0]);
        prop_assert_eq!(cells.high(cells.find(edge).0), edge);
    }

    #[test]
    fn dense_counts_are_the_same(values in proptest::collection::vec(value(), 1..300), others in proptest::collection::vec(value(), 1..300)) {
        let cells = lattice(&values, &values[..1]);
        let Cells::Lattice(lattice) = &cells else { unreachable!() };
        let keys: Vec<u64> = others.iter().map(|value| key_of_real(*value)).collect();
        let (mut dense, mut rest, mut found) = (lattice.dense().0, Vec::new(), Vec::new());
        lattice.count(&keys, &mut dense, &mut rest);
        lattice.drain(&mut dense, &mut found);
        let mut expected = std::collections::BTreeMap::<u32, (u64, u128)>::new();
        for key in &keys {
            let (cell, offset) = cells.find(*key);
            let entry = expected.entry(cell).or_default();
            *entry = (entry.0 + 1, entry.1 + u128::from(offset));
        }
        for key in rest {
            let (cell, offset) = cells.find(key);
            found.push((cell, 1, u128::from(offset)));
        }
        let mut together = std::collections::BTreeMap::<u32, (u64, u128)>::new();
        for (cell, count, sum) in found {
            let entry = together.entry(cell).or_default();
            *entry = (entry.0 + count, entry.1 + sum);
        }
        prop_assert_eq!(together, expected);
    }

    #[test]
    fn whole_numbers_are_cells(least in -1000_i64..1000, len in 1_u32..500, value in -2000.0..2000.0_f64) {
        let cells = Cells::Direct(Direct { least, len });
        for value in [value, value.floor()] {
            let key = key_of_real(value);
            let (cell, _) = cells.find(key);
            prop_assert!(cells.low(cell) <= key && key <= cells.high(cell), "{value} is not in {cell}");
        }
    }
}

#[test]
fn a_lattice_survives_storage_and_a_broken_one_does_not() {
    let Cells::Lattice(lattice) = lattice(&[1.0, 2.0, 3.0, 1e9], &[2.0]) else { unreachable!() };
    let bytes = postcard::to_allocvec(&lattice).unwrap();
    assert_eq!(postcard::from_bytes::<Lattice>(&bytes).unwrap(), lattice);
    for broken in [
        Plan { shift: 60, ..lattice.plan.clone() },
        Plan { bits: Vec::new(), ..lattice.plan.clone() },
        Plan { bits: vec![40], ..lattice.plan.clone() },
        Plan { first: u64::MAX, ..lattice.plan.clone() },
        Plan { cuts: vec![(0, vec![])], ..lattice.plan.clone() },
        Plan { cuts: vec![(u32::MAX, vec![1])], ..lattice.plan.clone() },
    ] {
        assert!(Lattice::try_from(broken).is_err());
    }
}
