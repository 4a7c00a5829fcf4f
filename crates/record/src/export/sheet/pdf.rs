//! Sheets as one PDF file, made for keeping (PDF/A-2b: fonts inside, colours defined).

use std::sync::Arc;

use krilla::color::rgb;
use krilla::configure::ConfigurationBuilder;
use krilla::configure::validate::Archival;
use krilla::geom::{Path, PathBuilder, Point, Rect, Transform};
use krilla::metadata::{DateTime, Metadata};
use krilla::num::NormalizedF32;
use krilla::page::PageSettings;
use krilla::paint::{Fill, Stroke, StrokeDash};
use krilla::surface::Surface;
use krilla::text::{Font, TextDirection};
use krilla::{Document, SerializeSettings};

use super::letters::FILES;
use super::{Ink, MM_PER_POINT, Mark, Sheet, Weight};
use crate::export::ExportError;

/// What a PDF file says of itself.
pub(crate) struct About {
    pub(crate) title: String,
    pub(crate) description: String,
    /// Year, month, day, hour, minute, second in UTC.
    pub(crate) made: (u16, u8, u8, u8, u8, u8),
}

/// Draws sheets as the pages of one file.
pub(crate) fn pdf(sheets: &[Sheet], about: &About) -> Result<Vec<u8>, ExportError> {
    let failed = |what: &str| ExportError::Drawing(what.to_owned());
    let fonts = FILES.map(|file| Font::new(Arc::new(file.to_vec()).into(), 0));
    let [Some(regular), Some(medium), Some(bold)] = fonts else {
        return Err(failed("an embedded font cannot be read"));
    };
    let fonts = [regular, medium, bold];
    let archival = ConfigurationBuilder::new().with_archival_validator(Archival::A2_B).finish();
    let configuration = archival.map_err(|error| ExportError::Drawing(format!("{error:?}")))?;
    let mut document = Document::new_with(SerializeSettings { configuration, ..SerializeSettings::default() });
    for sheet in sheets {
        let size = PageSettings::from_wh(sheet.width_mm / MM_PER_POINT, sheet.height_mm / MM_PER_POINT);
        let mut page = document.start_page_with(size.ok_or_else(|| failed("the page has no size"))?);
        let mut surface = page.surface();
        for mark in &sheet.marks {
            draw(&mut surface, mark, &fonts);
        }
        surface.finish();
        page.finish();
    }
    document.set_metadata(metadata(about));
    document.finish().map_err(|error| ExportError::Drawing(format!("{error:?}")))
}

fn metadata(about: &About) -> Metadata {
    let (year, month, day, hour, minute, second) = about.made;
    let made = DateTime::new(year).month(month).day(day).hour(hour).minute(minute).second(second);
    Metadata::new()
        .title(about.title.clone())
        .description(about.description.clone())
        .creator(format!("leuka {}", env!("CARGO_PKG_VERSION")))
        .language("en".to_owned())
        .creation_date(made.utc_offset_hour(0).utc_offset_minute(0))
}

fn draw(surface: &mut Surface<'_>, mark: &Mark, fonts: &[Font; 3]) {
    surface.set_stroke(None);
    match mark {
        Mark::Bar { at: [x, y], size: [w, h], ink } => {
            let mut builder = PathBuilder::new();
            if let Some(rect) = Rect::from_xywh(points(*x), points(*y), points(*w), points(*h)) {
                builder.push_rect(rect);
            }
            fill(surface, builder.finish(), *ink, 1.0);
        }
        Mark::Area { outline, ink, opacity } => fill(surface, through(outline, true), *ink, *opacity),
        Mark::Line { points: line, ink, width, dash } => {
            let Some(path) = through(line, false) else { return };
            let array: Vec<f32> = dash.iter().copied().map(points).collect();
            surface.set_fill(None);
            surface.set_stroke(Some(Stroke {
                paint: colour(*ink).into(),
                width: points(*width),
                line_join: krilla::paint::LineJoin::Round,
                dash: (!array.is_empty()).then_some(StrokeDash { array, offset: 0.0 }),
                ..Stroke::default()
            }));
            surface.draw_path(&path);
        }
        Mark::Text { at: [x, y], text, style, is_turned } => {
            let [regular, medium, bold] = fonts;
            let font = match style.weight {
                Weight::Regular => regular,
                Weight::Medium => medium,
                Weight::Bold => bold,
            };
            surface.set_fill(Some(Fill { paint: colour(style.ink).into(), ..Fill::default() }));
            let at = Point::from_xy(points(*x), points(*y));
            if *is_turned {
                surface.push_transform(&Transform::from_rotate_at(90.0, at.x, at.y));
            }
            surface.draw_text(at, font.clone(), style.points, text, false, TextDirection::LeftToRight);
            if *is_turned {
                surface.pop();
            }
        }
    }
}

fn fill(surface: &mut Surface<'_>, path: Option<Path>, ink: Ink, opacity: f32) {
    let Some(path) = path else { return };
    let opacity = NormalizedF32::new(opacity).unwrap_or(NormalizedF32::ONE);
    surface.set_fill(Some(Fill { paint: colour(ink).into(), opacity, ..Fill::default() }));
    surface.draw_path(&path);
}

fn through(line: &[[f32; 2]], is_closed: bool) -> Option<Path> {
    let mut builder = PathBuilder::new();
    for (at, [x, y]) in line.iter().enumerate() {
        let (x, y) = (points(*x), points(*y));
        if at == 0 { builder.move_to(x, y) } else { builder.line_to(x, y) }
    }
    if is_closed {
        builder.close();
    }
    builder.finish()
}

fn colour([red, green, blue]: Ink) -> rgb::Color {
    rgb::Color::new(red, green, blue)
}

fn points(mm: f32) -> f32 {
    mm / MM_PER_POINT
}
