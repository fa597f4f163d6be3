//! A chain's database on a server of its own: clinics with customers, and a login for every desk.

use desk_clinic::{connect::ConnectTo, migrate};
use desk_tests::harness::pg::PgCluster;
use sqlx::{Connection as _, PgConnection};
use std::path::PathBuf;
use uuid::Uuid;

/// Name of the database.
pub const DB: &str = "chain";
/// Customers of each clinic.
const CUSTOMERS: u32 = 200;
/// Every login's password.
const PASSWORD: &str = "bench-load";

/// The server and how many of each it has.
pub struct Chain {
    pub pg: PgCluster,
    desks: u32,
    clinics: u32,
}

impl Chain {
    /// A fresh one. Desk `n` belongs to clinic `n` modulo the clinics.
    pub async fn open(desks: u32, clinics: u32) -> Self {
        let connections = (desks * 4 + 50).to_string();
        let pg = PgCluster::with(&[("max_connections", &connections), ("shared_buffers", "256MB")]);
        pg.create_database(DB, None);
        let fixtures = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/baseline");
        for file in ["supabase_stub.sql", "core.sql", "rest.sql"] {
            pg.psql_file(DB, fixtures.join(file));
        }
        let mut admin = PgConnection::connect(&pg.superuser_url(DB)).await.unwrap();
        migrate::up(&mut admin).await.unwrap();
        let chain = Self { pg, desks, clinics };
        chain.fill();
        chain
    }

    fn fill(&self) {
        let (desks, clinics) = (self.desks, self.clinics);
        self.pg.psql(DB, &format!("
            insert into public.clinics (id, clinic_code, display_name) select md5('clinic:' || n)::uuid, 'C' || n, to_jsonb('สาขา ' || n) from generate_series(0, {clinics} - 1) n;
            insert into auth.users (id, email) select md5('person:' || n)::uuid, n || '@example.test' from generate_series(0, {desks} - 1) n;
            insert into public.users (id, email, full_name) select md5('person:' || n)::uuid, n || '@example.test', 'คน ที่' || n from generate_series(0, {desks} - 1) n;
            insert into desk.staff (clinic_id, person_id, role, display_name, nickname) select md5('clinic:' || n % {clinics})::uuid, md5('person:' || n)::uuid, 'front_desk', 'คน ที่' || n, 'คน' || n from generate_series(0, {desks} - 1) n;
            insert into public.customers (id, clinic_id, customer_code, full_name) select md5('customer:' || c || ':' || n)::uuid, md5('clinic:' || c)::uuid, 'L' || c || '-' || n, 'ลูกค้า ' || n
              from generate_series(0, {clinics} - 1) c, generate_series(0, {CUSTOMERS} - 1) n;"));
        self.pg.psql(DB, &format!("set password_encryption = 'scram-sha-256';
            select count(desk.add_login(md5('clinic:' || n % {clinics})::uuid, md5('person:' || n)::uuid, ('desk_' || md5('login:' || n))::name, '{PASSWORD}', 600)) from generate_series(0, {desks} - 1) n;
            update desk.member set enrolled_at = now(), device = 'PC-' || role_name;"));
        self.pg.psql(DB, "analyze");
    }

    /// The desks' logins in their order, over this port.
    pub fn logins(&self, port: u16) -> Vec<ConnectTo> {
        let text = format!(
            "select 'desk_' || md5('login:' || n) from generate_series(0, {} - 1) n",
            self.desks
        );
        let names = self.pg.psql(DB, &text);
        let login = |name: &str| ConnectTo {
            host: "127.0.0.1".into(),
            port,
            database: DB.into(),
            login: name.to_owned(),
            password: PASSWORD.into(),
            ca: None,
        };
        names.lines().map(login).collect()
    }

    /// The customers of a desk's clinic.
    pub fn customers_of(&self, desk: usize) -> Vec<Uuid> {
        let clinic = desk % self.clinics as usize;
        let text = format!("select id from public.customers where customer_code like 'L{clinic}-%'");
        self.pg.psql(DB, &text).lines().map(|id| id.parse().unwrap()).collect()
    }

    /// How many connections clients have to the server now.
    pub fn connections(&self) -> u32 {
        let text = "select count(*) - 1 from pg_stat_activity where backend_type = 'client backend'";
        self.pg.psql(DB, text).parse().unwrap()
    }
}
