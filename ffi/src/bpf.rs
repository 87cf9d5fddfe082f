//! Filters: programs of classic BPF

use std::ffi::{CStr, c_char};
use std::fmt::Write;

use libc::{c_int, size_t, sock_filter};
use sockets::Errno;
use sockets::opt::{FILTER_MAX, SockFilter};
use sockets::raw::{BpfError, BpfProgram};
use sockets::sys::Result;

use crate::ret::guard;
use crate::text::Text;

/// Reads a program: in the syntax of the kernel's bpf_asm, an instruction a line ("ldh [12]", "jne #0x806, drop",
/// "drop: ret #0"); or as tcpdump -ddd prints it, the number of instructions and then four numbers a line.
///
/// It is checked as by sockets_bpf_check(). Attach it with setsockopt() and SO_ATTACH_FILTER.
///
/// @param text      the program
/// @param out       receives the instructions; untouched on failure; may be NULL if room is 0
/// @param room      how many it has room for: of 4096 (BPF_MAXINSNS) there are never more; with 0 they are only counted
/// @param why       receives what is wrong, and a NUL: "line 2: there is no such label"; "" if nothing is; cut if it does
///                  not fit; may be NULL if why_size is 0
/// @param why_size  the room there: 128 is enough
/// @return the number of instructions, or
///   -EINVAL    it is no program, and why says the reason; why_size is more than SSIZE_MAX
///   -EMSGSIZE  it has more instructions than there is room for
///   -EFAULT    a NULL pointer
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sockets_bpf_parse(
    text: *const c_char,
    out: *mut sock_filter,
    room: size_t,
    why: *mut c_char,
    why_size: size_t,
) -> c_int {
    guard(|| {
        if text.is_null() || (out.is_null() && room > 0) {
            return Err(Errno::EFAULT.into());
        }
        // SAFETY: not NULL, and ended by a NUL, as the header demands.
        let text = unsafe { CStr::from_ptr(text) }.to_string_lossy();
        // SAFETY: the caller says that `why_size` bytes can be written at `why`.
        let program: BpfProgram = unsafe { explain(text.parse(), why, why_size) }?;
        if room > 0 && program.len() > room {
            return Err(Errno::EMSGSIZE.into());
        }
        if room > 0 {
            for (at, insn) in program.iter().enumerate() {
                // SAFETY: `out` has room for as many, and so for this one.
                unsafe { out.wrapping_add(at).write_unaligned((*insn).into()) };
            }
        }
        Ok(program.len() as c_int)
    })
}

/// Checks a program as the kernel does when it is attached, and says what is wrong, which the kernel does not.
///
/// @param insns     the instructions
/// @param len       how many
/// @param why       receives what is wrong, and a NUL: "instruction 3: it jumps beyond the end"; "" if nothing is; cut if it
///                  does not fit; may be NULL if why_size is 0
/// @param why_size  the room there: 128 is enough
/// @return 0, or
///   -EINVAL  the kernel would refuse it, and why says the reason; why_size is more than SSIZE_MAX
///   -EFAULT  a NULL pointer
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sockets_bpf_check(
    insns: *const sock_filter,
    len: size_t,
    why: *mut c_char,
    why_size: size_t,
) -> c_int {
    guard(|| {
        // SAFETY: the caller says that there are so many.
        let insns = unsafe { read(insns, len) }?;
        // SAFETY: the caller says that `why_size` bytes can be written at `why`.
        unsafe { explain(BpfProgram::check(&insns), why, why_size) }?;
        Ok(0)
    })
}

/// Writes a program in the syntax that sockets_bpf_parse() reads.
///
/// Like snprintf(3): what does not fit is cut, and the return value tells.
///
/// @param insns  the instructions
/// @param len    how many
/// @param buf    receives the text and a NUL; may be NULL if size is 0
/// @param size   the room there
/// @return the length of the whole text, without the NUL (cut if that is size or more), or
///   -EINVAL  sockets_bpf_check() refuses it; size is more than SSIZE_MAX
///   -EFAULT  a NULL pointer
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sockets_bpf_format(
    insns: *const sock_filter,
    len: size_t,
    buf: *mut c_char,
    size: size_t,
) -> c_int {
    guard(|| {
        // SAFETY: the caller says that there are so many.
        let program = BpfProgram::new(unsafe { read(insns, len) }?).map_err(Errno::from)?;
        // SAFETY: the caller says that `size` bytes can be written at `buf`.
        let mut text = unsafe { Text::new(buf, size) }?;
        write!(text, "{program}").map_err(|_| Errno::EINVAL)?;
        text.finish()
    })
}

/// The instructions of a C caller; of too many, one more than there may be.
///
/// # Safety
///
/// `insns` is NULL, or so many can be read there.
unsafe fn read(insns: *const sock_filter, len: size_t) -> Result<Vec<SockFilter>> {
    if insns.is_null() && len > 0 {
        return Err(Errno::EFAULT.into());
    }
    let insn = |at| {
        // SAFETY: there are `len`, and this is one of them.
        unsafe { insns.wrapping_add(at).read_unaligned() }.into()
    };
    Ok((0..len.min(FILTER_MAX + 1)).map(insn).collect())
}

/// Writes the reason of an error, or nothing.
///
/// # Safety
///
/// `why` is NULL, or `size` bytes can be written there.
unsafe fn explain<T>(result: std::result::Result<T, BpfError>, why: *mut c_char, size: size_t) -> Result<T> {
    // SAFETY: the caller's promise.
    let mut text = unsafe { Text::new(why, size) }?;
    let value = result.map_err(|error| {
        // It cannot fail: what does not fit is cut.
        let _ = write!(text, "{error}");
        Errno::EINVAL
    });
    text.finish()?;
    Ok(value?)
}
