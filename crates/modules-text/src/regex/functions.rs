//! `pcre_match()`, `pcre_match_group()`.

use super::Regexes;
use super::expression::{Expression, Matched};
use catalogue::{Arg, Example, Routes};
use module_api::{Args, Call, FUNCTION, Fault, Function, Outcome, Run};

pub(super) const PCRE_MATCH: Function = Function {
    name: "pcre_match",
    about: "Whether a text matches an expression of Perl's. In a script, $$ stands for the $ at its end.",
    args: &[Arg::str("string", "The text."), Arg::str("pcre_regex", "The expression.")],
    examples: &[
        Example { script: r#"pcre_match("Twinkle/1.4", "(?i)^twinkle(?!/0)")"#, message: "", returns: 1 },
        Example { script: r#"pcre_match("user5", "^user[1234]$")"#, message: "", returns: -1 },
        Example { script: r#"pcre_match("user5", "(")"#, message: "", returns: -1 },
    ],
    run: Run::Now(pcre_match),
    ..MATCHING
};

pub(super) const PCRE_MATCH_GROUP: Function = Function {
    name: "pcre_match_group",
    about: "Whether a text matches an expression of a group of the file.",
    args: &[
        Arg::str("string", "The text."),
        Arg::int("group", "Which group, in the order of the file; the first is 0.").optional(),
    ],
    // Examples have no file.
    examples: &[Example { script: r#"pcre_match_group("Twinkle/1.4", 0)"#, message: "", returns: -1 }],
    run: Run::Now(pcre_match_group),
    ..MATCHING
};

const MATCHING: Function = Function {
    routes: Routes::REQUEST
        .or(Routes::FAILURE)
        .or(Routes::ONREPLY)
        .or(Routes::BRANCH)
        .or(Routes::LOCAL)
        .or(Routes::STARTUP)
        .or(Routes::TIMER)
        .or(Routes::EVENT),
    returns: &[(1, "it matches"), (-1, "it does not, or the match was given up")],
    ..FUNCTION
};

fn pcre_match(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let state = call.state::<Regexes>()?;
    let expression = state.compiled.get(args.str(1)?)?;
    code(state.matched(&expression, args.str(0)?)?)
}

fn pcre_match_group(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let state = call.state::<Regexes>()?;
    let group = args.opt_int(1)?.unwrap_or(0);
    match state.matched_group(i64::from(group), args.str(0)?)? {
        Some(matched) => code(matched),
        None => Err(Fault::script(format!("there is no group {group}"))),
    }
}

fn code(matched: Matched) -> Outcome {
    match matched {
        Matched::Yes => Ok(1),
        Matched::No => Ok(-1),
        Matched::GivenUp => Err(Fault::script("the match took too many steps and was given up")),
    }
}

impl Regexes {
    /// Matches, and counts what is given up.
    pub(super) fn matched(&self, expression: &Expression, text: &[u8]) -> Result<Matched, Fault> {
        let matched = expression.matches(text)?;
        if matched == Matched::GivenUp {
            self.steps_exceeded.increment();
        }
        Ok(matched)
    }

    /// Matches with a group; `None`: there is none of this number.
    ///
    /// # Errors
    /// There is no file of groups.
    pub(super) fn matched_group(&self, group: i64, text: &[u8]) -> Result<Option<Matched>, Fault> {
        let groups =
            self.groups.as_ref().ok_or_else(|| Fault::script("without the parameter file there are no groups"))?;
        let groups = groups.current();
        let Some(group) = usize::try_from(group).ok().and_then(|group| groups.get(group)) else { return Ok(None) };
        let Some(expression) = group else { return Ok(Some(Matched::No)) };
        self.matched(expression, text).map(Some)
    }
}
