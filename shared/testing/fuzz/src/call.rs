//! A call in a notation like HTTP/1.1.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, Uri};

/// Parses a line with method and address, headers, an empty line, and a body. Returns `None` for what no
/// server would pass on.
pub(crate) fn call(data: &[u8]) -> Option<Request<Bytes>> {
    let end = data.windows(2).position(|two| two == b"\n\n");
    let (head, body) = end.map_or((data, &[][..]), |end| (&data[..end], &data[end + 2..]));
    let mut lines = head.split(|byte| *byte == b'\n');
    let mut words = lines.next()?.splitn(2, |byte| *byte == b' ');
    let method = Method::from_bytes(words.next()?).ok()?;
    let uri = Uri::from_maybe_shared(Bytes::copy_from_slice(words.next()?)).ok()?;
    let mut call = Request::new(Bytes::copy_from_slice(body));
    *call.method_mut() = method;
    *call.uri_mut() = uri;
    for line in lines {
        let colon = line.iter().position(|byte| *byte == b':')?;
        let name = HeaderName::from_bytes(&line[..colon]).ok()?;
        let value = HeaderValue::from_bytes(line[colon + 1..].trim_ascii()).ok()?;
        call.headers_mut().try_append(name, value).ok()?;
    }
    Some(call)
}
