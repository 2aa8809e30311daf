//! The qualities of protection that a challenge offers (RFC 7616 section 3.4).

/// What a challenge offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QopOffer {
    /// None: the answer is RFC 2069's.
    None,
    /// `auth`
    Auth,
    /// `auth-int`: the body is protected as well.
    AuthInt,
    /// Either.
    Both,
}

impl QopOffer {
    /// From the argument of a challenge; `None` if it is none of the known words. `0` and `1` are older scripts'.
    pub fn parse(text: &[u8]) -> Option<QopOffer> {
        let text = text.trim_ascii();
        if text.is_empty() || text == b"0" {
            return Some(QopOffer::None);
        }
        if text == b"1" {
            return Some(QopOffer::Auth);
        }
        if text.eq_ignore_ascii_case(b"both") {
            return Some(QopOffer::Both);
        }
        text.split(|byte| *byte == b',').try_fold(QopOffer::None, |offer, word| {
            let word = word.trim_ascii();
            let more = if word.eq_ignore_ascii_case(b"auth") {
                QopOffer::Auth
            } else if word.eq_ignore_ascii_case(b"auth-int") {
                QopOffer::AuthInt
            } else {
                return None;
            };
            Some(QopOffer::of_code(offer.code() | more.code()))
        })
    }

    /// As a challenge writes it.
    pub fn text(self) -> Option<&'static str> {
        match self {
            QopOffer::None => None,
            QopOffer::Auth => Some("auth"),
            QopOffer::AuthInt => Some("auth-int"),
            QopOffer::Both => Some("auth,auth-int"),
        }
    }

    /// Whether an answer with this quality keeps to the offer. Clients that know no qop may leave `auth` out; to leave
    /// `auth-int` out would be to leave out the protection asked for.
    pub fn allows(self, answer: Option<&[u8]>) -> bool {
        match answer {
            None => self != QopOffer::AuthInt,
            Some(word) if word.eq_ignore_ascii_case(b"auth") => self.code() & QopOffer::Auth.code() != 0,
            Some(word) if word.eq_ignore_ascii_case(b"auth-int") => self.code() & QopOffer::AuthInt.code() != 0,
            Some(_) => false,
        }
    }

    /// In two bits.
    pub fn code(self) -> u8 {
        match self {
            QopOffer::None => 0,
            QopOffer::Auth => 1,
            QopOffer::AuthInt => 2,
            QopOffer::Both => 3,
        }
    }

    /// From two bits.
    pub fn of_code(code: u8) -> QopOffer {
        match code & 3 {
            0 => QopOffer::None,
            1 => QopOffer::Auth,
            2 => QopOffer::AuthInt,
            _ => QopOffer::Both,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::QopOffer;

    #[test]
    fn offers_and_their_answers() {
        for (argument, offer, allowed) in [
            ("", QopOffer::None, "none"),
            ("0", QopOffer::None, "none"),
            ("1", QopOffer::Auth, "none auth"),
            ("auth", QopOffer::Auth, "none auth"),
            ("auth-int", QopOffer::AuthInt, "auth-int"),
            ("auth,auth-int", QopOffer::Both, "none auth auth-int"),
            ("auth-int, AUTH", QopOffer::Both, "none auth auth-int"),
            ("both", QopOffer::Both, "none auth auth-int"),
        ] {
            assert_eq!(QopOffer::parse(argument.as_bytes()), Some(offer), "{argument}");
            let words = ["none", "auth", "auth-int", "conf"];
            let answers = words.iter().filter(|word| offer.allows((**word != "none").then_some(word.as_bytes())));
            assert_eq!(answers.copied().collect::<Vec<_>>().join(" "), allowed, "{argument}");
        }
        assert_eq!(QopOffer::parse(b"privacy"), None);
    }
}
