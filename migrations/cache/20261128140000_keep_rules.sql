-- What the clinic does by itself; conditions and target_data are JSON.
CREATE TABLE automation_rule (
  id BLOB NOT NULL PRIMARY KEY,
  name TEXT,
  trigger_stage TEXT,
  trigger_action TEXT,
  conditions TEXT,
  target_action TEXT,
  target_data TEXT,
  delay_minutes INTEGER,
  active INTEGER,
  active_from INTEGER,               -- since when it is on; none: off, or never switched on since rules can run
  version INTEGER,
  problem TEXT,                      -- the field because of which it cannot run
  created_at INTEGER
) STRICT, WITHOUT ROWID;
