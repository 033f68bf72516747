//! One trace through host, module, import and await, in OpenTelemetry, as a server has it.
#![allow(missing_docs, reason = "a test")]

use std::collections::BTreeMap;
use std::time::Duration;

use hotmod_host::Host;
use hotmod_tests::fixture::{BASE, Family};
use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider, SpanData};
use tokio::runtime::Handle;
use tracing::{Instrument, info_span};
use tracing_subscriber::layer::SubscriberExt;

type Trade = fn(&str) -> Result<(i64, f64, String), String>;

#[tokio::test]
async fn one_trace_leads_through_host_module_import_and_await() {
    let exporter = InMemorySpanExporter::default();
    let provider = SdkTracerProvider::builder()
        .with_simple_exporter(exporter.clone())
        .build();
    let traced = tracing_opentelemetry::layer().with_tracer(provider.tracer("server"));
    let subscriber = tracing_subscriber::registry().with(traced);
    // This test's runtime has one thread.
    let _guard = tracing::subscriber::set_default(subscriber);
    let file = Family::new("trading").feature("tracing").depends(
        r#"tracing = { version = "0.1", default-features = false, features = ["attributes", "std"] }"#,
    );
    let host = Host::builder()
        .tokio(Handle::current())
        .provide_async("fetch_price", |symbol: String| {
            let fetched = async move {
                tokio::time::sleep(Duration::from_millis(1)).await;
                Ok::<f64, String>(symbol.len() as f64 + 0.5)
            };
            fetched.instrument(info_span!("http"))
        })
        .provide_async("book", |_: String, _: f64, _: String| {
            let booked = async {
                tokio::task::yield_now().await;
                Ok::<i64, String>(1)
            };
            booked.instrument(info_span!("sql"))
        })
        .build()
        .expect("a host");
    let module = host.load_untyped(file.build().file(BASE));
    let module = module.unwrap_or_else(|refusal| panic!("{refusal}"));
    let trade = module.async_function::<Trade>("trade").expect("the export");
    let request = async { trade.call("ACME").await };
    let traded = request
        .instrument(info_span!("request", path = "/trade"))
        .await;
    assert_eq!(traded, Ok(Ok((1, 4.5, "1.0.0".to_owned()))));

    let spans: Vec<SpanData> = exporter.get_finished_spans().expect("spans");
    let of = |name: &str| {
        let mut found = spans.iter().filter(|it| it.name == name);
        let span = found
            .next()
            .unwrap_or_else(|| panic!("no `{name}` in {spans:#?}"));
        assert!(found.next().is_none(), "one `{name}`");
        span
    };
    let trace = of("request").span_context.trace_id();
    for (name, within) in [
        ("trade", "request"),
        ("pricing", "trade"),
        ("http", "pricing"),
        ("booking", "trade"),
        ("sql", "booking"),
    ] {
        let span = of(name);
        assert_eq!(span.span_context.trace_id(), trace, "{name}");
        assert_eq!(
            span.parent_span_id,
            of(within).span_context.span_id(),
            "`{name}` is within `{within}`"
        );
    }
    let attributes: BTreeMap<String, String> = of("trade")
        .attributes
        .iter()
        .map(|it| (it.key.to_string(), it.value.to_string()))
        .collect();
    let has = |key: &str| attributes.get(key).map(String::as_str);
    assert_eq!(has("symbol"), Some("ACME"));
    assert_eq!(
        (has("module"), has("version")),
        (Some("trading"), Some("1.0.0"))
    );
    let events: Vec<String> = of("trade")
        .events
        .iter()
        .map(|it| it.name.to_string())
        .collect();
    assert_eq!(events, ["asks for ACME", "has a price"]);
}
