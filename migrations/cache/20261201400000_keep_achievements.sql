-- Why: managers keep the achievements, so a PC knows what they ask and which version it has seen.
ALTER TABLE achievement ADD COLUMN conditions TEXT;
ALTER TABLE achievement ADD COLUMN version INTEGER;
