//! Nothing passes silently: bodies that panic, die, hang, shout or never run fail the test around them.

mod helper;

use std::io::{Read, Write};
use std::os::fd::{AsRawFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::Duration;
use std::{env, io, process, thread};

use helper::{PATIENCE, drive, driven, verdict};
use netns::{Builder, Needs};

/// Leaves the caller, a test about namespaces, where there are none.
macro_rules! need_userns {
    ($test:literal) => {
        if let Err(refusal) = netns::status().check(Needs::USERNS) {
            return netns::skip($test, "userns", &refusal.to_string());
        }
    };
}

/// Declares a test that another one drives: its body runs in a namespace.
macro_rules! driven {
    ($name:ident, $body:expr) => {
        #[test]
        #[ignore = "driven by another test"]
        fn $name() {
            if driven() {
                Builder::new(Needs::USERNS).deadline(PATIENCE).run($body);
            }
        }
    };
}

driven!(driven_passes, || println!("a body that passes"));
driven!(driven_panics, || {
    println!("said before");
    panic!("a body that panics")
});
driven!(driven_returns_error, || -> io::Result<()> { Err(io::Error::other("a body that fails")) });
driven!(driven_exits, || process::exit(0));
driven!(driven_aborts, || process::abort());
driven!(driven_nests, || netns::run(Needs::USERNS, || ()));

#[test]
fn a_body_that_passes_is_not_heard() {
    need_userns!("a_body_that_passes_is_not_heard");
    let verdict = verdict(drive("driven_passes").arg("--nocapture"));
    assert!(verdict.passed, "{}", verdict.text);
    assert!(!verdict.text.contains("a body that passes"), "{}", verdict.text);
    assert_eq!(verdict.text.matches("test result:").count(), 1, "{}", verdict.text);
}

#[test]
fn a_panic_fails_with_all_output() {
    need_userns!("a_panic_fails_with_all_output");
    let verdict = verdict(&mut drive("driven_panics"));
    verdict.failed_with(&["  | said before\n", "a body that panics\n", "netns: driven_panics failed"]);
    assert_eq!(verdict.text.matches("test result:").count(), 1, "{}", verdict.text);
}

#[test]
fn an_error_fails() {
    need_userns!("an_error_fails");
    verdict(&mut drive("driven_returns_error")).failed_with(&["a body that fails"]);
}

#[test]
fn the_end_of_the_process_is_not_the_end_of_the_body() {
    need_userns!("the_end_of_the_process_is_not_the_end_of_the_body");
    verdict(&mut drive("driven_exits")).failed_with(&["died in its body (exit status: 0)"]);
    verdict(&mut drive("driven_aborts")).failed_with(&["died in its body (signal: 6"]);
}

#[test]
fn a_run_in_a_run_fails() {
    need_userns!("a_run_in_a_run_fails");
    verdict(&mut drive("driven_nests")).failed_with(&["in the body of netns::run"]);
}

#[test]
#[should_panic(expected = "failed")]
fn should_panic_works() {
    if netns::status().check(Needs::USERNS).is_err() {
        panic!("failed: this test cannot be skipped");
    }
    netns::run(Needs::USERNS, || panic!("on purpose"));
}

#[test]
#[should_panic(expected = "never ran its body")]
fn a_wrong_name_fails() {
    if netns::status().check(Needs::USERNS).is_err() {
        panic!("never ran its body: this test cannot be skipped");
    }
    Builder::new(Needs::USERNS).name("no_such_test").run(|| ());
}

#[test]
fn a_thread_without_the_name_fails() {
    let unnamed = thread::spawn(|| netns::run(Needs::USERNS, || ()));
    let panic = unnamed.join().unwrap_err();
    assert!(panic.downcast_ref::<&str>().unwrap().contains("not on the thread of a #[test]"));
}

#[test]
fn a_thread_can_be_told_the_name() {
    let runner = || Builder::new(Needs::USERNS).name("a_thread_can_be_told_the_name").run(|| ());
    thread::spawn(runner).join().unwrap();
}

/// More than any pipe holds, on both streams, first one and then the other.
fn shout() {
    let line = [b'x'; 1023];
    let (mut out, mut err) = (io::stdout().lock(), io::stderr().lock());
    for stream in [&mut out as &mut dyn Write, &mut err, &mut io::sink()] {
        for _ in 0..4096 {
            stream.write_all(&line).unwrap();
            stream.write_all(b"\n").unwrap();
        }
    }
    writeln!(out, "last word").unwrap();
}

driven!(driven_shouts, shout);
driven!(driven_shouts_and_panics, || {
    shout();
    panic!("hoarse")
});

#[test]
fn much_output_blocks_nobody() {
    need_userns!("much_output_blocks_nobody");
    let quiet = verdict(&mut drive("driven_shouts"));
    assert!(quiet.passed && quiet.text.len() < 10_000, "{}", quiet.text);
    let verdict = verdict(&mut drive("driven_shouts_and_panics"));
    verdict.failed_with(&["  | last word\n", "hoarse"]);
}

const PIPE: &str = "NETNS_TEST_PIPE";

/// The pipe of the outermost process, which sees its end when all who hold it have died.
fn inherited_pipe() -> UnixStream {
    let fd = env::var(PIPE).unwrap().parse().unwrap();
    // SAFETY: the outermost process left this descriptor open for all that it starts, and nobody closes it.
    unsafe { BorrowedFd::borrow_raw(fd) }.try_clone_to_owned().unwrap().into()
}

/// Starts a process that holds the pipe and outlives everybody.
#[expect(clippy::zombie_processes, reason = "nobody waits: that is the fault to be tested")]
fn start_sleeper() {
    Command::new("sleep").arg("1000").spawn().unwrap();
    inherited_pipe().write_all(b"sleeper ").unwrap();
}

fn hang() -> ! {
    inherited_pipe().write_all(b"hanging").unwrap();
    loop {
        thread::park();
    }
}

#[test]
#[ignore = "driven by another test"]
fn driven_hangs() {
    if driven() {
        Builder::new(Needs::USERNS).deadline(Duration::from_secs(2)).run(|| {
            println!("said before");
            start_sleeper();
            hang()
        });
    }
}

driven!(driven_leaves_sleeper, start_sleeper);
driven!(driven_hangs_for_long, || hang());

/// Lets the process, and all that it starts, inherit a pipe; returns the other end.
fn with_pipe(command: &mut Command) -> UnixStream {
    let (reader, writer) = UnixStream::pair().unwrap();
    reader.set_read_timeout(Some(PATIENCE)).unwrap();
    command.env(PIPE, writer.as_raw_fd().to_string());
    let inherit = move || {
        // SAFETY: takes integers only; the closure owns the descriptor.
        match unsafe { libc::fcntl(writer.as_raw_fd(), libc::F_SETFD, 0) } {
            -1 => Err(io::Error::last_os_error()),
            _ => Ok(()),
        }
    };
    // SAFETY: one fcntl(2), which is async-signal-safe.
    unsafe { command.pre_exec(inherit) };
    reader
}

/// Reads to the end of the pipe, or panics: somebody who should be dead holds it.
fn read_to_end(mut pipe: UnixStream) -> String {
    let mut text = String::new();
    pipe.read_to_string(&mut text).expect("everybody is dead");
    text
}

#[test]
fn the_deadline_kills_the_body_and_its_children() {
    need_userns!("the_deadline_kills_the_body_and_its_children");
    let mut command = drive("driven_hangs");
    let pipe = with_pipe(&mut command);
    let verdict = verdict(&mut command);
    verdict.failed_with(&["  | said before\n", "did not end within 2s and was killed"]);
    drop(command);
    assert_eq!(read_to_end(pipe), "sleeper hanging");
}

#[test]
fn what_a_body_leaves_behind_is_killed() {
    need_userns!("what_a_body_leaves_behind_is_killed");
    let mut command = drive("driven_leaves_sleeper");
    let pipe = with_pipe(&mut command);
    let verdict = verdict(&mut command);
    assert!(verdict.passed, "{}", verdict.text);
    drop(command);
    assert_eq!(read_to_end(pipe), "sleeper ");
}

#[test]
fn the_body_dies_with_its_test() {
    need_userns!("the_body_dies_with_its_test");
    let mut command = drive("driven_hangs_for_long");
    let mut pipe = with_pipe(&mut command);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    drop(command);
    pipe.read_exact(&mut [0; 7]).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(read_to_end(pipe), "");
}
