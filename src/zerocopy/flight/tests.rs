use std::collections::HashMap;
use std::sync::Arc;

use super::*;

fn flight(next: u32) -> Flight<Arc<[u8]>> {
    let mut flight = Flight::new(8).unwrap();
    flight.next = next;
    flight
}

fn bytes(len: usize) -> Arc<[u8]> {
    vec![7; len].into()
}

#[test]
fn in_order_with_partial_sends() {
    for start in [0, 1, u32::MAX - 2, u32::MAX - 1, u32::MAX] {
        let mut flight = flight(start);
        let id = |n: u32| start.wrapping_add(n);
        flight.push(bytes(10), 4, true);
        assert_eq!(flight.rest().unwrap().len(), 6);
        assert!(flight.complete(id(0), id(0), false));
        assert!(flight.pop().is_none(), "it has a rest");
        flight.took(6, true);
        assert!(flight.rest().is_none());
        flight.push(bytes(5), 5, true);
        flight.push(bytes(0), 0, false);
        // A range over several buffers.
        assert!(flight.complete(id(1), id(2), true));
        let first = flight.pop().unwrap();
        assert_eq!((first.buffer.len(), first.sent, first.copied), (10, 10, true));
        assert_eq!(flight.pop().unwrap().buffer.len(), 5);
        let empty = flight.pop().unwrap();
        assert_eq!((empty.buffer.len(), empty.copied), (0, false));
        assert!(flight.pop().is_none() && !flight.is_waiting());
    }
}

#[test]
fn out_of_order() {
    for start in [0, u32::MAX - 1] {
        let mut flight = flight(start);
        for len in 1..=3 {
            flight.push(bytes(len), len, true);
        }
        let id = |n: u32| start.wrapping_add(n);
        assert!(flight.complete(id(2), id(2), true));
        assert!(flight.complete(id(1), id(1), false));
        assert!(flight.pop().is_none());
        assert!(flight.complete(id(0), id(0), false));
        let copied: Vec<_> = std::iter::from_fn(|| flight.pop()).map(|done| done.copied).collect();
        assert_eq!(copied, [false, false, true]);
    }
}

#[test]
fn a_rest_that_is_given_up() {
    let mut flight = flight(0);
    flight.push(bytes(10), 4, true);
    assert_eq!((flight.abandon(), flight.abandon()), (6, 0));
    assert!(flight.pop().is_none());
    assert!(flight.complete(0, 0, false));
    assert_eq!(flight.pop().unwrap().sent, 4);
    assert_eq!(flight.abandon(), 0);
}

#[test]
fn numbers_that_are_not_ours_are_the_end_of_belief() {
    // Before, behind, around, again.
    for (first, last) in [(4, 4), (7, 7), (4, 7), (4, 5), (6, 7), (u32::MAX, 5), (6, 5), (5, 4)] {
        let mut flight = flight(5);
        let buffers = [bytes(1), bytes(1)];
        for buffer in &buffers {
            flight.push(buffer.clone(), 1, true);
        }
        assert!(!flight.complete(first, last, false), "{first} {last}");
        assert!(flight.is_lost() && !flight.counts() && !flight.is_waiting());
        // Not even what would be right.
        assert!(!flight.complete(5, 6, false) && flight.pop().is_none());
        drop(flight);
        assert!(buffers.iter().all(|buffer| Arc::strong_count(buffer) == 2), "leaked");
    }
    let mut flight = flight(5);
    flight.push(bytes(1), 1, true);
    flight.push(bytes(1), 1, true);
    assert!(flight.complete(5, 5, false));
    assert!(!flight.complete(5, 6, false), "5 was done");
}

#[test]
fn a_call_that_failed_may_be_counted() {
    for start in [0, u32::MAX, u32::MAX - 1] {
        let id = |n: u32| start.wrapping_add(n);
        let mut flight = flight(start);
        flight.push(bytes(1), 1, true);
        flight.failed(false);
        assert!(!flight.counts());
        // In one range with ours.
        assert!(flight.complete(id(0), id(1), false));
        assert!(flight.counts());
        flight.pop().unwrap();
        // Alone.
        flight.failed(false);
        flight.failed(false);
        assert!(flight.complete(id(2), id(2), false) && !flight.counts());
        flight.drained();
        assert!(flight.counts());
        flight.push(bytes(1), 1, true);
        assert!(flight.complete(id(3), id(3), false));
        flight.pop().unwrap();
        assert!(!flight.complete(id(4), id(4), false) && flight.is_lost());
    }
}

#[test]
fn a_call_that_failed_in_part_is_in_doubt_until_it_is_reported() {
    let mut flight = flight(u32::MAX);
    flight.failed(true);
    flight.failed(false);
    flight.drained();
    assert!(!flight.counts() && flight.is_doubtful());
    flight.push(bytes(1), 1, false);
    assert!(flight.pop().unwrap().copied);
    assert!(flight.complete(u32::MAX, u32::MAX, true));
    assert!(flight.counts() && !flight.is_doubtful());
    flight.push(bytes(1), 1, true);
    assert!(flight.complete(0, 0, false) && flight.pop().is_some());

    // Of two that failed only one is reported: which one, nobody knows.
    flight.failed(true);
    flight.failed(false);
    assert!(flight.complete(1, 1, true));
    flight.drained();
    assert!(!flight.counts());
}

#[test]
fn a_drop_leaks_what_is_in_flight_and_nothing_else() {
    let buffers: Vec<_> = (0..4).map(|_| bytes(10)).collect();
    let mut flight = flight(0);
    flight.push(buffers[0].clone(), 10, true);
    flight.push(buffers[1].clone(), 10, true);
    flight.push(buffers[2].clone(), 10, false);
    flight.push(buffers[3].clone(), 5, true);
    assert!(flight.complete(1, 1, false));
    drop(flight);
    let counts: Vec<_> = buffers.iter().map(Arc::strong_count).collect();
    assert_eq!(counts, [2, 1, 1, 2]);
}

/// Random sends, partial sends, failures and completions, against one map from each number to its buffer.
#[test]
fn as_a_slow_and_obvious_one() {
    let mut seed = 1_u64;
    let mut random = |below: u32| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as u32 % below
    };
    for round in 0..400 {
        let mut next = u32::MAX - random(60);
        let mut flight = flight(next);
        // Numbers that are open, with their buffers; the rests of buffers; buffers that are not back.
        let mut open: HashMap<u32, usize> = HashMap::new();
        let mut held: Vec<(usize, usize)> = Vec::new();
        let mut serial = 0;
        for _ in 0..300 {
            match random(5) {
                0 | 1 if flight.rest().is_none() && !flight.is_full() => {
                    serial += 1;
                    let taken = serial - random(2) as usize;
                    let counted = random(8) > 0 && taken > 0;
                    flight.push(bytes(serial), taken, counted);
                    held.push((serial, serial - taken));
                    if counted {
                        open.insert(next, serial);
                        next = next.wrapping_add(1);
                    }
                }
                2 if flight.rest().is_some() => {
                    let last = held.last_mut().unwrap();
                    flight.took(last.1, true);
                    last.1 = 0;
                    open.insert(next, serial);
                    next = next.wrapping_add(1);
                }
                3 => {
                    // A range of open ones, wherever.
                    let Some(first) = open.keys().min_by_key(|_| random(100)).copied() else { continue };
                    let mut last = first;
                    while open.contains_key(&last.wrapping_add(1)) && random(3) > 0 {
                        last = last.wrapping_add(1);
                    }
                    assert!(flight.complete(first, last, false));
                    let mut number = first;
                    loop {
                        open.remove(&number).unwrap();
                        if number == last {
                            break;
                        }
                        number = number.wrapping_add(1);
                    }
                }
                _ => {}
            }
            let first_back =
                held.first().is_some_and(|(name, rest)| *rest == 0 && !open.values().any(|it| it == name));
            assert_eq!(flight.is_first_done(), first_back, "round {round}");
            assert_eq!(flight.is_waiting(), !open.is_empty());
            if first_back && random(2) > 0 {
                assert_eq!(flight.pop().unwrap().buffer.len(), held.remove(0).0);
            }
        }
    }
}
