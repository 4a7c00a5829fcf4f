//! A sheet as a PNG picture.

use ab_glyph::{Font, OutlineCurve};
use tiny_skia::{FillRule, LineCap, LineJoin, Paint, Path, PathBuilder, Pixmap, Rect, Stroke, StrokeDash, Transform};

use super::{Ink, Letters, MM_PER_POINT, Mark, Sheet, Style};
use crate::export::ExportError;

/// Draws a sheet with so many dots per inch.
pub(crate) fn png(sheet: &Sheet, letters: &Letters, dots_per_inch: u16) -> Result<Vec<u8>, ExportError> {
    let scale = f32::from(dots_per_inch) / 25.4;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "sheets are some hundred millimetres")]
    let pixels = |mm: f32| (mm * scale).round() as u32;
    let mut picture = Pixmap::new(pixels(sheet.width_mm), pixels(sheet.height_mm))
        .ok_or_else(|| ExportError::Drawing("the picture has no size".to_owned()))?;
    picture.fill(tiny_skia::Color::WHITE);
    for mark in &sheet.marks {
        draw(&mut picture, mark, letters, scale);
    }
    let mut bytes = picture.encode_png().map_err(|error| ExportError::Drawing(error.to_string()))?;
    state_resolution(&mut bytes, dots_per_inch);
    Ok(bytes)
}

fn draw(picture: &mut Pixmap, mark: &Mark, letters: &Letters, scale: f32) {
    let to_pixels = Transform::from_scale(scale, scale);
    match mark {
        Mark::Bar { at: [x, y], size: [w, h], ink } => {
            // Whole pixels: a scanner takes grey edges for narrower bars.
            let [left, top] = [x * scale, y * scale].map(f32::round);
            let [right, bottom] = [(x + w) * scale, (y + h) * scale].map(f32::round);
            if let Some(rect) = Rect::from_ltrb(left, top, right.max(left + 1.0), bottom.max(top + 1.0)) {
                let paint = Paint { anti_alias: false, ..paint(*ink, 1.0) };
                picture.fill_rect(rect, &paint, Transform::identity(), None);
            }
        }
        Mark::Area { outline, ink, opacity } => {
            if let Some(path) = through(outline, true) {
                picture.fill_path(&path, &paint(*ink, *opacity), FillRule::Winding, to_pixels, None);
            }
        }
        Mark::Line { points, ink, width, dash } => {
            let stroke = Stroke {
                width: *width,
                line_cap: LineCap::Butt,
                line_join: LineJoin::Round,
                dash: StrokeDash::new(dash.to_vec(), 0.0),
                ..Stroke::default()
            };
            if let Some(path) = through(points, false) {
                picture.stroke_path(&path, &paint(*ink, 1.0), &stroke, to_pixels, None);
            }
        }
        Mark::Text { at, text, style, is_turned } => {
            let turn = if *is_turned { 90.0 } else { 0.0 };
            let [x, y] = *at;
            if let Some(path) = lettering(letters, text, *style) {
                let placed = to_pixels.pre_translate(x, y).pre_concat(Transform::from_rotate(turn));
                picture.fill_path(&path, &paint(style.ink, 1.0), FillRule::Winding, placed, None);
            }
        }
    }
}

fn paint([red, green, blue]: Ink, opacity: f32) -> Paint<'static> {
    let mut paint = Paint { anti_alias: true, ..Paint::default() };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an opacity is from 0 to 1")]
    paint.set_color_rgba8(red, green, blue, (opacity.clamp(0.0, 1.0) * 255.0) as u8);
    paint
}

fn through(points: &[[f32; 2]], is_closed: bool) -> Option<Path> {
    let mut builder = PathBuilder::new();
    for (at, [x, y]) in points.iter().enumerate() {
        if at == 0 { builder.move_to(*x, *y) } else { builder.line_to(*x, *y) }
    }
    if is_closed {
        builder.close();
    }
    builder.finish()
}

/// A line of text as outlines, its base line beginning at the origin.
fn lettering(letters: &Letters, text: &str, style: Style) -> Option<Path> {
    let font = letters.font(style.weight);
    let unit = style.points * MM_PER_POINT / font.units_per_em().unwrap_or(2048.0);
    let mut builder = PathBuilder::new();
    let mut along = 0.0;
    for letter in text.chars() {
        let glyph = font.glyph_id(letter);
        let place = |point: ab_glyph::Point| ((along + point.x) * unit, -point.y * unit);
        let mut pen: Option<(f32, f32)> = None;
        for curve in font.outline(glyph).map(|outline| outline.curves).unwrap_or_default() {
            let (OutlineCurve::Line(from, _) | OutlineCurve::Quad(from, ..) | OutlineCurve::Cubic(from, ..)) = curve;
            let from = place(from);
            if pen != Some(from) {
                builder.move_to(from.0, from.1);
            }
            let end = match curve {
                OutlineCurve::Line(_, to) => {
                    let (x, y) = place(to);
                    builder.line_to(x, y);
                    (x, y)
                }
                OutlineCurve::Quad(_, control, to) => {
                    let ((cx, cy), (x, y)) = (place(control), place(to));
                    builder.quad_to(cx, cy, x, y);
                    (x, y)
                }
                OutlineCurve::Cubic(_, first, second, to) => {
                    let ((ax, ay), (bx, by), (x, y)) = (place(first), place(second), place(to));
                    builder.cubic_to(ax, ay, bx, by, x, y);
                    (x, y)
                }
            };
            pen = Some(end);
        }
        along += font.h_advance_unscaled(glyph);
    }
    builder.finish()
}

/// Adds the chunk that says how large the picture is on paper, after the header chunk.
fn state_resolution(png: &mut Vec<u8>, dots_per_inch: u16) {
    const AFTER_HEADER: usize = 8 + 25;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "some ten thousand dots a metre")]
    let per_metre = (f32::from(dots_per_inch) / 0.0254).round() as u32;
    let mut chunk = b"pHYs".to_vec();
    chunk.extend(per_metre.to_be_bytes());
    chunk.extend(per_metre.to_be_bytes());
    chunk.push(1);
    let check = crc::Crc::<u32>::new(&crc::CRC_32_ISO_HDLC).checksum(&chunk);
    let mut whole = 9_u32.to_be_bytes().to_vec();
    whole.extend(chunk);
    whole.extend(check.to_be_bytes());
    if png.len() > AFTER_HEADER {
        png.splice(AFTER_HEADER..AFTER_HEADER, whole);
    }
}
