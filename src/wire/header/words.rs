//! What a name means: its words, and the kind of request that they amount to.

use crate::wire::dialect::Kind;

/// What a name of a number says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Meaning {
    pub(super) kind: Kind,
    pub(super) answer: Answer,
    /// How far the name is from the plain one; the smaller the better.
    pub(super) distance: u32,
    /// Its words but those for messages and answers: a request and its own answer agree in them.
    pub(super) words: u32,
}

/// Whether a name calls itself an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Answer {
    /// It does not.
    No,
    /// It ends in `ASK`: a slip for `ACK`, or a question.
    Perhaps,
    /// It does: `ACK`, `RSP`, `REPLY`.
    Yes,
}

/// Why a name means no kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Unread {
    /// A word that belongs to no kind.
    Word(String),
    /// Only known words, but no kind has just these.
    Together,
}

// Words with a meaning, as bits: a name is the set of its words.
const LOG: u32 = 1;
const IN: u32 = 1 << 1;
const OUT: u32 = 1 << 2;
const LOGIN: u32 = 1 << 3;
const LOGOUT: u32 = 1 << 4;
const SIGN: u32 = 1 << 5;
const UP: u32 = 1 << 6;
const REGISTER: u32 = 1 << 7;
const USER: u32 = 1 << 8;
const CHAT: u32 = 1 << 9;
const ONE: u32 = 1 << 10;
const SEND: u32 = 1 << 11;
const FRIEND: u32 = 1 << 12;
const ADD: u32 = 1 << 13;
const CREATE: u32 = 1 << 14;
const JOIN: u32 = 1 << 15;
const GROUP: u32 = 1 << 16;
const QUIT: u32 = 1 << 17;
const TO: u32 = 1 << 18;
const MESSAGE: u32 = 1 << 19;
const ANSWER: u32 = 1 << 20;
const ASK: u32 = 1 << 21;
/// Known, but without a meaning of its own.
const FILLER: u32 = 0;

const WORDS: &[(&str, u32)] = &[
    ("login", LOGIN),
    ("logon", LOGIN),
    ("signin", LOGIN),
    ("log", LOG),
    ("in", IN),
    ("on", IN),
    ("out", OUT),
    ("off", OUT),
    ("logout", LOGOUT),
    ("loginout", LOGOUT),
    ("logoff", LOGOUT),
    ("signout", LOGOUT),
    ("quit", QUIT),
    ("exit", QUIT),
    ("sign", SIGN),
    ("up", UP),
    ("reg", REGISTER),
    ("regist", REGISTER),
    ("register", REGISTER),
    ("registration", REGISTER),
    ("signup", REGISTER),
    ("user", USER),
    ("account", USER),
    ("chat", CHAT),
    ("talk", CHAT),
    ("whisper", ONE | CHAT),
    ("one", ONE),
    ("ont", ONE),
    ("single", ONE),
    ("private", ONE),
    ("personal", ONE),
    ("peer", ONE),
    ("direct", ONE),
    ("p2p", ONE),
    ("c2c", ONE),
    ("o2o", ONE),
    ("oto", ONE),
    ("one2one", ONE),
    ("1v1", ONE),
    ("1to1", ONE),
    ("to", TO),
    ("send", SEND),
    ("friend", FRIEND),
    ("buddy", FRIEND),
    ("contact", FRIEND),
    ("add", ADD),
    ("create", CREATE),
    ("new", CREATE),
    ("make", CREATE),
    ("build", CREATE),
    ("join", JOIN),
    ("enter", JOIN),
    ("group", GROUP),
    ("room", GROUP),
    ("crowd", GROUP),
    ("team", GROUP),
    ("msg", MESSAGE),
    ("mag", MESSAGE),
    ("mes", MESSAGE),
    ("message", MESSAGE),
    ("ack", ANSWER),
    ("acknowledge", ANSWER),
    ("acknowledgement", ANSWER),
    ("rsp", ANSWER),
    ("resp", ANSWER),
    ("response", ANSWER),
    ("respond", ANSWER),
    ("rep", ANSWER),
    ("reply", ANSWER),
    ("res", ANSWER),
    ("ret", ANSWER),
    ("result", ANSWER),
    ("answer", ANSWER),
    ("s2c", ANSWER),
    ("ask", ASK),
    ("req", FILLER),
    ("request", FILLER),
    ("c2s", FILLER),
    ("cs", FILLER),
    ("cmd", FILLER),
    ("command", FILLER),
    ("type", FILLER),
    ("id", FILLER),
    ("msgid", FILLER),
    ("en", FILLER),
    ("e", FILLER),
    ("k", FILLER),
];

/// A way to say a kind: all of the first words, any of the second, nothing else. `cost` makes a way a last resort.
struct Way {
    needs: u32,
    may: u32,
    kind: Kind,
    cost: u32,
}

const fn way(needs: u32, may: u32, kind: Kind, cost: u32) -> Way {
    Way { needs, may, kind, cost }
}

const WAYS: &[Way] = &[
    way(LOGIN, USER, Kind::Login, 0),
    way(LOG | IN, USER, Kind::Login, 0),
    way(SIGN | IN, USER, Kind::Login, 0),
    way(LOG, 0, Kind::Login, 2),
    way(LOGOUT, USER, Kind::Logout, 0),
    way(LOGIN | OUT, USER, Kind::Logout, 0),
    way(LOG | OUT, USER, Kind::Logout, 0),
    way(LOG | IN | OUT, USER, Kind::Logout, 0),
    way(SIGN | OUT, USER, Kind::Logout, 0),
    way(QUIT, USER, Kind::Logout, 2),
    way(REGISTER, USER, Kind::Register, 0),
    way(SIGN | UP, USER, Kind::Register, 0),
    way(CREATE | USER, 0, Kind::Register, 2),
    way(ONE | CHAT, TO | SEND | USER | FRIEND, Kind::Chat, 0),
    way(CHAT, TO | SEND | USER | FRIEND, Kind::Chat, 1),
    way(ONE | MESSAGE, TO | SEND | USER | FRIEND, Kind::Chat, 1),
    way(ONE | TO, SEND, Kind::Chat, 1),
    way(SEND | MESSAGE, TO | USER | FRIEND, Kind::Chat, 2),
    way(ADD | FRIEND, TO | USER, Kind::AddFriend, 0),
    way(CREATE | FRIEND, 0, Kind::AddFriend, 2),
    way(CREATE | GROUP, CHAT | USER, Kind::CreateGroup, 0),
    way(JOIN | GROUP, CHAT | USER | IN | TO, Kind::JoinGroup, 0),
    way(ADD | GROUP, CHAT | IN | TO, Kind::JoinGroup, 0),
    way(GROUP | CHAT, SEND | TO, Kind::GroupChat, 0),
    way(GROUP | SEND, TO, Kind::GroupChat, 1),
    way(GROUP | MESSAGE, SEND | TO, Kind::GroupChat, 2),
];

/// A misspelt word or an additional one makes a name a little worse than a plain one, never worse than a last resort.
const PER_WAY: u32 = 1000;
const PER_SLIP: u32 = 20;

impl Meaning {
    /// Whether the name means the kind only for want of a better one.
    pub(super) fn is_last_resort(self) -> bool {
        self.distance >= 2 * PER_WAY
    }
}

/// The kind that `words` amount to.
pub(super) fn meaning(words: &[String]) -> Result<Meaning, Unread> {
    let mut said = 0;
    let mut slips = 0;
    let mut count = 0;
    for word in words {
        let (bits, slip) = lookup(word).ok_or_else(|| Unread::Word(word.clone()))?;
        said |= bits;
        slips += u32::from(slip);
        count += 1;
    }
    let answer = match (said & ANSWER != 0, said & ASK != 0) {
        (true, _) => Answer::Yes,
        (_, true) => Answer::Perhaps,
        _ => Answer::No,
    };
    let said = said & !(ANSWER | ASK);
    let fits =
        |way: &&Way| said & way.needs == way.needs && said & !(way.needs | way.may | MESSAGE) == 0;
    let way = WAYS.iter().filter(fits).min_by_key(|way| way.cost).ok_or(Unread::Together)?;
    let distance = way.cost * PER_WAY + slips * PER_SLIP + count.min(PER_SLIP - 1);
    Ok(Meaning { kind: way.kind, answer, distance, words: said & !MESSAGE })
}

fn exact(word: &str) -> Option<u32> {
    WORDS.iter().find(|(known, _)| *known == word).map(|(_, bits)| *bits)
}

/// The bits of a word, and whether it is misspelt.
fn lookup(word: &str) -> Option<(u32, bool)> {
    exact(word)
        .or_else(|| exact(word.strip_suffix('s')?))
        .map(|bits| (bits, false))
        .or_else(|| Some((close(word)?, true)))
}

/// A known word of five letters or more that differs by one slip: a letter too many, too few, wrong, or two swapped.
fn close(word: &str) -> Option<u32> {
    let near = |known: &str| known.len() >= 5 && is_one_slip(word.as_bytes(), known.as_bytes());
    WORDS.iter().find(|(known, _)| near(known)).map(|(_, bits)| *bits)
}

fn is_one_slip(left: &[u8], right: &[u8]) -> bool {
    let same = left.iter().zip(right).take_while(|(left, right)| left == right).count();
    match (&left[same..], &right[same..]) {
        ([one, two, left @ ..], [other, next, right @ ..]) if (one, two) == (next, other) => {
            left == right
        }
        ([_, left @ ..], [_, right @ ..]) if left == right => true,
        ([_, left @ ..], right) if left == right => true,
        (left, [_, right @ ..]) => left == right,
        _ => false,
    }
}

/// The words of a name, in small letters: parted by underscores, by capitals, or only by what the words are.
pub(super) fn words(name: &str) -> Vec<String> {
    let mut parts = Vec::new();
    for piece in name.split('_').filter(|piece| !piece.is_empty()) {
        // `ACk` is a slip and not two words.
        let whole = piece.to_lowercase();
        if exact(&whole).is_some() {
            parts.push(whole);
            continue;
        }
        let letters: Vec<char> = piece.chars().collect();
        let mut word = String::new();
        for (index, letter) in letters.iter().enumerate() {
            let lower = |at: usize| letters.get(at).is_some_and(|c| c.is_lowercase());
            // `loginOut`, and `OTOMsg`: a capital before a small letter begins a word.
            let begins =
                letter.is_uppercase() && index > 0 && (lower(index - 1) || lower(index + 1));
            if begins && !word.is_empty() {
                parts.push(std::mem::take(&mut word));
            }
            word.extend(letter.to_lowercase());
        }
        parts.push(word);
    }
    parts.into_iter().flat_map(unglued).collect()
}

/// `addfriendmsg` as its three words, when it is made of known words only; else as it is.
fn unglued(word: String) -> Vec<String> {
    // No name of a message is longer.
    const LONGEST: usize = 64;
    if lookup(&word).is_some() || !word.is_ascii() || word.len() > LONGEST {
        return vec![word];
    }
    // The fewest words that reach each end, and where the last of them begins.
    let mut reached: Vec<Option<(usize, usize)>> = vec![None; word.len() + 1];
    reached[0] = Some((0, 0));
    for end in 1..=word.len() {
        let ways = (0..end).filter_map(|start| {
            let (count, _) = reached[start]?;
            // Words of one or two letters are found in anything.
            let plain = end - start > 2 && exact(&word[start..end]).is_some();
            (plain || matches!(&word[start..end], "in" | "to" | "up")).then_some((count + 1, start))
        });
        reached[end] = ways.min();
    }
    let mut parts = Vec::new();
    let mut end = word.len();
    while end > 0 {
        let Some((_, start)) = reached[end] else { return vec![word] };
        parts.push(word[start..end].to_owned());
        end = start;
    }
    parts.reverse();
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str) -> Option<(Kind, Answer)> {
        meaning(&words(name)).ok().map(|meaning| (meaning.kind, meaning.answer))
    }

    #[test]
    fn names_of_every_spelling_mean_their_kind() {
        for (kind, names) in [
            (
                Kind::Login,
                "LOGIN_MSG LoginMsg MSG_LOGIN LOG_MSG LOG_IN SIGN_IN SignInReq EN_LOGIN cmd_login LOGINMSG USER_LOGIN kLogin",
            ),
            (
                Kind::Logout,
                "LOGINOUT_MSG LOGIN_OUT_MSG LOGOUT loginOutMsg LOG_OUT_MSG MSG_LOGOFF EXIT_MSG LOGUOT_MSG",
            ),
            (
                Kind::Register,
                "REG_MSG REGISTER_MSG SIGNUP_MSG SIGN_UP cmd_regist RegMsg REGISTE_MSG REGSITER_MSG REGMSG CREATE_ACCOUNT",
            ),
            (
                Kind::Chat,
                "ONE_CHAT_MSG CHAT_MSG PRIVATE_CHAT_MSG OTOMsg P2P_CHAT cmd_friend_chat ONE_TO_ONE_MSG SINGLE_CHAT SEND_MSG ONECHAT ONT_CHAT_MSG",
            ),
            (
                Kind::AddFriend,
                "ADD_FRIEND_MSG AddFriendMsg FRIEND_ADD cmd_add_friend_request ADDFRIEND ADD_FREIND_MSG ADD_FRIENDS",
            ),
            (
                Kind::CreateGroup,
                "CREATE_GROUP_MSG CreateGroupMsg cmd_group_create CREAT_GROUP NEW_GROUP CREATE_CHATROOM CREATEGROUPMSG",
            ),
            (
                Kind::JoinGroup,
                "ADD_GROUP_MSG JOIN_GROUP_MSG cmd_group_join_request MSG_JOIN_GROUP ENTER_ROOM JOIN_GRUOP",
            ),
            (
                Kind::GroupChat,
                "GROUP_CHAT_MSG GroupChatMsg CHAT_GROUP GROUP_MSG GROUPCHAT MSG_GROUP_CHAT SEND_GROUP_MSG",
            ),
        ] {
            for name in names.split(' ') {
                assert_eq!(read(name), Some((kind, Answer::No)), "{name}: {:?}", words(name));
            }
        }
    }

    #[test]
    fn answers_call_themselves_so() {
        for name in "LOGIN_MSG_ACK LoginMsgAck LOGIN_RSP LOGIN_RESPONSE LOGIN_MSG_RESPONE LOGIN_RESPOND LOGIN_MSG_REPLY LOGINACK LOGIN_RES"
            .split(' ')
        {
            assert_eq!(read(name), Some((Kind::Login, Answer::Yes)), "{name}");
        }
        assert_eq!(read("ADD_FRIEND_MAG_ACK"), Some((Kind::AddFriend, Answer::Yes)));
        assert_eq!(read("LOGINOUT_MSG_ACk"), Some((Kind::Logout, Answer::Yes)));
        assert_eq!(read("CREATE_GROUP_ASK"), Some((Kind::CreateGroup, Answer::Perhaps)));
    }

    #[test]
    fn a_word_too_many_is_no_request() {
        for (name, word) in [
            ("LOGIN_ERROR", "error"),
            ("LoginSuccess", "success"),
            ("DEL_FRIEND_MSG", "del"),
            ("cmd_group_member_add", "member"),
            ("QUIT_GROUP_LIST", "list"),
            ("UNREGISTER_MSG", "unregister"),
            ("OFFLINE_MSG", "offline"),
            ("MSG_ONLINE_NOTIFY", "online"),
            ("imageReq", "image"),
            ("TEXT", "text"),
        ] {
            assert_eq!(meaning(&words(name)), Err(Unread::Word(word.to_owned())), "{name}");
        }
        for name in ["QUIT_GROUP", "MSG", "ADD_CHAT", "FRIEND_MSG", "NewMsg", "USER_ID", "ACK", ""]
        {
            assert_eq!(meaning(&words(name)), Err(Unread::Together), "{name}");
        }
    }
}
