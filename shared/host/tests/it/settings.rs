use host::{bind, public_url};
use settings::Settings;

#[test]
fn spells_the_public_url_as_the_owner_did() {
    let url = |settings: &[(&str, &str)]| match public_url(&settings.iter().copied().collect()) {
        Ok(url) => url,
        Err(error) => error.to_string(),
    };
    let help = "PUBLIC_URL cannot be used: write an address like https://sms.example.com, \
                with nothing after the path";
    assert_eq!(url(&[]), "http://localhost:5000");
    assert_eq!(url(&[("PORT", "8080")]), "http://localhost:8080");
    assert_eq!(url(&[("PUBLIC_URL", "https://SMS.example.com/")]), "https://SMS.example.com");
    assert_eq!(url(&[("PUBLIC_URL", "https://a.test:8443/sms/")]), "https://a.test:8443/sms");
    for unusable in ["sms.example.com", "ftp://a.test", "https://a.test/?x=1", "https://me@a.test"]
    {
        assert_eq!(url(&[("PUBLIC_URL", unusable)]), help);
    }
}

#[tokio::test]
async fn says_what_keeps_it_from_listening() {
    let first = bind(&Settings::from([("PORT", "0")])).await.unwrap();
    let address = first.local_addr().unwrap();
    assert!(address.ip().is_loopback());

    let port = address.port().to_string();
    let taken = bind(&Settings::from([("PORT", port.as_str())])).await.unwrap_err();
    assert_eq!(
        taken.to_string(),
        format!("PORT cannot be used: port {port} is taken: set PORT to another number")
    );
    let wrong = bind(&Settings::from([("PORT", "five thousand")])).await.unwrap_err();
    assert_eq!(wrong.to_string(), "PORT cannot be used: write a number up to 65535");
    let foreign = bind(&Settings::from([("HOST", "192.0.2.1"), ("PORT", "0")])).await.unwrap_err();
    assert!(foreign.to_string().starts_with("HOST cannot be used: "), "{foreign}");
}
