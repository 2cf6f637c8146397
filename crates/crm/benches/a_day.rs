//! How long does it take to plan a rep's day, from the database to the draft that is kept? The demo's rep on its
//! demo map: some forty candidates, drive times, solving, reasons, better days and the lines of the roads.

use std::path::Path;
use std::sync::Arc;

use atlas::Atlas;
use crm::{App, Settings, Zone};
use geom::Timestamp;
use jiff::ToSpan as _;
use jiff::civil::{Date, Weekday};
use records::{Clock as _, Filter, Query, Store, SystemClock, Viewer};

fn main() {
    divan::main();
}

#[divan::bench(sample_count = 20)]
fn plan_a_day_of_forty(bencher: divan::Bencher) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let folder = tempfile::tempdir().expect("a folder");
    let (app, rep, day) = runtime.block_on(demo(folder.path()));
    let plan = || {
        runtime
            .block_on(crm::plan_text(&app, &rep, &day))
            .expect("the day can be planned")
    };
    let first = plan();
    let stops: usize = first
        .split(" stops")
        .next()
        .and_then(|head| head.rsplit(' ').next())
        .and_then(|n| n.parse().ok())
        .expect("a number of stops");
    let left = first
        .split("Not on this day (")
        .nth(1)
        .and_then(|rest| rest.split(')').next())
        .and_then(|n| n.parse().ok());
    let candidates = stops + left.unwrap_or(0usize);
    assert!(
        stops >= 8 && candidates >= 30,
        "{stops} of {candidates} candidates are planned:\n{first}"
    );
    println!("{stops} of {candidates} candidates are planned");
    bencher.bench_local(|| assert_eq!(plan(), first));
}

/// The demo, the rep who signs in, and the next Monday.
async fn demo(folder: &Path) -> (Arc<App>, String, String) {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data");
    let pack = folder.join("demo.pack");
    atlas::build(&[&data.join("neubrandenburg.osm.pbf")], &pack, &mut |_| {}).expect("the demo map builds");
    let atlas = Arc::new(Atlas::open(&pack).expect("the demo map opens"));
    let zone = Zone::named("Europe/Berlin").expect("a known zone");
    let settings = Settings {
        zone,
        currency: "EUR".into(),
        organisation: String::new(),
        public_url: None,
        open_services: false,
        channels: crm::Channels::default(),
        demo_password: None,
    };
    let file = folder.join("demo.sqlite").to_string_lossy().into_owned();
    let list = std::fs::read(data.join("customers.csv")).expect("the demo's customers");
    let began = std::time::Instant::now();
    crm::seed_demo(&file, atlas.clone(), &settings, &list, &mut |_, _, _| {})
        .await
        .expect("the demo is played");
    println!("two years played in {:.1} s", began.elapsed().as_secs_f64());
    let catalog = crm::catalog().expect("the declarations are sound");
    let store = Store::open(&file, catalog, Arc::new(SystemClock), crm::rules())
        .await
        .expect("the demo opens");
    let day = next_monday(settings.zone.date(Timestamp(SystemClock.now().0)));
    let app = App::start(store, settings, Some(atlas))
        .await
        .expect("the application starts");
    let query = Query::of("user").filter(Filter::eq("email", "rep@demo.example"));
    let users = app
        .store()
        .list(&Viewer::system(), &query)
        .await
        .expect("the rep is on record")
        .records;
    (app, users[0].id.clone(), day.to_string())
}

fn next_monday(today: Date) -> Date {
    let mut day = today.saturating_add(1.day());
    while day.weekday() != Weekday::Monday {
        day = day.saturating_add(1.day());
    }
    day
}
