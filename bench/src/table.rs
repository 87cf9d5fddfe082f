//! The rows with their bars, and the table.

use std::io::{self, Write};

use crate::programs::Programs;
use crate::{callgrind, heap, messages, rows};

/// Instructions that a call of the C library may take beyond libc's.
const ABI_BAR: f64 = 15.0;

/// One operation.
#[derive(Debug)]
pub(crate) struct Row {
    /// The name that the programs know it by.
    pub(crate) name: &'static str,
    title: &'static str,
    /// How many calls it is.
    calls: u8,
    /// How many instructions it may take through the Rust API.
    bar: Option<u16>,
    pub(crate) run: fn(u32) -> sockets::Result<()>,
}

const ROWS: &[Row] = &[
    Row {
        name: "unix_send_recv",
        title: "AF_UNIX send, recv, 1 byte",
        calls: 2,
        bar: Some(48),
        run: rows::unix_send_recv,
    },
    Row { name: "recv_eagain", title: "recv -> EAGAIN", calls: 1, bar: Some(36), run: rows::recv_eagain },
    Row {
        name: "udp_sendto_recvfrom",
        title: "UDP sendto, recvfrom, port read",
        calls: 2,
        bar: Some(66),
        run: rows::udp_sendto_recvfrom,
    },
    Row {
        name: "udp_echo",
        title: "UDP echo to the sender's address",
        calls: 4,
        bar: None,
        run: rows::udp_echo,
    },
    Row {
        name: "option_int",
        title: "setsockopt, getsockopt, int",
        calls: 2,
        bar: Some(37),
        run: rows::option_int,
    },
    Row {
        name: "option_flag",
        title: "setsockopt, getsockopt, flag",
        calls: 2,
        bar: None,
        run: rows::option_flag,
    },
    Row { name: "getsockname", title: "getsockname", calls: 1, bar: Some(25), run: rows::getsockname },
    Row { name: "socket_close", title: "socket, close", calls: 2, bar: Some(25), run: rows::socket_close },
    Row {
        name: "tcp_cycle",
        title: "TCP socket, connect, accept, 2 close",
        calls: 5,
        bar: Some(76),
        run: rows::tcp_cycle,
    },
    Row {
        name: "unix_cycle",
        title: "AF_UNIX socket, connect, accept, 2 close",
        calls: 5,
        bar: Some(64),
        run: rows::unix_cycle,
    },
    Row {
        name: "pktinfo",
        title: "sendmsg, recvmsg with IP_PKTINFO",
        calls: 2,
        bar: Some(140),
        run: messages::pktinfo,
    },
    Row {
        name: "scm_rights",
        title: "sendmsg, recvmsg with a descriptor, close",
        calls: 3,
        bar: Some(110),
        run: messages::scm_rights,
    },
    Row {
        name: "batch_32",
        title: "32 datagrams out, 32 in, ports read",
        calls: 2,
        bar: Some(820),
        run: messages::batch_32,
    },
    Row {
        name: "batch_32_pktinfo",
        title: "32 datagrams out, 32 in, IP_PKTINFO",
        calls: 2,
        bar: None,
        run: messages::batch_32_pktinfo,
    },
    Row {
        name: "gso_gro",
        title: "32 segments as one, GSO and GRO",
        calls: 2,
        bar: Some(140),
        run: messages::gso_gro,
    },
];

impl Row {
    pub(crate) fn named(name: &str) -> Option<&'static Row> {
        ROWS.iter().find(|row| row.name == name)
    }
}

/// Measures and prints row by row. Is everything within its bar?
pub(crate) fn print(programs: &Programs) -> Result<bool, String> {
    println!(
        "{:40} {:>4} {:>5} {:>4} {:4} {:>4}   {:>6} {:>6} {:>7} {:>6}  bar +{ABI_BAR}",
        "operation", "C", "Rust", "bar", "", "heap", "static", "/call", "dynamic", "/call"
    );
    let mut within = true;
    for row in ROWS {
        let c = callgrind::per_operation(&programs.c, row.name)?;
        let rust = callgrind::per_operation(&programs.rust, row.name)?;
        let allocations = heap::per_operation(row)?;
        let abi_static = callgrind::per_operation(&programs.abi_static, row.name)?;
        let abi_dynamic = callgrind::per_operation(&programs.abi_dynamic, row.name)?;

        let rust_ok = row.bar.is_none_or(|bar| rust <= f64::from(bar)) && allocations == 0;
        let excess = |abi: f64| (abi - c) / f64::from(row.calls);
        let abi_ok = excess(abi_static).max(excess(abi_dynamic)) <= ABI_BAR;
        within &= rust_ok && abi_ok;
        println!(
            "{:40} {:>4} {:>5} {:>4} {:4} {:>4}   {:>6} {:>+6.1} {:>7} {:>+6.1}  {}",
            row.title,
            number(c),
            number(rust),
            row.bar.map_or("-".into(), |bar| bar.to_string()),
            if row.bar.is_none() && rust_ok { "" } else { verdict(rust_ok) },
            allocations,
            number(abi_static),
            excess(abi_static),
            number(abi_dynamic),
            excess(abi_dynamic),
            verdict(abi_ok),
        );
        // A row takes a second or two: show it when it is there, also through a pipe.
        io::stdout().flush().map_err(|error| format!("stdout: {error}"))?;
    }
    Ok(within)
}

/// A count: whole, unless something did not cancel.
fn number(count: f64) -> String {
    if count.fract() == 0.0 { format!("{count}") } else { format!("{count:.1}") }
}

fn verdict(ok: bool) -> &'static str {
    if ok { "ok" } else { "OVER" }
}
