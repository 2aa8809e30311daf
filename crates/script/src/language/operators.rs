//! What stands between values and before them, from the loosest to the tightest; and the values that have names.

use super::{Element, Kind};

const fn operator(
    names: &'static [&'static str],
    form: &'static str,
    about: &'static str,
    example: &'static str,
) -> Element {
    Element { names, kind: Kind::Operator, form, about, example }
}

const fn value(
    names: &'static [&'static str],
    form: &'static str,
    about: &'static str,
    example: &'static str,
) -> Element {
    Element { names, kind: Kind::Value, form, about, example }
}

pub(super) const ALL: &[Element] = &[
    operator(
        &["&&", "and", "||", "or"],
        "A && B, A || B",
        "Both, either. They have one level, from left to right; what does not matter any more is not evaluated. Write \
         parentheses where both are used.",
        "if ($rU == NULL || ($rm == \"INVITE\" && $si != NULL)) exit;",
    ),
    operator(
        &["!", "not"],
        "!A",
        "True where A is false. It reaches over a comparison: `!$x == 1` is `!($x == 1)`.",
        "if (!route(known)) exit;",
    ),
    operator(
        &["==", "!=", "<", ">", "<=", ">="],
        "$VARIABLE == VALUE",
        "Compares a variable, on the left, with a number, a string (letter case does not count), an address or network \
         (`==` and `!=` only), NULL or another variable. A number and a string do not compare: the result is false.",
        "if ($si == 10.0.0.0/8 && $rp >= 5060) exit;",
    ),
    operator(
        &["=~", "!~"],
        "$VARIABLE =~ EXPRESSION",
        "Whether an extended regular expression of POSIX matches; letter case does not count. The expression is a string, taken \
         as it stands, or a variable.",
        "if ($rU =~ \"^[0-9]+$\") exit;",
    ),
    operator(
        &["="],
        "$VARIABLE = VALUE",
        "Assigns. NULL takes the value away; of an AVP, the one on top. `$avp(x)` gets another value on top of those it has, \
         `$(avp(x)[append])` at the end, and `$(avp(x)[0])` in place of the first.",
        "$avp(limit) = 3;",
    ),
    operator(&[":="], "$VARIABLE := VALUE", "Assigns in place of all values of an AVP.", "$avp(limit) := NULL;"),
    operator(
        &["+=", "-=", "*=", "/=", "%=", "&=", "|=", "^="],
        "$VARIABLE += VALUE",
        "Combines the variable with the value and assigns the result.",
        "$var(n) += 1;",
    ),
    operator(
        &["&", "|", "^", "<<", ">>"],
        "A & B",
        "Combines the bits of numbers, or of strings of the same length (not the shifts). All of one level, looser than \
         `+` and its kin.",
        "$var(bits) = $var(bits) & 0x0f | 1 << 4;",
    ),
    operator(
        &["+", "-", "*", "/", "%"],
        "A + B",
        "Arithmetic with 32 bits; `+` joins strings. All of one level, from left to right: `1 + 2 * 3` is 9. Dividing by 0 \
         gives no value.",
        "$var(n) = ($var(n) + 1) * 60;",
    ),
    operator(&["~"], "~A", "All bits of a number turned over.", "$var(n) = ~$var(n);"),
    operator(
        &["["],
        "[ ARITHMETIC ]",
        "In a condition: whether the result is not 0. After the name of a variable inside `$( )`: which of its values.",
        "if ([ $var(n) & 1 ]) exit;",
    ),
];

pub(super) const VALUES: &[Element] = &[
    value(&["NULL", "null"], "NULL", "No value. Equal to itself only; in text it is `<null>`.", "$var(x) = NULL;"),
    value(
        &["yes", "no", "on", "off", "true", "false", "enable", "disable"],
        "yes, on, true, enable; no, off, false, disable",
        "1 and 0, in global parameters and `modparam`.",
        "$var(x) = 1;",
    ),
];
