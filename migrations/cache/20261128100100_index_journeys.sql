-- The board reads the nine stages one by one.
CREATE INDEX journey_stage ON journey (stage, stage_since);
