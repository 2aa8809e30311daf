//! A compiled variable: what a script reads and writes, and what modules hold for later.

use crate::ast::Context;
use crate::host::{Assign, Host, Index, Language, Name, Reading, Rejected};
use crate::program::Format;
use crate::vm::Scope;
use bytes::Bytes;
use catalogue::{NameId, TransformationId, Value, VariableId};
use smallvec::SmallVec;
use std::borrow::Cow;

/// `$(<context>name(inner)[index]{transformation}…)` with everything looked up.
#[derive(Clone, Debug)]
pub struct VariableRef {
    /// Who answers.
    pub(crate) source: Source,
    /// What stands in the parentheses.
    pub(crate) name: InnerName,
    /// What stands in the brackets.
    pub(crate) index: IndexRef,
    /// What the index counts in.
    pub(crate) index_set: Option<&'static str>,
    /// `<request>` or `<reply>`
    pub(crate) context: Option<Context>,
    /// What is done to its value.
    pub(crate) transformations: Box<[TransformationRef]>,
    /// As written in the script.
    pub(crate) text: Box<str>,
    /// Its number among the variables that a program passes to functions.
    pub(crate) number: Option<u32>,
}

/// Who answers a variable.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    /// The host.
    Host(VariableId),
    /// The machine.
    Language(Language),
    /// Nobody needs to be asked.
    Constant(Value),
}

/// The name in the parentheses.
#[derive(Clone, Debug)]
pub(crate) enum InnerName {
    /// There are none.
    None,
    /// Known when the script is read.
    Fixed(Bytes, Option<NameId>),
    /// It contains variables.
    Computed(Box<Format>),
    /// It is a path that contains variables.
    Path(Box<Format>),
}

/// The index in the brackets.
#[derive(Clone, Debug)]
pub(crate) enum IndexRef {
    /// Known when the script is read.
    Fixed(Index),
    /// A variable.
    Computed(Box<VariableRef>),
}

/// A transformation with its arguments.
#[derive(Clone, Debug)]
pub(crate) struct TransformationRef {
    /// Which.
    pub(crate) transformation: TransformationId,
    /// Its arguments.
    pub(crate) args: Box<[TransformationArg]>,
    /// Whether it may ask for what it needs.
    pub(crate) asks: bool,
}

/// An argument of a transformation.
#[derive(Clone, Debug)]
pub(crate) enum TransformationArg {
    /// Known when the script is read.
    Fixed(Value),
    /// A variable.
    Variable(VariableRef),
    /// Text with variables in it.
    Format(Format),
}

impl VariableRef {
    /// A variable that always has this value.
    pub fn constant(value: Value) -> VariableRef {
        VariableRef {
            source: Source::Constant(value),
            name: InnerName::None,
            index: IndexRef::Fixed(Index::None),
            index_set: None,
            context: None,
            transformations: Box::default(),
            text: Box::default(),
            number: None,
        }
    }

    /// As written in the script.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Its number among [`crate::program::Program::argument_variables`], if it is one of them.
    pub fn number(&self) -> Option<u32> {
        self.number
    }

    /// The declaration it refers to, unless the machine answers it.
    pub fn id(&self) -> Option<VariableId> {
        match self.source {
            Source::Host(id) => Some(id),
            Source::Language(_) | Source::Constant(_) => None,
        }
    }

    /// What stands in its parentheses, variables filled in.
    pub fn inner(&self, host: &mut dyn Host) -> Bytes {
        Bytes::from(self.name(host, None).0.into_owned())
    }

    /// Its value, transformed as written.
    pub fn read(&self, host: &mut dyn Host) -> Value {
        self.value(host, None)
    }

    /// The value at another index than the written one: any of the values of a variable that has several.
    pub fn read_at(&self, host: &mut dyn Host, index: Index) -> Value {
        self.value_at(host, None, index)
    }

    /// Assigns to it.
    ///
    /// # Errors
    /// It cannot be written, or not with this value.
    pub fn write(&self, host: &mut dyn Host, operator: Assign, value: Value) -> Result<(), Rejected> {
        self.assign(host, None, operator, value)
    }

    pub(crate) fn value(&self, host: &mut dyn Host, scope: Option<&Scope>) -> Value {
        let index = self.index(host, scope);
        self.value_at(host, scope, index)
    }

    /// The value with another index than the written one.
    pub(crate) fn value_at(&self, host: &mut dyn Host, scope: Option<&Scope>, index: Index) -> Value {
        let mut value = match &self.source {
            Source::Constant(value) => value.clone(),
            Source::Language(variable) => {
                let name = self.name(host, scope);
                match scope {
                    Some(scope) => scope.read(*variable, &name.0, index),
                    None => host.language(*variable, &name.0, index),
                }
            }
            Source::Host(variable) => {
                let (text, id) = self.name(host, scope);
                let name = Name { text: &text, id };
                host.read(&Reading {
                    variable: *variable,
                    name,
                    index,
                    index_set: self.index_set,
                    context: self.context,
                })
            }
        };
        for transformation in &self.transformations {
            if value.is_null() {
                return value;
            }
            value = transformation.apply(host, scope, value);
        }
        value
    }

    pub(crate) fn assign(
        &self,
        host: &mut dyn Host,
        scope: Option<&Scope>,
        operator: Assign,
        value: Value,
    ) -> Result<(), Rejected> {
        let Source::Host(variable) = self.source else {
            return Err(Rejected(Cow::Owned(format!("{} can only be read", self.text))));
        };
        let index = self.index(host, scope);
        let (text, id) = self.name(host, scope);
        let name = Name { text: &text, id };
        let reading = Reading { variable, name, index, index_set: self.index_set, context: self.context };
        host.write(&reading, operator, value)
    }

    fn index(&self, host: &mut dyn Host, scope: Option<&Scope>) -> Index {
        match &self.index {
            IndexRef::Fixed(index) => *index,
            IndexRef::Computed(variable) => variable.value(host, scope).int().map_or(Index::None, Index::At),
        }
    }

    fn name(&self, host: &mut dyn Host, scope: Option<&Scope>) -> (Cow<'_, [u8]>, Option<NameId>) {
        match &self.name {
            InnerName::None => (Cow::Borrowed(b""), None),
            InnerName::Fixed(text, id) => (Cow::Borrowed(text), *id),
            InnerName::Computed(format) => {
                let mut text = Vec::new();
                format.print_in(host, scope, &mut text);
                (Cow::Owned(text), None)
            }
            InnerName::Path(format) => {
                let mut text = Vec::new();
                format.print_path(host, scope, &mut text);
                (Cow::Owned(text), None)
            }
        }
    }

    /// Whether the machine must be asked for it or for something in it.
    pub(crate) fn needs_scope(&self) -> bool {
        let in_name = match &self.name {
            InnerName::Computed(format) | InnerName::Path(format) => format.needs_scope(),
            InnerName::None | InnerName::Fixed(..) => false,
        };
        let in_index = matches!(&self.index, IndexRef::Computed(variable) if variable.needs_scope());
        let in_transformations = self.transformations.iter().any(TransformationRef::needs_scope);
        matches!(self.source, Source::Language(_)) || in_name || in_index || in_transformations
    }

    /// Whether its evaluation may ask for something.
    pub(crate) fn asks(&self) -> bool {
        let in_name = matches!(&self.name, InnerName::Computed(format) if format.asks());
        let in_index = matches!(&self.index, IndexRef::Computed(variable) if variable.asks());
        in_name || in_index || self.transformations.iter().any(TransformationRef::asks)
    }

    /// The same variable with everything filled in that only a running script knows, so that a function can keep it.
    pub(crate) fn settled(&self, host: &mut dyn Host, scope: &Scope) -> VariableRef {
        if !matches!(self.source, Source::Host(_)) || self.transformations.iter().any(TransformationRef::needs_scope) {
            return VariableRef { text: self.text.clone(), ..VariableRef::constant(self.value(host, Some(scope))) };
        }
        let (text, id) = self.name(host, Some(scope));
        let name = match &self.name {
            InnerName::None => InnerName::None,
            InnerName::Fixed(..) | InnerName::Computed(_) | InnerName::Path(_) => {
                InnerName::Fixed(Bytes::copy_from_slice(&text), id)
            }
        };
        let index = IndexRef::Fixed(self.index(host, Some(scope)));
        VariableRef { name, index, number: None, ..self.clone() }
    }
}

impl TransformationRef {
    fn apply(&self, host: &mut dyn Host, scope: Option<&Scope>, value: Value) -> Value {
        let args: SmallVec<[Value; 2]> = self.args.iter().map(|arg| arg.value(host, scope)).collect();
        host.transform(self.transformation, value, &args)
    }

    fn asks(&self) -> bool {
        let in_args = self.args.iter().any(|arg| match arg {
            TransformationArg::Fixed(_) => false,
            TransformationArg::Variable(variable) => variable.asks(),
            TransformationArg::Format(format) => format.asks(),
        });
        self.asks || in_args
    }

    fn needs_scope(&self) -> bool {
        self.args.iter().any(|arg| match arg {
            TransformationArg::Fixed(_) => false,
            TransformationArg::Variable(variable) => variable.needs_scope(),
            TransformationArg::Format(format) => format.needs_scope(),
        })
    }
}

impl TransformationArg {
    fn value(&self, host: &mut dyn Host, scope: Option<&Scope>) -> Value {
        match self {
            TransformationArg::Fixed(value) => value.clone(),
            TransformationArg::Variable(variable) => variable.value(host, scope),
            TransformationArg::Format(format) => format.value_in(host, scope),
        }
    }
}
