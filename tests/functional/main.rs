//! Does the configured server do what a chat server must do? One test for each numbered case.
//!
//! Without configuration the reference server is tested. `CHATSERVER_BIN=path/to/ChatServer cargo test` tests yours.

#![expect(clippy::disallowed_methods, reason = "test-log reads RUST_LOG")]

#[macro_use]
#[path = "../shared/mod.rs"]
mod shared;

cases! {
    chatserver_harness::check::functional;
    conn_1_a_connection_is_accepted_and_stays_open = "CONN-1",
    conn_2_connections_that_come_and_go_without_a_word_harm_nobody = "CONN-2",
    conn_3_a_connection_that_the_client_closes_is_closed_by_the_server_too = "CONN-3",
    reg_1_a_new_name_is_registered = "REG-1",
    reg_2_a_taken_name_is_refused = "REG-2",
    reg_3_a_chinese_name_is_registered_and_comes_back_unchanged = "REG-3",
    reg_4_every_account_has_an_id_of_its_own = "REG-4",
    login_1_the_right_password_logs_in = "LOGIN-1",
    login_2_the_login_reply_names_the_user_who_logged_in = "LOGIN-2",
    login_3_a_wrong_password_is_refused = "LOGIN-3",
    login_4_an_unknown_user_is_refused = "LOGIN-4",
    login_5_a_second_login_of_an_online_user_is_refused_and_the_first_goes_on = "LOGIN-5",
    login_6_after_a_logout_the_user_can_log_in_again = "LOGIN-6",
    login_7_after_a_closed_connection_the_user_can_log_in_again = "LOGIN-7",
    login_8_after_a_broken_connection_the_user_can_log_in_again = "LOGIN-8",
    login_9_after_a_failed_login_the_connection_can_still_log_in = "LOGIN-9",
    login_10_a_refused_second_login_is_answered_once_and_lets_nobody_in = "LOGIN-10",
    chat_1_a_message_reaches_its_receiver_unchanged = "CHAT-1",
    chat_2_two_users_talk_in_both_directions = "CHAT-2",
    chat_3_messages_arrive_in_the_order_in_which_they_were_sent = "CHAT-3",
    chat_4_chinese_text_arrives_unchanged = "CHAT-4",
    chat_5_quotes_backslashes_and_newlines_arrive_unchanged = "CHAT-5",
    chat_6_emoji_arrive_unchanged = "CHAT-6",
    chat_7_10_kb_arrive_unchanged = "CHAT-7",
    chat_8_what_becomes_of_a_message_to_oneself = "CHAT-8",
    chat_9_a_message_to_an_unknown_id_harms_nobody = "CHAT-9",
    chat_10_nobody_else_hears_a_message = "CHAT-10",
    chat_12_a_message_is_delivered_only_once = "CHAT-12",
    chat_11_every_frame_that_arrives_is_explained_by_the_dialect = "CHAT-11",
    off_1_twenty_messages_to_an_absent_user_come_at_the_next_login_once_in_order = "OFF-1",
    off_2_offline_messages_do_not_come_again_at_the_login_after_that = "OFF-2",
    off_3_chinese_text_comes_unchanged_to_an_absent_user = "OFF-3",
    off_4_quotes_backslashes_and_newlines_come_unchanged_to_an_absent_user = "OFF-4",
    off_5_an_apostrophe_comes_unchanged_to_an_absent_user = "OFF-5",
    off_6_what_a_user_in_session_heard_does_not_come_again_at_the_next_login = "OFF-6",
    friend_1_a_friend_who_was_added_is_listed_at_the_next_login = "FRIEND-1",
    friend_2_the_friend_list_says_who_is_online_and_who_is_not = "FRIEND-2",
    friend_3_a_user_without_friends_has_an_empty_list = "FRIEND-3",
    group_1_a_group_is_listed_for_its_maker_at_the_next_login = "GROUP-1",
    group_2_a_group_that_was_joined_is_listed_with_all_its_members = "GROUP-2",
    group_3_every_other_member_hears_a_group_message_once_the_sender_does_not = "GROUP-3",
    group_4_outsiders_do_not_hear_a_group_message = "GROUP-4",
    group_5_a_member_who_was_away_gets_the_group_message_at_the_next_login = "GROUP-5",
    crowd_1_fifty_users_are_online_at_once_and_each_hears_a_neighbour = "CROWD-1",
    cluster_1_users_on_any_two_nodes_hear_each_other_once_and_in_order = "CLUSTER-1",
    cluster_2_a_groups_members_on_every_node_hear_a_message_once = "CLUSTER-2",
    cluster_3_a_user_who_is_logged_in_on_one_node_is_refused_on_another = "CLUSTER-3",
    cluster_4_what_was_sent_to_an_absent_user_on_one_node_comes_on_another = "CLUSTER-4",
    cluster_5_a_connection_that_was_silent_for_six_seconds_still_works = "CLUSTER-5",
}
