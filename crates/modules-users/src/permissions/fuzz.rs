//! Files of rules from arbitrary bytes.

use super::rules::Rules;

/// Two URIs and a file, parted by NUL bytes: nothing may panic; a comment says nothing, lines that match match whatever
/// stands around them, and what everybody may is what this pair may.
#[doc(hidden)]
pub fn fuzz_rules(data: &[u8]) {
    let mut parts = data.splitn(3, |byte| *byte == 0);
    let (left, right) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let file = parts.next().unwrap_or_default();
    let Ok(rules) = Rules::parse(file) else { return };
    // Where there may be as many rules as are taken, there is no room for one more.
    if file.len() > FILE_BYTES_MAX {
        return;
    }
    let matches = rules.match_pair(left, right);
    let lines = file.split(|byte| *byte == b'\n');
    let by_line = lines.map(|line| Rules::parse(line).is_ok_and(|rules| rules.match_pair(left, right)));
    assert_eq!(matches, by_line.fold(false, |one, other| one | other));
    let with =
        |line: &[u8]| Rules::parse(&[file, b"\n", line].concat()).is_ok_and(|rules| rules.match_pair(left, right));
    assert_eq!(with(b"\t# ALL : ALL\r"), matches);
    assert!(with(b"all:ALL"));
}

const FILE_BYTES_MAX: usize = 65_536;

#[cfg(test)]
mod tests {
    use super::fuzz_rules;
    use proptest::prelude::*;
    use std::fs;
    use std::path::Path;

    #[test]
    fn the_corpus_runs() {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/permission_rules");
        let files: Vec<_> = fs::read_dir(corpus).unwrap().map(|file| fs::read(file.unwrap().path()).unwrap()).collect();
        files.iter().for_each(|data| fuzz_rules(data));
        assert!(files.len() >= 4);
    }

    proptest! {
        #[test]
        fn any_file_holds(
            pair in "sip:[ab]@c\0sip:[ab]@d\0",
            rules in "((ALL|\"[\\^]?sip:[ab.]\"(, \"[bd@]+[$]\")?)( EXCEPT \"[a-d]\")? ?: ?(all|\"[a-d(|)*]{1,4}\")( # \"x)?\r?\n){0,4}",
        ) {
            fuzz_rules(format!("{pair}{rules}").as_bytes());
        }
    }
}
