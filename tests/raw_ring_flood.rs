//! The ring beside recvfrom(2) under the same flood. It measures, so it is not run with the others:
//! `cargo test --release --test raw_ring_flood -- --ignored --nocapture`.

mod common;

use std::fmt::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use common::isolated;
use netns::{Namespace, Needs};
use sockets::raw::{RecvRing, RingGeometry, SendRing};
use sockets::{
    Domain, Errno, EtherType, LinkAddr, PollFlags, Protocol, RecvFlags, SendFlags, Socket, Type,
    if_nametoindex, opt,
};

const ETH_P_EXPERIMENT: EtherType = EtherType::from_raw(0x88b5);
const FRAMES: u32 = 1_000_000;
/// What the kernel may hold for the program: the size of the ring, and the limit of the socket's queue.
const ROOM: u32 = 8 << 20;
const IDLE: Duration = Duration::from_millis(200);

fn packet(name: &str, protocol: EtherType) -> Socket {
    let socket = Socket::socket(Domain::AF_PACKET, Type::SOCK_RAW, Protocol::DEFAULT).unwrap();
    socket.bind(LinkAddr::new(if_nametoindex(name).unwrap(), protocol).unwrap()).unwrap();
    socket
}

/// Sends all frames, as fast as it can be done or with a pause between handfuls.
fn flood(socket: Socket, bytes: usize, pause: Duration) {
    socket.setsockopt(opt::PACKET_QDISC_BYPASS, true).unwrap();
    let mut ring = SendRing::new(socket, 2048, 256).unwrap();
    let mut sent = 0;
    let mut next = Instant::now();
    while sent < FRAMES {
        for _ in 0..64 {
            let Some(mut frame) = ring.next_frame() else { break };
            frame[..14].copy_from_slice(b"\xff\xff\xff\xff\xff\xff\x02\0\0\0\0\x09\x88\xb5");
            frame.commit(bytes).unwrap();
            sent += 1;
        }
        while ring.send(SendFlags::empty()) == Err(Errno::ENOBUFS) {}
        next += pause;
        while Instant::now() < next {
            std::hint::spin_loop();
        }
    }
}

/// The processor time of this thread.
fn processor_time() -> Duration {
    // SAFETY: integers: all 0 is a valid value.
    let mut time: libc::timespec = unsafe { std::mem::zeroed() };
    // SAFETY: `time` is one structure.
    assert_eq!(unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) }, 0);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// What a way of receiving has achieved.
struct Outcome {
    received: u32,
    drops: u32,
    time: Duration,
}

impl Outcome {
    fn nanos(&self) -> f64 {
        self.time.as_secs_f64() * 1e9 / f64::from(self.received)
    }

    fn say(&self, out: &mut String, how: &str, bytes: usize) {
        let (received, drops, nanos) = (self.received, self.drops, self.nanos());
        writeln!(
            out,
            "{how:9} {bytes:4} bytes: {received:7} received, {drops:7} dropped, {nanos:6.0} ns each"
        )
        .unwrap();
    }
}

/// Looks at a frame as little as a program could.
fn look(frame: &[u8]) -> u64 {
    u64::from(frame[6]) + u64::from(*frame.last().unwrap())
}

fn by_recvfrom(over: &AtomicBool) -> Outcome {
    let socket = packet("v0", ETH_P_EXPERIMENT);
    // The kernel doubles the number.
    if socket.setsockopt(opt::SO_RCVBUFFORCE, ROOM as usize / 2).is_err() {
        socket.setsockopt(opt::SO_RCVBUF, ROOM as usize / 2).unwrap();
    }
    socket.setsockopt(opt::SO_RCVTIMEO, Some(IDLE)).unwrap();
    let (mut received, mut sum, mut buf) = (0, 0, [0; 2048]);
    let before = processor_time();
    loop {
        match socket.recvfrom(&mut buf[..], RecvFlags::empty()) {
            Ok((len, _)) => (received, sum) = (received + 1, sum + look(&buf[..len])),
            Err(Errno::EAGAIN) if over.load(Ordering::Acquire) => break,
            Err(error) => assert_eq!(error, Errno::EAGAIN),
        }
    }
    let time = processor_time() - before;
    std::hint::black_box(sum);
    Outcome { received, drops: socket.getsockopt(opt::PACKET_STATISTICS).unwrap().drops, time }
}

fn by_ring(over: &AtomicBool) -> Outcome {
    let socket = Socket::socket(Domain::AF_PACKET, Type::SOCK_RAW, Protocol::DEFAULT).unwrap();
    let geometry = RingGeometry::new(1 << 18, ROOM >> 18).with_retire(Duration::from_millis(20));
    let mut ring = RecvRing::new(socket, geometry).unwrap();
    ring.socket().bind(LinkAddr::new(if_nametoindex("v0").unwrap(), ETH_P_EXPERIMENT).unwrap()).unwrap();
    let (mut received, mut sum) = (0, 0);
    let before = processor_time();
    loop {
        match ring.next_block_timeout(Some(IDLE)).unwrap() {
            Some(block) => {
                for frame in &block {
                    (received, sum) = (received + 1, sum + look(frame.data()));
                }
            }
            None if over.load(Ordering::Acquire) => break,
            None => {}
        }
    }
    let time = processor_time() - before;
    std::hint::black_box(sum);
    Outcome { received, drops: ring.statistics().unwrap().drops, time }
}

#[test]
#[ignore = "a measurement"]
fn the_ring_beside_recvfrom() {
    // The output of the process in the namespace is shown only when it fails.
    let file = concat!(env!("CARGO_TARGET_TMPDIR"), "/raw_ring_flood.txt");
    isolated(Needs::PACKET | Needs::VETH, || {
        let (here, there) = (Namespace::current().unwrap(), Namespace::new().unwrap());
        here.veth("v0", &there, "v1").unwrap();
        let mut out = String::new();
        for (bytes, pause) in [(60, 0), (1000, 0), (60, 64), (1000, 64)] {
            let pause = Duration::from_micros(pause);
            let outcomes = [by_recvfrom, by_ring].map(|receive| {
                let sender = there.within(|| packet("v1", EtherType::NONE)).unwrap();
                let over = AtomicBool::new(false);
                thread::scope(|scope| {
                    scope.spawn(|| {
                        // The receiver opens its socket meanwhile.
                        sender.poll(PollFlags::empty(), Some(Duration::from_millis(100))).unwrap();
                        flood(sender, bytes, pause);
                        over.store(true, Ordering::Release);
                    });
                    receive(&over)
                })
            });
            let [plain, ring] = &outcomes;
            writeln!(out, "a flood of {FRAMES} frames, {pause:?} after 64:").unwrap();
            plain.say(&mut out, "recvfrom", bytes);
            ring.say(&mut out, "the ring", bytes);
            writeln!(out, "ratio {:.1}", plain.nanos() / ring.nanos()).unwrap();
            assert_eq!([plain, ring].map(|way| way.received + way.drops), [FRAMES; 2]);
            assert!(ring.nanos() < plain.nanos());
        }
        std::fs::write(file, out).unwrap();
    });
    println!("{}", std::fs::read_to_string(file).unwrap());
}
