//! Places that are missing, as a bounded list of ranges.

/// Most ranges that are remembered for one device.
pub const RANGES_MAX: usize = 64;

/// Places in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// The first of them.
    pub first: u64,
    /// The last of them; not before the first.
    pub last: u64,
}

impl Range {
    /// How many places.
    pub fn places(self) -> u64 {
        self.last - self.first + 1
    }

    fn contains(self, place: u64) -> bool {
        (self.first..=self.last).contains(&place)
    }

    /// The places from `first` to `last`, if there are any.
    fn of(first: u64, last: Option<u64>) -> Option<Self> {
        let last = last.filter(|last| first <= *last)?;
        Some(Self { first, last })
    }
}

/// Missing places: at most [`RANGES_MAX`] ranges, in order, with something between them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Gaps(Vec<Range>);

impl Gaps {
    /// The first of them.
    pub fn first(&self) -> Option<Range> {
        self.0.first().copied()
    }

    /// All of them, in order.
    pub fn ranges(&self) -> &[Range] {
        &self.0
    }

    /// How many places are missing.
    pub fn places(&self) -> u64 {
        self.0.iter().map(|range| range.places()).sum()
    }

    /// Whether a place is missing.
    pub fn contains(&self, place: u64) -> bool {
        self.index_of(place).is_some()
    }

    /// Adds places behind all others; false, and nothing changes, when there are too many ranges.
    pub(super) fn open(&mut self, gap: Range) -> bool {
        let room = self.0.len() < RANGES_MAX;
        if room {
            self.0.push(gap);
        }
        room
    }

    /// Takes a missing place out; false, and nothing changes, when that would make too many
    /// ranges or the place is not missing.
    pub(super) fn fill(&mut self, place: u64) -> bool {
        let Some(index) = self.index_of(place) else {
            return false;
        };
        let Range { first, last } = self.0[index];
        let rest = [
            Range::of(first, place.checked_sub(1)),
            Range::of(place + 1, Some(last)),
        ];
        let rest: Vec<_> = rest.into_iter().flatten().collect();
        let room = self.0.len() + rest.len() <= RANGES_MAX + 1;
        if room {
            self.0.splice(index..=index, rest);
        }
        room
    }

    /// Takes out everything below a place and returns it.
    pub(super) fn give_up_below(&mut self, end: u64) -> Vec<Range> {
        let (mut given_up, mut kept) = (Vec::new(), Vec::new());
        for Range { first, last } in self.0.drain(..) {
            let below = end.checked_sub(1).map(|below| below.min(last));
            given_up.extend(Range::of(first, below));
            kept.extend(Range::of(first.max(end), Some(last)));
        }
        self.0 = kept;
        given_up
    }

    fn index_of(&self, place: u64) -> Option<usize> {
        let index = self.0.partition_point(|range| range.last < place);
        self.0
            .get(index)
            .is_some_and(|range| range.contains(place))
            .then_some(index)
    }
}

/// Ranges as they were kept; whoever kept them kept the order.
impl FromIterator<Range> for Gaps {
    fn from_iter<I: IntoIterator<Item = Range>>(ranges: I) -> Self {
        Self(ranges.into_iter().take(RANGES_MAX).collect())
    }
}
