//! The scripts that run: our default one and a residential one, in each mode of keeping contacts.

use crate::chance::Chance;
use engine::catalogue_of;
use module_api::{Interned, Module, ParamSetting};
use script::ast::ParamValue;
use script::source::Source;
use script::{Environment, NameTables, Program, check, parser};
use std::sync::Arc;
use std::time::Duration;

/// A script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Variant {
    /// Which text.
    pub text: Text,
    /// Where contacts are kept.
    pub mode: Mode,
    /// How long the proxy waits for any reply and for a final one, if not as the text has it.
    pub patience_s: Option<(u32, u32)>,
    /// Whether each message is counted by what keeps floods out, and noted in a cache.
    pub has_guards: bool,
    /// Whether the default script keeps calls and has a record of each, rather than of each answer and BYE.
    pub keeps_calls: bool,
}

/// The text of a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Text {
    /// Strowger's default.
    Default,
    /// That of the flows: like upstream's residential template.
    Residential,
    /// A broken one, which a test expects to be caught.
    Broken(&'static str, &'static str),
}

/// Where contacts are kept: the preset's name without `single-instance-`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Acknowledged when they are in the database.
    WriteThrough,
    /// In the database within an interval of the timer.
    WriteBack,
    /// In the database only.
    SqlOnly,
}

/// Seconds between two runs of `usrloc`'s timer, in all scripts.
pub const TIMER_INTERVAL_S: u64 = 5;
/// The domain that the proxy serves.
pub const DOMAIN: &str = "example.com";

/// Modules that keep something of each message for a while, and the lines that have them do so. Nobody is kept out.
const GUARDS: (&str, &str) = (
    r#"loadmodule "pike.so"
modparam("pike", "reqs_density_per_unit", 1000000)
loadmodule "ratelimit.so"
loadmodule "cachedb_local.so"
"#,
    r#"
	pike_check_req();
	rl_check("all", 1000000);
	cache_store("local", "seen-$ci", "$si", 100);
"#,
);

/// A call that nobody hangs up is over before the world ends, silently: the watch knows of no BYE that nobody has sent.
const SHORT_CALLS: [(&str, &str); 2] = [
    ("\t$acc_extra(caller)", "\t$DLG_timeout = 3000;\n\t$acc_extra(caller)"),
    ("create_dialog(\"bye-on-timeout\")", "create_dialog()"),
];

const DEFAULT: &str = include_str!("../../strowger/defaults/strowger.cfg");
const RESIDENTIAL: &str = include_str!("../../../tests/flows/configs/residential.cfg");

impl Variant {
    /// Draws one.
    pub fn draw(chance: &mut Chance) -> Variant {
        let patience_s = chance.pick(&[None, Some((3, 8)), Some((5, 20)), Some((32, 15))]).flatten();
        Variant {
            text: if chance.happens(500) { Text::Default } else { Text::Residential },
            mode: chance
                .weighed(&[(6, Mode::WriteThrough), (2, Mode::WriteBack), (2, Mode::SqlOnly)])
                .unwrap_or(Mode::WriteThrough),
            patience_s,
            has_guards: false,
            keeps_calls: false,
        }
    }

    /// Whether calls have a record when they have ended, in place of one for each answer.
    pub fn records_calls(&self) -> bool {
        self.keeps_calls && self.text != Text::Residential
    }

    /// Whether all calls have ended when the world does.
    pub fn ends_calls(&self) -> bool {
        self.records_calls()
    }

    /// Whether the script refuses requests in a dialog that it has not set up.
    pub fn marks_dialogs(&self) -> bool {
        self.text != Text::Residential
    }

    /// How long the proxy waits for any reply, and for a final one after a provisional one.
    pub fn patience(&self) -> (Duration, Duration) {
        let of_text = if self.text == Text::Residential { (5, 3) } else { (30, 120) };
        let (any, last) = self.patience_s.unwrap_or(of_text);
        (Duration::from_secs(any.into()), Duration::from_secs(last.into()))
    }

    /// The text as it runs.
    pub fn text(&self) -> String {
        let text = match self.text {
            Text::Default => DEFAULT.to_owned(),
            Text::Residential => RESIDENTIAL.to_owned(),
            Text::Broken(from, to) => DEFAULT.replace(from, to),
        };
        let mode = match self.mode {
            Mode::WriteThrough => "single-instance-sql-write-through",
            Mode::WriteBack => "single-instance-sql-write-back",
            Mode::SqlOnly => "sql-only",
        };
        let mut added = "loadmodule \"proto_tcp.so\"\n".to_owned();
        added += &format!("modparam(\"usrloc\", \"timer_interval\", {TIMER_INTERVAL_S})\n");
        if let Some((any, last)) = self.patience_s {
            added +=
                &format!("modparam(\"tm\", \"fr_timeout\", {any})\nmodparam(\"tm\", \"fr_inv_timeout\", {last})\n");
        }
        let lines = text.lines().filter(|line| {
            let is_outside = ["httpd", "mi_http", "mi_fifo"].iter().any(|name| line.contains(name));
            let is_set_here = line.contains("timer_interval") || (self.patience_s.is_some() && line.contains("fr_"));
            !is_outside && !is_set_here
        });
        let text = lines.collect::<Vec<_>>().join("\n");
        let text = if self.records_calls() {
            SHORT_CALLS.iter().fold(text, |text, (long, short)| text.replacen(long, short, 1))
        } else if self.text != Text::Residential {
            without_calls(text)
        } else {
            text
        };
        let guards = if self.has_guards { GUARDS } else { ("", "") };
        let text = text.replacen("\nroute {", &format!("\n{added}{}\nroute {{{}", guards.0, guards.1), 1);
        let values = [
            ("single-instance-sql-write-through", mode),
            ("@DB@", "sqlite:///sim"),
            ("sqlite://@DATABASE@", "sqlite:///sim"),
            // Phones that crash leave contacts behind.
            ("\"max_contacts\", 3", "\"max_contacts\", 8"),
            ("@PORT@", "5060"),
            ("127.0.0.1", "192.0.2.1"),
            ("@REALM@", DOMAIN),
            ("@SPOOL@", "spool"),
            ("@SECRET@", "a secret that nobody guesses"),
        ];
        values.iter().fold(text, |text, (mark, value)| text.replace(mark, value))
    }
}

/// The default script without what keeps calls: each answer and each BYE has its record, and whatever carries our mark is
/// within a call.
fn without_calls(text: String) -> String {
    let (Some(kept), Some(after)) = (text.find("\tif (!create_dialog"), text.find("# A request within a call")) else {
        return text;
    };
    let mut without = text;
    without.replace_range(kept..after, "}\n\n");
    let changes = [
        ("\"failed|cdr\"", "\"failed\""),
        (
            "if (!is_method(\"ACK|BYE\") || $(rr_params",
            "if (is_method(\"BYE\")) do_accounting(\"db\", \"failed\");\n\tif ($(rr_params",
        ),
    ];
    changes.iter().fold(without, |text, (from, to)| text.replacen(from, to, 1))
}

/// A script, compiled.
pub struct Compiled {
    /// All modules there are.
    pub modules: Vec<&'static Module>,
    /// What they declare.
    pub catalogue: Arc<catalogue::Catalogue>,
    /// Names of AVPs, variables, flags.
    pub names: Arc<Interned>,
    /// The modules that it loads.
    pub loaded: Vec<catalogue::ModuleId>,
    /// Their parameters.
    pub params: Vec<(catalogue::ModuleId, &'static str, ParamSetting)>,
    /// What runs.
    pub program: Arc<Program>,
}

/// All modules.
fn modules() -> Vec<&'static Module> {
    [
        modules_core::MODULES,
        modules_proxy::MODULES,
        modules_users::MODULES,
        modules_calls::MODULES,
        modules_data::MODULES,
        modules_manage::MODULES,
        modules_transport::MODULES,
    ]
    .concat()
}

/// Compiles a script, from nothing: what a process remembers of another one must not show.
///
/// # Panics
/// The script is wrong.
pub fn compile(text: &str) -> Compiled {
    let modules = modules();
    let catalogue = Arc::new(catalogue_of(&modules));
    let names = Arc::new(Interned::default());
    let source = Source::from_text("sim.cfg", text.as_bytes());
    let (tree, diagnostics) = parser::parse(&source);
    assert!(diagnostics.iter().all(|known| !known.is_error()), "{diagnostics:#?}");
    let tables = NameTables {
        avps: &names.avps,
        vars: &names.vars,
        message_flags: &names.flags.message,
        branch_flags: &names.flags.branch,
    };
    let checked = check(&tree, &source, &Environment { catalogue: &catalogue, names: tables, workers: 1 });
    assert!(checked.diagnostics.iter().all(|known| !known.is_error()), "{:#?}", checked.diagnostics);
    let core = catalogue::ModuleId(0);
    let loaded = std::iter::once(core).chain(checked.modules.iter().copied().filter(|id| *id != core)).collect();
    let params = checked.params.iter().map(|setting| {
        let value = match &setting.value {
            ParamValue::Int(number) => ParamSetting::Int(*number),
            ParamValue::Str(text) => ParamSetting::Str(text.clone()),
        };
        (setting.module, setting.param.name, value)
    });
    let params = params.collect();
    let program = checked.compile().unwrap_or_else(|errors| panic!("{errors:#?}"));
    Compiled { modules, catalogue, names, loaded, params, program: Arc::new(program) }
}
