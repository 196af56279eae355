//! What the commands themselves say: questions, results, and why they cannot go on.

use super::Phrase;

pub(super) const PHRASES: &[Phrase] = &[
    ("results: {}", "结果：{}"),
    ("no server to test: {}", "没有可测试的服务器：{}"),
    ("no stage could be run: {}", "无法运行阶段：{}"),
    ("done", "完成"),
    ("this is a bug", "这是缺陷"),
    ("cannot start a runtime: {}", "无法启动运行时：{}"),
    ("cannot wait for signals: {}", "无法等待信号：{}"),
    ("cannot tell where this program is: {}", "无法得知本程序的位置：{}"),
    ("cannot make a temporary directory: {}", "无法创建临时目录：{}"),
    ("cannot start the reference server: {}", "无法启动参考服务器：{}"),
    ("no current directory: {}", "没有当前目录：{}"),
    ("{}: the report follows; once more ends at once", "{}：随后给出报告；再按一次立即结束"),
    ("{} again: ended at once, the report is not complete", "再次收到 {}：立即结束，报告不完整"),
    ("the files there are not complete: {}", "那里的文件不完整：{}"),
    ("all of them were written to {}", "全部文件已写到 {}"),
    (
        "nor could they be written elsewhere: what was printed is all there is",
        "也无法写到别处：只有屏幕上的内容",
    ),
    ("cannot append the summary to {}: {}", "无法把汇总追加到 {}：{}"),
    // check --bless
    ("{} knows all of this already", "{} 已经记录了这些"),
    (
        "{}: known failures written; new: {}; passes now, taken out: {}; write down why, the reasons are what was seen",
        "{}：已写入已知失败；新增：{}；现已通过，删去：{}；请写明缘由，现在记的只是所见现象",
    ),
    (
        "{}: known failures written; new: {}; write down why, the reasons are what was seen",
        "{}：已写入已知失败；新增：{}；请写明缘由，现在记的只是所见现象",
    ),
    (
        "{}: known failures written; passes now, taken out: {}; write down why, the reasons are what was seen",
        "{}：已写入已知失败；现已通过，删去：{}；请写明缘由，现在记的只是所见现象",
    ),
    ("[expect] is no table", "[expect] 不是表"),
    (
        "{}: {}: the known failures cannot be written there; --config names another file",
        "{}：{}：无法把已知失败写到那里；可用 --config 指定别的文件",
    ),
    // dialect, dialect try
    (
        "{} is there already: --force replaces it, --file names another",
        "{} 已经存在：--force 覆盖它，--file 另指文件",
    ),
    (
        "a running server may die of the dialects that are not its own: add --allow-crash, or let the harness launch \
         it (cargo xtask init)",
        "正在运行的服务器可能因不属于它的方言而崩溃：请加 --allow-crash，或让测试工具启动它（cargo xtask init）",
    ),
    ("it is not {w}", "不是 {w}"),
    ("no dialect is built in: {}", "没有内置方言：{}"),
    ("the server speaks it as it is", "服务器的方言与它完全一致"),
    (
        "wrote {}; next: CHATSERVER_DIALECT={} cargo test --no-fail-fast --test functional",
        "已写入 {}；下一步：CHATSERVER_DIALECT={} cargo test --no-fail-fast --test functional",
    ),
    ("the dialect {} cannot be changed: {}", "方言 {} 无法修改：{}"),
    ("what was found does not make a dialect: {}", "得到的结果不能构成方言：{}"),
    // init, reset, cleanup
    (
        "next: `cargo test --no-fail-fast --test functional` (what it does and does not do), then `cargo xtask stress` (how \
         much it takes)",
        "下一步：`cargo test --no-fail-fast --test functional`（能不能用），然后 `cargo xtask stress`（能扛多少）",
    ),
    (
        "it does not get in yet: the report above says at what; edit the file (every key is explained in it) and try `cargo \
         xtask check --only CONN,REG,LOGIN` again",
        "还登录不了：上面的报告说明了卡在哪里；请修改该文件（其中每个键都有说明），再执行 `cargo xtask check --only CONN,REG,LOGIN`",
    ),
    ("wrote {}", "已写入 {}"),
    ("{w} will run: {q}", "{w} 将执行：{q}"),
    (
        "without {port} nothing says where the server will answer: name its address with --addr",
        "没有 {port} 就无法得知服务器在哪里应答：请用 --addr 写出它的地址",
    ),
    (
        "the server is told a free port, so it has no fixed address: leave {port} out of --args, or --addr",
        "服务器会得到一个空闲端口，所以没有固定地址：请从 --args 去掉 {port}，或去掉 --addr",
    ),
    ("the server's program (empty: it runs already)", "服务器程序（留空：它已在运行）"),
    (
        "its arguments; {ip} and {port} are filled in, without {port} it has a fixed port",
        "它的参数；{ip} 和 {port} 会被填入，没有 {port} 表示端口固定",
    ),
    (
        "what must answer before it is started, with commas (`-`: nothing)",
        "启动之前必须有应答的地址，用逗号分隔（`-`：没有）",
    ),
    (
        "its database account, user:password@database, so that nobody stays marked online (empty: none)",
        "它的数据库账号，用户:密码@数据库，以免有用户一直停留在在线状态（留空：没有）",
    ),
    ("its address", "它的地址"),
    (
        "how it speaks: {}, a .toml file, or its public.hpp",
        "它的方言：{}，或 .toml 文件，或它的 public.hpp",
    ),
    ("`{q}` is not a file", "`{q}` 不是文件"),
    ("{} is not a file: build the server first", "{} 不是文件：请先编译服务器"),
    (
        "there was no answer; where nobody can be asked, give the flags",
        "没有得到回答；无法询问时请直接给出参数",
    ),
    ("none of the answers could be taken", "给出的回答都不能用"),
    (
        "there is no chatserver.toml here or above, so nothing says how to {w}: `cargo xtask init` writes one",
        "当前目录及上级目录都没有 chatserver.toml，不知道怎样执行 {w}：`cargo xtask init` 可以写一个",
    ),
    (
        "{} has no `{w}` line, so there is nothing to run; its comments show the usual one",
        "{} 中没有 `{w}` 这一行，没有可执行的内容；文件中的注释写有常用的一行",
    ),
    // monitor
    ("watching pid {w}; rows in {}", "正在监控 pid {w}；数据在 {}"),
    ("cannot write the summary: {}", "无法写出汇总：{}"),
    (
        "{}, so there is nothing to watch; start the server first, or name it: --pid N, --port N or --process NAME (`ss \
         -tlnp` lists who listens)",
        "{}，所以没有可监控的对象；请先启动服务器，或指明它：--pid N、--port N 或 --process 名字（`ss -tlnp` 列出监听者）",
    ),
    ("there is no process {w}", "没有进程 {w}"),
    (
        "no program called `{q}` runs that this user may see",
        "没有本用户看得到的、名为 `{q}` 的程序在运行",
    ),
    (
        "nobody of whom this user may know listens on port {w}",
        "没有本用户看得到的进程在监听端口 {w}",
    ),
    (
        "nobody listens on port {w}, and no program is called {w} or {w}",
        "没有进程在监听端口 {w}，也没有名为 {w} 或 {w} 的程序",
    ),
    (
        "the server died or was restarted: {w} rows without it, pids {}",
        "服务器崩溃或重新启动过：{w} 行没有它，pid {}",
    ),
    ("no server process", "没有服务器进程"),
    // replay
    (
        "{} is for the reference server, and this is another one",
        "{} 只用于参考服务器，而这是另一个",
    ),
    (
        "a replay is meant to kill, and this server was not launched by the harness: permit it with --allow-crash, or name \
         its program with CHATSERVER_BIN",
        "重放就是为了弄垮服务器，而这个服务器不是由测试工具启动的：请用 --allow-crash 允许，或用 CHATSERVER_BIN 指定它的程序",
    ),
    (
        "{}: {w} writes on {w} connections, recorded during {}: {}",
        "{}：{w} 次写入，{w} 个连接，录制于 {}：{}",
    ),
    ("{w} older steps were no longer held when it was recorded", "录制时更早的 {w} 步已不再保留"),
    ("time {w} of {w}: it lived, and serves", "第 {w}/{w} 次：没有崩溃，仍在服务"),
    ("time {w} of {w}: it died again: {}", "第 {w}/{w} 次：又崩溃了：{}"),
    ("time {w} of {w}: it hangs again: {}", "第 {w}/{w} 次：又卡死了：{}"),
    ("in {}", "位于 {}"),
    (
        "--shorten starts the server anew for each trial, and this one was not launched by the harness: name its program with \
         CHATSERVER_BIN",
        "--shorten 每次尝试都要重新启动服务器，而这个服务器不是由测试工具启动的：请用 CHATSERVER_BIN 指定它的程序",
    ),
    ("none of them can be left out", "一个也不能少"),
    ("time ran out (--budget): there may be fewer", "时间用完（--budget）：也许还能更少"),
    (
        "shortened to {w} writes on {w} connections in {w} trials; {}",
        "缩短为 {w} 次写入、{w} 个连接，试了 {w} 次；{}",
    ),
    // report
    ("cannot read {}: {}; name the directory of a run", "无法读取 {}：{}；请指明一次运行的目录"),
    ("cannot make {}: {}", "无法生成 {}：{}"),
    ("cannot read {} ({}): {}", "无法读取 {}（{}）：{}"),
    ("cannot read {}: {}", "无法读取 {}：{}"),
    ("cannot write {}: {}", "无法写入 {}：{}"),
    ("the dialect calls nothing `{q}`", "方言中没有名为 `{q}` 的内容"),
];
