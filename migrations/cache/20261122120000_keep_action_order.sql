-- Why: actions that a restored server has forgotten are sent again from the archive: in the order in which they were made, which no clock
-- tells for sure, and to the letter, to which the version of their arguments' shape belongs.
ALTER TABLE archive ADD COLUMN number INTEGER NOT NULL DEFAULT 0;  -- its place in the outbox; 0: it was never there
ALTER TABLE archive ADD COLUMN v INTEGER NOT NULL DEFAULT 1;
