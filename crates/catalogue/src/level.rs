//! The words of the levels of the log.

/// The number of a level; `None`: it is no level's word.
pub fn level_named(word: &str) -> Option<i32> {
    Some(match word {
        "L_ALERT" => -3,
        "L_CRIT" => -2,
        "L_ERR" => -1,
        "L_WARN" => 1,
        "L_NOTICE" => 2,
        "L_INFO" => 3,
        "L_DBG" => 4,
        _ => return None,
    })
}
