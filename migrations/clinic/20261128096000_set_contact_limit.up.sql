-- Why: how long a PC may be kept offline before it locks is the clinic's to say: one that sells on the road has other needs than one counter.
alter table desk.clinic add column days_unseen integer not null default 7 check (days_unseen between 1 and 90);
grant select (days_unseen) on desk.clinic to desk_member;
