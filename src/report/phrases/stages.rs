//! What is said of a stage: its lines, its unsent messages, the generator of itself, growth.

use super::Phrase;

pub(super) const PHRASES: &[Phrase] = &[
    // Those that hold others come first.
    ("{}; the CPU was used by {}", "{}；CPU 被 {} 占用"),
    ("{}; {} unsent: {}", "{}；{} 条未发送：{}"),
    ("{}; {} users more than it had served before", "{}；比此前最多服务的用户多 {} 人"),
    ("{}; both halves rise", "{}；前后两半都在上升"),
    ("{}; too short to tell: it rose by too little", "{}；时间太短无法判断：上升太少"),
    // Lines.
    ("there was no sample to judge", "没有样本可供判断"),
    ("the generator itself was too slow to judge it", "压测端自身太慢，无法判断"),
    ("the stage was ended early", "阶段提前结束"),
    (
        "sent later than due: the server had not read the message before",
        "晚于计划发出：服务器还没有读走上一条消息",
    ),
    ("the busiest thread: {} in {} of {} rows", "最忙的线程：{}，{}/{} 行中居首"),
    // Why messages were not sent.
    ("the user was not in session", "该用户不在会话中"),
    ("there was nobody to write to", "没有可发送的对象"),
    ("the server had not read the message before", "服务器还没有读走上一条消息"),
    ("the server did not read: its receive window was full", "服务器不读：其接收窗口已满"),
    ("the message before was not delivered", "上一条消息没有送达"),
    ("the generator was too slow", "压测端太慢"),
    // The generator of itself.
    (
        "messages were written late by the generator itself: p99 {} ms, allowed {} ms; give it a core of its own or ask for \
         less",
        "压测端自身写出消息太迟：p99 {} ms，允许 {} ms；请给它一个独占的核，或降低要求",
    ),
    (
        "messages were read late by the generator itself: p99 {} ms, allowed {} ms; give it a core of its own or ask for less",
        "压测端自身读取消息太迟：p99 {} ms，允许 {} ms；请给它一个独占的核，或降低要求",
    ),
    (
        "the generator stood still: at one tick in a hundred it was {} ms away or more, allowed {} ms, at most {} ms; what \
         arrived then was seen that much later",
        "压测端曾停顿：百分之一的时刻离开了 {} ms 以上，允许 {} ms，最长 {} ms；期间到达的消息也就晚了这么久才被看到",
    ),
    (
        "{} messages were never sent because the generator was too slow; ask for a lower rate",
        "{} 条消息因压测端太慢而从未发出；请降低速率",
    ),
    (
        "the generator was ready to run and had no core for {} % of the time, allowed {} %",
        "压测端有 {} % 的时间想运行却没有核可用，允许 {} %",
    ),
    (
        "the hypervisor gave {} % of the machine to others, allowed {} %",
        "虚拟机监控程序把机器的 {} % 给了别人，允许 {} %",
    ),
    // Growth.
    ("with nobody connected: {} before, {} after", "无人连接时：之前 {}，之后 {}"),
    ("{} to {} with 95 % confidence, over {} s", "95 % 置信区间 {} 到 {}，共 {} 秒"),
    (
        "too short to tell: {} rows of the steady part, {} are needed",
        "时间太短无法判断：平稳部分只有 {} 行，需要 {} 行",
    ),
    ("the server was restarted meanwhile", "服务器在此期间重新启动过"),
    (
        "no warm-up cycle came before: what a first use takes is no leak",
        "之前没有预热：首次使用所占的不算泄漏",
    ),
    ("with nobody connected there are more than before: {}", "无人连接时比之前多出：{}"),
    ("{} connections were open that are not ours", "有 {} 个不属于我们的连接"),
    (
        "its open files cannot be counted: it runs as another user",
        "无法统计它打开的文件：它以另一个用户运行",
    ),
];
