//! A few modules as they might be declared: enough of each kind to say something wrong about.

use catalogue::{
    Access, Alias, Arg, Catalogue, Event, Flag, Function, Inner, ModuleInfo, Order, Param, ParamKind, Refused,
    RouteKind, Routes, Transformation, TransformationArg, Variable,
};

/// The catalogue of these tests.
pub fn catalogue() -> Catalogue {
    let mut catalogue = Catalogue::default();
    catalogue.add(module("core"), CORE.iter().copied(), VARIABLES.iter().copied(), TRANSFORMATIONS.iter().copied());
    catalogue.add(module("tm"), TM.iter().copied(), [], []);
    catalogue.add(ModuleInfo { params: USRLOC, events: USRLOC_EVENTS, ..module("usrloc") }, [], [], []);
    catalogue.add(ModuleInfo { depends: &["usrloc", "tm"], ..module("registrar") }, REGISTRAR.iter().copied(), [], []);
    let sipmsgops = ModuleInfo { aliases: &["uri"], ..module("sipmsgops") };
    catalogue.add(sipmsgops, SIPMSGOPS.iter().copied(), [], []);
    catalogue.add(module("dialog"), [], DIALOG.iter().copied(), []);
    let mi_http = ModuleInfo { aliases: &["mi_json"], params: MI_HTTP, ..module("mi_http") };
    catalogue.add(mi_http, [], [], []);
    catalogue
}

fn module(name: &'static str) -> ModuleInfo {
    ModuleInfo {
        name,
        about: "",
        aliases: &[],
        depends: &[],
        params: &[],
        statistics: &[],
        events: &[],
        commands: Vec::new(),
        functions: Vec::new(),
        variables: Vec::new(),
        transformations: Vec::new(),
    }
}

const FUNCTION: Function<()> = Function {
    name: "",
    aliases: &[],
    about: "",
    args: &[],
    routes: Routes::ALL,
    is_async: false,
    unavailable: None,
    today: None,
    old_order: None,
    returns: &[],
    examples: &[],
    run: (),
};

const fn variable(name: &'static str, access: Access, inner: Inner, indexed: bool) -> Variable<()> {
    Variable { name, aliases: &[], about: "", access, inner, indexed, index_sets: &[], run: () }
}

const CORE: &[Function<()>] = &[
    // Returns its parameter.
    Function { name: "code", args: &[Arg::int("code", "")], ..FUNCTION },
    Function { name: "is_myself", args: &[Arg::str("host", "")], ..FUNCTION },
    // Waits, then returns its parameter.
    Function { name: "wait", args: &[Arg::int("code", "")], is_async: true, ..FUNCTION },
    // Prints its parameters.
    Function {
        name: "show",
        args: &[
            Arg::str("first", ""),
            Arg::str("second", "").optional(),
            Arg::int("third", "").within(0, i32::MAX).optional(),
        ],
        ..FUNCTION
    },
    // Sets a variable.
    Function { name: "put", args: &[Arg::var("target", ""), Arg::str("value", "")], ..FUNCTION },
    // Sets several to 1, 2, 3 …
    Function { name: "put_all", args: &[Arg::vars("targets", "")], ..FUNCTION },
    // Prints a variable.
    Function { name: "look", args: &[Arg::var("variable", "")], ..FUNCTION },
    Function { name: "look_perhaps", args: &[Arg::var("variable", "").optional()], ..FUNCTION },
    Function { name: "matches", args: &[Arg::regex("pattern", ""), Arg::str("text", "")], ..FUNCTION },
    Function { name: "raw", args: &[Arg::raw("text", "")], ..FUNCTION },
    Function { name: "setflag", args: &[Arg::message_flag("flag", "")], ..FUNCTION },
    Function {
        name: "sethost",
        aliases: &[Alias::old("rewritehost", "3.2")],
        args: &[Arg::str("host", "")],
        ..FUNCTION
    },
    // Prints its flags.
    Function { name: "flags", args: &[Arg::flags("flags", SAVE_FLAGS, "").optional()], ..FUNCTION },
];

const MI_HTTP: &[Param] =
    &[Param::str("root", "mi", "").aliases(&[Alias::of_module("mi_json", "mi_json_root", "3.0")])];

const SAVE_FLAGS: &[Flag] = &[
    Flag::new("memory-only").letter("m").bit(1),
    Flag::new("no-reply").letter("r").bit(2),
    Flag::new("max-contacts").with_value().letter("c"),
];

const TM: &[Function<()>] = &[
    Function {
        name: "t_relay",
        args: &[
            Arg::flags("flags", RELAY_FLAGS, "")
                .optional()
                .refusing(&[Refused::new("pass-provisional-replies", "nothing hears them")])
                .gone_bits(&[(2, "it was one thing in 1.x and another in 2.x")]),
            Arg::str("proxy", "").optional().refusing(&[Refused::new("elsewhere", "there is no elsewhere")]),
        ],
        routes: Routes::REQUEST.or(Routes::FAILURE),
        old_order: Some(|written| match written.first() {
            Some(first) if first.contains(':') => Order::Old(&[1, 0]),
            _ => Order::Today,
        }),
        ..FUNCTION
    },
    Function { name: "t_anycast", unavailable: Some("there are no clusters"), ..FUNCTION },
    Function { name: "t_on_failure", args: &[Arg::route("route", RouteKind::Failure, "")], ..FUNCTION },
    Function { name: "t_on_reply", args: &[Arg::route("route", RouteKind::Reply, "")], ..FUNCTION },
    Function { name: "t_reply", args: &[Arg::int("code", "").within(100, 699), Arg::str("reason", "")], ..FUNCTION },
];

const RELAY_FLAGS: &[Flag] = &[
    Flag::new("no-auto-477").bit(1),
    Flag::new("no-dns-failover").bit(4),
    Flag::new("pass-provisional-replies").bit(16),
];

const REGISTRAR: &[Function<()>] = &[Function {
    name: "save",
    args: &[Arg::fixed("domain", ""), Arg::flags("flags", SAVE_FLAGS, "").optional()],
    routes: Routes::REQUEST.or(Routes::ONREPLY),
    ..FUNCTION
}];

const SIPMSGOPS: &[Function<()>] = &[
    Function { name: "has_totag", ..FUNCTION },
    Function { name: "is_method", args: &[Arg::str("methods", "")], ..FUNCTION },
];

const USRLOC_EVENTS: &[Event] = &[Event { name: "E_UL_AOR_INSERT", about: "", params: &[] }];

const USRLOC: &[Param] = &[
    Param::int("hash_size", 9, "").within(1, 16).no_effect("tables grow by themselves"),
    Param::str("working_mode_preset", "single-instance-no-db", "")
        .one_of(&["single-instance-no-db", "sql-only", "full-sharing-cluster"])
        .refusing(&[Refused::new("full-sharing-cluster", "there are no clusters")]),
    Param::int("timer_interval", 60, "").within(1, i32::MAX),
    Param::int("db_mode", 0, "").today("modparam(\"usrloc\", \"working_mode_preset\", \"sql-only\")"),
    Param::unset("first_value", ParamKind::Str, "").repeats().sets_variable(),
    Param::unset("received_avp", ParamKind::Var, ""),
    Param::unset("pn_provider", ParamKind::Str, "").unavailable("there are no push notifications"),
    Param::str("db_url", "", "").aliases(&[Alias::old("database", "3.0")]),
    Param::unset("extra", ParamKind::Str, "").repeats(),
    Param::unset("callback", ParamKind::Route, ""),
    Param::int("use_path", 0, "").today("a flag of save()"),
];

const DIALOG: &[Variable<()>] = &[variable("DLG_status", Access::Read, Inner::None, false)];

const VARIABLES: &[Variable<()>] = &[
    variable("avp", Access::ReadWrite, Inner::Interned, true),
    variable("var", Access::ReadWrite, Inner::Interned, false),
    variable("rc", Access::Read, Inner::None, false),
    variable("retcode", Access::Read, Inner::None, false),
    variable("param", Access::Read, Inner::Name, false),
    variable("return", Access::Read, Inner::Name, false),
    variable("route", Access::Read, Inner::None, true),
    variable("route.name", Access::Read, Inner::None, true),
    variable("route.type", Access::Read, Inner::None, true),
    variable("cfg_line", Access::Read, Inner::None, false),
    variable("cfg_file", Access::Read, Inner::None, false),
    variable("doc", Access::ReadWrite, Inner::Path, true),
    Variable { index_sets: &["active", "all"], ..variable("branches", Access::Read, Inner::None, true) },
    variable("si", Access::Read, Inner::None, false),
    variable("sp", Access::Read, Inner::None, false),
    variable("rp", Access::ReadWrite, Inner::None, false),
    variable("ru", Access::ReadWrite, Inner::None, false),
    Variable { aliases: &[Alias::old("ruri.user", "")], ..variable("rU", Access::ReadWrite, Inner::None, false) },
    variable("rd", Access::ReadWrite, Inner::None, false),
    Variable {
        aliases: &[Alias::old("Ri", "3.2")],
        ..variable("socket_in", Access::Read, Inner::OptionalWord(&["ip", "port", "proto"]), false)
    },
    variable("hdr", Access::Read, Inner::Name, true),
    variable("log_level", Access::ReadWrite, Inner::None, false),
    variable("time", Access::Read, Inner::Name, false),
];

const TRANSFORMATIONS: &[Transformation<()>] = &[
    transformation("s.len", &[]),
    transformation("s.toupper", &[]),
    transformation("s.substr", &[TransformationArg::int("offset"), TransformationArg::int("length")]),
    Transformation {
        rest: true,
        ..transformation("s.select", &[TransformationArg::int("index"), TransformationArg::str("separator").verbatim()])
    },
    transformation("nameaddr.uri", &[TransformationArg::int("number").optional()]),
    Transformation { rest: true, ..transformation("re.subst", &[TransformationArg::str("expression")]) },
];

const fn transformation(name: &'static str, args: &'static [TransformationArg]) -> Transformation<()> {
    Transformation { name, about: "", args, rest: false, asks: false, run: () }
}
