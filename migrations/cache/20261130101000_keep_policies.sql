-- Why: what a bill earns, which tier it leads to and until when that holds is said without the network too, and a manager reads the ledger's sums from here.
CREATE TABLE loyalty_policy (
    id BLOB PRIMARY KEY NOT NULL,
    version INTEGER,
    starts_at INTEGER,
    basis TEXT,
    multipliers TEXT,
    floors TEXT,
    months INTEGER,
    welcome INTEGER,
    point_satang INTEGER,
    reason TEXT,
    made_by BLOB,
    created_at INTEGER
) STRICT, WITHOUT ROWID;
ALTER TABLE loyalty_profile ADD COLUMN tier_since TEXT;
ALTER TABLE loyalty_profile ADD COLUMN tier_until TEXT;
ALTER TABLE loyalty_profile ADD COLUMN tier_by BLOB;
ALTER TABLE point_entry ADD COLUMN effective_at INTEGER;
ALTER TABLE point_entry ADD COLUMN purpose TEXT;
ALTER TABLE point_entry ADD COLUMN policy INTEGER;
ALTER TABLE point_entry ADD COLUMN reason TEXT;
ALTER TABLE point_entry ADD COLUMN given_by BLOB;
ALTER TABLE lot ADD COLUMN branch TEXT;
ALTER TABLE payment ADD COLUMN posted_at INTEGER;
ALTER TABLE payment ADD COLUMN late_reason TEXT;
ALTER TABLE clinic ADD COLUMN books_closed_to TEXT;
