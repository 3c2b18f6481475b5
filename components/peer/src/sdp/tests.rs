use super::*;

const ONE: &str = "a=fingerprint:sha-256 01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:10:11:12:13:14:15:16:17:18:19:1A:1B:1C:1D:1E:1F:20\r\n";

#[track_caller]
fn check(sdp: &str, expected: Result<u8, NotOneFingerprint>) {
    assert_eq!(fingerprint(sdp).map(|digest| digest.0[31]), expected);
}

// peer-2.1
#[test]
fn a_description_fixes_exactly_one_certificate() {
    check(ONE, Ok(0x20));
    check(&format!("v=0\r\n{ONE}m=application\r\n{ONE}"), Ok(0x20));
    check("v=0\r\n", Err(NotOneFingerprint::None));
    let other = ONE.replace(":20", ":21");
    check(&format!("{ONE}{other}"), Err(NotOneFingerprint::Several));
    check(&ONE.replace("256", "1"), Err(NotOneFingerprint::Other));
    check(&ONE.replace(":20", ""), Err(NotOneFingerprint::Other));
}
