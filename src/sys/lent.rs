//! A `Socket` over a descriptor that belongs to somebody else.

use core::fmt;
use core::marker::PhantomData;
use core::mem::ManuallyDrop;
use core::ops::Deref;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use crate::Socket;

/// A [`Socket`] that does not close its descriptor, and cannot outlive the loan of it.
pub(crate) struct Lent<'fd> {
    socket: ManuallyDrop<Socket>,
    owner: PhantomData<BorrowedFd<'fd>>,
}

impl<'fd> Lent<'fd> {
    #[inline]
    pub(crate) fn new(fd: BorrowedFd<'fd>) -> Self {
        // SAFETY: a `BorrowedFd` is open for 'fd, and `Lent` lives no longer. There is no second
        // owner: the value goes straight into a ManuallyDrop that is never taken out, and `Deref` gives
        // `&Socket` only, so nothing can close the descriptor through it.
        let fd = unsafe { OwnedFd::from_raw_fd(fd.as_raw_fd()) };
        Lent { socket: ManuallyDrop::new(Socket::from(fd)), owner: PhantomData }
    }
}

impl<'fd> Lent<'fd> {
    /// The same loan once more.
    #[inline]
    pub(crate) fn again(&self) -> Lent<'fd> {
        // SAFETY: the descriptor is open for 'fd, as `new` was told.
        Lent::new(unsafe { BorrowedFd::borrow_raw(self.socket.as_raw_fd()) })
    }
}

impl Deref for Lent<'_> {
    type Target = Socket;

    #[inline]
    fn deref(&self) -> &Socket {
        &self.socket
    }
}

impl fmt::Debug for Lent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}
