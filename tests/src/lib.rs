//! Harness of the end-to-end tests: the shipped binaries in the local cloud, a client of the contract, and eyes for
//! what lies in the stores afterwards. Leaves out the behaviours themselves (`e2e/`).

pub mod assertions;
pub mod client;
pub mod log;
pub mod stack;
pub mod stored;
pub mod stores;
pub mod target;
pub mod tls;
pub mod wire;
