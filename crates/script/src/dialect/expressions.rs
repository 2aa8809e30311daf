//! Operands of 1.x, which were words: `uri == myself`, `method == "INVITE"`, `src_ip == 10.0.0.1`.

/// An operand of 1.x and what it is today.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OldOperand {
    /// The word.
    pub word: &'static str,
    /// The variable with the same value.
    pub today: &'static str,
    /// The variable whose host `== myself` asks about, if it can.
    pub host: Option<&'static str>,
}

/// The operand that a word was.
pub(crate) fn old_operand(word: &str) -> Option<OldOperand> {
    OLD.iter().find(|old| old.word == word).copied()
}

/// The variable of the host of what a variable holds, where that is a whole URI.
pub(crate) fn host_of(variable: &str) -> Option<&'static str> {
    OLD.iter().find(|old| old.today == variable)?.host
}

const fn operand(word: &'static str, today: &'static str) -> OldOperand {
    OldOperand { word, today, host: None }
}

const OLD: &[OldOperand] = &[
    OldOperand { word: "uri", today: "$ru", host: Some("$rd") },
    OldOperand { word: "from_uri", today: "$fu", host: Some("$fd") },
    OldOperand { word: "to_uri", today: "$tu", host: Some("$td") },
    OldOperand { word: "src_ip", today: "$si", host: Some("$si") },
    OldOperand { word: "dst_ip", today: "$socket_in(ip)", host: Some("$socket_in(ip)") },
    operand("method", "$rm"),
    operand("src_port", "$sp"),
    operand("dst_port", "$socket_in(port)"),
    operand("proto", "$socket_in(proto)"),
    operand("af", "$socket_in(af)"),
    operand("status", "$rs"),
    operand("msg:len", "$ml"),
    operand("retcode", "$retcode"),
    operand("return_code", "$retcode"),
];
