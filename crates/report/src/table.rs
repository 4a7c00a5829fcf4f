//! Tables in plain text.

/// Lays out rows under a header: the first column to the left, the others to the right, two blanks between. Rows may be
/// shorter than the header.
#[must_use]
pub fn table(header: &[&str], rows: &[Vec<String>]) -> String {
    let lines =
        || std::iter::once(header.iter().map(|&cell| cell.to_owned()).collect::<Vec<_>>()).chain(rows.iter().cloned());
    let mut widths = vec![0; header.len()];
    for line in lines() {
        for (width, cell) in widths.iter_mut().zip(&line) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = String::new();
    for line in lines() {
        let cells = line.iter().zip(&widths).enumerate().map(|(column, (cell, &width))| {
            if column == 0 { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
        });
        text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        let text = table(
            &["what", "before", "after"],
            &[vec!["platelets".into(), "210".into(), "150".into()], vec!["Hct".into()]],
        );
        assert_eq!(text, "what       before  after\nplatelets     210    150\nHct\n");
    }
}
