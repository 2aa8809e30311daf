//! What a text is made of.

use crate::ast::Span;

/// A piece of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub kind: TokenKind,
    pub span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// Letters, digits and `_`.
    Word,
    Number(i32),
    /// With its quotes.
    String,
    /// An IPv4 or IPv6 address.
    Address,
    /// What a variable starts with; the rest of it is read by the byte.
    Dollar,
    Symbol(Symbol),
    /// Something without meaning; already complained about.
    Stray,
    /// The end of the text.
    End,
}

macro_rules! symbols {
    ($($name:ident = $text:literal)*) => {
        /// Punctuation and operators, longer ones before those they start with.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Symbol {
            $($name),*
        }

        impl Symbol {
            /// All of them.
            pub const ALL: &[Symbol] = &[$(Symbol::$name),*];

            pub fn text(self) -> &'static str {
                match self {
                    $(Symbol::$name => $text),*
                }
            }
        }
    };
}

symbols! {
    AndAnd = "&&" OrOr = "||" EqualEqual = "==" NotEqual = "!=" LessEqual = "<=" GreaterEqual = ">="
    Match = "=~" NoMatch = "!~" ShiftLeft = "<<" ShiftRight = ">>"
    ColonEqual = ":=" PlusEqual = "+=" MinusEqual = "-=" StarEqual = "*=" SlashEqual = "/=" PercentEqual = "%="
    AmpersandEqual = "&=" BarEqual = "|=" CaretEqual = "^="
    Equal = "=" Less = "<" Greater = ">" Not = "!" Tilde = "~" Plus = "+" Minus = "-" Star = "*" Slash = "/"
    Percent = "%" Ampersand = "&" Bar = "|" Caret = "^"
    LeftParenthesis = "(" RightParenthesis = ")" LeftBrace = "{" RightBrace = "}" LeftBracket = "[" RightBracket = "]"
    Semicolon = ";" Comma = "," Colon = ":"
}

impl Symbol {
    /// The symbol that `text` starts with.
    pub fn at(text: &[u8]) -> Option<Symbol> {
        Symbol::ALL.iter().copied().find(|symbol| text.starts_with(symbol.text().as_bytes()))
    }
}
