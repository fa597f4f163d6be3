-- Why: a lead belongs to who took it first, its clock stops at the first answer, and one that nobody takes is passed on.
ALTER TABLE clinic ADD COLUMN pass_lead_after INTEGER;   -- opening minutes until the next person is told
ALTER TABLE clinic ADD COLUMN raise_lead_after INTEGER;  -- opening minutes until the managers are
ALTER TABLE lead ADD COLUMN assigned_to BLOB;
ALTER TABLE lead ADD COLUMN told TEXT;           -- JSON array of the people who were told of it
ALTER TABLE lead ADD COLUMN hot_at INTEGER;      -- since when it wants a person at once
ALTER TABLE lead ADD COLUMN claimed_at INTEGER;
ALTER TABLE lead ADD COLUMN answered_at INTEGER; -- the first answer of a person
ALTER TABLE lead ADD COLUMN answered_by BLOB;
ALTER TABLE lead ADD COLUMN outcome TEXT;        -- of the latest contact
ALTER TABLE lead ADD COLUMN next_at INTEGER;     -- when whoever has it wants to ask again
ALTER TABLE lead ADD COLUMN notes TEXT;
ALTER TABLE lead ADD COLUMN passed_to BLOB;
ALTER TABLE lead ADD COLUMN passed_at INTEGER;
ALTER TABLE lead ADD COLUMN raised_at INTEGER;
ALTER TABLE lead ADD COLUMN message TEXT;        -- what they wrote
ALTER TABLE lead ADD COLUMN bought INTEGER;      -- how it ended, once that is known
ALTER TABLE lead ADD COLUMN score_low INTEGER;
ALTER TABLE lead ADD COLUMN score_high INTEGER;
ALTER TABLE lead ADD COLUMN factors TEXT;        -- JSON: what the score is made of
