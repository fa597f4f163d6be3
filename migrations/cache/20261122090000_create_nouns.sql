-- Everything this PC knows: the clinic's nouns as they were last seen, the actions not sent yet, and what belongs to this PC alone.
-- uuid = 16-byte BLOB, instant = INTEGER microseconds since 1970 UTC, flag = 0 or 1, money = INTEGER satang, json = TEXT.

-- Who comes to the clinic. phone is as typed by the clinic; dates are YYYY-MM-DD.
CREATE TABLE customer (
  id BLOB NOT NULL PRIMARY KEY,
  code TEXT,
  full_name TEXT,
  nickname TEXT,
  phone TEXT,
  email TEXT,
  line_name TEXT,
  birth_date TEXT,
  gender TEXT,
  status TEXT,
  customer_type TEXT,
  source TEXT,
  allergies TEXT,
  notes TEXT,
  tags TEXT,
  assigned_sales_id BLOB,
  first_visit_date TEXT,
  last_visit_date TEXT,
  created_at INTEGER,
  updated_at INTEGER
) STRICT, WITHOUT ROWID;

-- A customer's way through the nine stages (workflow_states).
CREATE TABLE journey (
  id BLOB NOT NULL PRIMARY KEY,
  customer_id BLOB,
  stage TEXT,
  sales_id BLOB,
  beautician_id BLOB,
  treatment_plan TEXT,
  created_at INTEGER,
  updated_at INTEGER
) STRICT, WITHOUT ROWID;

-- One step of a journey, never deleted (workflow_actions).
CREATE TABLE journey_action (
  id BLOB NOT NULL PRIMARY KEY,
  journey_id BLOB,
  type TEXT,
  performed_by BLOB,
  performed_at INTEGER,
  from_stage TEXT,
  to_stage TEXT,
  notes TEXT
) STRICT, WITHOUT ROWID;

-- What a person has to do (task_queue). Overdue is derived, never stored.
CREATE TABLE task (
  id BLOB NOT NULL PRIMARY KEY,
  journey_id BLOB,
  assigned_to BLOB,
  task_type TEXT,
  title TEXT,
  description TEXT,
  priority TEXT,
  status TEXT,
  due_at INTEGER,
  snoozed_until INTEGER,
  created_at INTEGER,
  updated_at INTEGER,
  completed_at INTEGER,
  completed_by BLOB,
  notes TEXT
) STRICT, WITHOUT ROWID;

-- One planned contact with a customer (followup_executions). content and response are JSON.
CREATE TABLE followup (
  id BLOB NOT NULL PRIMARY KEY,
  rule_id BLOB,
  customer_id BLOB,
  journey_id BLOB,
  channel TEXT,
  scheduled_at INTEGER,
  executed_at INTEGER,
  status TEXT,
  content TEXT,
  response TEXT
) STRICT, WITHOUT ROWID;

-- A membership. Points are whole, total_spent is satang.
CREATE TABLE loyalty_profile (
  id BLOB NOT NULL PRIMARY KEY,
  customer_id BLOB,
  total_points INTEGER,
  available_points INTEGER,
  tier TEXT,
  total_spent INTEGER,
  total_visits INTEGER,
  last_visit INTEGER,
  referral_code TEXT,
  joined_at INTEGER
) STRICT, WITHOUT ROWID;

-- The points ledger (point_transactions); spent points are negative.
CREATE TABLE point_entry (
  id BLOB NOT NULL PRIMARY KEY,
  customer_id BLOB,
  type TEXT,
  amount INTEGER,
  description TEXT,
  created_at INTEGER,
  expires_at INTEGER
) STRICT, WITHOUT ROWID;

-- What points can buy; monetary_value is satang.
CREATE TABLE reward (
  id BLOB NOT NULL PRIMARY KEY,
  name TEXT,
  description TEXT,
  type TEXT,
  points_cost INTEGER,
  monetary_value INTEGER,
  is_active INTEGER,
  tier_requirement TEXT,
  valid_from INTEGER,
  valid_until INTEGER
) STRICT, WITHOUT ROWID;

-- What a person was told; the record behind every toast.
CREATE TABLE notification (
  id BLOB NOT NULL PRIMARY KEY,
  user_id BLOB,
  type TEXT,
  title TEXT,
  message TEXT,
  priority TEXT,
  action_url TEXT,
  subject TEXT,
  is_read INTEGER,
  created_at INTEGER,
  read_at INTEGER,
  expires_at INTEGER,
  dismissed INTEGER
) STRICT, WITHOUT ROWID;

-- Who works here; id is the person. People who left stay, inactive.
CREATE TABLE staff (
  id BLOB NOT NULL PRIMARY KEY,
  role TEXT,
  display_name TEXT,
  nickname TEXT,
  active INTEGER
) STRICT, WITHOUT ROWID;

-- A booking, in the clinic's own day and time.
CREATE TABLE appointment (
  id BLOB NOT NULL PRIMARY KEY,
  customer_id BLOB,
  staff_id BLOB,
  code TEXT,
  type TEXT,
  status TEXT,
  date TEXT,
  start_time TEXT,
  end_time TEXT,
  services TEXT,
  room TEXT,
  notes TEXT
) STRICT, WITHOUT ROWID;

-- Someone who asked and has no answer yet. reasons is a JSON array of sentences.
CREATE TABLE lead (
  id BLOB NOT NULL PRIMARY KEY,
  customer_id BLOB,
  name TEXT,
  phone TEXT,
  email TEXT,
  source TEXT,
  score INTEGER,
  is_hot INTEGER,
  reasons TEXT,
  status TEXT,
  claimed_by BLOB,
  created_at INTEGER,
  updated_at INTEGER
) STRICT, WITHOUT ROWID;

-- The clinic itself: one row.
CREATE TABLE clinic (
  id BLOB NOT NULL PRIMARY KEY,
  name_th TEXT,
  name_en TEXT,
  timezone TEXT,
  hot_lead_threshold INTEGER,
  quiet_from TEXT,
  quiet_to TEXT,
  loyalty_multipliers TEXT
) STRICT, WITHOUT ROWID;

-- A customer's contact wishes; preferred_channels is a JSON array.
CREATE TABLE preference (
  id BLOB NOT NULL PRIMARY KEY,
  customer_id BLOB,
  do_not_contact INTEGER,
  marketing_opt_in INTEGER,
  preferred_channels TEXT,
  best_contact_time TEXT,
  language TEXT
) STRICT, WITHOUT ROWID;

-- Why follow-ups are planned; channels is a JSON array.
CREATE TABLE followup_rule (
  id BLOB NOT NULL PRIMARY KEY,
  name TEXT,
  type TEXT,
  channels TEXT,
  priority TEXT,
  active INTEGER
) STRICT, WITHOUT ROWID;

-- How far each stream (scope of the feed) has been read.
CREATE TABLE stream (
  scope TEXT NOT NULL PRIMARY KEY,   -- 'clinic' or 'person:<uuid>'
  version INTEGER NOT NULL,
  tbl INTEGER NOT NULL,
  pk BLOB NOT NULL,
  epoch TEXT NOT NULL,               -- the feed's epoch; another one means: load again
  synced_at INTEGER NOT NULL         -- instant of the last consistent point
) STRICT, WITHOUT ROWID;

-- Actions saved here that the clinic has not confirmed. Never deleted before their outcome is known.
CREATE TABLE outbox (
  number INTEGER PRIMARY KEY AUTOINCREMENT,  -- order in which they were made, and in which they are replayed
  id BLOB NOT NULL UNIQUE,                   -- the mutation's identity: the database keeps one outcome per id
  person_id BLOB NOT NULL,                   -- who did it; only that person's login sends it
  seq INTEGER NOT NULL,                      -- consecutive per person, from 1
  name TEXT NOT NULL,                        -- for example 'task.complete'
  args TEXT NOT NULL,                        -- JSON
  v INTEGER NOT NULL,                        -- version of the shape of args
  at INTEGER NOT NULL,
  outcome TEXT,                              -- the database's answer to the push: 'ok' or 'rejected'; final only with the rows that show it
  code TEXT,
  detail TEXT
) STRICT;

-- Per person: the last number given out. It outlives the outbox rows, so that a number is never used twice.
CREATE TABLE sender (
  person_id BLOB NOT NULL PRIMARY KEY,
  client_id BLOB NOT NULL,
  last_seq INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What a row was before unsent actions touched it: exact, and only for rows they touched.
CREATE TABLE shadow (
  tbl INTEGER NOT NULL,
  pk BLOB NOT NULL,
  row TEXT,                          -- JSON array in column order; NULL: the row was not there
  PRIMARY KEY (tbl, pk)
) STRICT, WITHOUT ROWID;

-- Actions whose outcome is known, for the history and for asking again after the server was restored from a backup.
CREATE TABLE archive (
  id BLOB NOT NULL PRIMARY KEY,
  person_id BLOB NOT NULL,
  name TEXT NOT NULL,
  args TEXT NOT NULL,
  at INTEGER NOT NULL,
  settled_at INTEGER NOT NULL,
  outcome TEXT NOT NULL              -- 'ok', 'rejected' (moved to attention first) or 'settled' (a person decided)
) STRICT, WITHOUT ROWID;

-- What the clinic refused and a person must look at, with what was typed.
CREATE TABLE attention (
  id BLOB NOT NULL PRIMARY KEY,
  person_id BLOB NOT NULL,
  name TEXT NOT NULL,
  args TEXT NOT NULL,
  code TEXT NOT NULL,
  detail TEXT,                       -- JSON of the database: what to decide on
  at INTEGER NOT NULL,
  refused_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Toasts by subject: shown, snoozed, pressed. It survives a restart, so that nothing is shown twice and nothing snoozed is forgotten.
CREATE TABLE alert (
  subject TEXT NOT NULL,             -- 'lead:<uuid>', 'followup:<uuid>'
  person_id BLOB NOT NULL,
  shown_at INTEGER,                  -- NULL: waiting to be shown
  next_at INTEGER,                   -- show (again) at this instant
  PRIMARY KEY (subject, person_id)
) STRICT, WITHOUT ROWID;

-- What a person or this PC chose: JSON by name.
CREATE TABLE choice (
  person_id BLOB NOT NULL,
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (person_id, name)
) STRICT, WITHOUT ROWID;

-- Facts about this file: 'clinic_id', 'loaded' (set as the very last step of a first load).
CREATE TABLE meta (
  name TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
