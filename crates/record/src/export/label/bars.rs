//! Bar codes: Code 128 and Data Matrix as marks on a sheet.

use barcoders::sym::code128::Code128;
use datamatrix::{DataMatrix, SymbolList};

use super::LabelError;
use crate::export::sheet::{BLACK, Sheet};

/// Width of a bar code's narrowest bar: 10 mil, three dots of a printer with 300 an inch.
pub(super) const MODULE_MM: f32 = 0.254;
/// Side of a Data Matrix cell.
pub(super) const CELL_MM: f32 = 0.508;

/// Draws a Code 128 symbol; gives its width without the quiet zones of ten modules on either side.
pub(super) fn code_128(sheet: &mut Sheet, [x, y]: [f32; 2], height: f32, text: &str) -> Result<f32, LabelError> {
    let faulty = |_| LabelError::Symbol { text: text.to_owned() };
    let modules = Code128::new(switched(text)).map_err(faulty)?.encode();
    let mut at = x;
    for run in modules.chunk_by(|left, right| left == right) {
        #[expect(clippy::cast_precision_loss, reason = "a run has at most four modules")]
        let width = run.len() as f32 * MODULE_MM;
        if run.first() == Some(&1) {
            sheet.bar([at, y], [width, height], BLACK);
        }
        at += width;
    }
    Ok(at - x)
}

/// The text with its code sets: pairs of digits where four or more stand together at the end or six within.
fn switched(text: &str) -> String {
    const TEXT: char = '\u{0181}';
    const PAIRS: char = '\u{0106}';
    let mut out = String::from(TEXT);
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let is_last = digits == rest.len();
        let worth = if is_last { 4 } else { 6 };
        if digits < worth {
            let step = if digits > 0 { digits } else { first.len_utf8() };
            out.push_str(rest.get(..step).unwrap_or_default());
            rest = rest.get(step..).unwrap_or_default();
            continue;
        }
        let odd = digits % 2;
        out.push_str(rest.get(..odd).unwrap_or_default());
        out.push(PAIRS);
        out.push_str(rest.get(odd..digits).unwrap_or_default());
        rest = rest.get(digits..).unwrap_or_default();
        if !rest.is_empty() {
            out.push(TEXT);
        }
    }
    out
}

/// Draws a square Data Matrix symbol; gives its side.
pub(super) fn data_matrix(sheet: &mut Sheet, [x, y]: [f32; 2], text: &str) -> Result<f32, LabelError> {
    let faulty = |_| LabelError::Symbol { text: text.to_owned() };
    let code = DataMatrix::encode(text.as_bytes(), SymbolList::default().enforce_square()).map_err(faulty)?;
    let bitmap = code.bitmap();
    for (column, row) in bitmap.pixels() {
        #[expect(clippy::cast_precision_loss, reason = "a symbol has at most 144 cells a side")]
        let at = [x + column as f32 * CELL_MM, y + row as f32 * CELL_MM];
        sheet.bar(at, [CELL_MM, CELL_MM], BLACK);
    }
    #[expect(clippy::cast_precision_loss, reason = "a symbol has at most 144 cells a side")]
    Ok(bitmap.width() as f32 * CELL_MM)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_go_in_pairs_where_that_is_shorter() {
        assert_eq!(switched("=A99992612345689"), "\u{181}=A\u{106}99992612345689");
        assert_eq!(switched("=<S1128000"), "\u{181}=<S1\u{106}128000");
        assert_eq!(switched("&>0263262359"), "\u{181}&>\u{106}0263262359");
        assert_eq!(switched("A12B"), "\u{181}A12B");
    }

    #[test]
    fn a_symbol_has_the_width_of_its_characters() {
        let mut sheet = Sheet::new(100.0, 100.0);
        // Start, two letters, switch, seven pairs, check: twelve of 11 modules; stop: 13.
        let width = code_128(&mut sheet, [0.0, 0.0], 10.0, "=A99992612345689").unwrap();
        assert!((width / MODULE_MM - 145.0).abs() < 1e-3, "{}", width / MODULE_MM);
    }
}
