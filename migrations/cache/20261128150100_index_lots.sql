-- A card asks for one customer's lots.
CREATE INDEX lot_customer ON lot (customer_id) WHERE remaining > 0;
