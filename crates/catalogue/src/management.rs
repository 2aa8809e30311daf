//! The declaration of a management (MI) command.

/// A management command.
#[derive(Clone, Copy, Debug)]
pub struct Command<R: 'static> {
    /// Its whole name: `usrloc:dump`.
    pub name: &'static str,
    /// Other names it answers to (3.x names).
    pub aliases: &'static [&'static str],
    /// One sentence: what it does.
    pub about: &'static str,
    /// The exact parameter sets it accepts; `&[&[]]` for none.
    pub recipes: &'static [&'static [CommandParam]],
    /// Whether parameters must be named.
    pub named_only: bool,
    /// The shape of its reply, in the notation of the reference.
    pub reply: &'static str,
    /// What runs.
    pub run: R,
}

/// A parameter of a management command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommandParam {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub kind: CommandParamKind,
}

/// The type of a management parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommandParamKind {
    /// A string; a number is printed.
    Str,
    /// An integer; a numeric string is read.
    Int,
    /// A JSON array, not empty.
    Array,
    /// Any JSON value (array or object).
    Any,
}

impl CommandParam {
    /// A string.
    pub const fn str(name: &'static str) -> CommandParam {
        CommandParam { name, kind: CommandParamKind::Str }
    }

    /// An integer.
    pub const fn int(name: &'static str) -> CommandParam {
        CommandParam { name, kind: CommandParamKind::Int }
    }

    /// An array.
    pub const fn array(name: &'static str) -> CommandParam {
        CommandParam { name, kind: CommandParamKind::Array }
    }

    /// Any value.
    pub const fn any(name: &'static str) -> CommandParam {
        CommandParam { name, kind: CommandParamKind::Any }
    }
}

impl<R> Command<R> {
    /// The declaration alone.
    pub const fn declaration(&self) -> Command<()> {
        Command {
            name: self.name,
            aliases: self.aliases,
            about: self.about,
            recipes: self.recipes,
            named_only: self.named_only,
            reply: self.reply,
            run: (),
        }
    }
}
