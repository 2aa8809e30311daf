//! A kind of series: `name: algorithm=average window=600 slots=10`.

/// What a profile says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Profile {
    pub(super) name: String,
    pub(super) group: String,
    pub(super) algorithm: Algorithm,
    /// How long a value counts, in seconds.
    pub(super) window_s: u32,
    /// Into how many pieces the window is cut; a piece is forgotten as a whole.
    pub(super) slots: u32,
    /// What all values positive is, for `percentage`.
    pub(super) factor: i64,
}

/// What a series yields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Algorithm {
    /// The sum of its values.
    Accumulate,
    /// Their mean.
    Average,
    /// How much of what was fed was positive.
    Percentage,
}

/// A slot for each second of a day.
const SLOTS_MAX: u32 = 86_400;
const WINDOW_S_MAX: u32 = 366 * 86_400;

impl Profile {
    pub(super) fn parse(text: &str) -> Result<Profile, String> {
        let (name, settings) = text.split_once(':').unwrap_or((text, ""));
        let name = name.trim();
        if name.is_empty() || name.contains(char::is_whitespace) {
            return Err(format!("\"{text}\" has no name before its colon"));
        }
        let mut profile = Profile {
            name: name.to_owned(),
            group: name.to_owned(),
            algorithm: Algorithm::Accumulate,
            window_s: 60,
            slots: 0,
            factor: 100,
        };
        for setting in settings.split([' ', '\t', ',', ';']).filter(|setting| !setting.is_empty()) {
            let (key, value) = setting.split_once('=').ok_or_else(|| format!("\"{setting}\" is no name=value"))?;
            profile.set(key, value)?;
        }
        if profile.slots == 0 {
            profile.slots = profile.window_s.min(SLOTS_MAX);
        }
        if profile.slots > profile.window_s {
            return Err(format!("a window of {} s cannot have {} slots", profile.window_s, profile.slots));
        }
        Ok(profile)
    }

    fn set(&mut self, key: &str, value: &str) -> Result<(), String> {
        match key {
            "algorithm" => self.algorithm = Algorithm::of(value)?,
            "group" if !value.is_empty() => value.clone_into(&mut self.group),
            "window" => self.window_s = number(value, WINDOW_S_MAX)?,
            "slots" => self.slots = number(value, SLOTS_MAX)?,
            "percentage_factor" => self.factor = i64::from(number(value, u32::MAX)?),
            // Upstream's hash table size: here the table sizes itself.
            "hash_size" => drop(number(value, u32::MAX)?),
            _ => return Err(format!("a series has no setting \"{key}\"")),
        }
        Ok(())
    }
}

impl Algorithm {
    fn of(word: &str) -> Result<Algorithm, String> {
        match word {
            "accumulate" => Ok(Algorithm::Accumulate),
            "average" => Ok(Algorithm::Average),
            "percentage" => Ok(Algorithm::Percentage),
            _ => Err(format!("\"{word}\" is no algorithm: accumulate, average or percentage")),
        }
    }
}

fn number(text: &str, greatest: u32) -> Result<u32, String> {
    let number = text.parse().ok().filter(|number| (1..=greatest).contains(number));
    number.ok_or_else(|| format!("\"{text}\" is no number between 1 and {greatest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles() {
        let profile = Profile::parse("perc_1h: algorithm=percentage window=3600 slots=6").expect("a profile");
        assert_eq!((profile.algorithm, profile.window_s, profile.slots), (Algorithm::Percentage, 3600, 6));
        assert_eq!(profile.group, "perc_1h");
        let plain = Profile::parse("sum:").expect("a profile");
        assert_eq!((plain.algorithm, plain.window_s, plain.slots), (Algorithm::Accumulate, 60, 60));
        for wrong in ["", ": window=1", "a: window=0", "a: colour=red", "a: algorithm=median", "a: window=1 slots=2"] {
            assert!(Profile::parse(wrong).is_err(), "{wrong}");
        }
    }
}
