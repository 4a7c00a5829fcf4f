use leuka_record::{Error, Meaning, Role};

use crate::bench::{Folder, at, block, sqlite};
use crate::trail::finished;

const PASSWORD: &str = "correct horse battery";

#[test]
fn a_login_is_locked_after_five_wrong_passwords_and_opens_again_after_a_quarter_of_an_hour() {
    let folder = Folder::new();
    block(async {
        let store = sqlite(&folder).await;
        store.add_user("nora", "Nora Nurse", Role::Nurse, PASSWORD).await.unwrap();
        for second in 0..5 {
            let wrong = store.authenticate("nora", "wrong horse battery", at(second).utc_ms).await;
            assert!(matches!(wrong, Err(Error::Credentials)), "{wrong:?}");
        }
        let locked = store.authenticate("nora", PASSWORD, at(10).utc_ms).await;
        assert!(matches!(locked, Err(Error::Locked { failures: 5, .. })), "{locked:?}");
        assert_eq!(store.authenticate("nora", PASSWORD, at(4 + 15 * 60).utc_ms).await.unwrap().role, Role::Nurse);
    });
}

#[test]
fn an_unknown_login_a_wrong_password_and_a_left_user_are_told_alike() {
    let folder = Folder::new();
    block(async {
        let store = sqlite(&folder).await;
        store.add_user("nora", "Nora Nurse", Role::Nurse, PASSWORD).await.unwrap();
        store.add_user("left", "Long Gone", Role::Nurse, PASSWORD).await.unwrap();
        store.change_user("left", None, Some(false), None).await.unwrap();
        for (login, password) in [("nobody", PASSWORD), ("nora", "wrong horse battery"), ("left", PASSWORD)] {
            let told = store.authenticate(login, password, at(0).utc_ms).await.unwrap_err().to_string();
            assert_eq!(told, "login or password is wrong", "{login}");
        }
    });
}

#[test]
fn passwords_and_tokens_are_not_in_the_file() {
    let folder = Folder::new();
    let token = block(async {
        let store = sqlite(&folder).await;
        let user = store.add_user("nora", "Nora Nurse", Role::Nurse, PASSWORD).await.unwrap();
        let session = store.begin_session(&user, at(0).utc_ms).await.unwrap();
        let (known, csrf) = store.session(&session.token, at(60).utc_ms).await.unwrap().unwrap();
        assert_eq!((known, csrf), (user, session.csrf));
        assert!(store.session(&session.token, at(13 * 3600).utc_ms).await.unwrap().is_none(), "it ends by itself");
        store.close().await;
        session.token
    });
    let bytes = std::fs::read(folder.path().join("record.sqlite")).unwrap();
    let has = |secret: &str| bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
    assert!(has("Nora Nurse") && !has(PASSWORD) && !has(&token));
}

#[test]
fn whoever_is_no_longer_active_is_signed_out() {
    let folder = Folder::new();
    block(async {
        let store = sqlite(&folder).await;
        let user = store.add_user("nora", "Nora Nurse", Role::Nurse, PASSWORD).await.unwrap();
        let session = store.begin_session(&user, at(0).utc_ms).await.unwrap();
        store.change_user("nora", None, Some(false), None).await.unwrap();
        assert!(store.session(&session.token, at(1).utc_ms).await.unwrap().is_none());
    });
}

#[test]
fn a_signature_needs_the_password_each_time_and_the_right_role() {
    let folder = Folder::new();
    block(async {
        let store = sqlite(&folder).await;
        finished(&store, "R-1").await;
        store.add_user("nora", "Nora Nurse", Role::Nurse, PASSWORD).await.unwrap();
        store.add_user("petra", "Dr Petra Physician", Role::Physician, PASSWORD).await.unwrap();
        let wrong = store.sign("R-1", "nora", "wrong horse battery", Meaning::Authorship, at(1)).await;
        assert!(matches!(wrong, Err(Error::Credentials)));
        let role = store.sign("R-1", "nora", PASSWORD, Meaning::Approval, at(2)).await.unwrap_err().to_string();
        assert_eq!(role, "nora is nurse: approval is for a physician");
        let before = store.head("R-1").await.unwrap();
        let signature = store.sign("R-1", "petra", PASSWORD, Meaning::Approval, at(3)).await.unwrap();
        assert_eq!((signature.signed_seq, signature.signed_hash), (before.seq, before.hash));
        let record = store.load("R-1").await.unwrap();
        assert_eq!(record.signatures[0].name, "Dr Petra Physician");
        assert_eq!(record.signatures[0].at.utc(), at(3).utc());
    });
}
