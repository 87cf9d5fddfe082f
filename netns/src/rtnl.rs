//! rtnetlink(7): one request, one answer, with messages built on the stack. Async-signal-safe.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};

use crate::sys;

/// The length of `struct nlmsghdr`.
const HEADER: usize = 16;

/// Each request has its own socket, so its number need not be unique.
const SEQUENCE: u32 = 1;

/// A request: `struct nlmsghdr`, the fixed part of its type, and attributes.
pub(crate) struct Request {
    buf: [u8; 512],
    len: usize,
}

impl Request {
    /// A request that wants an acknowledgement unless it is a query.
    pub(crate) fn new(kind: u16, flags: libc::c_int) -> Self {
        let mut request = Self { buf: [0; 512], len: HEADER };
        let flags = (flags | libc::NLM_F_REQUEST) as u16;
        request.set(4, &kind.to_ne_bytes());
        request.set(6, &flags.to_ne_bytes());
        request.set(8, &SEQUENCE.to_ne_bytes());
        request
    }

    /// Appends bytes, which the next ones are aligned behind. What does not fit is an error when sent.
    pub(crate) fn put(&mut self, bytes: &[u8]) {
        self.set(self.len, bytes);
        self.len = (self.len + bytes.len()).next_multiple_of(4);
    }

    /// Appends an attribute.
    pub(crate) fn attr(&mut self, kind: u16, value: &[u8]) {
        let start = self.open(kind);
        self.set(self.len, value);
        self.len += value.len();
        self.close(start);
    }

    /// Appends a string attribute with its NUL.
    pub(crate) fn attr_str(&mut self, kind: u16, value: &str) {
        let start = self.open(kind);
        self.set(self.len, value.as_bytes());
        self.len += value.len() + 1;
        self.close(start);
    }

    /// Begins an attribute that contains what is appended until [`close`](Self::close).
    pub(crate) fn open(&mut self, kind: u16) -> usize {
        let start = self.len;
        self.set(start + 2, &kind.to_ne_bytes());
        self.len += 4;
        start
    }

    /// Ends the attribute that began at `start`.
    pub(crate) fn close(&mut self, start: usize) {
        let len = u16::try_from(self.len - start).unwrap_or(u16::MAX);
        self.set(start, &len.to_ne_bytes());
        self.len = self.len.next_multiple_of(4);
    }

    fn set(&mut self, at: usize, bytes: &[u8]) {
        if let Some(place) = self.buf.get_mut(at..at + bytes.len()) {
            place.copy_from_slice(bytes);
        }
    }

    /// The finished message.
    fn bytes(&mut self) -> io::Result<&[u8]> {
        self.set(0, &(self.len as u32).to_ne_bytes());
        self.buf.get(..self.len).ok_or_else(|| io::Error::from_raw_os_error(libc::EMSGSIZE))
    }

    /// Sends a change in the thread's network namespace; the errno of its acknowledgement is the error.
    pub(crate) fn execute(mut self) -> io::Result<()> {
        let flags = u16::from_ne_bytes([self.buf[6], self.buf[7]]) | libc::NLM_F_ACK as u16;
        self.set(6, &flags.to_ne_bytes());
        exchange(self.bytes()?, &mut [0; 1024]).map(drop)
    }

    /// Sends a query in the thread's network namespace; returns what follows the header of the answer.
    pub(crate) fn query(mut self, answer: &mut [u8]) -> io::Result<&[u8]> {
        exchange(self.bytes()?, answer)
    }
}

/// Sends one message and returns the payload of its answer.
fn exchange<'b>(message: &[u8], answer: &'b mut [u8]) -> io::Result<&'b [u8]> {
    let socket = sys::socket(libc::AF_NETLINK, libc::SOCK_RAW, libc::NETLINK_ROUTE)?;
    let (data, len) = (message.as_ptr().cast(), message.len());
    // SAFETY: pointer and length are those of the slice. Unconnected, so it goes to the kernel.
    sys::check_len(unsafe { libc::send(socket.as_raw_fd(), data, len, libc::MSG_NOSIGNAL) })?;
    let len = receive(&socket, answer)?;
    payload(&answer[..len])
}

/// The answer is there already: the kernel works within the send(2). So there is nothing to wait for.
fn receive(socket: &OwnedFd, answer: &mut [u8]) -> io::Result<usize> {
    let (data, len) = (answer.as_mut_ptr().cast(), answer.len());
    let flags = libc::MSG_DONTWAIT | libc::MSG_TRUNC;
    // SAFETY: pointer and length are those of the exclusive slice.
    let received = sys::check_len(unsafe { libc::recv(socket.as_raw_fd(), data, len, flags) })?;
    // With MSG_TRUNC it is the true length.
    if received > len { Err(io::Error::from_raw_os_error(libc::EMSGSIZE)) } else { Ok(received) }
}

/// Takes the header off an answer. An error message is its errno, or success.
fn payload(answer: &[u8]) -> io::Result<&[u8]> {
    let malformed = || io::Error::from_raw_os_error(libc::EBADMSG);
    let len = u32_at(answer, 0).ok_or_else(malformed)? as usize;
    let kind = u16_at(answer, 4).ok_or_else(malformed)?;
    let body = answer.get(HEADER..len).ok_or_else(malformed)?;
    if u32_at(answer, 8) != Some(SEQUENCE) {
        return Err(malformed());
    }
    if i32::from(kind) != libc::NLMSG_ERROR {
        return Ok(body);
    }
    match u32_at(body, 0).ok_or_else(malformed)? as i32 {
        0 => Ok(body),
        code => Err(io::Error::from_raw_os_error(code.wrapping_neg())),
    }
}

/// The value of the first attribute of this kind.
pub(crate) fn find_attr(mut attrs: &[u8], kind: u16) -> Option<&[u8]> {
    loop {
        let len = usize::from(u16_at(attrs, 0)?);
        // The two highest bits are flags.
        if u16_at(attrs, 2)? & 0x3fff == kind {
            return attrs.get(4..len);
        }
        attrs = attrs.get(len.max(4).next_multiple_of(4)..)?;
    }
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_ne_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::{Request, find_attr, payload};

    #[test]
    fn attributes_are_found_again() {
        let mut request = Request::new(16, 0);
        request.attr(1, &[1, 2, 3, 4, 5]);
        request.attr_str(3, "eth0");
        let bytes = request.bytes().expect("fits");
        assert_eq!(bytes.len(), 16 + 12 + 12);
        assert_eq!(find_attr(&bytes[16..], 1), Some(&[1, 2, 3, 4, 5][..]));
        assert_eq!(find_attr(&bytes[16..], 3), Some(&b"eth0\0"[..]));
        assert_eq!(find_attr(&bytes[16..], 2), None);
    }

    #[test]
    fn too_much_is_an_error() {
        let mut request = Request::new(16, 0);
        for _ in 0..10 {
            request.attr(1, &[0; 60]);
        }
        let error = request.bytes().expect_err("640 bytes in 512");
        assert_eq!(error.raw_os_error(), Some(libc::EMSGSIZE));
    }

    #[test]
    fn answers_are_not_trusted() {
        for len in 0..40 {
            let mut answer = [0xff; 40];
            assert!(payload(&answer[..len]).is_err(), "{len}");
            answer[..4].copy_from_slice(&(len as u32).to_ne_bytes());
            let _ = payload(&answer);
            let _ = find_attr(&answer[..len], 1);
        }
        assert_eq!(find_attr(&[0, 0, 9, 0, 0, 0, 9, 0], 1), None);
    }
}
