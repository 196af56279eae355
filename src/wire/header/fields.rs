//! The names of JSON fields that stand beside the numbers: `const string PASSWORD = "pwd"`.

use super::{declared::Text, words::words};

/// What the course calls a field, and the names that constants for it bear, the best first.
const FIELDS: &[(&str, &[&str])] = &[
    ("msgid", &["msgid", "messageid", "msgtype", "messagetype"]),
    ("errno", &["errno", "errorno", "errnum", "errornum", "errcode", "errorcode", "code", "error"]),
    ("errmsg", &["errmsg", "errormsg", "errmessage", "errormessage", "errtext", "errinfo"]),
    ("id", &["id", "userid", "uid"]),
    ("name", &["name", "username"]),
    ("password", &["password", "pwd", "passwd", "pass", "userpwd", "userpassword"]),
    ("toid", &["toid", "to", "touserid", "touser", "receiverid", "receiver"]),
    ("msg", &["chatmsg", "chatmessage", "msg", "message", "text", "content"]),
    ("time", &["time", "sendtime", "timestamp"]),
    ("friendid", &["friendid"]),
    ("groupid", &["groupid"]),
    ("groupname", &["groupname"]),
    ("groupdesc", &["groupdesc", "groupdescription", "desc"]),
    ("friends", &["friends", "friendlist"]),
    ("groups", &["groups", "grouplist"]),
    ("offlinemsg", &["offlinemsg", "offlinemessage", "offlinemsgs", "offlinemessages"]),
    ("state", &["state", "userstate", "status"]),
    ("users", &["users", "groupusers", "members", "groupmembers"]),
    ("role", &["role", "userrole", "grouprole"]),
];

/// A string constant of a header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Constant {
    /// Its name.
    pub name: String,
    /// Its line, counted from 1.
    pub line: usize,
    /// The string.
    pub value: String,
    /// The field of the course's dialect that it names; `None` when it was not taken for a field name.
    pub field: Option<&'static str>,
}

/// Finds out which constants name fields. A field is named by one constant only: the one with the plainest name.
pub(super) fn constants(texts: Vec<Text>) -> Vec<Constant> {
    let read =
        |text: Text| Constant { name: text.name, line: text.line, value: text.value, field: None };
    let mut found: Vec<Constant> = texts.into_iter().map(read).collect();
    let joined: Vec<String> = found.iter().map(|constant| joined(&constant.name)).collect();
    for (field, names) in FIELDS {
        let best = names.iter().find_map(|name| {
            let fits = |at: &usize| joined[*at] == *name && is_key(field, &found[*at].value);
            (0..found.len()).find(fits)
        });
        if let Some(best) = best {
            found[best].field = Some(field);
        }
    }
    found
}

/// The words of a name in one, without those that say that it is a field.
fn joined(name: &str) -> String {
    let is_field = |word: &String| matches!(&**word, "key" | "field" | "json" | "js" | "k" | "str");
    words(name).into_iter().filter(|word| !is_field(word)).collect()
}

/// Whether a string can be the key of a field. A password is the one field whose *value* is a likely constant too.
fn is_key(field: &str, value: &str) -> bool {
    let short = (1..=64).contains(&value.len());
    let plain = value.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'));
    let begins = !value.starts_with(|c: char| c.is_ascii_digit());
    let lower = value.to_lowercase();
    let says_password = ["pass", "pw", "psw"].iter().any(|part| lower.contains(part));
    short && plain && begins && (field != "password" || says_password)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(pairs: &[(&str, &str)]) -> Vec<Option<&'static str>> {
        let text = |(name, value): &(&str, &str)| Text {
            name: (*name).to_owned(),
            line: 1,
            value: (*value).to_owned(),
        };
        constants(pairs.iter().map(text).collect()).into_iter().map(|found| found.field).collect()
    }

    #[test]
    fn names_of_every_spelling_mean_their_field() {
        for (name, field) in [
            ("PASSWORD", "password"),
            ("PWD", "password"),
            ("MSG_ID", "msgid"),
            ("kMsgId", "msgid"),
            ("JSON_KEY_TO_ID", "toid"),
            ("ERRNO", "errno"),
            ("OFFLINE_MSG", "offlinemsg"),
            ("GroupName", "groupname"),
        ] {
            assert_eq!(fields(&[(name, "pw_x")]), [Some(field)], "{name}");
        }
    }

    #[test]
    fn the_plainest_of_two_names_is_taken_and_what_is_no_key_is_not() {
        assert_eq!(fields(&[("MSG", "message"), ("CHAT_MSG", "chat")]), [None, Some("msg")]);
        assert_eq!(fields(&[("USERID", "userid"), ("ID", "id")]), [None, Some("id")]);
        assert_eq!(fields(&[("PASSWORD", "123456"), ("PWD", "pwd")]), [None, Some("password")]);
        assert_eq!(fields(&[("PASSWORD", "root"), ("NAME", "two words"), ("TIME", "")]), [None; 3]);
        assert_eq!(
            fields(&[("online", "online"), ("LOGIN_ERROR", "no"), ("OFFLINE", "off")]),
            [None; 3]
        );
    }
}
