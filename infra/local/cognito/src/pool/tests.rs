//! The rules of signing in, with time in the test's hands.

use super::*;
use crate::{UserSeed, totp_code};

const NOW: u64 = 1_800_000_000;

struct Fixture {
    pool: Pool,
    user: User,
    folder: tempfile::TempDir,
}

impl Fixture {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let seed =
            |name: &str| UserSeed { name: name.into(), groups: vec!["physician".into(), "hospital:hospital-a".into()] };
        let pool = Pool::open(
            Config {
                state_file: folder.path().join("cognito.json"),
                pool_id: "ap-northeast-1_test".into(),
                client_id: "client".into(),
                issuer: "https://issuer.example/pool".into(),
                users: vec![seed("sato"), seed("suzuki")],
            },
            NOW,
        )
        .unwrap();
        let user = pool.users().remove(0);
        Self { pool, user, folder }
    }

    fn session(&self, now: u64) -> String {
        let challenge = self.pool.check_password("sato", &self.user.password, now);
        challenge.unwrap().session
    }

    fn code(&self, now: u64) -> String {
        totp_code(&self.user.totp_secret, now)
    }

    fn wrong_code(&self, now: u64) -> String {
        let right = [now - 30, now, now + 30].map(|time| self.code(time));
        let mut codes = (0..4).map(|number| format!("{number:06}"));
        codes.find(|code| !right.contains(code)).unwrap()
    }

    fn sign_in(&self, now: u64) -> Result<Granted, Refusal> {
        self.pool.check_code("sato", &self.session(now), &self.code(now), now)
    }
}

fn refusal<T>(result: Result<T, Refusal>) -> String {
    let refusal = result.err().expect("refused");
    format!("{}: {refusal}", refusal.code())
}

#[test]
fn unknown_user_and_wrong_password_look_alike() {
    let fixture = Fixture::new();
    let expected = "NotAuthorizedException: Incorrect username or password.";
    assert_eq!(refusal(fixture.pool.check_password("sato", "x", NOW)), expected);
    assert_eq!(refusal(fixture.pool.check_password("nobody", "x", NOW)), expected);
}

#[test]
fn wrong_code_leaves_the_session_open_and_success_uses_it_up() {
    let fixture = Fixture::new();
    let session = fixture.session(NOW);
    let wrong = fixture.wrong_code(NOW);
    assert_eq!(
        refusal(fixture.pool.check_code("sato", &session, &wrong, NOW)),
        "CodeMismatchException: Invalid code received for user"
    );
    let code = fixture.code(NOW);
    fixture.pool.check_code("sato", &session, &code, NOW).ok().unwrap();
    let later = fixture.code(NOW + 30);
    assert_eq!(
        refusal(fixture.pool.check_code("sato", &session, &later, NOW + 30)),
        "NotAuthorizedException: Invalid session for the user."
    );
}

#[test]
fn session_expires_after_three_minutes() {
    let fixture = Fixture::new();
    let session = fixture.session(NOW);
    let late = NOW + SESSION_SECONDS + 1;
    assert_eq!(
        refusal(fixture.pool.check_code("sato", &session, &fixture.code(late), late)),
        "NotAuthorizedException: Invalid session for the user, session is expired."
    );
    let in_time = NOW + SESSION_SECONDS;
    let answered = fixture.pool.check_code("sato", &session, &fixture.code(in_time), in_time);
    assert!(answered.is_ok());
}

#[test]
fn session_of_one_user_does_not_serve_another() {
    let fixture = Fixture::new();
    let session = fixture.session(NOW);
    let other = fixture.pool.users().remove(1);
    let code = totp_code(&other.totp_secret, NOW);
    assert_eq!(
        refusal(fixture.pool.check_code("suzuki", &session, &code, NOW)),
        "NotAuthorizedException: Invalid session for the user."
    );
}

#[test]
fn used_step_and_earlier_ones_are_refused_and_the_next_is_taken() {
    let fixture = Fixture::new();
    let used = "ExpiredCodeException: Your software token has already been used once.";
    fixture.sign_in(NOW).ok().unwrap();
    assert_eq!(refusal(fixture.sign_in(NOW)), used);
    let session = fixture.session(NOW);
    let earlier = fixture.code(NOW - 30);
    assert_eq!(refusal(fixture.pool.check_code("sato", &session, &earlier, NOW)), used);
    assert!(fixture.sign_in(NOW + 30).is_ok());
}

#[test]
fn ten_failures_in_a_row_lock_for_a_short_time() {
    let fixture = Fixture::new();
    let session = fixture.session(NOW);
    let wrong = fixture.wrong_code(NOW);
    for attempt in 0..ATTEMPTS {
        // A right password in between must not start the count anew.
        if attempt % 2 == 0 {
            refusal(fixture.pool.check_code("sato", &session, &wrong, NOW));
            fixture.session(NOW);
        } else {
            refusal(fixture.pool.check_password("sato", "x", NOW));
        }
    }
    let locked = "NotAuthorizedException: Password attempts exceeded";
    let end = NOW + LOCK_SECONDS;
    let password = &fixture.user.password;
    assert_eq!(refusal(fixture.pool.check_password("sato", password, end - 1)), locked);
    let code = fixture.code(NOW);
    assert_eq!(refusal(fixture.pool.check_code("sato", &session, &code, NOW)), locked);
    assert!(fixture.sign_in(end).is_ok());
}

#[test]
fn signing_in_resets_the_count_of_failures() {
    let fixture = Fixture::new();
    for now in [NOW, NOW + 60] {
        for _ in 1..ATTEMPTS {
            refusal(fixture.pool.check_password("sato", "x", now));
        }
        assert!(fixture.sign_in(now).is_ok(), "at {now}");
    }
}

#[test]
fn refresh_grants_new_tokens_until_it_expires() {
    let fixture = Fixture::new();
    let refresh = fixture.sign_in(NOW).ok().unwrap().refresh.unwrap();
    let granted = fixture.pool.refresh(&refresh, NOW + 600).ok().unwrap();
    assert!(granted.refresh.is_none());
    let unknown = "NotAuthorizedException: Invalid Refresh Token";
    assert_eq!(refusal(fixture.pool.refresh(&refresh, NOW + REFRESH_SECONDS)), unknown);
    assert_eq!(refusal(fixture.pool.refresh("made up", NOW)), unknown);
}

#[test]
fn nothing_is_granted_when_the_used_code_cannot_be_stored() {
    let fixture = Fixture::new();
    let session = fixture.session(NOW);
    let moved = fixture.folder.path().with_extension("moved");
    std::fs::rename(fixture.folder.path(), &moved).unwrap();
    // A file where the folder was: the state file cannot be written.
    std::fs::write(fixture.folder.path(), "").unwrap();
    let refused = refusal(fixture.pool.check_code("sato", &session, &fixture.code(NOW), NOW));
    std::fs::remove_file(fixture.folder.path()).unwrap();
    std::fs::rename(&moved, fixture.folder.path()).unwrap();

    assert_eq!(refused, "InternalErrorException: Internal error.");
    assert!(fixture.pool.check_code("sato", &session, &fixture.code(NOW), NOW).is_ok());
}
