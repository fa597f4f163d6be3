-- Back to an index that finds a transaction's rows without an order among them.

create index feed_txn on desk.feed (clinic_id, txn) include (op);
drop index desk.feed_order;
