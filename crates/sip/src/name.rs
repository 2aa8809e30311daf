//! Header names: every registered name this server has a use for, with its compact form, found by one hash.

/// Makes the enum and its table from one list, so that a name cannot be in one and not in the other.
macro_rules! header_names {
    ($($id:ident $text:literal $($compact:literal)?,)*) => {
        /// A header by its name; [`HeaderName::Other`] stands for every name not listed.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum HeaderName {
            $(#[doc = concat!("`", $text, "`")] $id,)*
            /// A name that is not registered, or that nobody here asks for.
            Other,
        }

        const TABLE: &[Row] = &[
            $(Row { name: HeaderName::$id, text: $text, compact: compact_of(&[$($compact)?]) },)*
        ];
    };
}

header_names! {
    Via "Via" b'v',
    From "From" b'f',
    To "To" b't',
    CallId "Call-ID" b'i',
    CSeq "CSeq",
    Contact "Contact" b'm',
    Route "Route",
    RecordRoute "Record-Route",
    Path "Path",
    ServiceRoute "Service-Route",
    MaxForwards "Max-Forwards",
    ContentLength "Content-Length" b'l',
    ContentType "Content-Type" b'c',
    ContentDisposition "Content-Disposition",
    ContentEncoding "Content-Encoding" b'e',
    ContentLanguage "Content-Language",
    ContentId "Content-ID",
    Accept "Accept",
    AcceptContact "Accept-Contact" b'a',
    AcceptEncoding "Accept-Encoding",
    AcceptLanguage "Accept-Language",
    AcceptResourcePriority "Accept-Resource-Priority",
    AlertInfo "Alert-Info",
    Allow "Allow",
    AllowEvents "Allow-Events" b'u',
    AnswerMode "Answer-Mode",
    AuthenticationInfo "Authentication-Info",
    Authorization "Authorization",
    CallInfo "Call-Info",
    Date "Date",
    Diversion "Diversion",
    ErrorInfo "Error-Info",
    Event "Event" b'o',
    Expires "Expires",
    FeatureCaps "Feature-Caps",
    FlowTimer "Flow-Timer",
    Geolocation "Geolocation",
    GeolocationError "Geolocation-Error",
    GeolocationRouting "Geolocation-Routing",
    HistoryInfo "History-Info",
    Identity "Identity" b'y',
    IdentityInfo "Identity-Info" b'n',
    InfoPackage "Info-Package",
    InReplyTo "In-Reply-To",
    Join "Join",
    MaxBreadth "Max-Breadth",
    MimeVersion "MIME-Version",
    MinExpires "Min-Expires",
    MinSe "Min-SE",
    Organization "Organization",
    PAccessNetworkInfo "P-Access-Network-Info",
    PAnswerState "P-Answer-State",
    PAssertedIdentity "P-Asserted-Identity",
    PAssertedService "P-Asserted-Service",
    PAssociatedUri "P-Associated-URI",
    PCalledPartyId "P-Called-Party-ID",
    PChargingFunctionAddresses "P-Charging-Function-Addresses",
    PChargingVector "P-Charging-Vector",
    PEarlyMedia "P-Early-Media",
    PMediaAuthorization "P-Media-Authorization",
    PPreferredIdentity "P-Preferred-Identity",
    PPreferredService "P-Preferred-Service",
    PProfileKey "P-Profile-Key",
    PServedUser "P-Served-User",
    PUserDatabase "P-User-Database",
    PVisitedNetworkId "P-Visited-Network-ID",
    PermissionMissing "Permission-Missing",
    Priority "Priority",
    Privacy "Privacy",
    PrivAnswerMode "Priv-Answer-Mode",
    ProxyAuthenticate "Proxy-Authenticate",
    ProxyAuthenticationInfo "Proxy-Authentication-Info",
    ProxyAuthorization "Proxy-Authorization",
    ProxyRequire "Proxy-Require",
    RAck "RAck",
    Reason "Reason",
    RecvInfo "Recv-Info",
    ReferEventsAt "Refer-Events-At",
    ReferSub "Refer-Sub",
    ReferTo "Refer-To" b'r',
    ReferredBy "Referred-By" b'b',
    RejectContact "Reject-Contact" b'j',
    RemotePartyId "Remote-Party-ID",
    Replaces "Replaces",
    ReplyTo "Reply-To",
    RequestDisposition "Request-Disposition" b'd',
    Require "Require",
    ResourcePriority "Resource-Priority",
    ResponseKey "Response-Key",
    RetryAfter "Retry-After",
    RSeq "RSeq",
    SecurityClient "Security-Client",
    SecurityServer "Security-Server",
    SecurityVerify "Security-Verify",
    Server "Server",
    SessionExpires "Session-Expires" b'x',
    SessionId "Session-ID",
    SipEtag "SIP-ETag",
    SipIfMatch "SIP-If-Match",
    Subject "Subject" b's',
    SubscriptionState "Subscription-State",
    Supported "Supported" b'k',
    SuppressIfMatch "Suppress-If-Match",
    TargetDialog "Target-Dialog",
    Timestamp "Timestamp",
    TriggerConsent "Trigger-Consent",
    Unsupported "Unsupported",
    UserAgent "User-Agent",
    UserToUser "User-to-User",
    Warning "Warning",
    WwwAuthenticate "WWW-Authenticate",
}

impl HeaderName {
    /// How many names there are, [`HeaderName::Other`] included.
    pub const COUNT: usize = TABLE.len() + 1;

    /// The name written so; case does not count, and a compact form is its long name (RFC 3261 section 7.3.3).
    pub fn of(text: &[u8]) -> HeaderName {
        let entry = HASHED.get(hash(text)).copied().unwrap_or(NO_ROW);
        match TABLE.get(usize::from(entry)) {
            Some(row) if row.is_written(text) => row.name,
            _ => HeaderName::Other,
        }
    }

    /// The long name in its usual spelling; empty for [`HeaderName::Other`].
    pub fn as_str(self) -> &'static str {
        TABLE.get(self.index()).map_or("", |row| row.text)
    }

    /// The one-letter form, where one is registered.
    pub fn compact(self) -> Option<u8> {
        TABLE.get(self.index()).map(|row| row.compact).filter(|letter| *letter != 0)
    }

    /// All names except [`HeaderName::Other`].
    pub fn all() -> impl Iterator<Item = HeaderName> {
        TABLE.iter().map(|row| row.name)
    }

    /// Its place in tables of [`HeaderName::COUNT`] entries.
    pub(crate) fn index(self) -> usize {
        self as usize
    }
}

/// One name as the list above gives it.
struct Row {
    name: HeaderName,
    text: &'static str,
    /// The compact form, 0 where there is none.
    compact: u8,
}

impl Row {
    fn is_written(&self, text: &[u8]) -> bool {
        match text {
            [letter] => self.compact != 0 && letter.to_ascii_lowercase() == self.compact,
            // Nearly everybody writes the usual spelling, and that comparison is the faster one.
            _ => text == self.text.as_bytes() || text.eq_ignore_ascii_case(self.text.as_bytes()),
        }
    }
}

/// Places of the hash.
const HASHED_SIZE: usize = 1024;

/// No name has this hash.
const NO_ROW: u8 = u8::MAX;

/// The row of each hash. No two names share one: adding a name that would makes the build ask for other factors.
const HASHED: [u8; HASHED_SIZE] = {
    let mut hashed = [NO_ROW; HASHED_SIZE];
    let mut row = 0;
    while row < TABLE.len() {
        enter(&mut hashed, TABLE[row].text.as_bytes(), row);
        if TABLE[row].compact != 0 {
            enter(&mut hashed, &[TABLE[row].compact], row);
        }
        row += 1;
    }
    hashed
};

const fn enter(hashed: &mut [u8; HASHED_SIZE], text: &[u8], row: usize) {
    assert!(row < NO_ROW as usize, "a row number must fit a byte");
    assert!(hashed[hash(text)] == NO_ROW, "two names share a hash: choose other factors in `hash`");
    hashed[hash(text)] = row as u8;
}

/// Mixes length and three letters, with factors that keep the names above apart.
const fn hash(text: &[u8]) -> usize {
    if text.is_empty() {
        return 0;
    }
    let first = (text[0] | 0x20) as usize;
    let middle = (text[text.len() / 2] | 0x20) as usize;
    let last = (text[text.len() - 1] | 0x20) as usize;
    (first * 88 + middle * 156 + last * 39 + text.len() * 255) % HASHED_SIZE
}

const fn compact_of(letters: &[u8]) -> u8 {
    if letters.is_empty() { 0 } else { letters[0] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_found_in_any_case_and_in_compact_form() {
        for name in HeaderName::all() {
            assert_eq!(HeaderName::of(name.as_str().as_bytes()), name);
            assert_eq!(HeaderName::of(name.as_str().to_uppercase().as_bytes()), name);
            assert_eq!(HeaderName::of(name.as_str().to_lowercase().as_bytes()), name);
            if let Some(letter) = name.compact() {
                assert_eq!(HeaderName::of(&[letter]), name);
                assert_eq!(HeaderName::of(&[letter.to_ascii_uppercase()]), name);
            }
        }
    }

    #[test]
    fn other_names_are_other() {
        for text in ["", "X-Custom", "Vi", "Viaa", "q", "NewFangledHeader", "Call_ID"] {
            assert_eq!(HeaderName::of(text.as_bytes()), HeaderName::Other, "{text}");
        }
    }
}
