//! Store operations for one text: `cargo bench -p turn --bench operations` prints them.

use scene::Scene;
use scene::counts::{Counts, Operations};

#[tokio::test]
async fn asks_no_more_of_the_store_than_it_has_to() {
    let mut scene = Scene::sending_by("twilio").await;
    scene.say("My sink leaks").await;
    scene.report(&scene.receipt(&latest(&scene), "delivered", None)).await;
    // The route is healthy from now on, and nobody looks any more.
    scene.live(65).await;

    let counts = Counts::capture();
    scene.text("It is in the kitchen").await;
    // The claim, the text, the head.
    assert_eq!(asked(&counts), (1, 0, 0, 3));
    scene.work().await;
    // Whether the number is blocked is read with the rest. Counting the attempt: the head, and the shard that pays for it. The reply: the head, the entries,
    // the attempt, the attempt that this text answered, and the shard. Recording the outcome: the head,
    // the attempt. And with the reply, for the desk: the row, and, as this store can be searched for words,
    // those of the text and of the reply.
    assert_eq!(asked(&counts), (3, 1, 7, 9 + 3));
    for word in ["sent", "delivered"] {
        scene.report(&scene.receipt(&latest(&scene), word, None)).await;
        assert_eq!(asked(&counts), (1, 0, 1, 1), "{word}");
        scene.report(&scene.receipt(&latest(&scene), word, None)).await;
        assert_eq!(asked(&counts), (0, 0, 1, 0), "{word}, once more");
    }
}

#[tokio::test]
async fn writes_nothing_more_for_the_figures() {
    let mut scene = Scene::sending_by("twilio").await;
    let counts = Counts::capture();
    let mut written = [0; 3];
    for (text, written) in written.iter_mut().enumerate() {
        scene.text("My sink leaks").await;
        counts.take();
        scene.work().await;
        *written = asked(&counts).3;
        scene.report(&scene.receipt(&latest(&scene), "delivered", None)).await;
        scene.live(65).await;
        // The third text comes on another day, on which the person is counted anew.
        scene.pass(if text == 1 { 20 * 3_600 } else { 60 });
    }
    assert_eq!(written[2], written[1], "{written:?}");
}

/// Commits, queries, and documents read and written since the last call.
fn asked(counts: &Counts) -> (i64, i64, i64, i64) {
    let Operations { commits, queries, read, written, .. } = counts.take();
    (commits, queries, read, written)
}

/// The provider's id of the last text.
fn latest(scene: &Scene) -> String {
    scene.companies.twilio.messages().last().unwrap().sid.clone()
}
