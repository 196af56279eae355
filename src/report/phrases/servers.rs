//! Why there is no server to test, and why a child process could not be made.

use super::Phrase;

pub(super) const PHRASES: &[Phrase] = &[
    (
        "the server's program `{q}` was not found{}; build it first, or correct {}",
        "找不到服务器程序 `{q}`{}；请先编译，或修改 {}",
    ),
    ("on PATH", "（在 PATH 中查找）"),
    ("(looked for {})", "（查找过 {}）"),
    ("the server's program {} cannot be run: {}", "服务器程序 {} 无法运行：{}"),
    ("it is a directory; name the program inside it", "这是一个目录；请写其中的程序"),
    (
        "it has no execute permission; if it is the program, `chmod +x` it",
        "没有执行权限；如果就是它，请执行 `chmod +x`",
    ),
    (
        "the server's directory {} does not exist (`dir` in {})",
        "服务器的目录 {} 不存在（{} 中的 `dir`）",
    ),
    (
        "nothing says where `{q}` will answer: give it a `{port}` argument, or write the address it always uses as `addr = \
         \"127.0.0.1:6000\"` in chatserver.toml",
        "无法得知 `{q}` 会在哪里应答：请给它 `{port}` 参数，或在 chatserver.toml 中写明固定地址 `addr = \"127.0.0.1:6000\"`",
    ),
    (
        "{w} is in use by {}, so the server cannot be started there; end it, or test it as it is with CHATSERVER_ADDR={w}",
        "{w} 已被 {} 占用，服务器无法在那里启动；请结束它，或用 CHATSERVER_ADDR={w} 直接测试它",
    ),
    ("a process of another user", "另一个用户的进程"),
    (
        "{} does not answer: {} (`needs` in chatserver.toml): start it first",
        "{} 没有应答：{}（chatserver.toml 的 `needs`）：请先启动它",
    ),
    (
        "{} does not answer: {} (`needs` in chatserver.toml): is {} running? The server cannot work without it",
        "{} 没有应答：{}（chatserver.toml 的 `needs`）：{} 启动了吗？没有它服务器无法工作",
    ),
    ("MariaDB (or MySQL)", "MariaDB（或 MySQL）"),
    ("the name has no address", "主机名没有对应的地址"),
    ("no answer within {w} s", "{w} 秒内没有应答"),
    ("the `{q}` command of the recipe failed ({}): {q}", "配方中的 `{q}` 命令失败（{}）：{q}"),
    (
        "the server ended before it was ready, after {}: {}",
        "服务器还没有就绪就退出了，运行了 {}：{}",
    ),
    (
        "{} (a server that goes into the background cannot be watched: start it in the foreground)",
        "{}（转入后台的服务器无法监视：请在前台启动）",
    ),
    (
        "the server was not ready within {}: {}; if it only needs longer, raise `deadline` under [ready] in chatserver.toml",
        "服务器在 {} 内没有就绪：{}；如果只是启动较慢，请调大 chatserver.toml 中 [ready] 的 `deadline`",
    ),
    ("nothing listens on {w}", "{w} 上没有监听"),
    ("{w} does not take connections ({})", "{w} 不接受连接（{}）"),
    ("`{q}` did not appear in its output", "它的输出中没有出现 `{q}`"),
    ("it wrote nothing", "它没有任何输出"),
    ("its last words:", "它最后的输出："),
    ("command: {q}", "命令：{q}"),
    ("log: {q}", "日志：{q}"),
    ("lock: {q}", "锁文件：{q}"),
    (
        "nobody answers at {w} ({}): is the server running there? (address from {})",
        "{w} 没有应答（{}）：服务器在那里运行吗？（地址来自 {}）",
    ),
    (
        "{w} is a public address: tests and load against a machine that may not be yours are refused; if it is yours, set \
         CHATSERVER_ALLOW_REMOTE=1 (or --allow-remote)",
        "{w} 是公网地址：不对可能不属于你的机器做测试和加压；如果确实是你的，请设置 CHATSERVER_ALLOW_REMOTE=1（或 \
         --allow-remote）",
    ),
    (
        "another run of the harness{} is using {}; waited {} for it: two runs would spoil each other's accounts and \
         measurements; wait for it to end, or end it",
        "另一次运行{} 正在使用 {}；已等待 {}：两次运行会互相破坏账目和测量；请等它结束，或结束它",
    ),
    ("(pid {w})", "（pid {w}）"),
    ("the server at {w}", "{w} 上的服务器"),
    ("the same server ({})", "同一个服务器（{}）"),
    ("address {w}", "地址 {w}"),
    ("recipe {}", "配方 {}"),
    (
        "the server at {w} was not started by the harness, so it cannot be {} by it",
        "{w} 上的服务器不是由测试工具启动的，所以不能由它{}",
    ),
    ("restarted", "重新启动"),
    ("the reference server did not start: {}", "参考服务器没有启动：{}"),
    (
        "this build has no reference server (feature `refserver`); name your server with CHATSERVER_BIN or CHATSERVER_ADDR",
        "这个构建不含参考服务器（特性 `refserver`）；请用 CHATSERVER_BIN 或 CHATSERVER_ADDR 指定你的服务器",
    ),
    ("it panicked", "它崩溃了（panic）"),
    ("cannot make the log directory {}: {}", "无法创建日志目录 {}：{}"),
    ("cannot make the lock {}: {}", "无法创建锁文件 {}：{}"),
    ("found no free port; see {}: {}", "没有空闲端口；见 {}：{}"),
    ("the chosen port was taken meanwhile", "选定的端口被别的进程抢先占用"),
    ("the server did not stop properly: {}", "服务器没有正常停止：{}"),
    (
        "CHATSERVER_KEEP: it is left running at the end; test it again with CHATSERVER_ADDR={w}, end it with `kill -INT \
         {}`",
        "CHATSERVER_KEEP：结束后让它继续运行；再次测试用 CHATSERVER_ADDR={w}，结束它用 `kill -INT {}`",
    ),
    (
        "{} answers at {w}, not the server: what it has read the server may not have read, so the dialect's gaps are kept \
         between requests, and nothing is monitored behind it; name the server's own address as `addr` and this one as \
         `balancer` in chatserver.toml",
        "{} 在 {w} 应答，而不是服务器：它读到的服务器未必读到，所以请求之间保持方言规定的间隔，也无法监控它背后的服务器；请在 \
         chatserver.toml 中把服务器自己的地址写成 `addr`，把这个地址写成 `balancer`",
    ),
    // Child processes.
    ("`{q}` was not started: {} (in {})", "`{q}` 没有启动：{}（在 {}）"),
    ("`{q}` was not started: {}", "`{q}` 没有启动：{}"),
    ("the guard process (/bin/sh) did not start: {}", "守护进程（/bin/sh）没有启动：{}"),
    ("cannot write the server's output to {}: {}", "无法把服务器的输出写入 {}：{}"),
    ("no thread for a child process: {}", "无法为子进程创建线程：{}"),
    ("`{q}` did not end within {}; it wrote nothing", "`{q}` 在 {} 内没有结束；它没有任何输出"),
    ("`{q}` did not end within {}; it wrote:", "`{q}` 在 {} 内没有结束；它的输出："),
];
