//! A directory of the test's own, over one of the system: for programs and libraries that read fixed files.

use std::ffi::CString;
use std::fs;
use std::io;
use std::path::Path;

use crate::sys;

/// Puts a directory in memory over another one, for the calling thread, the threads and processes that it starts, and
/// nobody else; with these files in it. What was there is hidden.
///
/// It is for what looks at fixed places, as the resolver of the C library does. For the body of [`run`](crate::run()), which
/// has the right to do it; the directory is gone when the last thread that sees it ends.
///
/// ```no_run
/// # fn main() -> std::io::Result<()> {
/// netns::own_dir("/etc", &[
///     ("hosts", "127.0.0.1 localhost\n192.0.2.1 www.example\n"),
///     ("nsswitch.conf", "hosts: files\n"),
/// ])?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// The errno of unshare(2), mount(2), or writing the files: `EPERM` where the thread may not, `ENOENT` if there is no
/// such directory.
pub fn own_dir(dir: impl AsRef<Path>, files: &[(&str, &str)]) -> io::Result<()> {
    let dir = dir.as_ref();
    let target = CString::new(dir.as_os_str().as_encoded_bytes())?;
    sys::unshare(libc::CLONE_NEWNS)?;
    // What is mounted from now on is seen here only.
    sys::mount(None, c"/", libc::MS_REC | libc::MS_PRIVATE)?;
    sys::mount(Some(c"tmpfs"), &target, libc::MS_NOSUID | libc::MS_NODEV)?;
    files.iter().try_for_each(|(name, text)| fs::write(dir.join(name), text))
}
