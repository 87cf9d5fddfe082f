//! SOL_MPTCP: the options of Multipath TCP ([mptcp](https://docs.kernel.org/networking/mptcp.html)). A connection whose peer does not
//! speak it has none of them.

use super::options;
use crate::opt::{MptcpFullInfo, MptcpInfo, MptcpSubflowAddrs, MptcpTcpInfo};

options! {
    level SOL_MPTCP, on MPTCP4;

    /// What the kernel knows of the connection as a whole, and of each of its paths, in one call.
    MPTCP_FULL_INFO: MptcpFullInfo, Get, since "6.5";

    /// What the kernel knows of the connection as a whole.
    MPTCP_INFO: MptcpInfo, Get, since "5.16";

    /// The addresses of each of its paths.
    MPTCP_SUBFLOW_ADDRS: MptcpSubflowAddrs, Get, since "5.16";

    /// [`TCP_INFO`](super::TCP_INFO) of each of its paths.
    MPTCP_TCPINFO: MptcpTcpInfo, Get, since "5.16";
}
