//! What `dialect try` does, finds and doubts.

use super::Phrase;

pub(super) const PHRASES: &[Phrase] = &[
    // What it does, and its steps.
    ("begins with the dialect {q}; it {}", "从方言 {q} 开始；它会{}"),
    (
        "registers two users and makes a group (their names begin with hx), sends five messages and a wrong password, and, to a \
         server that it launched itself, two requests in one write at the end, of which many die",
        "注册两个用户、建一个群（名字都以 hx 开头），发送五条消息和一个错误的密码；对自己启动的服务器，最后还会一次写入两个请求，许多服务器因此崩溃",
    ),
    ("register {w}", "注册 {w}"),
    ("log {w} in", "登录 {w}"),
    ("log the first user in a second time", "让第一个用户再登录一次"),
    ("log the first user in again", "让第一个用户重新登录"),
    ("log the first user out", "注销第一个用户"),
    ("log both in again", "让两人重新登录"),
    ("say something to the second user", "对第二个用户说话"),
    ("say something to the second user, who is away", "对不在线的第二个用户说话"),
    ("make friends", "加好友"),
    ("make a group", "建群"),
    ("let the second user in", "让第二个用户入群"),
    ("say something in the group", "在群里说话"),
    ("log its maker in again, to see the list of groups", "让建群者重新登录，查看群列表"),
    ("look at the lists of the login reply", "查看登录应答中的列表"),
    ("two requests in one write", "一次写入两个请求"),
    // Answers.
    ("no connection to {w}: {}", "无法连接 {w}：{}"),
    (
        "a second copy of a message came: the case CHAT-12 is red",
        "同一条消息来了第二份：用例 CHAT-12 会失败",
    ),
    ("the server said nothing for {w} s", "服务器 {w} 秒没有说话"),
    ("the server closed the connection", "服务器断开了连接"),
    ("the server answered with what is no JSON object: {q}", "服务器的应答不是 JSON 对象：{q}"),
    ("{}, at a request whose like it had answered before", "{}，而这类请求它之前应答过"),
    (
        "dialect or server? At the first register the server died after {}: {}",
        "是方言还是服务器的问题？第一次注册时服务器崩溃了，运行了 {}：{}",
    ),
    (
        "dialect or server? At the first register the server is gone: {}",
        "是方言还是服务器的问题？第一次注册时服务器不在了：{}",
    ),
    ("dialect or server? At the first register {}.", "是方言还是服务器的问题？第一次注册时{}。"),
    (
        "Either the dialect `{q}` is not the server's: another message number, key or framing, and servers of this family do \
         not answer, or die of, what they do not expect. Hold the bytes above against its own header: cargo xtask dialect \
         from-header .../public.hpp",
        "或者方言 `{q}` 与服务器不符：消息号、键或分帧方式不同，这类服务器对意料之外的内容不应答，甚至崩溃。请把上面的字节与它自己的头文件\
         对照：cargo xtask dialect from-header .../public.hpp",
    ),
    (
        "Or the server does not work: its database or Redis cannot be reached, a table is missing. Look at its output ({}).",
        "或者服务器本身不能工作：数据库或 Redis 连不上，缺少数据表。请查看它的输出（{}）。",
    ),
    (
        "Or the server does not work: its database or Redis cannot be reached, a table is missing. Look at its output.",
        "或者服务器本身不能工作：数据库或 Redis 连不上，缺少数据表。请查看它的输出。",
    ),
    (
        "the answer has no `{q}`: is [wire] key the name of the message number?",
        "应答中没有 `{q}`：[wire] 的 key 是消息号的名字吗？",
    ),
    ("refused, under {} {w}", "被拒绝，编号 {} {w}"),
    ("acknowledged by {} {w}", "应答号 {} {w}"),
    ("[{w}] is acknowledged by another number than the dialect says", "[{w}] 的应答号与方言不同"),
    ("answers are framed otherwise", "应答的分帧方式不同"),
    ("deliveries are framed otherwise", "送达消息的分帧方式不同"),
    ("the result code has another name", "结果码的名字不同"),
    ("the answer bears no result code", "应答没有结果码"),
    ("a success bears another code", "成功的结果码不同"),
    (
        "the register of a new name was refused (code {w}): a taken name and an unreachable database look the same here; or \
         {w} means success ([errors] success)",
        "注册新用户名被拒绝（结果码 {w}）：用户名已占用与数据库连不上在这里看起来一样；或者 {w} 表示成功（[errors] success）",
    ),
    (
        "it tells no id: does one log in by name? ([login] by = \"name\")",
        "它没有给出 id：是用名字登录吗？（[login] by = \"name\"）",
    ),
    ("the new user's id has another name", "新用户 id 的名字不同"),
    ("the new user is {w}", "新用户是 {w}"),
    // Logins.
    (
        "the login was not answered: are its number, its keys and [login] by = \"{w}\" the server's?",
        "登录没有得到应答：消息号、各个键和 [login] by = \"{w}\" 与服务器一致吗？",
    ),
    (
        "the login of a new user was refused: does one log in otherwise ([login] by, send)?",
        "新用户的登录被拒绝：登录方式不同吗（[login] by、send）？",
    ),
    ("the reply has no `{q}`, which [login] carry wants", "应答中没有 [login] carry 所需的 `{q}`"),
    ("the user is {w}", "用户是 {w}"),
    (
        "a token came: if later requests must bear it, [login] carry = { token = \"{q}\" }",
        "收到了令牌：如果之后的请求必须带上它，[login] carry = { token = \"{q}\" }",
    ),
    ("the login reply names the {w} otherwise", "登录应答中 {w} 的名字不同"),
    ("the login reply does not name the {w}", "登录应答中没有 {w}"),
    ("refused with code {w}", "被拒绝，结果码 {w}"),
    ("a second login is refused with another code", "拒绝第二次登录的结果码不同"),
    ("it ended the first session", "它顶掉了第一个会话"),
    ("a second login takes the place of the first", "第二次登录顶掉第一次"),
    ("both are in session: the case LOGIN-5 is red", "两个会话都有效：用例 LOGIN-5 会失败"),
    // Messages and groups.
    ("the server refused this [{w}]", "服务器拒绝了这个 [{w}]"),
    ("[{w}] is not acknowledged", "[{w}] 没有应答"),
    ("not acknowledged, as the dialect says", "没有应答，与方言一致"),
    ("what came is no JSON object: {q}", "收到的不是 JSON 对象：{q}"),
    (
        "it was not delivered: are the number and the keys of [chat] the server's?",
        "没有送达：[chat] 的消息号和各个键与服务器一致吗？",
    ),
    ("it was not delivered", "没有送达"),
    ("delivered under {} {w}", "送达，编号 {} {w}"),
    ("[{w}] is delivered under another number", "[{w}] 送达时的消息号不同"),
    ("what was delivered bears no message number", "送达的消息没有消息号"),
    (
        "the receiver finds the {w} under `{q}`, the sender wrote it under `{q}`: a dialect has one name for both",
        "接收者看到的 {w} 在 `{q}` 下，发送者写在 `{q}` 下：方言中两者只能有一个名字",
    ),
    ("the receiver is not told the {w}", "接收者得不到 {w}"),
    (
        "not tried: the dialect has no [{w}]; if the server has, add it",
        "没有尝试：方言没有 [{w}]；如果服务器有，请加上",
    ),
    ("its id is told nowhere: what is said in groups is not tried", "得不到它的 id：群聊没有尝试"),
    ("its id is not told here", "此处没有给出它的 id"),
    ("the group is {w}, listed under `{q}`", "群是 {w}，列在 `{q}` 下"),
    ("the group is {w}", "群是 {w}"),
    ("the id of a new group has another name", "新建群的 id 的名字不同"),
    (
        "a user who had left is not let in again: the server leaves users online (LOGIN-7 is red)",
        "离开过的用户无法再次登录：这个服务器让用户停留在在线状态（LOGIN-7 会失败）",
    ),
    (
        "what is left to ask is not tried: it takes a server that the harness can start again",
        "其余的没有尝试：需要一个可以由本工具重新启动的服务器",
    ),
    (
        "start the server again, with nobody online, and log both in",
        "重新启动服务器（没有人在线），两人再登录",
    ),
    (
        "not let in then either: what is left to ask is not tried. Does a `reset` line set everybody offline?",
        "重启后仍然无法登录：其余的没有尝试。`reset` 一行是否把所有人设为离线？",
    ),
    ("log in with a wrong password", "用错误的密码登录"),
    ("acknowledgements have their number under another key", "应答中编号的键不同"),
    ("a refusal bears no text", "拒绝中没有文字"),
    ("refused with no code", "被拒绝，没有结果码"),
    (
        "it was let in, or its refusal is not understood: see the case LOGIN-3",
        "登录成功了，或者看不懂它的拒绝：参见用例 LOGIN-3",
    ),
    (
        "a wrong password is refused with the code of a second login",
        "错误密码的结果码与重复登录的相同",
    ),
    // While away.
    ("what came while away is in the login reply, under `{q}`", "离线消息在登录应答的 `{q}` 下"),
    ("what came while away has another name in the login reply", "登录应答中离线消息的名字不同"),
    ("what came while away is in the login reply", "离线消息在登录应答中"),
    ("what came while away follows the login reply as documents", "离线消息在登录应答之后逐条到达"),
    ("what came while away follows the login reply", "离线消息在登录应答之后"),
    (
        "what was said while away did not come: lost (OFF-1), or the server keeps nothing",
        "离线期间的消息没有来：丢失了（OFF-1），或服务器不保存离线消息",
    ),
    (
        "no {w} are listed: nothing was made, or they have other names",
        "没有列出 {w}：没有建成，或名字不同",
    ),
    ("strings that hold JSON", "内含 JSON 的字符串"),
    ("{w} are listed under `{q}`, as {} with {}", "{w} 列在 `{q}` 下，形式是 {}，含有 {}"),
    ("the list of {w} has another name", "{w} 列表的名字不同"),
    ("the {w} are {}", "{w} 的形式是 {}"),
    // The end.
    (
        "not tried: the server was not launched by the harness, and many die of it",
        "没有尝试：服务器不是由测试工具启动的，而许多服务器会因此崩溃",
    ),
    (
        "it dies of two in one read. The harness never joins two by itself: it waits until the server has read the last",
        "一次读到两个请求它就崩溃。测试工具自己从不粘连两个请求：它会等服务器读完上一个",
    ),
    ("both are answered: requests may share a read", "两个都得到应答：请求可以在同一次读取中到达"),
    ("the first is answered, the second is dropped in silence", "第一个得到应答，第二个被默默丢弃"),
    ("neither is answered", "两个都没有应答"),
    ("(to be left out)", "（去掉）"),
    (
        "the friend is told too, which no dialect says: the case CHAT-11 may be red ({})",
        "对方也会收到通知，任何方言都没有这一条：用例 CHAT-11 可能因此为红（{}）",
    ),
    ("the server refused this [{w}], under {}", "服务器拒绝了这个 [{w}]，编号 {}"),
    ("every refusal has this number", "所有拒绝都用这个编号"),
    ("the text of a refusal has another name", "拒绝的说明文字用了别的名字"),
    ("a chat reaches friends only", "聊天消息只送达好友"),
    ("an entry of the list names the {w} otherwise", "列表中的条目给 {w} 用了别的名字"),
    ("an entry of the list does not name the {w}", "列表中的条目没有 {w}"),
    ("the other one has the friend too", "对方也有了这个好友"),
    ("the other one has no friend", "对方没有这个好友"),
    ("a logout is refused", "注销被拒绝"),
    (
        "a token came, which later requests may have to bear",
        "收到一个 token，之后的请求可能都要带上",
    ),
];
