//! Whole flows over real sockets with real peers: SIPp, sipsak, baresip, the management client.

mod calls;
mod harness;
mod management;
mod phones;
mod registration;
mod running;
