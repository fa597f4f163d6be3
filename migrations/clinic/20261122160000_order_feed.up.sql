-- Why: to the planner a transaction is as large as the average one, and in a clinic that was imported or migrated in one piece that is most of the feed: it read
-- all of it for every pull (a million rows: 0.6 s). In the order of a transaction's own rows a pull begins where it left off and stops when its page is full.

create index feed_order on desk.feed (clinic_id, txn, tbl, pk) include (scope, op);
drop index desk.feed_txn;
