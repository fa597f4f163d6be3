//! A place among tokens, and the numbers that are read there, in digits or in words.

use super::{
    lexer::Token,
    lexicon::{Unit, Word},
};

/// A place among tokens.
#[derive(Clone, Copy)]
pub(super) struct Cursor<'a>(pub(super) &'a [Token]);

impl<'a> Cursor<'a> {
    pub(super) fn peek(&self) -> Option<Token> {
        self.0.first().copied()
    }

    pub(super) fn word(&self) -> Option<Word> {
        match self.peek() {
            Some(Token::Word(word)) => Some(word),
            _ => None,
        }
    }

    pub(super) fn skip(&mut self) {
        self.0 = self.0.get(1..).unwrap_or_default();
    }

    /// Goes past this word, if it stands here.
    pub(super) fn takes(&mut self, wanted: Word) -> bool {
        let is_here = self.word() == Some(wanted);
        if is_here {
            self.skip();
        }
        is_here
    }

    pub(super) fn takes_mark(&mut self, wanted: char) -> bool {
        let is_here = self.peek() == Some(Token::Mark(wanted));
        if is_here {
            self.skip();
        }
        is_here
    }

    /// Goes past the unit that stands here.
    pub(super) fn takes_unit(&mut self) -> Option<Unit> {
        let unit = match self.word()? {
            Word::Unit(unit) => unit,
            Word::SundayOrWeek => Unit::Week,
            _ => return None,
        };
        self.skip();
        Some(unit)
    }

    /// Goes past fillers.
    pub(super) fn skip_fillers(&mut self) {
        while self.word() == Some(Word::Filler) {
            self.skip();
        }
    }

    /// A number and its digits; a number in words has none.
    pub(super) fn number(&mut self) -> Option<(u32, usize)> {
        match self.peek()? {
            Token::Number(number, digits) => {
                self.skip();
                Some((number, digits))
            }
            Token::Word(Word::Count(number)) => {
                self.skip();
                Some((self.counted(number), 0))
            }
            Token::Word(Word::Digit(_) | Word::Ten | Word::Twice) => self.thai_number().map(|number| (number, 0)),
            _ => None,
        }
    }

    /// `twenty` with the `five` behind it.
    fn counted(&mut self, tens: u32) -> u32 {
        match (tens, self.word()) {
            (20.., Some(Word::Count(ones @ 1..=9))) => {
                self.skip();
                tens + ones
            }
            _ => tens,
        }
    }

    /// `สอง`, `สิบ`, `สิบเอ็ด`, `ยี่สิบห้า`, `สามสิบ`.
    fn thai_number(&mut self) -> Option<u32> {
        let tens = match self.word()? {
            Word::Ten => 1,
            Word::Twice => 2,
            Word::Digit(digit) => digit,
            _ => return None,
        };
        if self.word() != Some(Word::Ten) {
            self.skip();
            if self.word() != Some(Word::Ten) {
                return Some(tens);
            }
        }
        self.skip();
        Some(tens * 10 + self.digit().unwrap_or(0))
    }

    /// One digit in words, and nothing more of the number.
    pub(super) fn digit(&mut self) -> Option<u32> {
        match self.word() {
            Some(Word::Digit(digit)) => {
                self.skip();
                Some(digit)
            }
            _ => None,
        }
    }
}
