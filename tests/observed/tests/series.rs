//! What modules count is the host's own: its Prometheus exporter shows it.
#![allow(missing_docs, reason = "a test")]

use hotmod_host::Host;
use hotmod_tests::fixture::{BASE, Family};
use metrics_exporter_prometheus::PrometheusBuilder;

#[test]
fn series_survive_updates_and_are_bounded() {
    let recorder = PrometheusBuilder::new().install_recorder();
    let recorder = recorder.expect("the first recorder");
    let shows = |line: &str| {
        let shown = recorder.render();
        assert!(shown.lines().any(|it| it == line), "`{line}`:\n{shown}");
    };
    let built = Family::new("counted")
        .feature("metrics")
        .depends(r#"metrics = "0.24""#)
        .variant("newer", &[("version: \"1.0.0\"", "version: \"1.1.0\"")])
        .build();
    let host = Host::builder().build().expect("a host");
    let module = host
        .load_untyped(built.file(BASE))
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    assert!(module.forwarding().metrics);
    let sell = module.function::<fn(u64, f64, f64)>("sell");
    let sell = sell.unwrap_or_else(|refusal| panic!("{refusal}"));
    sell.call(3, 10.0, 0.5).expect("a call");
    metrics::counter!("sales").increment(100);
    let update = module.update(built.file("newer"));
    update.unwrap_or_else(|refusal| panic!("{refusal}"));
    sell.call(4, 20.0, 1.5).expect("a call");
    shows("# HELP sales what was sold");
    shows("sales 107");
    shows("sales_by_shop{shop=\"north\"} 7");
    shows("stock 22");
    shows("seconds_count 2");
    shows("seconds_sum 2");

    let many = module.function::<fn(u64, u64)>("many");
    let many = many.unwrap_or_else(|refusal| panic!("{refusal}"));
    many.call(0, 20_000).expect("a call");
    let refused = module.forwarding().refused;
    assert!(refused > 0);
    let count = recorder.render().matches("many{").count() as u64;
    assert_eq!(count + refused, 20_000);
    // What is there already still counts.
    many.call(0, 1).expect("a call");
    shows("many{number=\"0\"} 2");
    assert_eq!(module.forwarding().refused, refused);
}
