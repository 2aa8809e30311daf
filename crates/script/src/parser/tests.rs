//! Scripts in, messages or trees out.
