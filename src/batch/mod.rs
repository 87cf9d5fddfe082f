//! sendmmsg(2), recvmmsg(2): many messages in one call, from and into memory that is kept.

#[cfg(doctest)]
mod lifetimes;
mod recv;
mod send;

pub use recv::{BatchAddr, BatchMessage, Messages, RecvBatch};
pub use send::{Outgoing, SendBatch};
