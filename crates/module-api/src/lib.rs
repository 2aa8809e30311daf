//! module-api
