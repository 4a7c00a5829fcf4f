//! Where things stand on the label.

use super::bars::{CELL_MM, MODULE_MM, code_128, data_matrix};
use super::{IntendedUse, Label, LabelError, Structure, compound};
use crate::export::sheet::{Align, BLACK, Ink, Letters, Sheet, Style, WHITE, Weight};

/// Side of the label.
const SIDE: f32 = 100.0;
/// Side of a quadrant.
const HALF: f32 = 50.0;
/// Quiet zone of a bar code, which is the margin too.
const QUIET: f32 = 12.0 * MODULE_MM;

const GREY: Ink = [70, 70, 70];
const SMALL: Style = Style::new(6.0, Weight::Regular, GREY);
const PLAIN: Style = Style::new(8.0, Weight::Regular, BLACK);
const STRONG: Style = Style::new(9.5, Weight::Bold, BLACK);
const NUMBER: Style = Style::new(12.0, Weight::Bold, BLACK);
const LARGE: Style = Style::new(14.0, Weight::Bold, BLACK);

/// Text and bars on one sheet.
struct Pen<'a> {
    sheet: Sheet,
    letters: &'a Letters,
}

impl Pen<'_> {
    fn left(&mut self, x: f32, y: f32, text: &str, style: Style) {
        self.sheet.text(self.letters, [x, y], text, style, Align::Left);
    }

    fn right(&mut self, x: f32, y: f32, text: &str, style: Style) {
        self.sheet.text(self.letters, [x, y], text, style, Align::Right);
    }

    /// A bar code with its text below, as every code of the label stands.
    fn code(&mut self, x: f32, y: f32, height: f32, structure: &Structure) -> Result<f32, LabelError> {
        code_128(&mut self.sheet, [x, y], height, &structure.encode())
    }
}

pub(super) fn lay_out(label: &Label, letters: &Letters) -> Result<Sheet, LabelError> {
    let mut pen = Pen { sheet: Sheet::new(SIDE, SIDE), letters };
    pen.sheet.bar([HALF - 0.1, 2.0], [0.2, 92.5], [180, 180, 180]);
    pen.sheet.bar([2.0, HALF - 0.1], [96.0, 0.2], [180, 180, 180]);
    let [donation, product, collected, expiry] = &label.structures();
    upper_left(&mut pen, label, donation, collected)?;
    upper_right(&mut pen, label)?;
    lower_left(&mut pen, label, product)?;
    lower_right(&mut pen, label, expiry)?;
    pen.sheet.text(letters, [HALF, 97.8], leuka_report::NOT_A_DEVICE, SMALL, Align::Centre);
    Ok(pen.sheet)
}

fn upper_left(pen: &mut Pen<'_>, label: &Label, donation: &Structure, collected: &Structure) -> Result<(), LabelError> {
    pen.code(QUIET, 3.0, 13.0, donation)?;
    let number = &label.number;
    let shown = number.to_string();
    pen.left(QUIET, 22.2, &shown, NUMBER);
    let mut x = QUIET + pen.letters.width_mm(&shown, NUMBER) + 1.2;
    if let Structure::Donation { flags, .. } = donation {
        let turned = Style::new(8.0, Weight::Medium, BLACK);
        pen.sheet.turned_text(pen.letters, [x, 18.4], &format!("{flags:02}"), turned);
        x += 3.4;
    }
    pen.sheet.frame([x, 17.6], [5.4, 5.6], 0.3, BLACK);
    pen.sheet.text(pen.letters, [x + 2.7, 22.2], &number.check().to_string(), NUMBER, Align::Centre);
    let facility = pen.letters.fitted(&label.facility, PLAIN, HALF - 2.0 * QUIET);
    pen.left(QUIET, 28.6, &facility, PLAIN);
    pen.code(QUIET, 31.6, 9.0, collected)?;
    let (sign, zone) = (if label.zone_min < 0 { '-' } else { '+' }, label.zone_min.unsigned_abs());
    pen.left(QUIET, 43.8, &format!("Collected, UTC{sign}{:02}:{:02}", zone / 60, zone % 60), SMALL);
    pen.left(QUIET, 47.6, &label.collected.to_string(), STRONG);
    Ok(())
}

fn upper_right(pen: &mut Pen<'_>, label: &Label) -> Result<(), LabelError> {
    let (x, end) = (HALF + QUIET, SIDE - QUIET);
    pen.left(x, 6.0, "ABO / RhD", SMALL);
    pen.left(x, 10.4, "not stated", PLAIN);
    let use_ = match label.intended_use {
        IntendedUse::Autologous => ["FOR AUTOLOGOUS", "USE ONLY"],
        IntendedUse::Allogeneic => ["FOR ALLOGENEIC", "USE"],
        IntendedUse::Manufacturing => ["FOR FURTHER", "PROCESSING"],
    };
    pen.left(x, 16.4, use_[0], STRONG);
    pen.left(x, 20.4, use_[1], STRONG);
    if label.is_simulated {
        pen.sheet.bar([x, 24.4], [end - x, 8.0], BLACK);
        let reversed = Style::new(10.0, Weight::Bold, WHITE);
        pen.sheet.text(pen.letters, [f32::midpoint(x, end), 29.7], "SIMULATED: NO BLOOD", reversed, Align::Centre);
    }
    let message = compound(&label.structures());
    let side = data_matrix(&mut pen.sheet, [x, 35.2], &message)?;
    let beside = x + side + 4.0 * CELL_MM;
    for (line, text) in ["Donation number,", "product, collected,", "expiry in one code"].into_iter().enumerate() {
        #[expect(clippy::cast_precision_loss, reason = "three lines")]
        pen.left(beside, 38.0 + 2.8 * line as f32, text, SMALL);
    }
    Ok(())
}

fn lower_left(pen: &mut Pen<'_>, label: &Label, product: &Structure) -> Result<(), LabelError> {
    pen.code(QUIET, 53.2, 9.0, product)?;
    let code = &label.product;
    pen.left(QUIET, 65.4, &format!("{}{}{}", code.description, code.collection, code.division), PLAIN);
    let name = pen.letters.fitted(&label.product_name, LARGE, HALF - 1.3 * QUIET);
    pen.left(QUIET, 72.2, &name, LARGE);
    pen.left(QUIET, 78.4, "Total volume", SMALL);
    pen.left(QUIET, 82.4, &format!("{:.0} mL", label.volume_ml), STRONG);
    pen.left(QUIET, 87.2, "Anticoagulant", SMALL);
    pen.left(QUIET, 91.2, &label.anticoagulant, STRONG);
    Ok(())
}

fn lower_right(pen: &mut Pen<'_>, label: &Label, expiry: &Structure) -> Result<(), LabelError> {
    let (x, end) = (HALF + QUIET, SIDE - QUIET);
    pen.code(x, 53.2, 9.0, expiry)?;
    pen.left(x, 65.4, "Expires", SMALL);
    pen.left(x, 69.6, &label.expiry.to_string(), STRONG);
    pen.left(x, 76.4, "Donor", SMALL);
    let fitted = |text: &str| pen.letters.fitted(text, STRONG, end - x);
    let (donor, recipient) = (fitted(&label.donor), fitted(label.recipient.as_deref().unwrap_or("none stated")));
    pen.left(x, 80.4, &donor, STRONG);
    pen.left(x, 85.2, "Intended recipient", SMALL);
    pen.left(x, 89.2, &recipient, STRONG);
    pen.right(end, 94.0, "Store as the site directs", SMALL);
    Ok(())
}
