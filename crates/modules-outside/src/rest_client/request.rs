//! `rest_get()`, `rest_post()` and `rest_put()`.

use super::headers::take_all;
use super::params::RestClient;
use bytes::Bytes;
use catalogue::{Arg, Value, Verdict};
use module_api::{
    Args, Call, FUNCTION, Fault, Flow, Function, HttpFailure, HttpRequest, HttpResponse, Operator, Request, Run,
    VariableHandle, judge,
};

pub(super) const GET: Function = Function {
    name: "rest_get",
    about: "Asks an HTTP service with GET.",
    args: &[
        URL,
        Arg::var("body_pv", "The variable that gets the body of the answer."),
        Arg::var("ctype_pv", "The variable that gets its Content-Type.").optional(),
        Arg::var("retcode_pv", "The variable that gets its status code; 0: there is no answer.").optional(),
    ],
    run: Run::Wait(|call, args| {
        let outputs = Outputs::of(args, 1);
        ask(call, args, "GET", None, outputs)
    }),
    ..ASKS
};

pub(super) const POST: Function = Function {
    name: "rest_post",
    about: "Sends a body to an HTTP service with POST.",
    args: WITH_BODY,
    run: Run::Wait(|call, args| send(call, args, "POST")),
    ..ASKS
};

pub(super) const PUT: Function = Function {
    name: "rest_put",
    about: "Sends a body to an HTTP service with PUT.",
    args: WITH_BODY,
    run: Run::Wait(|call, args| send(call, args, "PUT")),
    ..ASKS
};

const URL: Arg =
    Arg::str("url", "Where: http://… or https://…; escape what comes from messages ({rest.escape}).").judged(judge_url);

/// Without a scheme it is http://.
fn judge_url(text: &str) -> Verdict {
    let is_known = |scheme: &str| ["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known));
    let has_scheme = text.split_once("://").is_none_or(|(scheme, rest)| is_known(scheme) && !rest.is_empty());
    let is_url = has_scheme && !text.is_empty() && !text.contains(|sign: char| sign == ' ' || sign.is_ascii_control());
    Verdict::must(is_url, text, "URL", "an address that begins with http:// or https://")
}

const WITH_BODY: &[Arg] = &[
    URL,
    Arg::str("send_body", "The body."),
    Arg::str("send_ctype", "Its Content-Type; application/x-www-form-urlencoded if left out.")
        .judged(judge::media_type)
        .optional(),
    Arg::var("recv_body_pv", "The variable that gets the body of the answer."),
    Arg::var("recv_ctype_pv", "The variable that gets its Content-Type.").optional(),
    Arg::var("retcode_pv", "The variable that gets its status code; 0: there is no answer.").optional(),
];

const ASKS: Function = Function {
    is_async: true,
    returns: &[
        (1, "answered, whatever the status code"),
        (-1, "the connection was refused"),
        (-2, "no connection came about in time"),
        (-3, "the answer was not there in time; what had come of it is in the variables"),
        (-4, "another request is connecting to this host (no_concurrent_connects)"),
        (-10, "any other error, an answer that is too long among them"),
    ],
    ..FUNCTION
};

/// Bodies up to this length are sent without asking, as libcurl does.
const BODY_BYTES_UNASKED: usize = 1024;

/// The variables for an answer.
struct Outputs {
    body: Option<VariableHandle>,
    content_type: Option<VariableHandle>,
    status: Option<VariableHandle>,
}

fn send(call: &mut Call<'_>, args: Args<'_>, method: &'static str) -> Flow {
    let body = match args.str(1) {
        Ok(body) => body.clone(),
        Err(fault) => return Flow::Done(Err(fault)),
    };
    let usual = Bytes::from_static(b"application/x-www-form-urlencoded");
    let content_type = args.opt_str(2).cloned().unwrap_or(usual);
    ask(call, args, method, Some((body, content_type)), Outputs::of(args, 3))
}

fn ask(
    call: &mut Call<'_>,
    args: Args<'_>,
    method: &'static str,
    body: Option<(Bytes, Bytes)>,
    outputs: Outputs,
) -> Flow {
    let request = match request(call, args, method, body) {
        Ok(request) => request,
        Err(fault) => return Flow::Done(Err(fault)),
    };
    let shown = shown(&request.url);
    Flow::wait(Request::Http(Box::new(request)), move |call, answer| {
        Flow::Done(outputs.keep(call, &shown, answer.response()))
    })
}

fn request(
    call: &mut Call<'_>,
    args: Args<'_>,
    method: &'static str,
    body: Option<(Bytes, Bytes)>,
) -> Result<HttpRequest, Fault> {
    let mut headers = take_all(call);
    let state = call.state::<RestClient>()?;
    let url = std::str::from_utf8(args.str(0)?).map_err(|_| Fault::script("the URL is not UTF-8 text"))?;
    let (body, content_type) = body.unzip();
    if let Some(content_type) = content_type.filter(|_| !headers.iter().any(|(name, _)| is_content_type(name))) {
        headers.push(("Content-Type".to_owned(), content_type));
    }
    Ok(HttpRequest {
        method,
        url: url.to_owned(),
        headers,
        asks_before_body: state.asks_before_body && body.as_ref().is_some_and(|body| body.len() > BODY_BYTES_UNASKED),
        body,
        connect_within: state.connect_within,
        answer_within: state.answer_within,
        body_bytes_max: state.body_bytes_max,
        connects_alone: state.connects_alone,
    })
}

fn is_content_type(name: &str) -> bool {
    name.eq_ignore_ascii_case("content-type")
}

impl Outputs {
    /// The three that begin with this argument.
    fn of(args: Args<'_>, first: usize) -> Outputs {
        let variable = |index: usize| args.opt_var(index).cloned();
        Outputs { body: variable(first), content_type: variable(first + 1), status: variable(first + 2) }
    }

    fn keep(&self, call: &mut Call<'_>, shown: &str, answer: Result<HttpResponse, HttpFailure>) -> Result<i32, Fault> {
        let failure = match answer {
            Ok(answer) => {
                self.write(call, answer)?;
                return Ok(1);
            }
            Err(failure) => failure,
        };
        call.env.log().error(format!("rest_client: {shown}: {failure}"));
        let code = match &failure {
            HttpFailure::Refused => -1,
            HttpFailure::ConnectTimeout => -2,
            HttpFailure::TransferTimeout(_) => -3,
            HttpFailure::AlreadyConnecting => -4,
            HttpFailure::TooLong { .. } | HttpFailure::Other(_) => -10,
        };
        match failure {
            HttpFailure::TransferTimeout(Some(partial)) => self.write(call, partial)?,
            HttpFailure::TooLong { status } => write(call, self.status.as_ref(), Value::Int(status.into()))?,
            _ => write(call, self.status.as_ref(), Value::Int(0))?,
        }
        Ok(code)
    }

    fn write(&self, call: &mut Call<'_>, answer: HttpResponse) -> Result<(), Fault> {
        write(call, self.body.as_ref(), answer.body.into())?;
        write(call, self.content_type.as_ref(), Value::or_null(answer.content_type))?;
        write(call, self.status.as_ref(), Value::Int(answer.status.into()))
    }
}

fn write(call: &mut Call<'_>, variable: Option<&VariableHandle>, value: Value) -> Result<(), Fault> {
    variable.map_or(Ok(()), |variable| variable.write(call, Operator::Set, value))
}

/// A URL for the log: passwords and what is asked for stay out of it.
fn shown(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
    let (place, path) = rest.split_once('/').map_or((rest, ""), |(place, path)| (place, path));
    let place = place.rsplit_once('@').map_or(place, |(_, place)| place);
    format!("{scheme}://{place}/{path}")
}
