//! What the suites of numbered cases share: the server, one test for each case, the table at the end.

mod ending;
mod suite;

pub(crate) use suite::{configured_suite, settle};

/// One test for each numbered case, and one that none is missing. The first line names the cases that there are.
macro_rules! cases {
    ($registry:path; $($name:ident = $id:literal,)*) => {
        #[rstest::fixture]
        async fn server() -> &'static chatserver_harness::check::Suite {
            crate::shared::configured_suite().await
        }

        $(
            #[rstest::rstest]
            #[test_log::test(tokio::test)]
            async fn $name(#[future(awt)] server: &'static chatserver_harness::check::Suite) {
                crate::shared::settle(server, $id).await;
            }
        )*

        #[test]
        fn every_case_of_the_registry_has_a_test() {
            let tests = [$($id),*];
            let cases: Vec<&str> = $registry().map(|case| case.id).collect();
            assert_eq!(tests.as_slice(), cases);
        }
    };
}
