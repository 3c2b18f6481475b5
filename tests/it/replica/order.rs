//! Writers that commit in another order than they drew their numbers.

use hotel_tests::faults::{Chance, seeds};
use sqlx::{Connection as _, PgConnection};

use super::*;

const INSERT: &str = "INSERT INTO hotel.tasks (tenant, property, id, title, created_at)
    VALUES ($1, $2, $3, 'Towels', 0)";

async fn write(hotel: &Hotel, connection: &mut PgConnection, id: &str) {
    sqlx::query(INSERT)
        .bind(hotel.places.tenant.as_str())
        .bind(hotel.places.property.as_str())
        .bind(id)
        .execute(connection)
        .await
        .unwrap();
}

/// A reader that goes on from its checkpoint, page by page, as a tablet does.
struct Reader {
    tablet: Tablet,
    from: String,
    seen: BTreeSet<String>,
}

impl Reader {
    fn new(hotel: &Hotel) -> Self {
        Self {
            tablet: hotel.tablet("reader-1", Role::Housekeeping),
            from: String::new(),
            seen: BTreeSet::new(),
        }
    }

    async fn read(&mut self) {
        loop {
            let query = format!("limit=3{}", self.from);
            let (status, page) = self.tablet.pull("tasks", &query).await;
            assert_eq!(status, 200, "{page}");
            let checkpoint = &page["checkpoint"];
            let member = |name: &str| checkpoint[name].as_str().unwrap().to_owned();
            let (epoch, xid, seq) = (member("epoch"), member("xid"), member("seq"));
            self.from = format!("&epoch={epoch}&xid={xid}&seq={seq}");
            let documents = page["documents"].as_array().unwrap();
            let ids = documents.iter().map(|task| task["id"].as_str().unwrap());
            self.seen.extend(ids.map(str::to_owned));
            if documents.len() < 3 {
                return;
            }
        }
    }
}

/// A reader that goes on from the highest number it saw: the mistake that ours does not make.
#[derive(Default)]
struct Naive {
    seq: i64,
    seen: BTreeSet<String>,
}

impl Naive {
    async fn read(&mut self, database: &PgPool) {
        let rows: Vec<(String, i64)> = sqlx::query_as(
            "SELECT s.id, s.seq FROM sync.row_state s
             JOIN sync.relation r ON r.id = s.relation AND r.name = 'tasks'
             WHERE s.seq > $1 ORDER BY s.seq",
        )
        .bind(self.seq)
        .fetch_all(database)
        .await
        .unwrap();
        for (id, seq) in rows {
            self.seq = seq;
            self.seen.insert(id);
        }
    }
}

// replica-sync-2.1
#[tokio::test]
async fn who_commits_late_is_read_all_the_same_and_a_plain_sequence_would_miss_them() {
    let hotel = Hotel::up(PARTS);
    ready(&hotel, PARTS.only).await;
    let database = hotel.database("postgres");
    let (mut ours, mut naive) = (Reader::new(&hotel), Naive::default());
    let mut late = database.acquire().await.unwrap();
    let mut late = late.begin().await.unwrap();
    write(&hotel, &mut late, "late").await;
    write(&hotel, &mut database.acquire().await.unwrap(), "early").await;
    ours.read().await;
    naive.read(&database).await;
    late.commit().await.unwrap();
    ours.read().await;
    naive.read(&database).await;
    assert_eq!(ours.seen, ["early", "late"].map(str::to_owned).into());
    assert_eq!(naive.seen, ["early"].map(str::to_owned).into());

    for seed in seeds(5, 50) {
        let written = many_writers(&hotel, seed, &mut ours).await;
        let missing: Vec<_> = written.difference(&ours.seen).collect();
        assert!(
            missing.is_empty(),
            "seed {seed}: {missing:?} were never read"
        );
    }
}

/// Eight writers with pauses before their commits, and a reader in between; what was written.
async fn many_writers(hotel: &Hotel, seed: u32, ours: &mut Reader) -> BTreeSet<String> {
    let database = hotel.database("postgres");
    let mut chance = Chance::of(seed);
    let writers = (0..8_u32).map(|writer| {
        let pauses: Vec<_> = (0..4).map(|_| chance.below(20)).collect();
        let database = database.clone();
        async move {
            for (round, pause) in pauses.into_iter().enumerate() {
                let mut connection = database.acquire().await.unwrap();
                let mut transaction = connection.begin().await.unwrap();
                write(hotel, &mut transaction, &format!("{seed}-{writer}-{round}")).await;
                sqlx::query("SELECT pg_sleep($1)")
                    .bind(f64::from(pause) / 1_000.0)
                    .execute(&mut *transaction)
                    .await
                    .unwrap();
                transaction.commit().await.unwrap();
            }
        }
    });
    let mut writing = pin!(futures_util::future::join_all(writers));
    loop {
        tokio::select! {
            _ = &mut writing => break,
            () = ours.read() => {}
        }
    }
    ours.read().await;
    (0..8)
        .flat_map(|writer| (0..4).map(move |round| format!("{seed}-{writer}-{round}")))
        .collect()
}
