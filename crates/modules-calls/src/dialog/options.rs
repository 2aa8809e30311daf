//! The flags of `create_dialog()`.

use module_api::Fault;

/// What a script asked for when it made a dialog.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options(u32);

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Choice {
    /// `bye-on-timeout`: both parties get a BYE when the time is over.
    ByeOnTimeout = 1 << 3,
    /// `options-ping-caller`
    OptionsCaller = 1 << 5,
    /// `options-ping-callee`
    OptionsCallee = 1 << 6,
    /// `end-on-race-condition`
    EndOnRace = 1 << 9,
    /// `reinvite-ping-caller`
    ReinviteCaller = 1 << 12,
    /// `reinvite-ping-callee`
    ReinviteCallee = 1 << 13,
}

/// How a party is pinged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ping {
    /// With OPTIONS.
    Options,
    /// With re-INVITE.
    Reinvite,
}

const NAMES: [(&str, char, Choice); 6] = [
    ("bye-on-timeout", 'B', Choice::ByeOnTimeout),
    ("options-ping-caller", 'P', Choice::OptionsCaller),
    ("options-ping-callee", 'p', Choice::OptionsCallee),
    ("reinvite-ping-caller", 'R', Choice::ReinviteCaller),
    ("reinvite-ping-callee", 'r', Choice::ReinviteCallee),
    ("end-on-race-condition", 'E', Choice::EndOnRace),
];

/// What `auto-prack` needs.
pub const NO_AUTO_PRACK: &str = "auto-prack: this server does not answer reliable provisional replies for a caller";

/// The flags of letters run together; `None`: one of them is no flag's.
fn letters(text: &str) -> Option<Vec<(&'static str, Choice)>> {
    let flag = |letter| NAMES.iter().find(|(_, known, _)| *known == letter).map(|(name, _, choice)| (*name, *choice));
    text.chars().map(flag).collect()
}

impl Options {
    /// From a list of names, or letters as older scripts have them (`"PpB"`).
    ///
    /// # Errors
    /// There is no such flag.
    pub fn parse(text: &str) -> Result<Options, Fault> {
        let mut options = Options::default();
        let text = text.trim();
        if let Some(letters) = letters(text) {
            letters.into_iter().for_each(|(_, choice)| options.set(choice));
            return Ok(options);
        }
        for word in text.split(',').map(str::trim).filter(|word| !word.is_empty()) {
            if word.eq_ignore_ascii_case("auto-prack") {
                return Err(Fault::script(NO_AUTO_PRACK));
            }
            let known = NAMES.iter().find(|(name, _, _)| name.eq_ignore_ascii_case(word));
            let known = known.ok_or_else(|| {
                let names: Vec<&str> = NAMES.iter().map(|(name, _, _)| *name).collect();
                Fault::script(format!("create_dialog(): flag \"{word}\" is none of {}", names.join(", ")))
            })?;
            options.set(known.2);
        }
        Ok(options)
    }

    /// The list of names that letters of older releases stand for; `None`: they are none.
    pub fn names_of_letters(text: &str) -> Option<String> {
        let names: Vec<&str> = letters(text.trim())?.into_iter().map(|(name, _)| name).collect();
        Some(names.join(","))
    }

    /// As rows have them.
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// From a row.
    pub fn of_bits(bits: u32) -> Options {
        let known = NAMES.iter().fold(0, |known, (_, _, choice)| known | *choice as u32);
        Options(bits & known)
    }

    /// Adds one.
    pub const fn set(&mut self, choice: Choice) {
        self.0 |= choice as u32;
    }

    /// Adds those of another.
    pub const fn add(&mut self, other: Options) {
        self.0 |= other.0;
    }

    /// Whether it was asked for.
    pub const fn has(self, choice: Choice) -> bool {
        self.0 & choice as u32 != 0
    }

    /// How each party is pinged, the caller first. Of both ways, the re-INVITE.
    pub const fn pings(self) -> [Option<Ping>; 2] {
        [
            self.ping(Choice::ReinviteCaller, Choice::OptionsCaller),
            self.ping(Choice::ReinviteCallee, Choice::OptionsCallee),
        ]
    }

    const fn ping(self, reinvite: Choice, options: Choice) -> Option<Ping> {
        match (self.has(reinvite), self.has(options)) {
            (true, _) => Some(Ping::Reinvite),
            (false, true) => Some(Ping::Options),
            (false, false) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Choice, Options, Ping};

    #[test]
    fn names_and_letters() {
        let options = Options::parse("bye-on-timeout, reinvite-ping-caller,options-ping-caller").unwrap();
        assert!(options.has(Choice::ByeOnTimeout) && !options.has(Choice::EndOnRace));
        assert_eq!(options.pings(), [Some(Ping::Reinvite), None]);
        assert_eq!(Options::parse("PpB").unwrap().pings(), [Some(Ping::Options); 2]);
        assert_eq!(Options::parse("").unwrap(), Options::default());
        assert_eq!(Options::of_bits(options.bits()), options);
        assert!(Options::parse("bye").unwrap_err().text.contains("none of bye-on-timeout"));
        assert!(Options::parse("bye-on-timeout,auto-prack").unwrap_err().text.contains("auto-prack"));
    }
}
