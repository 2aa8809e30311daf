//! What scripts ask of the world: programs and services, real ones.

use crate::harness::{Server, ServerBuilder, Wire};

/// A server with these modules that runs this for each request.
fn server(modules: &str, routes: &str) -> Server {
    let script = format!(
        "log_level = 2\nstderror_enabled = yes\nsocket = udp:127.0.0.1:@PORT@\n\
         loadmodule \"proto_udp.so\"\nloadmodule \"sl.so\"\nloadmodule \"tm.so\"\n\
         loadmodule \"httpd.so\"\nmodparam(\"httpd\", \"port\", @MI_PORT@)\nloadmodule \"mi_http.so\"\n\
         {modules}\n{routes}\n"
    );
    ServerBuilder::new(&script).start()
}

fn ask(phone: &Wire, number: u32) {
    let port = phone.port;
    phone.send(&format!(
        "OPTIONS sip:service@127.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bK-{number}\n\
         From: <sip:phone@127.0.0.1>;tag=1\nTo: <sip:service@127.0.0.1>\nCall-ID: outside-{number}\n\
         CSeq: {number} OPTIONS\nMax-Forwards: 70\nContent-Length: 0\n\n"
    ));
}

#[test]
fn programs_answer_and_slow_ones_hold_nobody_up() {
    let server = server(
        "loadmodule \"exec.so\"\nmodparam(\"exec\", \"setvars\", 1)\nmodparam(\"exec\", \"time_to_kill\", 15)",
        "route {
            if ($cs == 1) {
                # Held up for as long as the test takes.
                exec(\"sleep 15\", , $var(out));
                exit;
            }
            if ($cs == 2) {
                $avp(env) = \"from the script\";
                exec(\"cat; echo $$OSIPS_EXEC_0; echo $$SIP_USER; echo wrong >&2\", \"in\\n\", $avp(out), $var(err), $avp(env));
                sl_send_reply(200, \"$(avp(out)[2]), $(avp(out)[1]), $(avp(out)[0]), $var(err)\");
                exit;
            }
            async(exec(\"echo later\", , $var(out)), resume);
        }
        route[resume] { t_reply(200, \"$rc $var(out)\"); }",
    );
    let phone = Wire::new(&server);
    ask(&phone, 1);
    ask(&phone, 2);
    phone.expect("SIP/2.0 200 in, from the script, service, wrong");
    ask(&phone, 3);
    phone.expect("SIP/2.0 200 1 later");
}
