//! What an error says

use std::ffi::{CStr, c_char};

use libc::c_int;

/// The text of an error, as strerror(3) has it in the C locale, or of a SOCKETS_EAI code.
///
/// The string is constant: nothing to free, and safe in every thread.
///
/// @param error  what a function of this library returned, or errno: the sign does not matter
/// @return the text; "Success" for 0, "Unknown error" for a number without a name; never NULL
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn sockets_strerror(error: c_int) -> *const c_char {
    let text = match error.unsigned_abs() {
        0 => c"Success",
        _ => find(error).map_or(c"Unknown error", |row| row.text),
    };
    text.as_ptr()
}

/// The name of an error: "ECONNREFUSED", "EAI_NONAME".
///
/// The string is constant: nothing to free, and safe in every thread.
///
/// @param error  what a function of this library returned, or errno: the sign does not matter
/// @return the name, or NULL for 0 and for a number without a name
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn sockets_err_name(error: c_int) -> *const c_char {
    find(error).map_or(std::ptr::null(), |row| row.name.as_ptr())
}

struct Row {
    number: u32,
    name: &'static CStr,
    text: &'static CStr,
}

fn find(error: c_int) -> Option<&'static Row> {
    ROWS.iter().chain(EAI_ROWS).find(|row| row.number == error.unsigned_abs())
}

/// The codes of getaddrinfo(3), as sockets_resolve() gives them.
static EAI_ROWS: &[Row] = &[
    Row { number: 5001, name: c"EAI_BADFLAGS", text: c"Bad flags for resolving" },
    Row { number: 5002, name: c"EAI_NONAME", text: c"Name or service not known" },
    Row { number: 5003, name: c"EAI_AGAIN", text: c"Temporary failure in name resolution" },
    Row { number: 5004, name: c"EAI_FAIL", text: c"Non-recoverable failure in name resolution" },
    Row { number: 5005, name: c"EAI_NODATA", text: c"No address associated with hostname" },
    Row { number: 5006, name: c"EAI_FAMILY", text: c"Address family not supported for resolving" },
    Row { number: 5007, name: c"EAI_SOCKTYPE", text: c"Socket type not supported for resolving" },
    Row { number: 5008, name: c"EAI_SERVICE", text: c"Service not supported for this socket type" },
    Row { number: 5009, name: c"EAI_ADDRFAMILY", text: c"Address family for hostname not supported" },
    Row { number: 5010, name: c"EAI_MEMORY", text: c"Memory allocation failure in name resolution" },
    Row { number: 5012, name: c"EAI_OVERFLOW", text: c"A name does not fit its buffer" },
    Row { number: 5105, name: c"EAI_IDN_ENCODE", text: c"The host is no name in any language" },
];

macro_rules! rows {
    ($($name:ident: $text:literal;)+) => {
        &[$(Row {
            number: libc::$name as u32,
            name: c_str(concat!(stringify!($name), "\0")),
            text: c_str(concat!($text, "\0")),
        }),+]
    };
}

/// A literal that ends with a NUL, checked when this is compiled.
const fn c_str(text: &'static str) -> &'static CStr {
    match CStr::from_bytes_with_nul(text.as_bytes()) {
        Ok(text) => text,
        Err(_) => c"",
    }
}

/// The numbers of errno(3). libc has no table with names that every C library shares, and its strerror may
/// use a buffer that the next call overwrites.
#[rustfmt::skip]
static ROWS: &[Row] = rows! {
    EPERM: "Operation not permitted";
    ENOENT: "No such file or directory";
    ESRCH: "No such process";
    EINTR: "Interrupted system call";
    EIO: "Input/output error";
    ENXIO: "No such device or address";
    E2BIG: "Argument list too long";
    ENOEXEC: "Exec format error";
    EBADF: "Bad file descriptor";
    ECHILD: "No child processes";
    EAGAIN: "Resource temporarily unavailable";
    ENOMEM: "Cannot allocate memory";
    EACCES: "Permission denied";
    EFAULT: "Bad address";
    ENOTBLK: "Block device required";
    EBUSY: "Device or resource busy";
    EEXIST: "File exists";
    EXDEV: "Invalid cross-device link";
    ENODEV: "No such device";
    ENOTDIR: "Not a directory";
    EISDIR: "Is a directory";
    EINVAL: "Invalid argument";
    ENFILE: "Too many open files in system";
    EMFILE: "Too many open files";
    ENOTTY: "Inappropriate ioctl for device";
    ETXTBSY: "Text file busy";
    EFBIG: "File too large";
    ENOSPC: "No space left on device";
    ESPIPE: "Illegal seek";
    EROFS: "Read-only file system";
    EMLINK: "Too many links";
    EPIPE: "Broken pipe";
    EDOM: "Numerical argument out of domain";
    ERANGE: "Numerical result out of range";
    EDEADLK: "Resource deadlock avoided";
    ENAMETOOLONG: "File name too long";
    ENOLCK: "No locks available";
    ENOSYS: "Function not implemented";
    ENOTEMPTY: "Directory not empty";
    ELOOP: "Too many levels of symbolic links";
    ENOMSG: "No message of desired type";
    EIDRM: "Identifier removed";
    ECHRNG: "Channel number out of range";
    EL2NSYNC: "Level 2 not synchronized";
    EL3HLT: "Level 3 halted";
    EL3RST: "Level 3 reset";
    ELNRNG: "Link number out of range";
    EUNATCH: "Protocol driver not attached";
    ENOCSI: "No CSI structure available";
    EL2HLT: "Level 2 halted";
    EBADE: "Invalid exchange";
    EBADR: "Invalid request descriptor";
    EXFULL: "Exchange full";
    ENOANO: "No anode";
    EBADRQC: "Invalid request code";
    EBADSLT: "Invalid slot";
    EBFONT: "Bad font file format";
    ENOSTR: "Device not a stream";
    ENODATA: "No data available";
    ETIME: "Timer expired";
    ENOSR: "Out of streams resources";
    ENONET: "Machine is not on the network";
    ENOPKG: "Package not installed";
    EREMOTE: "Object is remote";
    ENOLINK: "Link has been severed";
    EADV: "Advertise error";
    ESRMNT: "Srmount error";
    ECOMM: "Communication error on send";
    EPROTO: "Protocol error";
    EMULTIHOP: "Multihop attempted";
    EDOTDOT: "RFS specific error";
    EBADMSG: "Bad message";
    EOVERFLOW: "Value too large for defined data type";
    ENOTUNIQ: "Name not unique on network";
    EBADFD: "File descriptor in bad state";
    EREMCHG: "Remote address changed";
    ELIBACC: "Can not access a needed shared library";
    ELIBBAD: "Accessing a corrupted shared library";
    ELIBSCN: ".lib section in a.out corrupted";
    ELIBMAX: "Attempting to link in too many shared libraries";
    ELIBEXEC: "Cannot exec a shared library directly";
    EILSEQ: "Invalid or incomplete multibyte or wide character";
    ERESTART: "Interrupted system call should be restarted";
    ESTRPIPE: "Streams pipe error";
    EUSERS: "Too many users";
    ENOTSOCK: "Socket operation on non-socket";
    EDESTADDRREQ: "Destination address required";
    EMSGSIZE: "Message too long";
    EPROTOTYPE: "Protocol wrong type for socket";
    ENOPROTOOPT: "Protocol not available";
    EPROTONOSUPPORT: "Protocol not supported";
    ESOCKTNOSUPPORT: "Socket type not supported";
    EOPNOTSUPP: "Operation not supported";
    EPFNOSUPPORT: "Protocol family not supported";
    EAFNOSUPPORT: "Address family not supported by protocol";
    EADDRINUSE: "Address already in use";
    EADDRNOTAVAIL: "Cannot assign requested address";
    ENETDOWN: "Network is down";
    ENETUNREACH: "Network is unreachable";
    ENETRESET: "Network dropped connection on reset";
    ECONNABORTED: "Software caused connection abort";
    ECONNRESET: "Connection reset by peer";
    ENOBUFS: "No buffer space available";
    EISCONN: "Transport endpoint is already connected";
    ENOTCONN: "Transport endpoint is not connected";
    ESHUTDOWN: "Cannot send after transport endpoint shutdown";
    ETOOMANYREFS: "Too many references: cannot splice";
    ETIMEDOUT: "Connection timed out";
    ECONNREFUSED: "Connection refused";
    EHOSTDOWN: "Host is down";
    EHOSTUNREACH: "No route to host";
    EALREADY: "Operation already in progress";
    EINPROGRESS: "Operation now in progress";
    ESTALE: "Stale file handle";
    EUCLEAN: "Structure needs cleaning";
    ENOTNAM: "Not a XENIX named type file";
    ENAVAIL: "No XENIX semaphores available";
    EISNAM: "Is a named type file";
    EREMOTEIO: "Remote I/O error";
    EDQUOT: "Disk quota exceeded";
    ENOMEDIUM: "No medium found";
    EMEDIUMTYPE: "Wrong medium type";
    ECANCELED: "Operation canceled";
    ENOKEY: "Required key not available";
    EKEYEXPIRED: "Key has expired";
    EKEYREVOKED: "Key has been revoked";
    EKEYREJECTED: "Key was rejected by service";
    EOWNERDEAD: "Owner died";
    ENOTRECOVERABLE: "State not recoverable";
    ERFKILL: "Operation not possible due to RF-kill";
    EHWPOISON: "Memory page has hardware error";
};
