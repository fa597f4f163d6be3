//! Rows as comma-separated values that a spreadsheet opens without being told anything. A text that a spreadsheet would take for a formula is shown as the text that it
//! is (OWASP, CSV injection): names and reasons are typed by people.

/// One field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Words; never a formula.
    Text(String),
    /// A whole number.
    Count(i64),
    /// Money, in satang: written in baht.
    Money(i64),
    /// Nothing.
    None,
}

impl Cell {
    /// Words.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    fn written(&self) -> String {
        match self {
            Self::Text(text) => quoted(&harmless(text)),
            Self::Count(count) => count.to_string(),
            Self::Money(satang) => {
                let sign = if *satang < 0 { "-" } else { "" };
                format!(
                    "{sign}{}.{:02}",
                    satang.unsigned_abs() / 100,
                    satang.unsigned_abs() % 100
                )
            }
            Self::None => String::new(),
        }
    }
}

/// What begins like a formula gets an apostrophe before it.
fn harmless(text: &str) -> String {
    let begins = text.trim_start_matches([' ', '\u{feff}']);
    let is_formula = begins.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    if is_formula {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r', ';', '\t']) || text.starts_with(['\'', ' ']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

/// The whole file: with a byte order mark, without which Excel takes Thai for something else.
pub fn file(heads: &[&str], rows: &[Vec<Cell>]) -> String {
    let heads: Vec<String> = heads.iter().map(|head| quoted(&harmless(head))).collect();
    let mut lines = vec![heads.join(",")];
    lines.extend(rows.iter().map(|row| {
        let cells: Vec<String> = row.iter().map(Cell::written).collect();
        cells.join(",")
    }));
    format!("\u{feff}{}\r\n", lines.join("\r\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_formula_in_a_name_stays_a_name() {
        for evil in ["=1+1", "+66", "-2", "@SUM(A1)", "\t=1", " =1", "＝1"] {
            assert!(
                Cell::text(evil).written().trim_start_matches('"').starts_with('\''),
                "{evil:?}"
            );
        }
        assert_eq!(Cell::text("พลอย").written(), "พลอย");
        assert_eq!(Cell::text("ก,ข \"ค\"").written(), "\"ก,ข \"\"ค\"\"\"");
        assert_eq!(
            Cell::text("=HYPERLINK(\"http://x\",\"y\")").written(),
            "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\""
        );
    }

    #[test]
    fn money_is_exact_and_the_file_opens_in_thai() {
        let rows = [
            vec![Cell::Money(-105), Cell::Count(-3), Cell::None],
            vec![Cell::Money(123_450), Cell::Count(7), Cell::text("x")],
        ];
        assert_eq!(
            file(&["บาท", "แต้ม", ""], &rows),
            "\u{feff}บาท,แต้ม,\r\n-1.05,-3,\r\n1234.50,7,x\r\n"
        );
    }
}
