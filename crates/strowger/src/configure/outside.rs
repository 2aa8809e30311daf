//! What reading a script needs from the system: files, the environment, the preprocessor.

use script::source::{Files, Preprocessed, Preprocessor};
use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::{env, fs, thread};

/// The files of the system; `-` is the standard input.
pub struct SystemFiles<'a> {
    /// Where relative paths begin.
    pub directory: &'a Path,
}

impl Files for SystemFiles<'_> {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        if path != "-" {
            return fs::read(self.directory.join(path));
        }
        let mut text = Vec::new();
        io::stdin().read_to_end(&mut text)?;
        Ok(text)
    }
}

/// The environment, for `${NAME}` and `$env(NAME)`. Names and values that are no text are left out.
pub fn environment() -> BTreeMap<String, String> {
    env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))).collect()
}

/// The command of `-p`, run by the shell.
pub struct ShellPreprocessor<'a> {
    command: &'a str,
    directory: &'a Path,
}

impl ShellPreprocessor<'_> {
    /// This command, run in this directory.
    pub const fn new<'a>(command: &'a str, directory: &'a Path) -> ShellPreprocessor<'a> {
        ShellPreprocessor { command, directory }
    }
}

impl Preprocessor for ShellPreprocessor<'_> {
    fn command(&self) -> &str {
        self.command
    }

    fn run(&mut self, text: &[u8]) -> io::Result<Preprocessed> {
        let mut shell = Command::new("/bin/sh");
        if !self.directory.as_os_str().is_empty() {
            shell.current_dir(self.directory);
        }
        shell
            .arg("-c")
            .arg(telling_places(self.command))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = shell.spawn()?;
        let Some(mut stdin) = child.stdin.take() else { return Err(io::Error::other("it has no standard input")) };
        let text = text.to_owned();
        // In a thread of its own: the command may print before it has read all.
        let writing = thread::spawn(move || stdin.write_all(&text));
        let output = child.wait_with_output()?;
        // A command that ends without reading all is judged by its status.
        let _ = writing.join();
        Ok(Preprocessed {
            output: output.stdout,
            status: output.status.code().unwrap_or(-1),
            errors: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }
}

/// m4 tells with `-s` which line of which file it is at: only so places in files that it includes are known.
fn telling_places(command: &str) -> String {
    let (program, rest) = command.split_once(' ').unwrap_or((command, ""));
    match program.rsplit('/').next() {
        Some("m4" | "gm4") => format!("{program} -s {rest}"),
        _ => command.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::telling_places;

    #[test]
    fn m4_tells_places() {
        assert_eq!(telling_places("m4"), "m4 -s ");
        assert_eq!(telling_places("/usr/bin/m4 -I src defs.m4 -"), "/usr/bin/m4 -s -I src defs.m4 -");
        assert_eq!(telling_places("sed s/m4/m5/"), "sed s/m4/m5/");
    }
}
