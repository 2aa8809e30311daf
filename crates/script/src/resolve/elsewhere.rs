//! Functions and variables of OpenSIPS's modules that are not there yet: so that a script is told which module it lacks,
//! not that its functions are slips of the finger.

/// A line for each module, its functions and `$`variables: `nathelper: fix_nated_contact nat_uac_test …`.
const NAMES: &str = include_str!("opensips_names.txt");

/// The modules of OpenSIPS that have this function, or variable where the name begins with `$`.
pub(crate) fn modules_with(name: &str) -> Vec<&'static str> {
    let lines = NAMES.lines().filter_map(|line| line.split_once(": "));
    lines.filter(|(_, names)| names.split(' ').any(|known| known == name)).map(|(module, _)| module).collect()
}

#[cfg(test)]
mod tests {
    use super::{NAMES, modules_with};

    #[test]
    fn names_lead_to_their_modules() {
        assert_eq!(modules_with("nat_uac_test"), ["nathelper"]);
        assert_eq!(modules_with("$xml"), ["xml"]);
        assert_eq!(modules_with("t_relay"), Vec::<&str>::new());
        assert!(NAMES.lines().all(|line| line.split_once(": ").is_some()));
    }
}
