//! What is wrong with settings: variables, `chatserver.toml`, addresses, and what the reader of TOML says.

use super::Phrase;

pub(super) const PHRASES: &[Phrase] = &[
    // Variables and the file as a whole.
    (
        "CHATSERVER_{w} and CHATSERVER_{w} are both set, and say different things: unset one of them",
        "CHATSERVER_{w} 和 CHATSERVER_{w} 同时设置，彼此矛盾：请去掉其中一个",
    ),
    (
        "no server is configured, and CHATSERVER_REQUIRE forbids to fall back to the reference server: set \
         CHATSERVER_BIN=path/to/ChatServer to launch one or CHATSERVER_ADDR=127.0.0.1:6000 to test one that runs, or write a \
         chatserver.toml",
        "没有配置服务器，而 CHATSERVER_REQUIRE 禁止退回到参考服务器：设置 CHATSERVER_BIN=path/to/ChatServer 由工具启动，或设置 \
         CHATSERVER_ADDR=127.0.0.1:6000 测试正在运行的服务器，或编写 chatserver.toml",
    ),
    (
        "{} listens on {w}: to test that, set CHATSERVER_ADDR={w}",
        "{} 正在监听 {w}：要测试它，请设置 CHATSERVER_ADDR={w}",
    ),
    ("it is not UTF-8", "不是 UTF-8"),
    ("write 1 or 0", "请写 1 或 0"),
    ("write a number of users, such as 50", "请写用户数，例如 50"),
    (
        "there is no such file; name the server's public.hpp",
        "没有这个文件；请写服务器的 public.hpp",
    ),
    ("found here or above", "在当前目录或上级目录找到"),
    ("the current directory", "当前目录"),
    ("the caller", "调用方"),
    ("no other server being configured", "没有配置其他服务器"),
    // Values in the file.
    ("a value in chatserver.toml cannot be meant", "chatserver.toml 中的一个值不对"),
    ("not an address", "不是地址"),
    ("write host:port, such as \"127.0.0.1:3306\"", "请写 主机:端口，例如 \"127.0.0.1:3306\""),
    ("not a signal to stop with", "不是可用来停止的信号"),
    ("not a name for a probe", "不能作探针的名字"),
    ("write the one address of the balancer", "请写负载均衡器的唯一地址"),
    (
        "write the program and its arguments: \"./ChatServer {ip} {port}\"",
        "请写程序和参数：\"./ChatServer {ip} {port}\"",
    ),
    ("an empty command", "命令为空"),
    ("`dialect` and `header` say the same twice", "`dialect` 与 `header` 说的是同一件事"),
    ("keep one of them", "只保留一个"),
    ("no such dialect", "没有这个方言"),
    (
        "write letters, digits and _, at most 40: it becomes the column probe_NAME",
        "请用字母、数字和下划线，最多 40 个：它会成为列名 probe_NAME",
    ),
    ("another probe has this name: each is a column of its own", "已有同名探针：每个探针各占一列"),
    (
        "`{q}` is not a signal to stop with: write one of {}",
        "`{q}` 不是可用来停止的信号：请写 {} 之一",
    ),
    ("neither a built-in dialect ({}) nor a file ({})", "既不是内置方言（{}），也不是文件（{}）"),
    (
        "`{q}` is neither a built-in dialect ({}) nor a file ({})",
        "`{q}` 既不是内置方言（{}），也不是文件（{}）",
    ),
    // Addresses and durations.
    ("{w} is named twice", "{w} 写了两次"),
    ("`{q}` lacks the host: write 127.0.0.1{q}", "`{q}` 缺少主机：请写 127.0.0.1{q}"),
    (
        "`{q}` is a URL: write host:port, such as 127.0.0.1:6000",
        "`{q}` 是 URL：请写 主机:端口，例如 127.0.0.1:6000",
    ),
    ("`{q}` lacks the port: write {q}:6000", "`{q}` 缺少端口：请写 {q}:6000"),
    (
        "`{q}` in `{q}` is not a port: write a number from 1 to 65535",
        "`{q}`（在 `{q}` 中）不是端口：请写 1 到 65535 的数",
    ),
    ("`{q}` cannot be resolved: {}", "`{q}` 无法解析：{}"),
    ("`{q}` has no address", "`{q}` 没有对应的地址"),
    ("`{q}` is not an address", "`{q}` 不是地址"),
    (
        "`{q}` is not a duration: write 250ms, 30s, 2m, or a number of seconds",
        "`{q}` 不是时长：请写 250ms、30s、2m，或秒数",
    ),
    (
        "`{q}` is not an account: write user:password@database, such as chat:123456@chat (with /table at the end where the \
         table of users is not called `user`)",
        "`{q}` 不是账号：请写 用户:密码@数据库，例如 chat:123456@chat（用户表不叫 `user` 时，末尾加上 /table）",
    ),
    (
        "{} is there already and would be lost: edit it, write another file with --file, or say --force",
        "{} 已经存在，会被覆盖：请直接修改它，用 --file 写到别的文件，或加 --force",
    ),
    ("expected a string or a list of strings", "应为字符串或字符串列表"),
];
