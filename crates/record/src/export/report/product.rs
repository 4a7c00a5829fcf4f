//! The product: bag, dose as estimated and as reconciled with its error budget, counts before and after.

use super::page::{BODY, Book, Column, DEEP, LEFT, MEASURE, NOTE, TINT};
use crate::document::IDENTITY;
use crate::export::sheet::Align;

pub(super) fn write(book: &mut Book<'_>) {
    let told = book.told;
    book.new_page();
    book.heading("Product");
    let show = |place: &str, decimals: usize, unit: &str| {
        told.outcome(place).map_or_else(|| "not known".to_owned(), |value| format!("{value:.decimals$} {unit}"))
    };
    let [begun, ended] = told.collected();
    let identity = told.record.fact(IDENTITY).map_or("not entered", |_| "order, wristband and bag agree");
    let by_machine = show("/product/volume_ml", 1, "mL");
    let weighed = told
        .reconciled("/volume_ml")
        .map_or_else(|| by_machine.clone(), |volume| format!("{volume:.1} mL weighed, {by_machine} by the machine"));
    let y = book.y;
    let half = MEASURE / 2.0;
    let end = book.pairs(
        LEFT,
        y,
        half,
        &[
            ("Donation no.", told.donation_number().unwrap_or("not given yet").to_owned()),
            ("Volume", weighed),
            ("Haematocrit", show("/product/hematocrit_pct", 2, "%")),
            ("Anticoagulant", told.anticoagulant()),
        ],
    );
    book.pairs(
        LEFT + half,
        y,
        half,
        &[
            ("Identity", identity.to_owned()),
            ("Collected", format!("{} to {}", begun.format("%Y-%m-%d %H:%M"), ended.format("%H:%M UTC"))),
            (
                "Viability",
                told.counted("viability_pct").map_or_else(|| "not entered".to_owned(), |value| format!("{value:.0} %")),
            ),
            ("Cells", told.cells_name().to_owned()),
        ],
    );
    book.y = end + 1.0;
    dose(book);
    budget(book);
    counts(book);
    totals(book);
}

fn dose(book: &mut Book<'_>) {
    let told = book.told;
    book.heading("Dose, ×10⁶/kg");
    let columns = [
        Column { head: "", width: 70.0, align: Align::Left },
        Column { head: "dose", width: 20.0, align: Align::Right },
        Column { head: "95 % from", width: 20.0, align: Align::Right },
        Column { head: "to", width: 20.0, align: Align::Right },
        Column { head: "what it means", width: MEASURE - 130.0, align: Align::Right },
    ];
    let text = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| format!("{value:.2}"));
    let estimate = |place: &str| text(told.outcome(&format!("/dose_believed/{place}")));
    let chance = told
        .outcome("/dose_believed/goal_pct")
        .map_or_else(String::new, |pct| format!("reaches the goal with {pct:.0} %"));
    let mut rows = vec![vec![
        "Live estimate of the machine".to_owned(),
        estimate("median_1e6_per_kg"),
        estimate("band_95_1e6_per_kg/0"),
        estimate("band_95_1e6_per_kg/1"),
        chance,
    ]];
    if told.reconciled("/dose_1e6_per_kg").is_some() {
        let failing = told
            .reconciled("/failing_pct")
            .map_or_else(String::new, |pct| format!("below the minimum with {pct:.1} %"));
        rows.push(vec![
            "Reconciled: laboratory's count, bag weighed".to_owned(),
            text(told.reconciled("/dose_1e6_per_kg")),
            text(told.reconciled("/band_95_1e6_per_kg/0")),
            text(told.reconciled("/band_95_1e6_per_kg/1")),
            failing,
        ]);
    }
    book.table(&columns, &rows);
    if rows.len() == 1 {
        book.paragraph("The laboratory's count has not been entered: there is no reconciled dose yet.", NOTE);
    }
}

/// What the reconciled dose's error is made of, as bars.
fn budget(book: &mut Book<'_>) {
    let told = book.told;
    let parts: Vec<(&str, f64)> = [
        ("Volume", "/budget/volume"),
        ("Count", "/budget/count"),
        ("Viability", "/budget/viability"),
        ("All together", "/error"),
    ]
    .into_iter()
    .filter_map(|(name, place)| Some((name, told.reconciled(place)? * 100.0)))
    .collect();
    if parts.is_empty() {
        return;
    }
    book.heading("Error budget, coefficient of variation");
    let most = parts.iter().map(|(_, pct)| *pct).fold(1.0, f64::max);
    for (name, pct) in parts {
        let y = book.y;
        #[expect(clippy::cast_possible_truncation, reason = "a width on a page in millimetres")]
        let width = (pct / most) as f32 * 110.0;
        book.text(LEFT, y, name, BODY, Align::Left);
        book.sheet().bar([LEFT + 24.0, y - 2.6], [110.0, 3.2], TINT);
        book.sheet().bar([LEFT + 24.0, y - 2.6], [width.max(0.2), 3.2], DEEP);
        book.text(LEFT + 138.0, y, &format!("{pct:.1} %"), BODY, Align::Left);
        book.y += 5.0;
    }
}

fn counts(book: &mut Book<'_>) {
    let told = book.told;
    book.heading("Donor before and after");
    let columns = [
        Column { head: "", width: 76.0, align: Align::Left },
        Column { head: "before", width: 28.0, align: Align::Right },
        Column { head: "after", width: 28.0, align: Align::Right },
        Column { head: "change", width: MEASURE - 132.0, align: Align::Right },
    ];
    let mut rows = Vec::new();
    for (name, key, decimals) in [
        ("Haematocrit, %", "hematocrit_pct", 1),
        ("Haemoglobin, g/dL", "hemoglobin_g_dl", 1),
        ("White cells, ×10⁹/L", "wbc_1e9_l", 1),
        ("Lymphocytes, ×10⁹/L", "lymphocyte_1e9_l", 2),
        ("Monocytes, ×10⁹/L", "monocyte_1e9_l", 2),
        ("Platelets, ×10⁹/L", "platelet_1e9_l", 0),
        ("CD34+ cells, /µL", "cd34_per_ul", 1),
        ("CD3+ cells, /µL", "cd3_per_ul", 0),
        ("Ionised calcium, mmol/L", "ionised_calcium_mmol_l", 2),
    ] {
        let Some((pre, post)) =
            told.outcome(&format!("/donor/pre/{key}")).zip(told.outcome(&format!("/donor/post/{key}")))
        else {
            continue;
        };
        let change = if pre > 0.0 {
            format!("{:+.0} %", (post / pre - 1.0) * 100.0).replace('-', "−")
        } else {
            "–".to_owned()
        };
        rows.push(vec![name.to_owned(), format!("{pre:.decimals$}"), format!("{post:.decimals$}"), change]);
    }
    book.table(&columns, &rows);
}

fn totals(book: &mut Book<'_>) {
    let told = book.told;
    book.heading("Volumes");
    let columns = [
        Column { head: "", width: 110.0, align: Align::Left },
        Column { head: "mL", width: MEASURE - 110.0, align: Align::Right },
    ];
    let rows: Vec<Vec<String>> = [
        ("Whole blood processed, without anticoagulant", "/whole_blood_processed_ml"),
        ("Anticoagulant used", "/anticoagulant_total_ml"),
        ("Anticoagulant given to the donor", "/anticoagulant_to_donor_ml"),
        ("Product", "/product/volume_ml"),
        ("Fluid balance of the donor", "/donor/fluid_balance_ml"),
    ]
    .into_iter()
    .filter_map(|(name, place)| Some(vec![name.to_owned(), format!("{:.0}", told.outcome(place)?)]))
    .collect();
    book.table(&columns, &rows);
}
