//! `proto_udp`: SIP over UDP. The sockets themselves are an edge.

use catalogue::Param;
use module_api::{Module, Setup, StartError, State};
use std::sync::Arc;

/// The module.
pub const MODULE: Module = Module { name: "proto_udp", about: "SIP over UDP.", params: PARAMS, start, ..Module::EMPTY };

const PARAMS: &[Param] = &[UDP_PORT];

/// `udp_port`
pub const UDP_PORT: Param =
    Param::int("udp_port", 5060, "The port of a UDP socket that is given none, and of a next hop that names none.")
        .within(1, 65_535);

fn start(setup: &mut Setup<'_>) -> Result<State, StartError> {
    let params = setup.params.as_texts(PARAMS);
    setup.start_edge("proto_udp", params);
    Ok(Arc::new(()))
}

#[cfg(test)]
mod tests {
    use super::MODULE;
    use testkit::Fixture;

    #[test]
    fn the_edge_gets_the_parameters() {
        let mut fixture = Fixture::request("OPTIONS sip:b@example.com SIP/2.0");
        fixture.start(&MODULE, &[]);
        let (edge, params) = fixture.wishes.edges.first().expect("an edge");
        assert_eq!((*edge, params["udp_port"].as_str()), ("proto_udp", "5060"));
    }
}
