//! Skew: what an endpoint sees is not what its model was trained on.

pub(super) mod train_serve;
