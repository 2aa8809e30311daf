//! The headers every element reads, typed: Via, From, To, CSeq, Call-ID and the address lists.

use crate::{
    CSeq, Fault, Header, HeaderError, HeaderName, ListItem, Lists, Message, Method, NameAddr, Uri, Via,
    list::items_of,
    text::{is_lws, number},
    via::Place,
};

use super::{Essentials, start_line::offset};

impl Message {
    /// The topmost Via.
    pub fn top_via(&self) -> Result<Via<'_>, HeaderError> {
        if let Some(via) = self.essentials.and_then(|known| known.top_via?.read(&self.bytes)) {
            return Ok(via);
        }
        let value = self.required(HeaderName::Via)?;
        via_of(Lists::new(value).next().unwrap_or_default())
    }

    /// All Via values in order, over all lines and their lists.
    pub fn vias(&self) -> impl Iterator<Item = Result<Via<'_>, HeaderError>> {
        self.headers_named(HeaderName::Via).flat_map(|header| Lists::new(header.value)).map(via_of)
    }

    /// From.
    pub fn from(&self) -> Result<NameAddr<'_>, HeaderError> {
        self.address(HeaderName::From)
    }

    /// To.
    pub fn to(&self) -> Result<NameAddr<'_>, HeaderError> {
        self.address(HeaderName::To)
    }

    /// The tag of To, if it has one.
    pub fn to_tag(&self) -> Option<&[u8]> {
        match self.essentials {
            Some(known) => known.to_tag.map(|range| self.part(range)),
            None => self.to().ok()?.tag(),
        }
    }

    /// CSeq.
    pub fn cseq(&self) -> Result<CSeq<'_>, HeaderError> {
        let value = self.required(HeaderName::CSeq)?;
        CSeq::parse(value).map_err(|fault| HeaderError::new(HeaderName::CSeq, fault))
    }

    /// Call-ID.
    pub fn call_id(&self) -> Result<&[u8], HeaderError> {
        let value = self.required(HeaderName::CallId)?;
        if value.is_empty() {
            return Err(HeaderError::new(HeaderName::CallId, Fault::Empty));
        }
        if value.iter().any(|byte| is_lws(*byte)) {
            return Err(HeaderError::new(HeaderName::CallId, Fault::Syntax));
        }
        Ok(value)
    }

    /// The addresses of all lines of this name, in order.
    pub fn name_addrs(&self, name: HeaderName) -> impl Iterator<Item = Result<ListItem<'_>, HeaderError>> {
        self.headers_named(name).flat_map(items_of)
    }

    /// The one address of a header that is no list: From, To, Refer-To, Referred-By, Reply-To, Remote-Party-ID …
    pub fn address(&self, name: HeaderName) -> Result<NameAddr<'_>, HeaderError> {
        NameAddr::parse(self.required(name)?).map_err(|fault| HeaderError::new(name, fault))
    }

    /// Content-Length, if there is a readable one.
    pub fn content_length(&self) -> Option<usize> {
        self.announced_length().ok().flatten()
    }

    /// Content-Type as written.
    pub fn content_type(&self) -> Option<&[u8]> {
        self.value(HeaderName::ContentType)
    }

    /// Expires.
    pub fn expires(&self) -> Result<Option<u32>, HeaderError> {
        self.number_of(HeaderName::Expires)
    }

    /// Max-Forwards.
    pub fn max_forwards(&self) -> Result<Option<u32>, HeaderError> {
        self.number_of(HeaderName::MaxForwards)
    }

    /// The number in a header whose value is one.
    pub fn number_of(&self, name: HeaderName) -> Result<Option<u32>, HeaderError> {
        let Some(value) = self.value(name) else { return Ok(None) };
        number(value).map(Some).ok_or(HeaderError::new(name, Fault::Number))
    }

    /// Content-Length as announced; several that disagree are refused, for one reader would take one and the next the other.
    pub(super) fn announced_length(&self) -> Result<Option<usize>, HeaderError> {
        if !self.has_repeats {
            return self.value(HeaderName::ContentLength).map(length_of).transpose();
        }
        let mut announced = None;
        for header in self.headers_named(HeaderName::ContentLength) {
            let length = length_of(header.value)?;
            if announced.is_some_and(|earlier| earlier != length) {
                return Err(HeaderError::new(HeaderName::ContentLength, Fault::Repeated));
            }
            announced = Some(length);
        }
        Ok(announced)
    }

    /// Holds Via, From, To, Call-ID and CSeq to being there, once where once is right, and readable.
    pub(super) fn check_essentials(&self) -> Result<Essentials, HeaderError> {
        let via = self.top_via()?;
        let from = self.from()?;
        let to = self.to()?;
        self.call_id()?;
        let cseq = self.cseq()?;
        if self.has_repeats {
            self.check_repeats()?;
        }
        if self.is_request() && cseq.method_text != self.method_text() {
            return Err(HeaderError::new(HeaderName::CSeq, Fault::MethodMismatch));
        }
        if self.is_request() {
            self.check_request(&from, &to)?;
        }
        let to_tag = to.tag().and_then(|tag| self.range_of(tag));
        Ok(Essentials {
            method: cseq.method,
            top_via: Place::of(&via, &self.bytes),
            to_tag: to_tag.map(|range| (offset(range.start), offset(range.end))),
        })
    }

    /// What a request needs besides to be routed and answered (RFC 3261 section 16.3, step 1). What no element on its way
    /// uses may be as it likes.
    fn check_request(&self, from: &NameAddr<'_>, to: &NameAddr<'_>) -> Result<(), HeaderError> {
        for (address, name) in [(from, HeaderName::From), (to, HeaderName::To)] {
            Uri::check(address.uri).map_err(|error| HeaderError::new(name, Fault::Uri(error)))?;
        }
        self.max_forwards()?;
        if self.has_more_vias() {
            // The topmost one has been read.
            let texts = self.headers_named(HeaderName::Via).flat_map(|header| Lists::new(header.value));
            let read = |text| Via::check_head(text).map_err(|fault| HeaderError::new(HeaderName::Via, fault));
            texts.skip(1).try_for_each(read)?;
        }
        self.headers_named(HeaderName::Route).try_for_each(check_route)
    }

    fn has_more_vias(&self) -> bool {
        self.has_via_lines || self.value(HeaderName::Via).is_some_and(|value| memchr::memchr(b',', value).is_some())
    }

    fn check_repeats(&self) -> Result<(), HeaderError> {
        let single = [HeaderName::From, HeaderName::To, HeaderName::CallId, HeaderName::CSeq];
        let repeated = single.into_iter().find(|name| self.headers_named(*name).nth(1).is_some());
        repeated.map_or(Ok(()), |name| Err(HeaderError::new(name, Fault::Repeated)))
    }

    /// Whether this is a request that gets an answer though something is wrong with it: a readable Via says where to and
    /// for which request. Of From, To, Call-ID and CSeq the answer copies what is there, as it is; who sent none of them
    /// still learns what was missing (RFC 4475 section 3.3.1). An ACK is never answered.
    pub(crate) fn is_answerable(&self) -> bool {
        self.is_request() && self.method() != Method::Ack && self.top_via().is_ok()
    }

    fn required(&self, name: HeaderName) -> Result<&[u8], HeaderError> {
        self.value(name).ok_or(HeaderError::new(name, Fault::Missing))
    }
}

/// Nearly every line has one address, all of it in angle brackets.
fn check_route(header: Header<'_>) -> Result<(), HeaderError> {
    if let [b'<', inside @ ..] = header.value
        && memchr::memchr(b'>', inside) == Some(inside.len().saturating_sub(1))
    {
        return Ok(());
    }
    items_of(header).try_for_each(|route| route.map(drop))
}

fn via_of(text: &[u8]) -> Result<Via<'_>, HeaderError> {
    Via::parse(text).map_err(|fault| HeaderError::new(HeaderName::Via, fault))
}

fn length_of(value: &[u8]) -> Result<usize, HeaderError> {
    let length = number(value).and_then(|length| usize::try_from(length).ok());
    length.ok_or(HeaderError::new(HeaderName::ContentLength, Fault::Number))
}
