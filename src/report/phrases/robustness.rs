//! What a robustness case saw that was not expected.

use super::Phrase;

pub(super) const PHRASES: &[Phrase] = &[
    // The server's service afterwards.
    ("the server serves no new user any more: {}", "服务器不再为新用户服务：{}"),
    ("a hang: none of 8 fresh connections is served any more", "卡死：8 个新连接都得不到服务"),
    (
        "a partial hang: {w} of 8 fresh connections are not served",
        "部分卡死：8 个新连接中有 {w} 个得不到服务",
    ),
    (
        "the server has not read what was written for 5 s: is its thread stuck?",
        "服务器 5 秒没有读取写出的数据：它的线程卡住了吗？",
    ),
    (
        "what was written has not reached the server's kernel for {w} s, which had room for it",
        "写出的数据 {w} 秒没有到达服务器一侧的内核，而那里有空间",
    ),
    (
        "the server has left bytes unread for {w} s: is its thread stuck?",
        "服务器把字节留着 {w} 秒没有读：它的线程卡住了吗？",
    ),
    ("no {w} acknowledgement within {w} s", "没有 {w} 的应答，已等 {w} 秒"),
    (
        "its process is not seen from here, or is the harness's own",
        "从这里看不到它的进程，或它就在测试工具的进程里",
    ),
    // Framing, broken documents, requests.
    (
        "{}; the server lives, but loses what TCP joined or cut",
        "{}；服务器没有崩溃，但丢掉了被 TCP 粘连或拆开的内容",
    ),
    ("expected {w} answer(s), saw {w}", "期望 {w} 个应答，实际 {w} 个"),
    ("the connection was closed", "连接被断开"),
    ("it was not answered", "没有得到应答"),
    ("it was answered", "得到了应答"),
    (
        "the client said FIN in mid-document 3 s ago, and the connection is still open",
        "客户端 3 秒前在文档中间发出 FIN，连接却仍然打开",
    ),
    (
        "the connection stays open and answers nothing more; it was sent {q}",
        "连接仍打开，却不再应答；发给它的是 {q}",
    ),
    (
        "{} was passed over in silence, though the server acknowledges such requests: {q}",
        "{} 被默默忽略，而服务器对这类请求是有应答的：{q}",
    ),
    (
        "after {} the connection stays open and answers nothing more: {q}",
        "在 {} 之后，连接仍打开，却不再应答：{q}",
    ),
    ("it was sent a request without a message number: {q}", "发给它的是没有消息号的请求：{q}"),
    ("it was sent the message number {q}: {q}", "发给它的消息号是 {q}：{q}"),
    ("it was sent a [{w}] without `{q}`: {q}", "发给它的 [{w}] 缺少 `{q}`：{q}"),
    ("it was sent a [{w}] with `{q}`: {q}", "发给它的 [{w}] 含有 `{q}`：{q}"),
    ("it was sent {q}", "发给它的是 {q}"),
    ("a request without a message number", "没有消息号的请求"),
    ("the message number {w}", "消息号 {w}"),
    ("a [{w}] without `{q}`", "[{w}]，缺少 `{q}`"),
    ("a [{w}] with `{q}`: {q}", "[{w}]，其中 `{q}`：{q}"),
    // Names and passwords.
    ("refused (or taken by an earlier run)", "被拒绝（或已被先前的运行占用）"),
    ("not answered", "没有应答"),
    ("it was registered, and cannot log in ({})", "注册成功，却无法登录（{}）"),
    ("registered {w} bytes, {w} came back: {q}", "注册了 {w} 字节，返回 {w} 字节：{q}"),
    ("the new name {q} was refused", "新用户名 {q} 被拒绝"),
    ("the password {q} opened somebody else's account", "用密码 {q} 打开了别人的账号"),
    ("the password {q} was refused", "密码 {q} 被拒绝"),
    ("a group {q} was made, the groups listed are {q}", "建立了群 {q}，列出的群是 {q}"),
    // Sizes.
    ("{w} B were sent: {}", "发送了 {w} B：{}"),
    ("it was accepted, and lost", "被接受，然后丢失"),
    ("it was lost without a word", "无声无息地丢失"),
    (
        "it came changed: {w} B, the same up to character {w}, then {q} (and {w} more message(s))",
        "到达时内容变了：{w} B，前 {w} 个字符相同，其后是 {q}（另有 {w} 条消息）",
    ),
    // Peers and slow readers.
    ("what a bystander hears", "旁观用户收到的内容"),
    ("a message between two bystanders took {q}", "两个旁观用户之间的一条消息用了 {q}"),
    (
        "after {w} messages of {w} B to a client that does not read, their sender is served no more",
        "向一个不读的客户端发送 {w} 条 {w} B 的消息之后，发送者得不到服务了",
    ),
    ("the file limit cannot be read: {}", "无法读取文件数限制：{}"),
    ("the file limit allows no more than {w} connections: {}", "文件数限制只允许 {w} 个连接：{}"),
    ("a task of ours failed: {}", "测试工具自己的任务失败：{}"),
    ("how many ids were given", "分配了多少个 id"),
    ("how many requests were answered", "应答了多少个请求"),
    (
        "it took no more than {w} MB in {q}, which is too little to tell",
        "在 {w} MB 的消息之后（{q}）仍未见增长，数据太少，无法判断",
    ),
    (
        "its memory grew by {w} MB while {w} MB were sent to one user who does not read: nothing bounds what waits for a slow \
         client, and one of them takes the server down; bound it and close the connection (muduo: setHighWaterMarkCallback)",
        "内存增长了 {w} MB，期间向一个不读的用户发送了 {w} MB：等待慢客户端的数据没有上限，一个这样的客户端就能拖垮服务器；请设上限并断开\
         连接（muduo：setHighWaterMarkCallback）",
    ),
    ("whether a member who reads hears the message", "正常读取的成员是否收到消息"),
    (
        "with a member who does not read, message {w} of {w} B took {q} to one who does",
        "有一个成员不读时，第 {w} 条 {w} B 的消息用了 {q} 才到达正常读取的成员",
    ),
    // Coming and leaving.
    (
        "a user said FIN and kept reading; 3 s later the server had not closed its end: the user stays online, and a socket \
         is held, for as long as the client likes",
        "用户发出 FIN 后继续读取；3 秒后服务器仍没有关闭自己这一端：客户端想让用户在线、套接字被占用多久都可以",
    ),
    (
        "a user who had left {} was still marked online {w} s later, and could not log in",
        "已离开的用户（{}）在 {w} 秒后仍被标记为在线，无法登录",
    ),
    ("a user who had left could not log in (code {})", "已离开的用户无法登录（结果码 {}）"),
    (
        "for a second nobody asked for anything, and it ran for {w} % of it and waited for a core for {w} %: a loop that \
         waits for nothing",
        "一秒之内没有任何请求，它却运行了 {w} % 的时间，另有 {w} % 在等待 CPU：有一个不等待任何事的循环",
    ),
    (
        "it does not close its files: {w} before, {w} after {w} departures {}, {w} s after the last",
        "它不关闭文件：之前 {w} 个，之后 {w} 个，其间离开 {w} 次（{}），最后一次已过 {w} 秒",
    ),
    (
        "it does not end its threads: {w} before, {w} after {w} departures {}, {w} s after the last",
        "它不结束线程：之前 {w} 个，之后 {w} 个，其间离开 {w} 次（{}），最后一次已过 {w} 秒",
    ),
    (
        "its memory grows: {} before, {} after {w} departures {}, {w} s after the last",
        "它的内存在增长：之前 {}，之后 {}，其间离开 {w} 次（{}），最后一次已过 {w} 秒",
    ),
    ("with FIN", "以 FIN 离开"),
    ("with RST", "以 RST 离开"),
    ("in mid-document", "在文档中间离开"),
    ("with FIN, their own end kept open", "以 FIN 离开，自己这一端仍打开"),
    ("before they logged in", "登录之前离开"),
    // Signals and a new start.
    ("there was no process to send {w} to", "没有可发送 {w} 的进程"),
    ("after {w} it could not be started again: {}", "{w} 之后无法重新启动：{}"),
    ("after the SIGKILL it could not be started again: {}", "SIGKILL 之后无法重新启动：{}"),
    (
        "it still runs {q} after {w}, with users logged in",
        "过了 {q} 它仍在运行，信号是 {w}，当时有用户在线",
    ),
    (
        "it took {} to end after {w} with users logged in, its grace is {} ({})",
        "它用了 {} 才结束，信号是 {w}，当时有用户在线，宽限时间是 {}（{}）",
    ),
    (
        "{w} ended it without a chance to put things in order: {}",
        "{w} 使它直接终止，来不及收尾：{}",
    ),
    (
        "the account is not known any more: does the server keep its data in memory?",
        "账号不存在了：服务器把数据只放在内存里吗？",
    ),
    ("the messages accepted before the end", "结束之前已接受的消息"),
    (
        "{w} users were in session again {} after its new start, and heard each other after {}; of {w} messages on their way \
         when it was killed {w} had arrived, {w} came later, {w} were lost although each had been acknowledged",
        "{w} 个用户重新进入会话，用时 {}，互相听到用时 {}；被杀时在途的 {w} 条消息中，{w} 条已到达，{w} 条随后到达，{w} 条丢失，而每条\
         都已得到应答",
    ),
    (
        "{w} users were in session again {} after its new start, and heard each other after {}; of {w} messages on their way \
         when it was killed {w} had arrived, {w} came later, {w} were lost",
        "{w} 个用户重新进入会话，用时 {}，互相听到用时 {}；被杀时在途的 {w} 条消息中，{w} 条已到达，{w} 条随后到达，{w} 条丢失",
    ),
    // Sessions.
    ("what is heard", "收到的内容"),
    (
        "a connection that never logged in sent a logout with another user's id, and that user hears nothing any more",
        "从未登录的连接用别人的 id 发了注销，那个用户从此什么都收不到",
    ),
    (
        "the same user was logged in twice, by two logins at once",
        "同一用户经由同时的两次登录，登录了两次",
    ),
    ("the end of one of the two sessions", "两个会话之一结束"),
    (
        "{w} message(s) were delivered to a connection whose user had logged out",
        "{w} 条消息送到了用户已注销的连接",
    ),
    ("what comes, live or at the next login", "到达的内容（实时或下次登录时）"),
    ("what the next user hears", "下一个用户收到的内容"),
    ("no FIN could be sent: {}", "无法发送 FIN：{}"),
    (
        "at once in {w} of {w} rounds, at the latest after {q}",
        "有 {w}/{w} 轮立即成功，最晚用时 {q}",
    ),
    (
        "a hang: none of 8 fresh connections is served any more: a register is not answered",
        "卡死：8 个新连接都得不到服务：注册没有应答",
    ),
    (
        "a partial hang: {w} of 8 fresh connections are not served: a register is not answered",
        "部分卡死：8 个新连接中有 {w} 个得不到服务：注册没有应答",
    ),
    (
        "at {w} a hang: none of 8 fresh connections is served any more: a register is not answered",
        "{w} 处卡死：8 个新连接都得不到服务：注册没有应答",
    ),
    (
        "at {w} a partial hang: {w} of 8 fresh connections are not served: a register is not answered",
        "{w} 处部分卡死：8 个新连接中有 {w} 个得不到服务：注册没有应答",
    ),
];
