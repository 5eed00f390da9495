//! Every provider alone: an installation that has no other.

use fakes::{Companies, Route};
use product::{ANN, Product, until};

#[test]
fn every_company_has_a_stand_in() {
    let companies = providers::ENTRIES.iter().filter(|entry| !entry.is_pretended());
    assert_eq!(companies.map(|entry| entry.name).collect::<Vec<_>>(), Companies::NAMES);
}

#[tokio::test]
async fn alone_it_carries_a_text_and_its_answer_and_says_what_to_paste() {
    for name in Companies::NAMES {
        let mut product = Product::start(&[name]).await;
        let printed = product.process.printed();
        let entry = providers::named(name).unwrap();
        let address = entry.address(product::PUBLIC_URL, providers::Purpose::Incoming);
        let line = format!("  webhook    {address}");
        assert!(printed.contains(&line), "{name}: {printed:#?}");

        product.text(ANN, "My tap drips").await;
        let taken = || product.companies.named(name).taken();
        until("the answer to be taken", async || taken().len() == 1).await;
        let taken = taken().remove(0);
        assert_eq!(taken.body, "You said: My tap drips", "{name}");
        product.settled().await;

        let company = product.companies.named(name);
        let Some(reports) = company.reports() else { continue };
        let (word, code) = reports.arrived;
        let call = company.status_update(&product.route(), &taken.id, word, code);
        assert_eq!(product.post(&call).await.status, 200, "{name}");
        assert_eq!(product.notices().await, [""; 0], "{name}");
    }
}

#[tokio::test]
async fn alone_it_passes_a_smoke_test() {
    for name in Companies::NAMES {
        // It is known at the address where it listens.
        let mut product = Product::start_with(&[name], &[("PUBLIC_URL", "")]).await;
        product.settings.insert("PUBLIC_URL".into(), product.home());
        let route = Route::new(&product.home(), product.address());
        if let Some(call) = product.companies.named(name).introduction(&route) {
            assert_eq!(product.post(&call).await.status, 200, "{name}");
        }
        let ran = product.run(&["smoke"], "").await;
        assert_eq!((ran.code, &ran.said), (Some(0), &vec![]), "{name}: {ran:?}");
        assert!(ran.printed[0].ends_with(&format!("texted by {name}")), "{ran:?}");
        assert!(product.companies.named(name).taken().is_empty(), "{name}");
        assert!(ran.printed.last().unwrap().ends_with(&format!("{name} was not asked")), "{ran:?}");
    }
}
