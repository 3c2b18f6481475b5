//! The virtual printer is what an independent client takes it for: `receiptio` finds out what it
//! is, asks for its status, prints, and waits for the confirmation.

use std::env;
use std::fs;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{self, Command, Stdio};
use std::time::Duration;

use hotel_tests::eventually;
use hotel_tests::vprinter::machine::Model;
use hotel_tests::vprinter::{
    Cover, End, Fault, Op, Paper, Printer, Settings, decode, lay_out, layout,
};
use qrcode::bits::Bits;
use qrcode::canvas::{Canvas, MaskPattern};
use qrcode::ec::construct_codewords;
use qrcode::{Color, EcLevel, Version};
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::task::spawn_blocking;

/// The port is fixed in `receiptio`, so each printer has an address of its own.
const PORT: u16 = 9100;
/// How many addresses are tried.
const ADDRESSES: u32 = 1_000;

const RECEIPT: &str = "\
{width:* 4 10}
Harbour Bar | |
Table 12 | | 20:15
{width:auto}
-
{width:* 4 10}
Tea | 2 | 8.00
Crème brûlée | 1 | 4.50
Total | | 12.50
{code:https://example.org/r/17; option:qrcode,4,m}
";

/// What the QR code of the receipt says.
const LINK: &str = "https://example.org/r/17";

/// Who draws QR codes.
#[derive(Debug, Clone, Copy)]
enum Codes {
    Client,
    Printer,
}

/// What `receiptio` says in the end, after printing on `printer`.
async fn print(printer: &Printer, codes: Codes) -> String {
    let destination = printer.address().ip().to_string();
    let said = spawn_blocking(move || receiptio(codes, &["-d", &destination, "-l", "en"]));
    let output = said.await.unwrap();
    String::from_utf8(output.stderr).unwrap().trim().to_owned()
}

/// Runs `receiptio` on the receipt.
fn receiptio(codes: Codes, arguments: &[&str]) -> process::Output {
    let mut node = Command::new("node");
    if let Codes::Printer = codes {
        let native = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/native-codes.cjs");
        node.arg("--require").arg(native);
    }
    let mut child = node
        .arg(peers().join("receiptio/bin/cli.js"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("node is installed; tests/run.sh says how");
    let mut input = child.stdin.take().unwrap();
    input.write_all(RECEIPT.as_bytes()).unwrap();
    drop(input);
    child.wait_with_output().unwrap()
}

/// `node_modules` with the clients of `tests/peers`.
fn peers() -> PathBuf {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("peers");
    let directory = env::var_os("HOTEL_PEERS").map_or_else(beside, PathBuf::from);
    let modules = directory.join("node_modules");
    assert!(
        modules.join("receiptio").is_dir(),
        "receiptio is not in {}; run tests/run.sh, which installs it",
        modules.display()
    );
    modules
}

fn printer_of(maker: &str, name: &str) -> Printer {
    let settings = Settings {
        model: Model {
            maker: maker.to_owned(),
            name: name.to_owned(),
        },
        ..Settings::default()
    };
    // Neighbours begin elsewhere, so that they seldom meet.
    let first = process::id().wrapping_mul(ADDRESSES);
    let mut addresses = (0..ADDRESSES).map(|step| {
        let [_, a, b, c] = first.wrapping_add(step).to_be_bytes();
        SocketAddr::from(([127, a | 1, b, c], PORT))
    });
    addresses
        .find_map(|address| Printer::listen(address, settings.clone()).ok())
        .expect("one of a thousand loopback addresses is free")
}

fn printer() -> Printer {
    printer_of("VIRTUAL", "VP-T80")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_independent_client_prints_and_is_told_so() {
    let printer = printer();
    assert_eq!(print(&printer, Codes::Printer).await, "success");
    let ticket = printer.printed(1).await.remove(0);
    assert_eq!(ticket.end, End::Cut);
    let lines = ticket.lines();
    for text in ["Harbour Bar", "Crème brûlée", "12.50"] {
        assert!(lines.iter().any(|line| line.contains(text)), "{lines:#?}");
    }
    assert_eq!(ticket.qr_codes(), [LINK]);
    assert!(!ticket.ops.iter().any(|op| matches!(op, Op::Unknown(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_knows_the_maker_speaks_its_dialect() {
    let printer = printer_of("EPSON", "TM-T88V");
    assert_eq!(print(&printer, Codes::Client).await, "success");
    let ticket = printer.printed(1).await.remove(0);
    let stored = ticket.ops.iter().find_map(|op| match op {
        Op::GraphicsStore(image) => Some(image),
        _ => None,
    });
    let image = stored.expect("the client draws the code as graphics");
    let cell = 4;
    let dark = |x, y| image.is_black(x * cell, y * cell);
    let (x, y) = (0..image.width / cell, 0..image.height / cell);
    let modules: Vec<_> = y.flat_map(|y| x.clone().map(move |x| dark(x, y))).collect();
    assert!(qr_codes(LINK).any(|code| code == modules));
    assert!(!ticket.ops.iter().any(|op| matches!(op, Op::Unknown(_))));
}

/// The modules of a QR code of version 2 and level M, under every mask.
fn qr_codes(content: &str) -> impl Iterator<Item = Vec<bool>> {
    let (version, level) = (Version::Normal(2), EcLevel::M);
    let mut bits = Bits::new(version);
    bits.push_byte_data(content.as_bytes()).unwrap();
    bits.push_terminator(level).unwrap();
    let (data, correction) = construct_codewords(&bits.into_bytes(), version, level).unwrap();
    let masks = [
        MaskPattern::Checkerboard,
        MaskPattern::HorizontalLines,
        MaskPattern::VerticalLines,
        MaskPattern::DiagonalLines,
        MaskPattern::LargeCheckerboard,
        MaskPattern::Fields,
        MaskPattern::Diamonds,
        MaskPattern::Meadow,
    ];
    masks.into_iter().map(move |mask| {
        let mut canvas = Canvas::new(version, level);
        canvas.draw_all_functional_patterns();
        canvas.draw_data(&data, &correction);
        canvas.apply_mask(mask);
        let colors = canvas.into_colors().into_iter();
        colors.map(|color| color == Color::Dark).collect()
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_independent_client_sees_why_nothing_is_printed() {
    let printer = printer();
    printer.set_cover(Cover::Open);
    assert_eq!(print(&printer, Codes::Printer).await, "coveropen");
    printer.set_cover(Cover::Closed);
    printer.set_paper(Paper::Out);
    assert_eq!(print(&printer, Codes::Printer).await, "paperempty");
    printer.set_paper(Paper::Enough);
    printer.set_fault(Fault::Circuit);
    assert_eq!(print(&printer, Codes::Printer).await, "error");
    printer.set_fault(Fault::None);
    assert!(printer.tickets().is_empty());
    assert_eq!(print(&printer, Codes::Printer).await, "success");
    assert_eq!(printer.printed(1).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_independent_client_sees_the_end_of_the_paper_amid_its_job() {
    let printer = printer();
    printer.load_lines(2);
    assert_eq!(print(&printer, Codes::Printer).await, "paperempty");
    assert_eq!(printer.unfinished().len(), 2);
    // The client is gone, and the printer prints what it has all the same.
    printer.set_paper(Paper::Enough);
    let ticket = printer.printed(1).await.remove(0);
    assert_eq!(ticket.qr_codes(), [LINK]);
}

#[test]
fn our_reading_of_a_job_is_that_of_its_author() {
    let job = receiptio(Codes::Printer, &["-p", "generic", "-l", "en"]).stdout;
    let text = receiptio(Codes::Printer, &["-p", "text", "-l", "en"]).stdout;
    let ops = decode(&job);
    let ours = lay_out(&ops, layout::WIDTH).lines();
    let theirs = String::from_utf8(text).unwrap();
    let theirs: Vec<_> = theirs
        .lines()
        .map(words)
        .filter(|line| !line.is_empty())
        .collect();
    let ours: Vec<_> = ours
        .iter()
        .filter(|line| !line.starts_with('['))
        .map(|line| words(line))
        .filter(|line| !line.is_empty())
        .collect();
    assert_eq!(ours, theirs);
}

/// The words of a line, whatever its rules are drawn with.
fn words(line: &str) -> String {
    let words: Vec<_> = line.split_whitespace().collect();
    words.join(" ").replace('─', "-")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_keeps_tickets_as_files_until_it_is_stopped() {
    let directory = tempfile::tempdir().unwrap();
    let mut program = tokio::process::Command::new(env!("CARGO_BIN_EXE_hotel-vprinter"))
        .args(["--listen", "127.0.0.1:0", "--out"])
        .arg(directory.path())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let output = program.stdout.take().unwrap();
    let mut log = BufReader::new(output).lines();
    let ready = log.next_line().await.unwrap();
    let ready: serde_json::Value = serde_json::from_str(&ready.unwrap()).unwrap();
    let address = ready["fields"]["address"].as_str().unwrap();
    let mut client = TcpStream::connect(address).await.unwrap();
    client.write_all(b"one\n\x1dV\x00\x1dr1").await.unwrap();
    assert_eq!(client.read_u8().await.unwrap(), 0);
    let text = directory.path().join("0001.txt");
    let kept = || async { fs::read_to_string(&text).ok() };
    let kept = eventually("the ticket's file", Duration::from_secs(20), kept).await;
    assert_eq!(kept, "one\n");
    let id = program.id().and_then(|id| id.try_into().ok());
    kill_process(id.and_then(Pid::from_raw).unwrap(), Signal::TERM).unwrap();
    assert!(program.wait().await.unwrap().success());
}
