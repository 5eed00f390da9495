//! Who we are to AWS, where its services are, and how a request is signed that no SDK makes.
//!
//! An SDK knows hundreds of operations of which one is needed, compiles for a minute, and repeats what may
//! have arrived. AWS's own crates sign.

#![warn(missing_docs)]

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings};
use aws_sigv4::sign::v4::SigningParams;
use http::Request;
use settings::{Settings, SettingsError};

/// Who we are, if the settings say so; else it is looked where AWS programs find theirs.
pub fn credentials(settings: &Settings) -> Result<Option<Credentials>, SettingsError> {
    let keys = settings.together("AWS", ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"])?;
    Ok(keys.map(|[id, secret]| {
        let session = settings.get("AWS_SESSION_TOKEN").map(String::from);
        Credentials::new(id, secret, session, None, "settings")
    }))
}

/// The address of a service, without a slash at its end.
pub fn address(service: &str, region: &str) -> String {
    let country = if region.starts_with("cn-") { ".cn" } else { "" };
    format!("https://{service}.{region}.amazonaws.com{country}")
}

/// Adds the headers by which a service in this region knows at `now` whose request it is.
///
/// # Panics
///
/// If the request is to no whole address, or has a header that is not ASCII.
pub fn sign(
    mut request: Request<String>,
    service: &str,
    region: &str,
    credentials: Credentials,
    now: SystemTime,
) -> Request<String> {
    let identity = credentials.into();
    let parameters = SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(service)
        .time(now)
        .settings(SigningSettings::default())
        .build()
        .expect("identity, region, name, time and settings are given")
        .into();
    let headers = request.headers().iter().map(|(name, value)| {
        (name.as_str(), value.to_str().expect("what AWS is told stands in ASCII"))
    });
    let body = SignableBody::Bytes(request.body().as_bytes());
    let (method, address) = (request.method().as_str(), request.uri().to_string());
    let signed = SignableRequest::new(method, address, headers, body)
        .and_then(|request| aws_sigv4::http_request::sign(request, &parameters))
        .expect("an address that was read can be signed");
    let (signature, _) = signed.into_parts();
    signature.apply_to_request_http1x(&mut request);
    request
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>
    #[test]
    fn signs_as_documented() {
        let request =
            Request::get("https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08");
        let form = "application/x-www-form-urlencoded; charset=utf-8";
        let request = request.header("content-type", form).body(String::new()).unwrap();
        let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
        let keys = Credentials::new("AKIDEXAMPLE", secret, None, None, "test");
        // 2015-08-30T12:36:00Z
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_440_938_160);
        let signed = sign(request, "iam", "us-east-1", keys, now);
        assert_eq!(signed.headers()["x-amz-date"], "20150830T123600Z");
        assert_eq!(
            signed.headers()["authorization"],
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, \
             SignedHeaders=content-type;host;x-amz-date, \
             Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"
        );
    }

    #[test]
    fn is_who_the_settings_say() {
        let keys = [("AWS_ACCESS_KEY_ID", "1"), ("AWS_SECRET_ACCESS_KEY", "2")];
        let mut settings = keys.into_iter().collect::<Settings>();
        let found = credentials(&settings).unwrap().unwrap();
        assert_eq!((found.access_key_id(), found.secret_access_key()), ("1", "2"));
        assert_eq!(found.session_token(), None);
        settings = settings.or("AWS_SESSION_TOKEN", "3");
        let found = credentials(&settings).unwrap().unwrap();
        assert_eq!(found.session_token(), Some("3"));
        assert!(credentials(&Settings::default()).unwrap().is_none());
        assert!(credentials(&Settings::from([keys[0]])).is_err());
    }

    #[test]
    fn finds_a_service_in_china_too() {
        assert_eq!(address("sns", "us-east-1"), "https://sns.us-east-1.amazonaws.com");
        assert_eq!(address("ssm", "cn-north-1"), "https://ssm.cn-north-1.amazonaws.com.cn");
    }
}
