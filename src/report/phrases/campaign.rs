//! Why a campaign did not begin or could not go on, what its files and its monitor met.

use super::Phrase;

pub(super) const PHRASES: &[Phrase] = &[
    (
        "the load needs {w}, which the dialect `{q}` does not have: add it to the dialect, or run only the cases (`cargo xtask \
         check`)",
        "压测需要 {w}，而方言 `{q}` 没有：请在方言中加上，或只运行用例（`cargo xtask check`）",
    ),
    (
        "{} is for the reference server, and this run tests another one ({}): leave it out",
        "{} 只用于参考服务器，而这次测试的是另一个（{}）：请去掉",
    ),
    (
        "ended by {w} before the server was ready: nothing was measured",
        "服务器就绪之前被 {w} 终止：没有测到任何东西",
    ),
    ("cannot read the limit on open files: {}", "无法读取打开文件数的限制：{}"),
    ("cannot read the range of ports: {}", "无法读取端口范围：{}"),
    ("cannot tell the path of the run directory: {}", "无法得知运行目录的路径：{}"),
    (
        "to test your own server, set CHATSERVER_BIN=path/to/ChatServer, or name a running one with --server and --port",
        "要测试你自己的服务器，请设置 CHATSERVER_BIN=path/to/ChatServer，或用 --server 和 --port 指定正在运行的服务器",
    ),
    // The run directory.
    (
        "cannot create the run directory {}: {}; results would be lost: {}",
        "无法创建运行目录 {}：{}；结果会丢失：{}",
    ),
    (
        "cannot point {} at this run: {}; is there something else of that name?",
        "无法让 {} 指向这次运行：{}；是否有别的同名文件？",
    ),
    ("the disk is full, make room or choose another directory", "磁盘已满，请腾出空间或另选目录"),
    ("no file may grow so large here, raise `ulimit -f`", "此处文件不能这么大，请提高 `ulimit -f`"),
    ("choose a directory that you may write to", "请选择有写权限的目录"),
    ("a part of the path is a file, choose another directory", "路径中有一段是文件，请另选目录"),
    (
        "too many open files, raise `ulimit -n` or use fewer clients",
        "打开的文件过多，请提高 `ulimit -n` 或减少客户端",
    ),
    ("choose another directory", "请另选目录"),
    (
        "cannot write the monitor's rows: {}; the samples would be lost, choose another place",
        "无法写入监控数据：{}；样本会丢失，请换个位置",
    ),
    ("cannot write {}: {}; {}", "无法写入 {}：{}；{}"),
    ("the run directory could not be written: {}", "运行目录无法写入：{}"),
    ("no rescue", "没有补救"),
    ("{} cannot be made", "无法生成 {}"),
    ("{} is not on disk", "{} 没有写到磁盘"),
    // What ended or marred it.
    (
        "the harness itself panicked, which is a bug of it: {}",
        "测试工具自己崩溃了（panic），这是它的缺陷：{}",
    ),
    ("a panic without words", "没有说明的 panic"),
    (
        "nobody could log in at stage {}, so the stages after it would measure nothing",
        "阶段 {} 没有人能登录，之后的阶段测不出任何东西",
    ),
    ("load would measure nothing: {} failed", "加压测不出任何东西：{} 失败了"),
    ("a threshold that ends the run broke at stage {}: {}", "终止运行的阈值在阶段 {} 被突破：{}"),
    ("the server died and could not be started again: {}", "服务器崩溃，而且无法重新启动：{}"),
    ("the cases", "用例"),
    ("the server was started again after {}", "服务器已重新启动，在 {} 之后"),
    ("server.log could not be linked to {}: {}", "server.log 无法链接到 {}：{}"),
    (
        "stage {} has no record: the harness failed; until then {w} were sent and {w} delivered, see {}",
        "阶段 {} 没有记录：测试工具出错；在此之前发送 {w} 条，送达 {w} 条，见 {}",
    ),
    (
        "stage {} was not monitored: the server runs on another machine",
        "阶段 {} 没有监控：服务器在另一台机器上",
    ),
    ("stage {} was not monitored: {}", "阶段 {} 没有监控：{}"),
    // Monitors.
    (
        "a monitor period of {w} is too short: the kernel counts CPU in steps of 10 ms, take {w} or more",
        "监控周期 {w} 太短：内核以 10 ms 为单位统计 CPU，请至少用 {w}",
    ),
    ("cannot start the monitor's thread: {}", "无法启动监控线程：{}"),
    ("connections were not counted: sock_diag: {}", "没有统计连接：sock_diag：{}"),
    ("connections were not counted: no address was given", "没有统计连接：没有给出地址"),
    (
        "open files were not counted: the server runs as another user",
        "没有统计打开的文件：服务器以另一个用户运行",
    ),
    (
        "threads were not told apart: the server has too many ({w}), or they cannot be seen",
        "没有区分线程：服务器的线程太多（{w}），或看不到",
    ),
    ("connections were not counted in some rows: {}", "有些行没有统计连接：{}"),
    ("probe {w}: {}", "探针 {w}：{}"),
    ("it ended with {}", "它的结束状态是 {}"),
    ("it printed nothing, where a number was expected", "它没有输出，而应当输出一个数"),
    ("its last line is no number: `{q}`", "它的最后一行不是数：`{q}`"),
    // Replays.
    (
        "{} is no replay: {}; `cargo xtask check` writes one beside the server's log when a server dies or hangs",
        "{} 不是重放文件：{}；服务器崩溃或卡死时，`cargo xtask check` 会在服务器日志旁写一个",
    ),
    (
        "`hex` takes two hexadecimal digits for each byte, and nothing else",
        "`hex` 的每个字节写两位十六进制数，不能有别的",
    ),
    ("it is larger than {w} MiB", "它大于 {w} MiB"),
    (
        "it has version {w}, and this harness reads version {w}",
        "它的版本是 {w}，而本工具读取的版本是 {w}",
    ),
    ("cannot read the monitor's rows: {}", "无法读取监控数据：{}"),
    (
        "not a monitor's file: its first column is `{q}`, not `timestamp`",
        "不是监控文件：第一列是 `{q}`，而不是 `timestamp`",
    ),
];
