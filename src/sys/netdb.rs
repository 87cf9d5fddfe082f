//! Names: what the C library allocates, owned until it is dropped. (getaddrinfo(3), getnameinfo(3),
//! getifaddrs(3), if_nameindex(3))

use core::ffi::{CStr, c_char, c_int};
use core::fmt;
use core::marker::PhantomData;
use core::ops::Deref;
use core::ptr::NonNull;
use std::os::fd::AsRawFd;

use super::c;
use super::errno::{RawErrno, Result, last};
use super::pod::Pod;
use super::sockaddr::{STORAGE_SIZE, Storage};

/// The error of getaddrinfo(3) and getnameinfo(3): its code, and errno, which counts where the code is EAI_SYSTEM.
pub type EaiResult<T> = core::result::Result<T, (c_int, RawErrno)>;

fn eai(code: c_int) -> EaiResult<()> {
    if code == 0 { Ok(()) } else { Err((code, last())) }
}

/// A list that the C library allocated, and frees.
macro_rules! owned_list {
    ($(#[$doc:meta])* $list:ident of $entry:ty, $free:path) => {
        $(#[$doc])*
        pub struct $list(Option<NonNull<$entry>>);

        // SAFETY: the list is plain memory that nobody else knows; the C library frees it from any thread.
        unsafe impl Send for $list {}
        // SAFETY: a shared list is only read.
        unsafe impl Sync for $list {}

        impl Drop for $list {
            fn drop(&mut self) {
                if let Some(list) = self.0 {
                    // SAFETY: it came from the C library, and this is its one owner.
                    unsafe { $free(list.as_ptr()) };
                }
            }
        }

        impl fmt::Debug for $list {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(stringify!($list))
            }
        }
    };
}

owned_list! {
    /// What getaddrinfo(3) gives.
    AddrInfoList of c::addrinfo, c::freeaddrinfo
}

owned_list! {
    /// What getifaddrs(3) gives.
    IfAddrsList of c::ifaddrs, c::freeifaddrs
}

owned_list! {
    /// What if_nameindex(3) gives.
    NameIndexList of c::if_nameindex, c::if_freenameindex
}

/// getaddrinfo(3).
pub fn getaddrinfo(
    host: Option<&CStr>,
    service: Option<&CStr>,
    flags: c_int,
    [family, ty, protocol]: [c_int; 3],
) -> EaiResult<AddrInfoList> {
    let hints = c::addrinfo {
        ai_flags: flags,
        ai_family: family,
        ai_socktype: ty,
        ai_protocol: protocol,
        ai_addrlen: 0,
        ai_addr: core::ptr::null_mut(),
        ai_canonname: core::ptr::null_mut(),
        ai_next: core::ptr::null_mut(),
    };
    let _utf8 = Utf8::when(flags & (c::AI_IDN | c::AI_CANONIDN) != 0);
    let mut list = core::ptr::null_mut();
    // SAFETY: the names end with a NUL or are null, `hints` has what C reads of it, and `list` takes the pointer.
    eai(unsafe { c::getaddrinfo(pointer(host), pointer(service), &raw const hints, &raw mut list) })?;
    Ok(AddrInfoList(NonNull::new(list)))
}

/// A locale of UTF-8 for this thread, while it lives. glibc takes a name in any language for text in the encoding of the
/// locale, and a program that has not set one has ASCII; names are UTF-8 here.
struct Utf8 {
    locale: c::locale_t,
    before: c::locale_t,
}

impl Utf8 {
    /// Such a locale, if it is wanted; none if the system has none, and the one there is has to do.
    fn when(wanted: bool) -> Option<Self> {
        if !wanted {
            return None;
        }
        // SAFETY: the name ends with a NUL, and no locale is changed.
        let locale = unsafe { c::newlocale(c::LC_CTYPE_MASK, c"C.UTF-8".as_ptr(), core::ptr::null_mut()) };
        if locale.is_null() {
            return None;
        }
        // SAFETY: it has just been made, and is in use until `drop` puts the other back.
        let before = unsafe { c::uselocale(locale) };
        Some(Utf8 { locale, before })
    }
}

impl Drop for Utf8 {
    fn drop(&mut self) {
        // SAFETY: it was in use before.
        unsafe { c::uselocale(self.before) };
        // SAFETY: nobody uses it any more, and this is its one owner.
        unsafe { c::freelocale(self.locale) };
    }
}

fn pointer(text: Option<&CStr>) -> *const c_char {
    text.map_or(core::ptr::null(), CStr::as_ptr)
}

/// getnameinfo(3): both names, each cut by nothing but its room.
pub fn getnameinfo(addr: &Storage, host: &mut [u8], service: &mut [u8], flags: c_int) -> EaiResult<()> {
    let ended = Ended::new(addr);
    let _utf8 = Utf8::when(flags & c::NI_IDN != 0);
    let (host_room, service_room) = (host.len() as c::socklen_t, service.len() as c::socklen_t);
    let (host, service) = (host.as_mut_ptr().cast(), service.as_mut_ptr().cast());
    let addr_ptr = (&raw const ended).cast();
    // SAFETY: the address has a NUL behind it, and both places have the room that is said.
    eai(unsafe { c::getnameinfo(addr_ptr, addr.len(), host, host_room, service, service_room, flags) })
}

/// An address with zeros behind it: glibc reads the name of a Unix address up to a NUL, wherever the address ends.
#[repr(C)]
struct Ended {
    addr: [u8; STORAGE_SIZE],
    end: u8,
    align: [c::sockaddr_storage; 0],
}

impl Ended {
    fn new(addr: &Storage) -> Self {
        let mut ended = Ended { addr: [0; STORAGE_SIZE], end: 0, align: [] };
        for (place, byte) in ended.addr.iter_mut().zip(addr.as_bytes()) {
            *place = *byte;
        }
        ended
    }
}

/// gai_strerror(3): the text of a code.
pub fn gai_strerror(code: c_int) -> &'static CStr {
    // SAFETY: takes a number.
    let text = unsafe { c::gai_strerror(code) };
    if text.is_null() {
        return c"unknown error";
    }
    // SAFETY: not null; the C library has a constant text for each code.
    unsafe { CStr::from_ptr(text) }
}

/// getifaddrs(3).
pub fn getifaddrs() -> Result<IfAddrsList> {
    let mut list = core::ptr::null_mut();
    // SAFETY: `list` takes the pointer.
    match unsafe { c::getifaddrs(&raw mut list) } {
        0 => Ok(IfAddrsList(NonNull::new(list))),
        _ => Err(last()),
    }
}

/// if_nameindex(3).
pub fn if_nameindex() -> Result<NameIndexList> {
    // SAFETY: takes nothing.
    match NonNull::new(unsafe { c::if_nameindex() }) {
        Some(list) => Ok(NameIndexList(Some(list))),
        None => Err(last()),
    }
}

/// if_nametoindex(3), whose errno glibc makes up when there is no socket to be had: socket(2), ioctl(2), close(2).
/// The name has no more than 15 bytes.
pub fn if_nametoindex(name: &[u8]) -> Result<u32> {
    let mut request = c::ifreq_index::zeroed();
    for (place, byte) in request.ifr_name.iter_mut().take(c::IFNAMSIZ - 1).zip(name) {
        *place = *byte;
    }
    ask_interface(c::SIOCGIFINDEX as c::Ioctl, &mut request)?;
    Ok(request.ifr_ifindex as u32)
}

/// if_indextoname(3), in the same way.
pub fn if_indextoname(index: u32) -> Result<[u8; c::IFNAMSIZ]> {
    let mut request = c::ifreq_index { ifr_ifindex: index as c_int, ..Pod::zeroed() };
    ask_interface(c::SIOCGIFNAME as c::Ioctl, &mut request)?;
    Ok(request.ifr_name)
}

/// ioctl(2) on a socket that is made for it: any will do.
fn ask_interface(what: c::Ioctl, request: &mut c::ifreq_index) -> Result<()> {
    let socket = super::call::socket(c::AF_UNIX, c::SOCK_DGRAM, 0)?;
    // SAFETY: both requests take and fill a `struct ifreq`, which this is.
    let rc = unsafe { c::ioctl(socket.as_raw_fd(), what, core::ptr::from_mut(request)) };
    if rc == 0 { Ok(()) } else { Err(last()) }
}

/// An entry of a list: the C library has filled it in, and what it points to lives as long as the list.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a, T>(&'a T);

impl<T> Deref for Entry<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.0
    }
}

/// Entries of a list, one after the other.
#[derive(Debug)]
pub struct Entries<'a, T> {
    next: *const T,
    owner: PhantomData<&'a T>,
}

impl<T> Clone for Entries<'_, T> {
    fn clone(&self) -> Self {
        Entries { next: self.next, owner: PhantomData }
    }
}

// SAFETY: it borrows a list that is plain memory and only read.
unsafe impl<T> Send for Entries<'_, T> {}
// SAFETY: the same.
unsafe impl<T> Sync for Entries<'_, T> {}

impl<'a> Iterator for Entries<'a, c::addrinfo> {
    type Item = Entry<'a, c::addrinfo>;

    fn next(&mut self) -> Option<Entry<'a, c::addrinfo>> {
        // SAFETY: null, or an entry of the list, which lives as long as it is borrowed.
        let entry = unsafe { self.next.as_ref() }?;
        self.next = entry.ai_next;
        Some(Entry(entry))
    }
}

impl<'a> Iterator for Entries<'a, c::ifaddrs> {
    type Item = Entry<'a, c::ifaddrs>;

    fn next(&mut self) -> Option<Entry<'a, c::ifaddrs>> {
        // SAFETY: null, or an entry of the list, which lives as long as it is borrowed.
        let entry = unsafe { self.next.as_ref() }?;
        self.next = entry.ifa_next;
        Some(Entry(entry))
    }
}

impl<'a> Iterator for Entries<'a, c::if_nameindex> {
    type Item = Entry<'a, c::if_nameindex>;

    fn next(&mut self) -> Option<Entry<'a, c::if_nameindex>> {
        // SAFETY: null, or an element of the array, which ends with one whose index is 0.
        let entry = unsafe { self.next.as_ref() }?;
        if entry.if_index == 0 {
            self.next = core::ptr::null();
            return None;
        }
        self.next = self.next.wrapping_add(1);
        Some(Entry(entry))
    }
}

/// Lists of which the entries can be seen.
macro_rules! entries {
    ($($list:ident: $entry:ty;)+) => {
        $(
            impl $list {
                /// The entries.
                pub fn entries(&self) -> Entries<'_, $entry> {
                    let next = self.0.map_or(core::ptr::null(), |list| list.as_ptr().cast_const());
                    Entries { next, owner: PhantomData }
                }
            }
        )+
    };
}

entries! {
    AddrInfoList: c::addrinfo;
    IfAddrsList: c::ifaddrs;
    NameIndexList: c::if_nameindex;
}

/// The text that an entry of a list points to.
///
/// # Safety
///
/// `text` is a pointer of the entry: null, or to text that ends with a NUL.
unsafe fn text<'a, T>(_entry: Entry<'a, T>, text: *const c_char) -> Option<&'a CStr> {
    // SAFETY: not null, and as the caller says; it lives as long as the list.
    (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) })
}

/// The bytes that an entry of a list points to.
///
/// # Safety
///
/// `bytes` is a pointer of the entry: null, or to `len` bytes.
unsafe fn bytes<'a, T>(_entry: Entry<'a, T>, bytes: *const u8, len: usize) -> &'a [u8] {
    if bytes.is_null() {
        return &[];
    }
    // SAFETY: not null, and as the caller says; they live as long as the list.
    unsafe { core::slice::from_raw_parts(bytes, len) }
}

/// The address of an entry.
pub fn ai_addr<'a>(entry: Entry<'a, c::addrinfo>) -> &'a [u8] {
    // SAFETY: the C library says how long its address is.
    unsafe { bytes(entry, entry.ai_addr.cast(), entry.ai_addrlen as usize) }
}

/// The canonical name of an entry.
pub fn ai_canonname<'a>(entry: Entry<'a, c::addrinfo>) -> Option<&'a CStr> {
    // SAFETY: the C library ends it with a NUL.
    unsafe { text(entry, entry.ai_canonname) }
}

/// The name of an entry.
pub fn ifa_name<'a>(entry: Entry<'a, c::ifaddrs>) -> &'a CStr {
    // SAFETY: the C library ends it with a NUL.
    unsafe { text(entry, entry.ifa_name) }.unwrap_or_default()
}

/// The name of an element.
pub fn if_name<'a>(entry: Entry<'a, c::if_nameindex>) -> &'a CStr {
    // SAFETY: the C library ends it with a NUL.
    unsafe { text(entry, entry.if_name) }.unwrap_or_default()
}

/// The three addresses of an entry: its own, the mask, and the peer's or that of broadcasts.
pub fn ifa_addrs<'a>(entry: Entry<'a, c::ifaddrs>) -> [&'a [u8]; 3] {
    // SAFETY: all three are the entry's.
    [entry.ifa_addr, entry.ifa_netmask, entry.ifa_ifu].map(|addr| unsafe { sockaddr(entry, addr) })
}

/// The bytes of an address whose length is that of its family. Of a family without one, the family only.
///
/// # Safety
///
/// `addr` is a pointer of the entry: null, or to an address.
unsafe fn sockaddr<'a>(entry: Entry<'a, c::ifaddrs>, addr: *const c::sockaddr) -> &'a [u8] {
    if addr.is_null() {
        return &[];
    }
    // SAFETY: an address begins with its family, at any alignment.
    let family = unsafe { addr.cast::<c::sa_family_t>().read_unaligned() };
    let len = match c_int::from(family) {
        c::AF_INET => size_of::<c::sockaddr_in>(),
        c::AF_INET6 => size_of::<c::sockaddr_in6>(),
        c::AF_PACKET => {
            // SAFETY: an address of this family has a head of this size.
            let head = unsafe { addr.cast::<c::sockaddr_ll>().read_unaligned() };
            // The C library has room for 24 bytes of hardware address.
            size_of::<c::sockaddr_ll>() + usize::from(head.sll_halen).min(24)
        }
        _ => size_of::<c::sa_family_t>(),
    };
    // SAFETY: an address has as many bytes as its family needs.
    unsafe { bytes(entry, addr.cast(), len) }
}
