//! Promises that both stores keep.

/// One test for each promise and store. A promise is a function beside the call, which takes a store;
/// so are `sqlite`, which creates one in a folder, and `firestore`, which returns none without an
/// emulator.
#[macro_export]
macro_rules! promises {
    ($($promise:ident)*) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $promise() {
                let folder = tempfile::tempdir().unwrap();
                super::$promise(super::sqlite(&folder)).await;
            })*
        }
        mod firestore {
            $(#[tokio::test]
            async fn $promise() {
                let Some(store) = super::firestore().await else { return };
                super::$promise(store).await;
            })*
        }
    };
}
