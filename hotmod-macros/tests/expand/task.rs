async fn feed(handover: Option<Feed>, stop: Stop) -> Feed {
    stop.await;
    handover.unwrap_or_default()
}
