//! A PromptPay or customer code as a picture that any window can draw: one SVG path, a square a module.

use desk_core::payment::promptpay::Payee;
use qrcodegen::{QrCode, QrCodeEcc};

use crate::api::payment::QrPicture;

/// White around a code, without which phones do not find it (ISO/IEC 18004).
const MARGIN: i32 = 4;

/// The code that asks for so much money.
pub(crate) fn picture(payee: &Payee, satang: i64) -> Option<QrPicture> {
    drawn(payee.payload(Some(satang)), payee.shown())
}

/// A customer's code, for the card that they carry: it pays nobody.
pub(crate) fn of_code(code: &str) -> Option<QrPicture> {
    drawn(code.to_owned(), String::new())
}

fn drawn(payload: String, payee: String) -> Option<QrPicture> {
    let code = QrCode::encode_text(&payload, QrCodeEcc::Medium).ok()?;
    let size = code.size();
    let modules = (0..size).flat_map(|y| (0..size).map(move |x| (x, y)));
    let dark = modules.filter(|(x, y)| code.get_module(*x, *y));
    let path: String = dark
        .map(|(x, y)| format!("M{} {}h1v1h-1z", x + MARGIN, y + MARGIN))
        .collect();
    Some(QrPicture {
        side: size + 2 * MARGIN,
        path,
        payload,
        payee,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_its_three_corners_and_a_white_margin() {
        let payee = Payee::read("0812345678").unwrap();
        let picture = picture(&payee, 199_900).unwrap();
        let far = picture.side - MARGIN;
        for (x, y) in [(MARGIN, MARGIN), (far - 1, MARGIN), (MARGIN, far - 1)] {
            assert!(picture.path.contains(&format!("M{x} {y}h")), "{x} {y}");
        }
        let places = picture
            .path
            .split('M')
            .filter_map(|dark| dark.split_once('h')?.0.split_once(' '));
        for (x, y) in places {
            let (x, y): (i32, i32) = (x.parse().unwrap(), y.parse().unwrap());
            assert!((MARGIN..far).contains(&x) && (MARGIN..far).contains(&y), "{x} {y}");
        }
        assert!(picture.payload.contains("54071999.00"), "{}", picture.payload);
    }
}
