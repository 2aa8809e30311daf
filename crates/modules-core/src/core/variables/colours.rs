//! `$C(fb)`: colours of a terminal, foreground and background.

use catalogue::{Inner, Value};
use module_api::{Call, VARIABLE, Variable, VariableName, VariableRun};

pub(super) const ALL: &[Variable] = &[Variable {
    name: "C",
    about: "With xlog_force_color, sets the colours of a terminal, foreground then background: x default, s black, r red, g green, y yellow, \
            b blue, p purple, c cyan, w white.",
    inner: Inner::Name,
    run: VariableRun::read(read),
    ..VARIABLE
}];

fn read(call: &mut Call<'_>, name: VariableName<'_>) -> Value {
    if !call.env.services.settings.xlog_force_color {
        return Value::fixed("");
    }
    let [foreground, background] = name.text else { return Value::Null };
    if (*foreground, *background) == (b'x', b'x') {
        return Value::fixed("\x1b[0m");
    }
    let (Some(foreground), Some(background)) = (colour(*foreground), colour(*background)) else { return Value::Null };
    Value::from(format!("\x1b[0;3{foreground};4{background}m"))
}

fn colour(letter: u8) -> Option<u8> {
    Some(match letter {
        b's' => 0,
        b'r' => 1,
        b'g' => 2,
        b'y' => 3,
        b'b' => 4,
        b'p' => 5,
        b'c' => 6,
        b'w' => 7,
        b'x' => 9,
        _ => return None,
    })
}
