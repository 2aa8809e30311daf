//! The tree of a script, as parsed: nothing in it has been looked up in the catalogue yet.

use bytes::Bytes;

/// A range of the flattened text (includes expanded); the source map knows file, line and column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The first byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

/// Something with its place in the text.
#[derive(Clone, Debug, PartialEq)]
pub struct Spanned<T> {
    /// The thing.
    pub node: T,
    /// Where it stands.
    pub span: Span,
}

/// A whole script, in the order of the text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Script {
    /// Globals, module lines and routes.
    pub items: Vec<Item>,
    /// `disable_tcp` of older releases, where no module brought TCP.
    pub disables_tcp: bool,
}

/// What stands at the top level.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// `name = value`
    Global(Global),
    /// `loadmodule "name.so"`
    LoadModule(Spanned<String>),
    /// `mpath "directory"`
    ModulePath(Spanned<String>),
    /// `modparam("module|module", "name", value)`
    ModuleParam(ModuleParam),
    /// A route block.
    Route(Route),
}

/// A global parameter. Older spellings have become today's, with a warning.
#[derive(Clone, Debug, PartialEq)]
pub struct Global {
    /// Today's name.
    pub name: Spanned<String>,
    /// Its value.
    pub value: Spanned<GlobalValue>,
}

/// The value of a global parameter.
#[derive(Clone, Debug, PartialEq)]
pub enum GlobalValue {
    /// A number or a boolean word.
    Int(i32),
    /// A string or a bare word.
    Str(String),
    /// `socket = …`
    Socket(Socket),
    /// `socket = bond:name {"…", "…"}`
    Bond {
        /// Its name.
        name: String,
        /// The sockets in it.
        members: Vec<String>,
    },
    /// `alias = [proto:]host[:port] [accept_subdomain]`
    HostAlias {
        /// udp, tcp …, or none for any.
        proto: Option<String>,
        /// The name or address.
        host: String,
        /// The port, or none for any.
        port: Option<u16>,
        /// Whether names below it are ours too.
        accept_subdomain: bool,
    },
    /// `udp_workers = 8 use_auto_scaling_profile NAME`
    Workers {
        /// How many.
        count: i32,
        /// The profile, if named.
        profile: Option<String>,
    },
    /// `auto_scaling_profile = …`
    ScalingProfile(ScalingProfile),
    /// `dst_blacklist = …`
    Blacklist(Blacklist),
    /// `mem-group = "name": "module" …`
    MemoryGroup {
        /// Its name.
        name: String,
        /// The modules whose memory is counted in it.
        modules: Vec<String>,
    },
    /// A list of strings, or several words.
    List(Vec<String>),
}

/// `NAME scale up to 6 on 70% for 4 cycles within 5 scale down to 2 on 18% for 10 cycles`
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ScalingProfile {
    /// Its name.
    pub name: String,
    /// Up to how many, on which load in percent, for how many cycles.
    pub up: (i32, i32, i32),
    /// The cycles among which those of `up` are counted.
    pub within: Option<i32>,
    /// Down to how many, on which load in percent, for how many cycles.
    pub down: Option<(i32, i32, i32)>,
}

/// `id/expire,default,readonly:{rule, …}`
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Blacklist {
    /// Its name.
    pub name: String,
    /// expire, default, readonly; none is readonly.
    pub flags: Vec<String>,
    /// What it forbids.
    pub rules: Vec<BlacklistRule>,
}

/// `!(proto, network, port, "pattern")`
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BlacklistRule {
    /// It matches what is not in it.
    pub is_negated: bool,
    /// udp, tcp …, or none for any.
    pub proto: Option<String>,
    /// `10.0.0.1`, `10.0.0.0/8`
    pub network: String,
    /// None for any.
    pub port: Option<u16>,
    /// A pattern that the message has to match.
    pub pattern: Option<String>,
}

/// `proto:address[:port or range]` with options.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Socket {
    /// udp, tcp, tls, ws, wss, sctp, bin, smpp …
    pub proto: String,
    /// Address, `[IPv6]`, host, interface or `*`.
    pub host: String,
    /// Ports: none (the transport's default), or ranges with both ends included.
    pub ports: Vec<(u16, u16)>,
    /// `as address[:port]`
    pub advertised: Option<(String, Option<u16>)>,
    /// `tag name`
    pub tag: Option<String>,
    /// `tos number`
    pub tos: Option<u8>,
    /// The other options with their values: `use_workers 4`, `anycast`, `reuse_port` …
    pub options: Vec<(String, Option<String>)>,
}

/// A `modparam` line.
#[derive(Clone, Debug, PartialEq)]
pub struct ModuleParam {
    /// `"auth_db|usrloc"`, as written.
    pub modules: Spanned<String>,
    /// The parameter's name.
    pub name: Spanned<String>,
    /// Its value.
    pub value: Spanned<ParamValue>,
}

/// The value of a `modparam`.
#[derive(Clone, Debug, PartialEq)]
pub enum ParamValue {
    /// An integer or boolean word.
    Int(i32),
    /// A string.
    Str(String),
}

/// A route block.
#[derive(Clone, Debug, PartialEq)]
pub struct Route {
    /// Which kind.
    pub kind: RouteType,
    /// Its name; `None` for the unnamed main, onreply, local, error and startup route.
    pub name: Option<Spanned<String>>,
    /// Seconds between runs of a timer route.
    pub interval_s: Option<u32>,
    /// What it does.
    pub body: Vec<Statement>,
    /// From the keyword to the closing brace.
    pub span: Span,
}

/// The kinds of route block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RouteType {
    /// `route`
    Request,
    /// `branch_route`
    Branch,
    /// `failure_route`
    Failure,
    /// `onreply_route`
    Reply,
    /// `local_route`
    Local,
    /// `error_route`
    Error,
    /// `startup_route`
    Startup,
    /// `timer_route`
    Timer,
    /// `event_route`
    Event,
}

impl RouteType {
    /// All kinds.
    pub const ALL: [RouteType; 9] = [
        RouteType::Request,
        RouteType::Branch,
        RouteType::Failure,
        RouteType::Reply,
        RouteType::Local,
        RouteType::Error,
        RouteType::Startup,
        RouteType::Timer,
        RouteType::Event,
    ];

    /// The word of the script.
    pub const fn keyword(self) -> &'static str {
        match self {
            RouteType::Request => "route",
            RouteType::Branch => "branch_route",
            RouteType::Failure => "failure_route",
            RouteType::Reply => "onreply_route",
            RouteType::Local => "local_route",
            RouteType::Error => "error_route",
            RouteType::Startup => "startup_route",
            RouteType::Timer => "timer_route",
            RouteType::Event => "event_route",
        }
    }
}

/// A statement with its place.
pub type Statement = Spanned<StatementKind>;
/// An expression with its place.
pub type Expression = Spanned<ExpressionKind>;

/// What can be done.
#[derive(Clone, Debug, PartialEq)]
pub enum StatementKind {
    /// A call, an assignment, or any other expression run for what it does.
    Expression(Expression),
    /// `if (…) … else …`
    If {
        /// The condition.
        condition: Expression,
        /// Done when it is true.
        then: Vec<Statement>,
        /// Done when it is false.
        otherwise: Vec<Statement>,
    },
    /// `while (…) …`
    While {
        /// The condition.
        condition: Expression,
        /// The loop.
        body: Vec<Statement>,
    },
    /// `for ($it in $(x[*])) …`
    For {
        /// Takes each value in turn.
        iterator: Variable,
        /// The values.
        over: Variable,
        /// The loop.
        body: Vec<Statement>,
    },
    /// `switch (…) { case …: … default: … }`
    Switch {
        /// What is compared.
        subject: Expression,
        /// The cases with their statements; a case falls through to the next.
        cases: Vec<(Spanned<Constant>, Vec<Statement>)>,
        /// The default, if there is one.
        default: Option<Vec<Statement>>,
    },
    /// `break`
    Break,
    /// `return`, `return(code, value …)`
    Return(Vec<Expression>),
    /// `exit`
    Exit,
    /// `drop`
    Drop,
    /// `assert(…, "text")`
    Assert {
        /// What must hold.
        condition: Expression,
        /// What is logged otherwise.
        text: Option<Spanned<Text>>,
    },
    /// `log([level,] "text")`: constant text.
    Log {
        /// The level.
        level: Option<Expression>,
        /// The text, printed as it stands.
        text: Bytes,
    },
    /// `xlog([level,] "format")`, `xdbg("format")`.
    Xlog {
        /// The level: a constant or a variable.
        level: Option<Expression>,
        /// What is printed.
        format: Spanned<Text>,
    },
    /// `async(f(…), route[, timeout_s])`
    Async {
        /// The function that may wait.
        call: Call,
        /// The route that goes on.
        route: Spanned<String>,
        /// Seconds until it counts as failed.
        timeout_s: Option<Expression>,
    },
    /// `launch(f(…)[, route[, "format"]])`
    Launch {
        /// The function that may wait.
        call: Call,
        /// The route that gets its outcome.
        route: Option<Spanned<String>>,
        /// Becomes `$param(1)` there.
        param: Option<Spanned<Text>>,
    },
    /// `{ … }`
    Block(Vec<Statement>),
}

/// What has a value or a truth.
#[derive(Clone, Debug, PartialEq)]
pub enum ExpressionKind {
    /// A number, a string without variables, NULL.
    Constant(Constant),
    /// A string in which variables are expanded. An argument whose variables cannot be read is a constant with `$` in
    /// it, since a regular expression may well end so: where it is to be expanded, `format::parse_format` tells why
    /// it cannot be.
    Format(Text),
    /// A variable.
    Variable(Variable),
    /// A function's return code.
    Call(Call),
    /// `route(name, …)`: the sub-route's return code.
    Route(RouteCall),
    /// `target op value`; true when it worked.
    Assign {
        /// Where to.
        target: Variable,
        /// How.
        operator: AssignOperator,
        /// What.
        value: Box<Expression>,
    },
    /// `left op right`
    Compare {
        /// Usually a variable.
        left: Box<Expression>,
        /// How they are compared.
        operator: CompareOperator,
        /// A variable, constant or network.
        right: Box<Expression>,
    },
    /// `left op right` in arithmetic.
    Arithmetic {
        /// The left operand.
        left: Box<Expression>,
        /// The operator.
        operator: ArithmeticOperator,
        /// The right operand.
        right: Box<Expression>,
    },
    /// `left && right`
    And(Box<Expression>, Box<Expression>),
    /// `left || right`
    Or(Box<Expression>, Box<Expression>),
    /// `!operand`
    Not(Box<Expression>),
    /// `~operand`
    BitNot(Box<Expression>),
    /// `-operand`
    Negate(Box<Expression>),
    /// `[ arithmetic ]`: whether it is not zero.
    NonZero(Box<Expression>),
    /// `10.0.0.0/8`, `10.0.0.1`, `2001:db8::/32`
    Network(String),
    /// `{ … }` or `if …` as an operand: true.
    Block(Vec<Statement>),
}

/// A value known when the script is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Constant {
    /// NULL
    Null,
    /// A number.
    Int(i32),
    /// A string with its escapes undone.
    Str(Bytes),
}

/// A call of a function.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// Its name as written (older names are resolved by the checker).
    pub name: Spanned<String>,
    /// Its arguments; `None` where one was left empty between commas.
    pub args: Vec<Option<Expression>>,
    /// The whole call.
    pub span: Span,
}

/// `route(name, …)`
#[derive(Clone, Debug, PartialEq)]
pub struct RouteCall {
    /// The name: constant, or a format or variable looked up when it runs.
    pub name: Spanned<Text>,
    /// Its parameters: constant strings are not expanded.
    pub args: Vec<Expression>,
    /// The whole call.
    pub span: Span,
}

/// A format string: text and variables in turn. A constant has only text. `source` is the text as written between
/// the quotes with escapes undone, for parameters taken unexpanded.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Text {
    /// Its parts.
    pub segments: Vec<Segment>,
    /// The string before variables were looked for.
    pub source: Bytes,
}

/// A part of a format string.
#[derive(Clone, Debug, PartialEq)]
pub enum Segment {
    /// Text as it stands.
    Literal(Bytes),
    /// A variable.
    Variable(Variable),
}

/// A variable: `$(<context>name(inner)[index]{transformation}…)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Variable {
    /// Its name, `msg.branch.flag`.
    pub name: String,
    /// Which message it is read from, if not the current one.
    pub context: Option<Context>,
    /// What stands in the parentheses.
    pub inner: Option<Text>,
    /// What stands in the brackets.
    pub index: Option<Index>,
    /// What is done to its value, left to right.
    pub transformations: Vec<Transformation>,
    /// The whole of it.
    pub span: Span,
}

/// `<request>` or `<reply>`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Context {
    /// The request of the transaction.
    Request,
    /// Its reply.
    Reply,
}

/// `[…]` after a variable.
#[derive(Clone, Debug, PartialEq)]
pub enum Index {
    /// A number; negative from the end.
    Number(i32),
    /// `*`: all.
    All,
    /// `append`
    Append,
    /// A variable holding the number.
    Variable(Box<Variable>),
    /// One of these in a set: `[0/active]`.
    InSet(Box<(Index, String)>),
}

/// `{class.name,argument,…}`
#[derive(Clone, Debug, PartialEq)]
pub struct Transformation {
    /// Its name, lower case, without the number of `{nameaddr.N.name}`.
    pub name: String,
    /// That number.
    pub number: Option<i32>,
    /// Everything between the first comma and the closing brace, split at commas, blanks kept; variables expanded.
    pub args: Vec<Text>,
    /// The same unsplit, for transformations that take the rest as one argument.
    pub rest: Option<Text>,
    /// Between the braces.
    pub span: Span,
}

/// `= := += -= *= /= %= &= |= ^=`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AssignOperator {
    /// `=`
    Set,
    /// `:=`
    Replace,
    /// `+=` and its kin.
    With(ArithmeticOperator),
}

/// Comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompareOperator {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `>`
    Greater,
    /// `<=`
    LessOrEqual,
    /// `>=`
    GreaterOrEqual,
    /// `=~`
    Match,
    /// `!~`
    NoMatch,
}

/// Arithmetic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArithmeticOperator {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Remainder,
    /// `&`
    BitAnd,
    /// `|`
    BitOr,
    /// `^`
    BitXor,
    /// `<<`
    ShiftLeft,
    /// `>>`
    ShiftRight,
}
