//! What goes wrong between a peer and the server: silence, refusals, bytes that are no messages, deaths.

use super::Phrase;

pub(super) const PHRASES: &[Phrase] = &[
    ("cannot connect to {w}: {}", "无法连接 {w}：{}"),
    (
        "the server closed the connection while {} was awaited; {}",
        "正在等待 {} 时服务器断开了连接；{}",
    ),
    ("the connection broke while {} was awaited: {}", "正在等待 {} 时连接断了：{}"),
    (
        "two bystanders are not served: no {} within {}",
        "两个旁观用户得不到服务：没有等到 {}，用时 {}",
    ),
    ("no {} within {}; {}", "没有等到 {}，已等 {}；{}"),
    ("nothing came", "什么都没有收到"),
    ("what passed last:", "最后的收发："),
    (
        "the server has not read the last request for {}: is the thread that serves this connection stuck?",
        "服务器已有 {} 没有读取上一个请求：处理这个连接的线程卡住了吗？",
    ),
    (
        "user {} is still marked online (code {w}), {}: a server that clears the state neither when a connection ends nor at \
         its own start locks its users out; reset it in the database (update user set state='offline')",
        "用户 {} 仍被标记为在线（结果码 {w}），{}：服务器若在连接断开和自身启动时都不清除在线状态，用户就再也登录不了；请在数据库中重置\
         （update user set state='offline'）",
    ),
    ("at the first attempt", "第一次尝试时"),
    ("after {} of retries", "重试 {} 之后"),
    ("the dialect {} has no [{w}]", "方言 {} 没有 [{w}]"),
    ("the {w} reply names no {}: {q}", "{w} 应答中没有 {}：{q}"),
    (
        "register of a new name refused ({}): a taken name and an unreachable database look the same here{}",
        "注册新用户名被拒绝（{}）：用户名已占用与数据库连不上在这里看起来一样{}",
    ),
    ("{w} refused ({})", "{w} 被拒绝（{}）"),
    ("; see {}", "；见 {}"),
    ("no code, \"{q}\"", "没有结果码，\"{q}\""),
    ("code {w}, \"{q}\"", "结果码 {w}，\"{q}\""),
    ("no code", "没有结果码"),
    ("code {w}", "结果码 {w}"),
    // What is awaited.
    ("{w} acknowledgement ({} {w})", "{w} 的应答（{} {w}）"),
    ("message to {} ({w})", "发给 {}（{w}）的消息"),
    ("fence \"{q}\" from {}", "栅栏消息 \"{q}\"，来自 {}"),
    ("the end of the connection", "连接结束"),
    ("room for a [{}] request", "写出 [{}] 请求的空间"),
    ("a late copy", "迟到的副本"),
    ("an acknowledgement that nobody waits for", "没有人在等的应答"),
    ("a message that the dialect does not know", "方言不认识的消息"),
    ("more messages than the inbox holds", "超过收件箱容量的消息"),
    ("user id", "用户 id"),
    // Bytes that are no messages.
    (
        "a document of more than {w} bytes at offset {w}: the server never ended it, or the dialect's framing is wrong",
        "文档超过 {w} 字节，位于偏移 {w}：服务器一直没有结束它，或方言的分帧方式不对",
    ),
    ("a document nested deeper than {w} levels at offset {w}", "文档嵌套超过 {w} 层，位于偏移 {w}"),
    (
        "bytes that are neither JSON nor a known framing at offset {w}: \"{q}\"",
        "既不是 JSON 也不是已知分帧的字节，位于偏移 {w}：\"{q}\"",
    ),
    (
        "a length at offset {w} that counts less than the header it stands in: is it another byte order, or does it not \
         count the header?",
        "偏移 {w} 处的长度比它所在的头部还小：是字节序不同，还是没有把头部算进去？",
    ),
    (
        "a length of {w} before a document of {w} bytes at offset {w}: does the server count the header too, or use the \
         other byte order?",
        "长度写的是 {w}，而文档有 {w} 字节，位于偏移 {w}：服务器把头部也算进去了，还是用了另一种字节序？",
    ),
    (
        "the server sent something that is no JSON object ({}): \"{q}\"",
        "服务器发来的不是 JSON 对象（{}）：\"{q}\"",
    ),
    // Deaths.
    ("the server is gone: {}", "服务器不在了：{}"),
    ("the server died after {}: {}", "服务器崩溃了，运行了 {}：{}"),
    ("the node {w} died after {}: {}", "节点 {w} 崩溃了，运行了 {}：{}"),
    ("the server died: {}", "服务器崩溃：{}"),
    ("it said: {q} (more in {q})", "它最后输出：{q}（更多见 {q}）"),
    ("it said nothing (log: {q})", "它没有任何输出（日志：{q}）"),
    ("it said: {q}", "它最后输出：{q}"),
];
