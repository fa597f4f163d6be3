-- Why: a limit on one redemption is none for who redeems twice. What staff redeem for a customer without the customer's own word is counted over the clinic's day, over
-- all PCs, and above the limit a second person has to agree (rule L13).

-- What was redeemed for a customer on the clinic's day of `at` by staff's word alone, by when it arrived. What was taken back is not redeemed.
create function desk.redeemed_alone_on(clinic uuid, customer uuid, at timestamptz) returns bigint language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare today timestamptz := desk.day_start(clinic, desk.local_day(clinic, at));
begin
  return coalesce((select -sum(e.amount) from public.point_transactions e
    where e.clinic_id = clinic and e.customer_id = customer and e.type = 'redeemed' and e.desk_source = 'desk' and e.desk_method not in ('display', 'two') and e.desk_posted_at >= today
      and not exists (select 1 from public.point_transactions r where r.desk_reverses = e.id and r.clinic_id = e.clinic_id)), 0);
end $$;

-- What was handed out on an allowance without the network is not refused for what other counters did meanwhile, which nobody could know there: it counts, and by
-- itself it stays below the limit.
create or replace function desk.need_second_person() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare a desk.approval; most integer; used bigint := 0;
begin
  select x.* into a from desk.approval x where x.clinic_id = new.clinic_id and x.entry_id = new.id and x.kind = 'redemption' and x.customer_id = new.customer_id and x.points = -new.amount;
  if found then
    new.desk_method := 'two'; new.desk_agreed_by := a.decided_by;
    return new;
  end if;
  select c.redeem_alone into most from desk.clinic c where c.clinic_id = new.clinic_id;
  if new.desk_lease_id is null then
    -- Two counters at once count one after the other.
    perform desk.lock_points(new.clinic_id, new.customer_id);
    used := desk.redeemed_alone_on(new.clinic_id, new.customer_id, now());
  end if;
  if used - new.amount > most then perform desk.refuse('second_person_needed', jsonb_build_object('most', most, 'left', greatest(most - used, 0))); end if;
  return new;
end $$;

-- Desks count along.
grant select (desk_method, desk_reverses) on public.point_transactions to desk_member;
select desk.close_functions();
