-- Search has tables of its own, derived from customer rows and rebuildable at any time: nobody's name has to be scanned per keystroke.
-- All text in them is folded (desk_core::text::fold). The index on people's ids is made after a bulk load (search::create_indexes).

-- One row a customer, in the order of the last visit: a higher doc was here more recently (day of the visit * 2^20 + a running number).
CREATE TABLE search_person (
  doc INTEGER NOT NULL PRIMARY KEY,
  nickname TEXT NOT NULL,           -- without a form of address in front
  name TEXT NOT NULL,               -- given name and family names, one space between
  line_name TEXT NOT NULL,
  email TEXT NOT NULL,
  phone TEXT NOT NULL,              -- E.164, or bare digits where it is no complete number; several with a space between
  code TEXT NOT NULL,               -- letters and digits only
  id BLOB NOT NULL                  -- customer.id
) STRICT;

-- What a typed word can be the beginning of. field: see search::index::Field.
CREATE TABLE search_term (
  field INTEGER NOT NULL,
  term TEXT NOT NULL,
  doc INTEGER NOT NULL,
  PRIMARY KEY (field, term, doc)
) STRICT, WITHOUT ROWID;

-- Which names go on like this after their beginning: ชมพู leads to พลอยชมพู. Kept per name, not per person.
CREATE TABLE search_inside (
  part TEXT NOT NULL,
  term TEXT NOT NULL,
  PRIMARY KEY (part, term)
) STRICT, WITHOUT ROWID;

-- Which names sound nearly like this (desk_core::text::sound). Kept per name, not per person.
CREATE TABLE search_sound (
  key TEXT NOT NULL,
  field INTEGER NOT NULL,
  term TEXT NOT NULL,
  PRIMARY KEY (key, field, term)
) STRICT, WITHOUT ROWID;

-- Every four digits in a row of a phone number, as dialled at home: any part of a number leads to its few owners.
CREATE TABLE search_digits (
  four INTEGER NOT NULL,
  is_last INTEGER NOT NULL,         -- 1 for the last four digits: what people say
  doc INTEGER NOT NULL,
  PRIMARY KEY (four, is_last, doc)
) STRICT, WITHOUT ROWID;
