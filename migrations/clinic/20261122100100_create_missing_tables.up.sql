-- Why: staff, branches, appointments, treatments and proposals are used where the clinic has them, and made in their known shape where it has not.
do $$
declare fk text := case when to_regclass('auth.users') is not null then ' references auth.users (id)' end;
begin
  if to_regtype('public.clinic_role') is null and to_regclass('public.clinic_staff') is null then
    create type public.clinic_role as enum ('clinic_owner', 'clinic_admin', 'clinic_staff', 'sales_staff');
    perform desk.remember('type', 'public.clinic_role');
  end if;

  if to_regclass('public.clinic_staff') is null then
    execute format($t$create table public.clinic_staff (
      id uuid not null default gen_random_uuid() constraint clinic_staff_pkey primary key,
      clinic_id uuid not null constraint clinic_staff_clinic_id_fkey references public.clinics (id) on delete cascade,
      user_id uuid not null %s,
      role public.clinic_role not null default 'clinic_staff',
      is_active boolean default true,
      created_at timestamptz default now(),
      constraint clinic_staff_clinic_id_user_id_key unique (clinic_id, user_id))$t$, replace(fk, ' references', ' constraint clinic_staff_user_id_fkey references') || ' on delete cascade');
    create index idx_clinic_staff_clinic_id on public.clinic_staff (clinic_id);
    create index idx_clinic_staff_role on public.clinic_staff (role);
    create index idx_clinic_staff_user_id on public.clinic_staff (user_id);
    perform desk.remember('table', 'public.clinic_staff');
  end if;

  if to_regclass('public.branches') is null then
    create table public.branches (
      id uuid not null default gen_random_uuid() constraint branches_pkey primary key,
      clinic_id uuid not null constraint branches_clinic_id_fkey references public.clinics (id) on delete cascade,
      branch_code varchar(50) not null constraint branches_branch_code_key unique,
      branch_name varchar(255) not null,
      address text not null,
      city varchar(100) not null,
      province varchar(100) not null,
      is_active boolean default true,
      created_at timestamptz default now());
    perform desk.remember('table', 'public.branches');
  end if;

  if to_regclass('public.appointments') is null then
    execute format($t$create table public.appointments (
      id uuid not null default gen_random_uuid() constraint appointments_pkey primary key,
      clinic_id uuid not null constraint appointments_clinic_id_fkey references public.clinics (id) on delete cascade,
      customer_id uuid not null constraint appointments_customer_id_fkey references public.customers (id) on delete cascade,
      staff_id uuid not null %s,
      appointment_code varchar(20) not null constraint appointments_appointment_code_key unique,
      appointment_type text not null,
      status text default 'scheduled',
      appointment_date date not null,
      start_time time not null,
      end_time time not null,
      duration_minutes integer generated always as (extract(epoch from end_time - start_time) / 60::numeric) stored,
      treatment_ids jsonb default '[]',
      services jsonb default '[]',
      total_price numeric(10,2) default 0,
      notes text,
      customer_notes text,
      staff_notes text,
      reminder_sent boolean default false,
      reminder_method jsonb default '[]',
      room_id text,
      branch_id uuid constraint appointments_branch_id_fkey references public.branches (id) on delete set null,
      metadata jsonb default '{}',
      created_at timestamptz default now(),
      updated_at timestamptz default now(),
      constraint appointments_clinic_id_appointment_code_key unique (clinic_id, appointment_code),
      constraint appointments_appointment_type_check check (appointment_type in ('consultation', 'treatment', 'follow_up', 'scan')),
      constraint appointments_check check (end_time > start_time),
      constraint appointments_status_check check (status in ('scheduled', 'confirmed', 'in_progress', 'completed', 'cancelled', 'no_show')))$t$,
      replace(fk, ' references', ' constraint appointments_staff_id_fkey references') || ' on delete restrict');
    create index idx_appointments_clinic_id on public.appointments (clinic_id);
    create index idx_appointments_created_at on public.appointments (created_at desc);
    create index idx_appointments_customer_id on public.appointments (customer_id);
    create index idx_appointments_date_time on public.appointments (appointment_date, start_time);
    create index idx_appointments_staff_id on public.appointments (staff_id);
    create index idx_appointments_status on public.appointments (status);
    perform desk.remember('table', 'public.appointments');
  end if;

  if to_regclass('public.treatments') is null then
    create table public.treatments (
      id uuid not null default gen_random_uuid() constraint treatments_pkey primary key,
      names jsonb not null,
      category varchar(50) not null,
      price_min numeric(10,2) not null,
      price_max numeric(10,2) not null,
      is_active boolean default true,
      created_at timestamptz default now());
    perform desk.remember('table', 'public.treatments');
  end if;

  if to_regclass('public.sales_proposals') is null then
    create table public.sales_proposals (
      id uuid not null default gen_random_uuid() constraint sales_proposals_pkey primary key,
      clinic_id uuid not null,
      customer_name varchar(255) not null,
      proposal_html text not null,
      treatments jsonb not null default '[]',
      pricing jsonb not null default '{}',
      status varchar(20) not null default 'draft',
      total_amount numeric(12,2) not null default 0.00,
      created_at timestamptz default now(),
      updated_at timestamptz default now());
    create index idx_proposals_clinic_status on public.sales_proposals (clinic_id, status);
    create index idx_sales_proposals_clinic_id on public.sales_proposals (clinic_id);
    create index idx_sales_proposals_created_at on public.sales_proposals (created_at desc);
    create index idx_sales_proposals_status on public.sales_proposals (status);
    perform desk.remember('table', 'public.sales_proposals');
  end if;
end $$;

-- Tables we make are closed until a policy opens them (the original left some open to anyone with the public key).
do $$ declare t text; begin
  for t in select name from desk.created_object where kind = 'table' loop
    execute format('alter table %s enable row level security', t);
    execute format('revoke all on %s from public', t);
    if to_regrole('anon') is not null then execute format('revoke all on %s from anon', t); end if;
  end loop;
end $$;

-- A drifted appointments table may lack what a desk shows.
do $$
declare c record; added text[] := '{}';
begin
  for c in select * from (values
    ('customer_id', 'uuid'), ('staff_id', 'uuid'), ('appointment_code', 'varchar(20)'), ('appointment_type', 'text'), ('status', 'text'),
    ('appointment_date', 'date'), ('start_time', 'time'), ('end_time', 'time'), ('services', 'jsonb'), ('room_id', 'text'), ('notes', 'text')) as x (col, def)
  loop
    if desk.ensure_column('public.appointments'::regclass, c.col, c.def) then added := added || c.col; end if;
  end loop;
  if added <> '{}' then perform desk.note_problem('public.appointments', 'column_was_missing', array_to_string(added, ', ')); end if;
end $$;
