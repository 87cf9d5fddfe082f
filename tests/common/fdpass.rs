//! The example `fdpass`, whichever language a side is written in.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Lines, Read};
use std::net::{Ipv4Addr, TcpStream};
use std::os::fd::AsFd;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use sockets::cmsg::{self, ControlWriter};
use sockets::{BACKLOG_MAX, Domain, Protocol, SendFlags, Socket, Type, UnixAddr, opt};

/// What the programs send with the descriptors.
const MESSAGE: &[u8] = b"fdpass: a file, a listener";
/// How long anything may take. The programs give up then.
const SECONDS: &str = "20";

fn start(program: &Path, arguments: &[&str]) -> Child {
    let mut command = Command::new(program);
    command.args(["-w", SECONDS]).args(arguments).stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// The first line with this text; the lines before it are lost.
fn line_with(lines: &mut Lines<impl BufRead>, text: &str) -> String {
    let mut seen = String::new();
    for line in lines {
        let line = line.unwrap();
        if line.contains(text) {
            return line;
        }
        seen += &line;
    }
    panic!("no {text:?} in {seen:?}");
}

/// One gives to two, and is gone before anything is done with what it gave.
#[track_caller]
pub(crate) fn hand_over(giver: &Path, taker: &Path, address: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    let content = fs::read(&file).unwrap();
    let mut giver = start(giver, &["-n", "2", "serve", address, file.to_str().unwrap()]);
    let mut given = BufReader::new(giver.stdout.take().unwrap()).lines();
    line_with(&mut given, &format!("can be taken at {address}"));

    let mut takers = [(); 2].map(|()| start(taker, &["take", address]));
    let output = giver.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let given: Vec<String> = given.map(Result::unwrap).collect();
    for taker in &mut takers {
        let who = format!("given to process {} of user ", taker.id());
        assert!(given.iter().any(|line| line.starts_with(&who)), "{who}: {given:?}");
    }
    assert!(!address.starts_with("unix:/") || !Path::new(&address["unix:".len()..]).exists());

    // Both wait at the same port, and each answers one.
    let mut ports = Vec::new();
    let mut said = takers.each_mut().map(|taker| BufReader::new(taker.stderr.take().unwrap()).lines());
    for lines in &mut said {
        let line = line_with(lines, ", which waits for a connection");
        assert!(line.starts_with(&format!("a file of {} bytes, and 127.0.0.1:", content.len())), "{line}");
        let port: String =
            line.chars().skip_while(|c| *c != ':').skip(1).take_while(char::is_ascii_digit).collect();
        ports.push(port.parse::<u16>().unwrap());
    }
    assert_eq!(ports[0], ports[1]);
    for _ in &takers {
        let mut client = TcpStream::connect((Ipv4Addr::LOCALHOST, ports[0])).unwrap();
        client.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let mut answer = Vec::new();
        client.read_to_end(&mut answer).unwrap();
        assert_eq!(answer, content);
    }
    for (taker, mut said) in takers.into_iter().zip(said) {
        line_with(&mut said, "answered 127.0.0.1:");
        let output = taker.wait_with_output().unwrap();
        assert!(output.status.success() && output.stdout == content, "{output:?}");
    }
}

/// What is not what was announced is refused.
#[track_caller]
pub(crate) fn refuse_others(taker: &Path) {
    let address = UnixAddr::Abstract(b"others");
    let listener = Socket::socket(Domain::AF_UNIX, Type::SOCK_SEQPACKET, Protocol::DEFAULT).unwrap();
    listener.setsockopt(opt::SO_RCVTIMEO, Some(Duration::from_secs(20))).unwrap();
    listener.bind(address).unwrap();
    listener.listen(BACKLOG_MAX).unwrap();
    let open = |path: &str| File::open(path).unwrap();
    let inet = |ty| Socket::socket(Domain::AF_INET, ty, Protocol::DEFAULT).unwrap();
    let (file, directory, tcp) = (open("/proc/self/exe"), open("/"), inet(Type::SOCK_STREAM));
    let (udp, idle) = (inet(Type::SOCK_DGRAM), inet(Type::SOCK_STREAM));
    tcp.listen(1).unwrap();
    let (file, directory, tcp, udp, idle) =
        (file.as_fd(), directory.as_fd(), tcp.as_fd(), udp.as_fd(), idle.as_fd());
    for (message, fds, why) in [
        (&b"fdpass: something else"[..], &[file, tcp][..], "recvmsg: this is not what fdpass sends"),
        (b"", &[file, tcp], "recvmsg: this is not what fdpass sends"),
        (MESSAGE, &[], "recvmsg: not two descriptors"),
        (MESSAGE, &[file], "recvmsg: not two descriptors"),
        (MESSAGE, &[file, tcp, tcp], "recvmsg: not two descriptors"),
        (MESSAGE, &[tcp, file], "fstat: the first descriptor is no file"),
        (MESSAGE, &[directory, tcp], "fstat: the first descriptor is no file"),
        (MESSAGE, &[file, file], "getsockopt: the second descriptor is no TCP listener"),
        (MESSAGE, &[file, udp], "getsockopt: the second descriptor is no TCP listener"),
        (MESSAGE, &[file, idle], "getsockopt: the second descriptor is no TCP listener"),
    ] {
        let taker = start(taker, &["take", "unix:@others"]);
        let (connection, _) = listener.accept().unwrap();
        let mut room = vec![0; cmsg::SCM_RIGHTS.space_of(fds.len())];
        let mut control = ControlWriter::new(&mut room);
        control.push(cmsg::SCM_RIGHTS, fds).unwrap();
        connection.sendmsg(message, &control, SendFlags::empty()).unwrap();
        refused(&taker.wait_with_output().unwrap(), why);
    }

    let left_alone = start(taker, &["-w", "1", "take", "unix:@others"]);
    let connection = listener.accept().unwrap();
    let dismissed = start(taker, &["take", "unix:@others"]);
    drop(listener.accept().unwrap());
    refused(&dismissed.wait_with_output().unwrap(), "recvmsg: this is not what fdpass sends");
    refused(&left_alone.wait_with_output().unwrap(), "recvmsg: timed out");
    drop((connection, listener));
    refused(&start(taker, &["take", "unix:@others"]).wait_with_output().unwrap(), "Connection refused");
}

#[track_caller]
fn refused(output: &Output, why: &str) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), output.stdout.is_empty()), (Some(1), true), "{why}: {output:?}");
    let last = said.lines().last().unwrap_or_default();
    assert!(last.starts_with("fdpass: ") && last.ends_with(why), "{why}: {said}");
}

/// What cannot be given is said before anybody comes.
#[track_caller]
pub(crate) fn refuse_to_serve(giver: &Path) {
    let holder = Socket::socket(Domain::AF_UNIX, Type::SOCK_SEQPACKET, Protocol::DEFAULT).unwrap();
    holder.bind(UnixAddr::Abstract(b"taken")).unwrap();
    for (arguments, why) in [
        (["serve", "unix:@free", "/"], "/: not a file"),
        (["serve", "unix:@free", "/dev/null"], "/dev/null: not a file"),
        (["serve", "unix:@taken", "/proc/self/exe"], "Address already in use"),
    ] {
        refused(&start(giver, &arguments).wait_with_output().unwrap(), why);
    }
}
