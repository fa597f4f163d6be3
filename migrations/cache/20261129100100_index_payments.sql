-- A card asks for one customer's payments, a refund for what was given back of one payment before.
CREATE INDEX payment_customer ON payment (customer_id);
CREATE INDEX payment_refunds ON payment (refunds) WHERE refunds IS NOT NULL;
