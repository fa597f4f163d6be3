-- How the customer agreed to spend, and which entry another one takes back: what staff alone redeem for a customer is counted by the day.
ALTER TABLE point_entry ADD COLUMN method TEXT;
ALTER TABLE point_entry ADD COLUMN reverses BLOB;
