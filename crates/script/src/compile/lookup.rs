//! Variables and format strings with their names looked up: of a script, and of module parameters.

use super::usage::Usage;
use crate::ast;
use crate::ast::{Index as WrittenIndex, Segment, Span, Text};
use crate::diagnostic::{Diagnostic, Diagnostics, codes};
use crate::dialect::gone_variable;
use crate::format::joined;
use crate::host::{Index, Language};
use crate::program::{Format, IndexRef, InnerName, Piece, Source, TransformationArg, TransformationRef, VariableRef};
use crate::resolve::nearest::nearest;
use crate::resolve::{CORE, Found, Resolver, Unknown};
use bytes::Bytes;
use catalogue::{Access, Inner, Judge, NameId, TransformationId, Value, Variable, VariableId, Verdict};
use std::borrow::Cow;

/// Looks names up and collects what is wrong.
pub(crate) struct Lookup<'a> {
    pub(crate) resolver: Resolver<'a>,
    /// The text that spans refer to.
    pub(crate) text: &'a [u8],
    pub(crate) diagnostics: Diagnostics,
    pub(crate) usage: Usage,
}

type Declared<'a> = Found<VariableId, &'a Variable<()>>;

impl<'a> Lookup<'a> {
    pub(crate) fn new(resolver: Resolver<'a>, text: &'a [u8]) -> Lookup<'a> {
        Lookup { resolver, text, diagnostics: Diagnostics::default(), usage: Usage::default() }
    }

    pub(crate) fn error(&mut self, code: crate::diagnostic::Code, span: Span, message: impl Into<String>) {
        self.diagnostics.push(Diagnostic::error(code, span, message));
    }

    /// As written.
    pub(crate) fn written(&self, span: Span) -> String {
        let bytes = self.text.get(span.start as usize..span.end as usize).unwrap_or_default();
        String::from_utf8_lossy(bytes).into_owned()
    }

    /// A variable to be read.
    pub(crate) fn read(&mut self, variable: &ast::Variable) -> VariableRef {
        self.note_read(variable);
        self.variable(variable)
    }

    /// A variable to be assigned to.
    pub(crate) fn target(&mut self, variable: &ast::Variable, is_condition: bool) -> VariableRef {
        self.note_write(variable);
        if !variable.transformations.is_empty() {
            self.error(codes::READ_ONLY, variable.span, "a transformed value cannot be assigned to");
        }
        let found = self.resolver.variable(&variable.name, variable.inner.is_some());
        if found.is_ok_and(|found| found.declaration.access == Access::Read) {
            let message = format!("${} can only be read", variable.name);
            let diagnostic = Diagnostic::error(codes::READ_ONLY, variable.span, message);
            self.diagnostics.push(match is_condition {
                true => diagnostic.help("to compare it, write == instead of ="),
                false => diagnostic,
            });
        }
        self.variable(variable)
    }

    /// A variable that is passed to a function, which may read or set it.
    pub(crate) fn passed(&mut self, variable: &ast::Variable) -> VariableRef {
        self.note_write(variable);
        self.variable(variable)
    }

    fn note_read(&mut self, variable: &ast::Variable) {
        if let Some(Some(name)) = script_name(variable) {
            self.usage.reads.push((name, variable.span));
        }
    }

    fn note_write(&mut self, variable: &ast::Variable) {
        match script_name(variable) {
            Some(Some(name)) => {
                self.usage.writes.insert(name);
            }
            Some(None) => self.usage.writes_computed_name = true,
            None => {}
        }
    }

    /// A format string.
    pub(crate) fn format(&mut self, text: &Text) -> Format {
        let pieces = text.segments.iter().map(|segment| match segment {
            Segment::Literal(text) => Piece::Text(text.clone()),
            Segment::Variable(variable) => Piece::Variable(self.read(variable)),
        });
        Format { pieces: pieces.collect() }
    }

    fn variable(&mut self, variable: &ast::Variable) -> VariableRef {
        let found = match self.resolver.variable(&variable.name, variable.inner.is_some()) {
            Ok(found) => found,
            Err(unknown) => {
                self.unknown_variable(variable, &unknown);
                return VariableRef::constant(Value::Null);
            }
        };
        self.note_alias(variable, &found);
        let source = match self.language(&found) {
            Some(language) => Source::Language(language),
            None => Source::Host(found.id),
        };
        let name = self.inner(variable, &found);
        let (index, index_set) = self.index(variable, &found);
        let transformations = variable.transformations.iter().map(|written| self.transformation(written));
        VariableRef {
            source,
            name,
            index,
            index_set,
            context: variable.context,
            transformations: transformations.collect(),
            text: self.written(variable.span).into(),
            number: None,
        }
    }

    fn unknown_variable(&mut self, variable: &ast::Variable, unknown: &Unknown) {
        let message = match unknown {
            Unknown::NotLoaded(_) => format!("${} belongs to a module that is not loaded", variable.name),
            Unknown::NotYet(modules) => {
                format!("${} is of the module {}, which is not there yet", variable.name, modules.join(" or "))
            }
            Unknown::Nowhere(_) => format!("unknown variable ${}", variable.name),
        };
        let diagnostic = Diagnostic::error(codes::VARIABLE_UNKNOWN, variable.span, message);
        let help = match self.name_before_dot(variable) {
            Some(name) => Some(format!("a dot belongs to the name; write $({name})")),
            None => match (unknown, gone_variable(&variable.name)) {
                (Unknown::Nowhere(_), Some(today)) => Some(today.to_owned()),
                _ => unknown.help(|similar| format!("${similar}")),
            },
        };
        self.diagnostics.push(match help {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        });
    }

    /// A dot after a name is part of it, in text a frequent slip: `"$rU.example.com"`.
    fn name_before_dot<'v>(&self, variable: &'v ast::Variable) -> Option<&'v str> {
        let dots = variable.name.rmatch_indices('.').map(|(position, _)| position);
        let mut names = dots.filter_map(|position| variable.name.get(..position));
        names.find(|name| self.resolver.variable(name, variable.inner.is_some()).is_ok())
    }

    fn note_alias(&mut self, variable: &ast::Variable, found: &Declared<'_>) {
        let Some(alias) = found.alias else { return };
        // `$fd` and `$from.domain` are both today's names: such pairs say so by never being gone.
        if alias.gone_in.is_empty() {
            return;
        }
        let today = found.declaration.name;
        let message = format!("${} is ${today} since {}", variable.name, alias.gone_in);
        let written = self.written(variable.span);
        let fixed = written.replacen(&variable.name, today, 1);
        let warning = Diagnostic::warning(codes::VARIABLE_OLD, variable.span, message);
        self.diagnostics.push(warning.fix(variable.span, fixed));
    }

    fn language(&self, found: &Declared<'_>) -> Option<Language> {
        let (module, declared) = self.resolver.catalogue.variable(found.id);
        if module != CORE {
            return None;
        }
        Some(match declared.name {
            "rc" | "retcode" => Language::Code,
            "param" => Language::Param,
            "return" => Language::Return,
            "route" => Language::Route,
            "route.name" => Language::RouteName,
            "route.type" => Language::RouteType,
            "cfg_line" => Language::Line,
            "cfg_file" => Language::File,
            _ => return None,
        })
    }

    fn inner(&mut self, variable: &ast::Variable, found: &Declared<'_>) -> InnerName {
        let declared = &found.declaration.inner;
        let Some(inner) = &variable.inner else {
            if matches!(declared, Inner::Name | Inner::Interned | Inner::Word(_) | Inner::Path) {
                let name = &variable.name;
                self.error(codes::VARIABLE_FORM, variable.span, format!("${name} needs a name: ${name}(…)"));
            }
            return InnerName::None;
        };
        if matches!(declared, Inner::None) {
            let message = format!("${} takes no name in parentheses", variable.name);
            self.error(codes::VARIABLE_FORM, variable.span, message);
        }
        let Some(text) = fixed_text(inner) else {
            let format = Box::new(self.format(inner));
            return if matches!(declared, Inner::Path) { InnerName::Path(format) } else { InnerName::Computed(format) };
        };
        if let Inner::Word(words) | Inner::OptionalWord(words) = declared {
            self.check_word(variable, &text, words);
        }
        let id = if matches!(declared, Inner::Interned) { self.intern(found.declaration.name, &text) } else { None };
        InnerName::Fixed(text, id)
    }

    fn intern(&self, variable: &str, name: &[u8]) -> Option<NameId> {
        let names = self.resolver.names;
        if variable == "var" { names.vars.intern(name) } else { names.avps.intern(name) }
    }

    fn check_word(&mut self, variable: &ast::Variable, text: &[u8], words: &[&'static str]) {
        let text = String::from_utf8_lossy(text);
        if words.contains(&&*text) {
            return;
        }
        let message = format!("${} has no part \"{text}\"", variable.name);
        let diagnostic = Diagnostic::error(codes::VARIABLE_FORM, variable.span, message);
        self.diagnostics.push(match nearest(&text, words.iter().copied()) {
            Some(word) => diagnostic.help(format!("did you mean {word}?")),
            None => diagnostic.help(format!("it has {}", words.join(", "))),
        });
    }

    /// The index, and the set that it counts in.
    fn index(&mut self, variable: &ast::Variable, found: &Declared<'_>) -> (IndexRef, Option<&'static str>) {
        let Some(index) = &variable.index else { return (IndexRef::Fixed(Index::None), None) };
        if !found.declaration.indexed {
            let message = format!("${} takes no index", variable.name);
            self.error(codes::VARIABLE_FORM, variable.span, message);
        }
        let (index, set) = match index {
            WrittenIndex::InSet(within) => (&within.0, self.index_set(variable, found, &within.1)),
            index => (index, None),
        };
        let index = match index {
            WrittenIndex::Number(number) => IndexRef::Fixed(Index::At(*number)),
            WrittenIndex::All => IndexRef::Fixed(Index::All),
            WrittenIndex::Append => IndexRef::Fixed(Index::Append),
            WrittenIndex::Variable(variable) => IndexRef::Computed(Box::new(self.read(variable))),
            // No set is in a set.
            WrittenIndex::InSet(_) => IndexRef::Fixed(Index::None),
        };
        (index, set)
    }

    fn index_set(&mut self, variable: &ast::Variable, found: &Declared<'_>, written: &str) -> Option<&'static str> {
        let sets = found.declaration.index_sets;
        let set = sets.iter().find(|set| **set == written).copied();
        if set.is_none() && found.declaration.indexed {
            let message = format!("the index of ${} does not count in \"{written}\"", variable.name);
            let diagnostic = Diagnostic::error(codes::VARIABLE_FORM, variable.span, message);
            self.diagnostics.push(match nearest(written, sets.iter().copied()) {
                Some(set) => diagnostic.help(format!("did you mean {set}?")),
                None if sets.is_empty() => diagnostic,
                None => diagnostic.help(format!("it counts in {}", sets.join(", "))),
            });
        }
        set
    }

    fn transformation(&mut self, written: &ast::Transformation) -> TransformationRef {
        let nothing = TransformationRef { transformation: TransformationId(0), args: Box::default(), asks: false };
        let transformation = match self.resolver.transformation(&written.name) {
            Ok(transformation) => transformation,
            Err(unknown) => {
                let message = format!("unknown transformation {{{}}}", written.name);
                let diagnostic = Diagnostic::error(codes::TRANSFORMATION_UNKNOWN, written.span, message);
                self.diagnostics.push(match unknown.help(|similar| format!("{{{similar}}}")) {
                    Some(help) => diagnostic.help(help),
                    None => diagnostic,
                });
                return nothing;
            }
        };
        let args = self.transformation_args(written, transformation);
        let asks = self.resolver.transformation_asks(transformation);
        TransformationRef { transformation, args, asks }
    }

    fn transformation_args(
        &mut self,
        written: &ast::Transformation,
        transformation: TransformationId,
    ) -> Box<[TransformationArg]> {
        let declared = self.resolver.catalogue.transformation(transformation).1;
        if let (true, [only], Some(rest)) = (declared.rest, declared.args, &written.rest) {
            let value = self.transformation_arg(rest, true);
            self.judge_transformation_arg(only, &value, written.span);
            return Box::new([value]);
        }
        // `{s.select,1,,}`: the commas that the last argument of some may hold.
        let given = match declared.args.len().checked_sub(1) {
            Some(others) if declared.rest => joined_from(&written.args, others),
            _ => Cow::Borrowed(&written.args[..]),
        };
        let mut args = Vec::new();
        let mut expected = declared.args;
        if let (true, [_, others @ ..]) = (takes_number(declared.name), declared.args) {
            args.push(TransformationArg::Fixed(Value::or_null(written.number)));
            expected = others;
        } else if written.number.is_some() {
            let message = format!("{{{}}} takes no number in its name", declared.name);
            self.error(codes::TRANSFORMATION_ARGS, written.span, message);
        }
        let least = expected.iter().rposition(|arg| !arg.optional).map_or(0, |last| last + 1);
        if given.len() < least || given.len() > expected.len() {
            let names: Vec<_> = expected.iter().map(|arg| arg.name).collect();
            let message = match names.is_empty() {
                true => format!("{{{}}} takes no parameter", declared.name),
                false => format!("{{{}}} takes {}", declared.name, names.join(", ")),
            };
            self.error(codes::TRANSFORMATION_ARGS, written.span, message);
        }
        for (arg, text) in expected.iter().zip(given.iter()) {
            let value = self.transformation_arg(text, arg.verbatim);
            if arg.int && matches!(&value, TransformationArg::Fixed(value) if value.int().is_none()) {
                let message = format!("{} of {{{}}} must be a number", arg.name, declared.name);
                self.error(codes::TRANSFORMATION_ARGS, written.span, message);
            }
            self.judge_transformation_arg(arg, &value, written.span);
            args.push(value);
        }
        args.into()
    }

    fn judge_transformation_arg(&mut self, arg: &catalogue::TransformationArg, value: &TransformationArg, span: Span) {
        if let TransformationArg::Fixed(Value::Str(text)) = value {
            self.judge(arg.judge, arg.name, &String::from_utf8_lossy(text), span);
        }
    }

    /// Says what is to be said of a constant, given its declaration.
    pub(crate) fn judge(&mut self, judge: Option<Judge>, name: &str, text: &str, span: Span) {
        match judge.map_or(Verdict::Fine, |judge| judge(text)) {
            Verdict::Fine => {}
            Verdict::Old(today) => {
                let message = format!("\"{text}\" is an older spelling of {name}");
                let warning = Diagnostic::warning(codes::FLAGS_OLD, span, message);
                self.diagnostics.push(warning.fix(span, format!("\"{today}\"")));
            }
            Verdict::Ignored(what, instead) => {
                let warning = Diagnostic::warning(codes::ARGUMENT_IGNORED, span, format!("{name}: {what}"));
                self.diagnostics.push(warning.help(format!("it is {instead}")));
            }
            Verdict::Wrong(what, instead) => {
                let message = format!("{name}: {what}");
                let error = Diagnostic::error(codes::ARGUMENT_VALUE, span, message);
                self.diagnostics.push(error.help(format!("it is {instead}")));
            }
        }
    }

    fn transformation_arg(&mut self, text: &Text, is_verbatim: bool) -> TransformationArg {
        if let Some(text) = fixed_text(text) {
            let trimmed = if is_verbatim { text } else { Bytes::copy_from_slice(text.trim_ascii()) };
            return TransformationArg::Fixed(Value::Str(trimmed));
        }
        let variable = if is_verbatim { single_variable(text) } else { variable_between_blanks(text) };
        match variable {
            Some(variable) => TransformationArg::Variable(self.read(variable)),
            None => TransformationArg::Format(self.format(text)),
        }
    }
}

/// The arguments with all from this place on as one.
fn joined_from(args: &[Text], place: usize) -> Cow<'_, [Text]> {
    match args.split_at_checked(place) {
        Some((before, [first, more @ ..])) if !more.is_empty() => {
            let last = joined(std::iter::once(first).chain(more));
            Cow::Owned(before.iter().cloned().chain([last]).collect())
        }
        _ => Cow::Borrowed(args),
    }
}

/// `{nameaddr.N.uri}`: the number in the name is the first argument.
fn takes_number(name: &str) -> bool {
    name.starts_with("nameaddr.")
}

/// The text, if there are no variables in it.
pub(crate) fn fixed_text(text: &Text) -> Option<Bytes> {
    match &text.segments[..] {
        [] => Some(Bytes::new()),
        [Segment::Literal(text)] => Some(text.clone()),
        _ => None,
    }
}

/// The variable, if there is nothing else.
pub(crate) fn single_variable(text: &Text) -> Option<&ast::Variable> {
    match &text.segments[..] {
        [Segment::Variable(variable)] => Some(variable),
        _ => None,
    }
}

/// The variable, if there is nothing else but blanks.
fn variable_between_blanks(text: &Text) -> Option<&ast::Variable> {
    let is_blank =
        |segment: &&Segment| matches!(segment, Segment::Literal(text) if text.iter().all(u8::is_ascii_whitespace));
    let mut others = text.segments.iter().filter(|segment| !is_blank(segment));
    match (others.next(), others.next()) {
        (Some(Segment::Variable(variable)), None) => Some(variable),
        _ => None,
    }
}

/// For `$var(name)` the name, `None` in it where it is computed; for other variables nothing.
fn script_name(variable: &ast::Variable) -> Option<Option<Bytes>> {
    (variable.name == "var").then(|| variable.inner.as_ref().and_then(fixed_text))
}
