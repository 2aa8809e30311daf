//! Passwords of subscribers: given, read, or made.

use crate::defaults::random_hex;
use std::io::{self, Read};

/// A password given, or made here.
pub struct Secret {
    /// The password.
    pub password: String,
    is_made: bool,
}

impl Secret {
    /// The one given; `-` is read from the standard input; without one, a new one.
    ///
    /// # Errors
    /// It is empty, or cannot be read or made.
    pub fn new(given: Option<String>) -> Result<Secret, String> {
        let password = match given.as_deref() {
            None => {
                return random_hex(10)
                    .map(|password| Secret { password, is_made: true })
                    .map_err(|error| error.to_string());
            }
            Some("-") => {
                let mut line = String::new();
                io::stdin().read_to_string(&mut line).map_err(|error| error.to_string())?;
                line.trim_end_matches(['\r', '\n']).to_owned()
            }
            Some(password) => password.to_owned(),
        };
        if password.is_empty() {
            return Err("the password is empty".to_owned());
        }
        Ok(Secret { password, is_made: false })
    }

    /// A password that was made must be told; one that was given must not be.
    pub fn shown(&self) -> String {
        if self.is_made { format!("  password {}", self.password) } else { String::new() }
    }
}
