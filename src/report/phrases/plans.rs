//! What is wrong with a plan of load: its file, its stages, its thresholds, its accounts.

use super::Phrase;

pub(super) const PHRASES: &[Phrase] = &[
    // The file.
    (
        "`{q}` is neither a built-in plan ({q}) nor a file ({})",
        "`{q}` 既不是内置计划（{q}），也不是文件（{}）",
    ),
    (
        "`{q}` is neither a built-in plan ({q}) nor a file",
        "`{q}` 既不是内置计划（{q}），也不是文件",
    ),
    ("a value in the plan cannot be meant", "计划中的一个值不对"),
    ("no such case", "没有这个用例"),
    ("not a threshold", "不是阈值"),
    ("write clients = 10, or [10, 50]", "请写 clients = 10，或 [10, 50]"),
    ("no clients", "没有客户端"),
    ("this stage cannot be run", "这个阶段无法运行"),
    (
        "expected a case, a section, FUNCTIONAL, NONE, or a list of these",
        "应为用例、分组、FUNCTIONAL、NONE，或它们的列表",
    ),
    ("expected a number of clients, or a list of such numbers", "应为客户端数，或客户端数的列表"),
    (
        "expected { ids = [101, 150], password = \"…\" }, { csv = \"FILE\" } or { pool = \"FILE\" }",
        "应为 { ids = [101, 150], password = \"…\" }、{ csv = \"文件\" } 或 { pool = \"文件\" }",
    ),
    (
        "expected a length, a list of lengths, or { from = 80, to = 500 }",
        "应为长度、长度的列表，或 { from = 80, to = 500 }",
    ),
    (
        "`interval` and `rate` say the same twice: keep one of them",
        "`interval` 与 `rate` 说的是同一件事：只保留一个",
    ),
    (
        "texts from {w} to {w} bytes: the first is the smaller",
        "文本从 {w} 到 {w} 字节：前一个应当较小",
    ),
    // The same where there is no file to point into.
    ("this stage cannot be run: {}", "这个阶段无法运行：{}"),
    ("no such case: {}", "没有这个用例：{}"),
    ("not a threshold: {}", "不是阈值：{}"),
    ("no clients: {}", "没有客户端：{}"),
    // The whole.
    (
        "`{q}` is not a number of clients: write numbers with commas, such as 10,50,100",
        "`{q}` 不是客户端数：请用逗号分隔，例如 10,50,100",
    ),
    (
        "no level of load and no cases: nothing would be run; give --clients 10,50,100",
        "既没有压力级别也没有用例：什么都不会运行；请写 --clients 10,50,100",
    ),
    (
        "{w} clients need {w} open files, and this process may open {w}: raise the limit (`ulimit -n {w}`; `ulimit -Hn` says \
         how far you may) or ask for at most {w} clients",
        "{w} 个客户端需要打开 {w} 个文件，而本进程最多 {w} 个：请提高限制（`ulimit -n {w}`；`ulimit -Hn` 显示上限），或最多用 {w} 个\
         客户端",
    ),
    (
        "{w} clients need {w} open files, and this process may open {w}: raise the limit (`ulimit -n {w}`, `ulimit -Hn` shows \
         how far) or ask for at most {w} clients",
        "{w} 个客户端需要打开 {w} 个文件，而本进程最多 {w} 个：请提高限制（`ulimit -n {w}`，`ulimit -Hn` 显示上限），或最多用 {w} 个\
         客户端",
    ),
    (
        "{w} clients need a port each, and the kernel has {w} for outgoing connections ({w} to {w}): widen \
         /proc/sys/net/ipv4/ip_local_port_range or ask for fewer clients",
        "{w} 个客户端各需一个端口，而内核可用于出站连接的有 {w} 个（{w} 到 {w}）：请放宽 /proc/sys/net/ipv4/ip_local_port_range，或\
         减少客户端",
    ),
    // A stage.
    (
        "{w} clients: a stage needs at least 2, so that somebody hears what another says",
        "{w} 个客户端：一个阶段至少要 2 个，才有人听别人说话",
    ),
    (
        "{w} clients and {w} accounts: give an account for each, or ask for fewer clients",
        "{w} 个客户端，{w} 个账号：每个客户端要有一个账号，否则请减少客户端",
    ),
    ("a duration of 0: a stage must send for some time", "持续时间为 0：一个阶段总要发送一段时间"),
    (
        "a patience of 0: no answer comes in no time; give some, such as 10s",
        "等待时间为 0：应答总需要时间；请给一些，例如 10s",
    ),
    (
        "an interval of 0: give the time between two messages of a client, such as 100ms",
        "间隔为 0：请给出一个客户端两条消息之间的时间，例如 100ms",
    ),
    (
        "an interval of {w} is longer than the stage's {w}: some clients would never send",
        "间隔 {w} 比阶段的 {w} 还长：有的客户端会一条也不发",
    ),
    ("{w} users per second: give a number above 0", "每秒 {w} 个用户：请给大于 0 的数"),
    ("{w} messages per second: give a number above 0", "每秒 {w} 条消息：请给大于 0 的数"),
    (
        "a ramp of {w} is longer than the stage's {w}: its rate would never be reached",
        "爬升时间 {w} 比阶段的 {w} 还长：永远达不到目标速率",
    ),
    ("no length of texts: give at least one", "没有文本长度：请至少给一个"),
    (
        "{w} departures per second: give a number above 0, or leave `churn` out",
        "每秒 {w} 次离开：请给大于 0 的数，或去掉 `churn`",
    ),
    (
        "{w} away in a stage of {w}: nobody would come back",
        "离开 {w}，而阶段只有 {w}：没有人会回来",
    ),
    ("groups of {w}: a group needs at least 2 members", "每群 {w} 人：一个群至少 2 个成员"),
    (
        "{w} threads for {w} clients in wholes of {w}: at most {w} of them have anybody to drive",
        "{w} 个线程，{w} 个客户端，每份 {w} 个：最多 {w} 个线程有客户端可驱动",
    ),
    (
        "{w} threads and one receiver for all: each thread drives users who write to each other; take 1",
        "{w} 个线程，而所有人只有一个接收者：每个线程驱动的用户只在彼此之间写；请用 1 个",
    ),
    (
        "{w} threads and a pool of accounts, which one of them keeps: take 1, or fill the pool with one thread first and give \
         it as a CSV",
        "{w} 个线程，而账号池只能由一个线程维护：请用 1 个，或先用一个线程填满账号池，再以 CSV 给出",
    ),
    (
        "a mix without chat and group_chat: nobody says anything, and nothing could be lost",
        "混合中没有 chat 和 group_chat：没有人说话，也就无从丢失",
    ),
    ("a weight of {w} in the mix: at most {w}", "混合中的权重 {w}：最多 {w}"),
    (
        "chats in the mix, and a workload of groups alone: write `workload = \"ring\"` (or pairs, hot_receiver), which says \
         whom chats go to; group chats go to groups of `group_size` all the same",
        "混合中有 chat，而负载只有群聊：请写 `workload = \"ring\"`（或 pairs、hot_receiver），说明私聊发给谁；群聊照样发给人数为 \
         `group_size` 的群",
    ),
    (
        "the mix names the custom message `{q}`, and the dialect has {}: declare it in the dialect as [{}]",
        "混合中写了自定义消息 `{q}`，而方言中有 {}：请在方言中声明 [{}]",
    ),
    (
        "texts of {w} bytes: between {w} and {w} can be tracked",
        "文本 {w} 字节：{w} 到 {w} 字节才能核对",
    ),
    (
        "`{q}` is no weight: write it as in chat=80,join_group=5",
        "`{q}` 不是权重：写法如 chat=80,join_group=5",
    ),
    (
        "there is no `{q}` to mix; there are chat, group_chat, add_friend, create_group, join_group and custom.NAME",
        "没有 `{q}` 可混合；可用的有 chat、group_chat、add_friend、create_group、join_group 和 custom.NAME",
    ),
    ("the stage cannot be run: {}", "阶段无法运行：{}"),
    (
        "the workload needs {w}, which the dialect `{q}` does not have",
        "这种负载需要 {w}，而方言 `{q}` 没有",
    ),
    ("the load generator cannot go on: {}", "压测端无法继续：{}"),
    (
        "the load generator ended without a result; the log tells why",
        "压测端没有结果就结束了；原因见日志",
    ),
    // Accounts.
    ("the accounts in {}: {}", "账号文件 {}：{}"),
    (
        "{w}: `{q}` is no account: write id,name,password, such as 101,alice,secret",
        "{w}：`{q}` 不是账号：请写 id,名字,密码，例如 101,alice,secret",
    ),
    (
        "{w}: the id {w} stands there a second time: two users cannot share an account",
        "{w}：id {w} 第二次出现：两个用户不能共用一个账号",
    ),
    (
        "there is no account in {}: write one a line, id,name,password, such as 101,alice,secret",
        "{} 中没有账号：每行一个，id,名字,密码，例如 101,alice,secret",
    ),
    (
        "the ids from {w} to {w}: the first is the smaller, and above 0",
        "id 从 {w} 到 {w}：前一个应当较小，且大于 0",
    ),
    // Thresholds.
    (
        "write a metric, a comparison and a limit: lost == 0, delivery.p99 < 100ms",
        "请写指标、比较符和界限：lost == 0，delivery.p99 < 100ms",
    ),
    ("`{q}` does not begin with a number", "`{q}` 不以数字开头"),
    ("{w} has no unit, and no unit was written", "{w} 没有单位，也没有写单位"),
    ("{w} has no unit, and `{q}` was written", "{w} 没有单位，却写了 `{q}`"),
    ("{w} is written in {}, and no unit was written", "{w} 的单位是 {}，没有写单位"),
    ("{w} is written in {}, and `{q}` was written", "{w} 的单位是 {}，写的却是 `{q}`"),
    ("`{q}` has many values: name one, as in {w}", "`{q}` 有多个值：请指明一个，例如 {w}"),
    ("`{q}` is one number: leave `.{w}` out", "`{q}` 只有一个值：请去掉 `.{w}`"),
    ("`{q}` has no `{w}`, but {}", "`{q}` 没有 `{w}`，有的是 {}"),
    ("there is no metric `{q}`; there are {}", "没有指标 `{q}`；可用的有 {}"),
    // What flags of `load` say.
    (
        "PORT: `{q}` is not a port: write a number from 1 to 65535",
        "PORT：`{q}` 不是端口：请写 1 到 65535 的数",
    ),
    ("write the first and the last id, such as 101-150", "请写第一个和最后一个 id，例如 101-150"),
];
