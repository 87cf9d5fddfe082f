//! Names: what is found, in which order, what is not, and why. The files and the name server are the test's own.

mod common;

use std::net::UdpSocket;
use std::thread;
use std::time::{Duration, Instant};

use common::{guard, isolated, leaks_nothing, use_up_fds};
use netns::Needs;
use sockets::{
    Domain, Eai, EaiError, Errno, Hints, NameInfoFlags, Protocol, ResolveFlags, SockAddr, Type, UnixAddr,
    getnameinfo, resolve,
};

const HOSTS: &str = "127.0.0.1 localhost\n::1 localhost6\n192.0.2.1 both.example both\n2001:db8::1 both.example\n\
                     192.0.2.7 four.example\n2001:db8::6 six.example\n\
                     192.0.2.8 xn--bcher-kva.example\n";

/// Names that are in files only, or also at a name server that answers as `server` says.
fn with_names(nameserver: &str, body: impl FnOnce()) {
    isolated(Needs::USERNS, || {
        let lookup = if nameserver.is_empty() { "hosts: files\n" } else { "hosts: files dns\n" };
        let resolv = format!("{nameserver}options timeout:1 attempts:1\n");
        let files = [
            ("hosts", HOSTS),
            ("host.conf", "multi on\n"),
            ("nsswitch.conf", lookup),
            ("resolv.conf", &resolv),
            ("services", "http 80/tcp\ndomain 53/tcp\ndomain 53/udp\nsyslog 514/udp\nshell 514/tcp\n"),
            ("gai.conf", "precedence ::ffff:0:0/96 100\n"),
            ("protocols", "tcp 6\nudp 17\n"),
        ];
        netns::own_dir("/etc", &files).unwrap();
        body();
    });
}

fn numeric() -> Hints {
    Hints::default().with_flags(ResolveFlags::AI_NUMERICHOST | ResolveFlags::AI_NUMERICSERV)
}

fn addrs(host: Option<&str>, service: Option<&str>, hints: Hints) -> Vec<String> {
    let found = resolve(host, service, hints).unwrap_or_else(|error| panic!("{host:?} {service:?}: {error}"));
    found.iter().map(|entry| entry.addr().to_string()).collect()
}

fn code(host: Option<&str>, service: Option<&str>, hints: Hints) -> Eai {
    resolve(host, service, hints).map(drop).unwrap_err().code()
}

#[test]
fn numbers_need_nobody() {
    let _guard = guard();
    assert_eq!(addrs(Some("192.0.2.1"), Some("80"), numeric()), ["192.0.2.1:80"]);
    assert_eq!(addrs(Some("2001:db8::1"), Some("65535"), numeric()), ["[2001:db8::1]:65535"]);
    assert_eq!(addrs(Some("192.0.2.1"), None, numeric()), ["192.0.2.1:0"]);
    assert_eq!(addrs(Some("fe80::1%1"), Some("1"), numeric()), ["[fe80::1%1]:1"]);
    // Of any type: one entry for each.
    let any = Hints { ty: Type::from_raw(0), ..numeric() };
    let found = resolve(Some("192.0.2.1"), Some("80"), any).unwrap();
    let types: Vec<Type> = found.iter().map(|entry| entry.ty()).collect();
    assert!(types.contains(&Type::SOCK_STREAM) && types.contains(&Type::SOCK_DGRAM), "{types:?}");
    let entry = found.iter().find(|entry| entry.ty() == Type::SOCK_STREAM).unwrap();
    assert_eq!((entry.family(), entry.protocol()), (Domain::AF_INET, Protocol::IPPROTO_TCP));
    assert_eq!(entry.as_bytes(), entry.addr().as_bytes());
    // musl gives one without being asked.
    assert!(entry.canonname().is_none() || cfg!(target_env = "musl"));
    assert!(format!("{entry:?}").contains("192.0.2.1:80"));
}

#[test]
fn no_host_is_this_machine() {
    let _guard = guard();
    let four = numeric().with_family(Domain::AF_INET);
    assert_eq!(addrs(None, Some("80"), four), ["127.0.0.1:80"]);
    let passive = four.with_flags(four.flags | ResolveFlags::AI_PASSIVE);
    assert_eq!(addrs(None, Some("80"), passive), ["0.0.0.0:80"]);
    assert_eq!(code(None, None, Hints::default()), Eai::EAI_NONAME);
}

#[test]
fn names_of_files() {
    with_names("", || {
        assert_eq!(addrs(Some("four.example"), Some("http"), Hints::default()), ["192.0.2.7:80"]);
        assert_eq!(addrs(Some("six.example"), Some("http"), Hints::default()), ["[2001:db8::6]:80"]);
        let mut both = addrs(Some("both.example"), Some("80"), Hints::default());
        both.sort();
        assert_eq!(both, ["192.0.2.1:80", "[2001:db8::1]:80"]);
        let six = Hints::default().with_family(Domain::AF_INET6);
        assert_eq!(addrs(Some("both.example"), Some("80"), six), ["[2001:db8::1]:80"]);
        let mapped = six.with_flags(ResolveFlags::AI_V4MAPPED);
        assert_eq!(addrs(Some("four.example"), Some("80"), mapped), ["[::ffff:192.0.2.7]:80"]);
        // The services of the two protocols differ.
        assert_eq!(addrs(Some("192.0.2.1"), Some("shell"), Hints::default()), ["192.0.2.1:514"]);
        assert_eq!(addrs(Some("192.0.2.1"), Some("syslog"), Hints::new(Type::SOCK_DGRAM)), ["192.0.2.1:514"]);
        assert_eq!(code(Some("192.0.2.1"), Some("shell"), Hints::new(Type::SOCK_DGRAM)), Eai::EAI_SERVICE);

        let canonical = Hints::default().with_flags(ResolveFlags::AI_CANONNAME).with_family(Domain::AF_INET);
        let found = resolve(Some("both"), None, canonical).unwrap();
        assert_eq!(found.iter().next().unwrap().canonname(), Some(c"both.example"));
        // AI_ADDRCONFIG: no address of this machine but loopback, so names have none, where the C library looks at that.
        let configured = Hints::default().with_flags(ResolveFlags::AI_ADDRCONFIG);
        let _either = resolve(Some("four.example"), Some("80"), configured);
    });
}

/// In the locale that a program begins with, which knows ASCII only.
#[test]
#[cfg(not(target_env = "musl"))]
fn names_in_any_language() {
    // SAFETY: the text ends with a NUL.
    if unsafe { libc::dlopen(c"libidn2.so.0".as_ptr(), libc::RTLD_NOW) }.is_null() {
        netns::skip("names_in_any_language", "idn", "glibc finds no libidn2.so.0");
        return;
    }
    with_names("", || {
        let hints = Hints::default().with_flags(ResolveFlags::AI_IDN | ResolveFlags::AI_CANONNAME);
        let name = "b\u{fc}cher.example";
        assert_eq!(addrs(Some(name), Some("80"), hints), ["192.0.2.8:80"]);
        let canon = |hints: Hints| {
            let found = resolve(Some(name), None, hints).unwrap();
            found.iter().next().unwrap().canonname().unwrap().to_str().unwrap().to_owned()
        };
        assert_eq!(canon(hints), "xn--bcher-kva.example");
        assert_eq!(canon(hints.with_flags(hints.flags | ResolveFlags::AI_CANONIDN)), name);
        let host = |flags| getnameinfo("192.0.2.8:0".parse::<SockAddr>().unwrap(), flags).unwrap();
        assert_eq!(host(NameInfoFlags::NI_IDN).host(), name);
        assert_eq!(host(NameInfoFlags::empty()).host(), "xn--bcher-kva.example");
        // What no name can hold.
        assert_eq!(code(Some("a\u{2488}b.example"), None, hints), Eai::EAI_IDN_ENCODE);
    });
}

#[test]
fn names_that_are_none() {
    with_names("", || {
        for host in ["no.example", "", "a b", "-", "four.example\0", "four.example\0.com", &"x".repeat(300)] {
            let found = code(Some(host), Some("80"), Hints::default());
            // musl asks a name server whatever the files say, and none is there.
            let asked = cfg!(target_env = "musl") && found == Eai::EAI_AGAIN;
            assert!(asked || [Eai::EAI_NONAME, Eai::EAI_NODATA].contains(&found), "{host:?}: {found:?}");
        }
        for service in ["no-service", "http\0", "80\0"] {
            assert_eq!(
                code(Some("four.example"), Some(service), Hints::default()),
                Eai::EAI_SERVICE,
                "{service:?}"
            );
        }
        assert_eq!(code(Some("four.example"), Some("80"), numeric()), Eai::EAI_NONAME);
        let number = Hints::default().with_flags(ResolveFlags::AI_NUMERICSERV);
        assert_eq!(code(Some("four.example"), Some("http"), number), Eai::EAI_NONAME);
        let six = Hints::default().with_family(Domain::AF_INET6);
        let wrong = code(Some("192.0.2.1"), Some("80"), six);
        assert!([Eai::EAI_ADDRFAMILY, Eai::EAI_NONAME, Eai::EAI_NODATA].contains(&wrong), "{wrong:?}");
        let unix = Hints::default().with_family(Domain::AF_UNIX);
        assert_eq!(code(Some("four.example"), Some("80"), unix), Eai::EAI_FAMILY);
        // musl says it of the service.
        let socktype = if cfg!(target_env = "musl") { Eai::EAI_SERVICE } else { Eai::EAI_SOCKTYPE };
        assert_eq!(code(Some("four.example"), Some("80"), Hints::new(Type::from_raw(99))), socktype);
        let unknown = Hints::default().with_flags(ResolveFlags::from_bits_retain(1 << 30));
        assert_eq!(code(Some("four.example"), Some("80"), unknown), Eai::EAI_BADFLAGS);
    });
}

/// Answers every question with this code, and nothing else.
fn answer(server: UdpSocket, code: u8) {
    thread::spawn(move || {
        let mut packet = [0; 512];
        while let Ok((len, from)) = server.recv_from(&mut packet) {
            if len > 12 {
                packet[2] |= 0x80;
                packet[3] = 0x80 | code;
                server.send_to(&packet[..len], from).unwrap();
            }
        }
    });
}

#[test]
fn a_server_that_says_no() {
    with_names("nameserver 127.0.0.1\n", || {
        answer(UdpSocket::bind("127.0.0.1:53").unwrap(), 3);
        assert_eq!(code(Some("no.example"), Some("80"), Hints::default()), Eai::EAI_NONAME);
        assert_eq!(addrs(Some("four.example"), None, Hints::default()), ["192.0.2.7:0"]);
    });
}

#[test]
fn a_server_that_fails() {
    with_names("nameserver 127.0.0.1\n", || {
        answer(UdpSocket::bind("127.0.0.1:53").unwrap(), 2);
        let found = code(Some("no.example"), Some("80"), Hints::default());
        assert!([Eai::EAI_AGAIN, Eai::EAI_FAIL].contains(&found), "{found:?}");
    });
}

#[test]
fn a_server_that_is_not_there() {
    with_names("nameserver 127.0.0.1\n", || {
        let start = Instant::now();
        assert_eq!(code(Some("no.example"), Some("80"), Hints::default()), Eai::EAI_AGAIN);
        assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    });
}

#[test]
fn a_server_that_cannot_be_reached() {
    with_names("nameserver 192.0.2.53\n", || {
        assert_eq!(code(Some("no.example"), Some("80"), Hints::default()), Eai::EAI_AGAIN);
    });
}

#[test]
fn a_server_that_is_silent() {
    with_names("nameserver 127.0.0.1\n", || {
        let _silent = UdpSocket::bind("127.0.0.1:53").unwrap();
        let start = Instant::now();
        assert_eq!(code(Some("no.example"), Some("80"), Hints::default()), Eai::EAI_AGAIN);
        assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
    });
}

#[test]
fn nothing_is_left_open() {
    with_names("nameserver 127.0.0.1\n", || {
        let _first = resolve(Some("four.example"), Some("80"), Hints::default());
        leaks_nothing(|| {
            for host in ["four.example", "no.example", "192.0.2.1"] {
                let _result = resolve(Some(host), Some("80"), Hints::default());
            }
        });
    });
}

#[test]
fn a_full_descriptor_table_is_an_error_that_passes() {
    with_names("nameserver 127.0.0.1\n", || {
        let files = use_up_fds();
        let error = resolve(Some("four.example"), Some("80"), Hints::default()).map(drop).unwrap_err();
        // glibc cannot open its files, and says that nobody knows the name.
        let fine = [Eai::EAI_NONAME, Eai::EAI_SYSTEM, Eai::EAI_AGAIN, Eai::EAI_FAIL, Eai::EAI_MEMORY];
        assert!(fine.contains(&error.code()), "{error:?}");
        assert_eq!(error.errno().is_some(), error.code() == Eai::EAI_SYSTEM);
        drop(files);
        assert_eq!(addrs(Some("four.example"), Some("80"), Hints::default()), ["192.0.2.7:80"]);
    });
}

#[test]
fn errors_are_of_their_own_kind() {
    let _guard = guard();
    let error = resolve(None, None, Hints::default()).map(drop).unwrap_err();
    assert_eq!(error.errno(), None);
    assert!(error.to_string().starts_with("EAI_NONAME: "), "{error}");
    let io: std::io::Error = error.into();
    assert_eq!((io.kind(), io.raw_os_error()), (std::io::ErrorKind::NotFound, None));
    assert_eq!(*io.downcast::<EaiError>().unwrap().to_string(), error.to_string());

    let system = EaiError::from(Errno::EMFILE);
    assert_eq!((system.code(), system.errno()), (Eai::EAI_SYSTEM, Some(Errno::EMFILE)));
    assert!(system.to_string().contains("EMFILE"), "{system}");
    assert_eq!(std::io::Error::from(system).raw_os_error(), Some(Errno::EMFILE as i32));
    assert_eq!(format!("{:?}", Eai::from_raw(-4711)), "Eai(-4711)");
}

#[test]
fn addresses_have_names() {
    with_names("", || {
        let names = |addr: &str, flags| {
            let names = getnameinfo(addr.parse::<SockAddr>().unwrap(), flags).unwrap();
            (names.host().into_owned(), names.service().into_owned())
        };
        let pair = |host: &str, service: &str| (host.to_owned(), service.to_owned());
        let none = NameInfoFlags::empty();
        let numeric = NameInfoFlags::NI_NUMERICHOST | NameInfoFlags::NI_NUMERICSERV;
        assert_eq!(names("192.0.2.7:80", none), pair("four.example", "http"));
        assert_eq!(names("[2001:db8::6]:80", none), pair("six.example", "http"));
        assert_eq!(names("192.0.2.7:80", numeric), pair("192.0.2.7", "80"));
        assert_eq!(names("192.0.2.99:81", none), pair("192.0.2.99", "81"));
        assert_eq!(names("192.0.2.7:514", none), pair("four.example", "shell"));
        assert_eq!(names("192.0.2.7:514", NameInfoFlags::NI_DGRAM), pair("four.example", "syslog"));
        let code = |addr: SockAddr, flags| getnameinfo(addr, flags).map(drop).unwrap_err().code();
        assert_eq!(code("192.0.2.99:80".parse().unwrap(), NameInfoFlags::NI_NAMEREQD), Eai::EAI_NONAME);
        assert_eq!(code(SockAddr::EMPTY, none), Eai::EAI_FAMILY);
        assert_eq!(code("af:2:0050".parse().unwrap(), none), Eai::EAI_FAMILY);
        assert_eq!(code("netlink:0:0x0".parse().unwrap(), none), Eai::EAI_FAMILY);
        // What cannot be an address at all is the errno of that.
        let error = getnameinfo(UnixAddr::Abstract(&[0; 200]), none).map(drop).unwrap_err();
        assert_eq!(error.errno(), Some(Errno::ENAMETOOLONG));
    });
}

/// glibc takes the name for text that ends with a NUL, wherever the address ends.
#[test]
#[cfg(not(target_env = "musl"))]
fn unix_addresses_end_where_they_say() {
    let _guard = guard();
    let numeric = NameInfoFlags::NI_NUMERICHOST | NameInfoFlags::NI_NUMERICSERV;
    let service = |addr: SockAddr| {
        let names = getnameinfo(&addr, numeric).unwrap_or_else(|error| panic!("{addr}: {error}"));
        names.service().into_owned()
    };
    let unix = |addr: UnixAddr<'_>| SockAddr::try_from(addr).unwrap();
    let longest = format!("/{}", "x".repeat(107));
    for path in ["/run/x.sock", &longest] {
        assert_eq!(service(unix(UnixAddr::Pathname(path.as_ref()))), path);
    }
    assert_eq!(service(unix(UnixAddr::Unnamed)), "");
    assert_eq!(service(unix(UnixAddr::Abstract(b"name"))), "");
    let family = (libc::AF_UNIX as u16).to_ne_bytes();
    let open_end = |name: &[u8]| SockAddr::from_bytes(&[&family, name].concat()).unwrap();
    assert_eq!(service(open_end(b"/ab")), "/ab");
    // No name is that long; the end is found all the same.
    let error = getnameinfo(open_end(&[b'x'; 126]), numeric).map(drop).unwrap_err();
    assert_eq!(error.code(), Eai::EAI_OVERFLOW);
}

#[test]
fn found_addresses_go_from_thread_to_thread() {
    let _guard = guard();
    let found = resolve(Some("192.0.2.1"), Some("80"), numeric()).unwrap();
    let text = thread::spawn(move || found.iter().map(|entry| entry.addr().to_string()).collect::<Vec<_>>());
    assert_eq!(text.join().unwrap(), ["192.0.2.1:80"]);
}
