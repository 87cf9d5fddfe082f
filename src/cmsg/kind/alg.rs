//! What is sent to ciphers in the kernel (`AF_ALG`).

use super::{SendValue, kind, put};
use crate::error::{Errno, Result};

kind! {
    /// An initialisation vector: `struct af_alg_iv`, which are its bytes here. Those of today have up to 32.
    AlgIv: "struct af_alg_iv", HEADER + 32;
}

/// The length in front of the bytes.
const HEADER: usize = size_of::<u32>();

impl SendValue for AlgIv {
    type Input<'t, 'fd: 't> = &'t [u8];

    #[inline]
    fn size(value: &&[u8]) -> Result<usize> {
        match u32::try_from(value.len()) {
            Ok(_) => value.len().checked_add(HEADER).ok_or(Errno::EINVAL),
            Err(_) => Err(Errno::EINVAL),
        }
    }

    #[inline]
    fn encode(value: &[u8], data: &mut [u8]) {
        if let Some((len, bytes)) = data.split_at_mut_checked(HEADER) {
            put(&(value.len() as u32), len);
            if bytes.len() == value.len() {
                bytes.copy_from_slice(value);
            }
        }
    }
}
