//! The parameters of `mi_fifo`.

use crate::owner::Access;
use crate::{EdgeError, EdgeParams};
use std::path::PathBuf;
use std::time::Duration;

/// How the FIFO is made and used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FifoOptions {
    /// `fifo_name`
    pub path: PathBuf,
    /// `fifo_mode`, `fifo_user`, `fifo_group`
    pub access: Access,
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
            access: Access::default(),
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
            access: Access::new(params, "fifo_mode", "fifo_user", "fifo_group")?,
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
        assert_eq!(read(&[("fifo_name", "")]), Ok(FifoOptions::default()));
        let options = read(&[("fifo_name", "/run/x"), ("fifo_mode", "384"), ("reply_dir", "/run/")]).unwrap();
        assert_eq!((options.path.to_str(), options.reply_directory.to_str()), (Some("/run/x"), Some("/run/")));
        assert_eq!(options.access.mode, 0o600);
    }
}
