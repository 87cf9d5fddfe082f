//! System calls that a thread may no longer make, so that a test sees which ones are made.

use std::thread;

use libc::{c_long, c_ulong, sock_filter, sock_fprog};

/// Runs `body` in a thread of its own, which is what a denial is for.
pub(crate) fn only_thread(body: impl FnOnce() + Send) {
    thread::scope(|scope| scope.spawn(body).join().unwrap());
}

/// From now on these calls of this thread fail with EPERM.
pub(crate) fn deny(numbers: &[c_long]) {
    // linux/filter.h, linux/seccomp.h: load the number; for each, if it is this one go to the end but one.
    let statement = |code: u32, k: u32| sock_filter { code: code as u16, jt: 0, jf: 0, k };
    let mut program = vec![statement(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0)];
    for (i, number) in numbers.iter().enumerate() {
        let to_denial = u8::try_from(numbers.len() - i).unwrap();
        let code = (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16;
        program.push(sock_filter { code, jt: to_denial, jf: 0, k: *number as u32 });
    }
    program.push(statement(libc::BPF_RET | libc::BPF_K, libc::SECCOMP_RET_ALLOW));
    program.push(statement(libc::BPF_RET | libc::BPF_K, libc::SECCOMP_RET_ERRNO | libc::EPERM as u32));
    let fprog = sock_fprog { len: program.len() as u16, filter: program.as_mut_ptr() };
    // SAFETY: the arguments are numbers.
    let rc = unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1 as c_ulong, 0, 0, 0) };
    assert_eq!(rc, 0);
    // SAFETY: the kernel reads `fprog` and the program that it points to.
    let rc =
        unsafe { libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER as c_ulong, &raw const fprog) };
    assert_eq!(rc, 0, "{}", std::io::Error::last_os_error());
}
