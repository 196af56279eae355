//! What a header does not say, what it says twice, and what it says in doubt.

use super::Phrase;

pub(super) const PHRASES: &[Phrase] = &[
    ("cannot read {q} as a C++ header: {}; {}", "无法把 {q} 当作 C++ 头文件读取：{}；{}"),
    (
        "{q} declares no message numbers: looked for an `enum` with names such as LOGIN_MSG, and for `const int` and \
         `#define`, and found none of them; {}",
        "{q} 没有声明消息号：查找了含 LOGIN_MSG 之类名字的 `enum`，以及 `const int` 和 `#define`，都没有找到；{}",
    ),
    (
        "{q} has no message number for {q}: looked for names such as {q}, and saw {}; {}",
        "{q} 没有 {q} 的消息号：查找了 {q} 之类的名字，只看到 {}；{}",
    ),
    (
        "set CHATSERVER_HEADER to the file that declares LOGIN_MSG (often public.hpp), or write a dialect file and set \
         CHATSERVER_DIALECT to it",
        "请把 CHATSERVER_HEADER 设为声明 LOGIN_MSG 的文件（多为 public.hpp），或编写方言文件并用 CHATSERVER_DIALECT 指定",
    ),
    (
        "{} declares no answer to {}: looked for names such as {}, and without the number of that answer nobody can log in; \
         save the dialect that was read from the header, add `ack = NUMBER` to {} there, and set CHATSERVER_DIALECT to that \
         file",
        "{} 没有声明 {} 的应答：查找了 {} 之类的名字，不知道应答号就无法登录；请保存从头文件读出的方言，在其中的 {} 加上 `ack = \
         应答号`，再用 CHATSERVER_DIALECT 指定该文件",
    ),
    ("it has {w} bytes; a header has at most {w}", "它有 {w} 字节；头文件最多 {w} 字节"),
    (
        "byte {w} is NUL, so it is no text, or UTF-16 (save it as UTF-8)",
        "第 {w} 个字节是 NUL，所以它不是文本，或者是 UTF-16（请存成 UTF-8）",
    ),
    ("{} and {w} more", "{}，另有 {w} 个"),
    ("no names", "没有名字"),
    ("dialect read from {q}", "读自 {q} 的方言"),
    // Remarks: not used, not found.
    ("line {w}: {}: no name of a request in it", "第 {w} 行：{}：其中没有请求的名字"),
    (
        "line {w}: {w} calls itself an answer, but no other name stands for {w}: taken for the request",
        "第 {w} 行：{w} 自称是应答，但没有别的名字表示 {w}：当作请求使用",
    ),
    (
        "line {w}: {w} was taken for {w}, for want of a clearer name",
        "第 {w} 行：{w} 当作 {w} 使用，因为没有更明确的名字",
    ),
    ("line {w}: {}: {}", "第 {w} 行：{}：{}"),
    (
        "{w}: no number found, looked for names such as {w}",
        "{w}：没有找到编号，查找了 {w} 之类的名字",
    ),
    (
        "{w}: no answer found, looked for names such as {w}; write `ack = NUMBER` in {w}",
        "{w}：没有找到应答，查找了 {w} 之类的名字；请写 `ack = 应答号`，位于 {w}",
    ),
    ("`{w}` belongs to no kind of request", "`{w}` 不属于任何一种请求"),
    ("names no kind of request", "不表示任何一种请求"),
    ("names {w}, but its value was not understood", "表示 {w}，但看不懂它的值"),
    (
        "answers another name of {w}, which was not taken",
        "是 {w} 另一个名字的应答，而那个名字没有采用",
    ),
    ("names {w} as {w} (line {w}) does, which was taken", "同样表示 {w}，已采用 {w}（第 {w} 行）"),
    (
        "{w} (line {w}) and {w} (line {w}) are both {w}",
        "{w}（第 {w} 行）与 {w}（第 {w} 行）都是 {w}",
    ),
];
