//! `httpd`: the HTTP server that other modules answer through. The server itself is an edge.

use catalogue::{Param, ParamKind};
use module_api::{COMMAND, Command, Json, Management, MiReply, MiRun, Module, Setup, StartError, State};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// The module.
pub const MODULE: Module = Module {
    name: "httpd",
    about: "The HTTP server that management answers through.",
    params: PARAMS,
    commands: &[LIST_ROOT_PATH],
    start,
    ..Module::EMPTY
};

const PARAMS: &[Param] = &[
    PORT,
    IP,
    BUF_SIZE,
    CONN_TIMEOUT,
    POST_BUF_SIZE,
    RECEIVE_BUF_SIZE,
    TLS_CERT_FILE,
    TLS_KEY_FILE,
    TLS_CIPHERS,
    AUTH_REALM,
    AUTH_USERNAME,
    AUTH_PASSWORD,
];

const PORT: Param = Param::int("port", 8888, "The port to listen on.").within(1, 65_535);
const IP: Param = Param::str(
    "ip",
    "127.0.0.1",
    "The address to listen on; \"localhost\" is 127.0.0.1, \"*\" every address there is.",
);
const BUF_SIZE: Param =
    Param::int("buf_size", 0, "The greatest size of a reply, in bytes; a longer one is refused with 500. 0: any.")
        .within(0, i32::MAX);
const CONN_TIMEOUT: Param =
    Param::int("conn_timeout", 30, "After how many idle seconds a connection is closed; 0: never.").within(0, 86_400);
const POST_BUF_SIZE: Param = Param::int("post_buf_size", 1024, "The size of the pieces that a request is read in.")
    .no_effect("a request takes the memory it needs, within receive_buf_size");
const RECEIVE_BUF_SIZE: Param =
    Param::int("receive_buf_size", 256 << 10, "The greatest size of a request's body, in bytes.").within(256, 16 << 20);
const TLS_CERT_FILE: Param = Param::unset(
    "tls_cert_file",
    ParamKind::Str,
    "The server's certificate and those that lead to its authority, in PEM; with it all is HTTPS.",
);
const TLS_KEY_FILE: Param =
    Param::unset("tls_key_file", ParamKind::Str, "The key of tls_cert_file, in PEM and not encrypted.");
const TLS_CIPHERS: Param = Param::unset(
    "tls_ciphers",
    ParamKind::Str,
    "The cipher suites that may be used, by their IANA or OpenSSL names, separated by colons; unset: all that are \
     known, of TLS 1.2 and 1.3.",
);
const AUTH_REALM: Param = Param::str("auth_realm", "OpenSIPS MI", "The realm of HTTP Basic authentication.");
const AUTH_USERNAME: Param =
    Param::unset("auth_username", ParamKind::Str, "Who may ask; unset: everybody who can connect.");
const AUTH_PASSWORD: Param = Param::unset("auth_password", ParamKind::Str, "The password of auth_username.");

const LIST_ROOT_PATH: Command = Command {
    name: "httpd:list_root_path",
    aliases: &["httpd_list_root_path"],
    about: "Lists the paths that modules answer under.",
    reply: "[{http_root: s, module: s}, …]",
    run: MiRun::Now(list_root_path),
    ..COMMAND
};

/// The module's state: the paths, each with the module that answers there.
#[derive(Default)]
pub(crate) struct Httpd {
    roots: Mutex<Vec<(String, &'static str)>>,
}

impl Httpd {
    /// Takes a path for a module.
    pub(crate) fn answer_under(&self, root: &str, module: &'static str) -> Result<(), String> {
        let mut roots = self.roots.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, other)) = roots.iter().find(|(taken, _)| taken == root) {
            return Err(format!("module {other} answers under \"{root}\" already"));
        }
        roots.push((root.to_owned(), module));
        Ok(())
    }
}

fn start(setup: &mut Setup<'_>) -> Result<State, StartError> {
    let params = setup.params;
    let ip = params.text(&IP);
    if !matches!(ip, "localhost" | "*") && ip.parse::<IpAddr>().is_err() {
        return Err(StartError::param(IP.name, format!("\"{ip}\" is no address")));
    }
    if params.is_set(&AUTH_USERNAME) != params.is_set(&AUTH_PASSWORD) {
        return Err(StartError::param(AUTH_USERNAME.name, "auth_username and auth_password belong together"));
    }
    if params.text(&TLS_CERT_FILE).is_empty() != params.text(&TLS_KEY_FILE).is_empty() {
        return Err(StartError::param(TLS_CERT_FILE.name, "tls_cert_file and tls_key_file belong together"));
    }
    setup.start_edge("httpd", params.as_texts(PARAMS));
    Ok(Arc::new(Httpd::default()))
}

fn list_root_path(management: &mut Management<'_>) -> MiReply {
    let roots = &management.state::<Httpd>()?.roots;
    let roots = roots.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(roots
        .iter()
        .map(|(root, module)| serde_json::json!({"http_root": root, "module": module}))
        .collect::<Vec<Json>>()
        .into())
}

#[cfg(test)]
mod tests {
    use super::{LIST_ROOT_PATH, MODULE};
    use crate::mi_http;
    use module_api::ParamSetting;
    use testkit::Fixture;

    fn text(text: &str) -> ParamSetting {
        ParamSetting::Str(text.to_owned())
    }

    #[test]
    fn edges_get_the_parameters() {
        let mut fixture = Fixture::request("OPTIONS sip:b@example.com SIP/2.0");
        let state = fixture.start(&MODULE, &[("port", ParamSetting::Int(8080))]);
        fixture.start(&mi_http::MODULE, &[("root", text("/rpc/"))]);
        let edges: Vec<String> = fixture
            .wishes
            .edges
            .iter()
            .map(|(edge, params)| {
                let params: Vec<String> = params.iter().map(|(name, value)| format!("{name}={value}")).collect();
                format!("{edge}: {}", params.join(" "))
            })
            .collect();
        assert_eq!(
            edges,
            [
                "httpd: auth_realm=OpenSIPS MI buf_size=0 conn_timeout=30 ip=127.0.0.1 port=8080 post_buf_size=1024 \
                 receive_buf_size=262144",
                "mi_http: pretty_printing=0 root=rpc",
            ]
        );
        let roots = fixture.command(&state, LIST_ROOT_PATH.run, &[]).expect("a list");
        assert_eq!(roots.to_string(), r#"[{"http_root":"rpc","module":"mi_http"}]"#);
    }

    #[test]
    fn bad_parameters_stop_the_start() {
        let refused = |params: &[(&'static str, ParamSetting)]| {
            let mut fixture = Fixture::request("OPTIONS sip:b@example.com SIP/2.0");
            fixture.try_start(&MODULE, params).map(|_| ()).unwrap_err().to_string()
        };
        assert_eq!(refused(&[("ip", text("here"))]), "parameter ip: \"here\" is no address");
        assert_eq!(
            refused(&[("auth_username", text("admin"))]),
            "parameter auth_username: auth_username and auth_password belong together"
        );
        for half in ["tls_cert_file", "tls_key_file"] {
            let said = refused(&[(half, text("/etc/x.pem"))]);
            assert_eq!(said, "parameter tls_cert_file: tls_cert_file and tls_key_file belong together");
        }
    }
}
