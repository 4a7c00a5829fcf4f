//! A label's text and its scan-back.

use super::*;

fn label() -> Label {
    Label {
        number: DonationNumber::parse("A999926123456").unwrap(),
        product: ProductCode::hpc_apheresis(),
        product_name: "HPC, APHERESIS".to_owned(),
        collected: Moment::new(2026, 332, 14, 5).unwrap(),
        zone_min: 60,
        expiry: Moment::new(2026, 334, 23, 59).unwrap(),
        volume_ml: 214.0,
        anticoagulant: "ACD-A".to_owned(),
        facility: "Example Collection Centre, A9999".to_owned(),
        donor: "PT-0074".to_owned(),
        recipient: Some("PT-0074".to_owned()),
        intended_use: IntendedUse::Autologous,
        is_simulated: true,
    }
}

#[test]
fn a_scan_of_the_label_agrees_and_any_other_is_told() {
    let label = label();
    let message = compound(&label.structures());
    assert_eq!(label.agrees_with(&message).unwrap().len(), 4);
    for structure in label.structures() {
        assert!(label.agrees_with(&structure.encode()).is_ok());
    }
    assert!(label.agrees_with("=A99992612345600").is_ok(), "flags are no part of the number");
    let other = |text: &str| label.agrees_with(text).unwrap_err().to_string();
    assert!(other("=A99992612345700").contains("donation number on the label is"));
    assert!(other("&>0263352359").contains("expiry on the label"));
    assert!(other("=<S1129000").contains("product code on the label"));
}

#[test]
fn the_picture_is_as_large_as_the_label() {
    let png = label().png().unwrap();
    let size = |from: usize| u32::from_be_bytes(png[from..from + 4].try_into().unwrap());
    assert_eq!((size(16), size(20)), (1181, 1181), "100 mm at 300 dots an inch");
    assert_eq!(&png[37..41], b"pHYs");
}
