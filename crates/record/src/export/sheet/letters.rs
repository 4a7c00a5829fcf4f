//! The letters: three weights of Roboto (Apache-2.0, `fonts/`), cut down to Latin, Greek of units and signs.

use ab_glyph::{Font, FontRef};

use super::{MM_PER_POINT, Style};
use crate::export::ExportError;

/// The font files, in the order of [`Weight`].
pub(super) const FILES: [&[u8]; 3] = [
    include_bytes!("../../../fonts/Roboto-Regular.ttf"),
    include_bytes!("../../../fonts/Roboto-Medium.ttf"),
    include_bytes!("../../../fonts/Roboto-Bold.ttf"),
];

/// How heavy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weight {
    Regular,
    Medium,
    Bold,
}

/// The three fonts, read.
#[derive(Debug, Clone)]
pub(crate) struct Letters {
    fonts: [FontRef<'static>; 3],
}

impl Letters {
    pub(crate) fn embedded() -> Result<Self, ExportError> {
        let [regular, medium, bold] = FILES.map(FontRef::try_from_slice);
        match (regular, medium, bold) {
            (Ok(regular), Ok(medium), Ok(bold)) => Ok(Self { fonts: [regular, medium, bold] }),
            _ => Err(ExportError::Drawing("an embedded font cannot be read".to_owned())),
        }
    }

    pub(super) fn font(&self, weight: Weight) -> &FontRef<'static> {
        let [regular, medium, bold] = &self.fonts;
        match weight {
            Weight::Regular => regular,
            Weight::Medium => medium,
            Weight::Bold => bold,
        }
    }

    /// The text with a question mark for each letter that the fonts do not have.
    pub(crate) fn known(&self, text: &str) -> String {
        let font = self.font(Weight::Regular);
        text.chars().map(|letter| if font.glyph_id(letter).0 == 0 { '?' } else { letter }).collect()
    }

    /// Width of a line of text.
    pub(crate) fn width_mm(&self, text: &str, style: Style) -> f32 {
        let font = self.font(style.weight);
        let em = font.units_per_em().unwrap_or(2048.0);
        let advance: f32 = text.chars().map(|letter| font.h_advance_unscaled(font.glyph_id(letter))).sum();
        advance / em * style.points * MM_PER_POINT
    }

    /// The text cut to a width, with an ellipsis where something is missing.
    pub(crate) fn fitted(&self, text: &str, style: Style, width_mm: f32) -> String {
        if self.width_mm(text, style) <= width_mm {
            return text.to_owned();
        }
        let mut short: String = text.to_owned();
        while short.pop().is_some() {
            let candidate = format!("{}…", short.trim_end());
            if self.width_mm(&candidate, style) <= width_mm {
                return candidate;
            }
        }
        String::new()
    }

    /// The text in lines of at most a width, broken at blanks.
    #[cfg_attr(not(feature = "pdf"), expect(dead_code, reason = "only the report, which is a PDF, needs it"))]
    pub(crate) fn wrapped(&self, text: &str, style: Style, width_mm: f32) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        for word in text.split_whitespace() {
            match lines.last_mut() {
                Some(line) if self.width_mm(&format!("{line} {word}"), style) <= width_mm => {
                    line.push(' ');
                    line.push_str(word);
                }
                _ => lines.push(word.to_owned()),
            }
        }
        lines
    }
}
