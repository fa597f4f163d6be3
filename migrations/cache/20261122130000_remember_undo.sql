-- Why: a person's action can be taken back. What never left this PC is simply taken out of the outbox, so it must be known what may have left;
-- anything else is reversed by a new action, which needs to know what the row held before.
ALTER TABLE outbox ADD COLUMN sent_at INTEGER;    -- when it was chosen for a push, written before anything is sent; NULL: it never left this PC
ALTER TABLE outbox ADD COLUMN before TEXT;        -- JSON: what the action replaced; NULL: it cannot be taken back
ALTER TABLE outbox ADD COLUMN undone_at INTEGER;  -- when its person took it back, or tried to; it is not offered again
ALTER TABLE archive ADD COLUMN before TEXT;
ALTER TABLE archive ADD COLUMN undone_at INTEGER;
-- archive.outcome may also be 'taken_back': it never left this PC.

-- What waits from before this step may have been sent.
UPDATE outbox SET sent_at = at;

CREATE INDEX archive_undo ON archive (person_id, number DESC, at DESC) WHERE before IS NOT NULL;
