//! What a checkup wants, and the remarks beside the lines to type.

use super::Phrase;

pub(super) const PHRASES: &[Phrase] = &[
    ("answers", "有应答"),
    ("a directory", "目录"),
    ("a program", "程序"),
    ("{q}   # then log in again", "{q}   # 然后重新登录系统"),
    (
        "{q}   # end what is not needed, or use fewer clients",
        "{q}   # 结束不需要的程序，或减少客户端",
    ),
    (
        "{q}   # says where this shell may run; the load takes one core, the server the others",
        "{q}   # 显示本 shell 可用的核；压测端用一个，服务器用其余的",
    ),
    ("{q}   # or correct `dir` in chatserver.toml", "{q}   # 或修改 chatserver.toml 中的 `dir`"),
    ("{q}   # build it, or correct {q}", "{q}   # 请先编译，或修改 {q}"),
    ("{q}   # nobody there: start it first", "{q}   # 那里没有程序：请先启动它"),
    (
        "{q}   # nobody there: start what listens there",
        "{q}   # 那里没有程序：请启动应当监听的程序",
    ),
    (
        "{q}   # `{w}` in chatserver.toml begins with it: install it",
        "{q}   # chatserver.toml 的 `{w}` 以它开头：请安装",
    ),
];
