//! A number is dialled by the telephone software that the desktop names, in the real window.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test: what is not as expected ends it, in its helpers too"
)]

mod clinic_support;
mod e2e_support;

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use clinic_support::{A, DB, migrated, ticket};
use desk_tests::harness::{desk::Desk, wait::eventually};
use e2e_support::{LONG, agreed, connect, find, gone, key, open_card, press, type_keys};
use thirtyfour::{By, Key};

/// Telephone software as a desktop knows it: a program whose entry takes `tel:`. It writes down what it is handed; the path is of that list.
fn install_phone(desk: &Desk) -> PathBuf {
    let (program, calls) = (desk.home().join("phone"), desk.home().join("calls"));
    write(&program, &format!("#!/bin/sh\necho \"$1\" >> '{}'\n", calls.display()));
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let entry = format!(
        "[Desktop Entry]\nType=Application\nName=Phone\nExec={} %u\nMimeType=x-scheme-handler/tel;\n",
        program.display()
    );
    write(&desk.data().join("applications/phone.desktop"), &entry);
    write(
        &desk.home().join(".config/mimeapps.list"),
        "[Default Applications]\nx-scheme-handler/tel=phone.desktop\n",
    );
    calls
}

fn write(file: &Path, text: &str) {
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, text).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn c_twice_hands_the_number_to_the_telephone_software_and_nobodys_who_asked_not_to_be_called() {
    let pg = migrated().await;
    pg.psql(
        DB,
        "update public.customers set phone = case id when md5('customer:1')::uuid then '081-555-0101' else '082-555-0103' end where id in (md5('customer:1')::uuid, md5('customer:3')::uuid);
        insert into public.customer_preferences (clinic_id, customer_id, do_not_contact) select clinic_id, id, true from public.customers where id = md5('customer:3')::uuid
        on conflict (customer_id, clinic_id) do update set do_not_contact = true",
    );
    let mut pc = Desk::new();
    let calls = install_phone(&pc);
    pc.start(&[]).await;
    connect(&pc, &ticket(&pg, A, 5).await.code(), "PC-A").await;
    agreed(&pc).await;

    open_card(&pc, "0815550101").await;
    type_keys(&pc, "c").await;
    find(&pc, "[data-dialog=call] [data-action=dial]").await;
    type_keys(&pc, "c").await;
    let dialled = eventually("the telephone software has the number", LONG, async || {
        fs::read_to_string(&calls).ok().filter(|calls| calls.ends_with('\n'))
    })
    .await;
    assert_eq!(
        dialled, "tel:+66815550101\n",
        "once, and as every telephone understands it"
    );
    key(&pc, Key::Escape).await;
    gone(&pc, "dialog[open]").await;

    open_card(&pc, "0825550103").await;
    type_keys(&pc, "c").await;
    find(&pc, "[data-dialog=call] [role=alert]").await;
    assert!(
        pc.window().find(By::Css("[data-action=dial]")).await.is_err(),
        "who asked not to be called has no such button"
    );
    press(&pc, "[data-dialog=call]").await;
    type_keys(&pc, "c").await;
    assert_eq!(fs::read_to_string(&calls).unwrap(), dialled, "nobody else was dialled");
}
