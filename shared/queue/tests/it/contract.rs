use queue::{Queue, WakeUp};
use telemetry::TraceId;

use crate::{on_both, receive, send, wake_up, work_off};

on_both!(
    keeps_the_order_of_a_conversation,
    hands_out_one_of_a_conversation_at_a_time,
    drops_a_repeat,
    takes_many_at_once_in_order,
    brings_back_a_failed_wake_up_before_later_ones,
    takes_any_text_as_a_name,
    is_there,
);

async fn keeps_the_order_of_a_conversation(queue: Queue) {
    send(&queue, &["a1", "a2", "a3"]).await;
    assert_eq!(work_off(&queue, 3).await, ["a1", "a2", "a3"]);
}

async fn hands_out_one_of_a_conversation_at_a_time(queue: Queue) {
    send(&queue, &["a1", "a2", "b1"]).await;
    let (first, a1) = receive(&queue).await;
    let (stranger, b1) = receive(&queue).await;
    a1.done().await.unwrap();
    let (second, _a2) = receive(&queue).await;
    b1.done().await.unwrap();
    assert_eq!([first, stranger, second], ["a1", "b1", "a2"]);
}

async fn drops_a_repeat(queue: Queue) {
    send(&queue, &["a1", "a1"]).await;
    let (first, a1) = receive(&queue).await;
    send(&queue, &["a1", "a2"]).await;
    a1.done().await.unwrap();
    assert_eq!((first.as_str(), work_off(&queue, 1).await), ("a1", vec!["a2".into()]));
}

async fn takes_many_at_once_in_order(queue: Queue) {
    send(&queue, &["a1"]).await;
    let labels: Vec<_> =
        "abcdefghijklm".chars().flat_map(|it| [1, 2].map(|n| format!("{it}{n}"))).collect();
    let all: Vec<_> = labels.iter().map(|label| (wake_up(label), label.clone())).collect();
    queue.send_all(&all).await.unwrap();
    let mut received = work_off(&queue, labels.len()).await;
    let firsts = |received: &[String]| received.iter().filter(|it| it.ends_with('1')).count();
    assert!((0..received.len()).all(|so_far| {
        let (done, left) = received.split_at(so_far);
        left.first()
            .is_none_or(|next| !next.ends_with('2') || done.contains(&next.replace('2', "1")))
    }));
    assert_eq!(firsts(&received), 13);
    received.sort();
    assert_eq!(received, labels);
}

async fn brings_back_a_failed_wake_up_before_later_ones(queue: Queue) {
    send(&queue, &["a1", "a2"]).await;
    let (_, a1) = receive(&queue).await;
    a1.failed().await.unwrap();
    assert_eq!(work_off(&queue, 2).await, ["a1", "a2"]);
}

async fn takes_any_text_as_a_name(queue: Queue) {
    let conversation = "+12025550100 → +12025550101 ".repeat(10);
    for number in ["1", "2", "1", "3"] {
        let trace = TraceId::parse(&format!("{number:0>32}")).unwrap();
        let wake_up = WakeUp { conversation: conversation.clone(), trace };
        queue.send(&wake_up, &format!("{conversation} {number}")).await.unwrap();
    }
    let expected = ["1", "2", "3"].map(|number| format!("{conversation}{number}"));
    assert_eq!(work_off(&queue, 3).await, expected);
}

async fn is_there(queue: Queue) {
    queue.reachable().await.unwrap();
}
