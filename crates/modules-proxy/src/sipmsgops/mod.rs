//! `sipmsgops`: reading and changing messages: headers, bodies, codecs, the Request-URI, replies.

mod body;
mod codec_edits;
mod codecs;
mod headers;
mod json;
mod list_headers;
mod matching;
mod method;
mod old_body;
mod parts;
mod replies;
mod request_uri;
mod streams;
mod validate;

use catalogue::{Alias, Routes};
use module_api::{Module, Outcome};

/// The module.
pub const MODULE: Module = Module {
    name: "sipmsgops",
    about: "Reads and changes messages: headers, bodies, codecs, the Request-URI, replies.",
    functions: &[
        replies::APPEND_TO_REPLY,
        replies::APPEND_BODY_TO_REPLY,
        replies::APPEND_TIME,
        replies::CHANGE_REPLY_STATUS,
        headers::APPEND_HF,
        headers::INSERT_HF,
        headers::APPEND_URIHF,
        matching::REMOVE_HF,
        matching::REMOVE_HF_RE,
        matching::REMOVE_HF_GLOB,
        matching::IS_PRESENT_HF,
        matching::GET_GLOB_HEADERS_VALUES,
        method::IS_METHOD,
        method::HAS_TOTAG,
        method::IS_PRIVACY,
        body::HAS_BODY,
        body::HAS_BODY_PART,
        body::GET_UPDATED_BODY_PART,
        parts::REMOVE_BODY_PART,
        parts::ADD_BODY_PART,
        old_body::FILTER_BODY,
        old_body::ADD_BODY,
        codecs::CODEC_EXISTS,
        codecs::CODEC_EXISTS_RE,
        codecs::CODEC_DELETE,
        codecs::CODEC_DELETE_RE,
        codecs::CODEC_DELETE_EXCEPT_RE,
        codecs::CODEC_MOVE_UP,
        codecs::CODEC_MOVE_UP_RE,
        codecs::CODEC_MOVE_DOWN,
        codecs::CODEC_MOVE_DOWN_RE,
        streams::STREAM_EXISTS,
        streams::STREAM_DELETE,
        streams::IS_AUDIO_ON_HOLD,
        validate::SIPMSG_VALIDATE,
        list_headers::LIST_HDR_HAS_OPTION,
        list_headers::LIST_HDR_ADD_OPTION,
        list_headers::LIST_HDR_REMOVE_OPTION,
        request_uri::RURI_HAS_PARAM,
        request_uri::RURI_ADD_PARAM,
        request_uri::RURI_DEL_PARAM,
        request_uri::RURI_TEL2SIP,
        request_uri::IS_URI_USER_E164,
        json::SIP_TO_JSON,
    ],
    ..Module::EMPTY
};

/// The routes that handle a message on its way.
const ON_THE_WAY: Routes = Routes::REQUEST.or(Routes::ONREPLY).or(Routes::FAILURE).or(Routes::BRANCH).or(Routes::LOCAL);

/// A helper that module `textops` had.
const fn textops(name: &'static str) -> Alias {
    Alias::of_module("textops", name, "2.0")
}

/// The return code of a question, and of a change that may find nothing to do.
fn yes(is_so: bool) -> Outcome {
    Ok(if is_so { 1 } else { -1 })
}

#[cfg(test)]
mod tests {
    use super::MODULE;
    use testkit::check_examples;

    #[test]
    fn examples() {
        check_examples(&MODULE, &[]);
    }
}
