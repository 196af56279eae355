//! Launched nodes of a cluster: what is wrong with their tables, and what the cases saw when one was killed.

use super::Phrase;

pub(super) const PHRASES: &[Phrase] = &[
    // [[node]] in chatserver.toml.
    (
        "write `command` above the nodes: each [[node]] says only what it does otherwise",
        "请在各节点之前写 `command`：每个 [[node]] 只写与它不同的部分",
    ),
    ("a node without a command", "节点没有命令"),
    ("keep the [[node]]s, each with its own `addr`", "保留 [[node]]，各写自己的 `addr`"),
    ("`addr` and [[node]] say the same twice", "`addr` 与 [[node]] 说的是同一件事"),
    ("write one [[node]] for each", "请各写一个 [[node]]"),
    ("several addresses of one node", "一个节点写了多个地址"),
    ("each node needs an address of its own", "每个节点要有自己的地址"),
    ("another node answers there", "另一个节点已在那里应答"),
    ("write the `addr` at which the balancer looks for it", "请写负载均衡器找它时用的 `addr`"),
    ("a node that the balancer cannot know", "负载均衡器无从得知这个节点"),
    (
        "no balancer is named: write where it answers into chatserver.toml (balancer = \"127.0.0.1:8000\"), or leave the flag \
         out: then the users are divided among the nodes",
        "没有指明负载均衡器：请在 chatserver.toml 中写出它的地址（balancer = \"127.0.0.1:8000\"），或去掉这个参数，让用户分配到各节点",
    ),
    // The cases.
    (
        "it needs a balancer before the nodes: name it in chatserver.toml",
        "需要节点之前的负载均衡器：请在 chatserver.toml 中写出它",
    ),
    ("there are not two nodes", "不足两个节点"),
    ("there was no process at {w} to kill", "{w} 处没有可杀的进程"),
    ("the node {w} outlived a SIGKILL", "节点 {w} 在 SIGKILL 之后仍在运行"),
    ("after a node was killed it could not be started again: {}", "节点被杀之后无法重新启动：{}"),
    ("what the other node delivers", "另一个节点送达的内容"),
    ("what survivors hear", "其余用户收到的内容"),
    ("what a new user says", "新用户说的内容"),
    (
        "stuck online: {w} s after the node {w} was killed its user cannot log in at {w}: {}",
        "一直在线：过了 {w} 秒，节点 {w} 被杀，它的用户仍无法在 {w} 登录：{}",
    ),
    ("what is heard at the new node", "在新节点收到的内容"),
    ("what was sent after the node was killed", "节点被杀之后发送的内容"),
    ("through the balancer, with a node gone: {}", "少一个节点，经过负载均衡器：{}"),
    ("what is heard through it", "经过它收到的内容"),
    (
        "of {w} messages among users of the node that stayed {w} were lost",
        "留下的节点上，用户之间的 {w} 条消息丢失了 {w} 条",
    ),
    (
        "of {w} users of the killed node {w} could log in on another within {}; of {w} messages on their way to them {w} had \
         arrived, {w} came with that login, {w} had not come; among users of the other node all {w} arrived",
        "被杀节点的 {w} 个用户中，{w} 个能在另一个节点登录，用时 {}；发给他们的 {w} 条在途消息中，{w} 条已到达，{w} 条随登录到达，{w} \
         条没有来；另一节点的用户之间 {w} 条全部到达",
    ),
    (
        "of {w} users of the killed node {w} could log in on another; of {w} messages on their way to them {w} had arrived, \
         {w} came with that login, {w} had not come; among users of the other node all {w} arrived",
        "被杀节点的 {w} 个用户中，{w} 个能在另一个节点登录；发给他们的 {w} 条在途消息中，{w} 条已到达，{w} 条随登录到达，{w} 条没有来；\
         另一节点的用户之间 {w} 条全部到达",
    ),
    ("it is still marked online (code {w})", "它仍被标记为在线（错误码 {w}）"),
];
