//! JSON as management replies use it: members keep their order.

/// A JSON value.
pub type Json = serde_json::Value;
/// A JSON object; members keep the order in which they were added.
pub type JsonMap = serde_json::Map<String, serde_json::Value>;
