//! A QR code in the terminal.
//!
//! The authority draws its codes as one path of horizontal runs of dark modules,
//! `M{x} {y}h{length}v1h-{length}z`, one unit a module; here the runs become half blocks, two
//! modules in one character. Light modules are drawn too, because a terminal may be dark.

/// Widest code that is shown, in modules: version 40 with its quiet zone.
const SIDE_MAX: usize = 185;

/// The picture of an SVG of the authority; nothing when it is drawn in another way.
pub(super) fn picture(svg: &str) -> Option<String> {
    let modules = modules(svg)?;
    let character = |(upper, lower): (&bool, &bool)| match (upper, lower) {
        (true, true) => ' ',
        (true, false) => '▄',
        (false, true) => '▀',
        (false, false) => '█',
    };
    let below_the_last = vec![false; modules.len()];
    let line = |rows: &[Vec<bool>]| {
        let lower = rows.get(1).unwrap_or(&below_the_last);
        rows[0].iter().zip(lower).map(character).collect::<String>()
    };
    Some(modules.chunks(2).map(line).collect::<Vec<_>>().join("\n"))
}

/// Rows of modules, true where dark.
fn modules(svg: &str) -> Option<Vec<Vec<bool>>> {
    let (_, rest) = svg.split_once("viewBox=\"0 0 ")?;
    let side: usize = rest.split([' ', '"']).next()?.parse().ok()?;
    let (_, path) = svg.rsplit_once("<path d=\"")?;
    let (path, _) = path.split_once('"')?;
    if side > SIDE_MAX {
        return None;
    }
    let mut modules = vec![vec![false; side]; side];
    for run in path.split('z').filter(|run| !run.is_empty()) {
        let (x, rest) = run.strip_prefix('M')?.split_once(' ')?;
        let (y, rest) = rest.split_once('h')?;
        let (length, _) = rest.split_once('v')?;
        let (x, y, length): (usize, usize, usize) =
            (x.parse().ok()?, y.parse().ok()?, length.parse().ok()?);
        let end = x.checked_add(length)?;
        modules.get_mut(y)?.get_mut(x..end)?.fill(true);
    }
    Some(modules)
}
