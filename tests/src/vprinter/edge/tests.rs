use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::*;
use crate::vprinter::ticket::End;

async fn client(printer: &Printer) -> TcpStream {
    TcpStream::connect(printer.address()).await.unwrap()
}

async fn answer(client: &mut TcpStream, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    client.read_exact(&mut bytes).await.unwrap();
    bytes
}

/// Whatever else is sent until the connection ends.
async fn rest(client: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    // However it ends, this is what came.
    client.read_to_end(&mut bytes).await.ok();
    bytes
}

#[tokio::test]
async fn a_job_is_printed_and_confirmed() {
    let printer = Printer::start(Settings::default());
    let mut client = client(&printer).await;
    client.write_all(b"one\n\x1dV\x00\x1dr1").await.unwrap();
    assert_eq!(answer(&mut client, 1).await, [0]);
    assert_eq!(printer.tickets()[0].lines(), ["one"]);
    assert_eq!(printer.sessions(), 1);
    drop(client);
    eventually("no session", PATIENCE, || async {
        (printer.sessions() == 0).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_full_printer_stops_reading_and_loses_nothing() {
    let printer = Printer::start(Settings::default());
    printer.set_paper(Paper::Out);
    let mut client = client(&printer).await;
    let mut job = b"0123456789\n".repeat(500_000 / 11);
    job.extend(b"\x1dV\x00\x1dr1");
    let length = job.len();
    let sending = tokio::spawn(async move {
        client.write_all(&job).await.unwrap();
        client
    });
    eventually("a full buffer", PATIENCE, || async {
        printer
            .device
            .look(|machine| (machine.room() == 0).then_some(()))
    })
    .await;
    printer.set_paper(Paper::Enough);
    let mut client = sending.await.unwrap();
    assert_eq!(answer(&mut client, 1).await, [0]);
    let lines = printer.tickets()[0].lines().len();
    assert_eq!(lines, crate::vprinter::layout::BLOCKS_MAX.min(length / 11));
}

#[tokio::test]
async fn a_printer_that_died_refuses_until_it_is_revived() {
    let printer = Printer::start(Settings::default());
    printer.die_after_bytes(6);
    let mut first = client(&printer).await;
    first.write_all(b"one\ntwo\n\x1dV\x00\x1dr1").await.unwrap();
    assert_eq!(rest(&mut first).await, b"");
    printer.died().await;
    let refused = TcpStream::connect(printer.address()).await.unwrap_err();
    assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
    assert_eq!(printer.tickets()[0].lines(), ["one"]);
    assert_eq!(printer.tickets()[0].end, End::Power);
    printer.revive().await;
    let mut second = client(&printer).await;
    second.write_all(b"three\n\x1dV\x00\x1dr1").await.unwrap();
    assert_eq!(answer(&mut second, 1).await, [0]);
    assert_eq!(printer.printed(2).await[1].lines(), ["three"]);
}

#[tokio::test]
async fn power_may_be_cycled_again_and_again() {
    let printer = Printer::start(Settings::default());
    for _ in 0..3 {
        let mut client = client(&printer).await;
        client.write_all(b"\x1dr1").await.unwrap();
        assert_eq!(answer(&mut client, 1).await, [0]);
        printer.power_cycle().await;
        assert_eq!(rest(&mut client).await, b"");
    }
}

#[tokio::test]
async fn a_second_client_is_turned_away() {
    let printer = Printer::start(Settings::default());
    let mut first = client(&printer).await;
    first.write_all(b"\x1dr1").await.unwrap();
    answer(&mut first, 1).await;
    let mut second = client(&printer).await;
    assert_eq!(rest(&mut second).await, b"");
    first.write_all(b"\x1dr1").await.unwrap();
    assert_eq!(answer(&mut first, 1).await, [0]);
}

#[tokio::test]
async fn changes_are_reported_unasked() {
    let printer = Printer::start(Settings::default());
    let mut client = client(&printer).await;
    client.write_all(b"\x1da\xff").await.unwrap();
    assert_eq!(answer(&mut client, 4).await, [0x14, 0, 0, 0x0f]);
    printer.set_cover(Cover::Open);
    assert_eq!(answer(&mut client, 4).await, [0x3c, 0, 0, 0x0f]);
}

#[tokio::test]
async fn a_slow_printer_goes_on_by_itself() {
    let printer = Printer::start(Settings {
        pace: Some(20_000),
        ..Settings::default()
    });
    let mut client = client(&printer).await;
    client.write_all(&b"one\n".repeat(500)).await.unwrap();
    client.write_all(b"\x1dV\x00\x1dr1").await.unwrap();
    assert_eq!(answer(&mut client, 1).await, [0]);
    assert_eq!(printer.tickets()[0].lines().len(), 500);
}

#[tokio::test]
async fn a_taken_port_is_named() {
    let printer = Printer::start(Settings::default());
    let error = Printer::listen(printer.address(), Settings::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("cannot listen on {}", printer.address())
    );
}

#[tokio::test]
async fn tickets_are_kept_as_files() {
    let directory = tempfile::tempdir().unwrap();
    let printer = Printer::start(Settings::default());
    let tasks = Tasks::new();
    std::fs::write(directory.path().join("0007.txt"), "").unwrap();
    let shelf = shelf::Shelf::open(directory.path().to_owned()).unwrap();
    tasks.spawn("tickets", |stop| shelf.run(printer.device(), stop));
    let mut client = client(&printer).await;
    client.write_all(b"one\n\x1dV\x00").await.unwrap();
    let place = |kind: &str| directory.path().join(format!("0008.{kind}"));
    let text = eventually("a ticket", Duration::from_secs(20), || async {
        std::fs::read_to_string(place("txt")).ok()
    })
    .await;
    assert_eq!(text, "one\n");
    assert!(std::fs::read(place("png")).unwrap().starts_with(b"\x89PNG"));
    let json = std::fs::read_to_string(place("json")).unwrap();
    assert_eq!(
        json,
        "{\"end\":\"cut\",\"ops\":[{\"text\":\"one\"},\"line_feed\",\
         {\"cut\":{\"feed\":0,\"kind\":\"full\"}}]}\n"
    );
    tasks.cancel();
}

/// Status and body of the answer to one request.
async fn request(address: SocketAddr, request: &str, body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let length = body.len();
    let head = format!(
        "{request} HTTP/1.1\r\nhost: printer\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let answer = String::from_utf8_lossy(&rest(&mut stream).await).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap();
    (status.parse().unwrap(), body.to_owned())
}

#[tokio::test]
async fn it_is_handled_by_http() {
    let printer = Printer::start(Settings::default());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (tasks, router) = (Tasks::new(), control::router(printer.device()));
    tasks.spawn("control", |stop| kit::http::serve(listener, router, stop));
    let put = async |path: &str, body: &str| request(address, &format!("PUT {path}"), body).await.0;
    assert_eq!(put("/paper", r#"{"lines": 1}"#).await, 204);
    let mut client = client(&printer).await;
    client
        .write_all(b"one\ntwo\n\x1dV\x00\x1dr1")
        .await
        .unwrap();
    let state = async || request(address, "GET /state", "").await.1;
    eventually("the end of the paper", PATIENCE, || async {
        state().await.contains(r#""paper":"out""#).then_some(())
    })
    .await;
    assert!(state().await.contains(r#""unfinished":["one"]"#));
    assert_eq!(put("/paper", r#"{"state": "enough"}"#).await, 204);
    assert_eq!(answer(&mut client, 1).await, [0]);
    let (_, tickets) = request(address, "GET /tickets", "").await;
    assert_eq!(
        tickets,
        r#"[{"end":"cut","lines":["one","two"],"number":1,"qr_codes":[]}]"#
    );
    assert_eq!(request(address, "GET /tickets/1.png", "").await.0, 200);
    assert_eq!(request(address, "GET /tickets/2.png", "").await.0, 404);
    for (path, body, status) in [
        ("/cover", r#"{"state": "open"}"#, 204),
        ("/cover", r#"{"state": "ajar"}"#, 422),
        ("/online", r#"{"state": "offline"}"#, 204),
        ("/fault", r#"{"state": "cutter"}"#, 204),
        ("/budget", r#"{"bytes": 0}"#, 204),
        ("/power", r#"{"state": "on"}"#, 204),
    ] {
        assert_eq!(put(path, body).await, status, "{path} {body}");
    }
    tasks.cancel();
}
