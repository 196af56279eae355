//! What is wrong with a dialect file: the pointed errors of its loader, and what a framing may be.

use super::Phrase;

pub(super) const PHRASES: &[Phrase] = &[
    ("no built-in dialect is called {}; there are {}", "没有叫 {} 的内置方言；内置的有 {}"),
    ("cannot read the dialect file {}: {}", "无法读取方言文件 {}：{}"),
    ("cannot read the dialect {}: {}", "无法读取方言 {}：{}"),
    // Where a pointed error points.
    ("named here", "在此处引用"),
    ("in this table", "在这个表中"),
    ("the second of them", "第二处"),
    // Acknowledgements.
    ("both `ack` and `ack_of`", "同时写了 `ack` 和 `ack_of`"),
    (
        "keep one: the number itself, or the request whose acknowledgement number is used",
        "只保留一个：应答号本身，或借用哪个请求的应答号",
    ),
    ("[{w}] has no `ack` to share", "[{w}] 没有可借用的 `ack`"),
    ("add `ack = NUMBER`, or take this key out", "加上 `ack = 应答号`，或删去这个键"),
    (
        "says how the request is acknowledged, but not with which number",
        "写了如何应答，却没有写应答号",
    ),
    (
        "an acknowledgement under the request's own number needs a result code",
        "与请求同号的应答必须带结果码",
    ),
    ("without one it looks like a message to somebody", "没有结果码，它看起来就像发给别人的消息"),
    // Keys and parts.
    ("`{w}` belongs to [{w}], not to [{w}]", "`{w}` 属于 [{w}]，不属于 [{w}]"),
    ("[{w}] is not delivered to anybody", "[{w}] 不会送达任何人"),
    ("`delivery` belongs to [chat] and [group_chat]", "`delivery` 属于 [chat] 和 [group_chat]"),
    ("[{w}] has no part `{w}` here", "[{w}] 此处没有部分 `{w}`"),
    ("the parts are: {}", "可用的部分：{}"),
    ("[{w}] lacks the part `{w}`", "[{w}] 缺少部分 `{w}`"),
    ("[{w}] sends both `{w}` and `{w}` as `{q}`", "[{w}] 的 `{w}` 和 `{w}` 都写作 `{q}`"),
    ("give each part the server's key of its own", "请给每个部分写上服务器各自的键"),
    ("add `{w} = \"THE SERVER'S KEY\"`", "加上 `{w} = \"服务器的键\"`"),
    (
        "nobody learns the number of a message: [wire] has no `key`, and not every header a `number`",
        "无从得知消息号：[wire] 没有 `key`，也不是每个头部都有 `number`",
    ),
    ("here, or in to_server and deliveries", "此处，或 to_server 与 deliveries 中"),
    (
        "add `key = \"THE SERVER'S KEY\"`, or `number:N` to each header",
        "加上 `key = \"服务器的键\"`，或在每个头部加上 `number:N`",
    ),
    (
        "the message number stands in a header, and under `{q}` in the document",
        "消息号既在头部，又在文档的 `{q}` 中",
    ),
    (
        "leave `key` out; what servers want in the document too goes under `constants`",
        "去掉 `key`；服务器还要求写在文档里的，放进 `constants`",
    ),
    ("users log in with it (`by`)", "用户用它登录（`by`）"),
    ("nobody learns the id of a user", "无从得知用户的 id"),
    ("add `reply = { user = \"THE SERVER'S KEY\" }`", "加上 `reply = { user = \"服务器的键\" }`"),
    ("this reply should name it", "这个应答应当给出它"),
    (
        "name the list in `reply = { offline = \"KEY\" }`, or say `offline = \"documents\"`",
        "在 `reply = { offline = \"键\" }` 中写出列表名，或写 `offline = \"documents\"`",
    ),
    ("`offline` and `reply` disagree", "`offline` 与 `reply` 不一致"),
    // Numbers.
    ("number {w} stands twice", "编号 {w} 出现了两次"),
    (
        "the message number of an acknowledgement stands in a header, or under a key of its own",
        "应答的消息号要么在头部，要么在它自己的键下",
    ),
    (
        "leave `ack_key` out, or name the `key` of requests too",
        "去掉 `ack_key`，或同时写明请求的 `key`",
    ),
    ("[wire] has no `key`, so that it stands in a header", "[wire] 没有 `key`，所以它在头部"),
    ("code {w} is a success and a refusal", "结果码 {w} 既是成功又是拒绝"),
    ("it stands under `success` too", "它也在 `success` 中"),
    ("it is already the `{w}` of [{w}]", "它已经是 `{w}`，属于 [{w}]"),
    (
        "if two requests really share an acknowledgement number, write `ack_of` instead of `ack`",
        "如果两个请求确实共用应答号，请用 `ack_of` 代替 `ack`",
    ),
    ("something of [{w}] is heard under it", "[{w}] 已在使用它"),
    // Heartbeats, friends, messages of a server's own.
    ("write how often, such as every = \"10s\"", "请写多久一次，例如 every = \"10s\""),
    ("a heartbeat without a pause", "心跳没有间隔"),
    ("add [add_friend], or take this key out", "加上 [add_friend]，或删去这个键"),
    (
        "chats go to friends alone, and nobody can become one",
        "只有好友才收得到消息，却无法成为好友",
    ),
    ("what [{w}] sends is no JSON object: {}", "[{w}] 发送的不是 JSON 对象：{}"),
    (
        "write it as JSON with the holes {user}, {name}, {sequence}, {time}, in single quotes",
        "请用单引号写成 JSON，可以留空位 {user}、{name}、{sequence}、{time}",
    ),
    ("what [{w}] sends has no message number under `{q}`", "[{w}] 发送的内容在 `{q}` 下没有消息号"),
    // Headers of framings.
    (
        "`{q}` is no part of a header: write `length:4` or `number:2`, of 1, 2, 4 or 8 bytes, or `zero:N`",
        "`{q}` 不是头部的组成：请写 `length:4` 或 `number:2`，长度为 1、2、4 或 8 字节，或 `zero:N`",
    ),
    (
        "a header has no part `{q}`; there are length, number and zero",
        "头部没有 `{q}`；只有 length、number 和 zero",
    ),
    ("`{q}` stands twice in the header", "`{q}` 在头部出现了两次"),
    ("a header of more than {w} bytes", "头部超过 {w} 字节"),
    ("a header without its length: add `length:4`", "头部没有长度：请加上 `length:4`"),
    // What `dialect check` and `dialect diff` say.
    ("they say the same", "两者相同"),
    ("{w} {}not spoken: its cases are skipped", "{w} {}不支持：相关用例会跳过"),
    ("{w} {}, never acknowledged", "{w} {}，没有应答"),
    ("{w} {}, acknowledged by {}", "{w} {}，应答号 {}"),
];
