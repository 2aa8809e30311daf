//! The parameters of `mi_fifo`.

use crate::owner::{group, user};
use crate::{EdgeError, EdgeParams};
use std::path::PathBuf;
use std::time::Duration;

/// How the FIFO is made and used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FifoOptions {
    /// `fifo_name`
    pub path: PathBuf,
    /// `fifo_mode`
    pub mode: u32,
    /// `fifo_user`
    pub owner: Option<u32>,
    /// `fifo_group`
    pub group: Option<u32>,
    /// `reply_dir`
    pub reply_directory: PathBuf,
    /// `pretty_printing`
    pub is_pretty: bool,
    /// How often to look whether the FIFO is still there.
    pub check_every: Duration,
    /// How long the rest of a request may take to come.
    pub rest_within: Duration,
    /// How many replies may be on their way.
    pub replies_max: usize,
}

impl Default for FifoOptions {
    fn default() -> FifoOptions {
        FifoOptions {
            path: PathBuf::from("/tmp/opensips_fifo"),
            mode: 0o660,
            owner: None,
            group: None,
            reply_directory: PathBuf::from("/tmp/"),
            is_pretty: false,
            check_every: Duration::from_secs(30),
            rest_within: Duration::from_secs(2),
            replies_max: 256,
        }
    }
}

impl FifoOptions {
    /// As the module's parameters say.
    ///
    /// # Errors
    /// A parameter cannot be followed.
    pub fn new(params: EdgeParams<'_>) -> Result<FifoOptions, EdgeError> {
        let usual = FifoOptions::default();
        Ok(FifoOptions {
            path: params.text("fifo_name").map_or(usual.path, PathBuf::from),
            mode: params.number("fifo_mode", usual.mode)? & 0o777,
            owner: user(params, "fifo_user")?,
            group: group(params, "fifo_group")?,
            reply_directory: params.text("reply_dir").map_or(usual.reply_directory, PathBuf::from),
            is_pretty: params.is_on("pretty_printing")?,
            ..FifoOptions::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::FifoOptions;
    use crate::EdgeParams;
    use std::collections::BTreeMap;

    #[test]
    fn parameters_are_read() {
        let read = |values: &[(&'static str, &str)]| {
            let values: BTreeMap<_, _> = values.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
            FifoOptions::new(EdgeParams::new("mi_fifo", &values)).map_err(|error| error.to_string())
        };
        assert_eq!(read(&[("fifo_group", "-1"), ("fifo_user", "")]), Ok(FifoOptions::default()));
        let options = read(&[("fifo_mode", "384"), ("fifo_user", "root"), ("fifo_group", "7")]).unwrap();
        assert_eq!((options.mode, options.owner, options.group), (0o600, Some(0), Some(7)));
        let said = read(&[("fifo_user", "no such user")]).unwrap_err();
        assert_eq!(said, "mi_fifo: parameter fifo_user: there is no \"no such user\" on this machine");
    }
}
