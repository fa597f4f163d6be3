//! Rebuilds this crate when a migration is added, because `sqlx::migrate!` only notices changed ones.

fn main() {
    println!("cargo:rerun-if-changed=../../../migrations/clinic");
}
