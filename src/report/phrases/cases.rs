//! What a functional case saw that was not expected, and why a case was not run.

use super::Phrase;

pub(super) const PHRASES: &[Phrase] = &[
    // Those that hold others come first.
    ("across the nodes: {}", "跨节点：{}"),
    ("through the balancer: {}", "经过负载均衡器：{}"),
    ("{}; and it could not be started again: {}", "{}；而且无法重新启动：{}"),
    ("{}; it died again at a second attempt", "{}；第二次尝试时又崩溃了"),
    (
        "{}; at a second attempt it did not die, but served its users no more",
        "{}；第二次尝试时没有崩溃，但不再为用户服务",
    ),
    (
        "{}; it died again at a second attempt, and was not started again",
        "{}；第二次尝试时又崩溃了，没有重新启动",
    ),
    (
        "{}; it lived through a second attempt: a race, perhaps met only in passing",
        "{}；第二次尝试时没有崩溃：可能是偶发的竞态",
    ),
    ("{}; in {}", "{}；位于 {}"),
    ("{}, called by {}", "{}，由 {} 调用"),
    ("{q}… ({w} characters more)", "{q}…（还有 {w} 个字符）"),
    ("{}: expected {q}, saw {q}", "{}：期望 {q}，实际 {q}"),
    // Why a case was not run.
    ("blocked by {w}", "因 {w} 受阻"),
    (
        "listed under [expect] as a known failure, but it passed: remove it there",
        "在 [expect] 中列为已知失败，却通过了：请从中删去",
    ),
    ("the login reply of the dialect {q} lists no friends", "方言 {q} 的登录应答不列出好友"),
    ("the login reply of the dialect {q} lists no groups", "方言 {q} 的登录应答不列出群"),
    ("the dialect {q} tells the id of a new group nowhere", "方言 {q} 从不给出新建群的 id"),
    (
        "a second login of the dialect {q} ends the first session",
        "方言 {q} 的第二次登录会结束第一个会话",
    ),
    ("requests of the dialect {q} are not framed by length", "方言 {q} 的请求不是按长度分帧"),
    ("the dialect {q} has message numbers in headers", "方言 {q} 的消息号在头部"),
    ("requests of the dialect {q} are not framed by newline", "方言 {q} 的请求不是按换行分帧"),
    ("requests of the dialect {q} have no framing", "方言 {q} 的请求没有分帧"),
    ("requests of the dialect {q} are framed", "方言 {q} 的请求有分帧"),
    (
        "servers are known to die of it, and this one was not launched by the harness: set CHATSERVER_ALLOW_CRASH=1",
        "已知会有服务器因此崩溃，而这个服务器不是由测试工具启动的：请设置 CHATSERVER_ALLOW_CRASH=1",
    ),
    (
        "it needs a cluster: name its nodes, as in CHATSERVER_ADDR=127.0.0.1:6000,127.0.0.1:6002",
        "需要集群：请写出各节点，例如 CHATSERVER_ADDR=127.0.0.1:6000,127.0.0.1:6002",
    ),
    (
        "it sends signals, and the harness did not launch this server as a process",
        "它要发送信号，而这个服务器不是由测试工具作为进程启动的",
    ),
    (
        "the case did not end within {w} s: the server answers, but too slowly",
        "用例在 {w} 秒内没有结束：服务器有应答，但太慢",
    ),
    (
        "it answered before, and now takes no connection at {w} ({})",
        "此前有应答，现在 {w} 不接受连接（{}）",
    ),
    ("no answer", "没有应答"),
    (
        "`{q}` is no case and no section: sections are {q}, FUNCTIONAL is the first of them, and a case is called CHAT-1",
        "`{q}` 既不是用例也不是分组：分组有 {q}，FUNCTIONAL 指其中第一部分，用例的写法如 CHAT-1",
    ),
    // Connections and accounts.
    ("a connection that said nothing was sent a message: {q}", "一言未发的连接收到了消息：{q}"),
    (
        "the server keeps its end open {w} s after the client closed its own: it will run out of file descriptors",
        "客户端关闭 {w} 秒后，服务器仍没有关闭自己这一端：文件描述符迟早会耗尽",
    ),
    ("the new account got the id {w}, which is no id", "新账号得到的 id 是 {w}，这不是 id"),
    (
        "the name {q} was registered twice, the second time with the id {w}",
        "用户名 {q} 注册了两次，第二次的 id 是 {w}",
    ),
    ("the name {q} was registered twice", "用户名 {q} 注册了两次"),
    ("registered {q}, but the login reply says {q}", "注册的是 {q}，登录应答却是 {q}"),
    ("two accounts share the id {w}", "两个账号的 id 都是 {w}"),
    // Logins.
    ("the name in the login reply", "登录应答中的名字"),
    ("the id in the login reply", "登录应答中的 id"),
    ("the id in the reply to the next login", "下一次登录应答中的 id"),
    (
        "{} was refused as already online (code {w}), although nobody is; where that code means any refusal: {}",
        "{} 被当作已在线而拒绝（结果码 {w}），其实没有人在线；如果这个结果码可以是任何拒绝：{}",
    ),
    ("the unknown id {w} was logged in", "不存在的 id {w} 登录成功"),
    ("a wrong password", "错误的密码"),
    ("the unknown id {w}", "不存在的 id {w}"),
    ("an unknown name", "不存在的用户名"),
    ("an unknown name with the unknown id {w}", "不存在的用户名和 id {w}"),
    ("an unknown name was logged in", "不存在的用户名登录成功"),
    ("an unknown name with the unknown id {w} was logged in", "不存在的用户名和 id {w} 登录成功"),
    ("a wrong password was logged in", "错误的密码登录成功"),
    ("what is heard in session", "在线时收到的内容"),
    ("the same user was logged in twice at once", "同一用户同时登录了两次"),
    (
        "the refusal of a second login was followed by {w} more frame(s) on that connection; the first: {q}",
        "第二次登录被拒绝之后，该连接上又收到 {w} 个帧；第一个：{q}",
    ),
    ("what the first session hears", "第一个会话收到的内容"),
    ("the end of the session that was taken over", "被顶掉的会话结束"),
    ("the first session still heard {q}", "第一个会话仍然收到 {q}"),
    ("what the second session hears", "第二个会话收到的内容"),
    ("no RST could be sent: {}", "无法发送 RST：{}"),
    // Chats.
    (
        "a chat to an existing user was refused (code {q}, {q})",
        "发给已有用户的消息被拒绝（结果码 {q}，{q}）",
    ),
    (
        "{q} ({w}) must not hear again {w} message(s); the first: {q}",
        "{q}（{w}）不应再次收到消息，却收到 {w} 条；第一条：{q}",
    ),
    (
        "{q} ({w}) must not hear besides {w} message(s); the first: {q}",
        "{q}（{w}）不应另外收到消息，却收到 {w} 条；第一条：{q}",
    ),
    (
        "{q} ({w}) must not hear as a bystander {w} message(s); the first: {q}",
        "{q}（{w}）只是旁观者，不应收到消息，却收到 {w} 条；第一条：{q}",
    ),
    (
        "{q} ({w}) must not hear {w} message(s); the first: {q}",
        "{q}（{w}）不应收到消息，却收到 {w} 条；第一条：{q}",
    ),
    ("what arrives", "到达的内容"),
    ("the text", "消息内容"),
    ("the sender", "发送者"),
    ("the receiver", "接收者"),
    ("the next message", "下一条消息"),
    ("the order of arrival", "到达的顺序"),
    (
        "sent {w} characters, {w} came, the same up to character {w}: {q}",
        "发送了 {w} 个字符，收到 {w} 个，前 {w} 个字符相同：{q}",
    ),
    ("accepted and not delivered", "已接受，没有送达"),
    ("delivered once", "送达一次"),
    ("accepted: {w}, delivered {w} times", "已接受：{w}，送达 {w} 次"),
    ("what the next receiver hears", "下一个接收者收到的内容"),
    ("what bob hears", "bob 收到的内容"),
    ("{w} unexplained frame(s); the first: {q}", "{w} 个无法解释的帧；第一个：{q}"),
    ("what a neighbour says", "邻居说的内容"),
    ("who says it", "说话的人"),
    // Offline messages.
    ("an offline message came back as broken JSON: {q}", "离线消息取回时是损坏的 JSON：{q}"),
    ("the offline messages", "离线消息"),
    ("the offline messages of the second login", "第二次登录的离线消息"),
    // Friends and groups.
    ("the friend {q} is not in the list: {q}", "好友 {q} 不在列表中：{q}"),
    ("the friend {} is listed as {}, not as {}", "好友 {} 列为 {}，而不是 {}"),
    (
        "the friend is listed as {} while online and as {} while away",
        "好友在线时列为 {}，不在线时列为 {}",
    ),
    ("an unknown user was logged in", "不存在的用户登录成功"),
    ("a new user has friends already: {q}", "新用户已经有好友：{q}"),
    ("the new group {q} is not in its maker's list: {q}", "新建的群 {q} 不在建群者的列表中：{q}"),
    (
        "a group chat of a member was refused (code {q}, {q})",
        "群成员的群消息被拒绝（结果码 {q}，{q}）",
    ),
    ("the group {q} is not in its maker's list: {q}", "群 {q} 不在建群者的列表中：{q}"),
    ("the group's description", "群的描述"),
    ("the group {q} is not in a member's list: {q}", "群 {q} 不在成员的列表中：{q}"),
    ("the member {q} is not listed in the group: {q}", "成员 {q} 没有列在群中：{q}"),
    ("the group", "群"),
    ("what a member hears", "群成员收到的内容"),
    ("what a present member hears", "在线成员收到的内容"),
    // Clusters.
    (
        "message {w} of {w} from node {w} to node {w}: {}",
        "第 {w}/{w} 条消息，从节点 {w} 到节点 {w}：{}",
    ),
    ("from node {w} to node {w}, {w}", "从节点 {w} 到节点 {w}，第 {w} 条"),
    ("the group's message at node {w}: {}", "节点 {w} 上的群消息：{}"),
    ("the group's message", "群消息"),
    ("a user was logged in at {w} and at {w} at once", "同一用户在 {w} 和 {w} 同时登录"),
    ("what waited for the user", "等待该用户的消息"),
    (
        "after {w} s of silence: {}; the balancer's `proxy_timeout` may be shorter",
        "静默 {w} 秒之后：{}；负载均衡器的 `proxy_timeout` 可能更短",
    ),
    ("after {w} s of silence: {}", "静默 {w} 秒之后：{}"),
    ("what came after the silence", "静默之后收到的内容"),
];
