//! How much memory this machine has, and what of it messages may hold that wait for something.

use std::fs;

/// Half of what there is: the other half is for contacts, connections, caches and the system. Where nobody says how much
/// there is, what any machine has.
pub fn held_bytes_max() -> usize {
    let machine = fs::read_to_string("/proc/meminfo").ok().and_then(|text| of_machine(&text));
    let group = fs::read_to_string("/proc/self/cgroup").ok().and_then(|text| of_group(&text));
    let bytes = machine.into_iter().chain(group).min().unwrap_or(HALF_A_GIGABYTE);
    usize::try_from(bytes / 2).unwrap_or(usize::MAX)
}

const HALF_A_GIGABYTE: u64 = 512 << 20;

/// `MemTotal:       16326656 kB`
fn of_machine(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

/// The least that a control group (version 2) around this process grants, its own or one further out.
fn of_group(text: &str) -> Option<u64> {
    let mut path = text.lines().find_map(|line| line.strip_prefix("0::"))?.trim_end_matches('/');
    let mut least: Option<u64> = None;
    loop {
        let limit = fs::read_to_string(format!("/sys/fs/cgroup{path}/memory.max")).ok();
        let limit = limit.and_then(|text| text.trim().parse::<u64>().ok());
        least = least.into_iter().chain(limit).min();
        let Some((outer, _)) = path.rsplit_once('/') else { return least };
        path = outer;
    }
}

#[cfg(test)]
mod tests {
    use super::{held_bytes_max, of_group, of_machine};

    #[test]
    fn the_system_says_how_much_there_is() {
        assert_eq!(of_machine("MemTotal:       16326656 kB\nMemFree: 1 kB"), Some(16_326_656 * 1024));
        assert_eq!(of_machine("nothing"), None);
        assert_eq!(of_group("1:name=x:/y\n"), None);
        assert!(held_bytes_max() > 1 << 20);
    }
}
